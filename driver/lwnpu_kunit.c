// SPDX-License-Identifier: GPL-2.0-only
/* From the scheduler to an engine and back, with an engine that obeys a test. */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <drm/drm_drv.h>

#include "lwnpu_drv.h"
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

static int lwnpu_mock_start(struct lwnpu_device *lwnpu)
{
	return 0;
}

static bool lwnpu_mock_run(struct lwnpu_device *lwnpu, struct lwnpu_job *job)
{
	struct lwnpu_mock *mock = lwnpu->engine_data;

	if (mock->is_lazy && lwnpu->n_running > 1)
		return true;
	lwnpu_job_begin(job);
	return true;
}

static void lwnpu_mock_cancel(struct lwnpu_device *lwnpu, struct lwnpu_job *job)
{
	((struct lwnpu_mock *)lwnpu->engine_data)->cancels++;
}

static void lwnpu_mock_reset(struct lwnpu_device *lwnpu)
{
	struct lwnpu_mock *mock = lwnpu->engine_data;

	mock->resets++;
	if (!mock->is_slow)
		return;
	WRITE_ONCE(mock->is_resetting, true);
	while (!drm_dev_is_unplugged(&lwnpu->drm))
		msleep(20);
	msleep(100);
	WRITE_ONCE(mock->is_resetting, false);
}

static void lwnpu_mock_stop(struct lwnpu_device *lwnpu)
{
	struct lwnpu_mock *mock = lwnpu->engine_data;

	mock->is_cut_short = READ_ONCE(mock->is_resetting);
}

static void lwnpu_mock_forget(struct lwnpu_device *lwnpu, struct lwnpu_bo *bo)
{
}

static bool lwnpu_mock_is_away(struct lwnpu_device *lwnpu)
{
	return ((struct lwnpu_mock *)lwnpu->engine_data)->refuses;
}

static const struct lwnpu_engine_ops lwnpu_mock_ops = {
	.start = lwnpu_mock_start,
	.run = lwnpu_mock_run,
	.cancel = lwnpu_mock_cancel,
	.reset = lwnpu_mock_reset,
	.stop = lwnpu_mock_stop,
	.forget = lwnpu_mock_forget,
	.is_away = lwnpu_mock_is_away,
};

/* Does the engine have so many jobs, and still when it had time for more? */
static bool lwnpu_mock_has(struct lwnpu_mock *mock, u32 n_jobs)
{
	u32 ms;

	for (ms = 0; ms < LWNPU_KUNIT_MS; ms += 20) {
		if (READ_ONCE(mock->lwnpu->n_running) == n_jobs)
			break;
		msleep(20);
	}
	msleep(20);
	return READ_ONCE(mock->lwnpu->n_running) == n_jobs;
}

/* A job that the engine has ends; @id 0: the first of the queue. */
static void lwnpu_mock_end_job(struct kunit *test, struct lwnpu_queue *queue,
			       u64 id, int error)
{
	struct lwnpu_mock *mock = test->priv;
	struct drm_lwnpu_completion completion = {
		.status = error ? DRM_LWNPU_JOB_FAILED : DRM_LWNPU_JOB_DONE,
		.error = error,
		.op = DRM_LWNPU_NONE,
	};
	struct lwnpu_job *job, *found = NULL;

	spin_lock(&mock->lwnpu->lock);
	list_for_each_entry(job, &mock->lwnpu->running, node)
		if (job->queue == queue && (job->id == id || !id) && !found)
			found = job;
	if (found)
		lwnpu_job_end(found);
	spin_unlock(&mock->lwnpu->lock);
	KUNIT_ASSERT_NOT_NULL(test, found);
	completion.start_ns = ktime_to_ns(found->begun);
	lwnpu_job_complete(found, &completion);
}

static void lwnpu_mock_end(struct kunit *test, struct lwnpu_queue *queue,
			   int error)
{
	lwnpu_mock_end_job(test, queue, 0, error);
}

static void lwnpu_mock_finish(struct kunit *test, struct lwnpu_queue *queue)
{
	lwnpu_mock_end(test, queue, 0);
}

static struct lwnpu_queue *lwnpu_kunit_queue_of(struct kunit *test,
						u32 priority, u32 flags)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue;

	queue = lwnpu_queue_create(mock->file, priority, flags);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, queue);
	return queue;
}

static struct lwnpu_queue *lwnpu_kunit_queue(struct kunit *test)
{
	return lwnpu_kunit_queue_of(test, DRM_LWNPU_PRIORITY_NORMAL, 0);
}

static struct lwnpu_queue *lwnpu_kunit_parallel(struct kunit *test)
{
	return lwnpu_kunit_queue_of(test, DRM_LWNPU_PRIORITY_NORMAL,
				    DRM_LWNPU_QUEUE_PARALLEL);
}

static void lwnpu_kunit_submit(struct kunit *test, struct lwnpu_queue *queue,
			       ktime_t deadline)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_job *job;

	job = lwnpu_job_create(queue, mock->program, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, job);
	job->deadline = deadline;
	mutex_lock(&queue->submit_mutex);
	lwnpu_job_arm(job);
	drm_sched_entity_push_job(&job->base);
	mutex_unlock(&queue->submit_mutex);
}

