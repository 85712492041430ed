// SPDX-License-Identifier: MIT
/* Jobs: two system calls each, SUBMIT and WAIT_JOB. */
#include <string.h>

#include "drm_engine.h"

#define MAX_ERRNO 4095

/**
 * struct drm_job - a job being run
 * @program: what
 * @bindings: the caller's memory
 * @n: of @bound
 * @bound: the buffers behind @bindings
 * @staged: regions whose buffer is a copy
 */
struct drm_job {
	struct lw_drm_program *program;
	const struct lw_binding *bindings;
	uint32_t n;
	struct drm_lwnpu_binding bound[LWNPU_REGION_MAX];
	bool staged[LWNPU_REGION_MAX];
};

static int stage(const struct lw_drm_device *device, struct drm_job *job,
		 uint32_t region, struct drm_lwnpu_binding *bound,
		 struct lwnpu_error *error)
{
	struct lw_drm_buffer *staging = &job->program->staging[region];
	size_t size = job->program->info.region[region].size;
	int ret = 0;

	if (!staging->handle)
		ret = lw_drm_buffer_create(device, staging, size);
	if (!ret && !staging->data)
		ret = lw_drm_buffer_map(device, staging);
	if (ret)
		return lw_fail(error, ret,
			       "%s: buffer of %zu bytes for region %u: %s",
			       device->path, size, region, strerror(-ret));
	/* Outputs too: a program may leave gaps in them as they were. */
	memcpy(staging->data, job->bindings[region].data, size);
	job->staged[region] = true;
	bound->handle = staging->handle;
	return 0;
}

static int bind_region(struct lw_drm_device *device, struct drm_job *job,
		       uint32_t region, struct lwnpu_error *error)
{
	const struct lw_binding *binding = &job->bindings[region];
	size_t size = job->program->info.region[region].size;
	struct drm_lwnpu_binding *bound = &job->bound[job->n];

	if (!binding->data || binding->size < size)
		return lw_fail(error, -EINVAL,
			       "region %u: buffer of %zu bytes, expected at least %zu",
			       region, binding->data ? binding->size : 0, size);
	bound->region = region;
	job->n++;
	if (lw_drm_buffer_find(device, binding->data, size, bound))
		return 0;
	return stage(device, job, region, bound, error);
}

static int bind_regions(struct lw_drm_device *device, struct drm_job *job,
			struct lwnpu_error *error)
{
	const struct lwnpu_program_info *info = &job->program->info;
	int ret = 0;

	if (job->program->arena.handle)
		job->bound[job->n++] = (struct drm_lwnpu_binding){
			.region = LWNPU_REGION_ARENA,
			.handle = job->program->arena.handle,
		};
	for (uint32_t r = LWNPU_REGION_IO; r < info->n_regions && !ret; r++)
		if (info->region[r].direction != LWNPU_UNUSED)
			ret = bind_region(device, job, r, error);
	return ret;
}

static void fetch_staged(const struct drm_job *job)
{
	const struct lwnpu_program_info *info = &job->program->info;

	for (uint32_t r = LWNPU_REGION_IO; r < info->n_regions; r++)
		if (job->staged[r] && info->region[r].direction == LWNPU_OUT)
			memcpy(job->bindings[r].data,
			       job->program->staging[r].data,
			       info->region[r].size);
}

static int refuse_job(const struct lw_drm_device *device,
		      const struct drm_job *job,
		      const struct drm_lwnpu_submit *args, int code,
		      struct lwnpu_error *error)
{
	if (args->error_item < job->n)
		return lw_fail(error, code, "%s: job refused at region %u: %s",
			       device->path, job->bound[args->error_item].region,
			       strerror(-code));
	return lw_fail(error, code, "%s: job refused: %s", device->path,
		       strerror(-code));
}

static int submit(const struct lw_drm_device *device,
		  const struct lw_drm_queue *queue, const struct drm_job *job,
		  uint64_t *id, struct lwnpu_error *error)
{
	struct drm_lwnpu_job jobs = {
		.program = job->program->handle,
		.bindings = {
			.ptr = (uintptr_t)job->bound,
			.count = job->n,
			.stride = sizeof(job->bound[0]),
		},
	};
	struct drm_lwnpu_submit args = {
		.queue = queue->handle,
		.jobs = {
			.ptr = (uintptr_t)&jobs,
			.count = 1,
			.stride = sizeof(jobs),
		},
		.error_item = DRM_LWNPU_NONE,
	};
	int ret;

	ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_SUBMIT, &args);
	if (ret)
		return refuse_job(device, job, &args, ret, error);
	*id = jobs.id;
	return 0;
}

