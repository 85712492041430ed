/* SPDX-License-Identifier: MIT */
/*
 * An engine that computes nothing: it notes what runs, and holds it until it is
 * told to go on. A program is a number.
 */
#ifndef LW_MOCK_ENGINE_H
#define LW_MOCK_ENGINE_H

#include <pthread.h>

#include "engine.h"

#define MOCK_MAX_RUNS 1024

/**
 * struct mock_engine - what happened, and what is to happen
 * @lock: of all
 * @changed: signalled when anything changes
 * @is_held: runs wait until it is false
 * @fail: number of the program whose runs fail with -EIO
 * @n_started: runs so far
 * @started: their numbers, in order
 * @n_running: now
 * @most_running: at a time
 * @signals_blocked: of all runs
 */
struct mock_engine {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_held;
	uintptr_t fail;
	unsigned int n_started;
	uintptr_t started[MOCK_MAX_RUNS];
	unsigned int n_running, most_running;
	bool signals_blocked;
};

/* As lw_engine_ops; @max_running is to be set. */
extern const struct lw_engine_ops mock_engine_ops;

void mock_engine_init(struct mock_engine *mock, bool is_held);
void mock_engine_release(struct mock_engine *mock);

/* Holds runs, or lets them go. */
void mock_engine_hold(struct mock_engine *mock, bool is_held);

/* Waits until so many runs have started, for 10 s at most. */
bool mock_engine_wait(struct mock_engine *mock, unsigned int n_started);

#endif /* LW_MOCK_ENGINE_H */
