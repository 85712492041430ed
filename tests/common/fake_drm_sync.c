// SPDX-License-Identifier: MIT
/* A pretended kernel: syncobjs, fences and their files. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_drm.h"
#include "fake_drm_objects.h"

#define MAX_SYNCOBJS 512
#define MAX_FILES 4096

struct syncobj {
	bool alive;
	struct fake_fence *fence;
};

static struct fake_fence *fences;
static struct syncobj syncobjs[MAX_SYNCOBJS];
/* By descriptor; entries outlive their files. */
static struct fake_fence *files[MAX_FILES];

struct fake_fence *fake_fence_new(void)
{
	struct fake_fence *fence = calloc(1, sizeof(*fence));

	fence->event = -1;
	fence->next = fences;
	fences = fence;
	return fence;
}

void fake_fence_signal(struct fake_fence *fence, int error)
{
	fence->signalled = true;
	fence->error = error;
	fence->time = lwnpu_time();
	if (fence->event < 0)
		return;
	eventfd_write(fence->event, 1);
	close(fence->event);
	fence->event = -1;
}

static struct syncobj *find(uint32_t handle)
{
	return handle < MAX_SYNCOBJS && syncobjs[handle].alive ?
	       &syncobjs[handle] : NULL;
}

bool fake_sync_set(uint32_t handle, struct fake_fence *fence)
{
	struct syncobj *syncobj = find(handle);

	if (syncobj && fence)
		syncobj->fence = fence;
	return syncobj;
}

static int syncobj_create(void *data)
{
	struct drm_syncobj_create *args = data;
	uint32_t handle = 1;

	if (args->flags || args->handle)
		return -EINVAL;
	while (handle < MAX_SYNCOBJS && syncobjs[handle].alive)
		handle++;
	if (handle == MAX_SYNCOBJS)
		return -ENOMEM;
	syncobjs[handle] = (struct syncobj){ .alive = true };
	fake_drm.syncobjs++;
	args->handle = handle;
	return 0;
}

static int syncobj_destroy(void *data)
{
	const struct drm_syncobj_destroy *args = data;
	struct syncobj *syncobj = find(args->handle);

	if (!syncobj || args->pad)
		return -EINVAL;
	syncobj->alive = false;
	fake_drm.syncobjs--;
	return 0;
}

static int make_file(struct fake_fence *fence)
{
	int fd;

	if (fence->signalled) {
		fd = eventfd(1, EFD_CLOEXEC);
	} else {
		if (fence->event < 0)
			fence->event = eventfd(0, EFD_CLOEXEC);
		fd = fcntl(fence->event, F_DUPFD_CLOEXEC, 0);
	}
	if (fd < 0 || fd >= MAX_FILES)
		return -EMFILE;
	files[fd] = fence;
	return fd;
}

static int syncobj_handle_to_fd(void *data)
{
	struct drm_syncobj_handle *args = data;
	struct syncobj *syncobj = find(args->handle);
	int fd;

	if (args->flags != DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE ||
	    args->pad || args->fd != -1)
		return -EINVAL;
	if (!syncobj || !syncobj->fence)
		return -EINVAL;
	fd = make_file(syncobj->fence);
	if (fd < 0)
		return fd;
	args->fd = fd;
	return 0;
}

int fake_file_info(int fd, void *data)
{
	struct sync_file_info *args = data;
	struct sync_fence_info *info = (void *)(uintptr_t)args->sync_fence_info;
	const struct fake_fence *fence;

	if (fd < 0 || fd >= MAX_FILES || !files[fd])
		return -ENOTTY;
	fence = files[fd];
	if (args->flags || args->pad || args->num_fences > 1)
		return -EINVAL;
	args->status = !fence->signalled ? 0 : fence->error ? fence->error : 1;
	if (args->num_fences) {
		info->status = args->status;
		info->timestamp_ns = fence->time;
	}
	args->num_fences = 1;
	return 0;
}

void fake_sync_release(void)
{
	struct fake_fence *fence;

	for (int i = 0; i < MAX_SYNCOBJS; i++) {
		fake_drm.syncobjs -= syncobjs[i].alive;
		syncobjs[i] = (struct syncobj){ 0 };
	}
	for (int i = 0; i < MAX_FILES; i++)
		files[i] = NULL;
	while ((fence = fences)) {
		fences = fence->next;
		if (fence->event >= 0)
			close(fence->event);
		free(fence);
	}
}

const struct fake_ioctl fake_sync_ioctls[] = {
	{ DRM_IOCTL_SYNCOBJ_CREATE, "syncobj_create", syncobj_create },
	{ DRM_IOCTL_SYNCOBJ_DESTROY, "syncobj_destroy", syncobj_destroy },
	{ DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, "syncobj_handle_to_fd",
	  syncobj_handle_to_fd },
	{ 0 }
};
