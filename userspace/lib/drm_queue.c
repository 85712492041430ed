// SPDX-License-Identifier: MIT
/*
 * Queues. The kernel cancels jobs by the queue, so each submission has one to
 * itself; queues of submissions that are complete are used again.
 */
#include <stdlib.h>

#include "drm_engine.h"

/* It is in no list. */
static void destroy(struct lw_drm_device *device, struct lw_drm_queue *queue)
{
	struct drm_lwnpu_queue_destroy args = { .handle = queue->handle };

	if (!queue->is_dead)
		lw_drm_call(device->fd, DRM_IOCTL_LWNPU_QUEUE_DESTROY, &args);
	queue->is_dead = true;
	if (queue->waiters)
		TAILQ_INSERT_TAIL(&device->gone, queue, link);
	else
		free(queue);
}

static bool has_handle(const struct lw_drm_queues *queues, uint32_t handle)
{
	const struct lw_drm_queue *queue;

	TAILQ_FOREACH(queue, queues, link)
		if (queue->is_dead && queue->handle == handle)
			return true;
	return false;
}

/* A thread that has not called the kernel yet would wait for another's job. */
static bool is_awaited(const struct lw_drm_device *device, uint32_t handle)
{
	return has_handle(&device->busy, handle) ||
	       has_handle(&device->gone, handle);
}

static int create(struct lw_drm_device *device, uint32_t priority)
{
	struct drm_lwnpu_queue_create args = {
		.priority = priority,
		.flags = DRM_LWNPU_QUEUE_PARALLEL,
	};
	struct lw_drm_queue *queue = calloc(1, sizeof(*queue));
	int ret;

	if (!queue)
		return -ENOMEM;
	ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_QUEUE_CREATE, &args);
	if (ret) {
		free(queue);
		return ret;
	}
	queue->handle = args.handle;
	queue->priority = priority;
	TAILQ_INIT(&queue->jobs);
	if (is_awaited(device, args.handle)) {
		ret = create(device, priority);
		destroy(device, queue);
		return ret;
	}
	TAILQ_INSERT_HEAD(&device->idle, queue, link);
	return 0;
}

static struct lw_drm_queue *find_idle(struct lw_drm_device *device,
				      uint32_t priority)
{
	struct lw_drm_queue *queue;

	TAILQ_FOREACH(queue, &device->idle, link)
		if (queue->priority == priority)
			break;
	return queue;
}

/* All its jobs are complete. */
static void retire(struct lw_drm_device *device, struct lw_drm_queue *queue)
{
	TAILQ_REMOVE(&device->busy, queue, link);
	if (queue->is_guilty || queue->is_dead)
		destroy(device, queue);
	else
		TAILQ_INSERT_HEAD(&device->idle, queue, link);
	pthread_cond_broadcast(&device->changed);
}

static int call_wait(const struct lw_drm_device *device, uint32_t queue,
		     uint64_t id, int64_t timeout,
		     struct drm_lwnpu_completion *completion)
{
	struct drm_lwnpu_wait_job args = {
		.queue = queue,
		.job = id,
		.timeout_ns = timeout,
	};
	int ret;

	ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_WAIT_JOB, &args);
	*completion = args.completion;
	return ret == -EBUSY ? -ETIMEDOUT : ret;
}

int lw_drm_queue_poll(struct lw_drm_device *device, struct lw_drm_queue *queue,
		      uint64_t id, int64_t timeout,
		      struct drm_lwnpu_completion *completion)
{
	uint32_t handle = queue->handle;
	int ret;

	queue->waiters++;
	pthread_mutex_unlock(&device->lock);
	ret = call_wait(device, handle, id, timeout, completion);
	pthread_mutex_lock(&device->lock);
	queue->waiters--;
	if (!queue->is_dead)
		return ret;
	if (!queue->waiters && TAILQ_EMPTY(&queue->jobs)) {
		TAILQ_REMOVE(&device->gone, queue, link);
		free(queue);
	}
	return ret == -ETIMEDOUT ? ret : -ESTALE;
}

/* Notes which jobs of a queue are complete; it may become idle, or go. */
static void look_at(struct lw_drm_device *device, struct lw_drm_queue *queue)
{
	struct drm_lwnpu_completion completion;
	struct lw_drm_job *job, *next;

	for (job = TAILQ_FIRST(&queue->jobs); job; job = next) {
		next = TAILQ_NEXT(job, link);
		if (call_wait(device, queue->handle, job->id, 0, &completion))
			return;
		lw_drm_end_record(device, job, &completion);
	}
}

