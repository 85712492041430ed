/* SPDX-License-Identifier: MIT */
/*
 * A pretended kernel for the engine behind a device node: it checks what it is
 * told as strictly as the driver, runs jobs on the reference engine, keeps
 * account of what is open, and fails when told to.
 */
#ifndef FAKE_DRM_H
#define FAKE_DRM_H

#include "engine.h"
#include "lwnpu_drm.h"

#define FAKE_DRM_LOG 4096

/**
 * struct fake_drm_node - a file that can be opened
 * @path: its name; NULL ends the list
 * @driver: of it; NULL: it is no DRM node
 * @major: of the driver's version
 * @minor: of it
 * @error: what open() fails with, or 0
 */
struct fake_drm_node {
	const char *path;
	const char *driver;
	int major, minor;
	int error;
};

/**
 * struct fake_drm - what to pretend, and what was seen
 * @nodes: files; those that are called accelN are listed
 * @arena_size: that jobs must bind
 * @ops: operations that the engine has
 * @max_queues: of a file
 * @queue_jobs: unfinished jobs of a queue
 * @submit_jobs: of one SUBMIT
 * @no_nice: high priority is not for this user
 * @held: jobs wait for fake_drm_hold(false)
 * @started: of jobs that wait, so many, the oldest, cannot be cancelled
 * @fail_at: number of the call that fails, from 1 on; 0: none
 * @fail_request: the ioctl that always fails; 0: none
 * @fail_errno: what these fail with
 * @refusal: what PROGRAM_CREATE says if it fails so
 * @gone: every ioctl fails with ENODEV
 * @outcome: the completion of jobs, if its status is not PENDING
 * @calls: so far
 * @submits: successful ones
 * @failed: name of the call that failed by @fail_at
 * @left: objects alive when the last file was closed
 * @log: names of the calls, each followed by a blank
 * @files: open
 * @buffers: alive
 * @maps: of buffers
 * @programs: alive
 * @queues: alive
 * @syncobjs: alive
 */
struct fake_drm {
	const struct fake_drm_node *nodes;
	size_t arena_size;
	uint64_t ops;
	int max_queues;
	uint64_t queue_jobs;
	uint64_t submit_jobs;
	bool no_nice;
	bool held;
	int started;
	unsigned int fail_at;
	unsigned long fail_request;
	int fail_errno;
	struct drm_lwnpu_program_error refusal;
	bool gone;
	struct drm_lwnpu_completion outcome;

	unsigned int calls;
	unsigned int submits;
	const char *failed;
	int left;
	char log[FAKE_DRM_LOG];
	int files, buffers, maps, programs, queues, syncobjs;
};

extern struct fake_drm fake_drm;

/* One node, /dev/accel/accel0, of a driver that has everything. */
void fake_drm_start(void);

/* Back to the real kernel; all that is left is released. */
void fake_drm_stop(void);

/* Holds the jobs that are submitted, or runs all that wait. */
void fake_drm_hold(bool held);

/* Whether nothing is open, mapped or alive. */
bool fake_drm_is_clean(void);

/* Forgets calls and log. */
void fake_drm_forget(void);

#endif /* FAKE_DRM_H */
