// SPDX-License-Identifier: MIT
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "work.h"

/* Completions of short jobs may wait for each other, this long. */
#define HOLD_NS 100000

#define STOP_STEP_MS 5

static void end_all(struct lwd_work *work)
{
	uint64_t one = 1;

	if (work->event >= 0 && write(work->event, &one, sizeof(one)) < 0)
		lwd_log(LOG_ERR, "eventfd: %m");
}

/*
 * A call of RUN, without the lock that is held before and after.
 *
 * Return: the kernel's time, or 0.
 */
static int64_t call_kernel(struct lwd_work *work, int64_t timeout_ns)
{
	struct lwnpu_ctl_run run = { .timeout_ns = timeout_ns };
	uint32_t completed = work->ring.completed;
	struct lwd_ctl *ctl = work->ring.ctl;
	int ret;

	pthread_mutex_unlock(&work->lock);
	ret = ctl->ioctl(ctl->fd, LWNPU_CTL_RUN, &run);
	pthread_mutex_lock(&work->lock);
	ret = lwd_ring_finish(&work->ring, completed, run.refused, ret);
	if (ret && !work->error) {
		work->error = ret;
		end_all(work);
	}
	return run.now_ns;
}

static void wait_in_kernel(struct lwd_lane *lane)
{
	struct lwd_work *work = lane->work;

	lane->is_waiting = true;
	work->n_waiting++;
	lane->now = call_kernel(work, INT64_MAX);
	work->n_waiting--;
	lane->is_waiting = false;
}

/*
 * Who fell far behind has missed some, and unloads all. The lock of the lane's
 * engine is held; it and that of the work are released.
 */
static void unload_forgotten(struct lwd_lane *lane)
{
	struct lwd_work *work = lane->work;
	uint64_t ids[LWD_MAX_FORGOTTEN];
	uint32_t n = work->n_forgotten - lane->forgotten;

	for (uint32_t i = 0; i < n && n <= LWD_MAX_FORGOTTEN; i++)
		ids[i] = work->forgotten[(lane->forgotten + i) %
					 LWD_MAX_FORGOTTEN];
	lane->forgotten = work->n_forgotten;
	pthread_mutex_unlock(&work->lock);
	if (n > LWD_MAX_FORGOTTEN)
		lwd_programs_clear(&lane->programs);
	else
		for (uint32_t i = 0; i < n; i++)
			lwd_programs_forget(&lane->programs, ids[i]);
	pthread_mutex_unlock(&lane->engine_lock);
}

/* Lanes that run a job do it themselves, afterwards. */
static void unload_everywhere(struct lwd_work *work)
{
	for (uint32_t i = 0; i < work->n_lanes; i++) {
		struct lwd_lane *lane = &work->lanes[i];

		if (lane->forgotten == work->n_forgotten ||
		    pthread_mutex_trylock(&lane->engine_lock))
			continue;
		unload_forgotten(lane);
		pthread_mutex_lock(&work->lock);
	}
}

static void forget_program(struct lwd_work *work, uint64_t id)
{
	work->forgotten[work->n_forgotten++ % LWD_MAX_FORGOTTEN] = id;
	unload_everywhere(work);
}

/* Whether the completions can wait for the next job's. */
static bool can_hold(const struct lwd_lane *lane, int64_t now)
{
	const struct lwnpu_ctl_record *next =
		lwd_ring_first(&lane->work->ring);
	const struct lwd_program *program;

	if (!next || now - lane->work->held_ns >= HOLD_NS)
		return false;
	program = lwd_programs_find(&lane->programs, next->program);
	return program && program->duration_ns < HOLD_NS;
}

/* Only who goes on to the next job needs to know when this one ended. */
static void note_end(struct lwd_lane *lane,
		     const struct lwnpu_ctl_record *record,
		     struct lwnpu_ctl_completion *completion)
{
	struct lwd_program *program;

	lane->now = 0;
	if (!lwd_ring_first(&lane->work->ring))
		return;
	lane->now = lwd_now();
	completion->end_ns = lane->now;
	program = lwd_programs_find(&lane->programs, record->program);
	if (program && completion->start_ns)
		program->duration_ns = completion->end_ns -
				       completion->start_ns;
}

static void put_completion(struct lwd_lane *lane,
			   const struct lwnpu_ctl_completion *completion)
{
	struct lwd_work *work = lane->work;

	if (work->ring.completed == work->ring.delivered)
		work->held_ns = completion->end_ns;
	while (!lwd_ring_put(&work->ring, completion) && !work->error)
		lane->now = call_kernel(work, 0);
	if (!lane->now && !work->is_stopping)
		wait_in_kernel(lane);
	else if (!can_hold(lane, lane->now))
		lane->now = call_kernel(work, 0);
}

static void run_job(struct lwd_lane *lane,
		    const struct lwnpu_ctl_record *record)
{
	struct lwd_work *work = lane->work;
	struct lwnpu_ctl_completion completion;
	struct lwnpu_error error;

	lane->is_running = true;
	pthread_mutex_unlock(&work->lock);
	pthread_mutex_lock(&lane->engine_lock);
	lwd_job_run(record, work->ring.ctl, &lane->programs, &work->buffers,
		    lane->now, &completion, &error);
	pthread_mutex_unlock(&lane->engine_lock);
	if (completion.error)
		lwd_log(LOG_DEBUG, "job %llu: %s",
			(unsigned long long)record->id, error.message);
	pthread_mutex_lock(&work->lock);
	lane->is_running = false;
	if (completion.error)
		work->failed++;
	else
		work->done++;
	note_end(lane, record, &completion);
	put_completion(lane, &completion);
}

