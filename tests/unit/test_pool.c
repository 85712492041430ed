// SPDX-License-Identifier: MIT
/* Threads that run tasks: what starts when, and how it ends. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "pool.h"

#include "../common/mock_engine.h"

#define MAX_TASKS 32
#define MS 1000000
#define FOREVER INT64_MAX

static const struct lw_task_ops *const ops = &lw_pool_tasks;

/* A pool over an engine, and tasks numbered from 1 on. */
struct setting {
	struct lw_engine_ops engine_ops;
	struct mock_engine mock;
	struct lw_pool *pool;
	struct lw_task tasks[MAX_TASKS + 1];
};

static void begin(struct setting *set, unsigned int max_running, bool is_held)
{
	memset(set, 0, sizeof(*set));
	set->engine_ops = mock_engine_ops;
	set->engine_ops.max_running = max_running;
	mock_engine_init(&set->mock, is_held);
	assert_int_equal(lw_pool_create(&set->pool, &set->engine_ops,
					&set->mock, NULL), 0);
	for (uintptr_t i = 1; i <= MAX_TASKS; i++) {
		set->tasks[i].loaded = (void *)i;
		assert_int_equal(ops->init(set->pool, &set->tasks[i], NULL), 0);
	}
}

static void end(struct setting *set)
{
	for (int i = 1; i <= MAX_TASKS; i++)
		ops->exit(set->pool, &set->tasks[i]);
	lw_pool_destroy(set->pool);
	mock_engine_release(&set->mock);
}

static void submit(struct setting *set, unsigned int first, unsigned int n,
		   enum lwnpu_priority priority)
{
	struct lw_task *tasks[MAX_TASKS];

	for (unsigned int i = 0; i < n; i++)
		tasks[i] = &set->tasks[first + i];
	assert_int_equal(ops->submit(set->pool, tasks, n, priority, NULL), 0);
}

static enum lwnpu_job_status wait(struct setting *set, unsigned int i)
{
	assert_int_equal(ops->wait(set->pool, &set->tasks[i], FOREVER), 0);
	return set->tasks[i].outcome.result.status;
}

static void expect_order(struct setting *set, const char *expected)
{
	char seen[MAX_TASKS * 4] = "";

	for (unsigned int i = 0; i < set->mock.n_started; i++)
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
			 "%d ", (int)set->mock.started[i]);
	assert_string_equal(seen, expected);
}

static void priorities(void **state)
{
	struct setting set;

	(void)state;
	begin(&set, 1, true);
	submit(&set, 1, 1, LWNPU_LOW);
	assert_true(mock_engine_wait(&set.mock, 1));
	submit(&set, 2, 1, LWNPU_LOW);
	submit(&set, 3, 1, LWNPU_NORMAL);
	submit(&set, 4, 1, LWNPU_HIGH);
	submit(&set, 5, 1, LWNPU_NORMAL);
	submit(&set, 6, 1, LWNPU_HIGH);
	mock_engine_hold(&set.mock, false);
	for (int i = 1; i <= 6; i++)
		assert_int_equal(wait(&set, i), LWNPU_JOB_DONE);
	expect_order(&set, "1 4 6 3 5 2 ");
	end(&set);
}

/* In order, one at a time, and ahead of younger ones. */
static void batches(void **state)
{
	struct setting set;

	(void)state;
	begin(&set, 1, true);
	submit(&set, 1, 4, LWNPU_NORMAL);
	submit(&set, 5, 2, LWNPU_NORMAL);
	assert_true(mock_engine_wait(&set.mock, 1));
	submit(&set, 7, 2, LWNPU_HIGH);
	mock_engine_hold(&set.mock, false);
	for (int i = 1; i <= 8; i++)
		assert_int_equal(wait(&set, i), LWNPU_JOB_DONE);
	expect_order(&set, "1 7 8 2 3 4 5 6 ");
	end(&set);

	begin(&set, 4, false);
	submit(&set, 1, MAX_TASKS, LWNPU_NORMAL);
	assert_int_equal(wait(&set, MAX_TASKS), LWNPU_JOB_DONE);
	for (unsigned int i = 0; i < MAX_TASKS; i++)
		assert_int_equal(set.mock.started[i], i + 1);
	assert_int_equal(set.mock.most_running, 1);
	end(&set);
}

