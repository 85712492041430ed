// SPDX-License-Identifier: MIT
/* The memory that the kernel and a daemon share: truth, lies and overflow. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "../common/random.h"
#include "common.h"

FIXTURE(ring)
{
	struct engine engine;
	struct session session;
};

FIXTURE_SETUP(ring)
{
	engine_start(&self->engine, 2);
	session_open(&self->session, &self->engine, 0x77);
}

FIXTURE_TEARDOWN(ring)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

/* The records are the kernel's: no mapping of them can be written. */
TEST_F(ring, records_are_read_only)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *map;

	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ | PROT_WRITE,
				   MAP_SHARED, self->engine.fd,
				   LWNPU_CTL_MAP_RECORDS));
	map = mmap(NULL, page, PROT_READ, MAP_SHARED, self->engine.fd,
		   LWNPU_CTL_MAP_RECORDS);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-1, mprotect(map, page, PROT_READ | PROT_WRITE));
	munmap(map, page);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 1 << 28, PROT_READ, MAP_SHARED,
				   self->engine.fd, LWNPU_CTL_MAP_RECORDS));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, page, PROT_READ, MAP_SHARED,
				   self->engine.fd, 0x30000000));
}

/* Lies: completions of no job, twice, of reserved bytes, of absurd times. */
TEST_F(ring, lies)
{
	struct drm_lwnpu_completion completion;
	struct lwnpu_ctl_completion *entry;
	struct lwnpu_ctl_record job;

	engine_complete(&self->engine, 0, 0);
	engine_complete(&self->engine, 123456789, 0);
	EXPECT_EQ(2, self->engine.refused);
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_put(&self->engine, job.id, 0)->reserved[1] = 1;
	ASSERT_EQ(0, engine_run(&self->engine, 0));
	EXPECT_EQ(3, self->engine.refused);
	EXPECT_EQ(-EBUSY, session_wait(&self->session, 1, 0));
	entry = engine_put(&self->engine, job.id, 12345);
	entry->start_ns = ~0ULL;
	entry->end_ns = 1;
	engine_put(&self->engine, job.id, 0);
	ASSERT_EQ(0, engine_run(&self->engine, 0));
	EXPECT_EQ(4, self->engine.refused);
	ASSERT_EQ(0, wait_job(self->session.fd, self->session.queue, 1, 5000,
			      &completion));
	/* A positive number is no error that can be. */
	EXPECT_EQ(DRM_LWNPU_JOB_FAILED, completion.status);
	EXPECT_EQ(-EIO, completion.error);
	EXPECT_LE(completion.submit_ns, completion.start_ns);
	EXPECT_LE(completion.start_ns, completion.end_ns);
	EXPECT_LE(completion.end_ns, in_ms(0));
}

