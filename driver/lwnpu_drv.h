/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LWNPU_DRV_H
#define LWNPU_DRV_H

#include <drm/drm_drv.h>

extern const struct drm_driver lwnpu_drm_driver;

#endif /* LWNPU_DRV_H */
