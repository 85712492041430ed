/* SPDX-License-Identifier: MIT */
/* What is worth knowing and no error: see lwnpu_log_set(). */
#ifndef LW_LOG_H
#define LW_LOG_H

#include "error.h"

/** lw_log_is_heard() - whether messages are worth their making */
bool lw_log_is_heard(void);

/**
 * lw_log() - tell the application, if it listens
 * @level: how much it matters
 * @format: one line; printf-like
 */
void lw_log(enum lwnpu_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* LW_LOG_H */
