/* SPDX-License-Identifier: MIT */
/* Threads of the library's own. */
#ifndef LW_THREAD_H
#define LW_THREAD_H

#include <pthread.h>

/**
 * lw_thread_create() - start a thread that leaves signals to the application
 * @thread: gets the thread, to be joined
 * @run: what it does
 * @data: what @run gets
 *
 * Signals that an instruction causes are not left to others: the application's
 * handler runs in the thread.
 *
 * Return: 0 or a negative errno value.
 */
int lw_thread_create(pthread_t *thread, void *(*run)(void *data), void *data);

#endif /* LW_THREAD_H */
