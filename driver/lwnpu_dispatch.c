// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which job the engine gets next. The scheduler knows what a job waits for in
 * other queues, and then it comes here. The order of a queue is kept here: so a
 * job can be given by the very call that completes the one before it, and is not
 * passed meanwhile by less urgent ones. To count what the engine has is also not
 * the scheduler's part: for it, a job that is done, but waits for one before it
 * in its queue, would still keep others from the engine.
 */
#include <linux/ktime.h>

#include "lwnpu_dispatch.h"
#include "lwnpu_trace.h"
#include "lwnpu_watchdog.h"

void lwnpu_dispatch_init(struct lwnpu_device *lwnpu)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lwnpu->ready); i++)
		INIT_LIST_HEAD(&lwnpu->ready[i]);
	INIT_LIST_HEAD(&lwnpu->holding);
	INIT_LIST_HEAD(&lwnpu->late);
	INIT_LIST_HEAD(&lwnpu->running);
	timerqueue_init_head(&lwnpu->deadlines);
}

static void lwnpu_dispatch_note_deadline(struct lwnpu_job *job)
{
	if (job->deadline == KTIME_MAX)
		return;
	job->due.expires = job->deadline;
	timerqueue_add(&job->lwnpu->deadlines, &job->due);
}

void lwnpu_dispatch_add(struct lwnpu_job *job)
{
	struct lwnpu_device *lwnpu = job->lwnpu;
	struct lwnpu_queue *queue = job->queue;

	lockdep_assert_held(&lwnpu->lock);
	if (lwnpu_queue_completed(queue) >= job->after) {
		list_add_tail(&job->node, &lwnpu->ready[queue->priority]);
	} else {
		list_add_tail(&job->node, &queue->held);
		list_move(&queue->holding, &lwnpu->holding);
	}
	lwnpu_dispatch_note_deadline(job);
}

void lwnpu_dispatch_release(struct lwnpu_queue *queue)
{
	struct lwnpu_device *lwnpu = queue->file->lwnpu;
	struct lwnpu_job *job, *next;
	u64 completed;

	spin_lock(&lwnpu->lock);
	/* Whoever finds a job to be too early has the lock. */
	completed = lwnpu_queue_completed(queue);
	list_for_each_entry_safe(job, next, &queue->held, node) {
		if (completed >= job->after)
			list_move_tail(&job->node,
				       &lwnpu->ready[queue->priority]);
		else if (!queue->parallel)
			break;
	}
	if (list_empty(&queue->held))
		list_del_init(&queue->holding);
	lwnpu_dispatch_feed(lwnpu);
	spin_unlock(&lwnpu->lock);
}

void lwnpu_dispatch_return(struct lwnpu_job *job)
{
	struct lwnpu_device *lwnpu = job->lwnpu;

	lwnpu_job_claim(job);
	job->given = 0;
	job->begun = 0;
	list_add(&job->node, &lwnpu->ready[job->queue->priority]);
	lwnpu_dispatch_note_deadline(job);
}

static struct lwnpu_job *lwnpu_dispatch_next(struct lwnpu_device *lwnpu)
{
	struct lwnpu_job *job;
	int i;

	for (i = ARRAY_SIZE(lwnpu->ready) - 1; i >= 0; i--) {
		job = list_first_entry_or_null(&lwnpu->ready[i],
					       struct lwnpu_job, node);
		if (job)
			return job;
	}
	return NULL;
}

/* Return: false if the engine does not take it. */
static bool lwnpu_dispatch_give(struct lwnpu_device *lwnpu,
				struct lwnpu_job *job, ktime_t now)
{
	lwnpu_job_claim(job);
	job->given = now;
	list_add_tail(&job->node, &lwnpu->running);
	lwnpu->n_running++;
	if (!lwnpu->engine->run(lwnpu, job)) {
		lwnpu_dispatch_return(job);
		return false;
	}
	trace_lwnpu_job_give(job);
	return true;
}

void lwnpu_dispatch_feed(struct lwnpu_device *lwnpu)
{
	ktime_t now = ktime_get();
	struct lwnpu_job *job;

	lockdep_assert_held(&lwnpu->lock);
	while (!lwnpu->gone && lwnpu->n_running < lwnpu->config.depth) {
		job = lwnpu_dispatch_next(lwnpu);
		if (!job)
			break;
		if (ktime_compare(now, job->deadline) >= 0) {
			lwnpu_job_claim(job);
			list_add_tail(&job->node, &lwnpu->late);
		} else if (!lwnpu_dispatch_give(lwnpu, job, now)) {
			break;
		}
	}
	lwnpu_watchdog_arm(lwnpu);
}

static void lwnpu_dispatch_claim(struct list_head *from,
				 const struct lwnpu_queue *queue, u64 id,
				 struct list_head *list)
{
	struct lwnpu_job *job, *next;

	list_for_each_entry_safe(job, next, from, node) {
		if (queue && (job->queue != queue || job->id <= id))
			continue;
		lwnpu_job_claim(job);
		list_add_tail(&job->node, list);
	}
}

bool lwnpu_dispatch_withdraw(struct lwnpu_job *job)
{
	struct lwnpu_device *lwnpu = job->lwnpu;

	if (job->begun || !lwnpu->engine->withdraw ||
	    !lwnpu->engine->withdraw(lwnpu, job))
		return false;
	lwnpu_job_claim(job);
	return true;
}

static void lwnpu_dispatch_claim_at_hand(struct lwnpu_queue *queue, u64 id,
					 struct list_head *list)
{
	struct lwnpu_job *job, *next;

	list_for_each_entry_safe(job, next, &queue->file->lwnpu->running, node)
		if (job->queue == queue && job->id > id &&
		    lwnpu_dispatch_withdraw(job))
			list_add_tail(&job->node, list);
}

void lwnpu_dispatch_claim_queue(struct lwnpu_queue *queue, u64 id,
				struct list_head *list)
{
	struct lwnpu_device *lwnpu = queue->file->lwnpu;

	lockdep_assert_held(&lwnpu->lock);
	lwnpu_dispatch_claim_at_hand(queue, id, list);
	lwnpu_dispatch_claim(&lwnpu->ready[queue->priority], queue, id, list);
	lwnpu_dispatch_claim(&queue->held, queue, id, list);
	if (list_empty(&queue->held))
		list_del_init(&queue->holding);
}

void lwnpu_dispatch_claim_all(struct lwnpu_device *lwnpu,
			      struct list_head *list)
{
	struct lwnpu_queue *queue, *next;
	struct lwnpu_job *job;
	u32 i;

	lockdep_assert_held(&lwnpu->lock);
	list_for_each_entry(job, &lwnpu->running, node)
		lwnpu->engine->cancel(lwnpu, job);
	lwnpu_dispatch_claim(&lwnpu->running, NULL, 0, list);
	lwnpu_dispatch_claim(&lwnpu->late, NULL, 0, list);
	for (i = 0; i < ARRAY_SIZE(lwnpu->ready); i++)
		lwnpu_dispatch_claim(&lwnpu->ready[i], NULL, 0, list);
	list_for_each_entry_safe(queue, next, &lwnpu->holding, holding) {
		lwnpu_dispatch_claim(&queue->held, NULL, 0, list);
		list_del_init(&queue->holding);
	}
}
