/* SPDX-License-Identifier: MIT */
/* The daemon: engines, a device, and signals, until told to stop. */
#ifndef LWD_DAEMON_H
#define LWD_DAEMON_H

#include "options.h"
#include "ring.h"

/**
 * lwd_daemon_run() - serve a device
 * @options: what is wanted
 * @ioctl: lwd_ctl_ioctl(), or a test's own kernel
 *
 * Handles SIGTERM, SIGINT and SIGHUP, and LWD_WAKE_SIGNAL. A device that is
 * removed is started again.
 *
 * Return: enum lwd_status, after messages.
 */
int lwd_daemon_run(const struct lwd_options *options,
		   int (*ioctl)(int fd, unsigned long request, void *argument));

#endif /* LWD_DAEMON_H */
