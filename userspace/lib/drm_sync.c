// SPDX-License-Identifier: MIT
/* Syncobjs, and the sync_files that they export. */
#include <linux/sync_file.h>
#include <poll.h>

#include "drm_engine.h"

int lw_drm_sync_create(const struct lw_drm_device *device, uint32_t *syncobj)
{
	struct drm_syncobj_create args = { .flags = 0 };
	int ret;

	ret = lw_drm_call(device->fd, DRM_IOCTL_SYNCOBJ_CREATE, &args);
	if (!ret)
		*syncobj = args.handle;
	return ret;
}

void lw_drm_sync_destroy(const struct lw_drm_device *device, uint32_t syncobj)
{
	struct drm_syncobj_destroy args = { .handle = syncobj };

	if (syncobj)
		lw_drm_call(device->fd, DRM_IOCTL_SYNCOBJ_DESTROY, &args);
}

int lw_drm_sync_export(const struct lw_drm_device *device, uint32_t syncobj)
{
	struct drm_syncobj_handle args = {
		.handle = syncobj,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	int ret;

	ret = lw_drm_call(device->fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args);
	return ret ? ret : args.fd;
}

/* Milliseconds until then, rounded up, for poll(). */
static int left_until(int64_t timeout)
{
	int64_t left;

	if (timeout == INT64_MAX)
		return -1;
	left = timeout - lwnpu_time();
	if (left <= 0)
		return 0;
	left = (left - 1) / 1000000 + 1;
	return left < INT32_MAX ? left : INT32_MAX;
}

static int read_status(int file, int *status, int64_t *time)
{
	struct sync_fence_info fence = { .status = 0 };
	struct sync_file_info info = {
		.num_fences = 1,
		.sync_fence_info = (uintptr_t)&fence,
	};
	int ret;

	ret = lw_drm_call(file, SYNC_IOC_FILE_INFO, &info);
	if (ret)
		return ret;
	if (!info.status)
		return -ETIMEDOUT;
	*status = info.status < 0 ? info.status : 0;
	*time = fence.timestamp_ns;
	return 0;
}

int lw_drm_sync_wait(int file, int64_t timeout, int *status, int64_t *time)
{
	struct pollfd poll_file = { .fd = file, .events = POLLIN };
	int n;

	do {
		n = poll(&poll_file, 1, left_until(timeout));
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return -errno;
	return n ? read_status(file, status, time) : -ETIMEDOUT;
}
