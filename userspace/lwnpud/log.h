/* SPDX-License-Identifier: MIT */
/* Messages: lines on standard error, with the journal's priorities. */
#ifndef LWD_LOG_H
#define LWD_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* lwd_log_verbose() - print LOG_DEBUG, too */
void lwd_log_verbose(bool verbose);

/**
 * lwd_log() - print a line
 * @priority: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG
 * @format: printf-like
 *
 * A terminal gets it without the priority.
 */
void lwd_log(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* LWD_LOG_H */
