// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine that is a daemon: jobs go to its rings, and back if it dies. What
 * it is given, it may never give back; the watchdog sees to that.
 */
#include <linux/module.h>
#include <drm/drm_managed.h>

#include "lwnpu_dispatch.h"
#include "lwnpu_user.h"
#include "lwnpu_view.h"

static unsigned int lwnpu_recovery_ms = 30000;
module_param_named(recovery_ms, lwnpu_recovery_ms, uint, 0644);
MODULE_PARM_DESC(recovery_ms,
		 "how long jobs wait for the successor of a dead daemon");

static unsigned int lwnpu_max_attempts = 4;
module_param_named(max_attempts, lwnpu_max_attempts, uint, 0644);
MODULE_PARM_DESC(max_attempts,
		 "how often a job is begun by daemons that die before it ends");

static struct lwnpu_user *to_lwnpu_user(struct lwnpu_device *lwnpu)
{
	return lwnpu->engine_data;
}

static void lwnpu_user_record(struct lwnpu_ctl_record *record,
			      const struct lwnpu_job *job)
{
	u32 i;

	list_del_init(&job->program->bo->forget);
	record->type = LWNPU_CTL_JOB;
	record->n_bindings = job->n_bindings;
	record->id = job->number;
	record->program = job->program->bo->number;
	record->queue = job->queue->number;
	record->priority = job->queue->priority;
	record->attempt = job->attempts + 1;
	record->deadline_ns = ktime_to_ns(job->deadline);
	for (i = 0; i < job->n_bindings; i++) {
		const struct lwnpu_job_binding *binding = &job->binding[i];

		list_del_init(&binding->bo->forget);
		record->binding[i] = (struct lwnpu_ctl_binding) {
			.buffer = binding->bo->number,
			.offset = binding->offset,
			.size = binding->size,
			.region = binding->region,
			.direction = binding->direction,
		};
	}
}

static void lwnpu_user_note_begun(struct lwnpu_device *lwnpu)
{
	const struct lwnpu_ring *ring = to_lwnpu_user(lwnpu)->ring;
	struct lwnpu_job *job;

	list_for_each_entry(job, &lwnpu->running, node)
		if (lwnpu_ring_is_taken(ring, job->slot))
			lwnpu_job_begin(job);
}

/* Entries are reused only after it is known what has become of them. */
static int lwnpu_user_observe(struct lwnpu_device *lwnpu)
{
	int ret = lwnpu_ring_look(to_lwnpu_user(lwnpu)->ring);

	lwnpu_user_note_begun(lwnpu);
	return ret;
}

/* A daemon that is busy will see it; of those who wait, one comes. */
static u32 lwnpu_user_push(struct lwnpu_user *user, u32 which)
{
	u32 number = lwnpu_ring_push(user->ring, which);

	wake_up(&user->wait);
	return number;
}

static bool lwnpu_user_run(struct lwnpu_device *lwnpu, struct lwnpu_job *job)
{
	struct lwnpu_user *user = to_lwnpu_user(lwnpu);
	u32 which = job->queue->priority;
	struct lwnpu_ctl_record *record;

	if (!user->ring)
		return false;
	record = lwnpu_ring_next(user->ring, which);
	if (!record) {
		lwnpu_user_observe(lwnpu);
		record = lwnpu_ring_next(user->ring, which);
	}
	if (!record)
		return false;
	lwnpu_user_record(record, job);
	job->slot = lwnpu_user_push(user, which);
	return true;
}

static bool lwnpu_user_withdraw(struct lwnpu_device *lwnpu,
				struct lwnpu_job *job)
{
	struct lwnpu_user *user = to_lwnpu_user(lwnpu);

	return !user->ring || lwnpu_ring_withdraw(user->ring, job->slot);
}

static void lwnpu_user_give_news(struct lwnpu_user *user)
{
	struct lwnpu_ctl_record *record;
	struct lwnpu_bo *bo, *next;

	list_for_each_entry_safe(bo, next, &user->forget, forget) {
		record = lwnpu_ring_next(user->ring, LWNPU_CTL_RING_NEWS);
		if (!record)
			return;
		record->type = bo->is_program ? LWNPU_CTL_FORGET_PROGRAM :
						LWNPU_CTL_FORGET_BUFFER;
		record->id = bo->number;
		lwnpu_user_push(user, LWNPU_CTL_RING_NEWS);
		list_del_init(&bo->forget);
	}
}

int lwnpu_user_look(struct lwnpu_device *lwnpu)
{
	struct lwnpu_user *user = to_lwnpu_user(lwnpu);
	int ret;

	lockdep_assert_held(&lwnpu->lock);
	if (!user->ring)
		return 0;
	ret = lwnpu_user_observe(lwnpu);
	lwnpu_user_give_news(user);
	lwnpu_dispatch_feed(lwnpu);
	return ret;
}

static void lwnpu_user_look_only(struct lwnpu_device *lwnpu)
{
	lwnpu_user_look(lwnpu);
}

struct lwnpu_job *lwnpu_user_find(struct lwnpu_device *lwnpu, u64 number)
{
	struct lwnpu_job *job;

	lockdep_assert_held(&lwnpu->lock);
	list_for_each_entry(job, &lwnpu->running, node)
		if (job->number == number)
			return job;
	return NULL;
}

/* The daemon's completion will be refused. */
static void lwnpu_user_cancel(struct lwnpu_device *lwnpu, struct lwnpu_job *job)
{
}

static void lwnpu_user_forget(struct lwnpu_device *lwnpu, struct lwnpu_bo *bo)
{
	struct lwnpu_user *user = to_lwnpu_user(lwnpu);

	if (list_empty(&bo->forget))
		list_add_tail(&bo->forget, &user->forget);
	if (user->ring)
		lwnpu_user_give_news(user);
}

