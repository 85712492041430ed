// SPDX-License-Identifier: MIT
/* Jobs of the public API, on an engine that can be held. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "device.h"
#include "model.h"

#include "../common/job_rig.h"

#define FOREVER INT64_MAX

static void life(void **state)
{
	struct lwnpu_job_result result;
	struct job_rig one;

	job_rig_begin(&one, *state, 3);
	lwnpu_job_result(one.job, &result);
	assert_int_equal(result.status, LWNPU_JOB_IDLE);
	assert_int_equal(result.op, -1);
	for (uint8_t i = 0; i < 5; i++) {
		memset(one.in, i, one.size);
		job_rig_run(one.job);
		for (size_t k = 0; k < one.size; k++)
			assert_int_equal(one.out[k], i + 3);
	}
	assert_int_equal(one.out[one.size], 0);
	lwnpu_job_result(one.job, &result);
	assert_int_equal(result.status, LWNPU_JOB_DONE);
	assert_int_equal(result.error, 0);
	assert_true(result.submitted <= result.started);
	assert_true(result.started <= result.ended);
	assert_int_equal(lwnpu_job_wait(one.job, 0, NULL), 0);
	job_rig_end(&one);
}

static void never_submitted(void **state)
{
	struct lwnpu_error error;
	struct job_rig one;

	job_rig_begin(&one, *state, 1);
	assert_int_equal(lwnpu_job_wait(one.job, 0, &error), -EINVAL);
	assert_non_null(strstr(error.message, "never submitted"));
	assert_int_equal(lwnpu_job_fd(one.job, &error), -EINVAL);
	assert_int_equal(lwnpu_job_cancel(one.job, &error), -EINVAL);
	job_rig_end(&one);
	lwnpu_job_free(NULL);
	lwnpu_memory_free(*state, NULL);
}

/* A submission that is refused has submitted nothing. */
static void refused(void **state)
{
	struct lwnpu_job *jobs[LWNPU_SUBMIT_MAX + 1];
	struct lwnpu_device *other;
	struct job_rig one, two;

	job_rig_begin(&one, *state, 1);
	other = lw_open_device("ref");
	job_rig_begin(&two, other, 1);
	for (int i = 0; i <= LWNPU_SUBMIT_MAX; i++)
		jobs[i] = one.job;
	job_rig_refuse(jobs, 0, LWNPU_NORMAL, -EINVAL, "0 jobs");
	job_rig_refuse(jobs, LWNPU_SUBMIT_MAX + 1, LWNPU_NORMAL, -EINVAL, "65 jobs");
	job_rig_refuse(jobs, 1, LWNPU_HIGH + 1, -EINVAL, "priority 3");
	job_rig_refuse(jobs, 1, -1, -EINVAL, "priority -1");
	job_rig_refuse(jobs, 2, LWNPU_NORMAL, -EBUSY, "pending");
	jobs[1] = two.job;
	job_rig_refuse(jobs, 2, LWNPU_NORMAL, -EINVAL, "job 1 has another device");
	assert_int_equal(lwnpu_job_create(&jobs[1], one.model, NULL), 0);
	job_rig_refuse(jobs, 2, LWNPU_NORMAL, -EINVAL, "input \"in\": no buffer");
	assert_int_equal(job_rig_status(one.job), LWNPU_JOB_IDLE);
	assert_int_equal(job_rig_status(two.job), LWNPU_JOB_IDLE);
	assert_int_equal(job_rig_gate.n_started, 0);
	job_rig_run(one.job);
	lwnpu_job_free(jobs[1]);
	job_rig_end(&two);
	lwnpu_device_close(other);
	job_rig_end(&one);
}

static void busy(void **state)
{
	struct lwnpu_buffer buffer;
	struct lwnpu_error error;
	struct job_rig one;

	job_rig_begin(&one, *state, 1);
	buffer = (struct lwnpu_buffer){ one.in, one.size, LWNPU_QUANT };
	mock_engine_hold(&job_rig_gate, true);
	job_rig_submit(one.job);
	assert_int_equal(job_rig_status(one.job), LWNPU_JOB_PENDING);
	job_rig_refuse(&one.job, 1, LWNPU_NORMAL, -EBUSY, "pending");
	assert_int_equal(lwnpu_job_set_input(one.job, 0, &buffer, &error),
			 -EBUSY);
	assert_int_equal(lwnpu_job_set_output(one.job, 0, &buffer, &error),
			 -EBUSY);
	assert_int_equal(lwnpu_job_set_deadline(one.job, 1), -EBUSY);
	assert_int_equal(lwnpu_job_wait(one.job, 0, &error), -ETIMEDOUT);
	assert_int_equal(error.code, -ETIMEDOUT);
	assert_int_equal(job_rig_status(one.job), LWNPU_JOB_PENDING);
	mock_engine_hold(&job_rig_gate, false);
	assert_int_equal(lwnpu_job_wait(one.job, FOREVER, &error), 0);
	assert_int_equal(lwnpu_job_set_input(one.job, 0, &buffer, &error), 0);
	job_rig_end(&one);
}

