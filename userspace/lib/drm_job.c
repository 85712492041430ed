// SPDX-License-Identifier: MIT
/* Jobs: two system calls each, SUBMIT and WAIT_JOB. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drm_engine.h"

static int bind_region(struct lw_drm_device *device, struct lw_drm_job *job,
		       uint32_t region, struct lwnpu_error *error)
{
	const struct lw_binding *binding = &job->task->bindings[region];
	const struct lw_drm_program *program = job->task->loaded;
	size_t size = program->info.region[region].size;
	struct drm_lwnpu_binding *bound = &job->bound[job->n_bound];

	if (!binding->data || binding->size < size)
		return lw_fail(error, -EINVAL,
			       "region %u: buffer of %zu bytes, expected at least %zu",
			       region, binding->data ? binding->size : 0, size);
	if (!lw_drm_buffer_find(device, binding->data, size, bound))
		return lw_fail(error, -EINVAL,
			       "region %u: memory that is not the device's, or not at a multiple of %d bytes",
			       region, DRM_LWNPU_ALIGNMENT);
	bound->region = region;
	job->n_bound++;
	return 0;
}

static int bind_regions(struct lw_drm_device *device, struct lw_drm_job *job,
			struct lwnpu_error *error)
{
	const struct lw_drm_program *program = job->task->loaded;
	const struct lwnpu_program_info *info = &program->info;
	int ret = 0;

	job->n_bound = 0;
	if (program->arena.handle)
		job->bound[job->n_bound++] = (struct drm_lwnpu_binding){
			.region = LWNPU_REGION_ARENA,
			.handle = program->arena.handle,
		};
	for (uint32_t r = LWNPU_REGION_IO; r < info->n_regions && !ret; r++)
		if (info->region[r].direction != LWNPU_UNUSED)
			ret = bind_region(device, job, r, error);
	return ret;
}

static void fill_in(struct drm_lwnpu_job *args, const struct lw_drm_job *job,
		    const struct drm_lwnpu_sync *sync)
{
	const struct lw_drm_program *program = job->task->loaded;

	*args = (struct drm_lwnpu_job){
		.program = program->handle,
		.bindings = {
			.ptr = (uintptr_t)job->bound,
			.count = job->n_bound,
			.stride = sizeof(job->bound[0]),
		},
		.deadline_ns = job->task->deadline,
	};
	if (sync->handle)
		args->out_syncs = (struct drm_lwnpu_array){
			.ptr = (uintptr_t)sync,
			.count = 1,
			.stride = sizeof(*sync),
		};
}

static int refuse(const struct lw_drm_device *device,
		  struct lw_drm_job *const *jobs, unsigned int n,
		  const struct drm_lwnpu_submit *args, int code,
		  struct lwnpu_error *error)
{
	unsigned int i = args->error_job;

	if (i < n && args->error_item < jobs[i]->n_bound)
		return lw_fail(error, code, "%s: job %u refused at region %u: %s",
			       device->path, i,
			       jobs[i]->bound[args->error_item].region,
			       strerror(-code));
	if (i < n)
		return lw_fail(error, code, "%s: job %u refused: %s",
			       device->path, i, strerror(-code));
	return lw_fail(error, code, "%s: jobs refused: %s", device->path,
		       strerror(-code));
}

/* Buffers are bound. */
static int submit_to(const struct lw_drm_device *device,
		     const struct lw_drm_queue *queue,
		     struct lw_drm_job *const *jobs, unsigned int n,
		     struct lwnpu_error *error)
{
	struct drm_lwnpu_sync syncs[LWNPU_SUBMIT_MAX];
	struct drm_lwnpu_job jobs_args[LWNPU_SUBMIT_MAX];
	struct drm_lwnpu_submit args = {
		.queue = queue->handle,
		.jobs = {
			.ptr = (uintptr_t)jobs_args,
			.count = n,
			.stride = sizeof(jobs_args[0]),
		},
		.error_job = DRM_LWNPU_NONE,
		.error_item = DRM_LWNPU_NONE,
	};
	int ret;

	for (unsigned int i = 0; i < n; i++) {
		syncs[i] = (struct drm_lwnpu_sync){
			.handle = jobs[i]->syncobj,
		};
		fill_in(&jobs_args[i], jobs[i], &syncs[i]);
	}
	ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_SUBMIT, &args);
	if (ret)
		return refuse(device, jobs, n, &args, ret, error);
	for (unsigned int i = 0; i < n; i++)
		jobs[i]->id = jobs_args[i].id;
	return 0;
}

static void reset(struct lw_drm_job *job)
{
	memset(&job->task->outcome, 0, sizeof(job->task->outcome));
	job->task->outcome.result.op = -1;
	if (job->fence >= 0)
		close(job->fence);
	job->fence = -1;
}

static int submit(struct lw_drm_device *device, struct lw_drm_job *const *jobs,
		  unsigned int n, enum lwnpu_priority priority,
		  struct lwnpu_error *error)
{
	struct lw_drm_queue *queue;
	int ret = 0;

	if (n > device->max_submit)
		return lw_fail(error, -EINVAL,
			       "%s: %u jobs, expected at most %u", device->path,
			       n, device->max_submit);
	for (unsigned int i = 0; i < n && !ret; i++)
		ret = bind_regions(device, jobs[i], error);
	if (ret)
		return ret;
	ret = lw_drm_queue_get(device, priority, &queue);
	if (ret)
		return lw_fail(error, ret, "%s: no queue: %s", device->path,
			       strerror(-ret));
	ret = submit_to(device, queue, jobs, n, error);
	if (ret) {
		lw_drm_queue_drop(device, queue, ret == -ECANCELED);
		return ret;
	}
	for (unsigned int i = 0; i < n; i++)
		reset(jobs[i]);
	lw_drm_queue_add(device, queue, jobs, n);
	return 0;
}

