// SPDX-License-Identifier: MIT
/* Parallel queues: jobs that run together, and are complete in order. */
#include <errno.h>

#include "kselftest_harness.h"

#include "common.h"

FIXTURE(parallel)
{
	struct engine engine;
	struct session session;
	uint32_t queue;
};

static int create(int fd, uint32_t flags)
{
	struct drm_lwnpu_queue_create create = {
		.priority = DRM_LWNPU_PRIORITY_NORMAL, .flags = flags,
	};
	int error = device_ioctl(fd, DRM_IOCTL_LWNPU_QUEUE_CREATE, &create);

	return error ? error : (int)create.handle;
}

FIXTURE_SETUP(parallel)
{
	engine_start(&self->engine, 4);
	session_open(&self->session, &self->engine, 0x42);
	self->queue = create(self->session.fd, DRM_LWNPU_QUEUE_PARALLEL);
	ASSERT_LT(0, (int)self->queue);
	self->session.queue = self->queue;
}

FIXTURE_TEARDOWN(parallel)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

/* A job that shares the input with others, and has an output of its own. */
static void reader(struct session *s, struct request *request)
{
	request_init(request, s->program, s->input,
		     bo_create(s->fd, LUT_BYTES));
}

static int submit_reader(struct session *s)
{
	struct request request;

	reader(s, &request);
	return submit(s->fd, s->queue, &request);
}

/* Takes @n jobs that are there at the same time. */
static void take(struct __test_metadata *_metadata, struct engine *engine,
		 struct lwnpu_ctl_record *jobs, int n)
{
	int i;

	for (i = 0; i < n; i++)
		ASSERT_EQ(0, engine_next(engine, &jobs[i], 5000));
}

TEST_F(parallel, flags)
{
	EXPECT_EQ(-EOPNOTSUPP, create(self->session.fd, 0x2));
	EXPECT_EQ(-EOPNOTSUPP, create(self->session.fd, 0x80000001));
	EXPECT_LT(0, create(self->session.fd, 0));
}

/* The last that the engine ends is the first that was submitted. */
TEST_F(parallel, complete_in_order)
{
	struct drm_lwnpu_completion completion;
	struct lwnpu_ctl_record jobs[4];
	uint32_t sync[4];
	struct request request;
	int i;

	for (i = 0; i < 4; i++) {
		sync[i] = syncobj_create(self->session.fd, 0);
		reader(&self->session, &request);
		request_signal(&request, sync[i], 0);
		ASSERT_EQ(0, submit(self->session.fd, self->queue, &request));
	}
	take(_metadata, &self->engine, jobs, 4);
	for (i = 3; i > 0; i--) {
		engine_complete(&self->engine, jobs[i].id,
				i == 2 ? -EDOM : 0);
		EXPECT_EQ(-EBUSY, session_wait(&self->session, i + 1, 0));
		EXPECT_EQ(-ETIME, syncobj_wait(self->session.fd, sync[i], 0));
	}
	EXPECT_EQ(0, queue_state(self->session.fd, self->queue).completed);
	engine_complete(&self->engine, jobs[0].id, 0);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, wait_job(self->session.fd, self->queue, i + 1,
				      5000, &completion));
		EXPECT_EQ(i == 2 ? DRM_LWNPU_JOB_FAILED : DRM_LWNPU_JOB_DONE,
			  completion.status);
		EXPECT_EQ(i == 2 ? -EDOM : 0, completion.error);
		EXPECT_EQ(0, syncobj_wait(self->session.fd, sync[i], 0));
	}
	EXPECT_EQ(4, queue_state(self->session.fd, self->queue).completed);
	EXPECT_EQ(1, queue_state(self->session.fd, self->queue).failed);
}

/* Jobs that are done, but wait for one before them, take no room. */
TEST_F(parallel, done_makes_room)
{
	struct lwnpu_ctl_record first, job;
	int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, submit_reader(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &first, 5000));
	for (i = 1; i < 20; i++) {
		ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
		engine_put(&self->engine, job.id, 0);
	}
	ASSERT_EQ(0, engine_run(&self->engine, 0));
	EXPECT_EQ(-EBUSY, session_wait(&self->session, 20, 0));
	engine_complete(&self->engine, first.id, 0);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 20, 5000));
}

/* As many as a queue holds, ended in a random order. */
TEST_F(parallel, random_order)
{
	uint64_t most = param(self->session.fd,
			      DRM_LWNPU_PARAM_MAX_QUEUE_JOBS), i;
	struct lwnpu_ctl_record jobs[4];
	unsigned int seed = in_ms(0), n = 0, at;

	TH_LOG("seed %u", seed);
	for (i = 1; i <= most; i++)
		ASSERT_EQ(0, submit_reader(&self->session));
	EXPECT_EQ(-EAGAIN, submit_reader(&self->session));
	for (i = 1; i <= most; i++) {
		while (n < 4 && i + n <= most)
			ASSERT_EQ(0, engine_next(&self->engine, &jobs[n++],
						 5000));
		at = rand_r(&seed) % n;
		engine_put(&self->engine, jobs[at].id, 0);
		jobs[at] = jobs[--n];
	}
	ASSERT_EQ(0, engine_run(&self->engine, 0));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE,
		  session_wait(&self->session, most, 5000));
	EXPECT_EQ(most, queue_state(self->session.fd, self->queue).completed);
}