/* A queue with two jobs: both run if it is parallel, the first if not. */
static struct lwnpu_queue *lwnpu_kunit_busy(struct kunit *test, u32 flags)
{
	struct lwnpu_queue *queue;

	queue = lwnpu_kunit_queue_of(test, DRM_LWNPU_PRIORITY_NORMAL, flags);
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(test->priv, flags ? 2 : 1));
	return queue;
}

static void lwnpu_kunit_expect(struct kunit *test, struct lwnpu_queue *queue,
			       u64 id, enum drm_lwnpu_job_status status,
			       int error)
{
	struct drm_lwnpu_completion completion;

	KUNIT_ASSERT_EQ(test, 0,
			lwnpu_queue_wait(queue, id,
					 ms_to_ktime(LWNPU_KUNIT_MS),
					 &completion));
	KUNIT_EXPECT_EQ(test, completion.status, status);
	KUNIT_EXPECT_EQ(test, completion.error, error);
	KUNIT_EXPECT_GE(test, completion.end_ns, completion.submit_ns);
}

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

static bool lwnpu_kunit_is_complete(struct lwnpu_queue *queue, u64 id)
{
	struct drm_lwnpu_completion completion;

	return lwnpu_queue_wait(queue, id, 0, &completion) != -EBUSY;
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
	lwnpu_timeout_ms = 300;
	lwnpu_kunit_submit(test, busy, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(mock, 1));
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	for (i = 0; i < 8; i++) {
		lwnpu_kunit_submit(test, busy, KTIME_MAX);
		msleep(100);
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
	msleep(600);
	KUNIT_EXPECT_GE(test, mock->resets, 1);
	KUNIT_EXPECT_FALSE(test, lwnpu_kunit_is_complete(queue, 1));
	lwnpu_timeout_ms = mock->timeout_ms;
	lwnpu_mock_finish(test, queue);
	lwnpu_kunit_expect(test, queue, 1, DRM_LWNPU_JOB_DONE, 0);
	KUNIT_EXPECT_EQ(test, queue->state, DRM_LWNPU_QUEUE_OK);
	lwnpu_queue_destroy(queue);
	lwnpu_queue_destroy(busy);
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

static int lwnpu_kunit_init(struct kunit *test)
{
	struct lwnpu_mock *mock;
	struct device *dev;

	mock = kunit_kzalloc(test, sizeof(*mock), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mock);
	mock->timeout_ms = lwnpu_timeout_ms;
	dev = kunit_device_register(test, "lwnpu-kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	mock->lwnpu = devm_drm_dev_alloc(dev, &lwnpu_drm_driver,
					 struct lwnpu_device, drm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mock->lwnpu);
	mock->lwnpu->engine = &lwnpu_mock_ops;
	mock->lwnpu->engine_data = mock;
	mock->lwnpu->config.capacity = 2;
	mock->lwnpu->config.depth = 2;
	KUNIT_ASSERT_EQ(test, 0, lwnpu_device_init(mock->lwnpu));
	KUNIT_ASSERT_EQ(test, 0, drm_dev_register(&mock->lwnpu->drm, 0));

	mock->file = lwnpu_file_create(mock->lwnpu);
	KUNIT_ASSERT_NOT_NULL(test, mock->file);
	mock->program = lwnpu_program_alloc(mock->file, 1, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mock->program);
	test->priv = mock;
	return 0;
}

static void lwnpu_kunit_exit(struct kunit *test)
{
	struct lwnpu_mock *mock = test->priv;

	if (!mock)
		return;
	lwnpu_timeout_ms = mock->timeout_ms;
	if (!mock->lwnpu->gone)
		lwnpu_device_unplug(mock->lwnpu);
	lwnpu_program_put(mock->program);
	lwnpu_file_close(mock->file);
	/* Of fences, which hold the device, and with it the mock. */
	rcu_barrier();
	flush_workqueue(lwnpu_wq);
}

static struct kunit_case lwnpu_kunit_cases[] = {
	KUNIT_CASE(lwnpu_kunit_order),
	KUNIT_CASE(lwnpu_kunit_parallel_order),
	KUNIT_CASE(lwnpu_kunit_priority),
	KUNIT_CASE(lwnpu_kunit_capacity),
	KUNIT_CASE(lwnpu_kunit_failure),
	KUNIT_CASE(lwnpu_kunit_refusal),
	KUNIT_CASE(lwnpu_kunit_hang),
	KUNIT_CASE(lwnpu_kunit_parallel_hang),
	KUNIT_CASE(lwnpu_kunit_at_hand),
	KUNIT_CASE(lwnpu_kunit_deadline),
	KUNIT_CASE(lwnpu_kunit_destroy),
	KUNIT_CASE(lwnpu_kunit_unplug),
	KUNIT_CASE(lwnpu_kunit_unplug_hung),
	{}
};

static struct kunit_suite lwnpu_kunit_suite = {
	.name = "lwnpu",
	.init = lwnpu_kunit_init,
	.exit = lwnpu_kunit_exit,
	.test_cases = lwnpu_kunit_cases,
};

kunit_test_suite(lwnpu_kunit_suite);
