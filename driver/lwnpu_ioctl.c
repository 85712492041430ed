// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which ioctls reach the DRM library. Some of them follow a file's master
 * (GET_MAGIC, GET_UNIQUE), which only files of a primary node have: on an accel
 * node anybody would crash the kernel with them. So only those are let through
 * that have a use here.
 */
#include <drm/drm.h>
#include <drm/drm_ioctl.h>

#include "lwnpu_drv.h"

static bool lwnpu_ioctl_is_known(unsigned int cmd)
{
	if (DRM_IOCTL_TYPE(cmd) != DRM_IOCTL_BASE)
		return false;

	switch (DRM_IOCTL_NR(cmd)) {
	case DRM_COMMAND_BASE ... DRM_COMMAND_END - 1:
		return DRM_IOCTL_NR(cmd) - DRM_COMMAND_BASE <
		       lwnpu_drm_driver.num_ioctls;
	case DRM_IOCTL_NR(DRM_IOCTL_VERSION):
	case DRM_IOCTL_NR(DRM_IOCTL_GET_CAP):
	case DRM_IOCTL_NR(DRM_IOCTL_GEM_CLOSE):
	case DRM_IOCTL_NR(DRM_IOCTL_PRIME_HANDLE_TO_FD):
	case DRM_IOCTL_NR(DRM_IOCTL_PRIME_FD_TO_HANDLE):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_CREATE):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_DESTROY):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_WAIT):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_RESET):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_SIGNAL):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_QUERY):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_TRANSFER):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL):
	case DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_EVENTFD):
#ifdef DRM_IOCTL_SET_CLIENT_NAME
	case DRM_IOCTL_NR(DRM_IOCTL_SET_CLIENT_NAME):
#endif
		return true;
	default:
		return false;
	}
}

long lwnpu_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	if (!lwnpu_ioctl_is_known(cmd))
		return -ENOTTY;
	return drm_ioctl(filp, cmd, arg);
}

#ifdef CONFIG_COMPAT
long lwnpu_compat_ioctl(struct file *filp, unsigned int cmd,
			unsigned long arg)
{
	if (!lwnpu_ioctl_is_known(cmd))
		return -ENOTTY;
	return drm_compat_ioctl(filp, cmd, arg);
}
#endif
