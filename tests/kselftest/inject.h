/* SPDX-License-Identifier: MIT */
/* Faults that the kernel injects into calls of the thread that asks for them. */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>

/**
 * inject_open() - prepare faults of all kinds for this thread
 *
 * Return: a file descriptor for the following, or -1: the kernel has none.
 */
int inject_open(void);

/** inject_after() - the @n-th allocation or copy fails; 0: none */
void inject_after(int fd, unsigned int n);

/**
 * inject_done() - ask for no fault any more
 * @fd: of inject_open()
 *
 * Return: whether the one that was asked for has happened, before this very
 * question.
 */
bool inject_done(int fd);

#endif /* INJECT_H */