/* As many at a time as the engine wants, signals left to the application. */
static void threads(void **state)
{
	struct setting set;

	(void)state;
	begin(&set, 3, true);
	for (int i = 1; i <= 8; i++)
		submit(&set, i, 1, LWNPU_NORMAL);
	assert_true(mock_engine_wait(&set.mock, 3));
	mock_engine_hold(&set.mock, false);
	for (int i = 1; i <= 8; i++)
		assert_int_equal(wait(&set, i), LWNPU_JOB_DONE);
	assert_int_equal(set.mock.most_running, 3);
	assert_true(set.mock.signals_blocked);

	/* Idle threads are all woken again. */
	mock_engine_hold(&set.mock, true);
	for (int i = 1; i <= 3; i++)
		submit(&set, i, 1, LWNPU_NORMAL);
	assert_true(mock_engine_wait(&set.mock, 11));
	mock_engine_hold(&set.mock, false);
	for (int i = 1; i <= 3; i++)
		wait(&set, i);
	end(&set);
}

static void deadlines(void **state)
{
	struct lwnpu_job_result *result;
	struct setting set;
	int64_t now;

	(void)state;
	begin(&set, 1, true);
	submit(&set, 1, 1, LWNPU_NORMAL);
	assert_true(mock_engine_wait(&set.mock, 1));
	now = lwnpu_time();
	set.tasks[2].deadline = now + MS;
	set.tasks[3].deadline = now + 3600LL * 1000 * MS;
	submit(&set, 2, 2, LWNPU_NORMAL);
	while (lwnpu_time() < now + MS)
		;
	mock_engine_hold(&set.mock, false);
	assert_int_equal(wait(&set, 3), LWNPU_JOB_DONE);
	assert_int_equal(wait(&set, 2), LWNPU_JOB_LATE);
	result = &set.tasks[2].outcome.result;
	assert_int_equal(result->error, -ETIME);
	assert_int_equal(set.tasks[2].outcome.error.code, -ETIME);
	assert_non_null(strstr(set.tasks[2].outcome.error.message, "deadline"));
	assert_int_equal(result->started, 0);
	assert_true(result->ended >= now + MS);
	expect_order(&set, "1 3 ");
	end(&set);
}

static void cancellation(void **state)
{
	struct setting set;

	(void)state;
	begin(&set, 1, true);
	submit(&set, 1, 3, LWNPU_NORMAL);
	assert_true(mock_engine_wait(&set.mock, 1));
	submit(&set, 4, 2, LWNPU_HIGH);
	submit(&set, 6, 1, LWNPU_HIGH);
	/* With the one that runs go those that came with it. */
	assert_int_equal(ops->cancel(set.pool, &set.tasks[1], NULL), 0);
	assert_int_equal(wait(&set, 3), LWNPU_JOB_CANCELED);
	assert_int_equal(ops->wait(set.pool, &set.tasks[1], 0), -ETIMEDOUT);
	assert_int_equal(ops->cancel(set.pool, &set.tasks[5], NULL), 0);
	assert_int_equal(wait(&set, 4), LWNPU_JOB_CANCELED);
	assert_int_equal(set.tasks[4].outcome.result.error, -ECANCELED);
	assert_int_equal(set.tasks[4].outcome.result.started, 0);
	mock_engine_hold(&set.mock, false);
	assert_int_equal(wait(&set, 1), LWNPU_JOB_DONE);
	assert_int_equal(wait(&set, 2), LWNPU_JOB_CANCELED);
	assert_int_equal(wait(&set, 5), LWNPU_JOB_CANCELED);
	assert_int_equal(wait(&set, 6), LWNPU_JOB_DONE);
	assert_int_equal(ops->cancel(set.pool, &set.tasks[6], NULL), 0);
	expect_order(&set, "1 6 ");
	/* And they can be submitted again. */
	submit(&set, 2, 4, LWNPU_NORMAL);
	assert_int_equal(wait(&set, 5), LWNPU_JOB_DONE);
	end(&set);
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1 && poll_fd.revents == POLLIN;
}