static bool lwnpu_user_is_away(struct lwnpu_device *lwnpu)
{
	return READ_ONCE(to_lwnpu_user(lwnpu)->away);
}

/* Take back what the daemon had; @lost gets what is not tried again. */
static void lwnpu_user_take_back(struct lwnpu_device *lwnpu,
				 struct list_head *lost)
{
	struct lwnpu_job *job, *next;

	list_for_each_entry_safe_reverse(job, next, &lwnpu->running, node) {
		if (job->attempts < lwnpu_max_attempts) {
			lwnpu_dispatch_return(job);
			continue;
		}
		lwnpu_job_claim(job);
		list_add(&job->node, lost);
	}
}

/* @ring is that of the daemon, or NULL for any. */
static void lwnpu_user_cut(struct lwnpu_device *lwnpu, struct lwnpu_ring *ring)
{
	struct lwnpu_user *user = to_lwnpu_user(lwnpu);
	bool cookie = dma_fence_begin_signalling();
	LIST_HEAD(lost);

	spin_lock(&lwnpu->lock);
	if (user->ring && (!ring || user->ring == ring)) {
		lwnpu_user_note_begun(lwnpu);
		user->ring = NULL;
		lwnpu_views_revoke(user->owner);
		lwnpu_user_take_back(lwnpu, &lost);
		user->recovery_end = ktime_add_ms(ktime_get(),
						  lwnpu_recovery_ms);
		if (!lwnpu->gone)
			mod_delayed_work(lwnpu->wq, &user->recovery,
					 msecs_to_jiffies(lwnpu_recovery_ms));
	}
	spin_unlock(&lwnpu->lock);
	lwnpu_job_fail_list(&lost, DRM_LWNPU_JOB_LOST);
	dma_fence_end_signalling(cookie);
	wake_up_all(&user->wait);
}

void lwnpu_user_detach(struct lwnpu_device *lwnpu, struct lwnpu_ring *ring)
{
	lwnpu_user_cut(lwnpu, ring);
}

void lwnpu_user_disown(struct lwnpu_views *views)
{
	struct lwnpu_device *lwnpu = views->lwnpu;
	struct lwnpu_user *user = to_lwnpu_user(lwnpu);

	spin_lock(&lwnpu->lock);
	if (user->owner == views)
		user->owner = NULL;
	spin_unlock(&lwnpu->lock);
}

/* A daemon that lets a job hang is not trusted with the others. */
static void lwnpu_user_reset(struct lwnpu_device *lwnpu)
{
	lwnpu_user_cut(lwnpu, NULL);
}

int lwnpu_user_attach(struct lwnpu_device *lwnpu, struct lwnpu_ring *ring)
{
	struct lwnpu_user *user = to_lwnpu_user(lwnpu);
	int ret = 0;

	spin_lock(&lwnpu->lock);
	if (lwnpu->gone) {
		ret = -ENODEV;
	} else if (user->owner) {
		ret = user->ring ? -EBUSY : -EAGAIN;
	} else {
		user->ring = ring;
		user->owner = ring->views;
		drm_dev_get(&lwnpu->drm);
		ring->views->lwnpu = lwnpu;
		user->away = false;
		lwnpu_user_look(lwnpu);
	}
	spin_unlock(&lwnpu->lock);
	return ret;
}

static void lwnpu_user_recovery_work(struct work_struct *work)
{
	struct lwnpu_user *user =
		container_of(to_delayed_work(work), struct lwnpu_user,
			     recovery);
	struct lwnpu_device *lwnpu = user->lwnpu;
	bool cookie = dma_fence_begin_signalling();
	LIST_HEAD(lost);

	spin_lock(&lwnpu->lock);
	if (!user->ring && !lwnpu->gone &&
	    ktime_compare(ktime_get(), user->recovery_end) >= 0) {
		user->away = true;
		lwnpu_dispatch_claim_all(lwnpu, &lost);
	}
	spin_unlock(&lwnpu->lock);
	lwnpu_job_fail_list(&lost, DRM_LWNPU_JOB_LOST);
	dma_fence_end_signalling(cookie);
}

static int lwnpu_user_start(struct lwnpu_device *lwnpu)
{
	struct lwnpu_user *user;

	user = drmm_kzalloc(&lwnpu->drm, sizeof(*user), GFP_KERNEL);
	if (!user)
		return -ENOMEM;
	user->lwnpu = lwnpu;
	INIT_LIST_HEAD(&user->forget);
	init_waitqueue_head(&user->wait);
	INIT_DELAYED_WORK(&user->recovery, lwnpu_user_recovery_work);
	user->away = true;
	lwnpu->engine_data = user;
	return 0;
}

static void lwnpu_user_stop(struct lwnpu_device *lwnpu)
{
	struct lwnpu_user *user = to_lwnpu_user(lwnpu);

	spin_lock(&lwnpu->lock);
	user->ring = NULL;
	if (user->owner)
		lwnpu_views_revoke(user->owner);
	spin_unlock(&lwnpu->lock);
	wake_up_all(&user->wait);
	cancel_delayed_work_sync(&user->recovery);
}

const struct lwnpu_engine_ops lwnpu_user_ops = {
	.start = lwnpu_user_start,
	.run = lwnpu_user_run,
	.look = lwnpu_user_look_only,
	.withdraw = lwnpu_user_withdraw,
	.cancel = lwnpu_user_cancel,
	.reset = lwnpu_user_reset,
	.stop = lwnpu_user_stop,
	.forget = lwnpu_user_forget,
	.is_away = lwnpu_user_is_away,
};
