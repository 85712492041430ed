// SPDX-License-Identifier: MIT
/* SUBMIT, WAIT_JOB and syncobjs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "common.h"

FIXTURE(submit)
{
	struct engine engine;
	struct session session;
	struct request request;
};

FIXTURE_SETUP(submit)
{
	engine_start(&self->engine, 4);
	session_open(&self->session, &self->engine, 0x42);
	session_request(&self->session, &self->request);
}

FIXTURE_TEARDOWN(submit)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

/* SUBMIT of the fixture's request; tells what the kernel says is at fault. */
static int try(struct session *session, struct request *request,
	       struct drm_lwnpu_submit *submit)
{
	*submit = (struct drm_lwnpu_submit) {
		.queue = session->queue, .jobs = {
			.ptr = (uintptr_t)&request->job, .count = 1,
			.stride = sizeof(request->job),
		},
	};
	return device_ioctl(session->fd, DRM_IOCTL_LWNPU_SUBMIT, submit);
}

/* @change makes of a good request "r" a bad one, refused with @error. */
#define REFUSED(error, job, item, change) do { \
		struct request bad, *r = &bad; \
		struct drm_lwnpu_submit call_; \
		session_request(&self->session, r); \
		change; \
		EXPECT_EQ(error, try(&self->session, r, &call_)); \
		EXPECT_EQ((uint32_t)(job), call_.error_job); \
		EXPECT_EQ((uint32_t)(item), call_.error_item); \
		EXPECT_EQ(0, queue_state(self->session.fd, \
					 self->session.queue).submitted); \
	} while (0)

TEST_F(submit, runs)
{
	struct drm_lwnpu_completion completion;
	int64_t begin = in_ms(0);

	engine_serve(&self->engine);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	EXPECT_EQ(1, self->request.job.id);
	ASSERT_EQ(0, wait_job(self->session.fd, self->session.queue, 1, 5000,
			      &completion));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, completion.status);
	EXPECT_EQ(0, completion.error);
	EXPECT_EQ(DRM_LWNPU_NONE, completion.op);
	EXPECT_EQ(1, completion.attempts);
	EXPECT_LE(begin, completion.submit_ns);
	EXPECT_LE(completion.submit_ns, completion.start_ns);
	EXPECT_LE(completion.start_ns, completion.end_ns);
	EXPECT_LE(completion.end_ns, in_ms(0));
	EXPECT_TRUE(session_check(&self->session));
}

TEST_F(submit, queue_unknown)
{
	struct drm_lwnpu_submit out;

	self->session.queue++;
	EXPECT_EQ(-ENOENT, try(&self->session, &self->request, &out));
	EXPECT_EQ(DRM_LWNPU_NONE, out.error_job);
	self->session.queue = 0;
	EXPECT_EQ(-ENOENT, try(&self->session, &self->request, &out));
}

TEST_F(submit, bad_jobs)
{
	REFUSED(-ENOENT, 0, DRM_LWNPU_NONE, r->job.program = 99);
	REFUSED(-EOPNOTSUPP, 0, DRM_LWNPU_NONE, r->job.flags = 1 << 31);
	REFUSED(-EINVAL, 0, DRM_LWNPU_NONE, r->job.deadline_ns = -1);
}

TEST_F(submit, bad_bindings)
{
	REFUSED(-EINVAL, 0, DRM_LWNPU_NONE, r->job.bindings.count = 1);
	REFUSED(-EINVAL, 0, DRM_LWNPU_NONE, r->job.bindings.count = 0);
	REFUSED(-ENOENT, 0, 0, r->bindings[0].handle = 99);
	REFUSED(-ENOENT, 0, 1, r->bindings[1].handle = 0);
	REFUSED(-EINVAL, 0, 1, r->bindings[1].region = 2);
	REFUSED(-EINVAL, 0, 1, r->bindings[1].region = 4);
	REFUSED(-EINVAL, 0, 0, r->bindings[0].region = 0);
	REFUSED(-EINVAL, 0, 0, r->bindings[0].region = 0xffffffff);
	REFUSED(-EINVAL, 0, 1, r->bindings[1].offset = 32);
	REFUSED(-EOVERFLOW, 0, 0, r->bindings[0].offset = 4096 - 192);
	REFUSED(-EOVERFLOW, 0, 0, r->bindings[0].offset = 4096);
	REFUSED(-EOVERFLOW, 0, 1, r->bindings[1].offset = ~0ULL - 63);
	/* The output overlaps the input: 256 bytes at 0 and at 192. */
	REFUSED(-EINVAL, 0, 1,
		r->bindings[1].handle = r->bindings[0].handle;
		r->bindings[1].offset = 192);
}

