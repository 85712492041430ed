// SPDX-License-Identifier: MIT
/* How jobs of a device node end otherwise: talks with a pretended kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/drm_rig.h"
#include "../common/random_program.h"

#define NODE DRM_RIG_NODE

static const struct lw_engine_ops *const drm = &lw_drm_engine;

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
	drm_rig_open_trial(&trial, engine, &program, 9);
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
		lw_trial_must_run(&trial, i);
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
	drm_rig_open_trial(&trial, engine, &program, 4);
	lw_trial_must_run(&trial, 1);
	fake_drm_forget();
	fake_drm.outcome.status = DRM_LWNPU_JOB_HUNG;
	assert_int_equal(drm->run(engine, trial.loaded, trial.bindings, NULL,
				  NULL),
			 -ETIME);
	assert_string_equal(fake_drm.log, "submit wait_job queue_destroy ");
	fake_drm.outcome.status = DRM_LWNPU_JOB_PENDING;
	fake_drm_forget();
	lw_trial_must_run(&trial, 1);
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
	lw_trial_must_run(&trial, 1);
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
	drm_rig_open_trial(&trial, engine, &program, 6);
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
			lw_trial_must_run(&trial, 1);
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
	drm_rig_open_trial(&trial, engine, &program, 8);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		DRM_RIG_TEST(outcomes),
		DRM_RIG_TEST(guilty_queue),
		DRM_RIG_TEST(refused_jobs),
		DRM_RIG_TEST(device_gone),
		DRM_RIG_TEST(each_call_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
