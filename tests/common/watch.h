/* SPDX-License-Identifier: MIT */
/* Watches a test case: its time, its memory, and which one it was if it dies. */
#ifndef WATCH_H
#define WATCH_H

#include <stddef.h>

/**
 * watch_start() - begin to watch
 * @max_memory: bytes that may be allocated at a time from now on
 * @max_seconds: of processor time per case
 *
 * A process that breaks a bound, or crashes, says so on standard error with
 * the name of the case, and exits with 1. Memory is counted under the address
 * sanitizer only.
 */
void watch_start(size_t max_memory, unsigned int max_seconds);

/* Begins a case; the name is copied. */
void watch_case(const char *name);

#endif /* WATCH_H */
