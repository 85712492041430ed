/* SPDX-License-Identifier: MIT */
/*
 * Threads that take jobs from the kernel and run them, the best first.
 *
 * There is no thread that only hands out: whoever has nothing to do waits in
 * the kernel, and takes what he finds in the rings. One call of RUN tells of the
 * job before, waits, and brings the next; a record wakes one of those who wait.
 * Threads that find jobs in the rings do not call to get them, and tell of short
 * ones together.
 */
#ifndef LWD_WORK_H
#define LWD_WORK_H

#include <pthread.h>
#include <signal.h>

#include "job.h"

/* Interrupts those who wait in the kernel; it must have a handler. */
#define LWD_WAKE_SIGNAL SIGUSR1

#define LWD_MAX_LANES 64
#define LWD_MAX_FORGOTTEN 256

struct lwd_work;

/**
 * struct lwd_lane - a thread and its engine
 * @work: what it works at
 * @engine_lock: of @programs; lwd_work.lock is never taken under it
 * @programs: loaded on an engine of its own
 * @forgotten: of lwd_work.forgotten, how many are unloaded; lwd_work.lock
 * @now: what lwd_now() would say, or 0
 * @is_running: a job
 * @is_waiting: in the kernel
 * @thread: itself
 */
struct lwd_lane {
	struct lwd_work *work;
	pthread_mutex_t engine_lock;
	struct lwd_programs programs;
	uint32_t forgotten;
	int64_t now;
	bool is_running;
	bool is_waiting;
	pthread_t thread;
};

/**
 * struct lwd_work - a started device, and who works at it
 * @lock: of all that is not the lanes' own
 * @ring: to the kernel
 * @buffers: of jobs
 * @forgotten: programs that are done with, the last ones
 * @n_forgotten: so far
 * @lanes: the threads
 * @n_lanes: how many
 * @n_running: how many have not ended
 * @n_waiting: in the kernel
 * @held_ns: since when there is a completion that the kernel has not seen
 * @is_stopping: finish what was taken, and end
 * @error: the device is lost: negative errno value
 * @done: jobs that went well
 * @failed: jobs that did not
 * @event: eventfd, or -1: written when threads end
 */
struct lwd_work {
	pthread_mutex_t lock;
	struct lwd_ring ring;
	struct lwd_buffers buffers;
	uint64_t forgotten[LWD_MAX_FORGOTTEN];
	uint32_t n_forgotten;
	struct lwd_lane *lanes;
	uint32_t n_lanes;
	uint32_t n_running;
	uint32_t n_waiting;
	int64_t held_ns;
	bool is_stopping;
	int error;
	uint64_t done;
	uint64_t failed;
	int event;
};

/**
 * struct lwd_summary - what is going on
 * @done: jobs that went well
 * @failed: jobs that did not
 * @refused: of these, completions that the kernel did not want
 * @running: jobs at work
 * @error: as lwd_work.error
 */
struct lwd_summary {
	uint64_t done;
	uint64_t failed;
	uint64_t refused;
	uint32_t running;
	int error;
};

/**
 * lwd_lane_open() - open an engine
 * @lane: filled in
 * @engine: "ref", "opencl", "opencl:CHOICE"
 * @budget: bytes that loaded programs may take
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, as lw_engine_ops.open(), or -EINVAL if that is no engine.
 */
int lwd_lane_open(struct lwd_lane *lane, const char *engine, size_t budget,
		  struct lwnpu_error *error);

/* lwd_lane_close() - the reverse */
void lwd_lane_close(struct lwd_lane *lane);

/**
 * lwd_work_start() - start a device and the threads
 * @work: filled in
 * @ctl: control file; must outlive the work
 * @start: as lwd_ring_open()
 * @lanes: open lanes
 * @n_lanes: how many
 * @event: see struct lwd_work
 * @error: filled in on failure
 *
 * Return: 0 or a negative errno value.
 */
int lwd_work_start(struct lwd_work *work, struct lwd_ctl *ctl,
		   const struct lwnpu_ctl_start *start, struct lwd_lane *lanes,
		   uint32_t n_lanes, int event, struct lwnpu_error *error);

/**
 * lwd_work_stop() - end the threads after the jobs that were taken
 * @work: started
 * @timeout_ms: how long to wait for them
 *
 * Return: false if some run on: then the process must end without
 * lwd_work_release().
 */
bool lwd_work_stop(struct lwd_work *work, int timeout_ms);

/* lwd_work_release() - give back all but the lanes, after lwd_work_stop() */
void lwd_work_release(struct lwd_work *work);

/**
 * lwd_work_probe() - ask whether the device is still there
 * @work: started
 *
 * To be called from time to time: when all threads run jobs, one of which hangs,
 * nobody else would learn that the kernel waits no longer. What comes out is in
 * lwd_work_summary().
 */
void lwd_work_probe(struct lwd_work *work);

/* lwd_work_summary() - what is going on; any thread may ask */
void lwd_work_summary(struct lwd_work *work, struct lwd_summary *summary);

#endif /* LWD_WORK_H */
