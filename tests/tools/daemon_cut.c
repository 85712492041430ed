// SPDX-License-Identifier: MIT
/*
 * lwnpud loses its buffers while it runs a job: the job hung, or the device was
 * removed. It ends and says why; if there is still a device, a successor
 * finishes what is left, and the same job if it is submitted again.
 *
 *   daemon_cut LWNPUD [--engine NAME] [--seed S]
 *
 * Needs root and a device of its own. Prints TAP.
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../common/daemon_process.h"
#include "../common/device_jobs.h"
#include "../common/random.h"
#include "../common/tap.h"
#include "engine.h"
#include "../../userspace/lwctl/lwctl.h"

#define TIMEOUT LW_MODULE "parameters/timeout_ms"
#define BUS_DRIVER "/sys/bus/platform/drivers/lwnpu-user/"
#define LOG "/run/daemon_cut.log"

/* A job that lasts for many times the time limit, and less than LONG_LIMIT. */
#define LIMIT_MS "100"
#define LONG_LIMIT_MS "120000"
#define N_OPS 4096
#define BYTES (1 << 18)

#define OTHER_JOBS 20

struct options {
	const char *lwnpud, *engine;
	uint64_t seed;
};

static struct lw_job_counters *counters;
static struct lwnpu_error error;

/* Every operation adds one to each byte of the input. */
static bool make_program(struct lw_program *program)
{
	const struct lwnpu_tensor tensor = {
		.row_pitch = 4096, .plane_pitch = BYTES, .h = BYTES / 4096,
		.w = 4096 / LWNPU_LANES, .c = LWNPU_LANES,
	};

	memset(program, 0, sizeof(*program));
	program->ops = calloc(N_OPS, sizeof(*program->ops));
	program->n_ops = N_OPS;
	program->weights = aligned_alloc(64, 256);
	program->weights_size = 256;
	if (!program->ops || !program->weights)
		return false;
	for (int i = 0; i < 256; i++)
		program->weights[i] = i + 1;
	for (int i = 0; i < N_OPS; i++) {
		program->ops[i].opcode = LWNPU_OP_LUT;
		program->ops[i].in[0] = program->ops[i].out = tensor;
		program->ops[i].in[0].region = LWNPU_REGION_IO;
		program->ops[i].out.region = LWNPU_REGION_IO + 1;
	}
	return !lw_program_check(program, &error);
}

static bool is_right(const struct lw_binding *bindings)
{
	const uint8_t *in = bindings[LWNPU_REGION_IO].data;
	const uint8_t *out = bindings[LWNPU_REGION_IO + 1].data;

	for (size_t i = 0; i < BYTES; i++)
		if (out[i] != (uint8_t)(in[i] + 1))
			return false;
	return true;
}

/* Runs the job until it is cut off, and, if that is a hang, once more. */
static bool run_long(void *engine, void *loaded, uint64_t seed, int expected)
{
	const struct lw_engine_ops *ops = &lw_drm_engine;
	struct lw_binding bindings[LWNPU_REGION_IO + 2] = { 0 };
	struct lw_random random = lw_random_seed(seed);
	int ret;

	for (int r = LWNPU_REGION_IO; r < LWNPU_REGION_IO + 2; r++) {
		bindings[r].data = ops->alloc(engine, BYTES);
		bindings[r].size = BYTES;
		if (!bindings[r].data)
			return false;
	}
	lw_random_fill(&random, bindings[LWNPU_REGION_IO].data, BYTES);
	ret = ops->run(engine, loaded, bindings, NULL, &error);
	printf("# the long job: %s\n", ret ? error.message : "done");
	if (ret != expected)
		return false;
	if (ret != -ETIME)
		return true;
	ret = ops->run(engine, loaded, bindings, NULL, &error);
	printf("# the same again: %s\n", ret ? error.message : "done");
	return !ret && is_right(bindings);
}

/* A process. Return: its status, 0 if the job ends as expected. */
static int long_job(const struct options *options, int expected)
{
	struct lw_program program;
	void *engine, *loaded;
	bool good;

	if (!make_program(&program) ||
	    lw_drm_engine.open(&engine, NULL, &error) ||
	    lw_drm_engine.load(engine, &program, &loaded, &error)) {
		printf("# %s\n", error.message);
		return 1;
	}
	good = run_long(engine, loaded, options->seed, expected);
	fflush(stdout);
	return !good;
}

