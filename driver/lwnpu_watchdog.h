/* SPDX-License-Identifier: GPL-2.0-only */
/* No job lasts for ever. */
#ifndef LWNPU_WATCHDOG_H
#define LWNPU_WATCHDOG_H

struct lwnpu_device;
struct work_struct;

/**
 * lwnpu_watchdog_arm() - look at the running jobs when the first is due
 * @lwnpu: device; &lwnpu_device.lock is held. To be called whenever a job
 *	was added to &lwnpu_device.running, or was given to the engine
 */
void lwnpu_watchdog_arm(struct lwnpu_device *lwnpu);
void lwnpu_watchdog_work(struct work_struct *work);

#endif /* LWNPU_WATCHDOG_H */