/* Makes room for a queue, if a submission nobody waited for is complete. */
static int make_room(struct lw_drm_device *device, uint32_t priority)
{
	struct lw_drm_queue *queue, *next;

	for (queue = TAILQ_FIRST(&device->busy); queue; queue = next) {
		next = TAILQ_NEXT(queue, link);
		if (!queue->is_dead)
			look_at(device, queue);
	}
	if (find_idle(device, priority))
		return 0;
	queue = TAILQ_FIRST(&device->idle);
	if (!queue)
		return -EAGAIN;
	TAILQ_REMOVE(&device->idle, queue, link);
	destroy(device, queue);
	return create(device, priority);
}

int lw_drm_queue_get(struct lw_drm_device *device,
		     enum lwnpu_priority priority, struct lw_drm_queue **queue)
{
	static const uint32_t priorities[] = {
		[LWNPU_LOW] = DRM_LWNPU_PRIORITY_LOW,
		[LWNPU_NORMAL] = DRM_LWNPU_PRIORITY_NORMAL,
		[LWNPU_HIGH] = DRM_LWNPU_PRIORITY_HIGH,
	};
	uint32_t wanted = priorities[priority];
	int ret = 0;

	pthread_mutex_lock(&device->lock);
	if (!find_idle(device, wanted))
		ret = create(device, wanted);
	if (ret == -ENOSPC)
		ret = make_room(device, wanted);
	if (!ret) {
		*queue = find_idle(device, wanted);
		TAILQ_REMOVE(&device->idle, *queue, link);
		TAILQ_INSERT_TAIL(&device->busy, *queue, link);
	}
	pthread_mutex_unlock(&device->lock);
	return ret;
}

void lw_drm_queue_add(struct lw_drm_device *device, struct lw_drm_queue *queue,
		      struct lw_drm_job *const *jobs, unsigned int n)
{
	pthread_mutex_lock(&device->lock);
	for (unsigned int i = 0; i < n; i++) {
		TAILQ_INSERT_TAIL(&queue->jobs, jobs[i], link);
		jobs[i]->queue = queue;
	}
	pthread_cond_broadcast(&device->changed);
	pthread_mutex_unlock(&device->lock);
}

void lw_drm_queue_drop(struct lw_drm_device *device, struct lw_drm_queue *queue,
		       bool is_guilty)
{
	pthread_mutex_lock(&device->lock);
	queue->is_guilty = is_guilty;
	retire(device, queue);
	pthread_mutex_unlock(&device->lock);
}

void lw_drm_queue_remove(struct lw_drm_device *device, struct lw_drm_job *job)
{
	struct lw_drm_queue *queue = job->queue;

	TAILQ_REMOVE(&queue->jobs, job, link);
	job->queue = NULL;
	if (TAILQ_EMPTY(&queue->jobs))
		retire(device, queue);
}

int lw_drm_queue_wait(struct lw_drm_device *device)
{
	struct drm_lwnpu_completion completion;
	struct lw_drm_queue *queue;
	struct lw_drm_job *last;
	int ret = 0;

	pthread_mutex_lock(&device->lock);
	TAILQ_FOREACH(queue, &device->busy, link)
		if (!queue->is_dead && !TAILQ_EMPTY(&queue->jobs))
			break;
	if (queue) {
		last = TAILQ_LAST(&queue->jobs, lw_drm_jobs);
		ret = lw_drm_queue_poll(device, queue, last->id, INT64_MAX,
					&completion);
	} else if (TAILQ_EMPTY(&device->idle)) {
		pthread_cond_wait(&device->changed, &device->lock);
	}
	pthread_mutex_unlock(&device->lock);
	return ret == -ESTALE ? 0 : ret;
}

/* Their records go with the queue: how they end, their fences will say. */
static int keep_fences(const struct lw_drm_device *device,
		       struct lw_drm_queue *queue)
{
	struct lw_drm_job *job;

	TAILQ_FOREACH(job, &queue->jobs, link) {
		if (job->fence < 0)
			job->fence = lw_drm_sync_export(device, job->syncobj);
		if (job->fence < 0)
			return job->fence;
	}
	return 0;
}

int lw_drm_queue_kill(struct lw_drm_device *device, struct lw_drm_queue *queue)
{
	struct drm_lwnpu_queue_destroy args = { .handle = queue->handle };
	struct lw_drm_job *last = TAILQ_LAST(&queue->jobs, lw_drm_jobs);
	int ret;

	look_at(device, queue);
	if (!last->queue)
		return 0;
	ret = keep_fences(device, queue);
	if (!ret)
		ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_QUEUE_DESTROY,
				  &args);
	queue->is_dead = !ret;
	return ret;
}

void lw_drm_queue_free_idle(struct lw_drm_device *device)
{
	struct lw_drm_queue *queue;

	while ((queue = TAILQ_FIRST(&device->idle))) {
		TAILQ_REMOVE(&device->idle, queue, link);
		destroy(device, queue);
	}
}
