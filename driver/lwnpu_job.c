// SPDX-License-Identifier: GPL-2.0-only
/* Jobs: from the scheduler to the engine and back. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "lwnpu_dispatch.h"
#include "lwnpu_trace.h"

static const int lwnpu_job_errors[] = {
	[DRM_LWNPU_JOB_FAILED] = -EIO,
	[DRM_LWNPU_JOB_HUNG] = -ETIME,
	[DRM_LWNPU_JOB_LATE] = -ETIME,
	[DRM_LWNPU_JOB_CANCELED] = -ECANCELED,
	[DRM_LWNPU_JOB_LOST] = -ENODEV,
};

static const char *lwnpu_fence_driver_name(struct dma_fence *fence)
{
	return DRM_LWNPU_DRIVER_NAME;
}

static const char *lwnpu_fence_timeline_name(struct dma_fence *fence)
{
	return "engine";
}

static void lwnpu_fence_release_work(struct work_struct *work)
{
	struct lwnpu_fence *fence =
		container_of(work, struct lwnpu_fence, release);
	struct lwnpu_device *lwnpu = fence->lwnpu;

	dma_fence_free(&fence->base);
	drm_dev_put(&lwnpu->drm);
	/* Leaving the module waits for this work queue. */
	module_put(THIS_MODULE);
}

static void lwnpu_fence_release(struct dma_fence *base)
{
	struct lwnpu_fence *fence = container_of(base, struct lwnpu_fence, base);

	INIT_WORK(&fence->release, lwnpu_fence_release_work);
	queue_work(lwnpu_wq, &fence->release);
}

static const struct dma_fence_ops lwnpu_fence_ops = {
	.get_driver_name = lwnpu_fence_driver_name,
	.get_timeline_name = lwnpu_fence_timeline_name,
	.release = lwnpu_fence_release,
};

struct lwnpu_job *lwnpu_job_create(struct lwnpu_queue *queue,
				   struct lwnpu_program *program,
				   u64 client_id)
{
	struct lwnpu_job *job;
	int ret = -ENOMEM;

	job = kzalloc(struct_size(job, binding, program->n_bindings),
		      GFP_KERNEL_ACCOUNT);
	if (!job)
		return ERR_PTR(ret);
	job->fence = kzalloc(sizeof(*job->fence), GFP_KERNEL_ACCOUNT);
	if (job->fence)
		ret = lwnpu_sched_job_init(&job->base, &queue->entity,
					   queue->file, client_id);
	if (ret) {
		kfree(job->fence);
		kfree(job);
		return ERR_PTR(ret);
	}
	INIT_LIST_HEAD(&job->node);
	timerqueue_init(&job->due);
	job->lwnpu = queue->file->lwnpu;
	job->deadline = KTIME_MAX;
	job->program = program;
	kref_get(&program->refs);
	job->queue = queue;
	lwnpu_queue_get(queue);
	return job;
}

void lwnpu_job_arm(struct lwnpu_job *job)
{
	struct lwnpu_fence *fence = job->fence;

	job->number = atomic64_inc_return(&job->lwnpu->next_number);
	fence->lwnpu = job->lwnpu;
	drm_dev_get(&job->lwnpu->drm);
	__module_get(THIS_MODULE);
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &lwnpu_fence_ops, &fence->lock,
		       job->queue->fence_context, job->queue->submitted + 1);
	job->id = lwnpu_queue_expect(job->queue, &fence->base);
	if (!job->queue->parallel)
		job->after = job->id - 1;
	drm_sched_job_arm(&job->base);
	drm_WARN_ON_ONCE(&job->lwnpu->drm,
			 lwnpu_queue_job(job->queue,
					 &job->base.s_fence->finished) !=
			 job->id);
	/*
	 * Jobs of one scheduler run at the same time here: who depends on this
	 * one waits for its end, not for its start.
	 */
	set_bit(DRM_SCHED_FENCE_DONT_PIPELINE,
		&job->base.s_fence->finished.flags);
}

void lwnpu_job_release(struct lwnpu_job *job)
{
	u32 i;

	for (i = 0; i < job->n_bindings; i++) {
		lwnpu_bo_unuse(job->binding[i].bo);
		lwnpu_bo_put(job->binding[i].bo);
	}
	lwnpu_program_put(job->program);
	lwnpu_queue_put(job->queue);
	if (job->id)
		dma_fence_put(&job->fence->base);
	else
		kfree(job->fence);
	kfree(job);
}

static void lwnpu_job_release_work(struct work_struct *work)
{
	lwnpu_job_release(container_of(work, struct lwnpu_job, release));
}

void lwnpu_job_claim(struct lwnpu_job *job)
{
	struct lwnpu_device *lwnpu = job->lwnpu;

	lockdep_assert_held(&lwnpu->lock);
	list_del_init(&job->node);
	if (job->given)
		lwnpu->n_running--;
	else if (!RB_EMPTY_NODE(&job->due.node))
		timerqueue_del(&lwnpu->deadlines, &job->due);
}

