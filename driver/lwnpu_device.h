/* SPDX-License-Identifier: GPL-2.0-only */
/* The device: what all parts of the driver share. */
#ifndef LWNPU_DEVICE_H
#define LWNPU_DEVICE_H

#include <linux/list.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/timerqueue.h>
#include <linux/workqueue.h>
#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/gpu_scheduler.h>

#include "lwnpu_compat.h"
#include "lwnpu_ctl.h"
#include "lwnpu_drm.h"
#include "lwnpu_dump.h"

#define LWNPU_MAX_BO_SIZE ((u64)SZ_4G)
#define LWNPU_MAX_WEIGHTS_SIZE SZ_256M
#define LWNPU_MAX_PROGRAMS 1024
#define LWNPU_MAX_QUEUES 64
#define LWNPU_MAX_QUEUE_JOBS 256
#define LWNPU_MAX_SUBMIT_JOBS 64
#define LWNPU_MAX_SYNCS 64
#define LWNPU_PRIORITIES (DRM_LWNPU_PRIORITY_HIGH + 1)

/* Handles; erasing entry 0 of an xarray frees it for xa_alloc(). */
#define LWNPU_HANDLES XA_LIMIT(1, INT_MAX)

struct lwnpu_bo;
struct lwnpu_device;
struct lwnpu_job;

/**
 * struct lwnpu_engine_ops - what runs jobs
 * @start: get ready, before the node appears
 * @run: take a job, which is in &lwnpu_device.running; lwnpu_job_begin(),
 *	lwnpu_job_end() and lwnpu_job_complete() follow some day. Called under
 *	&lwnpu_device.lock, on the way to a fence: it must not allocate, nor
 *	sleep. False: not now; the engine calls lwnpu_dispatch_feed() when it
 *	takes jobs again
 * @look: note by lwnpu_job_begin() which jobs are begun, for an engine that is
 *	not told when; under &lwnpu_device.lock, may be NULL
 * @withdraw: take a job back that is not begun; false: it is, or may be. Under
 *	&lwnpu_device.lock, may be NULL
 * @cancel: forget a job that was claimed by somebody else; under
 *	&lwnpu_device.lock
 * @reset: the engine hangs, and guilty jobs are gone: bring it to life, and
 *	begin with those of &lwnpu_device.running again. May sleep, must not
 *	allocate
 * @stop: the device is gone: touch nothing from now on. @reset is not under way,
 *	and is not called again
 * @forget: applications are done with a buffer; under &lwnpu_device.lock
 * @is_away: no job can be run now, nor is it known when; may be stale without
 *	&lwnpu_device.lock
 */
struct lwnpu_engine_ops {
	int (*start)(struct lwnpu_device *lwnpu);
	bool (*run)(struct lwnpu_device *lwnpu, struct lwnpu_job *job);
	void (*look)(struct lwnpu_device *lwnpu);
	bool (*withdraw)(struct lwnpu_device *lwnpu, struct lwnpu_job *job);
	void (*cancel)(struct lwnpu_device *lwnpu, struct lwnpu_job *job);
	void (*reset)(struct lwnpu_device *lwnpu);
	void (*stop)(struct lwnpu_device *lwnpu);
	void (*forget)(struct lwnpu_device *lwnpu, struct lwnpu_bo *bo);
	bool (*is_away)(struct lwnpu_device *lwnpu);
};

/**
 * struct lwnpu_engine_config - what an engine is
 * @ops: set of operations, bit n is number n
 * @capacity: jobs that it runs at once
 * @depth: jobs that it takes at once, those at hand included
 * @name: its kind
 * @description: the device behind it
 */
struct lwnpu_engine_config {
	u64 ops;
	u32 capacity;
	u32 depth;
	char name[DRM_LWNPU_NAME_SIZE];
	char description[DRM_LWNPU_DESCRIPTION_SIZE];
};

/**
 * struct lwnpu_counters - for debugfs
 * @jobs: complete, of each enum drm_lwnpu_job_status
 * @resets: of the engine
 */
struct lwnpu_counters {
	u64 jobs[DRM_LWNPU_JOB_LOST + 1];
	u64 resets;
};

