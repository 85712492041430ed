// SPDX-License-Identifier: MIT
/*
 * The 1st, 2nd, … allocation or copy of each ioctl fails, until there is none
 * left to fail. Each time the call fails cleanly, or does without; and the same
 * call afterwards succeeds.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "calls.h"
#include "common.h"
#include "inject.h"

/* More than any call allocates and copies. */
#define MOST 2000

FIXTURE(faults)
{
	struct engine engine;
	struct session session;
	struct lut_program program;
	struct request request;
	int fail_nth;
};

FIXTURE_SETUP(faults)
{
	self->fail_nth = inject_open();
	self->engine.fd = self->session.fd = -1;
	if (self->fail_nth < 0)
		SKIP(return, "no fault injection");
	engine_start(&self->engine, 4);
	session_open(&self->session, &self->engine, 1);
	lut_program_init(&self->program, 1);
	session_request(&self->session, &self->request);
	request_signal(&self->request, syncobj_create(self->session.fd, 0), 0);
	request_signal(&self->request, syncobj_create(self->session.fd, 0), 9);
	request_wait_for(&self->request,
			 syncobj_create(self->session.fd,
					DRM_SYNCOBJ_CREATE_SIGNALED), 0);
	engine_serve(&self->engine);
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
}

FIXTURE_TEARDOWN(faults)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

static void destroy_program(struct session *s, uint32_t handle)
{
	struct drm_lwnpu_program_destroy destroy = { .handle = handle };

	device_ioctl(s->fd, DRM_IOCTL_LWNPU_PROGRAM_DESTROY, &destroy);
}

static void destroy_queue(struct session *s, uint32_t handle)
{
	struct drm_lwnpu_queue_destroy destroy = { .handle = handle };

	device_ioctl(s->fd, DRM_IOCTL_LWNPU_QUEUE_DESTROY, &destroy);
}

/* The calls of the accel node that leave something behind, and undo it. */
static void undo(struct session *s, const struct call *call)
{
	if (call->command == DRM_IOCTL_LWNPU_BO_CREATE)
		gem_close(s->fd, call->bo_create.handle);
	if (call->command == DRM_IOCTL_LWNPU_PROGRAM_CREATE)
		destroy_program(s, call->program_create.handle);
	if (call->command == DRM_IOCTL_LWNPU_QUEUE_CREATE)
		destroy_queue(s, call->queue_create.handle);
}

/* Gives up what calls_init() made to be destroyed, if it was not. */
static void give_up(struct session *s, const struct call *calls)
{
	unsigned int i;

	for (i = 0; i < N_CALLS; i++) {
		if (calls[i].command == DRM_IOCTL_LWNPU_PROGRAM_DESTROY)
			destroy_program(s, calls[i].program_destroy.handle);
		if (calls[i].command == DRM_IOCTL_LWNPU_QUEUE_DESTROY)
			destroy_queue(s, calls[i].queue_destroy.handle);
	}
}

/* The memory of buffers is shmem's, which says ENOSPC if it has no inode. */
static bool is_clean(int error)
{
	return error == -ENOMEM || error == -EFAULT || error == -EINTR ||
	       error == -ENOSPC;
}

TEST_F_TIMEOUT(faults, calls, 240)
{
	struct call calls[N_CALLS], call;
	unsigned int i, n, failures = 0;
	int error;

	for (i = 0; i < N_CALLS; i++) {
		for (n = 1; n < MOST; n++) {
			calls_init(calls, &self->session, &self->program,
				   &self->request.job);
			call = calls[i];
			inject_after(self->fail_nth, n);
			error = device_ioctl(self->session.fd, call.command,
					     call.bytes);
			if (!inject_done(self->fail_nth))
				break;
			failures += error != 0;
			if (error) {
				EXPECT_TRUE(is_clean(error))
					TH_LOG("%s, fault %u: %d", call.name,
					       n, error);
				call = calls[i];
				error = device_ioctl(self->session.fd,
						     call.command, call.bytes);
			}
			/* An id is told by a copy, after all is done. */
			EXPECT_TRUE(!error || (error == -ENOENT &&
				    strstr(call.name, "DESTROY")))
				TH_LOG("%s after fault %u: %d", call.name, n,
				       error);
			undo(&self->session, &call);
			give_up(&self->session, calls);
		}
		EXPECT_EQ(0, error)
			TH_LOG("%s", call.name);
		EXPECT_GT(MOST, n);
		undo(&self->session, &call);
		give_up(&self->session, calls);
	}
	/* How many there are, depends on what the allocators have at hand. */
	EXPECT_LT(2 * N_CALLS, failures);
	/* All that was submitted is complete. */
	n = queue_state(self->session.fd, self->session.queue).submitted;
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, n, 5000));
	EXPECT_EQ(n, queue_state(self->session.fd, self->session.queue)
			.completed);
}

TEST_F_TIMEOUT(faults, opening, 120)
{
	char path[64];
	unsigned int n;
	int fd;

	snprintf(path, sizeof(path), "/dev/accel/accel%u",
		 self->engine.start.minor);
	for (n = 1; n < MOST; n++) {
		inject_after(self->fail_nth, n);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			EXPECT_EQ(ENOMEM, errno);
		} else {
			close(fd);
		}
		if (!inject_done(self->fail_nth))
			break;
	}
	EXPECT_LE(0, fd);
	EXPECT_GT(MOST, n);
}

