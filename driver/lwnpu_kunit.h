/* SPDX-License-Identifier: GPL-2.0-only */
/* What the KUnit tests of jobs share: an engine that obeys them. */
#ifndef LWNPU_KUNIT_H
#define LWNPU_KUNIT_H

#include <kunit/test.h>

#include "lwnpu_job.h"

/* Long enough for a slow machine; only a failure takes so long. */
#define LWNPU_KUNIT_MS 5000

/**
 * struct lwnpu_mock - the engine
 * @lwnpu: device
 * @file: whose jobs are run
 * @program: that they run; the engine does not look at it
 * @refuses: does it take no job
 * @is_lazy: it begins a job only when it has no other
 * @is_slow: a reset lasts until the device is gone
 * @is_resetting: it does, now
 * @is_cut_short: it was stopped meanwhile
 * @cancels: jobs that were claimed by others
 * @resets: how often it was reset
 * @timeout_ms: the module's own, for the end of the test
 */
struct lwnpu_mock {
	struct lwnpu_device *lwnpu;
	struct lwnpu_file *file;
	struct lwnpu_program *program;
	bool refuses;
	bool is_lazy;
	bool is_slow;
	bool is_resetting;
	bool is_cut_short;
	u32 cancels;
	u32 resets;
	u32 timeout_ms;
};

/* Does the engine have so many jobs, and still when it had time for more? */
bool lwnpu_mock_has(struct lwnpu_mock *mock, u32 n_jobs);
/* A job that the engine has ends; @id 0: the first of the queue. */
void lwnpu_mock_end_job(struct kunit *test, struct lwnpu_queue *queue,
			u64 id, int error);
void lwnpu_mock_end(struct kunit *test, struct lwnpu_queue *queue,
		    int error);
void lwnpu_mock_finish(struct kunit *test, struct lwnpu_queue *queue);
struct lwnpu_queue *lwnpu_kunit_queue_of(struct kunit *test,
					 u32 priority, u32 flags);
struct lwnpu_queue *lwnpu_kunit_queue(struct kunit *test);
struct lwnpu_queue *lwnpu_kunit_parallel(struct kunit *test);
void lwnpu_kunit_submit(struct kunit *test, struct lwnpu_queue *queue,
			ktime_t deadline);
/* A queue with two jobs: both run if it is parallel, the first if not. */
struct lwnpu_queue *lwnpu_kunit_busy(struct kunit *test, u32 flags);
void lwnpu_kunit_expect(struct kunit *test, struct lwnpu_queue *queue,
			u64 id, enum drm_lwnpu_job_status status,
			int error);
bool lwnpu_kunit_is_complete(struct lwnpu_queue *queue, u64 id);
int lwnpu_kunit_init(struct kunit *test);
void lwnpu_kunit_exit(struct kunit *test);

#endif /* LWNPU_KUNIT_H */
