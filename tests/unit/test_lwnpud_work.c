// SPDX-License-Identifier: MIT
/*
 * The daemon's threads against a kernel made of files in memory: what jobs
 * compute, in which order, and that one that is wrong fails alone.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../userspace/lwnpud/work.h"
#include "../common/check_fixture.h"
#include "../common/ctl_kernel.h"
#include "../common/random.h"
#include "../common/random_program.h"
#include "../common/trial.h"

#define RING 16
#define MEMORY (64 << 20)
#define LUT_SIZE 256

/**
 * struct rig - a kernel, and the daemon's threads
 * @kernel: the kernel
 * @ctl: what the daemon has of it
 * @lanes: on ref
 * @n_lanes: how many
 * @work: under test
 */
struct rig {
	struct ctl_kernel *kernel;
	struct lwd_ctl ctl;
	struct lwd_lane lanes[LWD_MAX_LANES];
	uint32_t n_lanes;
	struct lwd_work work;
};

static void ignore(int signal)
{
	(void)signal;
}

static void rig_open(struct rig *rig, uint32_t n_lanes, size_t memory)
{
	memset(rig, 0, sizeof(*rig));
	rig->kernel = ctl_kernel_open(RING);
	rig->ctl.fd = rig->kernel->fd;
	rig->ctl.ioctl = ctl_kernel_ioctl;
	for (; rig->n_lanes < n_lanes; rig->n_lanes++)
		assert_int_equal(lwd_lane_open(&rig->lanes[rig->n_lanes],
					       "ref", memory, NULL), 0);
}

static void rig_start(struct rig *rig)
{
	struct lwnpu_ctl_start start = { .capacity = RING };
	struct lwnpu_error error;

	if (lwd_work_start(&rig->work, &rig->ctl, &start, rig->lanes,
			   rig->n_lanes, -1, &error))
		fail_msg("%s", error.message);
}

static void rig_stop(struct rig *rig)
{
	assert_true(lwd_work_stop(&rig->work, 10000));
	lwd_work_release(&rig->work);
}

static void rig_close(struct rig *rig)
{
	while (rig->n_lanes)
		lwd_lane_close(&rig->lanes[--rig->n_lanes]);
	ctl_kernel_close(rig->kernel);
}

/* A LUT of [1][64][4] that adds. */
static uint64_t make_lut(struct ctl_kernel *kernel, uint8_t add)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_LUT, .in[0] = tensor(2, 1, 64, 4),
		.out = tensor(3, 1, 64, 4),
	};
	uint8_t table[256];

	for (int i = 0; i < 256; i++)
		table[i] = i + add;
	return ctl_kernel_program(kernel, &op, 1, table, sizeof(table));
}

static struct lwnpu_ctl_record make_job(uint64_t program, uint64_t in,
					uint64_t out)
{
	return (struct lwnpu_ctl_record) {
		.n_bindings = 2, .program = program, .priority = 1,
		.deadline_ns = INT64_MAX,
		.binding[0] = { .buffer = in, .size = LUT_SIZE, .region = 2,
				.direction = LWNPU_IN },
		.binding[1] = { .buffer = out, .size = LUT_SIZE, .region = 3,
				.direction = LWNPU_OUT },
	};
}

/* A rig with a LUT that adds 1, its input 0, 1, 2, … and its output. */
struct lut {
	struct rig rig;
	struct lwnpu_ctl_record job;
	uint8_t *in;
	uint8_t *out;
};

static struct lut *lut_open(uint32_t n_lanes)
{
	struct lut *lut = calloc(1, sizeof(*lut));
	struct ctl_kernel *kernel;
	uint64_t in, out;

