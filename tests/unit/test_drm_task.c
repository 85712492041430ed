// SPDX-License-Identifier: MIT
/* Asynchronous jobs of a device node: talks with a pretended kernel. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../common/fake_drm.h"
#include "../common/device_jobs.h"
#include "../common/lut_model.h"

#define NODE "/dev/accel/accel0"
#define JOBS 6
#define SIZE (3 * 5 * 5)
#define FOREVER INT64_MAX
#define MS 1000000

/* An open device with jobs of a model that adds one to each byte. */
static struct {
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	struct lwnpu_job *jobs[JOBS];
	uint8_t in[JOBS][SIZE], out[JOBS][SIZE];
	int files;
} set;

static bool small;

static int bind(unsigned int i)
{
	struct lwnpu_buffer in = { set.in[i], SIZE, LWNPU_QUANT };
	struct lwnpu_buffer out = { set.out[i], SIZE, LWNPU_QUANT };
	int ret;

	ret = lwnpu_job_set_input(set.jobs[i], 0, &in, NULL);
	return ret ? ret : lwnpu_job_set_output(set.jobs[i], 0, &out, NULL);
}

static int start(void **state)
{
	struct lw_lut lut = lw_lut_identity(false, false, 5);

	(void)state;
	unsetenv("LWNPU_DEVICE");
	memset(&set, 0, sizeof(set));
	set.files = lw_count_files(getpid(), "");
	for (int i = 0; i < 256; i++)
		lut.table[i] = i + 1;
	fake_drm_start();
	if (small)
		fake_drm.submit_jobs = 3;
	set.device = lw_open_device(NODE);
	set.model = lw_lut_load(set.device, &lut);
	for (unsigned int i = 0; i < JOBS; i++) {
		memset(set.in[i], 10 * i, SIZE);
		assert_int_equal(lwnpu_job_create(&set.jobs[i], set.model,
						  NULL), 0);
		assert_int_equal(bind(i), 0);
	}
	fake_drm_forget();
	return 0;
}

static int stop(void **state)
{
	bool clean;

	(void)state;
	fake_drm_hold(false);
	for (int i = 0; i < JOBS; i++)
		lwnpu_job_free(set.jobs[i]);
	lwnpu_model_free(set.model);
	lwnpu_device_close(set.device);
	clean = fake_drm_is_clean();
	fake_drm_stop();
	return clean && lw_count_files(getpid(), "") == set.files ? 0 : -1;
}

static void submit(unsigned int first, unsigned int n,
		   enum lwnpu_priority priority)
{
	struct lwnpu_error error;

	if (lwnpu_submit(&set.jobs[first], n, priority, &error))
		fail_msg("%s", error.message);
}

static struct lwnpu_job_result result_of(unsigned int i)
{
	struct lwnpu_job_result result;

	lwnpu_job_result(set.jobs[i], &result);
	return result;
}

/* Waits for a job that is to end so. */
static void expect(unsigned int i, enum lwnpu_job_status status, int code)
{
	struct lwnpu_error error = { 0 };

	memset(set.out[i], 0xcc, SIZE);
	assert_int_equal(lwnpu_job_wait(set.jobs[i], FOREVER, &error), code);
	assert_int_equal(error.code, code);
	assert_int_equal(result_of(i).status, status);
	assert_int_equal(result_of(i).error, code);
	for (int k = 0; k < SIZE; k++)
		assert_int_equal(set.out[i][k],
				 code ? 0xcc : set.in[i][k] + 1);
	assert_true(!code || strstr(error.message, NODE));
}

static void expect_done(unsigned int i)
{
	expect(i, LWNPU_JOB_DONE, 0);
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1 && poll_fd.revents == POLLIN;
}