static void files(void **state)
{
	struct pollfd poll_fd = { .events = POLLIN };
	struct setting set;
	int fds[4];

	(void)state;
	begin(&set, 1, true);
	submit(&set, 1, 2, LWNPU_NORMAL);
	fds[0] = ops->fd(set.pool, &set.tasks[1], NULL);
	fds[1] = ops->fd(set.pool, &set.tasks[1], NULL);
	fds[2] = ops->fd(set.pool, &set.tasks[2], NULL);
	for (int i = 0; i < 3; i++) {
		assert_true(fds[i] >= 0);
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		assert_false(is_readable(fds[i]));
	}
	mock_engine_hold(&set.mock, false);
	poll_fd.fd = fds[2];
	assert_int_equal(poll(&poll_fd, 1, 10000), 1);
	for (int i = 0; i < 3; i++)
		assert_true(is_readable(fds[i]));

	/* The files of a submission stay as they are. */
	mock_engine_hold(&set.mock, true);
	submit(&set, 1, 1, LWNPU_NORMAL);
	fds[3] = ops->fd(set.pool, &set.tasks[1], NULL);
	assert_true(is_readable(fds[0]));
	assert_false(is_readable(fds[3]));
	mock_engine_hold(&set.mock, false);
	wait(&set, 1);
	assert_true(is_readable(fds[3]));
	close(fds[2]);
	fds[2] = ops->fd(set.pool, &set.tasks[1], NULL);
	assert_true(is_readable(fds[2]));
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	end(&set);
}

static void too_many_files(void **state)
{
	struct lwnpu_error error = { 0 };
	struct rlimit limit, none;
	struct setting set;
	int ret;

	(void)state;
	begin(&set, 1, false);
	submit(&set, 1, 1, LWNPU_NORMAL);
	wait(&set, 1);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	ret = ops->fd(set.pool, &set.tasks[1], &error);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(ret, -EMFILE);
	assert_int_equal(error.code, -EMFILE);
	ret = ops->fd(set.pool, &set.tasks[1], NULL);
	assert_true(ret >= 0);
	close(ret);
	end(&set);
}

static void timeouts(void **state)
{
	struct setting set;
	int64_t begun;

	(void)state;
	begin(&set, 1, true);
	submit(&set, 1, 1, LWNPU_NORMAL);
	assert_int_equal(ops->wait(set.pool, &set.tasks[1], -1), -ETIMEDOUT);
	assert_int_equal(ops->wait(set.pool, &set.tasks[1], 0), -ETIMEDOUT);
	begun = lwnpu_time();
	assert_int_equal(ops->wait(set.pool, &set.tasks[1], begun + 20 * MS),
			 -ETIMEDOUT);
	assert_in_range(lwnpu_time() - begun, 20 * MS, 10000LL * MS);
	mock_engine_hold(&set.mock, false);
	assert_int_equal(ops->wait(set.pool, &set.tasks[1],
				   begun + 10000LL * MS), 0);
	assert_int_equal(ops->wait(set.pool, &set.tasks[1], 0), 0);
	end(&set);
}

static void failures(void **state)
{
	const struct lw_outcome *outcome;
	struct setting set;

	(void)state;
	begin(&set, 1, false);
	set.mock.fail = 2;
	submit(&set, 1, 3, LWNPU_NORMAL);
	assert_int_equal(wait(&set, 3), LWNPU_JOB_DONE);
	assert_int_equal(wait(&set, 2), LWNPU_JOB_FAILED);
	/* The pretended engine takes the gates of the task's number. */
	assert_true(set.tasks[3].outcome.result.has_gates);
	assert_int_equal(set.tasks[3].outcome.result.gates, 3);
	outcome = &set.tasks[2].outcome;
	assert_false(outcome->result.has_gates);
	assert_int_equal(outcome->result.error, -EIO);
	assert_int_equal(outcome->result.op, -1);
	assert_string_equal(outcome->error.message, "told to fail");
	set.mock.fail = 0;
	submit(&set, 2, 1, LWNPU_NORMAL);
	assert_int_equal(wait(&set, 2), LWNPU_JOB_DONE);
	assert_int_equal(outcome->result.error, 0);
	assert_string_equal(outcome->error.message, "");
	end(&set);
}

static void times(void **state)
{
	const struct lwnpu_job_result *result;
	struct setting set;
	int64_t begun = lwnpu_time();

	(void)state;
	begin(&set, 1, false);
	submit(&set, 1, 5, LWNPU_NORMAL);
	wait(&set, 5);
	for (int i = 1; i <= 5; i++) {
		result = &set.tasks[i].outcome.result;
		assert_true(begun <= result->submitted);
		assert_true(result->submitted <= result->started);
		assert_true(result->started <= result->ended);
		assert_true(result->ended <= lwnpu_time());
	}
	end(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(priorities),
		cmocka_unit_test(batches),
		cmocka_unit_test(threads),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(cancellation),
		cmocka_unit_test(files),
		cmocka_unit_test(too_many_files),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(failures),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