/* What another file has made is not there for this one. */
TEST_F(submit, handles_of_another_file)
{
	uint32_t program = 0, bo = 0, sync = 0, queue = 0, i;
	struct session other;
	struct drm_lwnpu_submit out;
	struct request request;

	session_open(&other, &self->engine, 1);
	/* Numbers that this file has not reached. */
	for (i = 0; i < 8; i++) {
		program = program_create(other.fd, 1);
		bo = bo_create(other.fd, 4096);
		sync = syncobj_create(other.fd, DRM_SYNCOBJ_CREATE_SIGNALED);
		queue = queue_create(other.fd, DRM_LWNPU_PRIORITY_NORMAL);
	}
	REFUSED(-ENOENT, 0, DRM_LWNPU_NONE, r->job.program = program);
	REFUSED(-ENOENT, 0, 0, r->bindings[0].handle = bo);
	REFUSED(-ENOENT, 0, 0, request_wait_for(r, sync, 0));
	REFUSED(-ENOENT, 0, 0, request_signal(r, sync, 0));
	session_request(&self->session, &request);
	self->session.queue = queue;
	EXPECT_EQ(-ENOENT, try(&self->session, &request, &out));
	EXPECT_EQ(-ENOENT, session_wait(&self->session, 1, 0));
	session_close(&other);
}

TEST_F(submit, one_buffer_for_both)
{
	self->request.bindings[1].handle = self->request.bindings[0].handle;
	self->request.bindings[1].offset = 256;
	engine_serve(&self->engine);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
}

TEST_F(submit, last_place_of_a_buffer)
{
	self->request.bindings[0].offset = 4096 - 256;
	self->request.bindings[1].offset = 4096 - 256;
	engine_serve(&self->engine);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
}

TEST_F(submit, bad_syncs)
{
	uint32_t binary = syncobj_create(self->session.fd, 0);

	REFUSED(-ENOENT, 0, 0, request_wait_for(r, 99, 0));
	/* A syncobj without a fence has nothing to wait for. */
	REFUSED(-EINVAL, 0, 0, request_wait_for(r, binary, 0));
	REFUSED(-ENOENT, 0, 0, request_signal(r, 99, 0));
	REFUSED(-ENOENT, 0, 1, request_signal(r, binary, 0);
		request_signal(r, 99, 7));
	REFUSED(-EINVAL, 0, 0, request_signal(r, binary, 0);
		r->out[0].point = 1);
	REFUSED(-EINVAL, 0, 0, request_signal(r, binary, 1);
		r->out[0].point = 0);
	REFUSED(-EOPNOTSUPP, 0, 0, request_signal(r, binary, 0);
		r->out[0].flags = 2);
	REFUSED(-EINVAL, 0, DRM_LWNPU_NONE,
		r->job.in_syncs.count =
			param(self->session.fd, DRM_LWNPU_PARAM_MAX_SYNCS) + 1);
	REFUSED(-EINVAL, 0, DRM_LWNPU_NONE, r->job.out_syncs.count = ~0U);
}

TEST_F(submit, bad_pointers)
{
	struct drm_lwnpu_submit call = { .queue = self->session.queue, .jobs = {
		.ptr = 64, .count = 1, .stride = sizeof(struct drm_lwnpu_job),
	} };

	EXPECT_EQ(-EFAULT, device_ioctl(self->session.fd,
					DRM_IOCTL_LWNPU_SUBMIT, &call));
	REFUSED(-EFAULT, 0, 0, r->job.bindings.ptr = 64);
	REFUSED(-EFAULT, 0, 0,
		r->job.in_syncs.ptr = ~0ULL - 64; r->job.in_syncs.count = 1);
}