void lwnpu_job_begin(struct lwnpu_job *job)
{
	struct lwnpu_device *lwnpu = job->lwnpu;

	lockdep_assert_held(&lwnpu->lock);
	if (job->begun)
		return;
	job->begun = ktime_get();
	job->attempts++;
	lwnpu->progress = job->begun;
}

void lwnpu_job_end(struct lwnpu_job *job)
{
	lwnpu_job_begin(job);
	lwnpu_job_claim(job);
	job->lwnpu->progress = ktime_get();
}

static void lwnpu_job_account(struct lwnpu_job *job,
			      const struct drm_lwnpu_completion *completion)
{
	struct lwnpu_file *file = job->queue->file;

	atomic64_inc(&file->jobs);
	atomic64_add(completion->cycles, &file->cycles);
	if (completion->start_ns)
		atomic64_add(completion->end_ns - completion->start_ns,
			     &file->engine_ns);
	spin_lock(&job->lwnpu->lock);
	job->lwnpu->counters.jobs[completion->status]++;
	spin_unlock(&job->lwnpu->lock);
}

void lwnpu_job_complete(struct lwnpu_job *job,
			struct drm_lwnpu_completion *completion)
{
	struct lwnpu_queue *queue = job->queue;
	bool cookie = dma_fence_begin_signalling();

	lwnpu_queue_get(queue);
	completion->attempts = job->attempts;
	if (!completion->end_ns)
		completion->end_ns = ktime_get_ns();
	lwnpu_job_account(job, completion);
	trace_lwnpu_job_done(job, completion);
	/* The job may go as soon as its fence is signalled. */
	lwnpu_queue_complete(queue, job->id, completion);
	lwnpu_dispatch_release(queue);
	dma_fence_end_signalling(cookie);
	lwnpu_queue_put(queue);
}

void lwnpu_job_fail(struct lwnpu_job *job, enum drm_lwnpu_job_status status)
{
	struct drm_lwnpu_completion completion = {
		.status = status,
		.error = lwnpu_job_errors[status],
		.op = DRM_LWNPU_NONE,
		.start_ns = ktime_to_ns(job->begun),
	};

	if (status == DRM_LWNPU_JOB_LOST)
		cmpxchg(&job->queue->state, DRM_LWNPU_QUEUE_OK,
			DRM_LWNPU_QUEUE_INNOCENT);
	lwnpu_job_complete(job, &completion);
}

void lwnpu_job_fail_list(struct list_head *list,
			 enum drm_lwnpu_job_status status)
{
	struct lwnpu_job *job, *next;

	list_for_each_entry_safe(job, next, list, node) {
		list_del_init(&job->node);
		lwnpu_job_fail(job, status);
	}
}

static enum drm_lwnpu_job_status lwnpu_job_start(struct lwnpu_job *job)
{
	enum drm_lwnpu_job_status status = DRM_LWNPU_JOB_LOST;
	struct lwnpu_device *lwnpu = job->lwnpu;
	int idx;

	if (READ_ONCE(job->queue->dead) ||
	    READ_ONCE(job->queue->state) == DRM_LWNPU_QUEUE_GUILTY)
		return DRM_LWNPU_JOB_CANCELED;
	if (ktime_compare(ktime_get(), job->deadline) >= 0)
		return DRM_LWNPU_JOB_LATE;
	if (!drm_dev_enter(&lwnpu->drm, &idx))
		return DRM_LWNPU_JOB_LOST;

	spin_lock(&lwnpu->lock);
	if (!lwnpu->gone && !lwnpu->engine->is_away(lwnpu)) {
		lwnpu_dispatch_add(job);
		lwnpu_dispatch_feed(lwnpu);
		status = DRM_LWNPU_JOB_PENDING;
	}
	spin_unlock(&lwnpu->lock);
	drm_dev_exit(idx);
	return status;
}

static struct dma_fence *lwnpu_sched_run(struct drm_sched_job *base)
{
	struct lwnpu_job *job = to_lwnpu_job(base);
	struct dma_fence *fence = &job->fence->base;
	bool cookie = dma_fence_begin_signalling();
	enum drm_lwnpu_job_status status;

	dma_fence_get(fence);
	trace_lwnpu_job_run(job);
	status = lwnpu_job_start(job);
	if (status != DRM_LWNPU_JOB_PENDING)
		lwnpu_job_fail(job, status);
	dma_fence_end_signalling(cookie);
	return fence;
}

static void lwnpu_sched_free(struct drm_sched_job *base)
{
	struct lwnpu_job *job = to_lwnpu_job(base);
	struct drm_sched_fence *s_fence = base->s_fence;

	/*
	 * Its queue was destroyed before its turn: the scheduler has signalled
	 * the job's fence, after those of all jobs before it.
	 */
	if (!s_fence->parent) {
		s_fence->parent = dma_fence_get(&job->fence->base);
		lwnpu_job_fail(job, DRM_LWNPU_JOB_CANCELED);
	}
	drm_sched_job_cleanup(base);
	INIT_WORK(&job->release, lwnpu_job_release_work);
	queue_work(lwnpu_wq, &job->release);
}

const struct drm_sched_backend_ops lwnpu_sched_ops = {
	.run_job = lwnpu_sched_run,
	.free_job = lwnpu_sched_free,
};
