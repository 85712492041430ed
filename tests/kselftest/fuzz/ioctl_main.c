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
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define NOBODY 65534

static struct engine engine;
static char path[64];

struct server {
	atomic_bool stop;
	unsigned long served;
};

static void *serve(void *argument)
{
	struct server *server = argument;

	server->served = fuzz_serve(&engine, fuzz_seed(), &server->stop);
	return NULL;
}

static void enter(struct fuzz_plan *plan, uint32_t n)
{
	uint32_t i;

	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		fail("giving up privileges");
	plan[0].fd = device_open(&engine);
	for (i = 0; i < n; i++)
		plan[i] = (struct fuzz_plan) { .path = path, .fd = plan[0].fd };
}

/* Those that lwnpu_drm.h speaks of. */
static const int documented[] = {
	ENOTTY, E2BIG, EINVAL, EOPNOTSUPP, ENOENT, EOVERFLOW, EFAULT, ENOSPC,
	EAGAIN, EACCES, ECANCELED, ENODEV, ENOMEM, EINTR, ETIMEDOUT, EBUSY, 0,
};

static const struct call *const tables[] = {
	fuzz_lwnpu_calls, fuzz_drm_calls, NULL,
};

int main(int argc, char **argv)
{
	const struct fuzz_program program = {
		.name = "ioctl_fuzz", .tests = 4, .count = 30000,
		.tables = tables, .documented = documented,
		.enter = enter,
	};
	struct server server = { 0 };
	pthread_t thread;
	char before[16];

	fuzz_begin(&program, argc, argv);
	if (set_parameter("timeout_ms", "150", before, sizeof(before)))
		fail("timeout_ms");
	engine_start(&engine, 8);
	snprintf(path, sizeof(path), "/dev/accel/accel%u", engine.start.minor);
	if (chmod(path, 0666))
		fail(path);
	if (pthread_create(&thread, NULL, serve, &server))
		fail("a thread");
	fuzz_run();
	server.stop = true;
	pthread_join(thread, NULL);
	printf("# %lu jobs run\n", server.served);
	fuzz_test(server.served && fuzz_report->jobs[DRM_LWNPU_JOB_DONE],
		  "jobs are done meanwhile");
	engine_stop(&engine);
	set_parameter("timeout_ms", before, NULL, 0);
	return fuzz_end();
}
