// SPDX-License-Identifier: GPL-2.0-only
/* SUBMIT, first half: what may fail. */
#include <linux/dma-fence-chain.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "lwnpu_submit.h"

int lwnpu_array_read(const struct drm_lwnpu_array *array, u32 index,
		     void *element, size_t size)
{
	u64 from = array->ptr + (u64)index * array->stride;

	return copy_struct_from_user(element, size, u64_to_user_ptr(from),
				     array->stride);
}

static int lwnpu_array_check(const struct drm_lwnpu_array *array, u32 max,
			     size_t min_stride)
{
	if (!array->count)
		return 0;
	if (array->count > max || array->stride < min_stride)
		return -EINVAL;
	return array->stride > PAGE_SIZE ? -E2BIG : 0;
}

static bool lwnpu_bindings_overlap(const struct lwnpu_job_binding *a,
				   const struct lwnpu_job_binding *b)
{
	if (a->bo != b->bo)
		return false;
	if (a->direction == LWNPU_IN && b->direction == LWNPU_IN)
		return false;
	return a->offset < b->offset + b->size &&
	       b->offset < a->offset + a->size;
}

static int lwnpu_binding_place(struct lwnpu_job *job,
			       struct lwnpu_job_binding *binding, u64 offset)
{
	u64 size = lwnpu_bo_gem(binding->bo)->size;
	u32 i;

	if (!IS_ALIGNED(offset, DRM_LWNPU_ALIGNMENT))
		return -EINVAL;
	if (offset > size || binding->size > size - offset)
		return -EOVERFLOW;
	binding->offset = offset;
	if (binding->direction != LWNPU_IN &&
	    !lwnpu_bo_is_writable(binding->bo))
		return -EACCES;
	for (i = 0; i < job->n_bindings; i++) {
		const struct lwnpu_job_binding *other = &job->binding[i];

		if (other != binding &&
		    (other->region == binding->region ||
		     lwnpu_bindings_overlap(other, binding)))
			return -EINVAL;
	}
	return lwnpu_bo_populate(binding->bo);
}

static int lwnpu_prepare_binding(struct lwnpu_submit *submit,
				 struct lwnpu_job *job,
				 const struct drm_lwnpu_binding *args)
{
	const struct lwnpu_program_info *info = &job->program->info;
	struct lwnpu_job_binding *binding = &job->binding[job->n_bindings];
	struct drm_gem_object *obj;

	if (args->region < LWNPU_REGION_IO || args->region >= info->n_regions)
		return -EINVAL;
	binding->region = args->region;
	binding->size = info->region[args->region].size;
	binding->direction = info->region[args->region].direction;
	if (binding->direction == LWNPU_UNUSED)
		return -EINVAL;

	obj = drm_gem_object_lookup(submit->file_priv, args->handle);
	if (!obj)
		return -ENOENT;
	binding->bo = to_lwnpu_bo(obj);
	lwnpu_bo_use(binding->bo);
	job->n_bindings++;
	return lwnpu_binding_place(job, binding, args->offset);
}

static int lwnpu_prepare_bindings(struct lwnpu_submit *submit,
				  struct lwnpu_job *job,
				  const struct drm_lwnpu_array *array)
{
	struct drm_lwnpu_binding args;
	int ret;
	u32 i;

	ret = lwnpu_array_check(array, job->program->n_bindings, sizeof(args));
	if (ret)
		return ret;
	if (array->count != job->program->n_bindings)
		return -EINVAL;
	for (i = 0; i < array->count && !ret; i++) {
		submit->args->error_item = i;
		ret = lwnpu_array_read(array, i, &args, sizeof(args));
		if (!ret)
			ret = lwnpu_prepare_binding(submit, job, &args);
	}
	if (!ret)
		submit->args->error_item = DRM_LWNPU_NONE;
	return ret;
}

static int lwnpu_sync_check(const struct drm_lwnpu_sync *sync)
{
	if (sync->flags & ~DRM_LWNPU_SYNC_TIMELINE)
		return -EOPNOTSUPP;
	if (!!sync->point != !!(sync->flags & DRM_LWNPU_SYNC_TIMELINE))
		return -EINVAL;
	return 0;
}