/* The second writes what the first writes; the third only reads what they do. */
TEST_F(parallel, shared_buffers_order)
{
	struct lwnpu_ctl_record first, second, third, none;

	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(2, session_submit(&self->session));
	ASSERT_EQ(0, submit_reader(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &first, 5000));
	ASSERT_EQ(0, engine_next(&self->engine, &third, 5000));
	EXPECT_NE(first.binding[1].buffer, third.binding[1].buffer);
	EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &none, 50));
	/* The call that completes the first brings the second. */
	engine_complete(&self->engine, first.id, 0);
	ASSERT_TRUE(engine_take(&self->engine, &second));
	EXPECT_EQ(first.binding[1].buffer, second.binding[1].buffer);
	engine_put(&self->engine, third.id, 0);
	engine_complete(&self->engine, second.id, 0);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 3, 5000));
}

/* The same for jobs of one call: the second reads the output of the first. */
TEST_F(parallel, chain_in_one_call)
{
	uint32_t end = bo_create(self->session.fd, LUT_BYTES), i;
	uint8_t *last = bo_map(self->session.fd, end, LUT_BYTES);
	struct lwnpu_ctl_record job, none;
	struct drm_lwnpu_job jobs[2];
	struct request chain[2];

	session_request(&self->session, &chain[0]);
	request_init(&chain[1], self->session.program, self->session.output,
		     end);
	jobs[0] = chain[0].job;
	jobs[1] = chain[1].job;
	ASSERT_EQ(0, submit_jobs(self->session.fd, self->queue, jobs, 2));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &none, 50));
	engine_put(&self->engine, job.id, engine_execute(&self->engine, &job));
	engine_serve(&self->engine);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 2, 5000));
	EXPECT_TRUE(session_check(&self->session));
	for (i = 0; i < LUT_BYTES; i++)
		EXPECT_EQ(self->session.in[i], last[i]);
}

TEST_F(parallel, no_implicit_sync)
{
	struct lwnpu_ctl_record jobs[2];
	struct request request;

	session_request(&self->session, &request);
	request.job.flags = DRM_LWNPU_JOB_NO_IMPLICIT_SYNC;
	ASSERT_EQ(0, submit(self->session.fd, self->queue, &request));
	ASSERT_EQ(0, submit(self->session.fd, self->queue, &request));
	take(_metadata, &self->engine, jobs, 2);
	engine_put(&self->engine, jobs[1].id, 0);
	engine_complete(&self->engine, jobs[0].id, 0);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 2, 5000));
}

/* A syncobj of a job of the same queue is waited for as any other. */
TEST_F(parallel, in_sync_of_the_queue)
{
	uint32_t binary = syncobj_create(self->session.fd, 0);
	uint32_t line = syncobj_create(self->session.fd, 0);
	struct lwnpu_ctl_record job, none;
	struct request request;
	int i;

	reader(&self->session, &request);
	request_signal(&request, binary, 0);
	ASSERT_EQ(0, submit(self->session.fd, self->queue, &request));
	reader(&self->session, &request);
	request_wait_for(&request, binary, 0);
	request_signal(&request, line, 7);
	ASSERT_EQ(0, submit(self->session.fd, self->queue, &request));
	reader(&self->session, &request);
	request_wait_for(&request, line, 7);
	ASSERT_EQ(0, submit(self->session.fd, self->queue, &request));
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
		EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &none, 20));
		engine_complete(&self->engine, job.id, 0);
		EXPECT_EQ(DRM_LWNPU_JOB_DONE,
			  session_wait(&self->session, i, 5000));
	}
}

/* A job of another queue waits for those that read what it writes, for all. */
TEST_F(parallel, writer_of_another_queue)
{
	uint32_t other = queue_create(self->session.fd,
				      DRM_LWNPU_PRIORITY_NORMAL);
	struct lwnpu_ctl_record jobs[2], job, none;
	struct request writer;

	ASSERT_EQ(0, submit_reader(&self->session));
	ASSERT_EQ(0, submit_reader(&self->session));
	request_init(&writer, self->session.program, self->session.output,
		     self->session.input);
	ASSERT_EQ(0, submit(self->session.fd, other, &writer));
	take(_metadata, &self->engine, jobs, 2);
	engine_complete(&self->engine, jobs[1].id, 0);
	EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &none, 50));
	engine_complete(&self->engine, jobs[0].id, 0);
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_complete(&self->engine, job.id, 0);
	EXPECT_EQ(0, wait_job(self->session.fd, other, 1, 5000, NULL));
}

