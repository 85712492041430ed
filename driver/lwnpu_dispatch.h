/* SPDX-License-Identifier: GPL-2.0-only */
/* Which job the engine gets next. */
#ifndef LWNPU_DISPATCH_H
#define LWNPU_DISPATCH_H

#include "lwnpu_job.h"

/**
 * lwnpu_dispatch_init() - the lists of a device
 * @lwnpu: device
 */
void lwnpu_dispatch_init(struct lwnpu_device *lwnpu);

/**
 * lwnpu_dispatch_add() - a job waits for no other queue
 * @job: in no list; &lwnpu_device.lock is held
 */
void lwnpu_dispatch_add(struct lwnpu_job *job);

/**
 * lwnpu_dispatch_release() - a job of a queue is complete: go on
 * @queue: with a reference
 */
void lwnpu_dispatch_release(struct lwnpu_queue *queue);

/**
 * lwnpu_dispatch_feed() - give jobs to the engine, as many as it takes
 * @lwnpu: device; &lwnpu_device.lock is held
 *
 * Called when a job is added or complete, and by an engine that takes jobs
 * again.
 */
void lwnpu_dispatch_feed(struct lwnpu_device *lwnpu);

/**
 * lwnpu_dispatch_return() - take a job from the engine; it is the next again
 * @job: in &lwnpu_device.running; &lwnpu_device.lock is held
 */
void lwnpu_dispatch_return(struct lwnpu_job *job);

/**
 * lwnpu_dispatch_claim_queue() - claim jobs of a queue that are not begun
 * @queue: the queue; &lwnpu_device.lock is held
 * @id: only those behind it
 * @list: gets them, &lwnpu_job.node
 */
void lwnpu_dispatch_claim_queue(struct lwnpu_queue *queue, u64 id,
				struct list_head *list);

/**
 * lwnpu_dispatch_withdraw() - take a job from the engine, if it is not begun
 * @job: in &lwnpu_device.running; &lwnpu_device.lock is held
 *
 * Return: false: it is, or may be.
 */
bool lwnpu_dispatch_withdraw(struct lwnpu_job *job);

/**
 * lwnpu_dispatch_claim_all() - claim all jobs, those of the engine included
 * @lwnpu: device; &lwnpu_device.lock is held
 * @list: gets them, &lwnpu_job.node
 */
void lwnpu_dispatch_claim_all(struct lwnpu_device *lwnpu,
			      struct list_head *list);

#endif /* LWNPU_DISPATCH_H */
