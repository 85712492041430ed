// SPDX-License-Identifier: MIT
/* Jobs: frames that are run asynchronously. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "export.h"
#include "model.h"

/**
 * struct lwnpu_job - a job
 * @frame: its buffers
 * @task: what the device runs
 * @lock: of what follows, and of @frame and @task while nobody has them
 * @outcome: what the application knows: PENDING until outputs are fetched
 * @is_claimed: a thread in lwnpu_submit() has @frame and @task
 * @waiters: threads that wait for @task
 * @deadline: of the next submission
 */
struct lwnpu_job {
	struct lw_frame frame;
	struct lw_task task;
	pthread_mutex_t lock;
	struct lw_outcome outcome;
	bool is_claimed;
	unsigned int waiters;
	int64_t deadline;
};

LW_EXPORT int64_t lwnpu_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct lwnpu_device *device_of(const struct lwnpu_job *job)
{
	return job->frame.model->device;
}

static enum lwnpu_job_status status_of(const struct lwnpu_job *job)
{
	return job->outcome.result.status;
}

LW_EXPORT int lwnpu_job_create(struct lwnpu_job **job,
			       struct lwnpu_model *model,
			       struct lwnpu_error *error)
{
	struct lwnpu_device *device = model->device;
	struct lwnpu_job *made = calloc(1, sizeof(*made));
	int ret;

	if (!made)
		return lw_fail(error, -ENOMEM, "out of memory for a job");
	lw_frame_init(&made->frame, model);
	made->task.loaded = model->loaded;
	made->task.bindings = made->frame.bindings;
	made->outcome.result.status = LWNPU_JOB_IDLE;
	made->outcome.result.op = -1;
	ret = device->tasks->init(device->runner, &made->task, error);
	if (ret) {
		free(made);
		return ret;
	}
	pthread_mutex_init(&made->lock, NULL);
	*job = made;
	return 0;
}

LW_EXPORT void lwnpu_job_free(struct lwnpu_job *job)
{
	struct lwnpu_device *device;

	if (!job)
		return;
	device = device_of(job);
	if (status_of(job) == LWNPU_JOB_PENDING) {
		lwnpu_job_cancel(job, NULL);
		device->tasks->wait(device->runner, &job->task, INT64_MAX);
	}
	device->tasks->exit(device->runner, &job->task);
	lw_frame_release(&job->frame);
	pthread_mutex_destroy(&job->lock);
	free(job);
}

/* Under the lock: whether the job can be changed. */
static int check_free(const struct lwnpu_job *job, struct lwnpu_error *error)
{
	if (job->is_claimed || status_of(job) == LWNPU_JOB_PENDING)
		return lw_fail(error, -EBUSY, "the job is pending");
	if (job->waiters)
		return lw_fail(error, -EBUSY,
			       "a thread is still waiting for the job");
	return 0;
}

static int bind(struct lwnpu_job *job, uint32_t region,
		const struct lwnpu_buffer *buffer, struct lwnpu_error *error)
{
	int ret;

	pthread_mutex_lock(&job->lock);
	ret = check_free(job, error);
	if (!ret)
		ret = lw_frame_bind(&job->frame, region, buffer, error);
	pthread_mutex_unlock(&job->lock);
	return ret;
}

static int check_index(const char *what, unsigned int index, unsigned int n,
		       struct lwnpu_error *error)
{
	if (index < n)
		return 0;
	return lw_fail(error, -EINVAL, "%s %u: the model has %u", what, index,
		       n);
}

LW_EXPORT int lwnpu_job_set_input(struct lwnpu_job *job, unsigned int index,
				  const struct lwnpu_buffer *buffer,
				  struct lwnpu_error *error)
{
	const struct lwm_package *package = &job->frame.model->package;
	int ret = check_index("input", index, package->n_inputs, error);

	return ret ? ret : bind(job, LWNPU_REGION_IO + index, buffer, error);
}

LW_EXPORT int lwnpu_job_set_output(struct lwnpu_job *job, unsigned int index,
				   const struct lwnpu_buffer *buffer,
				   struct lwnpu_error *error)
{
	const struct lwm_package *package = &job->frame.model->package;
	int ret = check_index("output", index, package->n_outputs, error);

	return ret ? ret : bind(job, LWNPU_REGION_IO + package->n_inputs + index,
				buffer, error);
}

LW_EXPORT int lwnpu_job_set_deadline(struct lwnpu_job *job, int64_t deadline)
{
	int ret;

	if (deadline < 0)
		return -EINVAL;
	pthread_mutex_lock(&job->lock);
	ret = check_free(job, NULL);
	if (!ret)
		job->deadline = deadline;
	pthread_mutex_unlock(&job->lock);
	return ret;
}

/* Takes a job for a submission, so that no other thread changes it. */
static int claim(struct lwnpu_job *job, struct lwnpu_error *error)
{
	int ret;

	pthread_mutex_lock(&job->lock);
	ret = check_free(job, error);
	if (!ret)
		ret = lw_frame_check(&job->frame, error);
	if (!ret)
		job->is_claimed = true;
	pthread_mutex_unlock(&job->lock);
	return ret;
}