/* Waits until the engine has what it needs for the job. */
static bool is_at_work(pid_t daemon)
{
	double end = lw_seconds() + LW_PATIENCE_S;

	while (lw_count_mappings(daemon, "[lwnpu-view]") < 2)
		if (lw_seconds() > end || lw_daemon_has_ended(daemon))
			return false;
	return true;
}

static bool remove_device(void)
{
	glob_t found;
	bool good;

	if (glob(BUS_DRIVER "lwnpu-user.*", 0, NULL, &found))
		return false;
	good = lw_write_text(BUS_DRIVER "unbind",
			     strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	return good;
}

/* Its end is told by SIGBUS, as it reads or writes the job's buffers. */
static bool ends_as_documented(pid_t daemon)
{
	double end = lw_seconds() + LW_PATIENCE_S;
	char text[4096] = "";
	int status;

	while (!lw_daemon_has_ended(daemon)) {
		if (lw_seconds() > end)
			kill(daemon, SIGKILL);
		usleep(1000);
	}
	waitpid(daemon, &status, 0);
	lw_read_text(LOG, text, sizeof(text));
	printf("# status %#x, its messages:\n# %s\n", status, text);
	return WIFEXITED(status) && WEXITSTATUS(status) == 1 &&
	       strstr(text, "lwnpud: cut off by the kernel: a job hung, or the device is gone\n");
}

static bool ends_well(pid_t process)
{
	int status;

	return waitpid(process, &status, 0) == process && !status;
}

/* Return: a daemon that gets the long job, or -1. */
static pid_t start(const struct options *options, int expected, pid_t *client)
{
	pid_t daemon = lw_daemon_start(options->lwnpud, options->engine, "1",
				       LOG);

	*client = -1;
	if (!lw_daemon_wait_node(daemon)) {
		kill(daemon, SIGKILL);
		waitpid(daemon, NULL, 0);
		return -1;
	}
	*client = fork();
	if (!*client)
		_exit(long_job(options, expected));
	return daemon;
}

static void test_hang(const struct options *options)
{
	pid_t client, other, daemon;
	char before[32] = "";

	lw_tap_test(lw_read_text(TIMEOUT, before, sizeof(before)) &&
		    lw_write_text(TIMEOUT, LIMIT_MS), "the time limit is set");
	daemon = start(options, -ETIME, &client);
	lw_tap_test(daemon > 0, "a job is submitted");
	if (daemon < 0)
		return;
	other = fork();
	if (!other)
		_exit(lw_submit_jobs(counters, options->seed, OTHER_JOBS));
	lw_tap_test(ends_as_documented(daemon),
		    "the daemon ends by the kernel's hand, and says so");
	lw_write_text(TIMEOUT, LONG_LIMIT_MS);
	daemon = lw_daemon_start(options->lwnpud, options->engine, "2", NULL);
	lw_tap_test(ends_well(client),
		    "the job fails, and the successor does it again");
	lw_tap_test(ends_well(other) && counters->done == OTHER_JOBS,
		    "the successor does the jobs of others");
	lw_tap_test(lw_daemon_stop(daemon), "the successor ends well");
	lw_write_text(TIMEOUT, before);
}

static void test_removal(const struct options *options)
{
	pid_t client, daemon = start(options, -ENODEV, &client);

	lw_tap_test(daemon > 0 && is_at_work(daemon), "another is at work");
	if (daemon < 0)
		return;
	lw_tap_test(remove_device(), "the device is removed");
	lw_tap_test(ends_as_documented(daemon), "the daemon ends and says so");
	lw_tap_test(ends_well(client), "the job is lost");
}

static bool parse(int argc, char **argv, struct options *options)
{
	if (argc < 2 || argc % 2)
		return false;
	options->lwnpud = argv[1];
	for (int i = 2; i < argc; i += 2) {
		if (!strcmp(argv[i], "--engine"))
			options->engine = argv[i + 1];
		else if (!strcmp(argv[i], "--seed"))
			options->seed = strtoull(argv[i + 1], NULL, 0);
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options options = { .engine = "ref", .seed = time(NULL) };

	if (!parse(argc, argv, &options)) {
		fprintf(stderr, "usage: daemon_cut LWNPUD [--engine NAME] [--seed S]\n");
		return 2;
	}
	counters = mmap(NULL, sizeof(*counters), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counters == MAP_FAILED) {
		perror("daemon_cut: memory");
		return 1;
	}
	printf("# seed %" PRIu64 ", engine %s\n", options.seed, options.engine);
	fflush(stdout);
	test_hang(&options);
	test_removal(&options);
	return lw_tap_end();
}
