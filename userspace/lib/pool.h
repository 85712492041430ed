/* SPDX-License-Identifier: MIT */
/* Threads that run tasks, for engines that wait for each. */
#ifndef LW_POOL_H
#define LW_POOL_H

#include "task.h"

struct lw_pool;

/**
 * lw_pool_create() - make a pool; its threads start when they are needed
 * @pool: gets the pool
 * @ops: an engine
 * @engine: opened
 * @error: filled in on failure, may be NULL
 *
 * Return: 0 or -ENOMEM.
 */
int lw_pool_create(struct lw_pool **pool, const struct lw_engine_ops *ops,
		   void *engine, struct lwnpu_error *error);

/** lw_pool_destroy() - end the threads; no task is pending; may be NULL */
void lw_pool_destroy(struct lw_pool *pool);

/* The runner is a pool. */
extern const struct lw_task_ops lw_pool_tasks;

#endif /* LW_POOL_H */