/* Two system calls for a job, and no memory after the first. */
static void calls(void **state)
{
	struct lwnpu_job_result result;

	(void)state;
	for (int round = 0; round < 3; round++) {
		fake_drm_forget();
		submit(0, 1, LWNPU_NORMAL);
		expect_done(0);
		assert_string_equal(fake_drm.log, "submit wait_job ");
	}
	result = result_of(0);
	assert_true(0 < result.submitted && result.submitted <= result.started);
	assert_true(result.started <= result.ended);
	fake_drm_forget();
	submit(0, JOBS, LWNPU_NORMAL);
	for (int i = 0; i < JOBS; i++)
		expect_done(i);
	assert_string_equal(fake_drm.log,
			    "submit wait_job wait_job wait_job wait_job wait_job wait_job ");
	assert_int_equal(fake_drm.queues, 1);
}

/* A device may take fewer jobs at once than the interface. */
static void small_batches(void **state)
{
	struct lwnpu_error error;

	stop(state);
	small = true;
	start(state);
	small = false;
	assert_int_equal(lwnpu_submit(set.jobs, 4, LWNPU_NORMAL, &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "at most 3"));
	submit(0, 3, LWNPU_NORMAL);
	expect_done(2);
}

static void priorities(void **state)
{
	struct lwnpu_error error;

	(void)state;
	submit(0, 1, LWNPU_LOW);
	submit(1, 1, LWNPU_HIGH);
	expect_done(0);
	expect_done(1);
	assert_int_equal(fake_drm.queues, 3);
	fake_drm_forget();
	submit(0, 1, LWNPU_LOW);
	submit(1, 1, LWNPU_HIGH);
	assert_string_equal(fake_drm.log, "submit submit ");
	submit(2, 1, LWNPU_HIGH);
	fake_drm.no_nice = true;
	fake_drm_hold(true);
	assert_int_equal(lwnpu_submit(&set.jobs[3], 1, LWNPU_HIGH, NULL),
			 -EACCES);
	assert_int_equal(lwnpu_submit(&set.jobs[3], 1, LWNPU_HIGH, &error),
			 -EACCES);
	assert_non_null(strstr(error.message, NODE));
	assert_int_equal(result_of(3).status, LWNPU_JOB_IDLE);
}

static void deadlines(void **state)
{
	(void)state;
	fake_drm_hold(true);
	assert_int_equal(lwnpu_job_set_deadline(set.jobs[0],
						lwnpu_time() + 1), 0);
	assert_int_equal(lwnpu_job_set_deadline(set.jobs[1],
						lwnpu_time() + 3600LL * 1000 *
						MS), 0);
	submit(0, 2, LWNPU_NORMAL);
	fake_drm_hold(false);
	expect(0, LWNPU_JOB_LATE, -ETIME);
	expect_done(1);
	submit(0, 1, LWNPU_NORMAL);
	expect_done(0);
}

static void timeouts(void **state)
{
	struct lwnpu_error error;
	int64_t begun = lwnpu_time();

	(void)state;
	fake_drm_hold(true);
	submit(0, 1, LWNPU_NORMAL);
	assert_int_equal(lwnpu_job_wait(set.jobs[0], -5, &error), -ETIMEDOUT);
	assert_int_equal(lwnpu_job_wait(set.jobs[0], 0, &error), -ETIMEDOUT);
	assert_int_equal(lwnpu_job_wait(set.jobs[0], begun + 20 * MS, &error),
			 -ETIMEDOUT);
	assert_in_range(lwnpu_time() - begun, 20 * MS, 10000LL * MS);
	/* And of one that was cancelled too late. */
	fake_drm.started = 1;
	assert_int_equal(lwnpu_job_cancel(set.jobs[0], &error), 0);
	assert_int_equal(lwnpu_job_wait(set.jobs[0], 0, &error), -ETIMEDOUT);
	begun = lwnpu_time();
	assert_int_equal(lwnpu_job_wait(set.jobs[0], begun + 20 * MS, &error),
			 -ETIMEDOUT);
	assert_in_range(lwnpu_time() - begun, 20 * MS, 10000LL * MS);
	fake_drm_hold(false);
	expect_done(0);
}