static int lwnpu_prepare_in(struct lwnpu_submit *submit,
			    struct lwnpu_submit_job *submit_job,
			    const struct drm_lwnpu_sync *sync)
{
	struct lwnpu_job *job = submit_job->job;
	struct dma_fence *fence;
	u64 id;
	int ret;

	ret = drm_syncobj_find_fence(submit->file_priv, sync->handle,
				     sync->point, 0, &fence);
	if (ret)
		return ret;
	id = lwnpu_queue_job(submit->queue, fence);
	if (!id)
		/* It takes the reference. */
		return drm_sched_job_add_dependency(&job->base, fence);
	job->after = max(job->after, id);
	dma_fence_put(fence);
	return 0;
}

static int lwnpu_prepare_out(struct lwnpu_submit *submit,
			     struct lwnpu_submit_job *submit_job,
			     const struct drm_lwnpu_sync *sync)
{
	struct lwnpu_out_sync *out = &submit_job->out[submit_job->n_out];

	out->point = sync->point;
	out->syncobj = drm_syncobj_find(submit->file_priv, sync->handle);
	if (!out->syncobj)
		return -ENOENT;
	submit_job->n_out++;
	if (!sync->point)
		return 0;
	out->chain = dma_fence_chain_alloc();
	return out->chain ? 0 : -ENOMEM;
}

static int lwnpu_prepare_syncs(struct lwnpu_submit *submit,
			       struct lwnpu_submit_job *submit_job,
			       const struct drm_lwnpu_array *array, bool out)
{
	struct drm_lwnpu_sync sync;
	int ret;
	u32 i;

	ret = lwnpu_array_check(array, LWNPU_MAX_SYNCS, sizeof(sync));
	for (i = 0; i < array->count && !ret; i++) {
		submit->args->error_item = i;
		ret = lwnpu_array_read(array, i, &sync, sizeof(sync));
		if (!ret)
			ret = lwnpu_sync_check(&sync);
		if (ret)
			break;
		if (out)
			ret = lwnpu_prepare_out(submit, submit_job, &sync);
		else
			ret = lwnpu_prepare_in(submit, submit_job, &sync);
	}
	if (!ret)
		submit->args->error_item = DRM_LWNPU_NONE;
	return ret;
}

static struct lwnpu_job *lwnpu_prepare_job(struct lwnpu_submit *submit,
					   u32 handle)
{
	struct drm_file *file_priv = submit->file_priv;
	struct lwnpu_program *program;
	struct lwnpu_job *job;

	program = lwnpu_program_find(file_priv->driver_priv, handle);
	if (!program)
		return ERR_PTR(-ENOENT);
	job = lwnpu_job_create(submit->queue, program, file_priv->client_id);
	lwnpu_program_put(program);
	return job;
}

int lwnpu_submit_prepare(struct lwnpu_submit *submit,
			 const struct drm_lwnpu_job *args)
{
	struct lwnpu_submit_job *submit_job = &submit->job[submit->n_jobs];
	struct lwnpu_job *job;
	int ret;

	if (args->flags & ~DRM_LWNPU_JOB_NO_IMPLICIT_SYNC)
		return -EOPNOTSUPP;
	if (args->deadline_ns < 0)
		return -EINVAL;
	ret = lwnpu_array_check(&args->out_syncs, LWNPU_MAX_SYNCS,
				sizeof(struct drm_lwnpu_sync));
	if (ret)
		return ret;

	job = lwnpu_prepare_job(submit, args->program);
	if (IS_ERR(job))
		return PTR_ERR(job);
	if (args->deadline_ns)
		job->deadline = args->deadline_ns;
	submit_job->job = job;
	submit_job->implicit = !(args->flags & DRM_LWNPU_JOB_NO_IMPLICIT_SYNC);
	submit->n_jobs++;
	submit_job->out = kcalloc(args->out_syncs.count,
				  sizeof(*submit_job->out), GFP_KERNEL_ACCOUNT);
	if (!submit_job->out)
		return -ENOMEM;

	ret = lwnpu_prepare_bindings(submit, job, &args->bindings);
	if (!ret)
		ret = lwnpu_prepare_syncs(submit, submit_job, &args->in_syncs,
					  false);
	if (!ret)
		ret = lwnpu_prepare_syncs(submit, submit_job, &args->out_syncs,
					  true);
	return ret;
}
