// SPDX-License-Identifier: MIT
/* Queues, which do not outlive a hang: who waits in one keeps it. */
#include <stdlib.h>

#include "drm_engine.h"

/* A handle that lives as long as its last user. */
static void drop(const struct lw_drm_device *device, struct lw_drm_queue *queue)
{
	struct drm_lwnpu_queue_destroy args = { .handle = queue->handle };

	if (--queue->users)
		return;
	lw_drm_call(device->fd, DRM_IOCTL_LWNPU_QUEUE_DESTROY, &args);
	free(queue);
}

static int renew(struct lw_drm_device *device)
{
	struct drm_lwnpu_queue_create args = {
		.priority = DRM_LWNPU_PRIORITY_NORMAL,
	};
	struct lw_drm_queue *queue = calloc(1, sizeof(*queue));
	int ret;

	if (!queue)
		return -ENOMEM;
	ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_QUEUE_CREATE, &args);
	if (ret) {
		free(queue);
		return ret;
	}
	queue->handle = args.handle;
	queue->users = 1;
	device->queue = queue;
	return 0;
}

int lw_drm_queue_get(struct lw_drm_device *device, struct lw_drm_queue **queue)
{
	int ret = 0;

	pthread_mutex_lock(&device->lock);
	if (!device->queue)
		ret = renew(device);
	if (!ret) {
		*queue = device->queue;
		(*queue)->users++;
	}
	pthread_mutex_unlock(&device->lock);
	return ret;
}

void lw_drm_queue_put(struct lw_drm_device *device, struct lw_drm_queue *queue)
{
	pthread_mutex_lock(&device->lock);
	drop(device, queue);
	pthread_mutex_unlock(&device->lock);
}

void lw_drm_queue_blame(struct lw_drm_device *device,
			struct lw_drm_queue *queue)
{
	pthread_mutex_lock(&device->lock);
	if (device->queue == queue) {
		device->queue = NULL;
		drop(device, queue);
	}
	pthread_mutex_unlock(&device->lock);
}