static void files(void **state)
{
	int before, after;

	(void)state;
	fake_drm_hold(true);
	submit(0, 1, LWNPU_NORMAL);
	before = lwnpu_job_fd(set.jobs[0], NULL);
	assert_true(before >= 0);
	assert_false(is_readable(before));
	fake_drm_hold(false);
	assert_true(is_readable(before));
	after = lwnpu_job_fd(set.jobs[0], NULL);
	assert_true(is_readable(after));
	close(after);
	/* The file is that submission's. */
	expect_done(0);
	fake_drm_hold(true);
	submit(0, 1, LWNPU_NORMAL);
	after = lwnpu_job_fd(set.jobs[0], NULL);
	assert_true(is_readable(before));
	assert_false(is_readable(after));
	fake_drm_hold(false);
	assert_true(is_readable(after));
	close(before);
	close(after);
}

static void cancellation(void **state)
{
	(void)state;
	fake_drm_hold(true);
	submit(0, 3, LWNPU_NORMAL);
	submit(3, 1, LWNPU_NORMAL);
	fake_drm.started = 1;
	assert_int_equal(lwnpu_job_cancel(set.jobs[2], NULL), 0);
	assert_int_equal(lwnpu_job_cancel(set.jobs[1], NULL), 0);
	expect(1, LWNPU_JOB_CANCELED, -ECANCELED);
	expect(2, LWNPU_JOB_CANCELED, -ECANCELED);
	assert_true(result_of(2).ended > 0);
	assert_int_equal(lwnpu_job_wait(set.jobs[0], 0, NULL), -ETIMEDOUT);
	/* Those that are canceled can be submitted while the first runs. */
	submit(1, 1, LWNPU_NORMAL);
	fake_drm_hold(false);
	expect_done(0);
	expect_done(1);
	expect_done(3);
	assert_true(result_of(0).ended > 0);
	assert_int_equal(lwnpu_job_cancel(set.jobs[0], NULL), 0);
	submit(0, 3, LWNPU_NORMAL);
	for (int i = 0; i < 3; i++)
		expect_done(i);
}

/* What is complete, though nobody knows yet, keeps its record. */
static void too_late_to_cancel(void **state)
{
	(void)state;
	submit(0, 2, LWNPU_NORMAL);
	fake_drm_forget();
	assert_int_equal(lwnpu_job_cancel(set.jobs[0], NULL), 0);
	assert_string_equal(fake_drm.log, "wait_job wait_job ");
	expect_done(0);
	expect_done(1);
	assert_true(result_of(1).started > 0);
}

/* How a job that was being cancelled ended is known by its fence. */
static void fences(void **state)
{
	static const struct {
		uint32_t status;
		int error;
		enum lwnpu_job_status expected;
		int code;
	} table[] = {
		{ DRM_LWNPU_JOB_DONE, 0, LWNPU_JOB_DONE, 0 },
		{ DRM_LWNPU_JOB_FAILED, -EIO, LWNPU_JOB_FAILED, -EIO },
		{ DRM_LWNPU_JOB_FAILED, -ENOMEM, LWNPU_JOB_FAILED, -ENOMEM },
		{ DRM_LWNPU_JOB_HUNG, -ETIME, LWNPU_JOB_HUNG, -ETIME },
		{ DRM_LWNPU_JOB_LATE, -ETIME, LWNPU_JOB_LATE, -ETIME },
		{ DRM_LWNPU_JOB_CANCELED, -ECANCELED, LWNPU_JOB_CANCELED,
		  -ECANCELED },
		{ DRM_LWNPU_JOB_CANCELED, -ESRCH, LWNPU_JOB_CANCELED,
		  -ECANCELED },
		{ DRM_LWNPU_JOB_LOST, -ENODEV, LWNPU_JOB_LOST, -ENODEV },
	};

	(void)state;
	fake_drm.started = 1;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (table[i].expected == LWNPU_JOB_LATE)
			lwnpu_job_set_deadline(set.jobs[0], 1);
		fake_drm_hold(true);
		submit(0, 1, LWNPU_NORMAL);
		assert_int_equal(lwnpu_job_cancel(set.jobs[0], NULL), 0);
		if (table[i].status != DRM_LWNPU_JOB_DONE)
			fake_drm.outcome = (struct drm_lwnpu_completion){
				.status = table[i].status,
				.error = table[i].error,
			};
		fake_drm_hold(false);
		fake_drm.outcome.status = DRM_LWNPU_JOB_PENDING;
		fake_drm_forget();
		expect(0, table[i].expected, table[i].code);
		assert_string_equal(fake_drm.log, "file_info ");
	}
}