	assert_non_null(lut);
	rig_open(&lut->rig, n_lanes, MEMORY);
	kernel = lut->rig.kernel;
	in = ctl_kernel_buffer(kernel, LUT_SIZE);
	out = ctl_kernel_buffer(kernel, LUT_SIZE);
	lut->job = make_job(make_lut(kernel, 1), in, out);
	lut->in = kernel->object[in].data;
	lut->out = kernel->object[out].data;
	for (int i = 0; i < LUT_SIZE; i++)
		lut->in[i] = i;
	return lut;
}

static void lut_close(struct lut *lut)
{
	rig_close(&lut->rig);
	free(lut);
}

static void expect(struct ctl_kernel *kernel, uint64_t job, int error)
{
	const struct lwnpu_ctl_completion *completion =
		ctl_kernel_wait(kernel, job);

	assert_non_null(completion);
	assert_int_equal(completion->error, error);
	assert_int_equal(completion->op, LWD_NO_OP);
}

/* Runs the good job again, to see that nothing else was harmed. */
static void expect_good(struct lut *lut)
{
	struct ctl_kernel *kernel = lut->rig.kernel;

	memset(lut->out, 0, LUT_SIZE);
	expect(kernel, ctl_kernel_submit(kernel, &lut->job), 0);
	for (int i = 0; i < LUT_SIZE; i++)
		assert_int_equal(lut->out[i], (uint8_t)(i + 1));
}

/* A random program, what it should compute, and its job. */
struct sample {
	struct lw_program program;
	struct lw_trial trial;
	struct lwnpu_ctl_record job;
	uint64_t number;
	uint64_t buffer;
};

static void sample_bind(struct sample *sample, struct ctl_kernel *kernel,
			uint32_t region, uint64_t *offset, uint64_t seed)
{
	const struct lwnpu_region_info *info =
		&sample->program.info.region[region];
	uint8_t *bytes = lw_trial_bytes(&sample->trial, region, seed);

	assert_non_null(bytes);
	memcpy(kernel->object[sample->buffer].data + *offset, bytes,
	       info->size);
	free(bytes);
	sample->job.binding[sample->job.n_bindings++] =
		(struct lwnpu_ctl_binding) {
		.buffer = sample->buffer, .offset = *offset,
		.size = info->size, .region = region,
		.direction = info->direction,
	};
	*offset += (info->size + 127) / 64 * 64;
}

/* All regions lie in one buffer. */
static void sample_open(struct sample *sample, struct ctl_kernel *kernel,
			uint64_t seed)
{
	const struct lw_program *program = &sample->program;
	uint64_t size = 0, offset = 64;
	struct lwnpu_error error;

	memset(sample, 0, sizeof(*sample));
	lw_random_program(&sample->program, seed);
	if (lw_trial_open(&sample->trial, &lw_ref_engine, NULL, program, seed,
			  &error) ||
	    lw_trial_run(&sample->trial, seed, &error))
		fail_msg("seed %llu: %s", (unsigned long long)seed,
			 error.message);
	for (uint32_t r = 0; r < LWNPU_REGION_MAX; r++)
		size += program->info.region[r].size + 128;
	sample->buffer = ctl_kernel_buffer(kernel, size);
	sample->job.program = ctl_kernel_program(kernel, program->ops,
						 program->n_ops,
						 program->weights,
						 program->weights_size);
	sample->job.deadline_ns = INT64_MAX;
	for (uint32_t r = LWNPU_REGION_IO; r < program->info.n_regions; r++)
		if (program->info.region[r].direction != LWNPU_UNUSED)
			sample_bind(sample, kernel, r, &offset, seed);
}

static void sample_compare(const struct sample *sample,
			   const struct ctl_kernel *kernel, uint64_t seed)
{
	const uint8_t *data = kernel->object[sample->buffer].data;

	for (uint32_t i = 0; i < sample->job.n_bindings; i++) {
		const struct lwnpu_ctl_binding *b = &sample->job.binding[i];

		if (memcmp(data + b->offset, sample->trial.memory[b->region],
			   b->size))
			fail_msg("seed %llu: region %u differs",
				 (unsigned long long)seed, b->region);
	}
}

