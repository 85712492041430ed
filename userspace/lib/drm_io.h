/* SPDX-License-Identifier: MIT */
/* Every system call on device nodes goes through here, so tests can answer. */
#ifndef LW_DRM_IO_H
#define LW_DRM_IO_H

#include <stddef.h>
#include <stdint.h>

#include <xf86drm.h>

/**
 * struct lw_drm_io - what the engine asks the kernel for
 * @open: as open() with O_RDWR | O_CLOEXEC
 * @close: as close()
 * @ioctl: as drmIoctl(): repeated when a signal interrupts it
 * @get_version: as drmGetVersion(): NULL if the file is no DRM node
 * @free_version: the reverse
 * @mmap: @size bytes of a node from @offset on, to read and write
 * @munmap: the reverse
 * @exists: whether there is a file of that name; links are followed
 * @list_nodes: numbers of accel nodes, ascending, up to @max; returns how many
 *	were stored
 */
struct lw_drm_io {
	int (*open)(const char *path);
	int (*close)(int fd);
	int (*ioctl)(int fd, unsigned long request, void *args);
	drmVersionPtr (*get_version)(int fd);
	void (*free_version)(drmVersionPtr version);
	void *(*mmap)(int fd, size_t size, uint64_t offset);
	int (*munmap)(void *data, size_t size);
	int (*exists)(const char *path);
	unsigned int (*list_nodes)(unsigned int *numbers, unsigned int max);
};

/* The kernel's, but for tests. */
extern const struct lw_drm_io *lw_drm_io;

/**
 * lw_drm_call() - an ioctl with a result that can be returned
 * @fd: a node
 * @request: DRM_IOCTL_…
 * @args: its structure
 *
 * Return: 0 or a negative errno value.
 */
int lw_drm_call(int fd, unsigned long request, void *args);

#endif /* LW_DRM_IO_H */
