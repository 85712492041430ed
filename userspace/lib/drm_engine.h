/* SPDX-License-Identifier: MIT */
/* The engine behind a device node: what its parts share. */
#ifndef LW_DRM_ENGINE_H
#define LW_DRM_ENGINE_H

#include <pthread.h>
#include <sys/queue.h>

#include "drm_io.h"
#include "drm_node.h"
#include "lwnpu_drm.h"
#include "task.h"

/**
 * struct lw_drm_buffer - a buffer object
 * @next: in lw_drm_device.buffers
 * @handle: GEM handle; 0: there is no buffer
 * @size: bytes
 * @data: its memory, or NULL if it is not mapped
 */
struct lw_drm_buffer {
	struct lw_drm_buffer *next;
	uint32_t handle;
	size_t size;
	uint8_t *data;
};

struct lw_drm_job;
TAILQ_HEAD(lw_drm_jobs, lw_drm_job);

/**
 * struct lw_drm_queue - a queue of the kernel: the jobs of one submission
 * @link: in a list of the device
 * @handle: of the queue
 * @priority: enum drm_lwnpu_priority
 * @jobs: those that are not complete, as far as we know
 * @is_guilty: it takes no more jobs
 * @is_dead: its handle is closed: what has not started is cancelled
 * @waiters: threads that may call the kernel with @handle, so that no other
 *	queue must get the same one
 */
struct lw_drm_queue {
	TAILQ_ENTRY(lw_drm_queue) link;
	uint32_t handle;
	uint32_t priority;
	struct lw_drm_jobs jobs;
	bool is_guilty;
	bool is_dead;
	unsigned int waiters;
};

TAILQ_HEAD(lw_drm_queues, lw_drm_queue);

/**
 * struct lw_drm_job - a task, as the kernel sees it
 * @link: in lw_drm_queue.jobs
 * @task: the task
 * @queue: where it is pending, or NULL
 * @id: in the queue
 * @syncobj: handle of its out-syncobj; 0: it has none
 * @fence: sync_file of a job whose queue is dead, or -1
 * @n_bound: of @bound
 * @bound: the buffers behind the task's bindings
 */
struct lw_drm_job {
	TAILQ_ENTRY(lw_drm_job) link;
	struct lw_task *task;
	struct lw_drm_queue *queue;
	uint64_t id;
	uint32_t syncobj;
	int fence;
	uint32_t n_bound;
	struct drm_lwnpu_binding bound[LWNPU_REGION_MAX];
};

/**
 * struct lw_drm_device - an open node
 * @fd: of the node
 * @path: its name
 * @version: of its driver
 * @max_submit: jobs of one SUBMIT, at most LWNPU_SUBMIT_MAX
 * @lock: of what follows, and of all jobs
 * @changed: signalled when a queue has got jobs, or has become idle
 * @idle: queues without jobs
 * @busy: queues with jobs, or that are about to get some
 * @gone: dead queues without jobs, but with waiters
 * @buffers: from alloc
 */
struct lw_drm_device {
	int fd;
	char *path;
	struct lw_drm_version version;
	unsigned int max_submit;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct lw_drm_queues idle;
	struct lw_drm_queues busy;
	struct lw_drm_queues gone;
	struct lw_drm_buffer *buffers;
};

/**
 * struct lw_drm_program - a loaded program
 * @handle: of the program
 * @n_ops: its operations
 * @info: what it binds
 * @arena: region 1, if the engine has none of its own
 */
struct lw_drm_program {
	uint32_t handle;
	uint32_t n_ops;
	struct lwnpu_program_info info;
	struct lw_drm_buffer arena;
};

/* drm_buffer.c: buffer objects */

/**
 * lw_drm_buffer_create() - make a buffer, not mapped
 * @device: open
 * @buffer: filled in
 * @size: bytes
 *
 * Return: 0 or a negative errno value; @buffer is untouched then.
 */
int lw_drm_buffer_create(const struct lw_drm_device *device,
			 struct lw_drm_buffer *buffer, size_t size);

/** lw_drm_buffer_map() - give a buffer its data */
int lw_drm_buffer_map(const struct lw_drm_device *device,
		      struct lw_drm_buffer *buffer);

/** lw_drm_buffer_destroy() - unmap and close; nothing if it is all zero */
void lw_drm_buffer_destroy(const struct lw_drm_device *device,
			   struct lw_drm_buffer *buffer);

/** lw_drm_alloc() - lw_engine_ops.alloc */
void *lw_drm_alloc(void *engine, size_t size);

/** lw_drm_free() - lw_engine_ops.free */
void lw_drm_free(void *engine, void *data);

/**
 * lw_drm_buffer_find() - the buffer that holds some memory
 * @device: open
 * @data: first byte
 * @size: how many
 * @binding: handle and offset are filled in
 *
 * Return: false if none from lw_drm_alloc() does, or not where it could be
 * bound.
 */
bool lw_drm_buffer_find(struct lw_drm_device *device, const void *data,
			size_t size, struct drm_lwnpu_binding *binding);