static void sample_close(struct sample *sample)
{
	lw_trial_close(&sample->trial);
	lw_program_release(&sample->program);
}

static void jobs_compute_what_the_engine_does(void **state)
{
	struct sample samples[24];
	uint64_t seed = time(NULL);
	struct rig rig;
	int n = sizeof(samples) / sizeof(samples[0]);

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rig_open(&rig, 4, MEMORY);
	for (int i = 0; i < n; i++)
		sample_open(&samples[i], rig.kernel, seed + i);
	rig_start(&rig);
	for (int round = 0; round < 8; round++) {
		for (int i = 0; i < n; i++)
			samples[i].number = ctl_kernel_submit(rig.kernel,
							      &samples[i].job);
		for (int i = 0; i < n; i++)
			expect(rig.kernel, samples[i].number, 0);
		for (int i = 0; i < n; i++)
			sample_compare(&samples[i], rig.kernel, seed + i);
	}
	rig_stop(&rig);
	for (int i = 0; i < n; i++)
		sample_close(&samples[i]);
	rig_close(&rig);
}

/* Room for one of the programs only. */
static void programs_are_loaded_again(void **state)
{
	struct rig rig;
	uint64_t in, out[3];
	struct lwnpu_ctl_record job[3];

	(void)state;
	rig_open(&rig, 1, 1000);
	in = ctl_kernel_buffer(rig.kernel, LUT_SIZE);
	for (int i = 0; i < 3; i++) {
		out[i] = ctl_kernel_buffer(rig.kernel, LUT_SIZE);
		job[i] = make_job(make_lut(rig.kernel, i), in, out[i]);
	}
	rig_start(&rig);
	for (int i = 0; i < 30; i++) {
		uint8_t *data = rig.kernel->object[out[i % 3]].data;

		data[0] = 255;
		expect(rig.kernel, ctl_kernel_submit(rig.kernel, &job[i % 3]),
		       0);
		assert_int_equal(data[0], i % 3);
		assert_int_equal(rig.lanes[0].programs.count, 1);
	}
	/* Each job loads its program, and maps its buffers once. */
	assert_int_equal(rig.kernel->gets, 30 + 4);
	rig_stop(&rig);
	rig_close(&rig);
}

static void completions_have_times(void **state)
{
	struct lut *lut = lut_open(2);
	const struct lwnpu_ctl_completion *said;
	int64_t before;
	uint64_t id;

	(void)state;
	rig_start(&lut->rig);
	before = lwd_now();
	id = ctl_kernel_submit(lut->rig.kernel, &lut->job);
	said = ctl_kernel_wait(lut->rig.kernel, id);
	assert_non_null(said);
	assert_int_equal(said->id, id);
	assert_true((int64_t)said->start_ns >= before);
	assert_true(said->end_ns >= said->start_ns);
	assert_true((int64_t)said->end_ns <= lwd_now());
	rig_stop(&lut->rig);
	lut_close(lut);
}

/* The ring holds them in the order of submission; one thread runs them. */
static void priority_goes_first(void **state)
{
	static const uint32_t priority[] = { 0, 1, 0, 2, 1, 2 };
	static const uint32_t order[] = { 4, 2, 5, 0, 3, 1 };
	struct lut *lut = lut_open(1);
	struct ctl_kernel *kernel = lut->rig.kernel;

	(void)state;
	for (int i = 0; i < 6; i++) {
		lut->job.priority = priority[i];
		ctl_kernel_submit(kernel, &lut->job);
	}
	rig_start(&lut->rig);
	for (int i = 0; i < 6; i++) {
		expect(kernel, i, 0);
		assert_int_equal(kernel->job[i].order, order[i]);
	}
	rig_stop(&lut->rig);
	lut_close(lut);
}

/* What is wrong with a copy of the good job, and the error that it gets. */
struct bad_job {
	const char *what;
	void (*spoil)(struct lwnpu_ctl_record *job);
	int error;
};

