// SPDX-License-Identifier: MIT
/*
 * ctl_fuzz [--count N] [--seed S] [--seconds T] [--processes P] [--threads T]
 *
 * Processes of root make N random calls of the control file, valid ones among
 * them, and of the devices that they make so; they write garbage into the rings,
 * and die. Meanwhile a device that is none of theirs runs all its jobs right.
 * What threads do depends on the seed; in which order, on the machine.
 *
 * A long run: tests/vm/uml-run -t 9000 build/vm/uml-debug \
 *	build/kselftest/ctl_fuzz --count 1000000 --seconds 8900
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "slots.h"

#define FIRST_NODE 3
#define FIRST_SLOT (FIRST_NODE + FUZZ_THREADS)
#define DEVICES "/sys/bus/platform/devices/lwnpu-user.*"

_Static_assert(FIRST_SLOT + SLOTS <= FUZZ_FIRST_FD, "numbers of files overlap");

/**
 * struct bystander - another device, with an engine and an application
 * @done: jobs
 * @wrong: one was not done, or gave other bytes
 * @end: set when it is to end
 */
struct bystander {
	atomic_ulong done;
	atomic_bool wrong;
	atomic_bool end;
};

static void run_jobs(struct bystander *bystander, struct session *session)
{
	int64_t id, status;

	while (!bystander->end && !bystander->wrong) {
		session->in[0]++;
		id = session_submit(session);
		status = id < 0 ? id : session_wait(session, id, 30000);
		if (status != DRM_LWNPU_JOB_DONE || !session_check(session)) {
			printf("# the other device's job %ld: %ld\n", id,
			       status);
			bystander->wrong = true;
		}
		bystander->done++;
		usleep(2000);
	}
}

/* It is first in all things, so that its jobs have the time that they may. */
static void *stand_by(void *argument)
{
	struct engine engine;
	struct session session;

	setpriority(PRIO_PROCESS, 0, -20);
	engine_start(&engine, 2);
	engine_serve(&engine);
	session_open(&session, &engine, 0x5a);
	run_jobs(argument, &session);
	session_close(&session);
	engine_stop(&engine);
	return NULL;
}

/* The node of a thread is none, until it opens that of a slot. */
static void enter(struct fuzz_plan *plan, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		plan[i].fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (plan[i].fd != (int)(FIRST_NODE + i))
			fail("/dev/null");
	}
	slots_init(FIRST_SLOT);
}

/* Becomes the engine of a device like that of the node, and takes it away. */
static void remove_like(const char *path)
{
	struct drm_lwnpu_get_param ops = { .param = DRM_LWNPU_PARAM_OPS };
	struct lwnpu_ctl_start start = {
		.version = LWNPU_CTL_VERSION, .capacity = 1, .depth = 1,
		.description = "none",
	};
	struct drm_lwnpu_get_engine name = { 0 };
	struct engine engine;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	device_ioctl(fd, DRM_IOCTL_LWNPU_GET_ENGINE, &name);
	device_ioctl(fd, DRM_IOCTL_LWNPU_GET_PARAM, &ops);
	close(fd);
	engine_open(&engine);
	memcpy(start.name, name.name, sizeof(start.name));
	start.ops = ops.value;
	if (device_ioctl(engine.fd, LWNPU_CTL_START, &start))
		fail(path);
	engine_stop(&engine);
}

static void for_all(const char *pattern, void (*action)(const char *path))
{
	glob_t found;
	size_t i;

	if (!glob(pattern, 0, NULL, &found))
		for (i = 0; i < found.gl_pathc; i++)
			action(found.gl_pathv[i]);
	globfree(&found);
}

static void bind(const char *path)
{
	sysfs_write(BUS_DRIVER "bind", strrchr(path, '/') + 1);
}

static size_t left;

static void count(const char *path)
{
	left++;
}

/* Return: whether nothing is left. */
static bool remove_devices(void)
{
	size_t before;

	for_all(DEVICES, bind);
	for_all(DEVICES, count);
	do {
		for_all("/dev/accel/accel*", remove_like);
		before = left;
		left = 0;
		for_all(DEVICES, count);
	} while (left && left < before);
	return !left;
}

/* Those that lwnpu_ctl.h speaks of; and files may be closed. */
static const int documented[] = {
	ENOTTY, EINVAL, EBUSY, EPROTONOSUPPORT, ENOTCONN, ESHUTDOWN, ENODEV,
	ENOENT, ETIMEDOUT, EFAULT, ENOMEM, EMFILE, EINTR, EBADF, 0,
};

static const struct call *const tables[] = {
	fuzz_ctl_calls, fuzz_daemon_acts, fuzz_lwnpu_calls, NULL,
};

int main(int argc, char **argv)
{
	const struct fuzz_program program = {
		.name = "ctl_fuzz", .tests = 6, .count = 16000,
		.tables = tables, .documented = documented,
		.enter = enter,
	};
	struct bystander bystander = { 0 };
	char timeout[16], recovery[16];
	pthread_t thread;

	fuzz_begin(&program, argc, argv);
	if (set_parameter("timeout_ms", "2000", timeout, sizeof(timeout)) ||
	    set_parameter("recovery_ms", "300", recovery, sizeof(recovery)))
		fail("parameters of the module");
	if (pthread_create(&thread, NULL, stand_by, &bystander))
		fail("a thread");
	fuzz_run();
	bystander.end = true;
	pthread_join(thread, NULL);
	printf("# %u deaths, %lu jobs, %lu of the other device\n",
	       fuzz_report->deaths, fuzz_report->completed, bystander.done);
	fuzz_test(fuzz_report->completed, "jobs are completed");
	fuzz_test(bystander.done && !bystander.wrong,
		  "another device is not reached");
	fuzz_test(remove_devices(), "no device is left");
	set_parameter("timeout_ms", timeout, NULL, 0);
	set_parameter("recovery_ms", recovery, NULL, 0);
	return fuzz_end();
}
