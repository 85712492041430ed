/* SPDX-License-Identifier: MIT */
/* What the service manager is told, see sd_notify(3). */
#ifndef LWD_NOTIFY_H
#define LWD_NOTIFY_H

#include <stdint.h>

/**
 * lwd_notify() - tell the service manager, if there is one
 * @format: printf-like: assignments, one a line, "READY=1\nSTATUS=…"
 *
 * Return: 0, also without a service manager; or a negative errno value.
 */
int lwd_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* lwd_notify_interval() - of WATCHDOG=1, in milliseconds; -1: not wanted */
int lwd_notify_interval(void);

#endif /* LWD_NOTIFY_H */
