/* SPDX-License-Identifier: MIT */
/* An open device: an engine and its state. */
#ifndef LW_DEVICE_H
#define LW_DEVICE_H

#include "task.h"

struct lw_pool;

/**
 * struct lwnpu_device - an open device
 * @ops: its engine
 * @engine: the engine's state
 * @tasks: who runs jobs
 * @runner: of @tasks: the engine or @pool
 * @pool: NULL if the engine runs tasks itself
 */
struct lwnpu_device {
	const struct lw_engine_ops *ops;
	void *engine;
	const struct lw_task_ops *tasks;
	void *runner;
	struct lw_pool *pool;
};

/**
 * lw_device_create() - make a device of an engine
 * @device: gets the device; lwnpu_device_close() closes the engine, too
 * @ops: the engine
 * @engine: opened; the caller closes it if this fails
 * @error: filled in on failure, may be NULL
 *
 * Return: 0 or -ENOMEM.
 */
int lw_device_create(struct lwnpu_device **device,
		     const struct lw_engine_ops *ops, void *engine,
		     struct lwnpu_error *error);

#endif /* LW_DEVICE_H */
