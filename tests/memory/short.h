/* SPDX-License-Identifier: MIT */
/*
 * Short memory: an allocator that fails when it is told to, linked to programs
 * whose name ends in _memory. A sanitizer replaces the allocator itself: there
 * is none then.
 */
#ifndef LW_SHORT_H
#define LW_SHORT_H

#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LW_SHORT_IS_THERE 0
#else
#define LW_SHORT_IS_THERE 1
#endif

/**
 * enum lw_short_whose - which allocations count
 * @LW_SHORT_ALL: of the whole process
 * @LW_SHORT_OWN: of the program's own code, not of the libraries it calls
 */
enum lw_short_whose {
	LW_SHORT_ALL,
	LW_SHORT_OWN,
};

/**
 * lw_short_begin() - count allocations from now on
 * @fail_at: number of the one that fails, from 1 on
 * @whose: which count
 */
void lw_short_begin(unsigned int fail_at, enum lw_short_whose whose);

/**
 * lw_short_end() - stop that
 * @has_failed: gets whether one has; may be NULL
 *
 * Return: of those that were counted, how many were not freed.
 */
int lw_short_end(bool *has_failed);

/* What a thread allocates between does not count. */
void lw_short_pause(void);
void lw_short_resume(void);

#endif /* LW_SHORT_H */