#define BAD_JOB(name, statement) \
	static void spoil_##name(struct lwnpu_ctl_record *job) { statement; }

BAD_JOB(count, job->n_bindings = LWNPU_CTL_MAX_BINDINGS + 1)
BAD_JOB(huge_count, job->n_bindings = UINT32_MAX)
BAD_JOB(missing, job->n_bindings = 1)
BAD_JOB(none, job->n_bindings = 0)
BAD_JOB(weights, job->binding[0].region = LWNPU_REGION_WEIGHTS)
BAD_JOB(arena, job->binding[0].region = LWNPU_REGION_ARENA)
BAD_JOB(region, job->binding[0].region = 4)
BAD_JOB(huge_region, job->binding[0].region = UINT32_MAX)
BAD_JOB(twice, job->binding[1] = job->binding[0])
BAD_JOB(direction, job->binding[0].direction = LWNPU_OUT)
BAD_JOB(other_direction, job->binding[1].direction = LWNPU_IN)
BAD_JOB(size, job->binding[1].size = LUT_SIZE - 1)
BAD_JOB(huge_size, job->binding[1].size = UINT64_MAX)
BAD_JOB(offset, job->binding[1].offset = 4096 - LUT_SIZE + 1)
BAD_JOB(huge_offset, job->binding[1].offset = UINT64_MAX - 64)
BAD_JOB(buffer, job->binding[0].buffer = 12345)
BAD_JOB(program, job->program = 12345)
BAD_JOB(late, job->deadline_ns = 1)

static const struct bad_job bad_jobs[] = {
	{ "more bindings than a record has", spoil_count, -EINVAL },
	{ "very many bindings", spoil_huge_count, -EINVAL },
	{ "no output", spoil_missing, -EINVAL },
	{ "no bindings", spoil_none, -EINVAL },
	{ "the weights", spoil_weights, -EINVAL },
	{ "the arena", spoil_arena, -EINVAL },
	{ "a region past the last", spoil_region, -EINVAL },
	{ "a region that cannot be", spoil_huge_region, -EINVAL },
	{ "a region twice", spoil_twice, -EINVAL },
	{ "an input to be written", spoil_direction, -EINVAL },
	{ "an output to be read", spoil_other_direction, -EINVAL },
	{ "a size too small", spoil_size, -EINVAL },
	{ "a size too large", spoil_huge_size, -EOVERFLOW },
	{ "an offset too large", spoil_offset, -EOVERFLOW },
	{ "an offset that overflows", spoil_huge_offset, -EOVERFLOW },
	{ "no such buffer", spoil_buffer, -ENOENT },
	{ "no such program", spoil_program, -ENOENT },
	{ "a deadline that has passed", spoil_late, -ETIME },
};

#define N_BAD_JOBS (sizeof(bad_jobs) / sizeof(bad_jobs[0]))

static void bad_jobs_fail_alone(void **state)
{
	struct lut *lut = lut_open(2);
	struct ctl_kernel *kernel = lut->rig.kernel;

	(void)state;
	rig_start(&lut->rig);
	for (size_t i = 0; i < N_BAD_JOBS; i++) {
		struct lwnpu_ctl_record job = lut->job;
		const struct lwnpu_ctl_completion *said;

		bad_jobs[i].spoil(&job);
		memset(lut->out, 0xee, LUT_SIZE);
		said = ctl_kernel_wait(kernel, ctl_kernel_submit(kernel, &job));
		assert_non_null(said);
		if (said->error != bad_jobs[i].error)
			fail_msg("%s: error %d, expected %d", bad_jobs[i].what,
				 said->error, bad_jobs[i].error);
		for (int j = 0; j < LUT_SIZE; j++)
			assert_int_equal(lut->out[j], 0xee);
		expect_good(lut);
	}
	rig_stop(&lut->rig);
	lut_close(lut);
}