TEST_F(ring, impossible_indices)
{
	uint32_t size = self->engine.start.ring_size, ring;
	struct lwnpu_ctl_run run = { .flags = 1 };

	for (ring = 0; ring < LWNPU_CTL_RINGS; ring++) {
		EXPECT_EQ(-EINVAL, engine_lie(&self->engine, ring, 1));
		EXPECT_EQ(-EINVAL, engine_lie(&self->engine, ring, -1));
	}
	EXPECT_EQ(-EINVAL, engine_lie(&self->engine, ring, size + 1));
	EXPECT_EQ(-EINVAL, engine_lie(&self->engine, ring, -1));
	EXPECT_EQ(0, engine_run(&self->engine, 0));
	EXPECT_EQ(-EINVAL, device_ioctl(self->engine.fd, LWNPU_CTL_RUN, &run));
	/* No harm is done. */
	engine_serve(&self->engine);
	ASSERT_EQ(1, session_submit(&self->session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	EXPECT_TRUE(session_check(&self->session));
}

/* A word at a random place; sometimes what can be. */
static void spoil(struct lw_random *random, void *area, size_t size)
{
	volatile uint32_t *words = area;

	words[lw_random_below(random, size / sizeof(*words))] =
		lw_random_below(random, 2) ? lw_random_u32(random) :
		lw_random_below(random, 64);
}

static void *write_garbage(void *argument)
{
	struct engine *engine = argument;
	struct lw_random random = lw_random_seed(time(NULL));
	uint32_t size = engine->start.ring_size;

	while (engine->serving) {
		spoil(&random, engine->completions,
		      sizeof(*engine->completions) +
		      size * sizeof(struct lwnpu_ctl_completion));
		spoil(&random, engine->claims, LWNPU_CTL_RINGS * size *
		      sizeof(*engine->claims));
	}
	return NULL;
}

/*
 * A thread of the daemon writes all over the shared memory while others call
 * RUN: whatever becomes of the jobs, the kernel and the next daemon are well.
 */
TEST_F_TIMEOUT(ring, garbage_in_shared_memory, 60)
{
	char before[16];
	pthread_t thread;
	int64_t end, id = 0;

	ASSERT_EQ(0, set_parameter("timeout_ms", "500", before,
				   sizeof(before)));
	self->engine.serving = true;
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_garbage,
				    &self->engine));
	end = in_ms(2000);
	while (in_ms(0) < end) {
		int64_t submitted = session_submit(&self->session);

		if (submitted > 0)
			id = submitted;
		engine_run(&self->engine, 0);
	}
	self->engine.serving = false;
	pthread_join(thread, NULL);
	engine_die(&self->engine);
	engine_start(&self->engine, 2);
	engine_serve(&self->engine);
	/* In whatever way, it is complete. */
	EXPECT_LT(0, session_wait(&self->session, id, 20000));
	set_parameter("timeout_ms", before, NULL, 0);
	self->session.queue = queue_create(self->session.fd, 1);
	ASSERT_EQ(1, session_submit(&self->session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, 1, 5000));
	EXPECT_TRUE(session_check(&self->session));
}

/* Records that are not taken stay: the kernel writes no more than there is room. */
TEST_F(ring, full_ring_of_jobs)
{
	const struct lwnpu_ctl_record *ring = engine_peek(&self->engine, 0);
	uint32_t size = self->engine.start.ring_size, i;
	struct lwnpu_ctl_record job;

	for (i = 1; i <= size; i++) {
		ASSERT_EQ(i, session_submit(&self->session));
		while (ring[i - 1].type != LWNPU_CTL_JOB)
			ASSERT_EQ(0, engine_run(&self->engine, 0));
		engine_complete(&self->engine, ring[i - 1].id, 0);
		ASSERT_EQ(DRM_LWNPU_JOB_DONE,
			  session_wait(&self->session, i, 5000));
	}
	job = ring[0];
	ASSERT_EQ(size + 1, session_submit(&self->session));
	EXPECT_EQ(-EBUSY, session_wait(&self->session, size + 1, 0));
	ASSERT_EQ(0, engine_run(&self->engine, 100));
	EXPECT_EQ(job.id, ring[0].id);
	/* They are taken, and the last one comes. */
	for (i = 1; i <= size + 1; i++) {
		ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
		EXPECT_LE(i, size + 1);
	}
	engine_complete(&self->engine, job.id, 0);
	EXPECT_EQ(DRM_LWNPU_JOB_DONE,
		  session_wait(&self->session, size + 1, 5000));
}

