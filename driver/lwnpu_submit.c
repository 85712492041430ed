// SPDX-License-Identifier: GPL-2.0-only
/* SUBMIT: all jobs, or none. */
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <drm/drm_drv.h>

#include "lwnpu_submit.h"
#include "lwnpu_trace.h"

void lwnpu_submit_job_free(struct lwnpu_submit_job *submit_job)
{
	u32 i;

	for (i = 0; i < submit_job->n_out; i++) {
		drm_syncobj_put(submit_job->out[i].syncobj);
		dma_fence_chain_free(submit_job->out[i].chain);
	}
	kfree(submit_job->out);
	if (submit_job->job) {
		drm_sched_job_cleanup(&submit_job->job->base);
		lwnpu_job_release(submit_job->job);
	}
}

static int lwnpu_submit_lock_job(struct drm_exec *exec, struct lwnpu_job *job)
{
	int ret = 0;
	u32 i;

	/* One slot for a reader's fence, one for a writer's. */
	for (i = 0; i < job->n_bindings && !ret; i++)
		ret = drm_exec_prepare_obj(exec,
					   lwnpu_bo_gem(job->binding[i].bo), 2);
	return ret;
}

static int lwnpu_submit_lock(struct lwnpu_submit *submit)
{
	struct drm_exec *exec = &submit->exec;
	int ret = 0;
	u32 i;

	drm_exec_until_all_locked(exec) {
		for (i = 0; i < submit->n_jobs; i++) {
			ret = lwnpu_submit_lock_job(exec, submit->job[i].job);
			drm_exec_retry_on_contention(exec);
			if (ret)
				return ret;
		}
	}
	return ret;
}

static int lwnpu_submit_depend(struct lwnpu_submit_job *submit_job)
{
	struct lwnpu_job *job = submit_job->job;
	int ret = 0;
	u32 i;

	if (!submit_job->implicit)
		return 0;
	for (i = 0; i < job->n_bindings && !ret; i++) {
		struct drm_gem_object *obj = lwnpu_bo_gem(job->binding[i].bo);
		bool write = job->binding[i].direction != LWNPU_IN;

		ret = drm_sched_job_add_implicit_dependencies(&job->base, obj,
							      write);
	}
	return ret;
}

/*
 * The scheduler lets jobs of one queue pass each other's fences: those of a
 * parallel queue that share a buffer wait for each other here.
 */
static void lwnpu_submit_order(struct lwnpu_submit_job *submit_job)
{
	struct lwnpu_job *job = submit_job->job;
	struct lwnpu_queue *queue = job->queue;
	struct dma_resv_iter cursor;
	struct dma_fence *fence;
	u32 i;

	if (!queue->parallel || !submit_job->implicit)
		return;
	for (i = 0; i < job->n_bindings; i++) {
		bool write = job->binding[i].direction != LWNPU_IN;

		dma_resv_for_each_fence(&cursor,
					lwnpu_bo_gem(job->binding[i].bo)->resv,
					dma_resv_usage_rw(write), fence)
			job->after = max(job->after,
					 lwnpu_queue_job(queue, fence));
	}
}

static void lwnpu_submit_publish(struct lwnpu_submit_job *submit_job)
{
	struct lwnpu_job *job = submit_job->job;
	struct dma_fence *fence = &job->base.s_fence->finished;
	u32 i;

	for (i = 0; i < job->n_bindings; i++) {
		const struct lwnpu_job_binding *binding = &job->binding[i];

		dma_resv_add_fence(lwnpu_bo_gem(binding->bo)->resv, fence,
				   binding->direction == LWNPU_IN ?
				   DMA_RESV_USAGE_READ : DMA_RESV_USAGE_WRITE);
	}
	for (i = 0; i < submit_job->n_out; i++) {
		struct lwnpu_out_sync *out = &submit_job->out[i];

		if (out->chain)
			drm_syncobj_add_point(out->syncobj, out->chain, fence,
					      out->point);
		else
			drm_syncobj_replace_fence(out->syncobj, fence);
		out->chain = NULL;
	}
}