static void *wait_thread(void *job)
{
	return (void *)(intptr_t)lwnpu_job_wait(job, FOREVER, NULL);
}

/* Who sleeps in the kernel is woken, with the right answer. */
static void cancel_awaited(void **state)
{
	pthread_t thread;
	void *ret;

	(void)state;
	for (int i = 0; i < 20; i++) {
		fake_drm_hold(true);
		submit(0, 2, LWNPU_NORMAL);
		assert_int_equal(pthread_create(&thread, NULL, wait_thread,
						set.jobs[1]), 0);
		usleep(100 * i);
		assert_int_equal(lwnpu_job_cancel(set.jobs[0], NULL), 0);
		pthread_join(thread, &ret);
		assert_int_equal((intptr_t)ret, -ECANCELED);
		expect(0, LWNPU_JOB_CANCELED, -ECANCELED);
	}
}

/* A queue's handle is not used again while a thread may wait with it. */
static void handles(void **state)
{
	(void)state;
	fake_drm_hold(true);
	submit(0, 1, LWNPU_NORMAL);
	assert_int_equal(lwnpu_job_cancel(set.jobs[0], NULL), 0);
	fake_drm_forget();
	submit(1, 1, LWNPU_NORMAL);
	assert_string_equal(fake_drm.log,
			    "queue_create queue_create queue_destroy submit ");
	expect(0, LWNPU_JOB_CANCELED, -ECANCELED);
	fake_drm_forget();
	submit(0, 1, LWNPU_NORMAL);
	assert_string_equal(fake_drm.log, "queue_create submit ");
	fake_drm_hold(false);
	expect_done(0);
	expect_done(1);
}

static void all_queues_busy(void **state)
{
	struct lwnpu_error error;

	(void)state;
	fake_drm.max_queues = 2;
	fake_drm_hold(true);
	submit(0, 1, LWNPU_NORMAL);
	submit(1, 2, LWNPU_NORMAL);
	assert_int_equal(lwnpu_submit(&set.jobs[3], 1, LWNPU_NORMAL, &error),
			 -EAGAIN);
	assert_int_equal(error.code, -EAGAIN);
	assert_int_equal(result_of(3).status, LWNPU_JOB_IDLE);
	/* What is complete makes room, though nobody has waited for it. */
	fake_drm_hold(false);
	fake_drm_hold(true);
	submit(3, 1, LWNPU_NORMAL);
	submit(4, 1, LWNPU_LOW);
	assert_int_equal(lwnpu_submit(&set.jobs[5], 1, LWNPU_LOW, NULL),
			 -EAGAIN);
	for (int i = 0; i < 3; i++)
		expect_done(i);
	fake_drm_hold(false);
	expect_done(3);
	expect_done(4);
	assert_int_equal(fake_drm.queues, 2);
}

static void hang(void **state)
{
	(void)state;
	fake_drm_hold(true);
	submit(0, 3, LWNPU_NORMAL);
	fake_drm.outcome.status = DRM_LWNPU_JOB_HUNG;
	fake_drm.outcome.error = -ETIME;
	fake_drm_hold(false);
	fake_drm.outcome.status = DRM_LWNPU_JOB_PENDING;
	submit(3, 2, LWNPU_NORMAL);
	expect(0, LWNPU_JOB_HUNG, -ETIME);
	expect(1, LWNPU_JOB_CANCELED, -ECANCELED);
	expect(2, LWNPU_JOB_CANCELED, -ECANCELED);
	expect_done(3);
	expect_done(4);
	submit(0, 3, LWNPU_NORMAL);
	expect_done(2);
}

