// SPDX-License-Identifier: MIT
#include <signal.h>
#include <string.h>
#include <time.h>

#include "mock_engine.h"

static void mock_close(void *engine)
{
	(void)engine;
}

static bool are_signals_blocked(void)
{
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, SIGINT) && sigismember(&set, SIGUSR1);
}

static int mock_run(void *engine, void *loaded,
		    const struct lw_binding *bindings,
		    struct lw_run_result *result, struct lwnpu_error *error)
{
	struct mock_engine *mock = engine;
	uintptr_t number = (uintptr_t)loaded;
	bool fails;

	(void)bindings;
	pthread_mutex_lock(&mock->lock);
	mock->started[mock->n_started++ % MOCK_MAX_RUNS] = number;
	if (++mock->n_running > mock->most_running)
		mock->most_running = mock->n_running;
	mock->signals_blocked &= are_signals_blocked();
	pthread_cond_broadcast(&mock->changed);
	while (mock->is_held)
		pthread_cond_wait(&mock->changed, &mock->lock);
	fails = number == mock->fail;
	mock->n_running--;
	pthread_mutex_unlock(&mock->lock);
	if (fails)
		return lw_fail(error, -EIO, "told to fail");
	if (result)
		*result = (struct lw_run_result) { number, true };
	return 0;
}

void mock_engine_init(struct mock_engine *mock, bool is_held)
{
	memset(mock, 0, sizeof(*mock));
	pthread_mutex_init(&mock->lock, NULL);
	pthread_cond_init(&mock->changed, NULL);
	mock->is_held = is_held;
	mock->signals_blocked = true;
}

void mock_engine_release(struct mock_engine *mock)
{
	pthread_cond_destroy(&mock->changed);
	pthread_mutex_destroy(&mock->lock);
}

void mock_engine_hold(struct mock_engine *mock, bool is_held)
{
	pthread_mutex_lock(&mock->lock);
	mock->is_held = is_held;
	pthread_cond_broadcast(&mock->changed);
	pthread_mutex_unlock(&mock->lock);
}

bool mock_engine_wait(struct mock_engine *mock, unsigned int n_started)
{
	struct timespec until;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	pthread_mutex_lock(&mock->lock);
	while (mock->n_started < n_started && !ret)
		ret = pthread_cond_timedwait(&mock->changed, &mock->lock,
					     &until);
	pthread_mutex_unlock(&mock->lock);
	return !ret;
}

const struct lw_engine_ops mock_engine_ops = {
	.name = "mock",
	.close = mock_close,
	.run = mock_run,
};