/* Nothing fails from here on. */
static void lwnpu_submit_commit(struct lwnpu_submit *submit)
{
	bool cookie = dma_fence_begin_signalling();
	u32 i;

	for (i = 0; i < submit->n_jobs; i++) {
		struct lwnpu_submit_job *submit_job = &submit->job[i];
		struct lwnpu_job *job = submit_job->job;

		lwnpu_submit_order(submit_job);
		lwnpu_job_arm(job);
		lwnpu_submit_publish(submit_job);
		trace_lwnpu_job_submit(job);
		submit_job->job = NULL;
		drm_sched_entity_push_job(&job->base);
	}
	dma_fence_end_signalling(cookie);
}

static int lwnpu_submit_ids(struct lwnpu_submit *submit)
{
	const struct drm_lwnpu_array *array = &submit->args->jobs;
	u64 id = submit->queue->submitted;
	u32 i;

	for (i = 0; i < submit->n_jobs; i++) {
		struct drm_lwnpu_job __user *user =
			u64_to_user_ptr(array->ptr + (u64)i * array->stride);

		id++;
		if (copy_to_user(&user->id, &id, sizeof(id)))
			return -EFAULT;
	}
	return 0;
}

static int lwnpu_submit_jobs(struct lwnpu_submit *submit)
{
	const struct drm_lwnpu_array *array = &submit->args->jobs;
	struct drm_lwnpu_job args;
	int ret = 0;
	u32 i;

	for (i = 0; i < array->count && !ret; i++) {
		submit->args->error_job = i;
		ret = lwnpu_array_read(array, i, &args, sizeof(args));
		if (!ret)
			ret = lwnpu_submit_prepare(submit, &args);
	}
	if (ret)
		return ret;
	submit->args->error_job = DRM_LWNPU_NONE;
	ret = lwnpu_submit_ids(submit);
	if (ret)
		return ret;

	drm_exec_init(&submit->exec, DRM_EXEC_INTERRUPTIBLE_WAIT |
		      DRM_EXEC_IGNORE_DUPLICATES, 0);
	ret = lwnpu_submit_lock(submit);
	for (i = 0; i < submit->n_jobs && !ret; i++)
		ret = lwnpu_submit_depend(&submit->job[i]);
	if (!ret)
		lwnpu_submit_commit(submit);
	drm_exec_fini(&submit->exec);
	return ret;
}

static int lwnpu_submit_to(struct lwnpu_queue *queue,
			   struct drm_file *file_priv,
			   struct drm_lwnpu_submit *args)
{
	struct lwnpu_submit *submit;
	int ret;
	u32 i;

	if (queue->dead)
		return -ENOENT;
	if (READ_ONCE(queue->state) == DRM_LWNPU_QUEUE_GUILTY)
		return -ECANCELED;
	if (args->jobs.count > lwnpu_queue_room(queue))
		return -EAGAIN;

	submit = kvzalloc(struct_size(submit, job, args->jobs.count),
			  GFP_KERNEL_ACCOUNT);
	if (!submit)
		return -ENOMEM;
	submit->file_priv = file_priv;
	submit->queue = queue;
	submit->args = args;
	ret = lwnpu_submit_jobs(submit);
	for (i = 0; i < submit->n_jobs; i++)
		lwnpu_submit_job_free(&submit->job[i]);
	kvfree(submit);
	return ret;
}

int lwnpu_ioctl_submit(struct drm_device *drm, void *data,
		       struct drm_file *file_priv)
{
	struct drm_lwnpu_submit *args = data;
	struct lwnpu_device *lwnpu = to_lwnpu(drm);
	struct lwnpu_queue *queue;
	int ret;

	args->error_job = DRM_LWNPU_NONE;
	args->error_item = DRM_LWNPU_NONE;
	if (args->flags)
		return -EOPNOTSUPP;
	if (!args->jobs.count || args->jobs.count > LWNPU_MAX_SUBMIT_JOBS ||
	    args->jobs.stride < sizeof(struct drm_lwnpu_job))
		return -EINVAL;
	if (args->jobs.stride > PAGE_SIZE)
		return -E2BIG;
	if (lwnpu->engine->is_away(lwnpu))
		return -ENODEV;

	queue = lwnpu_queue_find(file_priv->driver_priv, args->queue);
	if (!queue)
		return -ENOENT;
	ret = mutex_lock_interruptible(&queue->submit_mutex);
	if (!ret) {
		ret = lwnpu_submit_to(queue, file_priv, args);
		mutex_unlock(&queue->submit_mutex);
	}
	lwnpu_queue_put(queue);
	return ret;
}
