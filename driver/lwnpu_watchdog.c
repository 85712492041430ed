// SPDX-License-Identifier: GPL-2.0-only
/*
 * No job lasts for ever. The scheduler's own timeout looks at the oldest job
 * only; here jobs run at the same time, and have deadlines of their own.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "lwnpu_dump.h"
#include "lwnpu_job.h"
#include "lwnpu_watchdog.h"

/*
 * A job that the engine has may write its buffers: it ends when the engine says
 * so, or with the engine.
 */
static ktime_t lwnpu_job_due(const struct lwnpu_job *job)
{
	if (!job->given)
		return job->deadline;
	return ktime_add_ms(job->given, lwnpu_timeout_ms);
}

void lwnpu_watchdog_arm(struct lwnpu_device *lwnpu)
{
	ktime_t due = KTIME_MAX;
	struct lwnpu_job *job;
	s64 left;

	lockdep_assert_held(&lwnpu->lock);
	list_for_each_entry(job, &lwnpu->running, node) {
		due = min(due, lwnpu_job_due(job));
	}
	if (due == KTIME_MAX)
		return;
	left = ktime_to_ns(ktime_sub(due, ktime_get()));
	mod_delayed_work(lwnpu->wq, &lwnpu->watchdog,
			 left > 0 ? nsecs_to_jiffies64(left) + 1 : 0);
}

static void lwnpu_watchdog_claim(struct lwnpu_device *lwnpu,
				 struct list_head *late, struct list_head *hung)
{
	ktime_t now = ktime_get();
	struct lwnpu_job *job, *next;

	list_for_each_entry_safe(job, next, &lwnpu->running, node) {
		if (ktime_compare(now, lwnpu_job_due(job)) < 0)
			continue;
		lwnpu_job_claim(job);
		lwnpu->engine->cancel(lwnpu, job);
		list_add_tail(&job->node, job->given ? hung : late);
	}
}

void lwnpu_watchdog_work(struct work_struct *work)
{
	struct lwnpu_device *lwnpu =
		container_of(to_delayed_work(work), struct lwnpu_device,
			     watchdog);
	bool cookie = dma_fence_begin_signalling();
	bool hangs;
	LIST_HEAD(late);
	LIST_HEAD(hung);

	spin_lock(&lwnpu->lock);
	lwnpu_watchdog_claim(lwnpu, &late, &hung);
	hangs = !list_empty(&hung);
	if (hangs) {
		lwnpu->counters.resets++;
		lwnpu_dump_note(lwnpu, list_first_entry(&hung, struct lwnpu_job,
							node));
	}
	spin_unlock(&lwnpu->lock);

	lwnpu_job_fail_list(&late, DRM_LWNPU_JOB_LATE);
	lwnpu_job_fail_list(&hung, DRM_LWNPU_JOB_HUNG);
	if (hangs)
		lwnpu->engine->reset(lwnpu);
	spin_lock(&lwnpu->lock);
	lwnpu_watchdog_arm(lwnpu);
	spin_unlock(&lwnpu->lock);
	dma_fence_end_signalling(cookie);
}
