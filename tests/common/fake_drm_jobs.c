// SPDX-License-Identifier: MIT
/* A pretended kernel: queues and jobs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_drm.h"
#include "fake_drm_objects.h"

#define MAX_QUEUES 128
#define MAX_SUBMIT 64

/**
 * struct job - a job that was submitted
 * @next: submitted after it
 * @queue: number of its queue, never used again
 * @id: in it
 * @program: what it runs
 * @bindings: its buffers
 * @deadline: or 0
 * @completion: with status PENDING until it is complete
 * @fence: of its out-syncobj, or NULL
 */
struct job {
	struct job *next;
	uint64_t queue;
	uint64_t id;
	const struct fake_program *program;
	struct lw_binding bindings[LWNPU_REGION_MAX];
	int64_t deadline;
	struct drm_lwnpu_completion completion;
	struct fake_fence *fence;
};

struct queue {
	bool alive;
	bool guilty;
	uint64_t number;
	uint64_t submitted;
};

/* Handles are indices; 0 is none. */
static struct queue queues[MAX_QUEUES];
static uint64_t last_number;
/* The newest first, so that a job is found soon. */
static struct job *jobs;

static struct queue *find_queue(uint32_t handle)
{
	return handle < MAX_QUEUES && queues[handle].alive ? &queues[handle] :
							     NULL;
}

static struct job *find_job(uint64_t queue, uint64_t id)
{
	struct job *job = jobs;

	while (job && (job->queue != queue || job->id != id))
		job = job->next;
	return job;
}

static int queue_create(void *data)
{
	struct drm_lwnpu_queue_create *args = data;
	uint32_t handle = 1;

	if (args->flags != DRM_LWNPU_QUEUE_PARALLEL || args->pad ||
	    args->handle ||
	    args->priority > DRM_LWNPU_PRIORITY_HIGH)
		return -EINVAL;
	if (args->priority == DRM_LWNPU_PRIORITY_HIGH && fake_drm.no_nice)
		return -EACCES;
	if (fake_drm.queues >= fake_drm.max_queues)
		return -ENOSPC;
	while (queues[handle].alive)
		handle++;
	queues[handle] = (struct queue){
		.alive = true,
		.number = ++last_number,
	};
	fake_drm.queues++;
	args->handle = handle;
	return 0;
}

static bool is_pending(const struct job *job)
{
	return job->completion.status == DRM_LWNPU_JOB_PENDING;
}

static void complete(struct job *job, uint32_t status, int error)
{
	job->completion.status = status;
	job->completion.error = error;
	job->completion.end_ns = lwnpu_time();
	if (job->fence)
		fake_fence_signal(job->fence, error);
	fake_drm_wake();
}

static void cancel_queue(uint64_t number, uint64_t after)
{
	for (struct job *job = jobs; job; job = job->next)
		if (job->queue == number && job->id > after && is_pending(job))
			complete(job, DRM_LWNPU_JOB_CANCELED, -ECANCELED);
}

/* The oldest that are pending, up to @fake_drm.started, have started. */
static uint64_t last_started(uint64_t number)
{
	uint64_t last = 0;
	int pending = 0;

	for (const struct job *job = jobs; job; job = job->next)
		pending += is_pending(job);
	for (const struct job *job = jobs; job; job = job->next)
		if (is_pending(job) && pending-- <= fake_drm.started &&
		    job->queue == number && job->id > last)
			last = job->id;
	return last;
}

static int queue_destroy(void *data)
{
	const struct drm_lwnpu_queue_destroy *args = data;
	struct queue *queue = find_queue(args->handle);

	if (!queue || args->pad)
		return queue ? -EINVAL : -ENOENT;
	cancel_queue(queue->number, last_started(queue->number));
	queue->alive = false;
	fake_drm.queues--;
	fake_drm_wake();
	return 0;
}

/* The arena is checked, and not used: the reference engine has its own. */
static int bind(const struct fake_program *program,
		const struct drm_lwnpu_binding *bound,
		struct lw_binding *bindings)
{
	size_t size, have;
	uint8_t *data;