/* Locked, but while waiting. */
static int wait_for_record(struct lw_drm_device *device, struct lw_drm_job *job,
			   int64_t timeout)
{
	struct drm_lwnpu_completion completion;
	int ret;

	ret = lw_drm_queue_poll(device, job->queue, job->id, timeout,
				&completion);
	if (!job->queue || ret == -ETIMEDOUT || ret == -ESTALE)
		return ret;
	if (ret)
		lw_drm_end_error(device, job, ret);
	else
		lw_drm_end_record(device, job, &completion);
	return 0;
}

static int wait_for_fence(struct lw_drm_device *device, struct lw_drm_job *job,
			  int64_t timeout)
{
	int file = job->fence, status = 0, ret;
	int64_t time = 0;

	pthread_mutex_unlock(&device->lock);
	ret = lw_drm_sync_wait(file, timeout, &status, &time);
	pthread_mutex_lock(&device->lock);
	if (!job->queue || ret == -ETIMEDOUT)
		return ret;
	if (ret)
		lw_drm_end_error(device, job, ret);
	else
		lw_drm_end_fence(device, job, status, time);
	return 0;
}

static int wait_for(struct lw_drm_device *device, struct lw_drm_job *job,
		    int64_t timeout)
{
	int ret = 0;

	pthread_mutex_lock(&device->lock);
	while (job->queue && ret != -ETIMEDOUT)
		ret = job->queue->is_dead ?
		      wait_for_fence(device, job, timeout) :
		      wait_for_record(device, job, timeout);
	ret = job->queue ? -ETIMEDOUT : 0;
	pthread_mutex_unlock(&device->lock);
	return ret;
}

int lw_drm_run(void *engine, void *loaded, const struct lw_binding *bindings,
	       struct lw_run_result *result, struct lwnpu_error *error)
{
	struct lw_drm_device *device = engine;
	struct lw_task task = { .loaded = loaded, .bindings = bindings };
	struct lw_drm_job job = { .task = &task, .fence = -1 };
	struct lw_drm_job *const jobs[] = { &job };
	int ret;

	while ((ret = submit(device, jobs, 1, LWNPU_NORMAL, error)) == -EAGAIN) {
		ret = lw_drm_queue_wait(device);
		if (ret)
			return lw_fail(error, ret, "%s: no queue: %s",
				       device->path, strerror(-ret));
	}
	if (ret)
		return ret;
	wait_for(device, &job, INT64_MAX);
	if (task.outcome.result.error && error)
		*error = task.outcome.error;
	if (!task.outcome.result.error && result)
		*result = (struct lw_run_result) {
			.gates = task.outcome.result.gates,
			.has_gates = task.outcome.result.has_gates,
		};
	return task.outcome.result.error;
}

static int task_init(void *runner, struct lw_task *task,
		     struct lwnpu_error *error)
{
	struct lw_drm_device *device = runner;
	struct lw_drm_job *job = calloc(1, sizeof(*job));
	int ret;

	if (!job)
		return lw_fail(error, -ENOMEM, "out of memory for a job");
	ret = lw_drm_sync_create(device, &job->syncobj);
	if (ret) {
		free(job);
		return lw_fail(error, ret, "%s: no syncobj: %s", device->path,
			       strerror(-ret));
	}
	job->task = task;
	job->fence = -1;
	task->state = job;
	return 0;
}

static void task_exit(void *runner, struct lw_task *task)
{
	struct lw_drm_device *device = runner;
	struct lw_drm_job *job = task->state;

	reset(job);
	lw_drm_sync_destroy(device, job->syncobj);
	free(job);
}

static int task_submit(void *runner, struct lw_task *const *tasks,
		       unsigned int n, enum lwnpu_priority priority,
		       struct lwnpu_error *error)
{
	struct lw_drm_job *jobs[LWNPU_SUBMIT_MAX];

	for (unsigned int i = 0; i < n; i++)
		jobs[i] = tasks[i]->state;
	return submit(runner, jobs, n, priority, error);
}

static int task_wait(void *runner, struct lw_task *task, int64_t timeout)
{
	return wait_for(runner, task->state, timeout);
}

static int task_cancel(void *runner, struct lw_task *task,
		       struct lwnpu_error *error)
{
	struct lw_drm_device *device = runner;
	struct lw_drm_job *job = task->state;
	int ret = 0;

	pthread_mutex_lock(&device->lock);
	if (job->queue && !job->queue->is_dead)
		ret = lw_drm_queue_kill(device, job->queue);
	pthread_mutex_unlock(&device->lock);
	if (ret)
		return lw_fail(error, ret, "%s: job not cancelled: %s",
			       device->path, strerror(-ret));
	return 0;
}

static int task_fd(void *runner, struct lw_task *task,
		   struct lwnpu_error *error)
{
	struct lw_drm_device *device = runner;
	struct lw_drm_job *job = task->state;
	int fd = lw_drm_sync_export(device, job->syncobj);

	if (fd < 0)
		return lw_fail(error, fd, "%s: no file to poll for a job: %s",
			       device->path, strerror(-fd));
	return fd;
}

const struct lw_task_ops lw_drm_tasks = {
	.init = task_init,
	.exit = task_exit,
	.submit = task_submit,
	.wait = task_wait,
	.cancel = task_cancel,
	.fd = task_fd,
};
