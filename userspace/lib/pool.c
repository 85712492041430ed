// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "pool.h"
#include "thread.h"

#define MAX_THREADS 16
#define N_PRIORITIES (LWNPU_HIGH + 1)

/**
 * struct batch - tasks that were submitted together
 * @link: in lw_pool.waiting, if @is_waiting
 * @tasks: those that have not started, in order
 * @pending: tasks that are not complete
 * @priority: enum lwnpu_priority
 * @is_waiting: for a thread; else one of its tasks runs, or none is left
 */
struct batch {
	TAILQ_ENTRY(batch) link;
	STAILQ_HEAD(, pool_task) tasks;
	unsigned int pending;
	enum lwnpu_priority priority;
	bool is_waiting;
};

/**
 * struct pool_task - what the pool knows of a task
 * @task: the task
 * @link: in batch.tasks
 * @batch: NULL: it is complete, or was never submitted
 * @ended: signalled when it is complete
 * @event: an eventfd if somebody polls, or -1
 */
struct pool_task {
	struct lw_task *task;
	STAILQ_ENTRY(pool_task) link;
	struct batch *batch;
	pthread_cond_t ended;
	int event;
};

TAILQ_HEAD(batches, batch);

/**
 * struct lw_pool - threads and what they have to do
 * @ops: engine
 * @engine: its state
 * @max_threads: at most MAX_THREADS
 * @lock: of what follows, and of all tasks
 * @work: signalled when there is something to do
 * @waiting: batches, the oldest first
 * @n_waiting: how many, of all priorities
 * @n_idle: threads that wait
 * @n_threads: of @threads
 * @threads: started so far
 * @is_stopping: they are to end
 */
struct lw_pool {
	const struct lw_engine_ops *ops;
	void *engine;
	unsigned int max_threads;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct batches waiting[N_PRIORITIES];
	unsigned int n_waiting;
	unsigned int n_idle;
	unsigned int n_threads;
	pthread_t threads[MAX_THREADS];
	bool is_stopping;
};

static void init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void put_batch(struct lw_pool *pool, struct batch *batch, bool first)
{
	struct batches *list = &pool->waiting[batch->priority];

	if (first)
		TAILQ_INSERT_HEAD(list, batch, link);
	else
		TAILQ_INSERT_TAIL(list, batch, link);
	batch->is_waiting = true;
	pool->n_waiting++;
}

static void remove_batch(struct lw_pool *pool, struct batch *batch)
{
	TAILQ_REMOVE(&pool->waiting[batch->priority], batch, link);
	batch->is_waiting = false;
	pool->n_waiting--;
}

static void complete(struct pool_task *state)
{
	struct batch *batch = state->batch;

	state->task->outcome.result.ended = lwnpu_time();
	state->batch = NULL;
	if (!--batch->pending)
		free(batch);
	if (state->event >= 0)
		eventfd_write(state->event, 1);
	pthread_cond_broadcast(&state->ended);
}

/* The first task of the batch that goes first, or NULL. */
static struct pool_task *take_task(struct lw_pool *pool)
{
	struct pool_task *state;
	struct batch *batch;

	for (int priority = LWNPU_HIGH; priority >= LWNPU_LOW; priority--) {
		batch = TAILQ_FIRST(&pool->waiting[priority]);
		if (!batch)
			continue;
		remove_batch(pool, batch);
		state = STAILQ_FIRST(&batch->tasks);
		STAILQ_REMOVE_HEAD(&batch->tasks, link);
		return state;
	}
	return NULL;
}

static void run_task(struct lw_pool *pool, struct pool_task *state)
{
	struct lw_task *task = state->task;
	struct lw_outcome *outcome = &task->outcome;
	struct lw_run_result result = { 0 };
	int64_t now = lwnpu_time();
	int ret;

	if (task->deadline && now >= task->deadline) {
		ret = lw_fail(&outcome->error, -ETIME,
			      "job missed its deadline");
		lw_task_end(task, LWNPU_JOB_LATE, ret);
		return;
	}
	outcome->result.started = now;
	pthread_mutex_unlock(&pool->lock);
	ret = pool->ops->run(pool->engine, task->loaded, task->bindings,
			     &result, &outcome->error);
	pthread_mutex_lock(&pool->lock);
	outcome->result.has_gates = !ret && result.has_gates;
	outcome->result.gates = ret ? 0 : result.gates;
	lw_task_end(task, ret ? LWNPU_JOB_FAILED : LWNPU_JOB_DONE, ret);
}