static void unclaim(struct lwnpu_job *job, bool is_submitted)
{
	pthread_mutex_lock(&job->lock);
	job->is_claimed = false;
	if (is_submitted) {
		job->deadline = 0;
		job->outcome.result = (struct lwnpu_job_result){
			.status = LWNPU_JOB_PENDING,
			.op = -1,
		};
	}
	pthread_mutex_unlock(&job->lock);
}

/* Jobs are claimed: their frames and tasks are ours. */
static int submit_claimed(struct lwnpu_job *const *jobs, unsigned int n,
			  enum lwnpu_priority priority,
			  struct lwnpu_error *error)
{
	struct lwnpu_device *device = device_of(jobs[0]);
	struct lw_task *tasks[LWNPU_SUBMIT_MAX];

	for (unsigned int i = 0; i < n; i++) {
		lw_frame_store(&jobs[i]->frame);
		tasks[i] = &jobs[i]->task;
		tasks[i]->deadline = jobs[i]->deadline;
	}
	return device->tasks->submit(device->runner, tasks, n, priority, error);
}

static int check_submit(struct lwnpu_job *const *jobs, unsigned int n,
			enum lwnpu_priority priority, struct lwnpu_error *error)
{
	if (!n || n > LWNPU_SUBMIT_MAX)
		return lw_fail(error, -EINVAL, "%u jobs, expected 1 to %d", n,
			       LWNPU_SUBMIT_MAX);
	if ((unsigned int)priority > LWNPU_HIGH)
		return lw_fail(error, -EINVAL,
			       "priority %d, expected LWNPU_LOW, LWNPU_NORMAL or LWNPU_HIGH",
			       (int)priority);
	for (unsigned int i = 1; i < n; i++)
		if (device_of(jobs[i]) != device_of(jobs[0]))
			return lw_fail(error, -EINVAL,
				       "job %u has another device than the first",
				       i);
	return 0;
}

LW_EXPORT int lwnpu_submit(struct lwnpu_job *const *jobs, unsigned int n,
			   enum lwnpu_priority priority,
			   struct lwnpu_error *error)
{
	unsigned int claimed = 0;
	int ret;

	ret = check_submit(jobs, n, priority, error);
	if (ret)
		return ret;
	while (claimed < n && !ret) {
		ret = claim(jobs[claimed], error);
		claimed += !ret;
	}
	if (!ret)
		ret = submit_claimed(jobs, n, priority, error);
	while (claimed)
		unclaim(jobs[--claimed], !ret);
	return ret;
}

/* Under the lock, which is given up while waiting. */
static int wait_for(struct lwnpu_job *job, int64_t timeout,
		    struct lwnpu_error *error)
{
	struct lwnpu_device *device = device_of(job);
	int ret;

	job->waiters++;
	pthread_mutex_unlock(&job->lock);
	ret = device->tasks->wait(device->runner, &job->task, timeout);
	pthread_mutex_lock(&job->lock);
	job->waiters--;
	if (ret)
		return lw_fail(error, ret, "the job is not complete yet");
	/* Unless another thread was faster. */
	if (status_of(job) == LWNPU_JOB_PENDING) {
		job->outcome = job->task.outcome;
		if (status_of(job) == LWNPU_JOB_DONE)
			lw_frame_fetch(&job->frame);
	}
	return 0;
}

/* Under the lock. */
static int check_submitted(const struct lwnpu_job *job,
			   struct lwnpu_error *error)
{
	if (status_of(job) != LWNPU_JOB_IDLE)
		return 0;
	return lw_fail(error, -EINVAL, "the job was never submitted");
}

LW_EXPORT int lwnpu_job_wait(struct lwnpu_job *job, int64_t timeout,
			     struct lwnpu_error *error)
{
	int ret;

	pthread_mutex_lock(&job->lock);
	ret = check_submitted(job, error);
	if (!ret && status_of(job) == LWNPU_JOB_PENDING)
		ret = wait_for(job, timeout, error);
	if (!ret) {
		ret = job->outcome.result.error;
		if (ret && error)
			*error = job->outcome.error;
	}
	pthread_mutex_unlock(&job->lock);
	return ret;
}

LW_EXPORT int lwnpu_job_fd(struct lwnpu_job *job, struct lwnpu_error *error)
{
	struct lwnpu_device *device = device_of(job);
	int ret;

	pthread_mutex_lock(&job->lock);
	ret = check_submitted(job, error);
	if (!ret)
		ret = device->tasks->fd(device->runner, &job->task, error);
	pthread_mutex_unlock(&job->lock);
	return ret;
}

LW_EXPORT int lwnpu_job_cancel(struct lwnpu_job *job,
			       struct lwnpu_error *error)
{
	struct lwnpu_device *device = device_of(job);
	int ret;

	pthread_mutex_lock(&job->lock);
	ret = check_submitted(job, error);
	if (!ret && status_of(job) == LWNPU_JOB_PENDING)
		ret = device->tasks->cancel(device->runner, &job->task, error);
	pthread_mutex_unlock(&job->lock);
	return ret;
}

LW_EXPORT void lwnpu_job_result(struct lwnpu_job *job,
				struct lwnpu_job_result *result)
{
	pthread_mutex_lock(&job->lock);
	*result = job->outcome.result;
	pthread_mutex_unlock(&job->lock);
}
