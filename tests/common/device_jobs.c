// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device_jobs.h"
#include "random_program.h"
#include "trial.h"

/* Jobs of a program before the next one is loaded. */
#define PROGRAM_JOBS 25

int lw_count_files(pid_t pid, const char *prefix)
{
	char path[64], target[64];
	const struct dirent *entry;
	int n = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	folder = opendir(path);
	if (!folder)
		return -1;
	while ((entry = readdir(folder))) {
		ssize_t length = readlinkat(dirfd(folder), entry->d_name,
					    target, sizeof(target) - 1);

		target[length < 0 ? 0 : length] = '\0';
		n += length > 0 && !strncmp(target, prefix, strlen(prefix));
	}
	closedir(folder);
	return n;
}

int lw_count_mappings(pid_t pid, const char *name)
{
	char path[64], line[512];
	FILE *maps;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return -1;
	while (fgets(line, sizeof(line), maps))
		n += strstr(line, name) != NULL;
	fclose(maps);
	return n;
}

/**
 * struct client - a process that submits jobs
 * @counters: shared by all
 * @node: the device
 * @ref: the engine that knows the right bytes
 */
struct client {
	struct lw_job_counters *counters;
	void *node, *ref;
};

/* Return: 0, also if the job is lost. */
static int run_job(const struct client *client, struct lw_trial *device,
		   struct lw_trial *ref, uint64_t seed,
		   struct lwnpu_error *error)
{
	int ret = lw_trial_run(device, seed, error);

	if (ret == -ENODEV) {
		client->counters->lost++;
		return 0;
	}
	if (!ret)
		ret = lw_trial_run(ref, seed, error);
	if (!ret)
		ret = lw_trial_compare(device, ref, error);
	if (!ret)
		client->counters->done++;
	return ret;
}

static int run_program(const struct client *client, uint64_t seed,
		       uint64_t jobs, struct lwnpu_error *error)
{
	struct lw_trial device = { 0 }, ref = { 0 };
	struct lw_program program;
	int ret;

	lw_random_program(&program, seed);
	ret = lw_trial_open(&device, &lw_drm_engine, client->node, &program,
			    seed, error);
	if (!ret)
		ret = lw_trial_open(&ref, &lw_ref_engine, client->ref,
				    &program, seed, error);
	for (uint64_t i = 0; i < jobs && !ret; i++)
		ret = run_job(client, &device, &ref, seed + i, error);
	lw_trial_close(&ref);
	lw_trial_close(&device);
	lw_program_release(&program);
	return ret;
}

static int run_programs(const struct client *client, uint64_t seed,
			uint64_t jobs)
{
	struct lwnpu_error error;
	uint64_t n;
	int ret = 0;

	for (; jobs && !ret; jobs -= n, seed += n) {
		n = jobs < PROGRAM_JOBS ? jobs : PROGRAM_JOBS;
		ret = run_program(client, seed, n, &error);
		if (ret)
			printf("# seed %" PRIu64 ": %s\n", seed,
			       error.message);
	}
	return ret;
}

static int run_client(struct client *client, uint64_t seed, uint64_t jobs)
{
	struct lwnpu_error error;
	int ret;

	ret = lw_drm_engine.open(&client->node, NULL, &error);
	if (ret)
		goto fail;
	ret = lw_ref_engine.open(&client->ref, NULL, &error);
	if (ret)
		goto close_node;
	ret = run_programs(client, seed, jobs);
	lw_ref_engine.close(client->ref);
	lw_drm_engine.close(client->node);
	return ret;

close_node:
	lw_drm_engine.close(client->node);
fail:
	printf("# %s\n", error.message);
	return ret;
}

int lw_submit_jobs(struct lw_job_counters *counters, uint64_t seed,
		   uint64_t jobs)
{
	struct client client = { .counters = counters };
	int before = lw_count_files(getpid(), ""), after;

	if (run_client(&client, seed, jobs))
		counters->wrong++;
	after = lw_count_files(getpid(), "");
	if (after != before)
		printf("# %d files open, %d before\n", after, before);
	return after != before;
}
