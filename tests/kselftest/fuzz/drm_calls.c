// SPDX-License-Identifier: MIT
/* Calls that all DRM devices have, and those of dma-bufs. */
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_HANDLES 4096

static void fill_gem_close(struct fuzz *fuzz, void *argument)
{
	struct drm_gem_close *close = argument;

	close->handle = fuzz_pick(fuzz, &fuzz->bos);
	fuzz_drop(&fuzz->bos, close->handle);
}

static void fill_export(struct fuzz *fuzz, void *argument)
{
	struct drm_prime_handle *prime = argument;

	prime->handle = fuzz_pick(fuzz, &fuzz->bos);
	prime->flags = DRM_CLOEXEC | (fuzz_chance(fuzz, 2) ? DRM_RDWR : 0);
}

static void done_export(struct fuzz *fuzz, const void *argument)
{
	fuzz_keep_fd(fuzz, ((const struct drm_prime_handle *)argument)->fd);
}

static void fill_import(struct fuzz *fuzz, void *argument)
{
	struct drm_prime_handle *prime = argument;

	prime->fd = fuzz_pick(fuzz, &fuzz->fds);
}

static void done_import(struct fuzz *fuzz, const void *argument)
{
	const struct drm_prime_handle *prime = argument;
	uint32_t left = fuzz_keep(fuzz, &fuzz->bos, prime->handle);

	if (left)
		gem_close(fuzz->fd, left);
}

static void fill_syncobj_create(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_create *create = argument;

	create->flags = fuzz_chance(fuzz, 3);
}

static void keep_syncobj(struct fuzz *fuzz, uint32_t handle)
{
	struct drm_syncobj_destroy destroy = {
		.handle = fuzz_keep(fuzz, &fuzz->syncobjs, handle),
	};

	if (destroy.handle)
		device_ioctl(fuzz->fd, DRM_IOCTL_SYNCOBJ_DESTROY, &destroy);
}

static void done_syncobj_create(struct fuzz *fuzz, const void *argument)
{
	keep_syncobj(fuzz,
		     ((const struct drm_syncobj_create *)argument)->handle);
}

static void fill_syncobj_destroy(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_destroy *destroy = argument;

	destroy->handle = fuzz_pick(fuzz, &fuzz->syncobjs);
	fuzz_drop(&fuzz->syncobjs, destroy->handle);
}

static void fill_syncobj_to_fd(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_handle *handle = argument;

	handle->handle = fuzz_pick(fuzz, &fuzz->syncobjs);
	handle->flags = fuzz_chance(fuzz, 2);
	handle->fd = -1;
}

static void done_syncobj_to_fd(struct fuzz *fuzz, const void *argument)
{
	fuzz_keep_fd(fuzz, ((const struct drm_syncobj_handle *)argument)->fd);
}

static void fill_syncobj_from_fd(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_handle *handle = argument;

	handle->flags = fuzz_chance(fuzz, 2);
	handle->fd = fuzz_pick(fuzz, &fuzz->fds);
	if (handle->flags)
		handle->handle = fuzz_pick(fuzz, &fuzz->syncobjs);
}

static void done_syncobj_from_fd(struct fuzz *fuzz, const void *argument)
{
	const struct drm_syncobj_handle *handle = argument;

	if (!handle->flags)
		keep_syncobj(fuzz, handle->handle);
}

static uint64_t handles(struct fuzz *fuzz, uint32_t *count)
{
	uint32_t handle[4], i;

	*count = 1 + lw_random_below(&fuzz->random, 4);
	for (i = 0; i < *count; i++)
		handle[i] = fuzz_pick(fuzz, &fuzz->syncobjs);
	return fuzz_place(fuzz, handle, *count * sizeof(handle[0]));
}

static uint64_t points(struct fuzz *fuzz, uint32_t count)
{
	uint64_t point[4];
	uint32_t i;

	for (i = 0; i < count; i++)
		point[i] = lw_random_below(&fuzz->random, 60);
	return fuzz_place(fuzz, point, count * sizeof(point[0]));
}

static void fill_syncobj_wait(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_wait *wait = argument;

	wait->handles = handles(fuzz, &wait->count_handles);
	wait->timeout_nsec = fuzz_timeout(fuzz);
	wait->flags = lw_random_below(&fuzz->random, 16);
}

static void fill_timeline_wait(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_timeline_wait *wait = argument;

	wait->handles = handles(fuzz, &wait->count_handles);
	wait->points = points(fuzz, wait->count_handles);
	wait->timeout_nsec = fuzz_timeout(fuzz);
	wait->flags = lw_random_below(&fuzz->random, 16);
}

static void fill_syncobj_array(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_array *array = argument;

	array->handles = handles(fuzz, &array->count_handles);
}

static void fill_timeline_array(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_timeline_array *array = argument;

	array->handles = handles(fuzz, &array->count_handles);
	array->points = points(fuzz, array->count_handles);
}

static void fill_transfer(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_transfer *transfer = argument;

	transfer->src_handle = fuzz_pick(fuzz, &fuzz->syncobjs);
	transfer->dst_handle = fuzz_pick(fuzz, &fuzz->syncobjs);
	transfer->src_point = lw_random_below(&fuzz->random, 10);
	transfer->dst_point = lw_random_below(&fuzz->random, 60);
}

