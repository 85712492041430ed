// SPDX-License-Identifier: MIT
/* Jobs of the daemon: what they compute; one that is wrong fails alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../common/lwd_rig.h"
#include "../common/random.h"
#include "../common/random_program.h"
#include "../common/trial.h"

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
			   struct ctl_kernel *kernel, uint64_t seed)
{
	const uint8_t *data = kernel->object[sample->buffer].data;
	const struct lwnpu_ctl_completion *completion =
		ctl_kernel_wait(kernel, sample->number);

	assert_true(completion->gates == sample->trial.result.gates);

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
	struct lwd_rig rig;
	int n = sizeof(samples) / sizeof(samples[0]);

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	lwd_rig_open(&rig, 4, LWD_RIG_MEMORY);
	for (int i = 0; i < n; i++)
		sample_open(&samples[i], rig.kernel, seed + i);
	lwd_rig_start(&rig);
	for (int round = 0; round < 8; round++) {
		for (int i = 0; i < n; i++)
			samples[i].number = ctl_kernel_submit(rig.kernel,
							      &samples[i].job);
		for (int i = 0; i < n; i++)
			lwd_rig_expect(rig.kernel, samples[i].number, 0);
		for (int i = 0; i < n; i++)
			sample_compare(&samples[i], rig.kernel, seed + i);
	}
	lwd_rig_stop(&rig);
	for (int i = 0; i < n; i++)
		sample_close(&samples[i]);
	lwd_rig_close(&rig);
}

/* Room for one of the programs only. */
static void programs_are_loaded_again(void **state)
{
	struct lwd_rig rig;
	uint64_t in, out[3], program;
	struct lwnpu_ctl_record job[3];

	(void)state;
	lwd_rig_open(&rig, 1, 1000);
	in = ctl_kernel_buffer(rig.kernel, LWD_LUT_SIZE);
	for (int i = 0; i < 3; i++) {
		out[i] = ctl_kernel_buffer(rig.kernel, LWD_LUT_SIZE);
		program = lwd_lut_program(rig.kernel, i);
		job[i] = lwd_lut_job(program, in, out[i]);
	}
	lwd_rig_start(&rig);
	for (int i = 0; i < 30; i++) {
		uint8_t *data = rig.kernel->object[out[i % 3]].data;

		data[0] = 255;
		lwd_rig_expect(rig.kernel,
			       ctl_kernel_submit(rig.kernel, &job[i % 3]), 0);
		assert_int_equal(data[0], i % 3);
		assert_int_equal(rig.lanes[0].programs.count, 1);
	}
	/* Each job loads its program, and maps its buffers once. */
	assert_int_equal(rig.kernel->gets, 30 + 4);
	lwd_rig_stop(&rig);
	lwd_rig_close(&rig);
}

static void completions_have_times(void **state)
{
	struct lwd_lut *lut = lwd_lut_open(2);
	const struct lwnpu_ctl_completion *said;
	int64_t before;
	uint64_t id;

	(void)state;
	lwd_rig_start(&lut->rig);
	before = lwd_now();
	id = ctl_kernel_submit(lut->rig.kernel, &lut->job);
	said = ctl_kernel_wait(lut->rig.kernel, id);
	assert_non_null(said);
	assert_int_equal(said->id, id);
	assert_true((int64_t)said->start_ns >= before);
	assert_true(said->end_ns >= said->start_ns);
	assert_true((int64_t)said->end_ns <= lwd_now());
	lwd_rig_stop(&lut->rig);
	lwd_lut_close(lut);
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
BAD_JOB(size, job->binding[1].size = LWD_LUT_SIZE - 1)
BAD_JOB(huge_size, job->binding[1].size = UINT64_MAX)
BAD_JOB(offset, job->binding[1].offset = 4096 - LWD_LUT_SIZE + 1)
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
	struct lwd_lut *lut = lwd_lut_open(2);
	struct ctl_kernel *kernel = lut->rig.kernel;

	(void)state;
	lwd_rig_start(&lut->rig);
	for (size_t i = 0; i < N_BAD_JOBS; i++) {
		struct lwnpu_ctl_record job = lut->job;
		const struct lwnpu_ctl_completion *said;

		bad_jobs[i].spoil(&job);
		memset(lut->out, 0xee, LWD_LUT_SIZE);
		said = ctl_kernel_wait(kernel, ctl_kernel_submit(kernel, &job));
		assert_non_null(said);
		if (said->error != bad_jobs[i].error)
			fail_msg("%s: error %d, expected %d", bad_jobs[i].what,
				 said->error, bad_jobs[i].error);
		for (int j = 0; j < LWD_LUT_SIZE; j++)
			assert_int_equal(lut->out[j], 0xee);
		lwd_lut_expect(lut);
	}
	lwd_rig_stop(&lut->rig);
	lwd_lut_close(lut);
}

static void random_records_harm_nobody(void **state)
{
	struct lwd_lut *lut = lwd_lut_open(2);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint64_t seed = time(NULL);
	struct lw_random random = lw_random_seed(seed);
	uint64_t ids[400];

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	lwd_rig_start(&lut->rig);
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
	lwd_lut_expect(lut);
	lwd_rig_stop(&lut->rig);
	lwd_lut_close(lut);
}

static void bad_programs_fail_alone(void **state)
{
	struct lwd_lut *lut = lwd_lut_open(2);
	struct ctl_kernel *kernel = lut->rig.kernel;
	struct lwnpu_op op = { .opcode = 999 };
	struct lwnpu_ctl_record job = lut->job;
	struct lwnpu_ctl_get_program *get;

	(void)state;
	lwd_rig_start(&lut->rig);
	job.program = ctl_kernel_program(kernel, &op, 1, NULL, 0);
	get = &kernel->object[job.program].get;
	lwd_rig_expect(kernel, ctl_kernel_submit(kernel, &job), -EINVAL);
	get->weights_offset += 4;
	lwd_rig_expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	get->weights_offset = 0;
	lwd_rig_expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	get->weights_offset = 128;
	get->weights_size = UINT64_MAX;
	lwd_rig_expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	get->weights_size = 0;
	get->n_ops = 0;
	lwd_rig_expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	get->n_ops = UINT32_MAX;
	lwd_rig_expect(kernel, ctl_kernel_submit(kernel, &job), -EPROTO);
	lwd_lut_expect(lut);
	lwd_rig_stop(&lut->rig);
	lwd_lut_close(lut);
}

/* Mapped for a reader, then needed by a writer. */
static void a_buffer_becomes_writable(void **state)
{
	struct lwd_lut *lut = lwd_lut_open(1);
	struct ctl_kernel *kernel = lut->rig.kernel;
	struct lwnpu_ctl_record back;

	(void)state;
	lwd_rig_start(&lut->rig);
	lwd_lut_expect(lut);
	back = lwd_lut_job(lut->job.program, lut->job.binding[1].buffer,
			   lut->job.binding[0].buffer);
	lwd_rig_expect(kernel, ctl_kernel_submit(kernel, &back), 0);
	for (int i = 0; i < LWD_LUT_SIZE; i++)
		assert_int_equal(lut->in[i], (uint8_t)(i + 2));
	lwd_rig_stop(&lut->rig);
	lwd_lut_close(lut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_compute_what_the_engine_does),
		cmocka_unit_test(programs_are_loaded_again),
		cmocka_unit_test(completions_have_times),
		cmocka_unit_test(bad_jobs_fail_alone),
		cmocka_unit_test(random_records_harm_nobody),
		cmocka_unit_test(bad_programs_fail_alone),
		cmocka_unit_test(a_buffer_becomes_writable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