static void random_records_harm_nobody(void **state)
{
	struct lut *lut = lut_open(2);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint64_t seed = time(NULL);
	struct lw_random random = lw_random_seed(seed);
	uint64_t ids[400];

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	rig_start(&lut->rig);
	for (int i = 0; i < 400; i++) {
		struct lwnpu_ctl_record job = lut->job;
		size_t used = offsetof(struct lwnpu_ctl_record, binding[3]);
		int flips = 1 + lw_random_below(&random, 3);

		/* Not its deadline: then it would just be late. */
		while (flips--)
			((uint8_t *)&job)[lw_random_below(&random, used)] ^=
				1 << lw_random_below(&random, 8);
		job.deadline_ns = INT64_MAX;
		ids[i] = ctl_kernel_submit(kernel, &job);
	}
	for (int i = 0; i < 400; i++)
		assert_non_null(ctl_kernel_wait(kernel, ids[i]));
	expect_good(lut);
	rig_stop(&lut->rig);
	lut_close(lut);
}

static void bad_programs_fail_alone(void **state)
{
	struct lut *lut = lut_open(2);
	struct ctl_kernel *kernel = lut->rig.kernel;
	struct lwnpu_op op = { .opcode = 999 };
	struct lwnpu_ctl_record job = lut->job;
	struct lwnpu_ctl_get_program *get;

	(void)state;
	rig_start(&lut->rig);
	job.program = ctl_kernel_program(kernel, &op, 1, NULL, 0);
	get = &kernel->object[job.program].get;
	expect(kernel, ctl_kernel_submit(kernel, &job), -EINVAL);
	get->weights_offset += 4;
	expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	get->weights_offset = 0;
	expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	get->weights_offset = 128;
	get->weights_size = UINT64_MAX;
	expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	get->weights_size = 0;
	get->n_ops = 0;
	expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	get->n_ops = UINT32_MAX;
	expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	expect_good(lut);
	rig_stop(&lut->rig);
	lut_close(lut);
}

static void canceled_jobs_are_refused(void **state)
{
	struct lut *lut = lut_open(1);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint64_t id[3];

	(void)state;
	rig_start(&lut->rig);
	expect_good(lut);
	/* All are in the ring when the second is canceled. */
	pthread_mutex_lock(&lut->rig.work.lock);
	for (int i = 0; i < 3; i++)
		id[i] = ctl_kernel_submit(kernel, &lut->job);
	ctl_kernel_cancel(kernel, id[1]);
	pthread_mutex_unlock(&lut->rig.work.lock);
	expect(kernel, id[0], 0);
	expect(kernel, id[2], 0);
	assert_true(ctl_kernel_wait_refused(kernel, 1));
	rig_stop(&lut->rig);
	assert_int_equal(kernel->refused, 1);
	lut_close(lut);
}

static void forgotten_things_are_got_again(void **state)
{
	struct lut *lut = lut_open(1);
	struct ctl_kernel *kernel = lut->rig.kernel;

	(void)state;
	rig_start(&lut->rig);
	expect_good(lut);
	assert_int_equal(kernel->gets, 3);
	expect_good(lut);
	assert_int_equal(kernel->gets, 3);
	ctl_kernel_say(kernel, LWNPU_CTL_FORGET_BUFFER,
		       lut->job.binding[0].buffer);
	expect_good(lut);
	assert_int_equal(kernel->gets, 4);
	ctl_kernel_say(kernel, LWNPU_CTL_FORGET_PROGRAM, lut->job.program);
	expect_good(lut);
	assert_int_equal(kernel->gets, 5);
	/* Unknown things, and records of a kind yet to come. */
	ctl_kernel_say(kernel, LWNPU_CTL_FORGET_BUFFER, 999);
	ctl_kernel_say(kernel, LWNPU_CTL_FORGET_PROGRAM, 999);
	ctl_kernel_say(kernel, 77, 0);
	expect_good(lut);
	assert_int_equal(kernel->gets, 5);
	rig_stop(&lut->rig);
	lut_close(lut);
}

