// SPDX-License-Identifier: MIT
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "work.h"

/* One that is free and one for what comes meanwhile. */
#define MAX_WAITING 2

/* Completions of short jobs may wait for each other, this long. */
#define HOLD_NS 100000

#define STOP_STEP_MS 5

static void end_all(struct lwd_work *work)
{
	uint64_t one = 1;

	pthread_cond_broadcast(&work->wake);
	if (work->event >= 0 && write(work->event, &one, sizeof(one)) < 0)
		lwd_log(LOG_ERR, "eventfd: %m");
}

/* A call of RUN, without the lock that is held before and after. */
static void call_kernel(struct lwd_work *work, int64_t timeout_ns)
{
	struct lwd_ctl *ctl = work->ring.ctl;
	struct lwnpu_ctl_run run;
	int ret;

	lwd_ring_prepare(&work->ring, &run, timeout_ns);
	pthread_mutex_unlock(&work->lock);
	ret = ctl->ioctl(ctl->fd, LWNPU_CTL_RUN, &run);
	pthread_mutex_lock(&work->lock);
	ret = lwd_ring_finish(&work->ring, &run, ret);
	if (ret && !work->error) {
		work->error = ret;
		end_all(work);
	}
}

static void wait_in_kernel(struct lwd_lane *lane)
{
	struct lwd_work *work = lane->work;

	lane->is_waiting = true;
	work->n_waiting++;
	call_kernel(work, INT64_MAX);
	work->n_waiting--;
	lane->is_waiting = false;
}

static void forget_program(struct lwd_work *work, uint64_t id)
{
	work->forgotten[work->n_forgotten++ % LWD_MAX_FORGOTTEN] = id;
	/* Each lane unloads its own. */
	pthread_cond_broadcast(&work->wake);
}

/* Moves records from the ring to the queue. */
static void take_records(struct lwd_work *work)
{
	struct lwnpu_ctl_record record;

	if (work->is_stopping || work->error)
		return;
	while (work->queue.count < LWD_QUEUE_SIZE &&
	       lwd_ring_take(&work->ring, &record)) {
		if (record.type == LWNPU_CTL_JOB)
			lwd_queue_push(&work->queue, &record);
		else if (record.type == LWNPU_CTL_FORGET_BUFFER)
			lwd_buffers_forget(&work->buffers, record.id);
		else if (record.type == LWNPU_CTL_FORGET_PROGRAM)
			forget_program(work, record.id);
	}
}

/* Who fell far behind has missed some, and unloads all. */
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
	pthread_mutex_lock(&work->lock);
}

/* Somebody must see to what is left, and to what comes. */
static void hand_over(struct lwd_work *work)
{
	if (work->n_parked && (work->queue.count || !work->n_waiting))
		pthread_cond_signal(&work->wake);
}

/* Whether the completions can wait for the next job's. */
static bool can_hold(const struct lwd_lane *lane, int64_t now)
{
	struct lwd_work *work = lane->work;
	const struct lwnpu_ctl_record *next = lwd_queue_first(&work->queue);
	const struct lwd_program *program;

	if (!next || now - work->held_ns >= HOLD_NS)
		return false;
	program = lwd_programs_find(&lane->programs, next->program);
	return program && program->duration_ns < HOLD_NS;
}

static void put_completion(struct lwd_lane *lane,
			   const struct lwnpu_ctl_completion *completion)
{
	struct lwd_work *work = lane->work;

	if (work->ring.completed == work->ring.delivered)
		work->held_ns = completion->end_ns;
	while (!lwd_ring_put(&work->ring, completion) && !work->error)
		call_kernel(work, 0);
	take_records(work);
	/* With nothing to do, the call that waits will tell of it. */
	if (work->queue.count && !can_hold(lane, completion->end_ns))
		call_kernel(work, 0);
}

static void run_job(struct lwd_lane *lane,
		    const struct lwnpu_ctl_record *record)
{
	struct lwd_work *work = lane->work;
	struct lwnpu_ctl_completion completion;
	struct lwnpu_error error;

	lane->is_running = true;
	hand_over(work);
	pthread_mutex_unlock(&work->lock);
	lwd_job_run(record, work->ring.ctl, &lane->programs, &work->buffers,
		    &completion, &error);
	if (completion.error)
		lwd_log(LOG_DEBUG, "job %llu: %s",
			(unsigned long long)record->id, error.message);
	pthread_mutex_lock(&work->lock);
	lane->is_running = false;
	if (completion.error)
		work->failed++;
	else
		work->done++;
	put_completion(lane, &completion);
}

/*
 * A record wakes all who wait in the kernel. The first of them takes the job:
 * its engine is the one that has the program, and it is in the caches.
 */
static bool pop_job(struct lwd_lane *lane, struct lwnpu_ctl_record *record)
{
	struct lwd_work *work = lane->work;
	uint32_t before = 0;

	for (struct lwd_lane *other = work->lanes; other < lane; other++)
		before += other->is_waiting;
	return work->queue.count > before &&
	       lwd_queue_pop(&work->queue, record);
}

static void park(struct lwd_work *work)
{
	work->n_parked++;
	pthread_cond_wait(&work->wake, &work->lock);
	work->n_parked--;
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

	take_records(work);
	if (work->error)
		return false;
	if (lane->forgotten != work->n_forgotten)
		unload_forgotten(lane);
	else if (pop_job(lane, &record))
		run_job(lane, &record);
	else if (work->is_stopping && !has_undelivered(work))
		return false;
	else if (!work->is_stopping && work->n_waiting < MAX_WAITING)
		wait_in_kernel(lane);
	else if (has_undelivered(work))
		call_kernel(work, 0);
	else
		park(work);
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
	pthread_cond_init(&work->wake, NULL);
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
	pthread_cond_broadcast(&work->wake);
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
	pthread_cond_destroy(&work->wake);
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
	summary->queued = work->queue.count;
	summary->error = work->error;
	for (uint32_t i = 0; i < work->n_lanes; i++)
		summary->running += work->lanes[i].is_running;
	pthread_mutex_unlock(&work->lock);
}
