// SPDX-License-Identifier: MIT
/* Programs, buffers and jobs of a device node: talks with a pretended kernel. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/drm_rig.h"
#include "../common/random_program.h"
#include "../common/trial.h"

#define NODE DRM_RIG_NODE
#define PROGRAMS 150
#define THREADS 4

static const struct lw_engine_ops *const drm = &lw_drm_engine;

static void buffers(void **state)
{
	void *engine = drm_rig_open();
	uint8_t *data, *other;

	(void)state;
	fake_drm_forget();
	data = drm->alloc(engine, 5000);
	assert_non_null(data);
	assert_string_equal(fake_drm.log, "bo_create bo_mmap_offset mmap ");
	for (int i = 0; i < 5000; i++)
		assert_int_equal(data[i], 0);
	memset(data, 1, 5000);
	other = drm->alloc(engine, 0);
	assert_non_null(other);
	assert_int_equal(fake_drm.maps, 2);
	fake_drm_forget();
	drm->free(engine, data);
	assert_string_equal(fake_drm.log, "munmap gem_close ");
	drm->free(engine, other);
	drm->free(engine, NULL);
	assert_int_equal(fake_drm.buffers, 0);
	errno = 0;
	assert_null(drm->alloc(engine, SIZE_MAX));
	assert_int_equal(errno, ENOSPC);
	drm->close(engine);
}

static void random_programs(void *engine)
{
	struct lw_trial trial, expected;
	struct lw_program program;
	struct lwnpu_error error;

	for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
		drm_rig_open_trial(&trial, engine, &program, seed);
		if (lw_trial_open(&expected, &lw_ref_engine, NULL, &program,
				  seed, &error))
			fail_msg("%s", error.message);
		for (uint64_t run = 0; run < 3; run++) {
			lw_trial_must_run(&trial, seed + run);
			if (lw_trial_run(&expected, seed + run, &error) ||
			    lw_trial_compare(&trial, &expected, &error))
				fail_msg("seed %llu: %s",
					 (unsigned long long)seed,
					 error.message);
		}
		lw_trial_close(&expected);
		lw_trial_close(&trial);
		lw_program_release(&program);
	}
}

static void same_bytes(void **state)
{
	void *engine = drm_rig_open();

	(void)state;
	print_message("seeds 1 to %d\n", PROGRAMS);
	random_programs(engine);
	drm->close(engine);
}

static void same_bytes_with_arena(void **state)
{
	void *engine;

	(void)state;
	fake_drm.arena_size = 10000;
	engine = drm_rig_open();
	random_programs(engine);
	drm->close(engine);
}

/* Buffers that begin inside an allocation, where none may, or end outside. */
static void places(void **state)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_LUT,
		.in[0] = { .row_pitch = 256, .h = 1, .w = 64, .c = 4,
			   .region = 2 },
		.out = { .row_pitch = 256, .h = 1, .w = 64, .c = 4,
			 .region = 3 },
	};
	uint8_t table[256] = { [7] = 77 };
	struct lw_program program = { &op, 1, table, sizeof(table), { 0 } };
	struct lw_binding bindings[LWNPU_REGION_MAX] = { 0 };
	void *engine = drm_rig_open(), *loaded;
	struct lwnpu_error error;
	static const int offsets[] = { 0, 64, 3840, 1, 32, 3904 };
	uint8_t *in, *out;
	int ret;

	(void)state;
	assert_int_equal(lw_program_check(&program, NULL), 0);
	assert_int_equal(drm->load(engine, &program, &loaded, NULL), 0);
	in = drm->alloc(engine, 4096);
	out = drm->alloc(engine, 4096);
	for (int i = 0; i < 6; i++) {
		bool good = i < 3;

		memset(in, 0, 4096);
		memset(out, 1, 4096);
		in[offsets[i] + 5] = 7;
		bindings[2] = (struct lw_binding){ in + offsets[i], 256 };
		bindings[3] = (struct lw_binding){ out + offsets[i], 256 };
		assert_int_equal(drm->can_bind(engine, in + offsets[i], 256),
				 good);
		ret = drm->run(engine, loaded, bindings, NULL, &error);
		assert_int_equal(ret, good ? 0 : -EINVAL);
		assert_true(good || strstr(error.message, "region 2"));
		for (int k = 0; k < 4096; k++)
			assert_int_equal(out[k],
					 good && k == offsets[i] + 5 ? 77 :
					 !good || k < offsets[i] ||
					 k >= offsets[i] + 256);
	}
	assert_false(drm->can_bind(engine, table, sizeof(table)));
	drm->free(engine, in);
	drm->free(engine, out);
	drm->unload(engine, loaded);
	assert_int_equal(fake_drm.buffers, 0);
	drm->close(engine);
}