/* A queue in which another model's job hung takes no more: use a new one. */
static int submit_somewhere(struct lw_drm_device *device,
			    struct lw_drm_queue **queue,
			    const struct drm_job *job, uint64_t *id,
			    struct lwnpu_error *error)
{
	bool again = true;
	int ret;

	for (;;) {
		ret = lw_drm_queue_get(device, queue);
		if (ret)
			return lw_fail(error, ret, "%s: no queue: %s",
				       device->path, strerror(-ret));
		ret = submit(device, *queue, job, id, error);
		if (!ret)
			return 0;
		if (ret == -ECANCELED)
			lw_drm_queue_blame(device, *queue);
		lw_drm_queue_put(device, *queue);
		if (ret != -ECANCELED || !again)
			return ret;
		again = false;
	}
}

static int fail_at_op(const struct lw_drm_device *device,
		      const struct drm_job *job,
		      const struct drm_lwnpu_completion *completion,
		      struct lwnpu_error *error)
{
	int code = completion->error;

	if (code >= 0 || code < -MAX_ERRNO)
		code = -EIO;
	if (completion->op < job->program->n_ops)
		return lw_fail(error, code, "%s: op %u failed: %s",
			       device->path, completion->op, strerror(-code));
	return lw_fail(error, code, "%s: job failed: %s", device->path,
		       strerror(-code));
}

/* Codes are the documented ones, whatever the record's error is. */
static int judge(const struct lw_drm_device *device, const struct drm_job *job,
		 const struct drm_lwnpu_completion *completion,
		 struct lwnpu_error *error)
{
	switch (completion->status) {
	case DRM_LWNPU_JOB_DONE:
		return 0;
	case DRM_LWNPU_JOB_FAILED:
		return fail_at_op(device, job, completion, error);
	case DRM_LWNPU_JOB_HUNG:
		return lw_fail(error, -ETIME,
			       "%s: job ran longer than the driver allows",
			       device->path);
	case DRM_LWNPU_JOB_LATE:
		return lw_fail(error, -ETIME, "%s: job missed its deadline",
			       device->path);
	case DRM_LWNPU_JOB_CANCELED:
		return lw_fail(error, -ECANCELED,
			       "%s: job cancelled: one before it hung",
			       device->path);
	case DRM_LWNPU_JOB_LOST:
		return lw_fail(error, -ENODEV,
			       "%s: job lost: the engine went away, or failed too often",
			       device->path);
	default:
		return lw_fail(error, -EIO,
			       "%s: job ended with unknown status %u",
			       device->path, completion->status);
	}
}

static int wait_for(struct lw_drm_device *device, struct lw_drm_queue *queue,
		    const struct drm_job *job, uint64_t id,
		    struct lwnpu_error *error)
{
	/* The driver ends every job; that bounds the wait. */
	struct drm_lwnpu_wait_job args = {
		.queue = queue->handle,
		.job = id,
		.timeout_ns = INT64_MAX,
	};
	int ret;

	ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_WAIT_JOB, &args);
	if (ret)
		return lw_fail(error, ret, "%s: job not waited for: %s",
			       device->path, strerror(-ret));
	if (args.completion.status == DRM_LWNPU_JOB_HUNG)
		lw_drm_queue_blame(device, queue);
	return judge(device, job, &args.completion, error);
}

int lw_drm_run(void *engine, void *loaded, const struct lw_binding *bindings,
	       struct lwnpu_error *error)
{
	struct drm_job job = { .program = loaded, .bindings = bindings };
	struct lw_drm_device *device = engine;
	struct lw_drm_queue *queue;
	uint64_t id = 0;
	int ret;

	ret = bind_regions(device, &job, error);
	if (ret)
		return ret;
	/* drmIoctl() would spin on SUBMIT while the queue is full. */
	while (sem_wait(&device->slots))
		;
	ret = submit_somewhere(device, &queue, &job, &id, error);
	if (!ret) {
		ret = wait_for(device, queue, &job, id, error);
		lw_drm_queue_put(device, queue);
	}
	sem_post(&device->slots);
	if (!ret)
		fetch_staged(&job);
	return ret;
}