/**
 * struct lwnpu_device - an accel node
 * @drm: base
 * @sched: one scheduler for all queues; knows what jobs wait for
 * @sched_mutex: held while @sched is paused
 * @engine: what runs the jobs
 * @engine_data: its own
 * @config: what it is
 * @wq: for @watchdog and the engine; on the way to fences
 * @watchdog: fails jobs that are late or hang
 * @lock: of all below, and of what the engine has
 * @ready: jobs that wait for nothing but the engine, &lwnpu_job.node, by priority
 * @holding: queues with jobs that wait for others of their queue
 * @deadlines: of jobs that the engine does not have, &lwnpu_job.due
 * @late: jobs that had one
 * @running: jobs that the engine has, &lwnpu_job.node
 * @n_running: how many
 * @progress: when the engine last began or ended a job
 * @watchdog_due: when @watchdog will look
 * @hang: the last hang, until it is written down
 * @gone: no job will be given to the engine any more
 * @counters: for debugfs
 * @next_number: buffers and jobs have numbers, never used twice
 */
struct lwnpu_device {
	struct drm_device drm;
	struct drm_gpu_scheduler sched;
	/* of its being paused */
	struct mutex sched_mutex;
	const struct lwnpu_engine_ops *engine;
	void *engine_data;
	struct lwnpu_engine_config config;
	struct workqueue_struct *wq;
	struct delayed_work watchdog;
	/* of all below, and of what the engine has */
	spinlock_t lock;
	struct list_head ready[LWNPU_PRIORITIES];
	struct list_head holding;
	struct timerqueue_head deadlines;
	struct list_head late;
	struct list_head running;
	u32 n_running;
	ktime_t progress;
	ktime_t watchdog_due;
	struct lwnpu_hang hang;
	bool gone;
	struct lwnpu_counters counters;
	atomic64_t next_number;
};

static inline struct lwnpu_device *to_lwnpu(struct drm_device *drm)
{
	return container_of(drm, struct lwnpu_device, drm);
}

/**
 * struct lwnpu_file - what outlives a drm_file: its account
 * @refs: of the drm_file, its queues and buffers
 * @lwnpu: device; a file holds it, and so does each fence
 * @programs: by handle
 * @queues: by handle
 * @memory: bytes of buffers and programs
 * @program_memory: bytes of programs
 * @n_programs: how many
 * @n_queues: how many
 * @engine_ns: time on the engine
 * @cycles: the same, as the engine counts
 * @jobs: complete
 */
struct lwnpu_file {
	struct kref refs;
	struct lwnpu_device *lwnpu;
	struct xarray programs;
	struct xarray queues;
	atomic64_t memory;
	atomic64_t program_memory;
	atomic_t n_programs;
	atomic_t n_queues;
	atomic64_t engine_ns;
	atomic64_t cycles;
	atomic64_t jobs;
};

extern struct workqueue_struct *lwnpu_wq;
extern unsigned int lwnpu_timeout_ms;

/**
 * lwnpu_device_init() - the parts that are not the engine's
 * @lwnpu: with engine and config set
 *
 * Return: 0 or a negative errno value; all is undone with the drm_device.
 */
int lwnpu_device_init(struct lwnpu_device *lwnpu);

/**
 * lwnpu_device_unplug() - the device is gone, at any moment
 * @lwnpu: the device; its jobs fail
 */
void lwnpu_device_unplug(struct lwnpu_device *lwnpu);

/**
 * lwnpu_file_create() - the account of a new drm_file
 * @lwnpu: device
 *
 * Return: the file, or NULL.
 */
struct lwnpu_file *lwnpu_file_create(struct lwnpu_device *lwnpu);

/**
 * lwnpu_file_close() - the drm_file is closed
 * @file: its programs and queues go, and the reference of the drm_file
 */
void lwnpu_file_close(struct lwnpu_file *file);

/**
 * lwnpu_file_get() - take a reference
 * @file: the file
 *
 * Return: @file.
 */
struct lwnpu_file *lwnpu_file_get(struct lwnpu_file *file);
void lwnpu_file_put(struct lwnpu_file *file);

/**
 * lwnpu_file_charge() - account memory to a file
 * @file: the file
 * @size: bytes
 *
 * Return: 0; -ENOSPC if it has no more.
 */
int lwnpu_file_charge(struct lwnpu_file *file, u64 size);
u64 lwnpu_file_max_memory(void);

/**
 * lwnpu_timeout() - what is left until an absolute time
 * @timeout_ns: CLOCK_MONOTONIC
 *
 * Return: nanoseconds from now, 0 if past, KTIME_MAX for S64_MAX.
 */
ktime_t lwnpu_timeout(s64 timeout_ns);

/* The same in jiffies, rounded up, 0 for 0. */
long lwnpu_timeout_jiffies(ktime_t left);

int lwnpu_ioctl_get_param(struct drm_device *drm, void *data,
			  struct drm_file *file_priv);
int lwnpu_ioctl_get_engine(struct drm_device *drm, void *data,
			   struct drm_file *file_priv);
void lwnpu_debugfs_init(struct lwnpu_device *lwnpu);

#endif /* LWNPU_DEVICE_H */