TEST_F(parallel, destroyed_with_jobs)
{
	struct drm_lwnpu_queue_destroy destroy = { .handle = self->queue };
	uint32_t sync = syncobj_create(self->session.fd, 0);
	struct lwnpu_ctl_record jobs[4];
	struct request request;
	int i;

	for (i = 0; i < 7; i++)
		ASSERT_EQ(0, submit_reader(&self->session));
	reader(&self->session, &request);
	request_signal(&request, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, self->queue, &request));
	take(_metadata, &self->engine, jobs, 4);
	ASSERT_EQ(0, device_ioctl(self->session.fd,
				  DRM_IOCTL_LWNPU_QUEUE_DESTROY, &destroy));
	for (i = 3; i >= 0; i--)
		engine_complete(&self->engine, jobs[i].id, 0);
	EXPECT_EQ(0, self->engine.refused);
	EXPECT_EQ(0, syncobj_wait(self->session.fd, sync, 5000));
	/* None of the others comes. */
	EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &jobs[0], 20));
}

/* Waits until the engine has @n jobs at hand. */
static bool has_at_hand(const struct engine *engine, uint32_t n)
{
	int64_t end = in_ms(5000);

	while (__atomic_load_n(&engine->records->head[1],
			       __ATOMIC_ACQUIRE) < n) {
		if (in_ms(0) > end)
			return false;
		usleep(1000);
	}
	return true;
}

/* What the engine has at hand, and has not begun, is taken back. */
TEST_F(parallel, destroyed_at_hand)
{
	struct drm_lwnpu_queue_destroy destroy = { .handle = self->queue };
	uint32_t sync = syncobj_create(self->session.fd, 0);
	struct lwnpu_ctl_record first, none;
	struct request request;
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, submit_reader(&self->session));
	reader(&self->session, &request);
	request_signal(&request, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, self->queue, &request));
	ASSERT_TRUE(has_at_hand(&self->engine, 4));
	ASSERT_TRUE(engine_take(&self->engine, &first));
	ASSERT_EQ(0, device_ioctl(self->session.fd,
				  DRM_IOCTL_LWNPU_QUEUE_DESTROY, &destroy));
	EXPECT_FALSE(engine_take(&self->engine, &none));
	EXPECT_EQ(-ETIME, syncobj_wait(self->session.fd, sync, 0));
	engine_complete(&self->engine, first.id, 0);
	EXPECT_EQ(0, self->engine.refused);
	EXPECT_EQ(0, syncobj_wait(self->session.fd, sync, 5000));
}

/* The same at its deadline. */
TEST_F(parallel, late_at_hand)
{
	struct drm_lwnpu_completion completion;
	struct lwnpu_ctl_record none;
	struct request request;

	reader(&self->session, &request);
	request.job.deadline_ns = in_ms(300);
	ASSERT_EQ(0, submit(self->session.fd, self->queue, &request));
	ASSERT_TRUE(has_at_hand(&self->engine, 1));
	ASSERT_EQ(0, wait_job(self->session.fd, self->queue, 1, 5000,
			      &completion));
	EXPECT_EQ(DRM_LWNPU_JOB_LATE, completion.status);
	EXPECT_LE(request.job.deadline_ns, (int64_t)completion.end_ns);
	EXPECT_EQ(0, completion.attempts);
	EXPECT_FALSE(engine_take(&self->engine, &none));
}

/* One job hangs: those behind it are cancelled, but for one that was done. */
TEST_F_TIMEOUT(parallel, hang, 60)
{
	struct lwnpu_ctl_record jobs[3], job;
	char before[16];
	int i;

	ASSERT_EQ(0, set_parameter("timeout_ms", "300", before,
				   sizeof(before)));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, submit_reader(&self->session));
	/* The fourth is at hand, the fifth in the kernel. */
	take(_metadata, &self->engine, jobs, 3);
	engine_complete(&self->engine, jobs[2].id, 0);
	engine_complete(&self->engine, jobs[0].id, 0);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	EXPECT_EQ(DRM_LWNPU_JOB_HUNG, session_wait(&self->session, 2, 5000));
	set_parameter("timeout_ms", before, NULL, 0);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 3, 5000));
	for (i = 4; i <= 5; i++)
		EXPECT_EQ(DRM_LWNPU_JOB_CANCELED,
			  session_wait(&self->session, i, 5000));
	EXPECT_EQ(-ECANCELED, submit_reader(&self->session));
	EXPECT_EQ(-ESHUTDOWN, engine_run(&self->engine, 0));
	engine_die(&self->engine);
	engine_start(&self->engine, 4);
	EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &job, 50));
}

TEST_HARNESS_MAIN