	if (bound->region < LWNPU_REGION_ARENA ||
	    bound->region >= program->info.n_regions ||
	    bindings[bound->region].data ||
	    bound->offset % DRM_LWNPU_ALIGNMENT)
		return -EINVAL;
	if (!fake_buffer_find(bound->handle, &data, &have))
		return -ENOENT;
	size = program->info.region[bound->region].size;
	if (bound->region == LWNPU_REGION_ARENA)
		size = fake_drm.arena_size;
	else if (!program->info.region[bound->region].direction)
		return -EINVAL;
	if (!size)
		return -EINVAL;
	if (bound->offset > have || size > have - bound->offset)
		return -EOVERFLOW;
	bindings[bound->region].data = data + bound->offset;
	bindings[bound->region].size = size;
	return 0;
}

static int bind_all(struct job *job, const struct drm_lwnpu_array *array,
		    uint32_t *item)
{
	const struct drm_lwnpu_binding *bound =
		(const void *)(uintptr_t)array->ptr;
	const struct lwnpu_program_info *info = &job->program->info;
	int ret;

	for (uint32_t i = 0; i < array->count; i++) {
		*item = i;
		ret = bind(job->program, &bound[i], job->bindings);
		if (ret)
			return ret;
	}
	*item = DRM_LWNPU_NONE;
	if (fake_drm.arena_size && !job->bindings[LWNPU_REGION_ARENA].data)
		return -EINVAL;
	for (uint32_t r = LWNPU_REGION_IO; r < info->n_regions; r++)
		if (info->region[r].direction && !job->bindings[r].data)
			return -EINVAL;
	return 0;
}

static int check_syncs(const struct drm_lwnpu_job *args, uint32_t *item)
{
	const struct drm_lwnpu_sync *sync =
		(const void *)(uintptr_t)args->out_syncs.ptr;

	if (!args->out_syncs.count)
		return 0;
	*item = 0;
	if (args->out_syncs.count != 1 ||
	    args->out_syncs.stride != sizeof(*sync) || sync->flags ||
	    sync->point)
		return -EINVAL;
	if (!fake_sync_set(sync->handle, NULL))
		return -ENOENT;
	*item = DRM_LWNPU_NONE;
	return 0;
}

static int prepare(struct job *job, const struct drm_lwnpu_job *args,
		   uint32_t *item)
{
	int ret;

	if (args->flags || args->in_syncs.count || args->deadline_ns < 0 ||
	    args->bindings.stride != sizeof(struct drm_lwnpu_binding))
		return -EINVAL;
	job->program = fake_find_program(args->program);
	if (!job->program)
		return -ENOENT;
	job->deadline = args->deadline_ns;
	ret = bind_all(job, &args->bindings, item);
	return ret ? ret : check_syncs(args, item);
}

static void commit(struct queue *queue, struct job *job,
		   struct drm_lwnpu_job *args)
{
	const struct drm_lwnpu_sync *sync =
		(const void *)(uintptr_t)args->out_syncs.ptr;

	job->queue = queue->number;
	job->id = ++queue->submitted;
	job->completion.submit_ns = lwnpu_time();
	if (args->out_syncs.count) {
		job->fence = fake_fence_new();
		fake_sync_set(sync->handle, job->fence);
	}
	job->next = jobs;
	jobs = job;
	args->id = job->id;
	fake_drm.submits++;
}

static void run(struct job *job)
{
	struct queue *queue = queues;
	struct lw_run_result result = { 0 };
	int ret;

	if (job->deadline && lwnpu_time() >= job->deadline)
		return complete(job, DRM_LWNPU_JOB_LATE, -ETIME);
	job->completion.start_ns = lwnpu_time();
	job->completion.op = DRM_LWNPU_NONE;
	if (fake_drm.outcome.status == DRM_LWNPU_JOB_PENDING) {
		ret = lw_ref_engine.run(NULL, job->program->loaded,
					job->bindings, &result, NULL);
		job->completion.gates = result.gates;
		return complete(job, ret ? DRM_LWNPU_JOB_FAILED :
				DRM_LWNPU_JOB_DONE, ret);
	}
	job->completion.op = fake_drm.outcome.op;
	job->completion.cycles = fake_drm.outcome.cycles;
	complete(job, fake_drm.outcome.status, fake_drm.outcome.error);
	if (fake_drm.outcome.status != DRM_LWNPU_JOB_HUNG)
		return;
	while (queue->number != job->queue)
		queue++;
	queue->guilty = true;
	cancel_queue(job->queue, 0);
}

