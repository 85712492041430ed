// SPDX-License-Identifier: GPL-2.0-only
/* An engine that obeys a test. */
#include <kunit/device.h>
#include <linux/delay.h>
#include <drm/drm_drv.h>

#include "lwnpu_drv.h"
#include "lwnpu_kunit.h"

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

bool lwnpu_mock_has(struct lwnpu_mock *mock, u32 n_jobs)
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

void lwnpu_mock_end_job(struct kunit *test, struct lwnpu_queue *queue,
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

void lwnpu_mock_end(struct kunit *test, struct lwnpu_queue *queue,
		    int error)
{
	lwnpu_mock_end_job(test, queue, 0, error);
}

void lwnpu_mock_finish(struct kunit *test, struct lwnpu_queue *queue)
{
	lwnpu_mock_end(test, queue, 0);
}

struct lwnpu_queue *lwnpu_kunit_queue_of(struct kunit *test,
					 u32 priority, u32 flags)
{
	struct lwnpu_mock *mock = test->priv;
	struct lwnpu_queue *queue;

	queue = lwnpu_queue_create(mock->file, priority, flags);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, queue);
	return queue;
}

struct lwnpu_queue *lwnpu_kunit_queue(struct kunit *test)
{
	return lwnpu_kunit_queue_of(test, DRM_LWNPU_PRIORITY_NORMAL, 0);
}

struct lwnpu_queue *lwnpu_kunit_parallel(struct kunit *test)
{
	return lwnpu_kunit_queue_of(test, DRM_LWNPU_PRIORITY_NORMAL,
				    DRM_LWNPU_QUEUE_PARALLEL);
}

void lwnpu_kunit_submit(struct kunit *test, struct lwnpu_queue *queue,
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

struct lwnpu_queue *lwnpu_kunit_busy(struct kunit *test, u32 flags)
{
	struct lwnpu_queue *queue;

	queue = lwnpu_kunit_queue_of(test, DRM_LWNPU_PRIORITY_NORMAL, flags);
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	lwnpu_kunit_submit(test, queue, KTIME_MAX);
	KUNIT_EXPECT_TRUE(test, lwnpu_mock_has(test->priv, flags ? 2 : 1));
	return queue;
}

void lwnpu_kunit_expect(struct kunit *test, struct lwnpu_queue *queue,
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

bool lwnpu_kunit_is_complete(struct lwnpu_queue *queue, u64 id)
{
	struct drm_lwnpu_completion completion;

	return lwnpu_queue_wait(queue, id, 0, &completion) != -EBUSY;
}

int lwnpu_kunit_init(struct kunit *test)
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

void lwnpu_kunit_exit(struct kunit *test)
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
