// SPDX-License-Identifier: MIT
/* Buffer objects, mapped so that jobs need no copies. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "drm_engine.h"

int lw_drm_buffer_create(const struct lw_drm_device *device,
			 struct lw_drm_buffer *buffer, size_t size)
{
	struct drm_lwnpu_bo_create args = { .size = size ? size : 1 };
	int ret;

	ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_BO_CREATE, &args);
	if (ret)
		return ret;
	*buffer = (struct lw_drm_buffer){
		.handle = args.handle,
		.size = args.size,
	};
	return 0;
}

int lw_drm_buffer_map(const struct lw_drm_device *device,
		      struct lw_drm_buffer *buffer)
{
	struct drm_lwnpu_bo_mmap_offset args = { .handle = buffer->handle };
	void *data;
	int ret;

	ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_BO_MMAP_OFFSET, &args);
	if (ret)
		return ret;
	data = lw_drm_io->mmap(device->fd, buffer->size, args.offset);
	if (data == MAP_FAILED)
		return -errno;
	buffer->data = data;
	return 0;
}

void lw_drm_buffer_destroy(const struct lw_drm_device *device,
			   struct lw_drm_buffer *buffer)
{
	struct drm_gem_close args = { .handle = buffer->handle };

	if (buffer->data)
		lw_drm_io->munmap(buffer->data, buffer->size);
	if (buffer->handle)
		lw_drm_call(device->fd, DRM_IOCTL_GEM_CLOSE, &args);
	memset(buffer, 0, sizeof(*buffer));
}

void *lw_drm_alloc(void *engine, size_t size)
{
	struct lw_drm_device *device = engine;
	struct lw_drm_buffer *buffer = calloc(1, sizeof(*buffer));
	int ret;

	if (!buffer)
		return NULL;
	ret = lw_drm_buffer_create(device, buffer, size);
	if (!ret)
		ret = lw_drm_buffer_map(device, buffer);
	if (ret) {
		lw_drm_buffer_destroy(device, buffer);
		free(buffer);
		errno = -ret;
		return NULL;
	}
	pthread_mutex_lock(&device->lock);
	buffer->next = device->buffers;
	device->buffers = buffer;
	pthread_mutex_unlock(&device->lock);
	return buffer->data;
}

/* Takes it out of the device's list; NULL if it is not there. */
static struct lw_drm_buffer *take_buffer(struct lw_drm_device *device,
					 const void *data)
{
	struct lw_drm_buffer **link = &device->buffers, *buffer;

	pthread_mutex_lock(&device->lock);
	while (*link && (*link)->data != data)
		link = &(*link)->next;
	buffer = *link;
	if (buffer)
		*link = buffer->next;
	pthread_mutex_unlock(&device->lock);
	return buffer;
}

void lw_drm_free(void *engine, void *data)
{
	struct lw_drm_buffer *buffer = take_buffer(engine, data);

	if (!buffer)
		return;
	lw_drm_buffer_destroy(engine, buffer);
	free(buffer);
}

static bool is_inside(const struct lw_drm_buffer *buffer, uintptr_t data,
		      size_t size)
{
	uintptr_t start = (uintptr_t)buffer->data;

	return data >= start && data - start <= buffer->size &&
	       size <= buffer->size - (data - start);
}

bool lw_drm_buffer_find(struct lw_drm_device *device, const void *data,
			size_t size, struct drm_lwnpu_binding *binding)
{
	const struct lw_drm_buffer *buffer;
	bool found;

	pthread_mutex_lock(&device->lock);
	buffer = device->buffers;
	while (buffer && !is_inside(buffer, (uintptr_t)data, size))
		buffer = buffer->next;
	found = buffer && !((uintptr_t)data % DRM_LWNPU_ALIGNMENT);
	if (found) {
		binding->handle = buffer->handle;
		binding->offset = (uintptr_t)data - (uintptr_t)buffer->data;
	}
	pthread_mutex_unlock(&device->lock);
	return found;
}