static void *run_thread(void *data)
{
	struct lw_pool *pool = data;
	struct pool_task *state;
	struct batch *batch;

	pthread_mutex_lock(&pool->lock);
	while (!pool->is_stopping) {
		state = take_task(pool);
		if (!state) {
			pool->n_idle++;
			pthread_cond_wait(&pool->work, &pool->lock);
			pool->n_idle--;
			continue;
		}
		batch = state->batch;
		run_task(pool, state);
		/* It keeps its place; others of its age were behind it. */
		if (!STAILQ_EMPTY(&batch->tasks))
			put_batch(pool, batch, true);
		complete(state);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static int start_thread(struct lw_pool *pool)
{
	int ret = lw_thread_create(&pool->threads[pool->n_threads], run_thread,
				   pool);

	pool->n_threads += !ret;
	return ret;
}

/*
 * For a batch that will wait with the others: an idle thread may have been woken
 * for each. One thread is enough to go on, if more cannot be had.
 */
static int wake_thread(struct lw_pool *pool, struct lwnpu_error *error)
{
	int ret = 0;

	if (pool->n_idle > pool->n_waiting)
		pthread_cond_signal(&pool->work);
	else if (pool->n_threads < pool->max_threads)
		ret = start_thread(pool);
	if (ret && !pool->n_threads)
		return lw_fail(error, -ENOMEM, "no thread to run jobs: %s",
			       strerror(-ret));
	if (ret)
		lw_log(LWNPU_LOG_WARNING, "no more than %u threads: %s",
		       pool->n_threads, strerror(-ret));
	return 0;
}

static int task_init(void *runner, struct lw_task *task,
		     struct lwnpu_error *error)
{
	struct pool_task *state = calloc(1, sizeof(*state));

	(void)runner;
	if (!state)
		return lw_fail(error, -ENOMEM, "out of memory for a job");
	state->task = task;
	state->event = -1;
	init_cond(&state->ended);
	task->state = state;
	return 0;
}

static void close_event(struct pool_task *state)
{
	if (state->event >= 0)
		close(state->event);
	state->event = -1;
}

static void task_exit(void *runner, struct lw_task *task)
{
	struct pool_task *state = task->state;

	(void)runner;
	close_event(state);
	pthread_cond_destroy(&state->ended);
	free(state);
}

static void add_task(struct batch *batch, struct lw_task *task)
{
	struct pool_task *state = task->state;

	memset(&task->outcome, 0, sizeof(task->outcome));
	task->outcome.result.op = -1;
	task->outcome.result.submitted = lwnpu_time();
	close_event(state);
	state->batch = batch;
	STAILQ_INSERT_TAIL(&batch->tasks, state, link);
	batch->pending++;
}

static int task_submit(void *runner, struct lw_task *const *tasks,
		       unsigned int n, enum lwnpu_priority priority,
		       struct lwnpu_error *error)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	struct lw_pool *pool = runner;
	int ret;

	if (!batch)
		return lw_fail(error, -ENOMEM, "out of memory for %u jobs", n);
	STAILQ_INIT(&batch->tasks);
	batch->priority = priority;
	pthread_mutex_lock(&pool->lock);
	ret = wake_thread(pool, error);
	if (ret) {
		free(batch);
	} else {
		for (unsigned int i = 0; i < n; i++)
			add_task(batch, tasks[i]);
		put_batch(pool, batch, false);
	}
	pthread_mutex_unlock(&pool->lock);
	return ret;
}

static int wait_once(struct lw_pool *pool, struct pool_task *state,
		     int64_t timeout)
{
	struct timespec until = {
		.tv_sec = timeout / 1000000000,
		.tv_nsec = timeout % 1000000000,
	};

	if (timeout == INT64_MAX)
		return pthread_cond_wait(&state->ended, &pool->lock);
	if (timeout <= lwnpu_time())
		return ETIMEDOUT;
	return pthread_cond_timedwait(&state->ended, &pool->lock, &until);
}

static int task_wait(void *runner, struct lw_task *task, int64_t timeout)
{
	struct pool_task *state = task->state;
	struct lw_pool *pool = runner;
	int ret = 0;

	pthread_mutex_lock(&pool->lock);
	while (state->batch && !ret)
		ret = wait_once(pool, state, timeout);
	ret = state->batch ? -ETIMEDOUT : 0;
	pthread_mutex_unlock(&pool->lock);
	return ret;
}

static int task_cancel(void *runner, struct lw_task *task,
		       struct lwnpu_error *error)
{
	struct lw_pool *pool = runner;
	struct pool_task *state = task->state;
	struct batch *batch;
	int ret;

	(void)error;
	pthread_mutex_lock(&pool->lock);
	batch = state->batch;
	if (batch && batch->is_waiting)
		remove_batch(pool, batch);
	/* The batch goes with its last task, which may be the one that runs. */
	while (batch && (state = STAILQ_FIRST(&batch->tasks))) {
		STAILQ_REMOVE_HEAD(&batch->tasks, link);
		ret = lw_fail(&state->task->outcome.error, -ECANCELED,
			      "job cancelled");
		lw_task_end(state->task, LWNPU_JOB_CANCELED, ret);
		if (batch->pending == 1)
			batch = NULL;
		complete(state);
	}
	pthread_mutex_unlock(&pool->lock);
	return 0;
}

static int task_fd(void *runner, struct lw_task *task,
		   struct lwnpu_error *error)
{
	struct lw_pool *pool = runner;
	struct pool_task *state = task->state;
	int fd = -1;

	pthread_mutex_lock(&pool->lock);
	if (state->event < 0)
		state->event = eventfd(!state->batch,
				       EFD_CLOEXEC | EFD_NONBLOCK);
	if (state->event >= 0)
		fd = fcntl(state->event, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		fd = lw_fail(error, -errno, "no file to poll for a job: %s",
			     strerror(errno));
	pthread_mutex_unlock(&pool->lock);
	return fd;
}

const struct lw_task_ops lw_pool_tasks = {
	.init = task_init,
	.exit = task_exit,
	.submit = task_submit,
	.wait = task_wait,
	.cancel = task_cancel,
	.fd = task_fd,
};

static unsigned int count_threads(const struct lw_engine_ops *ops)
{
	long n = ops->max_running ? ops->max_running :
				    sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : n;
}

int lw_pool_create(struct lw_pool **pool, const struct lw_engine_ops *ops,
		   void *engine, struct lwnpu_error *error)
{
	struct lw_pool *made = calloc(1, sizeof(*made));

	if (!made)
		return lw_fail(error, -ENOMEM, "out of memory for a device");
	made->ops = ops;
	made->engine = engine;
	made->max_threads = count_threads(ops);
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->work, NULL);
	for (int i = 0; i < N_PRIORITIES; i++)
		TAILQ_INIT(&made->waiting[i]);
	*pool = made;
	return 0;
}

void lw_pool_destroy(struct lw_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->is_stopping = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned int i = 0; i < pool->n_threads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
