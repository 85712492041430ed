/* SPDX-License-Identifier: GPL-2.0-only */
/* Queues, and what is known of their jobs. */
#ifndef LWNPU_QUEUE_H
#define LWNPU_QUEUE_H

#include <linux/mutex.h>
#include <linux/wait.h>
#include <drm/gpu_scheduler.h>

#include "lwnpu_device.h"

/**
 * struct lwnpu_record - the completion record of a job
 * @id: of the job
 * @fence: of the job, until it is complete
 * @completion: with status PENDING until the engine is done with it
 */
struct lwnpu_record {
	u64 id;
	struct dma_fence *fence;
	struct drm_lwnpu_completion completion;
};

/**
 * struct lwnpu_queue - jobs that are complete one after another
 * @refs: of the handle and of jobs
 * @file: whose
 * @number: its name for the engine
 * @priority: enum drm_lwnpu_priority
 * @parallel: its jobs may run at the same time
 * @entity: of the scheduler
 * @submit_mutex: the order of submission; before the locks of buffers
 * @submitted: the last job's id; under @submit_mutex
 * @dead: its jobs are not started any more
 * @state: enum drm_lwnpu_queue_state
 * @guilty: id of the first job that hung; &lwnpu_device.lock
 * @held: jobs that wait for others of the queue, &lwnpu_job.node; the same
 * @holding: in &lwnpu_device.holding if there are any; the same
 * @fence_context: of the fences of its jobs
 * @lock: of the following
 * @completing: somebody tells of completions
 * @completed: jobs; the id of the last
 * @failed: of these, not done
 * @wait: for completions
 * @records: of job n at n % LWNPU_MAX_QUEUE_JOBS
 */
struct lwnpu_queue {
	struct kref refs;
	struct lwnpu_file *file;
	u64 number;
	u32 priority;
	bool parallel;
	struct drm_sched_entity entity;
	/* the order of submission; before the locks of buffers */
	struct mutex submit_mutex;
	u64 submitted;
	bool dead;
	u32 state;
	u64 guilty;
	struct list_head held;
	struct list_head holding;
	u64 fence_context;
	/* of all below, but for wait */
	spinlock_t lock;
	bool completing;
	u64 completed;
	u64 failed;
	wait_queue_head_t wait;
	struct lwnpu_record records[LWNPU_MAX_QUEUE_JOBS];
};

/**
 * lwnpu_queue_find() - look up a handle
 * @file: whose
 * @handle: any value
 *
 * Return: the queue with a reference, or NULL.
 */
struct lwnpu_queue *lwnpu_queue_find(struct lwnpu_file *file, u32 handle);
void lwnpu_queue_get(struct lwnpu_queue *queue);
void lwnpu_queue_put(struct lwnpu_queue *queue);
void lwnpu_queues_close(struct lwnpu_file *file);

/**
 * lwnpu_queue_create() - make a queue
 * @file: whose
 * @priority: enum drm_lwnpu_priority
 * @flags: of QUEUE_CREATE
 *
 * Return: the queue with a reference, or an error pointer.
 */
struct lwnpu_queue *lwnpu_queue_create(struct lwnpu_file *file, u32 priority,
				       u32 flags);

/**
 * lwnpu_queue_destroy() - end a queue, and drop the reference of its maker
 * @queue: nobody can find it by its handle
 */
void lwnpu_queue_destroy(struct lwnpu_queue *queue);

/**
 * lwnpu_queue_wait() - wait for a job
 * @queue: the queue
 * @id: of the job
 * @left: how long, 0: not
 * @completion: gets its record
 *
 * Return: 0; -ENOENT: no record; -EBUSY, -ETIMEDOUT: not complete; -ERESTARTSYS.
 */
int lwnpu_queue_wait(struct lwnpu_queue *queue, u64 id, ktime_t left,
		     struct drm_lwnpu_completion *completion);

/**
 * lwnpu_queue_expect() - make the record of a job that will be submitted
 * @queue: the queue; &lwnpu_queue.submit_mutex is held
 * @fence: of the job
 *
 * Return: the job's id.
 */
u64 lwnpu_queue_expect(struct lwnpu_queue *queue, struct dma_fence *fence);

/**
 * lwnpu_queue_job() - which job the scheduler's fence is of
 * @queue: the queue; &lwnpu_queue.submit_mutex is held
 * @fence: any fence
 *
 * Return: its id, or 0 if it is not of this queue.
 */
u64 lwnpu_queue_job(struct lwnpu_queue *queue, const struct dma_fence *fence);

/**
 * lwnpu_queue_completed() - how many jobs are complete
 * @queue: the queue
 *
 * Return: the id of the last.
 */
u64 lwnpu_queue_completed(struct lwnpu_queue *queue);

/**
 * lwnpu_queue_complete() - fill in the record of a job, and signal its fence
 * @queue: the queue
 * @id: of the job
 * @completion: all but submit_ns
 *
 * Nobody hears of it before the jobs before it are complete: of fences of one
 * context everybody expects that they are signalled in order.
 */
void lwnpu_queue_complete(struct lwnpu_queue *queue, u64 id,
			  const struct drm_lwnpu_completion *completion);

/**
 * lwnpu_queue_room() - jobs that may be submitted
 * @queue: the queue; &lwnpu_queue.submit_mutex is held
 *
 * Return: how many.
 */
u32 lwnpu_queue_room(struct lwnpu_queue *queue);
u32 lwnpu_queue_priorities(void);

int lwnpu_ioctl_queue_create(struct drm_device *drm, void *data,
			     struct drm_file *file_priv);
int lwnpu_ioctl_queue_destroy(struct drm_device *drm, void *data,
			      struct drm_file *file_priv);
int lwnpu_ioctl_queue_get_state(struct drm_device *drm, void *data,
				struct drm_file *file_priv);
int lwnpu_ioctl_wait_job(struct drm_device *drm, void *data,
			 struct drm_file *file_priv);

#endif /* LWNPU_QUEUE_H */