static void late(void **state)
{
	struct lwnpu_error error;
	struct job_rig one;

	job_rig_begin(&one, *state, 1);
	assert_int_equal(lwnpu_job_set_deadline(one.job, 1), 0);
	memset(one.out, 0xaa, one.size);
	job_rig_submit(one.job);
	assert_int_equal(lwnpu_job_wait(one.job, FOREVER, &error), -ETIME);
	assert_non_null(strstr(error.message, "deadline"));
	assert_int_equal(job_rig_status(one.job), LWNPU_JOB_LATE);
	assert_int_equal(lwnpu_job_wait(one.job, 0, NULL), -ETIME);
	assert_int_equal(one.out[0], 0xaa);
	/* It was that submission's. */
	job_rig_run(one.job);
	assert_int_equal(lwnpu_job_set_deadline(one.job,
						lwnpu_time() + 3600000000000),
			 0);
	job_rig_run(one.job);
	job_rig_end(&one);
}

static void failure(void **state)
{
	struct lwnpu_error error;
	struct job_rig one;

	job_rig_begin(&one, *state, 1);
	job_rig_gate.fail = (uintptr_t)one.model->loaded;
	memset(one.out, 0xaa, one.size);
	job_rig_submit(one.job);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lwnpu_job_wait(one.job, FOREVER, &error), -EIO);
		assert_string_equal(error.message, "told to fail");
	}
	assert_int_equal(job_rig_status(one.job), LWNPU_JOB_FAILED);
	assert_int_equal(one.out[0], 0xaa);
	job_rig_gate.fail = 0;
	job_rig_run(one.job);
	job_rig_end(&one);
}

/* The model's first answer is the last where a byte is great enough. */
static void gates(void **state)
{
	struct lwnpu_job_result result;
	struct job_rig one;

	job_rig_begin(&one, *state, 1);
	assert_int_equal(lwnpu_model_gates(one.model), 0);
	job_rig_end(&one);
	job_rig_begin_gate(&one, *state);
	assert_int_equal(lwnpu_model_gates(one.model), 1);
	for (int i = 0; i < 4; i++) {
		one.in[33] = i % 2 ? 200 : 100;
		job_rig_run(one.job);
		lwnpu_job_result(one.job, &result);
		assert_true(result.has_gates);
		assert_int_equal(result.gates, i % 2);
		assert_int_equal(one.out[0], i % 2 ? 1 : 2);
	}
	job_rig_gate.fail = (uintptr_t)one.model->loaded;
	job_rig_submit(one.job);
	lwnpu_job_wait(one.job, FOREVER, NULL);
	lwnpu_job_result(one.job, &result);
	assert_true(!result.has_gates && !result.gates);
	job_rig_end(&one);
}

/* A job reads what the one before it wrote. */
static void chain(void **state)
{
	struct job_rig one, two;
	struct lwnpu_job *jobs[2];
	void *between;

	job_rig_begin(&one, *state, 10);
	job_rig_begin(&two, *state, 20);
	assert_int_equal(lwnpu_memory_alloc(&between, *state, 120, NULL), 0);
	job_rig_bind(&one, one.in, LWNPU_QUANT, 75, between, LWNPU_NATIVE, 120);
	job_rig_bind(&two, between, LWNPU_NATIVE, 120, two.out, LWNPU_QUANT, 75);
	jobs[0] = one.job;
	jobs[1] = two.job;
	for (int i = 0; i < 100; i++) {
		memset(one.in, i, 75);
		assert_int_equal(lwnpu_submit(jobs, 2, LWNPU_NORMAL, NULL), 0);
		assert_int_equal(lwnpu_job_wait(two.job, FOREVER, NULL), 0);
		assert_int_equal(lwnpu_job_wait(one.job, 0, NULL), 0);
		for (int k = 0; k < 75; k++)
			assert_int_equal(two.out[k], i + 30);
	}
	job_rig_end(&one);
	job_rig_end(&two);
	lwnpu_memory_free(*state, between);
}