/* More than are remembered one by one, while a thread has no chance to look. */
static void many_programs_are_forgotten(void **state)
{
	struct lut *lut = lut_open(3);
	struct ctl_kernel *kernel = lut->rig.kernel;

	(void)state;
	rig_start(&lut->rig);
	for (int i = 0; i < 1000; i++) {
		ctl_kernel_say(kernel, LWNPU_CTL_FORGET_PROGRAM,
			       i % 10 ? 999 : lut->job.program);
		if (i % 10 == 9)
			expect_good(lut);
	}
	rig_stop(&lut->rig);
	lut_close(lut);
}

/* Mapped for a reader, then needed by a writer. */
static void a_buffer_becomes_writable(void **state)
{
	struct lut *lut = lut_open(1);
	struct ctl_kernel *kernel = lut->rig.kernel;
	struct lwnpu_ctl_record back;

	(void)state;
	rig_start(&lut->rig);
	expect_good(lut);
	back = make_job(lut->job.program, lut->job.binding[1].buffer,
			lut->job.binding[0].buffer);
	expect(kernel, ctl_kernel_submit(kernel, &back), 0);
	for (int i = 0; i < LUT_SIZE; i++)
		assert_int_equal(lut->in[i], (uint8_t)(i + 2));
	rig_stop(&lut->rig);
	lut_close(lut);
}

/* Jobs in the ring are a successor's, those that were taken are finished. */
static void a_successor_finishes(void **state)
{
	struct lut *lut = lut_open(1);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint64_t id[RING];

	(void)state;
	rig_start(&lut->rig);
	expect_good(lut);
	pthread_mutex_lock(&lut->rig.work.lock);
	lut->rig.work.is_stopping = true;
	for (int i = 0; i < RING; i++)
		id[i] = ctl_kernel_submit(kernel, &lut->job);
	pthread_mutex_unlock(&lut->rig.work.lock);
	rig_stop(&lut->rig);
	assert_int_equal(kernel->n_complete, 1);
	rig_start(&lut->rig);
	assert_true(lut->rig.work.ring.start.taken_over);
	for (int i = 0; i < RING; i++) {
		expect(kernel, id[i], 0);
		assert_int_equal(kernel->job[id[i]].record.attempt, 2);
	}
	rig_stop(&lut->rig);
	lut_close(lut);
}

static int wait_for_error(struct lwd_work *work)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct lwd_summary summary = { 0 };

	for (int i = 0; i < 10000 && !summary.error; i++) {
		nanosleep(&pause, NULL);
		lwd_work_summary(work, &summary);
	}
	return summary.error;
}

static void a_lost_device_ends_the_threads(void **state)
{
	static const int errors[] = { -ENODEV, -ESHUTDOWN, -EFAULT };
	struct lut *lut = lut_open(3);

	(void)state;
	for (int i = 0; i < 3; i++) {
		rig_start(&lut->rig);
		expect_good(lut);
		ctl_kernel_lose(lut->rig.kernel, errors[i]);
		assert_int_equal(wait_for_error(&lut->rig.work), errors[i]);
		rig_stop(&lut->rig);
		ctl_kernel_lose(lut->rig.kernel, 0);
	}
	lut_close(lut);
}

/* Its thread cannot tell, and there is no other. */
static void a_hung_job_is_noticed(void **state)
{
	struct lut *lut = lut_open(1);
	struct lwd_work *work = &lut->rig.work;
	struct lwd_summary summary = { 0 };

	(void)state;
	ctl_kernel_stall(lut->rig.kernel, true);
	rig_start(&lut->rig);
	ctl_kernel_submit(lut->rig.kernel, &lut->job);
	while (!summary.running)
		lwd_work_summary(work, &summary);
	lwd_work_probe(work);
	lwd_work_summary(work, &summary);
	assert_int_equal(summary.error, 0);
	assert_false(lwd_work_stop(work, 50));
	ctl_kernel_lose(lut->rig.kernel, -ESHUTDOWN);
	lwd_work_probe(work);
	lwd_work_summary(work, &summary);
	assert_int_equal(summary.error, -ESHUTDOWN);
	assert_int_equal(summary.running, 1);
	ctl_kernel_stall(lut->rig.kernel, false);
	rig_stop(&lut->rig);
	lut_close(lut);
}

