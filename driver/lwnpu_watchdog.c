// SPDX-License-Identifier: GPL-2.0-only
/*
 * No job lasts for ever. The scheduler's own timeout looks at the oldest job
 * only; here jobs run at the same time, and have deadlines of their own.
 *
 * A job hangs if it was begun too long ago. One that the engine has at hand may
 * wait for others, as long as the engine begins and ends some; if it does neither
 * for twice the time of a job, it is the engine that hangs, and no job is guilty.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <drm/drm_print.h>

#include "lwnpu_dispatch.h"
#include "lwnpu_dump.h"
#include "lwnpu_watchdog.h"

/* Engines that do not tell when they begin are asked so often in that time. */
#define LWNPU_LOOKS 8

/*
 * A job that the engine has may write its buffers: it ends when the engine says
 * so, or with the engine.
 */
static ktime_t lwnpu_job_due(const struct lwnpu_job *job)
{
	if (job->begun)
		return ktime_add_ms(job->begun, lwnpu_timeout_ms);
	return ktime_add_ms(max(job->given, job->lwnpu->progress),
			    2 * (u64)lwnpu_timeout_ms);
}

/* When to look at a job that the engine has. */
static ktime_t lwnpu_watchdog_look_at(const struct lwnpu_job *job)
{
	ktime_t due = lwnpu_job_due(job), now = ktime_get();

	if (job->begun)
		return due;
	due = min(due, ktime_add_ms(now, lwnpu_timeout_ms / LWNPU_LOOKS));
	if (ktime_compare(now, job->deadline) < 0)
		due = min(due, job->deadline);
	return due;
}

static ktime_t lwnpu_watchdog_next(struct lwnpu_device *lwnpu)
{
	struct timerqueue_node *first = timerqueue_getnext(&lwnpu->deadlines);
	ktime_t due = first ? first->expires : KTIME_MAX;
	struct lwnpu_job *job;

	if (!list_empty(&lwnpu->late))
		return 0;
	list_for_each_entry(job, &lwnpu->running, node)
		due = min(due, lwnpu_watchdog_look_at(job));
	return due;
}

void lwnpu_watchdog_arm(struct lwnpu_device *lwnpu)
{
	ktime_t due;
	s64 left;

	lockdep_assert_held(&lwnpu->lock);
	due = lwnpu_watchdog_next(lwnpu);
	if (ktime_compare(due, lwnpu->watchdog_due) >= 0)
		return;
	lwnpu->watchdog_due = due;
	left = ktime_to_ns(ktime_sub(due, ktime_get()));
	mod_delayed_work(lwnpu->wq, &lwnpu->watchdog,
			 left > 0 ? nsecs_to_jiffies64(left) + 1 : 0);
}

static void lwnpu_watchdog_claim_late(struct lwnpu_device *lwnpu,
				      struct list_head *late)
{
	struct timerqueue_node *first;
	struct lwnpu_job *job, *next;
	ktime_t now = ktime_get();

	list_splice_init(&lwnpu->late, late);
	list_for_each_entry_safe(job, next, &lwnpu->running, node)
		if (ktime_compare(now, job->deadline) >= 0 &&
		    lwnpu_dispatch_withdraw(job))
			list_add_tail(&job->node, late);
	while ((first = timerqueue_getnext(&lwnpu->deadlines)) &&
	       ktime_compare(now, first->expires) >= 0) {
		job = container_of(first, struct lwnpu_job, due);
		lwnpu_job_claim(job);
		list_add_tail(&job->node, late);
	}
}

static void lwnpu_watchdog_take(struct lwnpu_job *job, struct list_head *list)
{
	lwnpu_job_claim(job);
	job->lwnpu->engine->cancel(job->lwnpu, job);
	list_add_tail(&job->node, list);
}

static void lwnpu_watchdog_claim_hung(struct lwnpu_device *lwnpu,
				      struct list_head *hung)
{
	ktime_t now = ktime_get();
	struct lwnpu_job *job, *next;

	list_for_each_entry_safe(job, next, &lwnpu->running, node) {
		if (!job->begun || ktime_compare(now, lwnpu_job_due(job)) < 0)
			continue;
		if (!job->queue->guilty) {
			job->queue->guilty = job->id;
			WRITE_ONCE(job->queue->state, DRM_LWNPU_QUEUE_GUILTY);
		}
		lwnpu_watchdog_take(job, hung);
	}
}

/* What is behind a guilty job, also if it is begun: the engine is reset. */
static void lwnpu_watchdog_claim_behind(struct lwnpu_device *lwnpu,
					const struct list_head *hung,
					struct list_head *canceled)
{
	struct lwnpu_job *job, *next;

	list_for_each_entry_safe(job, next, &lwnpu->running, node)
		if (job->queue->guilty && job->id > job->queue->guilty)
			lwnpu_watchdog_take(job, canceled);
	list_for_each_entry(job, hung, node)
		lwnpu_dispatch_claim_queue(job->queue, job->queue->guilty,
					   canceled);
}

static bool lwnpu_watchdog_is_stuck(struct lwnpu_device *lwnpu)
{
	ktime_t now = ktime_get();
	struct lwnpu_job *job;

	list_for_each_entry(job, &lwnpu->running, node)
		if (ktime_compare(now, lwnpu_job_due(job)) >= 0)
			return true;
	return false;
}

void lwnpu_watchdog_work(struct work_struct *work)
{
	struct lwnpu_device *lwnpu =
		container_of(to_delayed_work(work), struct lwnpu_device,
			     watchdog);
	bool cookie = dma_fence_begin_signalling();
	bool is_stuck;
	LIST_HEAD(canceled);
	LIST_HEAD(late);
	LIST_HEAD(hung);

	spin_lock(&lwnpu->lock);
	lwnpu->watchdog_due = KTIME_MAX;
	if (lwnpu->engine->look)
		lwnpu->engine->look(lwnpu);
	lwnpu_watchdog_claim_late(lwnpu, &late);
	lwnpu_watchdog_claim_hung(lwnpu, &hung);
	lwnpu_watchdog_claim_behind(lwnpu, &hung, &canceled);
	is_stuck = lwnpu_watchdog_is_stuck(lwnpu);
	if (!list_empty(&hung))
		lwnpu_dump_note(lwnpu, list_first_entry(&hung, struct lwnpu_job,
							node));
	if (is_stuck || !list_empty(&hung)) {
		lwnpu->counters.resets++;
		lwnpu->progress = ktime_get();
	}
	spin_unlock(&lwnpu->lock);

	if (is_stuck)
		drm_err(&lwnpu->drm, "the engine begins no job, and is reset\n");
	if (is_stuck || !list_empty(&hung))
		lwnpu->engine->reset(lwnpu);
	lwnpu_job_fail_list(&late, DRM_LWNPU_JOB_LATE);
	lwnpu_job_fail_list(&hung, DRM_LWNPU_JOB_HUNG);
	lwnpu_job_fail_list(&canceled, DRM_LWNPU_JOB_CANCELED);
	spin_lock(&lwnpu->lock);
	lwnpu_watchdog_arm(lwnpu);
	spin_unlock(&lwnpu->lock);
	dma_fence_end_signalling(cookie);
}
