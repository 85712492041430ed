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

/* A program with its buffers; @seed chooses which are the device's own. */
static void open_trial(struct lw_trial *trial, void *engine,
		       struct lw_program *program, uint64_t seed)
{
	struct lwnpu_error error;

	lw_random_program(program, seed);
	if (lw_trial_open(trial, drm, engine, program, seed, &error))
		fail_msg("seed %llu: %s", (unsigned long long)seed,
			 error.message);
}

static void run_trial(struct lw_trial *trial, uint64_t seed)
{
	struct lwnpu_error error;

	if (lw_trial_run(trial, seed, &error))
		fail_msg("seed %llu: %s", (unsigned long long)seed,
			 error.message);
}

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
		open_trial(&trial, engine, &program, seed);
		if (lw_trial_open(&expected, &lw_ref_engine, NULL, &program,
				  seed, &error))
			fail_msg("%s", error.message);
		for (uint64_t run = 0; run < 3; run++) {
			run_trial(&trial, seed + run);
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
	open_trial(&trial, engine, &program, seed);
	while (!program.info.region[LWNPU_REGION_IO].size) {
		lw_trial_close(&trial);
		lw_program_release(&program);
		open_trial(&trial, engine, &program, ++seed);
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

		open_trial(&trial, engine, &program, seed);
		for (int run = 0; run < 3; run++) {
			fake_drm_forget();
			run_trial(&trial, seed);
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

struct outcome {
	struct drm_lwnpu_completion completion;
	int code;
	const char *text;
};

static void outcomes(void **state)
{
	static const struct outcome table[] = {
		{ { .status = DRM_LWNPU_JOB_FAILED, .error = -EIO, .op = 0 },
		  -EIO, "op 0 failed" },
		{ { .status = DRM_LWNPU_JOB_FAILED, .error = -ENOMEM,
		    .op = DRM_LWNPU_NONE }, -ENOMEM, "job failed" },
		{ { .status = DRM_LWNPU_JOB_FAILED, .error = 0,
		    .op = DRM_LWNPU_NONE }, -EIO, "job failed" },
		{ { .status = DRM_LWNPU_JOB_FAILED, .error = 5 }, -EIO,
		  "op 0 failed" },
		{ { .status = DRM_LWNPU_JOB_FAILED, .error = INT32_MIN }, -EIO,
		  "op 0 failed" },
		{ { .status = DRM_LWNPU_JOB_HUNG, .error = -ETIME }, -ETIME,
		  "longer than" },
		{ { .status = DRM_LWNPU_JOB_LATE, .error = -ETIME }, -ETIME,
		  "deadline" },
		{ { .status = DRM_LWNPU_JOB_CANCELED, .error = -ECANCELED },
		  -ECANCELED, "cancelled" },
		{ { .status = DRM_LWNPU_JOB_LOST, .error = -ENODEV }, -ENODEV,
		  "engine went away" },
		{ { .status = 77 }, -EIO, "unknown status 77" },
	};
	struct lw_program program;
	struct lwnpu_error error;
	struct lw_trial trial;
	void *engine = drm_rig_open();

	(void)state;
	open_trial(&trial, engine, &program, 9);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		fake_drm.outcome = table[i].completion;
		assert_int_equal(drm->run(engine, trial.loaded, trial.bindings,
					  NULL, &error),
				 table[i].code);
		assert_int_equal(error.code, table[i].code);
		assert_non_null(strstr(error.message, NODE));
		if (!strstr(error.message, table[i].text))
			fail_msg("\"%s\": expected %s", error.message,
				 table[i].text);
		/* The next job is none the worse for it. */
		fake_drm.outcome.status = DRM_LWNPU_JOB_PENDING;
		run_trial(&trial, i);
		assert_int_equal(fake_drm.queues, 1);
	}
	lw_trial_close(&trial);
	lw_program_release(&program);
	drm->close(engine);
}

/* A queue in which a job hung is not used again. */
static void guilty_queue(void **state)
{
	struct lw_program program;
	struct lw_trial trial;
	void *engine = drm_rig_open();

	(void)state;
	open_trial(&trial, engine, &program, 4);
	run_trial(&trial, 1);
	fake_drm_forget();
	fake_drm.outcome.status = DRM_LWNPU_JOB_HUNG;
	assert_int_equal(drm->run(engine, trial.loaded, trial.bindings, NULL,
				  NULL),
			 -ETIME);
	assert_string_equal(fake_drm.log, "submit wait_job queue_destroy ");
	fake_drm.outcome.status = DRM_LWNPU_JOB_PENDING;
	fake_drm_forget();
	run_trial(&trial, 1);
	assert_string_equal(fake_drm.log, "queue_create submit wait_job ");
	assert_int_equal(fake_drm.queues, 1);

	/* One that the kernel refuses, for whatever reason, neither. */
	fake_drm.fail_request = DRM_IOCTL_LWNPU_SUBMIT;
	fake_drm.fail_errno = ECANCELED;
	fake_drm_forget();
	assert_int_equal(drm->run(engine, trial.loaded, trial.bindings, NULL,
				  NULL),
			 -ECANCELED);
	assert_string_equal(fake_drm.log, "submit queue_destroy ");
	fake_drm.fail_request = 0;
	run_trial(&trial, 1);
	lw_trial_close(&trial);
	lw_program_release(&program);
	drm->close(engine);
}

static void refused_jobs(void **state)
{
	static const int codes[] = { EINVAL, ENOENT, EOVERFLOW, ENOMEM, ENOSPC };
	struct lw_program program;
	struct lwnpu_error error;
	struct lw_trial trial;
	void *engine = drm_rig_open();

	(void)state;
	open_trial(&trial, engine, &program, 6);
	for (int i = 0; i < 5; i++) {
		for (int wait = 0; wait < 2; wait++) {
			fake_drm.fail_request = wait ?
				DRM_IOCTL_LWNPU_WAIT_JOB :
				DRM_IOCTL_LWNPU_SUBMIT;
			fake_drm.fail_errno = codes[i];
			assert_int_equal(drm->run(engine, trial.loaded,
						  trial.bindings, NULL, &error),
					 -codes[i]);
			assert_non_null(strstr(error.message,
					       strerror(codes[i])));
			assert_non_null(strstr(error.message, NODE));
			fake_drm.fail_request = 0;
			run_trial(&trial, 1);
		}
	}
	lw_trial_close(&trial);
	lw_program_release(&program);
	drm->close(engine);
}

static void device_gone(void **state)
{
	struct lw_program program;
	struct lwnpu_error error;
	struct lw_trial trial;
	void *engine = drm_rig_open(), *loaded, *other;

	(void)state;
	open_trial(&trial, engine, &program, 8);
	fake_drm.gone = true;
	assert_int_equal(drm->run(engine, trial.loaded, trial.bindings, NULL,
				  &error),
			 -ENODEV);
	assert_int_equal(drm->load(engine, &program, &loaded, &error),
			 -ENODEV);
	assert_non_null(strstr(error.message, NODE));
	errno = 0;
	assert_null(drm->alloc(engine, 10));
	assert_int_equal(errno, ENODEV);
	assert_int_equal(drm->open(&other, NODE, &error), -ENODEV);
	lw_trial_close(&trial);
	lw_program_release(&program);
	drm->close(engine);
	assert_true(fake_drm_is_clean());
}

/* All that an application does, with the given call failing. */
static int whole_life(struct lw_program *program, unsigned int fail_at,
		      int code)
{
	struct lwnpu_error error = { 0 };
	struct lw_trial trial;
	void *engine;
	int ret;

	fake_drm_forget();
	fake_drm.failed = NULL;
	fake_drm.fail_at = fail_at;
	fake_drm.fail_errno = code;
	ret = drm->open(&engine, NODE, &error);
	if (ret)
		return ret;
	ret = lw_trial_open(&trial, drm, engine, program, 11, &error);
	if (!ret)
		ret = lw_trial_run(&trial, 1, &error);
	if (ret)
		assert_int_not_equal(error.message[0], 0);
	lw_trial_close(&trial);
	drm->close(engine);
	return ret;
}

static bool is_end(const char *call)
{
	return strstr(call, "close") || strstr(call, "destroy") ||
	       !strcmp(call, "munmap");
}

static void each_call_fails(void **state)
{
	struct lw_program program;
	unsigned int n = 0;
	int ret;

	(void)state;
	fake_drm.arena_size = 4096;
	lw_random_program(&program, 11);
	do {
		ret = whole_life(&program, ++n, ENOMEM);
		if (!fake_drm.failed)
			break;
		if (is_end(fake_drm.failed)) {
			assert_int_equal(ret, 0);
		} else {
			assert_true(ret == -ENOMEM ||
				    !strcmp(fake_drm.failed, "version"));
			assert_true(ret < 0);
			assert_int_equal(fake_drm.left, 0);
		}
		assert_true(fake_drm_is_clean());
	} while (n < 1000);
	assert_int_equal(ret, 0);
	assert_in_range(n, 15, 100);
	lw_program_release(&program);
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
		DRM_RIG_TEST(outcomes),
		DRM_RIG_TEST(guilty_queue),
		DRM_RIG_TEST(refused_jobs),
		DRM_RIG_TEST(device_gone),
		DRM_RIG_TEST(each_call_fails),
		DRM_RIG_TEST(threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
