// SPDX-License-Identifier: MIT
/* The engine behind a device node, as the library sees it. */
#include <stdlib.h>
#include <string.h>

#include "drm_engine.h"

/* More threads than this wait for each other. */
#define MAX_SLOTS 4096

static void device_close(void *engine)
{
	struct lw_drm_device *device = engine;

	if (device->queue)
		lw_drm_queue_put(device, device->queue);
	lw_drm_io->close(device->fd);
	sem_destroy(&device->slots);
	pthread_mutex_destroy(&device->lock);
	free(device->path);
	free(device);
}

static struct lw_drm_device *device_new(int fd, const char *path,
					unsigned int slots)
{
	struct lw_drm_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->path = strdup(path);
	if (!device->path) {
		free(device);
		return NULL;
	}
	device->fd = fd;
	sem_init(&device->slots, 0, slots);
	pthread_mutex_init(&device->lock, NULL);
	return device;
}

static int read_slots(int fd, unsigned int *slots)
{
	struct drm_lwnpu_get_param args = {
		.param = DRM_LWNPU_PARAM_MAX_QUEUE_JOBS,
	};
	int ret;

	ret = lw_drm_call(fd, DRM_IOCTL_LWNPU_GET_PARAM, &args);
	if (ret)
		return ret;
	if (!args.value)
		return -EIO;
	*slots = args.value < MAX_SLOTS ? args.value : MAX_SLOTS;
	return 0;
}

/* So that a device that takes no jobs is refused when it is opened. */
static int device_prepare(struct lw_drm_device *device)
{
	struct lw_drm_queue *queue;
	int ret;

	ret = lw_drm_queue_get(device, &queue);
	if (!ret)
		lw_drm_queue_put(device, queue);
	return ret;
}

static int device_open(void **engine, const char *choice,
		       struct lwnpu_error *error)
{
	char path[LW_DRM_PATH_SIZE];
	struct lw_drm_version version;
	struct lw_drm_device *device;
	unsigned int slots;
	int fd, ret;

	if (!choice && lw_drm_node_default(path, sizeof(path)))
		choice = path;
	if (!choice)
		return lw_fail(error, -ENODEV,
			       "no accel node of the driver "
			       DRM_LWNPU_DRIVER_NAME " can be opened");
	fd = lw_drm_node_open(choice, &version, error);
	if (fd < 0)
		return fd;
	ret = read_slots(fd, &slots);
	if (ret)
		goto close_node;
	device = device_new(fd, choice, slots);
	if (!device) {
		ret = -ENOMEM;
		goto close_node;
	}
	device->version = version;
	ret = device_prepare(device);
	if (ret) {
		device_close(device);
		goto fail;
	}
	*engine = device;
	return 0;

close_node:
	lw_drm_io->close(fd);
fail:
	return lw_fail(error, ret, "%s: %s", choice, strerror(-ret));
}

static void device_describe(void *engine, struct lwnpu_device_info *info)
{
	const struct lw_drm_device *device = engine;

	lw_drm_node_describe(device->fd, device->path, &device->version, info);
}

static bool device_can_bind(void *engine, const void *data, size_t size)
{
	struct drm_lwnpu_binding binding;

	return lw_drm_buffer_find(engine, data, size, &binding);
}

const struct lw_engine_ops lw_drm_engine = {
	.name = DRM_LWNPU_DRIVER_NAME,
	.list = lw_drm_node_list,
	.open = device_open,
	.close = device_close,
	.describe = device_describe,
	.load = lw_drm_load,
	.unload = lw_drm_unload,
	.alloc = lw_drm_alloc,
	.free = lw_drm_free,
	.can_bind = device_can_bind,
	.run = lw_drm_run,
};
