/* SPDX-License-Identifier: MIT */
/* An open device: an engine and its state. */
#ifndef LW_DEVICE_H
#define LW_DEVICE_H

#include "engine.h"

struct lwnpu_device {
	const struct lw_engine_ops *ops;
	void *engine;
};

#endif /* LW_DEVICE_H */
