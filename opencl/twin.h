/* SPDX-License-Identifier: MIT */
/*
 * A thread that takes part in the walks of small programs. PoCL's own threads
 * take longer to wake up than such a program runs; this one looks out for the
 * next job for a while after each, and has a device "basic" of its own. No job
 * waits for it to come: what it does not take, the calling thread does.
 */
#ifndef LW_CL_TWIN_H
#define LW_CL_TWIN_H

#include "lower.h"

/**
 * lw_cl_twin_open() - start the twin of an engine
 * @engine: on PoCL's device "basic"; its @twin is filled in, or left NULL if
 *	there is no second such device, or no processor for it
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, or as lw_cl_engine_open().
 */
int lw_cl_twin_open(struct lw_cl_engine *engine, struct lwnpu_error *error);

/* lw_cl_twin_close() - the reverse; @twin may be NULL */
void lw_cl_twin_close(struct lw_cl_twin *twin);

/**
 * lw_cl_twin_load() - let the engine's twin take part in a program's jobs
 * @lower: a program with a walk and all of its buffers; its engine is locked
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int lw_cl_twin_load(struct lw_cl_lowering *lower);

/**
 * lw_cl_twin_call() - ask the twin to take part in a walk
 * @twin: of a locked engine
 * @walk: what is about to be enqueued
 * @job: its buffers
 *
 * It is not for a job that comes alone, nor where jobs have been found to be
 * faster without it, or a buffer has been copied to the device.
 */
void lw_cl_twin_call(struct lw_cl_twin *twin, struct lw_cl_walk *walk,
		     const struct lw_cl_job *job);

/**
 * lw_cl_twin_wait() - wait for what it has begun
 * @twin: called, or not
 *
 * For when the walk that it was called for has ended on the engine's own device.
 */
void lw_cl_twin_wait(struct lw_cl_twin *twin);

#endif /* LW_CL_TWIN_H */
