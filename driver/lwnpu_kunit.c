// SPDX-License-Identifier: GPL-2.0-only
/* From the scheduler to an engine and back. */
#include <linux/delay.h>

#include "lwnpu_kunit.h"

/* The jobs of a queue one after another, those of two at the same time. */
static void lwnpu_kunit_order(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *a = lwnpu_kunit_queue(test);
	struct lwnpu_queue *b = lwnpu_kunit_queue(test);

	lwnpu_kunit_submit(test, a, KTIME_MAX);
	lwnpu_kunit_submit(test, a, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	lwnpu_kunit_submit(test, b, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 2));
	lwnpu_mock_finish(test, a);
	lwnpu_kunit_expect(test, a, 1, DRM_LWNPU_JOB_DONE, 0);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 2));
	lwnpu_mock_finish(test, a);
	lwnpu_mock_finish(test, b);
	lwnpu_kunit_expect(test, a, 2, DRM_LWNPU_JOB_DONE, 0);
	lwnpu_kunit_expect(test, b, 1, DRM_LWNPU_JOB_DONE, 0);
	lwnpu_queue_destroy(a);
	lwnpu_queue_destroy(b);
}

/* Jobs of a parallel queue run together, and are complete in order. */
static void lwnpu_kunit_parallel_order(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue = lwnpu_kunit_parallel(test);
	u32 i;

	for (i = 0; i < 4; i++)
		lwnpu_kunit_submit(test, queue, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 2));
	/* The second makes room for the third, but nobody hears of it. */
	lwnpu_mock_end_job(test, queue, 2, -EDOM);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 2));
	lwnpu_mock_end_job(test, queue, 3, 0);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 2));
	KUNIT_EXPECT_FALSE(test, lwnpu_kunit_is_complete(queue, 2));
	KUNIT_EXPECT_EQ(test, queue->completed, 0);
	lwnpu_mock_end_job(test, queue, 1, 0);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_DONE, 0);
	lwnpu_kunit_expect(test, queue, 2, DRM_LWNPU_JOB_FAILED, -EDOM);
	lwnpu_kunit_expect(test, queue, 3, DRM_LWNPU_JOB_DONE, 0);
	KUNIT_EXPECT_FALSE(test, lwnpu_kunit_is_complete(queue, 4));
	lwnpu_mock_finish(test, queue);
	lwnpu_kunit_expect(test, queue, 4, DRM_LWNPU_JOB_DONE, 0);
	KUNIT_EXPECT_EQ(test, queue->failed, 1);
	lwnpu_queue_destroy(queue);
}

/* Of jobs that are ready, the most urgent is the next. */
static void lwnpu_kunit_priority(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue[LWNPU_PRIORITIES];
	struct lwnpu_queue *busy =
		lwnpu_kunit_busy(test, DRM_LWNPU_QUEUE_PARALLEL);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(queue); i++) {
		queue[i] = lwnpu_kunit_queue_of(test, i, 0);
		lwnpu_kunit_submit(test, queue[i], KTIME_MAX);
	}
	/* They are all ready when the first of the others ends. */
	msleep(20);
	lwnpu_mock_finish(test, busy);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 2));
	for (i = ARRAY_SIZE(queue); i-- > 0; ) {
		lwnpu_mock_finish(test, queue[i]);
		lwnpu_kunit_expect(test, queue[i], 1, DRM_LWNPU_JOB_DONE, 0);
		lwnpu_queue_destroy(queue[i]);
	}
	lwnpu_mock_finish(test, busy);
	lwnpu_queue_destroy(busy);
}

/* No more jobs than the engine takes. */
static void lwnpu_kunit_capacity(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue[3];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(queue); i++) {
		queue[i] = lwnpu_kunit_queue(test);
		lwnpu_kunit_submit(test, queue[i], KTIME_MAX);
	}
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 2));
	lwnpu_mock_finish(test, queue[0]);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 2));
	lwnpu_mock_finish(test, queue[1]);
	lwnpu_mock_finish(test, queue[2]);
	for (i = 0; i < ARRAY_SIZE(queue); i++) {
		lwnpu_kunit_expect(test, queue[i], 1, DRM_LWNPU_JOB_DONE, 0);
		lwnpu_queue_destroy(queue[i]);
	}
}

/* A job that fails by its own doing stops no other. */
static void lwnpu_kunit_failure(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue = lwnpu_kunit_busy(test, 0);

	lwnpu_mock_end(test, queue, -EDOM);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_FAILED, -EDOM);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	lwnpu_mock_finish(test, queue);
	lwnpu_kunit_expect(test, queue, 2, DRM_LWNPU_JOB_DONE, 0);
	KUNIT_EXPECT_EQ(test, queue->state, DRM_LWNPU_QUEUE_OK);
	KUNIT_EXPECT_EQ(test, mock->resets, 0);
	lwnpu_queue_destroy(queue);
}

/* A deadline is for jobs that have not started. */
static void lwnpu_kunit_deadline(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue = lwnpu_kunit_queue(test);
	ktime_t soon = ktime_add_ms(ktime_get(), LWNPU_KUNIT_MS / 10);

	lwnpu_kunit_submit(test, queue, soon);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	lwnpu_kunit_submit(test, queue, soon);
	msleep(LWNPU_KUNIT_MS / 10);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	lwnpu_mock_finish(test, queue);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_DONE, 0);
	lwnpu_kunit_expect(test, queue, 2, DRM_LWNPU_JOB_LATE, -ETIME);
	KUNIT_EXPECT_EQ(test, queue->state, DRM_LWNPU_QUEUE_OK);
	lwnpu_queue_destroy(queue);
}

/* Jobs of a queue that is destroyed end behind the one that runs. */
static void lwnpu_kunit_destroy(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue = lwnpu_kunit_busy(test, 0);

	lwnpu_queue_get(queue);
	lwnpu_queue_destroy(queue);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	lwnpu_mock_finish(test, queue);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_DONE, 0);
	lwnpu_kunit_expect(test, queue, 2, DRM_LWNPU_JOB_CANCELED, -ECANCELED);
	lwnpu_queue_put(queue);
}

static struct kunit_case lwnpu_kunit_cases[] = {
	KUNIT_CASE(lwnpu_kunit_order),
	KUNIT_CASE(lwnpu_kunit_parallel_order),
	KUNIT_CASE(lwnpu_kunit_priority),
	KUNIT_CASE(lwnpu_kunit_capacity),
	KUNIT_CASE(lwnpu_kunit_failure),
	KUNIT_CASE(lwnpu_kunit_deadline),
	KUNIT_CASE(lwnpu_kunit_destroy),
	{}
};

static struct kunit_suite lwnpu_kunit_suite = {
	.name = "lwnpu",
	.init = lwnpu_kunit_init,
	.exit = lwnpu_kunit_exit,
	.test_cases = lwnpu_kunit_cases,
};

kunit_test_suite(lwnpu_kunit_suite);
