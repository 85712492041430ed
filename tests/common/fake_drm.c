// SPDX-License-Identifier: MIT
/* A pretended kernel: its calls, and what fails. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sync_file.h>
#include <sys/mman.h>
#include <time.h>

#include "drm_io.h"
#include "fake_drm.h"
#include "fake_drm_objects.h"

#define FIRST_FD 1000

struct fake_drm fake_drm;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static const struct lw_drm_io *kernel;

static const struct fake_drm_node one_node[] = {
	{ "/dev/accel/accel0", DRM_LWNPU_DRIVER_NAME,
	  DRM_LWNPU_VERSION_MAJOR, DRM_LWNPU_VERSION_MINOR, 0 },
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
	fake_drm.left = fake_drm.buffers + fake_drm.programs +
			fake_drm.queues + fake_drm.syncobjs;
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

bool fake_drm_sleep(int64_t timeout)
{
	struct timespec until = {
		.tv_sec = timeout / 1000000000,
		.tv_nsec = timeout % 1000000000,
	};

	if (timeout == INT64_MAX)
		return !pthread_cond_wait(&changed, &lock);
	return !pthread_cond_timedwait(&changed, &lock, &until);
}

void fake_drm_wake(void)
{
	pthread_cond_broadcast(&changed);
}

void fake_drm_hold(bool held)
{
	pthread_mutex_lock(&lock);
	fake_drm.held = held;
	if (!held)
		fake_jobs_run();
	pthread_mutex_unlock(&lock);
}

static const struct fake_ioctl *find_ioctl(unsigned long request)
{
	const struct fake_ioctl *const tables[] = {
		fake_ioctls, fake_job_ioctls, fake_sync_ioctls,
	};

	for (int i = 0; i < 3; i++)
		for (const struct fake_ioctl *known = tables[i]; known->request;
		     known++)
			if (known->request == request)
				return known;
	return NULL;
}

static int run_ioctl(int fd, unsigned long request, void *args,
		     const struct fake_ioctl *known)
{
	if (request == SYNC_IOC_FILE_INFO)
		return fake_file_info(fd, args);
	if (!known)
		return -ENOTTY;
	return fake_drm.gone ? -ENODEV : known->run(args);
}

static int fake_ioctl(int fd, unsigned long request, void *args)
{
	const struct fake_ioctl *known = find_ioctl(request);
	const char *name = request == SYNC_IOC_FILE_INFO ? "file_info" :
			   known ? known->name : "unknown";
	int ret;

	if (begin(name))
		return end(-1);
	if (request == fake_drm.fail_request)
		ret = -fake_drm.fail_errno;
	else
		ret = run_ioctl(fd, request, args, known);
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
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attributes);
	pthread_condattr_destroy(&attributes);
	fake_drm = (struct fake_drm){
		.nodes = one_node,
		.ops = UINT64_MAX,
		.max_queues = 64,
		.queue_jobs = 256,
		.submit_jobs = 64,
	};
	kernel = lw_drm_io;
	lw_drm_io = &io;
}

void fake_drm_stop(void)
{
	fake_objects_release();
	pthread_cond_destroy(&changed);
	lw_drm_io = kernel;
}

bool fake_drm_is_clean(void)
{
	return !fake_drm.files && !fake_drm.buffers && !fake_drm.maps &&
	       !fake_drm.programs && !fake_drm.queues && !fake_drm.syncobjs;
}

void fake_drm_forget(void)
{
	fake_drm.calls = 0;
	fake_drm.log[0] = 0;
}
