// SPDX-License-Identifier: MIT
/*
 * The 1st, 2nd, … allocation or copy of each ioctl fails, until there is none
 * left to fail. Each time the call fails cleanly, or does without; and the same
 * call afterwards succeeds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "calls.h"
#include "common.h"

#define DEBUGFS "/sys/kernel/debug/"

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

/* All allocations of a task may fail, if it asks for that. */
static void set_up_faults(void)
{
	sysfs_write(DEBUGFS "failslab/ignore-gfp-wait", "N");
	sysfs_write(DEBUGFS "failslab/verbose", "0");
	sysfs_write(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	sysfs_write(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N");
	sysfs_write(DEBUGFS "fail_page_alloc/min-order", "0");
	sysfs_write(DEBUGFS "fail_page_alloc/verbose", "0");
	sysfs_write(DEBUGFS "fail_usercopy/verbose", "0");
}

FIXTURE_SETUP(faults)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth",
		 syscall(SYS_gettid));
	self->fail_nth = open(path, O_RDWR | O_CLOEXEC);
	self->engine.fd = self->session.fd = -1;
	if (self->fail_nth < 0)
		SKIP(return, "no fault injection");
	set_up_faults();
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

/* Asking for no fault any more may be what the last one hits. */
static void fail_after(int fd, unsigned int n)
{
	char text[16];
	ssize_t done;

	snprintf(text, sizeof(text), "%u", n);
	do {
		done = pwrite(fd, text, strlen(text), 0);
	} while (done < 0 && errno == EFAULT && !n);
	if (done < 0)
		fail("fail-nth");
}

/*
 * Whether the failure that was asked for has happened, before this very
 * question; asks for none.
 */
static bool has_failed(int fd)
{
	char text[16] = "1";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0 && errno != EFAULT)
		fail("fail-nth");
	fail_after(fd, 0);
	return !atoi(text);
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
			fail_after(self->fail_nth, n);
			error = device_ioctl(self->session.fd, call.command,
					     call.bytes);
			if (!has_failed(self->fail_nth))
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
		fail_after(self->fail_nth, n);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			EXPECT_EQ(ENOMEM, errno);
		} else {
			close(fd);
		}
		if (!has_failed(self->fail_nth))
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
		fail_after(self->fail_nth, n);
		error = device_ioctl(self->session.fd,
				     DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);
		failed = has_failed(self->fail_nth);
		if (!error) {
			fail_after(self->fail_nth, n);
			error = bo_import(other.fd, prime.fd, &handle);
			failed |= has_failed(self->fail_nth);
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
			fail_after(self->fail_nth, n);
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
			failed = has_failed(self->fail_nth);
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

/*
 * Taking over a device. To make one is another matter: drm_minor_alloc() of
 * Linux 6.12 gives back a pointer that it never got when memory is short.
 */
TEST_F_TIMEOUT(faults, starting, 240)
{
	struct lwnpu_ctl_start start;
	struct engine engine;
	unsigned int n;
	int error;

	engine_open(&engine);
	ASSERT_EQ(0, engine_try_start(&engine, "another", 1));
	start = engine.start;
	engine_die(&engine);
	for (n = 1; n < MOST; n++) {
		bool failed;

		engine_open(&engine);
		fail_after(self->fail_nth, n);
		error = device_ioctl(engine.fd, LWNPU_CTL_START, &start);
		failed = has_failed(self->fail_nth);
		EXPECT_TRUE(!error || is_clean(error))
			TH_LOG("fault %u: %d", n, error);
		if (!failed)
			break;
		engine_die(&engine);
	}
	EXPECT_EQ(0, error);
	EXPECT_EQ(1, start.taken_over);
	EXPECT_GT(MOST, n);
	EXPECT_LT(4, n);
	engine_stop(&engine);
}

TEST_HARNESS_MAIN
