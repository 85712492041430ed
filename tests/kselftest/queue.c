// SPDX-License-Identifier: MIT
/* Queues: order, priorities, states, what destroying one does. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "common.h"

FIXTURE(queue)
{
	struct engine engine;
	struct session session;
};

FIXTURE_SETUP(queue)
{
	engine_start(&self->engine, 1);
	session_open(&self->session, &self->engine, 9);
}

FIXTURE_TEARDOWN(queue)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

static int create(int fd, uint32_t priority)
{
	struct drm_lwnpu_queue_create create = { .priority = priority };
	int error = device_ioctl(fd, DRM_IOCTL_LWNPU_QUEUE_CREATE, &create);

	return error ? error : (int)create.handle;
}

static int destroy(int fd, uint32_t handle)
{
	struct drm_lwnpu_queue_destroy destroy = { .handle = handle };

	return device_ioctl(fd, DRM_IOCTL_LWNPU_QUEUE_DESTROY, &destroy);
}

static int submit_to(struct session *s, uint32_t queue)
{
	struct request request;

	request_init(&request, s->program, s->input,
		     bo_create(s->fd, LUT_BYTES));
	return submit(s->fd, queue, &request);
}

TEST_F(queue, priorities)
{
	EXPECT_LT(0, create(self->session.fd, DRM_LWNPU_PRIORITY_LOW));
	EXPECT_LT(0, create(self->session.fd, DRM_LWNPU_PRIORITY_NORMAL));
	EXPECT_LT(0, create(self->session.fd, DRM_LWNPU_PRIORITY_HIGH));
	EXPECT_EQ(-EOPNOTSUPP, create(self->session.fd, 3));
	EXPECT_EQ(-EOPNOTSUPP, create(self->session.fd, 0xffffffff));
}

static void drop_sys_nice(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		fail("capget");
	data[CAP_SYS_NICE / 32].effective &= ~(1U << (CAP_SYS_NICE % 32));
	if (syscall(SYS_capset, &header, data))
		fail("capset");
}

TEST_F(queue, high_needs_a_capability)
{
	drop_sys_nice();
	EXPECT_EQ(-EACCES, create(self->session.fd, DRM_LWNPU_PRIORITY_HIGH));
	EXPECT_EQ(3, param(self->session.fd, DRM_LWNPU_PARAM_PRIORITIES));
	EXPECT_LT(0, create(self->session.fd, DRM_LWNPU_PRIORITY_NORMAL));
}

TEST_F(queue, limit_of_the_file)
{
	uint64_t most = param(self->session.fd, DRM_LWNPU_PARAM_MAX_QUEUES), i;
	int handle = 0;

	for (i = 1; i < most; i++) {
		handle = create(self->session.fd, 1);
		ASSERT_LT(0, handle);
	}
	EXPECT_EQ(-ENOSPC, create(self->session.fd, 1));
	EXPECT_EQ(0, destroy(self->session.fd, handle));
	EXPECT_LT(0, create(self->session.fd, 1));
}

TEST_F(queue, destroy_unknown)
{
	EXPECT_EQ(-ENOENT, destroy(self->session.fd, 0));
	EXPECT_EQ(-ENOENT, destroy(self->session.fd, 99));
	EXPECT_EQ(0, destroy(self->session.fd, self->session.queue));
	EXPECT_EQ(-ENOENT, destroy(self->session.fd, self->session.queue));
	EXPECT_EQ(-ENOENT, session_submit(&self->session));
}

TEST_F(queue, of_another_file)
{
	int other = device_open(&self->engine);

	EXPECT_EQ(-ENOENT, destroy(other, self->session.queue));
	close(other);
}

/* Jobs of a queue run in order, one after another. */
TEST_F(queue, in_order)
{
	struct lwnpu_ctl_record job, next;
	uint64_t last = 0;
	int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, submit_to(&self->session, self->session.queue));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
		EXPECT_LT(last, job.id);
		last = job.id;
		EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &next, 5));
		engine_complete(&self->engine, job.id, 0);
	}
}