static void fill_eventfd(struct fuzz *fuzz, void *argument)
{
	struct drm_syncobj_eventfd *event = argument;

	if (fuzz_chance(fuzz, 4))
		fuzz_keep_fd(fuzz, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	event->handle = fuzz_pick(fuzz, &fuzz->syncobjs);
	event->point = lw_random_below(&fuzz->random, 60);
	event->fd = fuzz_pick(fuzz, &fuzz->fds);
	if (fuzz_chance(fuzz, 4))
		event->flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;
}

static void fill_version(struct fuzz *fuzz, void *argument)
{
	struct drm_version *version = argument;
	char text[64] = "";

	version->name_len = sizeof(text);
	version->name = (char *)(uintptr_t)fuzz_place(fuzz, text, sizeof(text));
}

static void fill_get_cap(struct fuzz *fuzz, void *argument)
{
	struct drm_get_cap *cap = argument;

	cap->capability = lw_random_below(&fuzz->random, 0x18);
}

static void fill_dma_buf_sync(struct fuzz *fuzz, void *argument)
{
	struct dma_buf_sync *sync = argument;

	sync->flags = lw_random_below(&fuzz->random, 8);
}

static void fill_export_sync(struct fuzz *fuzz, void *argument)
{
	struct dma_buf_export_sync_file *sync = argument;

	sync->flags = 1 + lw_random_below(&fuzz->random, 3);
}

static void done_export_sync(struct fuzz *fuzz, const void *argument)
{
	const struct dma_buf_export_sync_file *sync = argument;

	fuzz_keep_fd(fuzz, sync->fd);
}

static void fill_import_sync(struct fuzz *fuzz, void *argument)
{
	struct dma_buf_import_sync_file *sync = argument;

	sync->flags = 1 + lw_random_below(&fuzz->random, 3);
	sync->fd = fuzz_pick(fuzz, &fuzz->fds);
}

#define LIMIT(name, type) \
	static void limit_##name(void *argument) \
	{ \
		struct type *call = argument; \
\
		call->count_handles %= MAX_HANDLES; \
	}

static int any_file(struct fuzz *fuzz)
{
	return fuzz_pick(fuzz, &fuzz->fds);
}

LIMIT(syncobj_wait, drm_syncobj_wait)
LIMIT(timeline_wait, drm_syncobj_timeline_wait)
LIMIT(syncobj_array, drm_syncobj_array)
LIMIT(timeline_array, drm_syncobj_timeline_array)

const struct call fuzz_drm_calls[] = {
	{ "GEM_CLOSE", DRM_IOCTL_GEM_CLOSE, 3, fill_gem_close, NULL },
	{ "PRIME_HANDLE_TO_FD", DRM_IOCTL_PRIME_HANDLE_TO_FD, 3, fill_export,
	  done_export },
	{ "PRIME_FD_TO_HANDLE", DRM_IOCTL_PRIME_FD_TO_HANDLE, 3, fill_import,
	  done_import },
	{ "SYNCOBJ_CREATE", DRM_IOCTL_SYNCOBJ_CREATE, 3, fill_syncobj_create,
	  done_syncobj_create },
	{ "SYNCOBJ_DESTROY", DRM_IOCTL_SYNCOBJ_DESTROY, 1,
	  fill_syncobj_destroy, NULL },
	{ "SYNCOBJ_HANDLE_TO_FD", DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, 2,
	  fill_syncobj_to_fd, done_syncobj_to_fd },
	{ "SYNCOBJ_FD_TO_HANDLE", DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, 2,
	  fill_syncobj_from_fd, done_syncobj_from_fd },
	{ "SYNCOBJ_WAIT", DRM_IOCTL_SYNCOBJ_WAIT, 2, fill_syncobj_wait, NULL, limit_syncobj_wait },
	{ "SYNCOBJ_TIMELINE_WAIT", DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, 2,
	  fill_timeline_wait, NULL, limit_timeline_wait },
	{ "SYNCOBJ_RESET", DRM_IOCTL_SYNCOBJ_RESET, 1, fill_syncobj_array,
	  NULL, limit_syncobj_array },
	{ "SYNCOBJ_SIGNAL", DRM_IOCTL_SYNCOBJ_SIGNAL, 1, fill_syncobj_array,
	  NULL, limit_syncobj_array },
	{ "SYNCOBJ_TIMELINE_SIGNAL", DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, 1,
	  fill_timeline_array, NULL, limit_timeline_array },
	{ "SYNCOBJ_QUERY", DRM_IOCTL_SYNCOBJ_QUERY, 1, fill_timeline_array,
	  NULL, limit_timeline_array },
	{ "SYNCOBJ_TRANSFER", DRM_IOCTL_SYNCOBJ_TRANSFER, 2, fill_transfer,
	  NULL },
	{ "SYNCOBJ_EVENTFD", DRM_IOCTL_SYNCOBJ_EVENTFD, 1, fill_eventfd, NULL },
	{ "VERSION", DRM_IOCTL_VERSION, 1, fill_version, NULL },
	{ "GET_CAP", DRM_IOCTL_GET_CAP, 1, fill_get_cap, NULL },
	{ "DMA_BUF_SYNC", DMA_BUF_IOCTL_SYNC, 1, fill_dma_buf_sync, NULL, NULL, any_file },
	{ "DMA_BUF_EXPORT_SYNC_FILE", DMA_BUF_IOCTL_EXPORT_SYNC_FILE, 2,
	  fill_export_sync, done_export_sync, NULL, any_file },
	{ "DMA_BUF_IMPORT_SYNC_FILE", DMA_BUF_IOCTL_IMPORT_SYNC_FILE, 2,
	  fill_import_sync, NULL, NULL, any_file },
	{ 0 },
};
