/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LWNPU_DRV_H
#define LWNPU_DRV_H

#include <drm/drm_drv.h>

extern const struct drm_driver lwnpu_drm_driver;

long lwnpu_ioctl(struct file *filp, unsigned int cmd, unsigned long arg);

#ifdef CONFIG_COMPAT
long lwnpu_compat_ioctl(struct file *filp, unsigned int cmd,
			unsigned long arg);
#else
#define lwnpu_compat_ioctl NULL
#endif

#endif /* LWNPU_DRV_H */