TEST_F(submit, none_and_too_many)
{
	uint64_t most = param(self->session.fd,
			      DRM_LWNPU_PARAM_MAX_SUBMIT_JOBS);

	EXPECT_EQ(-EINVAL, submit_jobs(self->session.fd, self->session.queue,
				       &self->request.job, 0));
	EXPECT_EQ(-EINVAL, submit_jobs(self->session.fd, self->session.queue,
				       &self->request.job, most + 1));
	EXPECT_EQ(-EINVAL, submit_jobs(self->session.fd, self->session.queue,
				       &self->request.job, ~0U));
}

/* The second of three jobs is bad: none runs, and no syncobj changes. */
TEST_F(submit, all_or_none)
{
	uint32_t out = syncobj_create(self->session.fd, 0);
	struct drm_lwnpu_submit call;
	struct drm_lwnpu_job jobs[3];
	struct request bad;

	request_signal(&self->request, out, 0);
	bad = self->request;
	bad.job.program = 99;
	jobs[0] = jobs[2] = self->request.job;
	jobs[1] = bad.job;
	call = (struct drm_lwnpu_submit) { .queue = self->session.queue,
		.jobs = { (uintptr_t)jobs, 3, sizeof(jobs[0]) } };
	EXPECT_EQ(-ENOENT, device_ioctl(self->session.fd,
					DRM_IOCTL_LWNPU_SUBMIT, &call));
	EXPECT_EQ(1, call.error_job);
	EXPECT_EQ(0, queue_state(self->session.fd, self->session.queue)
			.submitted);
	EXPECT_EQ(-EINVAL, syncobj_wait(self->session.fd, out, 0));
}

TEST_F(submit, many_in_one_call)
{
	struct drm_lwnpu_job jobs[16];
	int i;

	for (i = 0; i < 16; i++)
		jobs[i] = self->request.job;
	engine_serve(&self->engine);
	ASSERT_EQ(0, submit_jobs(self->session.fd, self->session.queue, jobs,
				 16));
	for (i = 0; i < 16; i++)
		EXPECT_EQ(i + 1, jobs[i].id);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 16, 5000));
	EXPECT_EQ(16, queue_state(self->session.fd, self->session.queue)
			.completed);
}

TEST_F(submit, out_sync_binary)
{
	uint32_t sync = syncobj_create(self->session.fd, 0);
	struct lwnpu_ctl_record job;

	request_signal(&self->request, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	EXPECT_EQ(-ETIME, syncobj_wait(self->session.fd, sync, 0));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	EXPECT_EQ(-ETIME, syncobj_wait(self->session.fd, sync, 50));
	engine_complete(&self->engine, job.id, 0);
	EXPECT_EQ(0, syncobj_wait(self->session.fd, sync, 5000));
}

TEST_F(submit, out_sync_timeline)
{
	uint32_t line = syncobj_create(self->session.fd, 0);
	struct request second;

	request_signal(&self->request, line, 5);
	session_request(&self->session, &second);
	request_signal(&second, line, 9);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue, &second));
	EXPECT_EQ(-ETIME, syncobj_wait_point(self->session.fd, line, 5, 20));
	engine_serve(&self->engine);
	EXPECT_EQ(0, syncobj_wait_point(self->session.fd, line, 5, 5000));
	EXPECT_EQ(0, syncobj_wait_point(self->session.fd, line, 9, 5000));
}

/* A job in one queue waits for one in another, by a binary syncobj. */
TEST_F(submit, in_sync_binary)
{
	uint32_t sync = syncobj_create(self->session.fd, 0);
	uint32_t queue = queue_create(self->session.fd, 1);
	uint32_t output = bo_create(self->session.fd, LUT_BYTES);
	struct lwnpu_ctl_record first, second;
	struct request waiter;

	request_signal(&self->request, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	request_init(&waiter, self->session.program, self->session.input,
		     output);
	request_wait_for(&waiter, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, queue, &waiter));
	ASSERT_EQ(0, engine_next(&self->engine, &first, 5000));
	EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &second, 100));
	engine_complete(&self->engine, first.id, 0);
	ASSERT_EQ(0, engine_next(&self->engine, &second, 5000));
	EXPECT_NE(first.queue, second.queue);
	engine_complete(&self->engine, second.id, 0);
	EXPECT_EQ(0, wait_job(self->session.fd, queue, 1, 5000, NULL));
}

