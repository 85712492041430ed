// SPDX-License-Identifier: MIT
/* Threads of the daemon: who runs what when, and how often they call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../common/lwd_rig.h"

/* A daemon that has run a job: all that it needs is there. */
static struct lwd_lut *start(uint32_t n_lanes)
{
	struct lwd_lut *lut = lwd_lut_open(n_lanes);

	lwd_rig_start(&lut->rig);
	lwd_lut_expect(lut);
	return lut;
}

static void finish(struct lwd_lut *lut)
{
	lwd_rig_stop(&lut->rig);
	lwd_lut_close(lut);
}

/* The ring holds them in the order of submission; one thread runs them. */
static void priority_goes_first(void **state)
{
	static const uint32_t priority[] = { 0, 1, 0, 2, 1, 2 };
	static const uint32_t order[] = { 4, 2, 5, 0, 3, 1 };
	struct lwd_lut *lut = lwd_lut_open(1);
	struct ctl_kernel *kernel = lut->rig.kernel;

	(void)state;
	for (int i = 0; i < 6; i++) {
		lut->job.priority = priority[i];
		ctl_kernel_submit(kernel, &lut->job);
	}
	lwd_rig_start(&lut->rig);
	for (int i = 0; i < 6; i++) {
		lwd_rig_expect(kernel, i, 0);
		assert_int_equal(kernel->job[i].order, order[i]);
	}
	finish(lut);
}

static void canceled_jobs_are_refused(void **state)
{
	struct lwd_lut *lut = start(1);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint64_t id[3];

	(void)state;
	/* All are in the ring when the second is canceled. */
	pthread_mutex_lock(&lut->rig.work.lock);
	for (int i = 0; i < 3; i++)
		id[i] = ctl_kernel_submit(kernel, &lut->job);
	ctl_kernel_cancel(kernel, id[1]);
	pthread_mutex_unlock(&lut->rig.work.lock);
	lwd_rig_expect(kernel, id[0], 0);
	lwd_rig_expect(kernel, id[2], 0);
	assert_true(ctl_kernel_wait_refused(kernel, 1));
	lwd_rig_stop(&lut->rig);
	assert_int_equal(kernel->refused, 1);
	lwd_lut_close(lut);
}

/* Who is the first to claim a job has it. */
static void withdrawn_jobs_are_passed_over(void **state)
{
	struct lwd_lut *lut = start(2);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint64_t id[LWD_RIG_RING];

	(void)state;
	pthread_mutex_lock(&lut->rig.work.lock);
	for (int i = 0; i < LWD_RIG_RING; i++) {
		id[i] = ctl_kernel_submit(kernel, &lut->job);
		if (i % 3 == 0)
			assert_true(ctl_kernel_withdraw(kernel, id[i]));
	}
	pthread_mutex_unlock(&lut->rig.work.lock);
	for (int i = 0; i < LWD_RIG_RING; i++)
		if (i % 3)
			lwd_rig_expect(kernel, id[i], 0);
	assert_false(ctl_kernel_withdraw(kernel, id[1]));
	lwd_rig_stop(&lut->rig);
	assert_int_equal(kernel->refused, 0);
	lwd_lut_close(lut);
}

static void forgotten_things_are_got_again(void **state)
{
	struct lwd_lut *lut = start(1);
	struct ctl_kernel *kernel = lut->rig.kernel;

	(void)state;
	assert_int_equal(kernel->gets, 3);
	lwd_lut_expect(lut);
	assert_int_equal(kernel->gets, 3);
	ctl_kernel_say(kernel, LWNPU_CTL_FORGET_BUFFER,
		       lut->job.binding[0].buffer);
	lwd_lut_expect(lut);
	assert_int_equal(kernel->gets, 4);
	ctl_kernel_say(kernel, LWNPU_CTL_FORGET_PROGRAM, lut->job.program);
	lwd_lut_expect(lut);
	assert_int_equal(kernel->gets, 5);
	/* Unknown things, and records of a kind yet to come. */
	ctl_kernel_say(kernel, LWNPU_CTL_FORGET_BUFFER, 999);
	ctl_kernel_say(kernel, LWNPU_CTL_FORGET_PROGRAM, 999);
	ctl_kernel_say(kernel, 77, 0);
	lwd_lut_expect(lut);
	assert_int_equal(kernel->gets, 5);
	finish(lut);
}

/* More than are remembered one by one, while a thread has no chance to look. */
static void many_programs_are_forgotten(void **state)
{
	struct lwd_lut *lut = lwd_lut_open(3);
	struct ctl_kernel *kernel = lut->rig.kernel;

	(void)state;
	lwd_rig_start(&lut->rig);
	for (int i = 0; i < 1000; i++) {
		ctl_kernel_say(kernel, LWNPU_CTL_FORGET_PROGRAM,
			       i % 10 ? 999 : lut->job.program);
		if (i % 10 == 9)
			lwd_lut_expect(lut);
	}
	finish(lut);
}

/* Jobs in the ring are a successor's, those that were taken are finished. */
static void a_successor_finishes(void **state)
{
	struct lwd_lut *lut = start(1);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint64_t id[LWD_RIG_RING];

	(void)state;
	pthread_mutex_lock(&lut->rig.work.lock);
	lut->rig.work.is_stopping = true;
	for (int i = 0; i < LWD_RIG_RING; i++)
		id[i] = ctl_kernel_submit(kernel, &lut->job);
	pthread_mutex_unlock(&lut->rig.work.lock);
	lwd_rig_stop(&lut->rig);
	assert_int_equal(kernel->n_complete, 1);
	lwd_rig_start(&lut->rig);
	assert_true(lut->rig.work.ring.start.taken_over);
	for (int i = 0; i < LWD_RIG_RING; i++) {
		lwd_rig_expect(kernel, id[i], 0);
		assert_int_equal(kernel->job[id[i]].record.attempt, 2);
	}
	finish(lut);
}

