/* SPDX-License-Identifier: GPL-2.0-only */
/* Jobs: from the scheduler to the engine and back. */
#ifndef LWNPU_JOB_H
#define LWNPU_JOB_H

#include <linux/dma-fence.h>
#include <linux/ktime.h>
#include <drm/gpu_scheduler.h>

#include "lwnpu_device.h"
#include "lwnpu_program.h"
#include "lwnpu_queue.h"

/**
 * struct lwnpu_fence - what the engine signals
 * @base: first, for dma_fence_free()
 * @lock: of @base
 * @lwnpu: device
 * @release: gives back the device, where that may sleep
 *
 * The scheduler's own fence holds this one, and names the scheduler: so this one
 * holds the device, and the module with its code.
 */
struct lwnpu_fence {
	struct dma_fence base;
	/* of base */
	spinlock_t lock;
	struct lwnpu_device *lwnpu;
	struct work_struct release;
};

/**
 * struct lwnpu_job_binding - a buffer of a job
 * @bo: the buffer
 * @offset: in it
 * @size: bytes that the program may touch
 * @region: number
 * @direction: enum lwnpu_direction
 */
struct lwnpu_job_binding {
	struct lwnpu_bo *bo;
	u64 offset;
	u64 size;
	u32 region;
	u32 direction;
};

/**
 * struct lwnpu_job - one execution of a program
 * @base: base
 * @fence: allocated at submission
 * @lwnpu: device
 * @queue: whose
 * @program: what
 * @release: gives back all it holds, where that may sleep
 * @id: in the queue
 * @number: in the device
 * @after: id of the job of its queue that it waits for, or 0
 * @deadline: the application's, or KTIME_MAX
 * @node: in a list of the device; &lwnpu_device.lock, as the following
 * @due: in &lwnpu_device.deadlines
 * @slot: the engine's own: number of its record
 * @given: when the engine got it, or 0
 * @begun: when it was begun, or 0
 * @attempts: how often
 * @n_bindings: of @binding
 * @binding: regions and buffers
 */
struct lwnpu_job {
	struct drm_sched_job base;
	struct lwnpu_fence *fence;
	struct lwnpu_device *lwnpu;
	struct lwnpu_queue *queue;
	struct lwnpu_program *program;
	struct work_struct release;
	u64 id;
	u64 number;
	u64 after;
	ktime_t deadline;
	struct list_head node;
	struct timerqueue_node due;
	u32 slot;
	ktime_t given;
	ktime_t begun;
	u32 attempts;
	u32 n_bindings;
	struct lwnpu_job_binding binding[];
};

static inline struct lwnpu_job *to_lwnpu_job(struct drm_sched_job *base)
{
	return container_of(base, struct lwnpu_job, base);
}

extern const struct drm_sched_backend_ops lwnpu_sched_ops;

/**
 * lwnpu_job_create() - make a job, without buffers
 * @queue: where it will be submitted
 * @program: what it runs
 * @client_id: of the drm_file
 *
 * Return: the job, known to the scheduler, or an error pointer.
 */
struct lwnpu_job *lwnpu_job_create(struct lwnpu_queue *queue,
				   struct lwnpu_program *program,
				   u64 client_id);

/**
 * lwnpu_job_arm() - the job has an id and a fence from here on; cannot fail
 * @job: a job prepared by SUBMIT; &lwnpu_queue.submit_mutex is held
 */
void lwnpu_job_arm(struct lwnpu_job *job);

/**
 * lwnpu_job_release() - give back what a job holds
 * @job: not armed, or complete
 */
void lwnpu_job_release(struct lwnpu_job *job);

/**
 * lwnpu_job_begin() - the engine begins with a job: its time runs from now
 * @job: in &lwnpu_device.running; &lwnpu_device.lock is held. If it has begun,
 *	nothing happens
 */
void lwnpu_job_begin(struct lwnpu_job *job);

/**
 * lwnpu_job_claim() - take a job out of its list; the caller completes it
 * @job: in a list of the device; &lwnpu_device.lock is held
 */
void lwnpu_job_claim(struct lwnpu_job *job);

/**
 * lwnpu_job_end() - the same by the engine, which is done with it
 * @job: in &lwnpu_device.running; &lwnpu_device.lock is held
 */
void lwnpu_job_end(struct lwnpu_job *job);

/**
 * lwnpu_job_complete() - tell everybody that a job is complete
 * @job: claimed, or never run; gone afterwards
 * @completion: status, error, op, start_ns, cycles and gates; the rest is set
 *	here
 *
 * They are told when all jobs before it in its queue are complete.
 */
void lwnpu_job_complete(struct lwnpu_job *job,
			struct drm_lwnpu_completion *completion);

/**
 * lwnpu_job_fail() - the same for jobs that the engine has not ended
 * @job: as lwnpu_job_complete()
 * @status: LATE, HUNG, CANCELED or LOST
 */
void lwnpu_job_fail(struct lwnpu_job *job, enum drm_lwnpu_job_status status);

/**
 * lwnpu_job_fail_list() - lwnpu_job_fail() for claimed jobs
 * @list: of &lwnpu_job.node
 * @status: as lwnpu_job_fail()
 */
void lwnpu_job_fail_list(struct list_head *list,
			 enum drm_lwnpu_job_status status);

#endif /* LWNPU_JOB_H */