static void wrong_bindings(void **state)
{
	struct lw_program program;
	struct lwnpu_error error;
	struct lw_trial trial;
	void *engine = drm_rig_open();
	struct lw_binding *in;
	uint64_t seed = 1;

	(void)state;
	drm_rig_open_trial(&trial, engine, &program, seed);
	while (!program.info.region[LWNPU_REGION_IO].size) {
		lw_trial_close(&trial);
		lw_program_release(&program);
		drm_rig_open_trial(&trial, engine, &program, ++seed);
	}
	in = &trial.bindings[LWNPU_REGION_IO];
	fake_drm_forget();
	in->size = program.info.region[LWNPU_REGION_IO].size - 1;
	assert_int_equal(drm->run(engine, trial.loaded, trial.bindings, NULL,
				  &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "region 2"));
	in->data = NULL;
	assert_int_equal(drm->run(engine, trial.loaded, trial.bindings, NULL,
				  &error),
			 -EINVAL);
	assert_int_equal(fake_drm.calls, 0);
	lw_trial_close(&trial);
	lw_program_release(&program);
	drm->close(engine);
}

static void two_calls_a_job(void **state)
{
	void *engine = drm_rig_open();

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct lw_program program;
		struct lw_trial trial;

		drm_rig_open_trial(&trial, engine, &program, seed);
		for (int run = 0; run < 3; run++) {
			fake_drm_forget();
			lw_trial_must_run(&trial, seed);
			assert_string_equal(fake_drm.log, "submit wait_job ");
		}
		lw_trial_close(&trial);
		lw_program_release(&program);
	}
	drm->close(engine);
}

static void refuse_load(void *engine, struct lw_program *program, int code,
			const char *text)
{
	struct lwnpu_error error = { 0 };
	void *loaded = NULL;

	assert_int_equal(drm->load(engine, program, &loaded, &error), code);
	assert_int_equal(error.code, code);
	if (!strstr(error.message, text) || !strstr(error.message, NODE))
		fail_msg("\"%s\": expected %s", error.message, text);
	assert_int_equal(drm->load(engine, program, &loaded, NULL), code);
	assert_null(loaded);
	assert_int_equal(fake_drm.programs, 0);
	assert_int_equal(fake_drm.buffers, 0);
}

static void refused_programs(void **state)
{
	struct lw_program program;
	struct lwnpu_error error;
	void *engine = drm_rig_open();
	uint32_t kept;

	(void)state;
	lw_random_program(&program, 5);
	kept = program.ops[0].opcode;
	/* The kernel's checker says what ours says. */
	program.ops[0].opcode = 99;
	assert_int_equal(lw_program_check(&program, &error), -EINVAL);
	refuse_load(engine, &program, -EINVAL, error.message);
	program.ops[0].opcode = kept;
	assert_int_equal(lw_program_check(&program, &error), 0);

	fake_drm.ops = ~(1ULL << kept);
	refuse_load(engine, &program, -EOPNOTSUPP, "op 0 (");
	fake_drm.ops = UINT64_MAX;

	fake_drm.fail_request = DRM_IOCTL_LWNPU_PROGRAM_CREATE;
	fake_drm.fail_errno = ENOSPC;
	refuse_load(engine, &program, -ENOSPC, "operations and");
	fake_drm.fail_errno = EINVAL;
	refuse_load(engine, &program, -EINVAL, "operations and");
	/* A field without an end, an op that is none. */
	memset(&fake_drm.refusal, 'x', sizeof(fake_drm.refusal));
	refuse_load(engine, &program, -EINVAL, "xxxxxxx");
	fake_drm.fail_errno = EOPNOTSUPP;
	refuse_load(engine, &program, -EOPNOTSUPP, "unknown");
	fake_drm.fail_request = DRM_IOCTL_LWNPU_BO_CREATE;
	fake_drm.fail_errno = ENOSPC;
	fake_drm.arena_size = 4096;
	refuse_load(engine, &program, -ENOSPC, "arena of 4096 bytes");
	lw_program_release(&program);
	drm->close(engine);
}

struct worker {
	pthread_t thread;
	void *engine;
	uint64_t seed;
	int ret;
};

static void *work(void *data)
{
	struct worker *worker = data;
	struct lw_program program;
	struct lw_trial trial;

	lw_random_program(&program, worker->seed);
	worker->ret = lw_trial_open(&trial, drm, worker->engine, &program,
				    worker->seed, NULL);
	for (int run = 0; run < 200 && !worker->ret; run++)
		worker->ret = lw_trial_run(&trial, run, NULL);
	lw_trial_close(&trial);
	lw_program_release(&program);
	return NULL;
}

/* More threads than queues: some wait for others. */
static void threads(void **state)
{
	struct worker workers[THREADS];
	void *engine;

	(void)state;
	fake_drm.max_queues = 2;
	engine = drm_rig_open();
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .engine = engine, .seed = i };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
						&workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].ret, 0);
	}
	assert_int_equal(fake_drm.submits, THREADS * 200);
	assert_in_range(fake_drm.queues, 1, 2);
	drm->close(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DRM_RIG_TEST(buffers),
		DRM_RIG_TEST(same_bytes),
		DRM_RIG_TEST(same_bytes_with_arena),
		DRM_RIG_TEST(places),
		DRM_RIG_TEST(wrong_bindings),
		DRM_RIG_TEST(two_calls_a_job),
		DRM_RIG_TEST(refused_programs),
		DRM_RIG_TEST(threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