/* Freed in all states. */
static void free_pending(void **state)
{
	struct lwnpu_job *jobs[3];
	struct job_rig one;

	job_rig_begin(&one, *state, 1);
	for (int i = 0; i < 3; i++) {
		struct lwnpu_job *first = one.job;

		assert_int_equal(lwnpu_job_create(&one.job, one.model, NULL),
				 0);
		job_rig_bind(&one, one.in, LWNPU_QUANT, 75, one.out, LWNPU_QUANT, 75);
		jobs[i] = one.job;
		one.job = first;
	}
	mock_engine_hold(&job_rig_gate, true);
	job_rig_submit(one.job);
	assert_true(mock_engine_wait(&job_rig_gate, 1));
	assert_int_equal(lwnpu_submit(jobs, 3, LWNPU_LOW, NULL), 0);
	lwnpu_job_free(jobs[1]);
	assert_int_equal(lwnpu_job_wait(jobs[2], FOREVER, NULL), -ECANCELED);
	lwnpu_job_free(jobs[0]);
	mock_engine_hold(&job_rig_gate, false);
	job_rig_submit(jobs[2]);
	lwnpu_job_free(jobs[2]);
	job_rig_end(&one);
}

#define IN_FLIGHT 100

/* Many in flight, each answer its own, found by epoll. */
static void many(void **state)
{
	static uint8_t in[IN_FLIGHT][75], out[IN_FLIGHT][75];
	struct lwnpu_job *jobs[IN_FLIGHT], *first;
	int fds[IN_FLIGHT], epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;
	struct job_rig one;

	job_rig_begin(&one, *state, 100);
	first = one.job;
	for (int i = 0; i < IN_FLIGHT; i++) {
		assert_int_equal(lwnpu_job_create(&jobs[i], one.model, NULL),
				 0);
		one.job = jobs[i];
		memset(in[i], i, 75);
		job_rig_bind(&one, in[i], LWNPU_QUANT, 75, out[i], LWNPU_QUANT, 75);
		job_rig_submit(jobs[i]);
		fds[i] = lwnpu_job_fd(jobs[i], NULL);
		event = (struct epoll_event){ EPOLLIN, { .u32 = i } };
		assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i],
					   &event), 0);
	}
	one.job = first;
	for (int i = 0; i < IN_FLIGHT; i++) {
		assert_int_equal(epoll_wait(epoll, &event, 1, 10000), 1);
		int k = event.data.u32;

		assert_int_equal(lwnpu_job_wait(jobs[k], 0, NULL), 0);
		assert_int_equal(out[k][74], k + 100);
		lwnpu_job_free(jobs[k]);
		close(fds[k]);
	}
	close(epoll);
	job_rig_end(&one);
}

static void *wait_thread(void *job)
{
	struct lwnpu_error error;

	return (void *)(intptr_t)lwnpu_job_wait(job, FOREVER, &error);
}

/* Several threads wait for one job; one of them fetches. */
static void waiters(void **state)
{
	pthread_t threads[4];
	struct job_rig one;
	void *ret;

	job_rig_begin(&one, *state, 1);
	for (int round = 0; round < 50; round++) {
		mock_engine_hold(&job_rig_gate, true);
		memset(one.in, round, one.size);
		job_rig_submit(one.job);
		for (int i = 0; i < 4; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
							wait_thread, one.job),
					 0);
		mock_engine_hold(&job_rig_gate, false);
		for (int i = 0; i < 4; i++) {
			pthread_join(threads[i], &ret);
			assert_null(ret);
		}
		assert_int_equal(one.out[0], round + 1);
	}
	job_rig_end(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_RIG_TEST(life),
		JOB_RIG_TEST(never_submitted),
		JOB_RIG_TEST(refused),
		JOB_RIG_TEST(busy),
		JOB_RIG_TEST(late),
		JOB_RIG_TEST(failure),
		JOB_RIG_TEST(gates),
		JOB_RIG_TEST(chain),
		JOB_RIG_TEST(free_pending),
		JOB_RIG_TEST(many),
		JOB_RIG_TEST(waiters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
