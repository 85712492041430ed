/* SPDX-License-Identifier: MIT */
/* A process of lwnpud, and the device that it makes, the only one there is. */
#ifndef LW_DAEMON_PROCESS_H
#define LW_DAEMON_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Parameters of the driver, to be set and read. */
#define LW_MODULE "/sys/module/lwnpu/"

/* How long anything may take that needs no job to end. */
#define LW_PATIENCE_S 20

/**
 * lw_daemon_start() - start one that takes the device away at its end
 * @lwnpud: the program
 * @engine: its engine
 * @jobs: at once, as text
 * @log: where its messages go; NULL: with ours
 *
 * Return: the process.
 */
pid_t lw_daemon_start(const char *lwnpud, const char *engine, const char *jobs,
		      const char *log);

/** lw_daemon_has_ended() - whether it has; it stays to be waited for */
bool lw_daemon_has_ended(pid_t daemon);

/** lw_daemon_wait_node() - wait for its device. Return: whether it came */
bool lw_daemon_wait_node(pid_t daemon);

/** lw_daemon_stop() - by a signal. Return: whether it ended well, with all */
bool lw_daemon_stop(pid_t daemon);

/** lw_read_text() - a whole file, cut off at @size. Return: whether it is there */
bool lw_read_text(const char *path, char *text, size_t size);

/** lw_write_text() - over what a file had. Return: whether it was taken */
bool lw_write_text(const char *path, const char *text);

#endif /* LW_DAEMON_PROCESS_H */