/* drm_queue.c: queues, one for each submission, so that it can be cancelled */

/**
 * lw_drm_queue_get() - a queue for a submission
 * @device: open
 * @priority: of the jobs
 * @queue: gets the queue; it is busy
 *
 * Return: 0; -EAGAIN the file has as many as it may, all of them busy; others
 * of QUEUE_CREATE.
 */
int lw_drm_queue_get(struct lw_drm_device *device,
		     enum lwnpu_priority priority, struct lw_drm_queue **queue);

/** lw_drm_queue_add() - note the jobs of a submission, which have their ids */
void lw_drm_queue_add(struct lw_drm_device *device, struct lw_drm_queue *queue,
		      struct lw_drm_job *const *jobs, unsigned int n);

/** lw_drm_queue_drop() - do without a queue that got no jobs */
void lw_drm_queue_drop(struct lw_drm_device *device,
		       struct lw_drm_queue *queue, bool is_guilty);

/**
 * lw_drm_queue_poll() - WAIT_JOB
 * @device: locked; not while it waits
 * @queue: not dead, but it may die meanwhile
 * @id: of the job
 * @timeout: as lwnpu_job_wait()
 * @completion: filled in
 *
 * Return: 0; -ETIMEDOUT; -ESTALE the queue died; others of WAIT_JOB.
 */
int lw_drm_queue_poll(struct lw_drm_device *device, struct lw_drm_queue *queue,
		      uint64_t id, int64_t timeout,
		      struct drm_lwnpu_completion *completion);

/**
 * lw_drm_queue_remove() - a job is complete
 * @device: locked
 * @job: in a queue, which becomes idle, or goes, with its last
 */
void lw_drm_queue_remove(struct lw_drm_device *device, struct lw_drm_job *job);

/**
 * lw_drm_queue_wait() - until lw_drm_queue_get() may have one again
 * @device: open
 *
 * Return: 0 or a negative errno value.
 */
int lw_drm_queue_wait(struct lw_drm_device *device);

/**
 * lw_drm_queue_kill() - cancel the jobs of a queue that have not started
 * @device: locked
 * @queue: busy; dead afterwards, or without jobs
 *
 * Return: 0 or a negative errno value: nothing is cancelled then.
 */
int lw_drm_queue_kill(struct lw_drm_device *device, struct lw_drm_queue *queue);

/** lw_drm_queue_free_idle() - destroy all idle queues */
void lw_drm_queue_free_idle(struct lw_drm_device *device);

/* drm_sync.c: syncobjs and sync_files */
int lw_drm_sync_create(const struct lw_drm_device *device, uint32_t *syncobj);
void lw_drm_sync_destroy(const struct lw_drm_device *device, uint32_t syncobj);

/**
 * lw_drm_sync_export() - the fence of a syncobj, as a file to poll
 * @device: open
 * @syncobj: of a job that was submitted
 *
 * Return: a sync_file or a negative errno value.
 */
int lw_drm_sync_export(const struct lw_drm_device *device, uint32_t syncobj);

/**
 * lw_drm_sync_wait() - wait for a sync_file
 * @file: the sync_file
 * @timeout: as lwnpu_job_wait()
 * @status: gets 0, or the error that it was signalled with
 * @time: gets when that was
 *
 * Return: 0, -ETIMEDOUT, others of poll() or ioctl().
 */
int lw_drm_sync_wait(int file, int64_t timeout, int *status, int64_t *time);

/* drm_outcome.c: how jobs end */

/**
 * lw_drm_end_record() - by their completion record
 * @device: locked
 * @job: pending; it is not any more
 * @completion: what WAIT_JOB gave
 */
void lw_drm_end_record(struct lw_drm_device *device, struct lw_drm_job *job,
		       const struct drm_lwnpu_completion *completion);

/**
 * lw_drm_end_fence() - by their fence, where the record cannot be had
 * @device: locked
 * @job: pending; it is not any more
 * @status: of lw_drm_sync_wait()
 * @time: of lw_drm_sync_wait()
 */
void lw_drm_end_fence(struct lw_drm_device *device, struct lw_drm_job *job,
		      int status, int64_t time);

/**
 * lw_drm_end_error() - by an error of the call that waits
 * @device: locked
 * @job: pending; it is not any more
 * @code: negative errno value
 */
void lw_drm_end_error(struct lw_drm_device *device, struct lw_drm_job *job,
		      int code);

/* drm_program.c: lw_engine_ops.load and unload */
int lw_drm_load(void *engine, const struct lw_program *program, void **loaded,
		struct lwnpu_error *error);
void lw_drm_unload(void *engine, void *loaded);

/* drm_job.c: lw_engine_ops.run and tasks, whose runner is the device */
int lw_drm_run(void *engine, void *loaded, const struct lw_binding *bindings,
	       struct lw_run_result *result, struct lwnpu_error *error);
extern const struct lw_task_ops lw_drm_tasks;

#endif /* LW_DRM_ENGINE_H */
