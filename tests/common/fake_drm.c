// SPDX-License-Identifier: MIT
/* A pretended kernel: its calls, and what fails. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "drm_io.h"
#include "fake_drm.h"
#include "fake_drm_objects.h"

#define FIRST_FD 1000

struct fake_drm fake_drm;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct lw_drm_io *kernel;

static const struct fake_drm_node one_node[] = {
	{ "/dev/accel/accel0", DRM_LWNPU_DRIVER_NAME, 1, 0, 0 },
	{ 0 }
};

/* Counts and notes a call; whether it is to fail. */
static bool begin(const char *name)
{
	size_t length;

	pthread_mutex_lock(&lock);
	length = strlen(fake_drm.log);
	fake_drm.calls++;
	snprintf(fake_drm.log + length, sizeof(fake_drm.log) - length, "%s ",
		 name);
	if (fake_drm.calls != fake_drm.fail_at)
		return false;
	fake_drm.failed = name;
	errno = fake_drm.fail_errno;
	return true;
}

static int end(int ret)
{
	pthread_mutex_unlock(&lock);
	return ret;
}

static int fake_open(const char *path)
{
	const struct fake_drm_node *node = fake_drm.nodes;

	if (begin("open"))
		return end(-1);
	while (node->path && strcmp(node->path, path))
		node++;
	errno = node->path ? node->error : ENOENT;
	if (errno)
		return end(-1);
	fake_drm.files++;
	return end(FIRST_FD + (int)(node - fake_drm.nodes));
}

static int fake_close(int fd)
{
	(void)fd;
	pthread_mutex_lock(&lock);
	fake_drm.files--;
	fake_drm.left = fake_drm.buffers + fake_drm.programs + fake_drm.queues;
	fake_objects_release();
	return end(0);
}

static drmVersionPtr fake_get_version(int fd)
{
	const struct fake_drm_node *node = &fake_drm.nodes[fd - FIRST_FD];
	drmVersionPtr version = NULL;

	if (!begin("version") && node->driver) {
		version = calloc(1, sizeof(*version));
		version->version_major = node->major;
		version->version_minor = node->minor;
		version->name = strdup(node->driver);
		version->name_len = strlen(node->driver);
	}
	end(0);
	return version;
}

static void fake_free_version(drmVersionPtr version)
{
	free(version->name);
	free(version);
}

static int fake_ioctl(int fd, unsigned long request, void *args)
{
	const struct fake_ioctl *known = fake_ioctls;
	int ret;

	(void)fd;
	while (known->request && known->request != request)
		known++;
	if (begin(known->request ? known->name : "unknown"))
		return end(-1);
	if (!known->request)
		ret = -ENOTTY;
	else if (fake_drm.gone)
		ret = -ENODEV;
	else if (request == fake_drm.fail_request)
		ret = -fake_drm.fail_errno;
	else
		ret = known->run(args);
	if (ret && request == DRM_IOCTL_LWNPU_PROGRAM_CREATE &&
	    fake_drm.refusal.field[0])
		((struct drm_lwnpu_program_create *)args)->error =
			fake_drm.refusal;
	errno = -ret;
	return end(ret ? -1 : 0);
}

static void *fake_mmap(int fd, size_t size, uint64_t offset)
{
	void *data = NULL;

	(void)fd;
	if (begin("mmap")) {
		end(-1);
		return MAP_FAILED;
	}
	data = fake_buffer_map(offset, size);
	if (!data)
		errno = EINVAL;
	end(0);
	return data ? data : MAP_FAILED;
}

static int fake_munmap(void *data, size_t size)
{
	begin("munmap");
	if (fake_buffer_unmap(data, size))
		return end(0);
	errno = EINVAL;
	return end(-1);
}

static int fake_exists(const char *path)
{
	const struct fake_drm_node *node = fake_drm.nodes;

	while (node->path && strcmp(node->path, path))
		node++;
	return node->path && node->error != ENOENT;
}

static unsigned int fake_list_nodes(unsigned int *numbers, unsigned int max)
{
	unsigned int n = 0;

	for (const struct fake_drm_node *node = fake_drm.nodes;
	     node->path && n < max; node++)
		n += sscanf(node->path, "/dev/accel/accel%u", &numbers[n]) == 1;
	return n;
}

static const struct lw_drm_io io = {
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
	.get_version = fake_get_version,
	.free_version = fake_free_version,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.exists = fake_exists,
	.list_nodes = fake_list_nodes,
};

void fake_drm_start(void)
{
	fake_drm = (struct fake_drm){
		.nodes = one_node,
		.ops = UINT64_MAX,
		.queue_jobs = 256,
	};
	kernel = lw_drm_io;
	lw_drm_io = &io;
}

void fake_drm_stop(void)
{
	fake_objects_release();
	lw_drm_io = kernel;
}

bool fake_drm_is_clean(void)
{
	return !fake_drm.files && !fake_drm.buffers && !fake_drm.maps &&
	       !fake_drm.programs && !fake_drm.queues;
}

void fake_drm_forget(void)
{
	fake_drm.calls = 0;
	fake_drm.log[0] = 0;
}