static void handle(struct lwd_lane *lane,
		   const struct lwnpu_ctl_record *record)
{
	struct lwd_work *work = lane->work;

	if (record->type == LWNPU_CTL_JOB) {
		run_job(lane, record);
		return;
	}
	lane->now = 0;
	if (record->type == LWNPU_CTL_FORGET_BUFFER)
		lwd_buffers_forget(&work->buffers, record->id);
	else if (record->type == LWNPU_CTL_FORGET_PROGRAM)
		forget_program(work, record->id);
}

static bool has_undelivered(const struct lwd_work *work)
{
	return work->ring.completed != work->ring.delivered;
}

/* Return: false to end. */
static bool step(struct lwd_lane *lane)
{
	struct lwd_work *work = lane->work;
	struct lwnpu_ctl_record record;

	if (work->error)
		return false;
	if (lane->forgotten != work->n_forgotten)
		unload_everywhere(work);
	else if (!work->is_stopping && lwd_ring_take(&work->ring, &record))
		handle(lane, &record);
	else if (!work->is_stopping)
		wait_in_kernel(lane);
	else if (has_undelivered(work))
		call_kernel(work, 0);
	else
		return false;
	return true;
}

static void *work_thread(void *argument)
{
	struct lwd_lane *lane = argument;
	struct lwd_work *work = lane->work;

	pthread_mutex_lock(&work->lock);
	while (step(lane))
		;
	work->n_running--;
	pthread_mutex_unlock(&work->lock);
	return NULL;
}

static int start_threads(struct lwd_work *work, struct lwnpu_error *error)
{
	int ret = 0;

	pthread_mutex_lock(&work->lock);
	for (uint32_t i = 0; i < work->n_lanes && !ret; i++) {
		struct lwd_lane *lane = &work->lanes[i];

		lane->work = work;
		lane->forgotten = 0;
		lane->now = 0;
		ret = -pthread_create(&lane->thread, NULL, work_thread, lane);
		work->n_running += !ret;
	}
	if (ret)
		work->n_lanes = work->n_running;
	pthread_mutex_unlock(&work->lock);
	return ret ? lw_fail(error, ret, "a thread: %s", strerror(-ret)) : 0;
}

int lwd_work_start(struct lwd_work *work, struct lwd_ctl *ctl,
		   const struct lwnpu_ctl_start *start, struct lwd_lane *lanes,
		   uint32_t n_lanes, int event, struct lwnpu_error *error)
{
	int ret;

	memset(work, 0, sizeof(*work));
	ret = lwd_ring_open(&work->ring, ctl, start, error);
	if (ret)
		return ret;
	pthread_mutex_init(&work->lock, NULL);
	lwd_buffers_init(&work->buffers, LWD_MAX_BUFFERS);
	work->lanes = lanes;
	work->n_lanes = n_lanes;
	work->event = event;
	ret = start_threads(work, error);
	if (ret && lwd_work_stop(work, -1))
		lwd_work_release(work);
	return ret;
}

/* A signal that comes before the call is lost: so it is sent again. */
static bool interrupt(struct lwd_work *work)
{
	bool ended;

	pthread_mutex_lock(&work->lock);
	for (uint32_t i = 0; i < work->n_lanes; i++)
		if (work->lanes[i].is_waiting)
			pthread_kill(work->lanes[i].thread, LWD_WAKE_SIGNAL);
	ended = !work->n_running;
	pthread_mutex_unlock(&work->lock);
	return ended;
}

bool lwd_work_stop(struct lwd_work *work, int timeout_ms)
{
	const struct timespec pause = { .tv_nsec = STOP_STEP_MS * 1000000 };

	pthread_mutex_lock(&work->lock);
	work->is_stopping = true;
	pthread_mutex_unlock(&work->lock);
	while (!interrupt(work)) {
		if (timeout_ms >= 0 && (timeout_ms -= STOP_STEP_MS) < 0)
			return false;
		nanosleep(&pause, NULL);
	}
	for (uint32_t i = 0; i < work->n_lanes; i++)
		pthread_join(work->lanes[i].thread, NULL);
	return true;
}

/* Programs' numbers mean nothing to another device. */
void lwd_work_release(struct lwd_work *work)
{
	for (uint32_t i = 0; i < work->n_lanes; i++)
		lwd_programs_clear(&work->lanes[i].programs);
	lwd_buffers_release(&work->buffers);
	lwd_ring_close(&work->ring);
	pthread_mutex_destroy(&work->lock);
}

void lwd_work_probe(struct lwd_work *work)
{
	pthread_mutex_lock(&work->lock);
	if (!work->n_waiting && !work->error)
		call_kernel(work, 0);
	pthread_mutex_unlock(&work->lock);
}

void lwd_work_summary(struct lwd_work *work, struct lwd_summary *summary)
{
	memset(summary, 0, sizeof(*summary));
	pthread_mutex_lock(&work->lock);
	summary->done = work->done;
	summary->failed = work->failed;
	summary->refused = work->ring.refused;
	summary->error = work->error;
	for (uint32_t i = 0; i < work->n_lanes; i++)
		summary->running += work->lanes[i].is_running;
	pthread_mutex_unlock(&work->lock);
}