/* News wait in the kernel as long as there is no room for them. */
TEST_F(ring, full_ring_of_news)
{
	const uint32_t most = 3 * self->engine.start.ring_size;
	uint32_t i, forgotten = 0;
	struct lwnpu_ctl_record job, record;
	struct request request;
	int *fds = calloc(most, sizeof(*fds));
	uint64_t size;

	ASSERT_NE(NULL, fds);
	for (i = 0; i < most; i++) {
		uint32_t bo = bo_create(self->session.fd, LUT_BYTES);

		request_init(&request, self->session.program,
			     self->session.input, bo);
		ASSERT_EQ(0, submit(self->session.fd, self->session.queue,
				    &request));
		while (!engine_take_job(&self->engine, &job))
			ASSERT_EQ(0, engine_run(&self->engine, 0));
		fds[i] = engine_get_buffer(&self->engine, job.id,
					   job.binding[1].buffer, &size);
		ASSERT_LE(0, fds[i]);
		engine_complete(&self->engine, job.id, 0);
		ASSERT_EQ(DRM_LWNPU_JOB_DONE,
			  session_wait(&self->session, i + 1, 5000));
		ASSERT_EQ(0, gem_close(self->session.fd, bo));
	}
	for (i = 0; i < 100 && forgotten < most; i++) {
		while (engine_take(&self->engine, &record))
			forgotten += record.type == LWNPU_CTL_FORGET_BUFFER;
		engine_run(&self->engine, 50);
	}
	EXPECT_EQ(most, forgotten);
	for (i = 0; i < most; i++)
		close(fds[i]);
	free(fds);
}

struct waiter {
	struct engine *engine;
	pthread_t thread;
	atomic_int result;
};

static void *wait_in_run(void *argument)
{
	struct waiter *waiter = argument;
	struct lwnpu_ctl_run run = { .timeout_ns = in_ms(10000) };

	waiter->result = device_ioctl(waiter->engine->fd, LWNPU_CTL_RUN, &run);
	return NULL;
}

/* Of those who wait, a record wakes one; the end of the device wakes all. */
TEST_F(ring, one_is_woken)
{
	struct waiter waiters[3];
	int i, woken = 0;

	for (i = 0; i < 3; i++) {
		waiters[i].engine = &self->engine;
		waiters[i].result = 1;
		ASSERT_EQ(0, pthread_create(&waiters[i].thread, NULL,
					    wait_in_run, &waiters[i]));
	}
	usleep(100000);
	ASSERT_EQ(1, session_submit(&self->session));
	usleep(100000);
	for (i = 0; i < 3; i++)
		woken += waiters[i].result == 0;
	EXPECT_EQ(1, woken);
	device_ioctl(self->engine.fd, LWNPU_CTL_STOP, NULL);
	for (i = 0; i < 3; i++) {
		pthread_join(waiters[i].thread, NULL);
		woken += waiters[i].result == -ENODEV;
	}
	EXPECT_EQ(3, woken);
}

TEST_F(ring, run_waits)
{
	int64_t begin = in_ms(0);

	EXPECT_EQ(-ETIMEDOUT, engine_run(&self->engine, 100));
	EXPECT_LE(100000000, in_ms(0) - begin);
	EXPECT_EQ(0, engine_run(&self->engine, 0));
}

/* Gates that the program does not have are not taken. */
TEST_F(ring, gates)
{
	struct drm_lwnpu_program_create create;
	struct drm_lwnpu_completion completion;
	struct lut_program program;
	struct lwnpu_ctl_record job;
	struct lwnpu_op ops[2];
	int i;

	lut_program_init(&program, 0);
	ops[1] = program.ops[0];
	ops[0] = (struct lwnpu_op) {
		.opcode = LWNPU_OP_GATE, .in[0] = ops[1].in[0],
		.gate = { .skip = 1, .threshold = 128 },
	};
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1 + i, session_submit(&self->session));
		ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
		engine_put(&self->engine, job.id, 0)->gates = 7;
		ASSERT_EQ(0, engine_run(&self->engine, 0));
		ASSERT_EQ(0, wait_job(self->session.fd, self->session.queue,
				      1 + i, 5000, &completion));
		EXPECT_EQ(DRM_LWNPU_JOB_DONE, completion.status);
		EXPECT_EQ(i, completion.gates);
		ASSERT_EQ(0, program_try(self->session.fd, ops, 2,
					 program.weights,
					 sizeof(program.weights), &create));
		self->session.program = create.handle;
	}
}

TEST_HARNESS_MAIN
