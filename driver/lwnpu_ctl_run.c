// SPDX-License-Identifier: GPL-2.0-only
/* RUN: completions in, records out. */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <asm/barrier.h>

#include "lwnpu_ctl_file.h"

/* Of a program without gates, none was taken. */
static u64 lwnpu_ctl_gates(const struct lwnpu_program *program, u64 gates)
{
	u32 n = program->info.n_gates;

	return n ? gates & GENMASK_ULL(n - 1, 0) : 0;
}

static void lwnpu_ctl_judge(const struct lwnpu_job *job,
			    const struct lwnpu_ctl_completion *said,
			    struct drm_lwnpu_completion *completion)
{
	u64 given = ktime_to_ns(job->given);
	u64 now = ktime_get_ns();

	completion->start_ns = clamp(said->start_ns, given, now);
	completion->end_ns = now;
	if (said->end_ns)
		completion->end_ns = clamp(said->end_ns, completion->start_ns,
					   now);
	completion->cycles = said->cycles;
	completion->op = DRM_LWNPU_NONE;
	completion->status = DRM_LWNPU_JOB_DONE;
	if (!said->error) {
		completion->gates = lwnpu_ctl_gates(job->program, said->gates);
		return;
	}
	completion->status = DRM_LWNPU_JOB_FAILED;
	if (said->error == -ETIME && now >= ktime_to_ns(job->deadline))
		completion->status = DRM_LWNPU_JOB_LATE;
	completion->error = said->error;
	if (said->error > 0 || said->error < -MAX_ERRNO)
		completion->error = -EIO;
	if (said->op < job->program->n_ops)
		completion->op = said->op;
}

/* Return: 0; -ENOENT: no job in flight is meant; or lwnpu_ctl_check(). */
static int lwnpu_ctl_complete(struct lwnpu_ctl *ctl,
			      const struct lwnpu_ctl_completion *said)
{
	struct drm_lwnpu_completion completion = {};
	struct lwnpu_device *lwnpu = ctl->lwnpu;
	bool cookie = dma_fence_begin_signalling();
	struct lwnpu_job *job = NULL;
	int ret;

	spin_lock(&lwnpu->lock);
	ret = lwnpu_ctl_check(ctl);
	if (!ret && !memchr_inv(said->reserved, 0, sizeof(said->reserved)))
		job = lwnpu_user_find(lwnpu, said->id);
	if (job)
		lwnpu_job_end(job);
	spin_unlock(&lwnpu->lock);
	if (job) {
		lwnpu_ctl_judge(job, said, &completion);
		lwnpu_job_complete(job, &completion);
	} else if (!ret) {
		ret = -ENOENT;
	}
	dma_fence_end_signalling(cookie);
	return ret;
}

static int lwnpu_ctl_completions(struct lwnpu_ctl *ctl,
				 struct lwnpu_ctl_run *args)
{
	struct lwnpu_ring *ring = &ctl->ring;
	/* What is completed is written before. */
	u32 completed = smp_load_acquire(&ring->completions->completed);
	struct lwnpu_ctl_completion said;
	int ret;

	if (completed - ring->completed > ring->size)
		return -EINVAL;
	while (ring->completed != completed) {
		lwnpu_ring_read(ring, &said);
		ret = lwnpu_ctl_complete(ctl, &said);
		if (ret && ret != -ENOENT)
			return ret;
		args->refused += ret == -ENOENT;
	}
	return 0;
}

static int lwnpu_ctl_look(struct lwnpu_ctl *ctl)
{
	struct lwnpu_device *lwnpu = ctl->lwnpu;
	int ret;

	spin_lock(&lwnpu->lock);
	ret = lwnpu_ctl_check(ctl);
	if (!ret)
		ret = lwnpu_user_look(lwnpu);
	spin_unlock(&lwnpu->lock);
	return ret;
}

/* Records, or no reason to wait for them any more. */
static bool lwnpu_ctl_has_news(struct lwnpu_ctl *ctl, int *ret)
{
	struct lwnpu_device *lwnpu = ctl->lwnpu;
	bool has_news;

	spin_lock(&lwnpu->lock);
	*ret = lwnpu_ctl_check(ctl);
	has_news = lwnpu_ring_has_news(&ctl->ring);
	spin_unlock(&lwnpu->lock);
	return *ret || has_news;
}

/*
 * A record wakes one of those who wait: the last that came, who has programs in
 * the caches.
 */
static void lwnpu_ctl_wait_begin(wait_queue_head_t *head,
				 struct wait_queue_entry *entry)
{
	spin_lock_irq(&head->lock);
	if (list_empty(&entry->entry))
		__add_wait_queue_exclusive(head, entry);
	set_current_state(TASK_INTERRUPTIBLE);
	spin_unlock_irq(&head->lock);
}

/* A tick that comes late ends a wait early, by the clock: there is a rest. */
static int lwnpu_ctl_wait(struct lwnpu_ctl *ctl, s64 timeout_ns)
{
	struct lwnpu_user *user = ctl->lwnpu->engine_data;
	DEFINE_WAIT(entry);
	ktime_t left;
	int ret;

	for (;;) {
		lwnpu_ctl_wait_begin(&user->wait, &entry);
		if (lwnpu_ctl_has_news(ctl, &ret))
			break;
		left = lwnpu_timeout(timeout_ns);
		if (!left)
			ret = -ETIMEDOUT;
		else if (signal_pending(current))
			ret = -ERESTARTSYS;
		if (ret)
			break;
		schedule_timeout(lwnpu_timeout_jiffies(left));
	}
	finish_wait(&user->wait, &entry);
	return ret;
}

static int lwnpu_ctl_run(struct lwnpu_ctl *ctl, struct lwnpu_ctl_run *args)
{
	struct lwnpu_device *lwnpu = lwnpu_ctl_device(ctl);
	ktime_t left = lwnpu_timeout(args->timeout_ns);
	int ret;

	args->refused = 0;
	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	if (args->flags)
		return -EINVAL;
	mutex_lock(&ctl->run_mutex);
	ret = lwnpu_ctl_check_unlocked(ctl);
	if (!ret)
		ret = lwnpu_ctl_completions(ctl, args);
	if (!ret)
		ret = lwnpu_ctl_look(ctl);
	mutex_unlock(&ctl->run_mutex);
	if (!ret && left)
		ret = lwnpu_ctl_wait(ctl, args->timeout_ns);
	args->now_ns = ktime_get_ns();
	return ret;
}

int lwnpu_ctl_ioctl_run(struct lwnpu_ctl *ctl, void __user *user)
{
	struct lwnpu_ctl_run args;
	int ret;

	if (copy_from_user(&args, user, sizeof(args)))
		return -EFAULT;
	ret = lwnpu_ctl_run(ctl, &args);
	if (copy_to_user(user, &args, sizeof(args)))
		return -EFAULT;
	return ret;
}