/* Export and import of buffers, of which the core of DRM does a part. */
TEST_F_TIMEOUT(faults, sharing, 120)
{
	struct drm_prime_handle prime;
	struct session other;
	uint32_t handle;
	unsigned int n;
	int error;

	session_open(&other, &self->engine, 2);
	for (n = 1; n < MOST; n++) {
		uint32_t bo = bo_create(self->session.fd, 4096);
		bool failed;

		prime = (struct drm_prime_handle) {
			.handle = bo, .flags = DRM_CLOEXEC | DRM_RDWR,
		};
		inject_after(self->fail_nth, n);
		error = device_ioctl(self->session.fd,
				     DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);
		failed = inject_done(self->fail_nth);
		if (!error) {
			inject_after(self->fail_nth, n);
			error = bo_import(other.fd, prime.fd, &handle);
			failed |= inject_done(self->fail_nth);
			if (!error)
				gem_close(other.fd, handle);
			close(prime.fd);
		}
		EXPECT_TRUE(!error || is_clean(error)) TH_LOG("%d", error);
		gem_close(self->session.fd, bo);
		if (!failed)
			break;
	}
	EXPECT_EQ(0, error);
	EXPECT_GT(MOST, n);
	session_close(&other);
}

/* What the daemon asks for, each time for a new job. */
TEST_F_TIMEOUT(faults, engine, 240)
{
	struct lwnpu_ctl_record job;
	unsigned int n, kind;
	uint64_t id, size;
	int error;

	engine_rest(&self->engine);
	for (kind = 0; kind < 3; kind++) {
		for (n = 1; n < MOST; n++) {
			struct lwnpu_ctl_get_program program = { 0 };
			bool failed;

			id = session_submit(&self->session);
			ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
			program.job = job.id;
			inject_after(self->fail_nth, n);
			if (kind == 0)
				error = engine_get_buffer(&self->engine,
					job.id, job.binding[n % 2].buffer,
					&size);
			else if (kind == 1)
				error = device_ioctl(self->engine.fd,
						     LWNPU_CTL_GET_PROGRAM,
						     &program) ?: program.fd;
			else
				error = engine_run(&self->engine, 0);
			failed = inject_done(self->fail_nth);
			EXPECT_TRUE(error >= 0 || is_clean(error))
				TH_LOG("%u, fault %u: %d", kind, n, error);
			if (error > 2)
				close(error);
			engine_complete(&self->engine, job.id, 0);
			EXPECT_EQ(DRM_LWNPU_JOB_DONE,
				  session_wait(&self->session, id, 5000));
			if (!failed)
				break;
		}
		EXPECT_LE(0, error);
		EXPECT_GT(MOST, n);
	}
}

/* Files of a pattern. */
static size_t count_files(const char *pattern)
{
	glob_t found;
	size_t n = 0;

	if (!glob(pattern, 0, NULL, &found))
		n = found.gl_pathc;
	globfree(&found);
	return n;
}

static size_t count_devices(void)
{
	return count_files("/dev/accel/*") + count_files("/sys/class/accel/*") +
	       count_files("/sys/bus/platform/devices/lwnpu-user.*") +
	       count_files("/sys/kernel/debug/accel/*");
}

/* The engine of a device, new each time or one that is there already. */
static void sweep_start(struct __test_metadata *_metadata, int fail_nth,
			bool is_new)
{
	unsigned int n, failures = 0;
	struct lwnpu_ctl_start start;
	struct engine engine;
	size_t devices;
	bool failed;
	int error;

	engine_open(&engine);
	ASSERT_EQ(0, engine_try_start(&engine, "another", 1));
	(is_new ? engine_stop : engine_die)(&engine);
	devices = count_devices();
	for (n = 1, failed = true; n < MOST && failed; n++) {
		start = engine.start;
		engine_open(&engine);
		inject_after(fail_nth, n);
		error = device_ioctl(engine.fd, LWNPU_CTL_START, &start);
		failed = inject_done(fail_nth);
		if (error) {
			failures++;
			EXPECT_TRUE(failed && is_clean(error));
			EXPECT_EQ(devices, count_devices());
			ASSERT_EQ(0, engine_try_start(&engine, "another", 1));
			start = engine.start;
		}
		EXPECT_EQ(!is_new, start.taken_over);
		engine.start = start;
		(is_new ? engine_stop : engine_die)(&engine);
		EXPECT_EQ(devices, count_devices())
			TH_LOG("fault %u: %d", n, error);
	}
	EXPECT_FALSE(failed);
	EXPECT_LT(is_new ? 50 : 4, failures);
}

TEST_F_TIMEOUT(faults, taking_over, 120)
{
	struct engine engine;

	sweep_start(_metadata, self->fail_nth, false);
	engine_open(&engine);
	EXPECT_EQ(0, engine_try_start(&engine, "another", 1));
	engine_stop(&engine);
}

/* What does not come to be leaves nothing behind. */
TEST_F_TIMEOUT(faults, starting, 240)
{
	sweep_start(_metadata, self->fail_nth, true);
}

TEST_HARNESS_MAIN