/*
 * The scheduler hands jobs to the driver in its own time, of a queue one at a
 * time. False if it does not; where there is no debugfs nobody knows.
 */
static bool become_ready(struct engine *engine, unsigned int jobs)
{
	int64_t end = in_ms(5000);
	char text[4096], line[32];

	snprintf(line, sizeof(line), "ready: %u\n", jobs);
	while (device_state(engine, text, sizeof(text))) {
		if (strstr(text, line))
			return true;
		if (in_ms(0) >= end)
			return false;
		usleep(1000);
	}
	return true;
}

/* With room for one job, what is urgent passes what is not. */
TEST_F(queue, urgent_first)
{
	uint32_t low = queue_create(self->session.fd, DRM_LWNPU_PRIORITY_LOW);
	uint32_t high = queue_create(self->session.fd,
				     DRM_LWNPU_PRIORITY_HIGH);
	static const uint32_t expected[] = { 1, 2, 2, 1, 0, 0 };
	struct lwnpu_ctl_record job;
	uint32_t i;

	ASSERT_EQ(0, submit_to(&self->session, self->session.queue));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	ASSERT_EQ(0, submit_to(&self->session, low));
	ASSERT_EQ(0, submit_to(&self->session, low));
	ASSERT_EQ(0, submit_to(&self->session, self->session.queue));
	ASSERT_EQ(0, submit_to(&self->session, high));
	ASSERT_EQ(0, submit_to(&self->session, high));
	EXPECT_TRUE(become_ready(&self->engine, 2));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		EXPECT_EQ(expected[i], job.priority);
		engine_complete(&self->engine, job.id, 0);
		if (i + 1 < ARRAY_SIZE(expected))
			ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	}
}

TEST_F(queue, destroyed_with_jobs)
{
	uint32_t queue = queue_create(self->session.fd, 1);
	uint32_t sync = syncobj_create(self->session.fd, 0);
	struct lwnpu_ctl_record job;
	struct request request;
	int64_t begin;

	ASSERT_EQ(0, submit_to(&self->session, queue));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	request_init(&request, self->session.program, self->session.input,
		     self->session.output);
	request_signal(&request, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, queue, &request));
	begin = in_ms(0);
	ASSERT_EQ(0, destroy(self->session.fd, queue));
	EXPECT_GT(200000000, in_ms(0) - begin);
	/* The running one goes on; the other is cancelled when it ends. */
	engine_complete(&self->engine, job.id, 0);
	EXPECT_EQ(0, self->engine.refused);
	EXPECT_EQ(0, syncobj_wait(self->session.fd, sync, 5000));
	engine_serve(&self->engine);
	ASSERT_EQ(1, session_submit(&self->session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
}

TEST_F(queue, file_closed_with_jobs)
{
	struct session other;
	struct lwnpu_ctl_record job;
	int i;

	session_open(&other, &self->engine, 1);
	for (i = 0; i < 10; i++)
		ASSERT_LT(0, session_submit(&other));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	session_close(&other);
	engine_put(&self->engine, job.id, 0);
	engine_serve(&self->engine);
	ASSERT_EQ(1, session_submit(&self->session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	EXPECT_TRUE(session_check(&self->session));
}

TEST_F(queue, counts)
{
	struct drm_lwnpu_queue_get_state state;
	struct lwnpu_ctl_record job;

	state = queue_state(self->session.fd, self->session.queue);
	EXPECT_EQ(0, state.submitted);
	EXPECT_EQ(DRM_LWNPU_QUEUE_OK, state.state);
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(2, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_complete(&self->engine, job.id, -EIO);
	ASSERT_EQ(DRM_LWNPU_JOB_FAILED, session_wait(&self->session, 1, 5000));
	state = queue_state(self->session.fd, self->session.queue);
	EXPECT_EQ(2, state.submitted);
	EXPECT_EQ(1, state.completed);
	EXPECT_EQ(1, state.failed);
	/* A job that fails by its own doing does not stop the queue. */
	EXPECT_EQ(DRM_LWNPU_QUEUE_OK, state.state);
}

TEST_HARNESS_MAIN