static int wait_for_error(struct lwd_work *work)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct lwd_summary summary = { 0 };

	for (int i = 0; i < 10000 && !summary.error; i++) {
		nanosleep(&pause, NULL);
		lwd_work_summary(work, &summary);
	}
	return summary.error;
}

static void a_lost_device_ends_the_threads(void **state)
{
	static const int errors[] = { -ENODEV, -ESHUTDOWN, -EFAULT };
	struct lwd_lut *lut = lwd_lut_open(3);

	(void)state;
	for (int i = 0; i < 3; i++) {
		lwd_rig_start(&lut->rig);
		lwd_lut_expect(lut);
		ctl_kernel_lose(lut->rig.kernel, errors[i]);
		assert_int_equal(wait_for_error(&lut->rig.work), errors[i]);
		lwd_rig_stop(&lut->rig);
		ctl_kernel_lose(lut->rig.kernel, 0);
	}
	lwd_lut_close(lut);
}

/* Its thread cannot tell, and there is no other. */
static void a_hung_job_is_noticed(void **state)
{
	struct lwd_lut *lut = lwd_lut_open(1);
	struct lwd_work *work = &lut->rig.work;
	struct lwd_summary summary = { 0 };

	(void)state;
	ctl_kernel_stall(lut->rig.kernel, true);
	lwd_rig_start(&lut->rig);
	ctl_kernel_submit(lut->rig.kernel, &lut->job);
	while (!summary.running)
		lwd_work_summary(work, &summary);
	lwd_work_probe(work);
	lwd_work_summary(work, &summary);
	assert_int_equal(summary.error, 0);
	assert_false(lwd_work_stop(work, 50));
	ctl_kernel_lose(lut->rig.kernel, -ESHUTDOWN);
	lwd_work_probe(work);
	lwd_work_summary(work, &summary);
	assert_int_equal(summary.error, -ESHUTDOWN);
	assert_int_equal(summary.running, 1);
	ctl_kernel_stall(lut->rig.kernel, false);
	finish(lut);
}

static void start_may_fail(void **state)
{
	struct lwd_lut *lut = lwd_lut_open(1);
	struct lwnpu_ctl_start start = { .capacity = 1, .depth = 1 };
	struct lwnpu_error error;

	(void)state;
	ctl_kernel_lose(lut->rig.kernel, -EBUSY);
	assert_int_equal(lwd_work_start(&lut->rig.work, &lut->rig.ctl, &start,
					lut->rig.lanes, 1, -1, &error),
			 -EBUSY);
	ctl_kernel_lose(lut->rig.kernel, 0);
	lut->rig.kernel->ring_size = 3;
	assert_int_equal(lwd_work_start(&lut->rig.work, &lut->rig.ctl, &start,
					lut->rig.lanes, 1, -1, &error),
			 -EPROTO);
	lut->rig.kernel->ring_size = LWD_RIG_RING;
	lwd_lut_close(lut);
}

/* One after the other: the call that tells of one waits for the next. */
static void an_idle_daemon_calls_once_a_job(void **state)
{
	struct lwd_lut *lut = lwd_lut_open(4);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint32_t before;

	(void)state;
	lwd_rig_start(&lut->rig);
	for (int i = 0; i < 20; i++)
		lwd_lut_expect(lut);
	before = kernel->runs;
	for (int i = 0; i < 100; i++)
		lwd_lut_expect(lut);
	assert_in_range(kernel->runs - before, 100, 110);
	finish(lut);
}

/* Short jobs are told of together. */
static void a_busy_daemon_calls_once_a_batch(void **state)
{
	struct lwd_lut *lut = start(1);
	struct ctl_kernel *kernel = lut->rig.kernel;
	uint32_t before;

	(void)state;
	before = kernel->runs;
	pthread_mutex_lock(&lut->rig.work.lock);
	for (int i = 0; i < 40 * LWD_RIG_RING; i++)
		ctl_kernel_submit(kernel, &lut->job);
	pthread_mutex_unlock(&lut->rig.work.lock);
	for (int i = 0; i < 40 * LWD_RIG_RING; i++)
		lwd_rig_expect(kernel, 1 + i, 0);
	assert_in_range(kernel->runs - before, 1, 40 * LWD_RIG_RING);
	print_message("%u calls for %u jobs\n", kernel->runs - before,
		      40 * LWD_RIG_RING);
	finish(lut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(priority_goes_first),
		cmocka_unit_test(canceled_jobs_are_refused),
		cmocka_unit_test(withdrawn_jobs_are_passed_over),
		cmocka_unit_test(forgotten_things_are_got_again),
		cmocka_unit_test(many_programs_are_forgotten),
		cmocka_unit_test(a_successor_finishes),
		cmocka_unit_test(a_lost_device_ends_the_threads),
		cmocka_unit_test(a_hung_job_is_noticed),
		cmocka_unit_test(start_may_fail),
		cmocka_unit_test(an_idle_daemon_calls_once_a_job),
		cmocka_unit_test(a_busy_daemon_calls_once_a_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
