// SPDX-License-Identifier: MIT
/* System calls on device nodes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drm_io.h"

static int io_open(const char *path)
{
	return open(path, O_RDWR | O_CLOEXEC);
}

static void *io_mmap(int fd, size_t size, uint64_t offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
}

static int io_exists(const char *path)
{
	return !access(path, F_OK);
}

static int by_number(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a;
	unsigned int y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

static unsigned int io_list_nodes(unsigned int *numbers, unsigned int max)
{
	DIR *folder = opendir("/dev/accel");
	const struct dirent *entry;
	unsigned int n = 0;

	if (!folder)
		return 0;
	while (n < max && (entry = readdir(folder)))
		n += sscanf(entry->d_name, "accel%u", &numbers[n]) == 1;
	closedir(folder);
	qsort(numbers, n, sizeof(*numbers), by_number);
	return n;
}

static const struct lw_drm_io kernel = {
	.open = io_open,
	.close = close,
	.ioctl = drmIoctl,
	.get_version = drmGetVersion,
	.free_version = drmFreeVersion,
	.mmap = io_mmap,
	.munmap = munmap,
	.exists = io_exists,
	.list_nodes = io_list_nodes,
};

const struct lw_drm_io *lw_drm_io = &kernel;

int lw_drm_call(int fd, unsigned long request, void *args)
{
	return lw_drm_io->ioctl(fd, request, args) ? -errno : 0;
}
