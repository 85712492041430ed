/* SPDX-License-Identifier: MIT */
/* A pretended kernel: buffers, programs, queues and jobs. */
#ifndef FAKE_DRM_OBJECTS_H
#define FAKE_DRM_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* NULL: @offset is not one that BO_MMAP_OFFSET gave, or @size too large. */
void *fake_buffer_map(uint64_t offset, size_t size);
bool fake_buffer_unmap(void *data, size_t size);

/* As when the file is closed; mappings stay counted. */
void fake_objects_release(void);

#endif /* FAKE_DRM_OBJECTS_H */
