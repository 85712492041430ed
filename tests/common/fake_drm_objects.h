/* SPDX-License-Identifier: MIT */
/* A pretended kernel: what its parts share. All under its lock. */
#ifndef FAKE_DRM_OBJECTS_H
#define FAKE_DRM_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwnpu_check.h"

/**
 * struct fake_ioctl - an ioctl that is known
 * @request: DRM_IOCTL_…; 0 ends the table
 * @name: for the log
 * @run: gets its structure; returns 0 or a negative errno value
 */
struct fake_ioctl {
	unsigned long request;
	const char *name;
	int (*run)(void *args);
};

extern const struct fake_ioctl fake_ioctls[];
extern const struct fake_ioctl fake_job_ioctls[];
extern const struct fake_ioctl fake_sync_ioctls[];

/* Unlocks, until something changes or @timeout has passed: then false. */
bool fake_drm_sleep(int64_t timeout);
void fake_drm_wake(void);

/* NULL: @offset is not one that BO_MMAP_OFFSET gave, or @size too large. */
void *fake_buffer_map(uint64_t offset, size_t size);
bool fake_buffer_unmap(void *data, size_t size);

/* Whether there is such a buffer; @data and @size are filled in. */
bool fake_buffer_find(uint32_t handle, uint8_t **data, size_t *size);

/**
 * struct fake_program - a program
 * @alive: there is one
 * @info: of the checker
 * @loaded: on the reference engine
 */
struct fake_program {
	bool alive;
	struct lwnpu_program_info info;
	void *loaded;
};

/* NULL: there is no such program. */
struct fake_program *fake_find_program(uint32_t handle);

/* As when the file is closed; mappings stay counted. */
void fake_objects_release(void);
void fake_jobs_release(void);
void fake_sync_release(void);

/* Runs what is pending, in the order of submission. */
void fake_jobs_run(void);

/**
 * struct fake_fence - a fence; kept until the end
 * @next: in the list of all
 * @signalled: the job is complete
 * @error: 0 or a negative errno value
 * @time: when it was signalled
 * @event: an eventfd that files are copies of, until then, or -1
 */
struct fake_fence {
	struct fake_fence *next;
	bool signalled;
	int error;
	int64_t time;
	int event;
};

struct fake_fence *fake_fence_new(void);
void fake_fence_signal(struct fake_fence *fence, int error);

/* Whether there is such a syncobj, whose fence it is then. */
bool fake_sync_set(uint32_t handle, struct fake_fence *fence);

/* SYNC_IOC_FILE_INFO, the only ioctl of files that are no nodes. */
int fake_file_info(int fd, void *args);

#endif /* FAKE_DRM_OBJECTS_H */
