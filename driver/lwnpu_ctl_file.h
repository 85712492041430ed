/* SPDX-License-Identifier: GPL-2.0-only */
/* An open /dev/lwnpu-ctl. */
#ifndef LWNPU_CTL_FILE_H
#define LWNPU_CTL_FILE_H

#include "lwnpu_user.h"

/**
 * struct lwnpu_ctl - an open file
 * @start_mutex: one START at a time
 * @run_mutex: one RUN looks at completions at a time
 * @lwnpu: device, set once, with a reference
 * @ring: made with it
 */
struct lwnpu_ctl {
	/* one START at a time */
	struct mutex start_mutex;
	/* one RUN looks at completions at a time */
	struct mutex run_mutex;
	struct lwnpu_device *lwnpu;
	struct lwnpu_ring ring;
};

/**
 * lwnpu_ctl_device() - the device of a file
 * @ctl: the file
 *
 * Return: the device, or an error pointer: -ENOTCONN.
 */
struct lwnpu_device *lwnpu_ctl_device(struct lwnpu_ctl *ctl);

/**
 * lwnpu_ctl_check() - is the file still the engine of its device
 * @ctl: the file, with a device; &lwnpu_device.lock is held
 *
 * Return: 0; -ENODEV: the device is gone; -ESHUTDOWN: the file was cut off.
 */
int lwnpu_ctl_check(struct lwnpu_ctl *ctl);
int lwnpu_ctl_check_unlocked(struct lwnpu_ctl *ctl);

/**
 * lwnpu_ctl_ioctl_run() - RUN
 * @ctl: the file
 * @user: its argument, written also if the call fails
 *
 * Return: 0 or a negative errno value.
 */
int lwnpu_ctl_ioctl_run(struct lwnpu_ctl *ctl, void __user *user);

/**
 * lwnpu_ctl_ioctl_get() - GET_BUFFER and GET_PROGRAM
 * @ctl: the file
 * @cmd: which of them
 * @user: its argument
 *
 * Return: 0 or a negative errno value.
 */
int lwnpu_ctl_ioctl_get(struct lwnpu_ctl *ctl, unsigned int cmd,
			void __user *user);

#endif /* LWNPU_CTL_FILE_H */
