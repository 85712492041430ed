// SPDX-License-Identifier: GPL-2.0-only
/* Engines that take no job, hang, or go away. */
#include <linux/delay.h>

#include "lwnpu_kunit.h"

/* The engine takes no job: it is lost, by no fault of its own. */
static void lwnpu_kunit_refusal(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue = lwnpu_kunit_queue(test);

	mock->refuses = true;
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_LOST, -ENODEV);
	KUNIT_EXPECT_EQ(test, queue->state, DRM_LWNPU_QUEUE_INNOCENT);
	mock->refuses = false;
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	lwnpu_mock_finish(test, queue);
	lwnpu_kunit_expect(test, queue, 2, DRM_LWNPU_JOB_DONE, 0);
	lwnpu_queue_destroy(queue);
}

/* The engine does not answer: its job, and those behind it, and no others. */
static void lwnpu_kunit_hang(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *guilty = lwnpu_kunit_queue(test);
	struct lwnpu_queue *innocent = lwnpu_kunit_queue(test);

	lwnpu_timeout_ms = 200;
	lwnpu_kunit_submit(test, guilty, KTIME_MAX);
	lwnpu_kunit_submit(test, guilty, KTIME_MAX);
	lwnpu_kunit_expect(test, guilty, 1, DRM_LWNPU_JOB_HUNG, -ETIME);
	lwnpu_kunit_expect(test, guilty, 2, DRM_LWNPU_JOB_CANCELED,
			   -ECANCELED);
	KUNIT_EXPECT_EQ(test, guilty->state, DRM_LWNPU_QUEUE_GUILTY);

	lwnpu_timeout_ms = mock->timeout_ms;
	lwnpu_kunit_submit(test, innocent, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	KUNIT_EXPECT_EQ(test, mock->resets, 1);
	KUNIT_EXPECT_EQ(test, mock->cancels, 1);
	lwnpu_mock_finish(test, innocent);
	lwnpu_kunit_expect(test, innocent, 1, DRM_LWNPU_JOB_DONE, 0);
	KUNIT_EXPECT_EQ(test, innocent->state, DRM_LWNPU_QUEUE_OK);
	lwnpu_queue_destroy(guilty);
	lwnpu_queue_destroy(innocent);
}

/* Of a parallel queue, those before the guilty job are innocent. */
static void lwnpu_kunit_parallel_hang(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue =
		lwnpu_kunit_busy(test, DRM_LWNPU_QUEUE_PARALLEL);

	/* As if the first had just begun. */
	spin_lock(&mock->lwnpu->lock);
	list_first_entry(&mock->lwnpu->running, struct lwnpu_job, node)->begun =
		ktime_add_ms(ktime_get(), LWNPU_KUNIT_MS);
	spin_unlock(&mock->lwnpu->lock);
	lwnpu_timeout_ms = 200;
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	KUNIT_EXPECT_EQ(test, queue->state, DRM_LWNPU_QUEUE_GUILTY);
	KUNIT_EXPECT_FALSE(test, lwnpu_kunit_is_complete(queue, 2));
	lwnpu_mock_end_job(test, queue, 1, 0);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_DONE, 0);
	lwnpu_kunit_expect(test, queue, 2, DRM_LWNPU_JOB_HUNG, -ETIME);
	lwnpu_kunit_expect(test, queue, 3, DRM_LWNPU_JOB_CANCELED,
			   -ECANCELED);
	lwnpu_queue_destroy(queue);
}

/* A job at hand has time as long as the engine works at others. */
static void lwnpu_kunit_at_hand(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue = lwnpu_kunit_parallel(test);
	struct lwnpu_queue *busy = lwnpu_kunit_queue(test);
	struct lwnpu_job *job;
	u32 i;

	mock->is_lazy = true;
	lwnpu_timeout_ms = 500;
	lwnpu_kunit_submit(test, busy, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	for (i = 0; i < 8; i++) {
		lwnpu_kunit_submit(test, busy, KTIME_MAX);
		msleep(140);
		lwnpu_mock_finish(test, busy);
		KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 2));
		spin_lock(&mock->lwnpu->lock);
		list_for_each_entry(job, &mock->lwnpu->running, node)
			if (job->queue == busy)
				lwnpu_job_begin(job);
		spin_unlock(&mock->lwnpu->lock);
	}
	KUNIT_EXPECT_EQ(test, mock->resets, 0);
	/* From here on it does nothing: it is the engine that hangs. */
	lwnpu_mock_finish(test, busy);
	msleep(300);
	KUNIT_EXPECT_EQ(test, mock->resets, 0);
	msleep(1200);
	KUNIT_EXPECT_GE(test, mock->resets, 1);
	KUNIT_EXPECT_FALSE(test, lwnpu_kunit_is_complete(queue, 1));
	lwnpu_timeout_ms = mock->timeout_ms;
	lwnpu_mock_finish(test, queue);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_DONE, 0);
	KUNIT_EXPECT_EQ(test, queue->state, DRM_LWNPU_QUEUE_OK);
	lwnpu_queue_destroy(queue);
	lwnpu_queue_destroy(busy);
}

/* The device goes, with a job on the engine and one behind it. */
static void lwnpu_kunit_unplug(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue = lwnpu_kunit_busy(test, 0);

	lwnpu_device_unplug(mock->lwnpu);
	KUNIT_EXPECT_EQ(test, mock->cancels, 1);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_LOST, -ENODEV);
	lwnpu_kunit_expect(test, queue, 2, DRM_LWNPU_JOB_LOST, -ENODEV);
	KUNIT_EXPECT_EQ(test, queue->state, DRM_LWNPU_QUEUE_INNOCENT);
	lwnpu_queue_destroy(queue);
}

/* It goes while the engine is reset: that comes to its end. */
static void lwnpu_kunit_unplug_hung(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue = lwnpu_kunit_queue(test);
	u32 ms;

	mock->is_slow = true;
	lwnpu_timeout_ms = 200;
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	for (ms = 0; ms < LWNPU_KUNIT_MS; ms += 20) {
		if (READ_ONCE(mock->is_resetting))
			break;
		msleep(20);
	}
	KUNIT_EXPECT_TRUE(test, mock->is_resetting);
	lwnpu_device_unplug(mock->lwnpu);
	KUNIT_EXPECT_FALSE(test, mock->is_cut_short);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_HUNG, -ETIME);
	lwnpu_kunit_expect(test, queue, 2, DRM_LWNPU_JOB_CANCELED,
			   -ECANCELED);
	KUNIT_EXPECT_EQ(test, mock->resets, 1);
	lwnpu_queue_destroy(queue);
}

static struct kunit_case lwnpu_kunit_trouble_cases[] = {
	KUNIT_CASE(lwnpu_kunit_refusal),
	KUNIT_CASE(lwnpu_kunit_hang),
	KUNIT_CASE(lwnpu_kunit_parallel_hang),
	KUNIT_CASE(lwnpu_kunit_at_hand),
	KUNIT_CASE(lwnpu_kunit_unplug),
	KUNIT_CASE(lwnpu_kunit_unplug_hung),
	{}
};

static struct kunit_suite lwnpu_kunit_trouble_suite = {
	.name = "lwnpu_trouble",
	.init = lwnpu_kunit_init,
	.exit = lwnpu_kunit_exit,
	.test_cases = lwnpu_kunit_trouble_cases,
};

kunit_test_suite(lwnpu_kunit_trouble_suite);
