/* SPDX-License-Identifier: GPL-2.0-only */
/* The engine that is a daemon. */
#ifndef LWNPU_USER_H
#define LWNPU_USER_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "lwnpu_job.h"
#include "lwnpu_ring.h"

/**
 * struct lwnpu_user - the engine's data
 * @lwnpu: device
 * @ring: of the daemon; NULL without one; &lwnpu_device.lock, as all here
 * @owner: of the daemon that may still reach buffers: that of @ring, or the one
 *	before, whose mappings are being taken away
 * @forget: buffers that it should forget, &lwnpu_bo.forget
 * @away: no daemon has come in time
 * @recovery_end: until when a successor is waited for
 * @recovery: fails jobs then
 * @wait: of the daemon, for records
 */
struct lwnpu_user {
	struct lwnpu_device *lwnpu;
	struct lwnpu_ring *ring;
	struct lwnpu_views *owner;
	struct list_head forget;
	bool away;
	ktime_t recovery_end;
	struct delayed_work recovery;
	wait_queue_head_t wait;
};

extern const struct lwnpu_engine_ops lwnpu_user_ops;

/**
 * lwnpu_user_attach() - a daemon takes the device
 * @lwnpu: device
 * @ring: of the daemon
 *
 * Return: 0; -EBUSY: it has one; -EAGAIN: the one before has mappings, see
 * lwnpu_views_sync(); -ENODEV: it is gone.
 */
int lwnpu_user_attach(struct lwnpu_device *lwnpu, struct lwnpu_ring *ring);

/**
 * lwnpu_user_detach() - a daemon is gone; wait for another
 * @lwnpu: device
 * @ring: of the daemon; nothing happens if it is not that of the device
 */
void lwnpu_user_detach(struct lwnpu_device *lwnpu, struct lwnpu_ring *ring);

/**
 * lwnpu_user_disown() - a daemon that is gone can reach nothing any more
 * @views: of the daemon
 */
void lwnpu_user_disown(struct lwnpu_views *views);

/**
 * lwnpu_user_look() - see what the daemon has begun, and give it more
 * @lwnpu: device; &lwnpu_device.lock is held
 *
 * Return: 0; -EINVAL: the daemon says what cannot be.
 */
int lwnpu_user_look(struct lwnpu_device *lwnpu);

/**
 * lwnpu_user_find() - look for a job that the daemon has
 * @lwnpu: device; &lwnpu_device.lock is held
 * @number: any value
 *
 * Return: the job or NULL.
 */
struct lwnpu_job *lwnpu_user_find(struct lwnpu_device *lwnpu, u64 number);

/* The platform driver and /dev/lwnpu-ctl. */
int lwnpu_user_register(void);
void lwnpu_user_unregister(void);

/**
 * lwnpu_host_acquire() - a device for a daemon
 * @config: what the daemon is
 * @ring: of the daemon, of the size for @config
 * @taken_over: set if there was one without a daemon
 *
 * Return: the device, attached, with a reference, or an error pointer.
 */
struct lwnpu_device *lwnpu_host_acquire(const struct lwnpu_engine_config *config,
					struct lwnpu_ring *ring,
					bool *taken_over);

/**
 * lwnpu_host_remove() - remove a device, if it is still there
 * @lwnpu: the device
 */
void lwnpu_host_remove(struct lwnpu_device *lwnpu);
int lwnpu_host_register(void);
void lwnpu_host_unregister(void);

#endif /* LWNPU_USER_H */