/* From the oldest on. */
static void run_pending(struct job *job)
{
	if (!job)
		return;
	run_pending(job->next);
	if (is_pending(job))
		run(job);
}

void fake_jobs_run(void)
{
	run_pending(jobs);
}

static uint64_t unfinished(const struct queue *queue)
{
	uint64_t n = 0;

	for (const struct job *job = jobs; job; job = job->next)
		n += job->queue == queue->number && is_pending(job);
	return n;
}

static int check_submit(const struct drm_lwnpu_submit *args,
			const struct queue *queue)
{
	if (args->flags || !args->jobs.count ||
	    args->jobs.count > fake_drm.submit_jobs ||
	    args->jobs.count > MAX_SUBMIT ||
	    args->jobs.stride != sizeof(struct drm_lwnpu_job))
		return -EINVAL;
	if (!queue)
		return -ENOENT;
	if (queue->guilty)
		return -ECANCELED;
	if (unfinished(queue) + args->jobs.count > fake_drm.queue_jobs)
		return -EAGAIN;
	return 0;
}

static int submit(void *data)
{
	struct drm_lwnpu_submit *args = data;
	struct drm_lwnpu_job *job_args = (void *)(uintptr_t)args->jobs.ptr;
	struct queue *queue = find_queue(args->queue);
	struct job *made[MAX_SUBMIT];
	uint32_t n = 0;
	int ret;

	args->error_job = args->error_item = DRM_LWNPU_NONE;
	ret = check_submit(args, queue);
	while (!ret && n < args->jobs.count) {
		args->error_job = n;
		made[n] = calloc(1, sizeof(*made[n]));
		ret = prepare(made[n], &job_args[n], &args->error_item);
		n++;
	}
	if (ret) {
		while (n)
			free(made[--n]);
		return ret;
	}
	args->error_job = DRM_LWNPU_NONE;
	for (uint32_t i = 0; i < n; i++)
		commit(queue, made[i], &job_args[i]);
	if (!fake_drm.held)
		fake_jobs_run();
	return 0;
}

static int wait_job(void *data)
{
	struct drm_lwnpu_wait_job *args = data;
	const struct queue *queue = find_queue(args->queue);
	const struct job *job;

	if (args->flags)
		return -EINVAL;
	if (!queue || !args->job || args->job > queue->submitted ||
	    queue->submitted - args->job >= fake_drm.queue_jobs)
		return -ENOENT;
	job = find_job(queue->number, args->job);
	if (is_pending(job) && args->timeout_ns <= lwnpu_time())
		return -EBUSY;
	while (is_pending(job))
		if (!fake_drm_sleep(args->timeout_ns))
			return -ETIMEDOUT;
	args->completion = job->completion;
	return 0;
}

void fake_jobs_release(void)
{
	struct job *job;

	while ((job = jobs)) {
		jobs = job->next;
		free(job);
	}
	for (uint32_t i = 1; i < MAX_QUEUES; i++)
		fake_drm.queues -= queues[i].alive;
	memset(queues, 0, sizeof(queues));
}

const struct fake_ioctl fake_job_ioctls[] = {
	{ DRM_IOCTL_LWNPU_QUEUE_CREATE, "queue_create", queue_create },
	{ DRM_IOCTL_LWNPU_QUEUE_DESTROY, "queue_destroy", queue_destroy },
	{ DRM_IOCTL_LWNPU_SUBMIT, "submit", submit },
	{ DRM_IOCTL_LWNPU_WAIT_JOB, "wait_job", wait_job },
	{ 0 }
};
