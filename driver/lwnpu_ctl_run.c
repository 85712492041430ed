// SPDX-License-Identifier: GPL-2.0-only
/* RUN: completions in, records out. */
#include <linux/err.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "lwnpu_ctl_file.h"

static void lwnpu_ctl_judge(const struct lwnpu_job *job,
			    const struct lwnpu_ctl_completion *said,
			    struct drm_lwnpu_completion *completion)
{
	u64 given = ktime_to_ns(job->given);
	u64 now = ktime_get_ns();

	completion->start_ns = given;
	completion->end_ns = now;
	if (said->start_ns >= given && said->end_ns >= said->start_ns &&
	    said->end_ns <= now) {
		completion->start_ns = said->start_ns;
		completion->end_ns = said->end_ns;
	}
	completion->cycles = said->cycles;
	completion->op = DRM_LWNPU_NONE;
	completion->status = DRM_LWNPU_JOB_DONE;
	if (!said->error)
		return;
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
	if (job) {
		lwnpu_job_claim(job);
		list_del_init(&job->engine_node);
	}
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
	struct lwnpu_ctl_completion said;
	int ret;

	if (args->completed - ring->completed > ring->size)
		return -EINVAL;
	while (ring->completed != args->completed) {
		u32 index = ring->completed & (ring->size - 1);

		/* The daemon may write meanwhile: judge a copy. */
		memcpy(&said, &ring->completions[index], sizeof(said));
		barrier();
		ret = lwnpu_ctl_complete(ctl, &said);
		if (ret && ret != -ENOENT)
			return ret;
		args->refused += ret == -ENOENT;
		ring->completed++;
	}
	return 0;
}

static int lwnpu_ctl_records(struct lwnpu_ctl *ctl, struct lwnpu_ctl_run *args)
{
	struct lwnpu_device *lwnpu = ctl->lwnpu;
	struct lwnpu_ring *ring = &ctl->ring;
	int ret;

	spin_lock(&lwnpu->lock);
	ret = lwnpu_ctl_check(ctl);
	if (!ret && args->consumed - ring->consumed >
		    ring->head - ring->consumed)
		ret = -EINVAL;
	if (!ret) {
		ring->consumed = args->consumed;
		lwnpu_user_feed(lwnpu);
		args->head = ring->head;
	}
	spin_unlock(&lwnpu->lock);
	return ret;
}

/* Records, or no reason to wait for them any more. */
static bool lwnpu_ctl_has_news(struct lwnpu_ctl *ctl,
			       struct lwnpu_ctl_run *args, int *ret)
{
	struct lwnpu_device *lwnpu = ctl->lwnpu;

	spin_lock(&lwnpu->lock);
	*ret = lwnpu_ctl_check(ctl);
	args->head = ctl->ring.head;
	spin_unlock(&lwnpu->lock);
	return *ret || args->head != args->consumed;
}

int lwnpu_ctl_ioctl_run(struct lwnpu_ctl *ctl, struct lwnpu_ctl_run *args)
{
	struct lwnpu_device *lwnpu = lwnpu_ctl_device(ctl);
	ktime_t left = lwnpu_timeout(args->timeout_ns);
	struct lwnpu_user *user;
	int ret, err;

	args->refused = 0;
	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	user = lwnpu->engine_data;
	mutex_lock(&ctl->run_mutex);
	ret = lwnpu_ctl_check_unlocked(ctl);
	if (!ret)
		ret = lwnpu_ctl_completions(ctl, args);
	if (!ret)
		ret = lwnpu_ctl_records(ctl, args);
	mutex_unlock(&ctl->run_mutex);
	if (ret || args->head != args->consumed || !left)
		return ret;

	err = wait_event_interruptible_hrtimeout(user->wait,
						 lwnpu_ctl_has_news(ctl, args,
								    &ret),
						 left);
	if (err)
		return err == -ETIME ? -ETIMEDOUT : err;
	return ret;
}
