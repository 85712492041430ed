// SPDX-License-Identifier: MIT
/* The engine behind a device node, as the library sees it. */
#include <stdlib.h>
#include <string.h>

#include "drm_engine.h"

static void device_close(void *engine)
{
	struct lw_drm_device *device = engine;

	lw_drm_queue_free_idle(device);
	lw_drm_io->close(device->fd);
	pthread_cond_destroy(&device->changed);
	pthread_mutex_destroy(&device->lock);
	free(device->path);
	free(device);
}

static struct lw_drm_device *device_new(int fd, const char *path)
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
	pthread_mutex_init(&device->lock, NULL);
	pthread_cond_init(&device->changed, NULL);
	TAILQ_INIT(&device->idle);
	TAILQ_INIT(&device->busy);
	TAILQ_INIT(&device->gone);
	return device;
}

/* A limit of jobs; @limit gets it if it is less. */
static int read_limit(int fd, uint32_t param, unsigned int *limit)
{
	struct drm_lwnpu_get_param args = { .param = param };
	int ret;

	ret = lw_drm_call(fd, DRM_IOCTL_LWNPU_GET_PARAM, &args);
	if (ret)
		return ret;
	if (!args.value)
		return -EIO;
	*limit = args.value < *limit ? args.value : *limit;
	return 0;
}

/* Asks for a queue: a device that takes no jobs is refused now. */
static int device_prepare(struct lw_drm_device *device)
{
	struct lw_drm_queue *queue;
	int ret;

	device->max_submit = LWNPU_SUBMIT_MAX;
	ret = read_limit(device->fd, DRM_LWNPU_PARAM_MAX_SUBMIT_JOBS,
			 &device->max_submit);
	if (!ret)
		ret = read_limit(device->fd, DRM_LWNPU_PARAM_MAX_QUEUE_JOBS,
				 &device->max_submit);
	if (!ret)
		ret = lw_drm_queue_get(device, LWNPU_NORMAL, &queue);
	if (!ret)
		lw_drm_queue_drop(device, queue, false);
	return ret;
}

static int device_open(void **engine, const char *choice,
		       struct lwnpu_error *error)
{
	char path[LW_DRM_PATH_SIZE];
	struct lw_drm_version version;
	struct lw_drm_device *device;
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
	device = device_new(fd, choice);
	if (!device) {
		lw_drm_io->close(fd);
		ret = -ENOMEM;
		goto fail;
	}
	device->version = version;
	ret = device_prepare(device);
	if (ret) {
		device_close(device);
		goto fail;
	}
	*engine = device;
	return 0;

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
	.tasks = &lw_drm_tasks,
};