TEST_F(submit, in_sync_signalled_by_hand)
{
	uint32_t line = syncobj_create(self->session.fd, 0);
	uint64_t point = 3;
	struct drm_syncobj_timeline_array signal = {
		.handles = (uintptr_t)&line, .points = (uintptr_t)&point,
		.count_handles = 1,
	};

	ASSERT_EQ(0, device_ioctl(self->session.fd,
				  DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &signal));
	request_wait_for(&self->request, line, 3);
	engine_serve(&self->engine);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
}

/* Several of each kind at once, some of them the same. */
TEST_F(submit, syncs_of_both_kinds)
{
	uint32_t binary = syncobj_create(self->session.fd,
					 DRM_SYNCOBJ_CREATE_SIGNALED);
	uint32_t line = syncobj_create(self->session.fd, 0);
	uint32_t out = syncobj_create(self->session.fd, 0);

	request_wait_for(&self->request, binary, 0);
	request_wait_for(&self->request, binary, 0);
	request_signal(&self->request, out, 0);
	request_signal(&self->request, line, 1);
	request_signal(&self->request, binary, 0);
	engine_serve(&self->engine);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	EXPECT_EQ(0, syncobj_wait(self->session.fd, out, 5000));
	EXPECT_EQ(0, syncobj_wait(self->session.fd, binary, 5000));
	EXPECT_EQ(0, syncobj_wait_point(self->session.fd, line, 1, 5000));
}

/* A sync_file of the job becomes readable when it is complete. */
TEST_F(submit, sync_file_polls)
{
	uint32_t sync = syncobj_create(self->session.fd, 0);
	struct drm_syncobj_handle export = {
		.handle = sync, .fd = -1,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};
	struct pollfd poll_fd = { .events = POLLIN };
	struct lwnpu_ctl_record job;

	request_signal(&self->request, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	ASSERT_EQ(0, device_ioctl(self->session.fd,
				  DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &export));
	poll_fd.fd = export.fd;
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	EXPECT_EQ(0, poll(&poll_fd, 1, 50));
	engine_complete(&self->engine, job.id, 0);
	EXPECT_EQ(1, poll(&poll_fd, 1, 5000));
	close(poll_fd.fd);
}

/* Two queues that share a buffer go one after another without syncobjs. */
TEST_F(submit, orders_by_buffer)
{
	uint32_t queue = queue_create(self->session.fd, 1);
	struct lwnpu_ctl_record first, second;

	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	ASSERT_EQ(0, submit(self->session.fd, queue, &self->request));
	ASSERT_EQ(0, engine_next(&self->engine, &first, 5000));
	EXPECT_EQ(-ETIMEDOUT, engine_next(&self->engine, &second, 100));
	engine_complete(&self->engine, first.id, 0);
	EXPECT_EQ(0, engine_next(&self->engine, &second, 5000));
	engine_complete(&self->engine, second.id, 0);
}

/* Two readers of one input do not wait for each other. */
TEST_F(submit, readers_run_together)
{
	uint32_t queue = queue_create(self->session.fd, 1);
	struct lwnpu_ctl_record first, second;
	struct request reader;

	request_init(&reader, self->session.program, self->session.input,
		     bo_create(self->session.fd, LUT_BYTES));
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	ASSERT_EQ(0, submit(self->session.fd, queue, &reader));
	ASSERT_EQ(0, engine_next(&self->engine, &first, 5000));
	ASSERT_EQ(0, engine_next(&self->engine, &second, 5000));
	engine_complete(&self->engine, second.id, 0);
	engine_complete(&self->engine, first.id, 0);
	EXPECT_EQ(0, wait_job(self->session.fd, queue, 1, 5000, NULL));
}

TEST_F(submit, wait_ends)
{
	int64_t begin;

	EXPECT_EQ(-ENOENT, wait_job(self->session.fd, self->session.queue, 1,
				    0, NULL));
	ASSERT_EQ(1, session_submit(&self->session));
	EXPECT_EQ(-ENOENT, session_wait(&self->session, 2, 0));
	EXPECT_EQ(-ENOENT, session_wait(&self->session, 0, 0));
	EXPECT_EQ(-EBUSY, session_wait(&self->session, 1, 0));
	begin = in_ms(0);
	EXPECT_EQ(-ETIMEDOUT, session_wait(&self->session, 1, 100));
	EXPECT_LE(100000000, in_ms(0) - begin);
}

TEST_F(submit, records_are_kept)
{
	uint64_t most = param(self->session.fd,
			      DRM_LWNPU_PARAM_MAX_QUEUE_JOBS), i;

	engine_serve(&self->engine);
	for (i = 1; i <= most + 1; i++) {
		ASSERT_EQ(i, session_submit(&self->session));
		ASSERT_EQ(DRM_LWNPU_JOB_DONE,
			  session_wait(&self->session, i, 5000));
	}
	EXPECT_EQ(-ENOENT, session_wait(&self->session, 1, 0));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 2, 0));
}

