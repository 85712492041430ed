/* SPDX-License-Identifier: MIT */
/* A job, from its record to its completion. */
#ifndef LWD_JOB_H
#define LWD_JOB_H

#include "buffers.h"
#include "programs.h"

/* The operation that failed is not known. */
#define LWD_NO_OP 0xffffffff

/**
 * lwd_now() - nanoseconds of CLOCK_MONOTONIC
 *
 * Return: the time.
 */
int64_t lwd_now(void);

/**
 * lwd_job_run() - run a job
 * @record: what the kernel says; any bytes
 * @ctl: control file
 * @programs: of the engine that runs it
 * @buffers: of all engines
 * @now: lwd_now() if that is known, or 0
 * @completion: filled in, in any case, but for end_ns
 * @error: says why the job failed, if it did
 *
 * What is wrong with the job is its own error, and nobody else's.
 */
void lwd_job_run(const struct lwnpu_ctl_record *record, struct lwd_ctl *ctl,
		 struct lwd_programs *programs, struct lwd_buffers *buffers,
		 int64_t now, struct lwnpu_ctl_completion *completion,
		 struct lwnpu_error *error);

#endif /* LWD_JOB_H */
