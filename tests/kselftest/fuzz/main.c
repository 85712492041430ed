// SPDX-License-Identifier: MIT
/*
 * ioctl_fuzz [--count N] [--seed S] [--seconds T] [--processes P] [--threads T]
 *
 * Processes without privileges make N random calls of a device, valid ones
 * among them, while an engine runs their jobs, fails, hangs and dies. What
 * threads do depends on the seed; in which order, on the machine.
 */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_PROCESSES 16
#define MAX_THREADS 8
#define NOBODY 65534
#define TIMEOUT_MS "150"
#define PARAMETERS "/sys/module/lwnpu/parameters/"

struct options {
	uint64_t count, seed, seconds, processes, threads;
};

struct server {
	struct engine *engine;
	uint64_t seed;
	atomic_bool stop;
	unsigned long served;
};

static bool parse(struct options *options, int argc, char **argv)
{
	const struct {
		const char *name;
		uint64_t *value;
	} known[] = {
		{ "--count", &options->count }, { "--seed", &options->seed },
		{ "--seconds", &options->seconds },
		{ "--processes", &options->processes },
		{ "--threads", &options->threads },
	};
	size_t k;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		for (k = 0; k < sizeof(known) / sizeof(*known); k++)
			if (!strcmp(argv[i], known[k].name))
				break;
		if (k == sizeof(known) / sizeof(*known))
			return false;
		*known[k].value = strtoull(argv[i + 1], NULL, 0);
	}
	return i == argc && options->processes <= MAX_PROCESSES &&
	       options->threads && options->threads <= MAX_THREADS;
}

static void drop_privileges(void)
{
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		fail("giving up privileges");
}

/* Threads of a process share the open file. */
static void work(const struct options *options, const struct engine *engine,
		 uint64_t process)
{
	struct fuzz_plan plan[MAX_THREADS];
	pthread_t thread[MAX_THREADS];
	char path[64];
	uint32_t i;

	syscall(SYS_close_range, 3, ~0U, 0);
	snprintf(path, sizeof(path), "/dev/accel/accel%u",
		 engine->start.minor);
	drop_privileges();
	plan[0].fd = device_open(engine);
	for (i = 0; i < options->threads; i++) {
		plan[i] = (struct fuzz_plan) {
			.path = path, .fd = plan[0].fd,
			.seed = options->seed + (process << 32) + i,
			.count = options->count,
			.end = in_ms(options->seconds * 1000),
		};
		if (pthread_create(&thread[i], NULL, fuzz_thread, &plan[i]))
			fail("a thread");
	}
	for (i = 0; i < options->threads; i++)
		pthread_join(thread[i], NULL);
	_exit(0);
}

static void *serve(void *argument)
{
	struct server *server = argument;

	server->served = fuzz_serve(server->engine, server->seed,
				    &server->stop);
	return NULL;
}

/* Return: how many processes did not end well. */
static int run(const struct options *options, struct server *server)
{
	int failed = 0, status;
	pthread_t thread;
	pid_t pid;
	uint64_t i;

	fflush(stdout);
	for (i = 1; i <= options->processes; i++) {
		pid = fork();
		if (!pid)
			work(options, server->engine, i);
		if (pid < 0)
			fail("fork");
	}
	if (pthread_create(&thread, NULL, serve, server))
		fail("a thread");
	while ((pid = wait(&status)) > 0 || errno == EINTR) {
		if (pid <= 0 || !status)
			continue;
		printf("# process %d ended with %#x\n", pid, status);
		failed++;
	}
	server->stop = true;
	pthread_join(thread, NULL);
	return failed;
}

static void print_results(void)
{
	const struct call *call;
	uint32_t n, error;

	for (n = 0; (call = fuzz_call(n)); n++) {
		printf("# %s:", call->name);
		for (error = 0; error < FUZZ_ERRNOS; error++)
			if (fuzz_report->results[n][error])
				printf(" %s %u", error ?
				       strerrorname_np(error) ? : "?" : "ok",
				       fuzz_report->results[n][error]);
		printf("\n");
	}
	printf("# odd numbers: %lu\n# jobs by status:", fuzz_report->odd);
	for (n = 0; n <= DRM_LWNPU_JOB_LOST; n++)
		printf(" %u", fuzz_report->jobs[n]);
	printf("\n");
}

static bool all_accepted(void)
{
	bool all = true;
	uint32_t n;

	for (n = 0; fuzz_call(n); n++)
		if (!fuzz_report->results[n][0]) {
			printf("# never accepted: %s\n", fuzz_call(n)->name);
			all = false;
		}
	return all;
}

/* Only errors that lwnpu_drm.h speaks of. */
static bool all_documented(void)
{
	static const bool documented[FUZZ_ERRNOS] = {
		[0] = true, [ENOTTY] = true, [E2BIG] = true, [EINVAL] = true,
		[EOPNOTSUPP] = true, [ENOENT] = true, [EOVERFLOW] = true,
		[EFAULT] = true, [ENOSPC] = true, [EAGAIN] = true,
		[EACCES] = true, [ECANCELED] = true, [ENODEV] = true,
		[ENOMEM] = true, [EINTR] = true, [ETIMEDOUT] = true,
		[EBUSY] = true,
	};
	bool all = true;
	uint32_t n, error;

	for (n = 0; fuzz_is_own(n); n++)
		for (error = 0; error < FUZZ_ERRNOS; error++)
			if (fuzz_report->results[n][error] &&
			    !documented[error]) {
				printf("# %s gave %s\n", fuzz_call(n)->name,
				       strerrorname_np(error) ? : "?");
				all = false;
			}
	return all;
}

static int report(const struct options *options, const struct server *server,
		  int failed)
{
	const struct {
		bool good;
		const char *text;
	} tests[] = {
		{ !failed, "processes end well" },
		{ all_accepted(), "each call is accepted some time" },
		{ all_documented(), "errors are documented" },
		{ server->served && fuzz_report->jobs[DRM_LWNPU_JOB_DONE],
		  "jobs are done meanwhile" },
	};
	int bad = 0;
	size_t i;

	print_results();
	printf("# %lu calls, %lu jobs run, seed %" PRIu64 "\n",
	       fuzz_report->calls, server->served, options->seed);
	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		printf("%sok %zu %s\n", tests[i].good ? "" : "not ", i + 1,
		       tests[i].text);
		bad += !tests[i].good;
	}
	return bad;
}

int main(int argc, char **argv)
{
	struct options options = {
		.count = 30000, .seed = time(NULL), .seconds = 120,
		.processes = 4, .threads = 2,
	};
	struct engine engine;
	struct server server = { .engine = &engine };
	char path[64];
	int bad;

	if (!parse(&options, argc, argv)) {
		fprintf(stderr, "usage: ioctl_fuzz [--count N] [--seed S] [--seconds T] [--processes P] [--threads T]\n");
		return 2;
	}
	printf("TAP version 13\n1..4\n# seed %" PRIu64 "\n", options.seed);
	fuzz_avoid();
	fuzz_report = mmap(NULL, sizeof(*fuzz_report), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz_report == MAP_FAILED)
		fail("memory");
	server.seed = options.seed;
	if (sysfs_write(PARAMETERS "timeout_ms", TIMEOUT_MS))
		fail(PARAMETERS);
	engine_start(&engine, 8);
	snprintf(path, sizeof(path), "/dev/accel/accel%u", engine.start.minor);
	if (chmod(path, 0666))
		fail(path);
	bad = report(&options, &server, run(&options, &server));
	engine_stop(&engine);
	sysfs_write(PARAMETERS "timeout_ms", "10000");
	return bad != 0;
}