static void unplugged(void **state)
{
	struct lwnpu_error error;
	struct lwnpu_job *job;

	(void)state;
	fake_drm_hold(true);
	submit(0, 2, LWNPU_NORMAL);
	fake_drm.gone = true;
	expect(0, LWNPU_JOB_LOST, -ENODEV);
	assert_int_equal(lwnpu_job_fd(set.jobs[1], &error), -ENODEV);
	assert_int_equal(lwnpu_job_cancel(set.jobs[1], &error), -ENODEV);
	assert_int_equal(lwnpu_submit(&set.jobs[2], 1, LWNPU_NORMAL, &error),
			 -ENODEV);
	assert_int_equal(lwnpu_job_create(&job, set.model, &error), -ENODEV);
	assert_non_null(strstr(error.message, NODE));
	expect(1, LWNPU_JOB_LOST, -ENODEV);
	fake_drm.gone = false;
}

/* Too many files are open: nothing is cancelled. */
static void no_files(void **state)
{
	struct lwnpu_error error;

	(void)state;
	fake_drm_hold(true);
	submit(0, 2, LWNPU_NORMAL);
	fake_drm.fail_request = DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD;
	fake_drm.fail_errno = EMFILE;
	assert_int_equal(lwnpu_job_fd(set.jobs[0], &error), -EMFILE);
	assert_non_null(strstr(error.message, NODE));
	assert_int_equal(lwnpu_job_cancel(set.jobs[0], &error), -EMFILE);
	assert_non_null(strstr(error.message, NODE));
	fake_drm.fail_request = 0;
	fake_drm_hold(false);
	expect_done(0);
	expect_done(1);
}

/* All that an application does with a job and its file. */
static int submit_and_wait(struct lwnpu_job *job)
{
	int ret, fd;

	ret = lwnpu_submit(set.jobs, 2, LWNPU_NORMAL, NULL);
	if (ret)
		return ret;
	fd = lwnpu_job_fd(job, NULL);
	if (fd < 0)
		return fd;
	close(fd);
	ret = lwnpu_job_cancel(job, NULL);
	fake_drm_hold(false);
	return ret ? ret : lwnpu_job_wait(job, FOREVER, NULL);
}

/* The same with a new job, and the given call failing: whether one did. */
static bool life(unsigned int fail_at)
{
	struct lwnpu_job *job;
	int ret;

	fake_drm_hold(true);
	fake_drm_forget();
	fake_drm.failed = NULL;
	fake_drm.fail_at = fail_at;
	fake_drm.fail_errno = ENOMEM;
	ret = lwnpu_job_create(&job, set.model, NULL);
	if (!ret) {
		lwnpu_job_free(set.jobs[0]);
		set.jobs[0] = job;
		ret = bind(0);
		if (!ret)
			ret = submit_and_wait(job);
	}
	fake_drm_hold(false);
	fake_drm.fail_at = 0;
	lwnpu_job_wait(set.jobs[1], FOREVER, NULL);
	assert_true(ret == -ENOMEM || ret == -ECANCELED);
	return fake_drm.failed;
}

static void each_call_fails(void **state)
{
	unsigned int n = 0;

	(void)state;
	while (life(++n))
		assert_in_range(n, 1, 100);
	assert_in_range(n, 8, 100);
	submit(0, 2, LWNPU_NORMAL);
	expect_done(0);
	expect_done(1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(calls), TEST(small_batches), TEST(priorities), TEST(deadlines), TEST(timeouts),
		TEST(files), TEST(cancellation), TEST(too_late_to_cancel),
		TEST(fences), TEST(cancel_awaited), TEST(handles),
		TEST(all_queues_busy), TEST(hang), TEST(unplugged),
		TEST(no_files), TEST(each_call_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
