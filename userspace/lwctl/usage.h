/* SPDX-License-Identifier: MIT */
/* Which processes use lwnpu devices, and how much. */
#ifndef LW_USAGE_H
#define LW_USAGE_H

#include <stddef.h>

#include "error.h"
#include "fdinfo.h"

/**
 * struct lw_usage - a process that has device nodes open
 * @pid: its number
 * @command: its name
 * @clients: nodes that it has opened
 * @sum: over them; sum.client is 0
 * @busy: engines kept busy since an earlier look, 1 is one all the time;
 *	negative: not known
 */
struct lw_usage {
	int pid;
	char command[32];
	unsigned int clients;
	struct lw_fdinfo sum;
	double busy;
};

/**
 * struct lw_usages - all that were seen at a time
 * @n: of @process
 * @process: malloc()ed, or NULL
 * @seconds: when, by lw_seconds()
 */
struct lw_usages {
	size_t n;
	struct lw_usage *process;
	double seconds;
};

/**
 * lw_usage_scan() - look at all processes
 * @usages: filled in on success; free its process
 * @proc: "/proc"
 * @error: filled in on failure
 *
 * Processes that may not be looked at are left out.
 *
 * Return: 0; -ENOMEM; errors of opendir().
 */
int lw_usage_scan(struct lw_usages *usages, const char *proc,
		  struct lwnpu_error *error);

/**
 * lw_usage_compare() - how busy processes were between two looks
 * @now: busy is set, for processes that are in @before as well
 * @before: the earlier look
 */
void lw_usage_compare(struct lw_usages *now, const struct lw_usages *before);

/** lw_usage_sort() - the busiest first, then those that were */
void lw_usage_sort(struct lw_usages *usages);

#endif /* LW_USAGE_H */