/* A full queue says so, and takes jobs again when one is complete. */
TEST_F(submit, full)
{
	uint64_t most = param(self->session.fd,
			      DRM_LWNPU_PARAM_MAX_QUEUE_JOBS), i;
	struct lwnpu_ctl_record job;

	for (i = 1; i <= most; i++)
		ASSERT_EQ(i, session_submit(&self->session));
	EXPECT_EQ(-EAGAIN, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_complete(&self->engine, job.id, 0);
	ASSERT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	EXPECT_EQ(most + 1, session_submit(&self->session));
}

/* A program or a buffer given up after SUBMIT still serves its job. */
TEST_F(submit, keeps_what_it_needs)
{
	struct drm_lwnpu_program_destroy destroy = {
		.handle = self->session.program,
	};

	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, gem_close(self->session.fd, self->session.input));
	ASSERT_EQ(0, gem_close(self->session.fd, self->session.output));
	ASSERT_EQ(0, device_ioctl(self->session.fd,
				  DRM_IOCTL_LWNPU_PROGRAM_DESTROY, &destroy));
	engine_serve(&self->engine);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	EXPECT_TRUE(session_check(&self->session));
}

TEST_F(submit, deadline_passed)
{
	struct drm_lwnpu_completion completion;

	self->request.job.deadline_ns = 1;
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	ASSERT_EQ(0, wait_job(self->session.fd, self->session.queue, 1, 5000,
			      &completion));
	EXPECT_EQ(DRM_LWNPU_JOB_LATE, completion.status);
	EXPECT_EQ(-ETIME, completion.error);
	/* It is no fault of the queue. */
	engine_serve(&self->engine);
	ASSERT_EQ(2, session_submit(&self->session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 2, 5000));
}

TEST_F(submit, deadline_in_time)
{
	self->request.job.deadline_ns = in_ms(10000);
	engine_serve(&self->engine);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
}

TEST_F(submit, engine_reports_an_error)
{
	uint32_t sync = syncobj_create(self->session.fd, 0);
	struct drm_lwnpu_completion completion;
	struct lwnpu_ctl_record job;

	request_signal(&self->request, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
			    &self->request));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_put(&self->engine, job.id, -EDOM)->op = 0;
	ASSERT_EQ(0, engine_run(&self->engine, 0));
	ASSERT_EQ(0, wait_job(self->session.fd, self->session.queue, 1, 5000,
			      &completion));
	EXPECT_EQ(DRM_LWNPU_JOB_FAILED, completion.status);
	EXPECT_EQ(-EDOM, completion.error);
	EXPECT_EQ(0, completion.op);
	EXPECT_EQ(0, syncobj_wait(self->session.fd, sync, 5000));
	EXPECT_EQ(1, queue_state(self->session.fd, self->session.queue)
			.failed);
}

TEST_HARNESS_MAIN