static void start_may_fail(void **state)
{
	struct lut *lut = lut_open(1);
	struct lwnpu_ctl_start start = { .capacity = 1 };
	struct lwnpu_error error;

	(void)state;
	ctl_kernel_lose(lut->rig.kernel, -EBUSY);
	assert_int_equal(lwd_work_start(&lut->rig.work, &lut->rig.ctl, &start,
					lut->rig.lanes, 1, -1, &error),
			 -EBUSY);
	ctl_kernel_lose(lut->rig.kernel, 0);
	lut->rig.kernel->ring_size = 3;
	assert_int_equal(lwd_work_start(&lut->rig.work, &lut->rig.ctl, &start,
					lut->rig.lanes, 1, -1, &error),
			 -EPROTO);
	lut->rig.kernel->ring_size = RING;
	lut_close(lut);
}

/* One after the other: a call for each who waits, and these are at most two. */
static void an_idle_daemon_calls_twice_a_job(void **state)
{
	struct lut *lut = lut_open(4);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint32_t before;

	(void)state;
	rig_start(&lut->rig);
	for (int i = 0; i < 20; i++)
		expect_good(lut);
	before = kernel->runs;
	for (int i = 0; i < 100; i++)
		expect_good(lut);
	assert_in_range(kernel->runs - before, 100, 100 * 2 + 10);
	rig_stop(&lut->rig);
	lut_close(lut);
}

/* Short jobs are told of together. */
static void a_busy_daemon_calls_once_a_batch(void **state)
{
	struct lut *lut = lut_open(1);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint32_t before;

	(void)state;
	rig_start(&lut->rig);
	expect_good(lut);
	before = kernel->runs;
	pthread_mutex_lock(&lut->rig.work.lock);
	for (int i = 0; i < 40 * RING; i++)
		ctl_kernel_submit(kernel, &lut->job);
	pthread_mutex_unlock(&lut->rig.work.lock);
	for (int i = 0; i < 40 * RING; i++)
		expect(kernel, 1 + i, 0);
	assert_in_range(kernel->runs - before, 1, 40 * RING);
	print_message("%u calls for %u jobs\n", kernel->runs - before,
		      40 * RING);
	rig_stop(&lut->rig);
	lut_close(lut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_compute_what_the_engine_does),
		cmocka_unit_test(programs_are_loaded_again),
		cmocka_unit_test(completions_have_times),
		cmocka_unit_test(priority_goes_first),
		cmocka_unit_test(bad_jobs_fail_alone),
		cmocka_unit_test(random_records_harm_nobody),
		cmocka_unit_test(bad_programs_fail_alone),
		cmocka_unit_test(canceled_jobs_are_refused),
		cmocka_unit_test(forgotten_things_are_got_again),
		cmocka_unit_test(many_programs_are_forgotten),
		cmocka_unit_test(a_buffer_becomes_writable),
		cmocka_unit_test(a_successor_finishes),
		cmocka_unit_test(a_lost_device_ends_the_threads),
		cmocka_unit_test(a_hung_job_is_noticed),
		cmocka_unit_test(start_may_fail),
		cmocka_unit_test(an_idle_daemon_calls_twice_a_job),
		cmocka_unit_test(a_busy_daemon_calls_once_a_batch),
	};
	struct sigaction wake = { .sa_handler = ignore };

	sigaction(LWD_WAKE_SIGNAL, &wake, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
