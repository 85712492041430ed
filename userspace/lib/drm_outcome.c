// SPDX-License-Identifier: MIT
/* How jobs end: in the words of the public interface. */
#include <string.h>

#include "drm_engine.h"
#include "log.h"

#define MAX_ERRNO 4095

/* What of it the interface documents, whatever the record says. */
static int error_of(const struct drm_lwnpu_completion *completion)
{
	int code = completion->error;

	return code >= 0 || code < -MAX_ERRNO ? -EIO : code;
}

static int fail_at_op(const struct lw_drm_device *device,
		      const struct lw_drm_job *job,
		      const struct drm_lwnpu_completion *completion)
{
	const struct lw_drm_program *program = job->task->loaded;
	struct lw_outcome *outcome = &job->task->outcome;
	int code = error_of(completion);

	if (completion->op >= program->n_ops)
		return lw_fail(&outcome->error, code, "%s: job failed: %s",
			       device->path, strerror(-code));
	outcome->result.op = completion->op;
	return lw_fail(&outcome->error, code, "%s: op %u failed: %s",
		       device->path, completion->op, strerror(-code));
}

static void end(struct lw_drm_device *device, struct lw_drm_job *job,
		enum lwnpu_job_status status, int code, const char *why)
{
	if (why)
		lw_fail(&job->task->outcome.error, code, "%s: %s", device->path,
			why);
	lw_task_end(job->task, status, code);
	lw_drm_queue_remove(device, job);
}

static void end_hung(struct lw_drm_device *device, struct lw_drm_job *job)
{
	job->queue->is_guilty = true;
	lw_log(LWNPU_LOG_WARNING, "%s: a job hung", device->path);
	end(device, job, LWNPU_JOB_HUNG, -ETIME,
	    "job ran longer than the driver allows");
}

static void end_late(struct lw_drm_device *device, struct lw_drm_job *job)
{
	end(device, job, LWNPU_JOB_LATE, -ETIME, "job missed its deadline");
}

static void end_canceled(struct lw_drm_device *device, struct lw_drm_job *job)
{
	end(device, job, LWNPU_JOB_CANCELED, -ECANCELED,
	    "job cancelled, or one before it hung");
}

static void end_lost(struct lw_drm_device *device, struct lw_drm_job *job)
{
	end(device, job, LWNPU_JOB_LOST, -ENODEV,
	    "job lost: the engine went away, or failed too often");
}

void lw_drm_end_record(struct lw_drm_device *device, struct lw_drm_job *job,
		       const struct drm_lwnpu_completion *completion)
{
	struct lw_outcome *outcome = &job->task->outcome;

	outcome->result.submitted = completion->submit_ns;
	outcome->result.started = completion->start_ns;
	outcome->result.ended = completion->end_ns;
	outcome->result.cycles = completion->cycles;
	switch (completion->status) {
	case DRM_LWNPU_JOB_DONE:
		outcome->result.gates = completion->gates;
		outcome->result.has_gates = true;
		return end(device, job, LWNPU_JOB_DONE, 0, NULL);
	case DRM_LWNPU_JOB_FAILED:
		return end(device, job, LWNPU_JOB_FAILED,
			   fail_at_op(device, job, completion), NULL);
	case DRM_LWNPU_JOB_HUNG:
		return end_hung(device, job);
	case DRM_LWNPU_JOB_LATE:
		return end_late(device, job);
	case DRM_LWNPU_JOB_CANCELED:
		return end_canceled(device, job);
	case DRM_LWNPU_JOB_LOST:
		return end_lost(device, job);
	default:
		lw_fail(&outcome->error, -EIO,
			"%s: job ended with unknown status %u", device->path,
			completion->status);
		return end(device, job, LWNPU_JOB_FAILED, -EIO, NULL);
	}
}

void lw_drm_end_fence(struct lw_drm_device *device, struct lw_drm_job *job,
		      int status, int64_t time)
{
	int64_t deadline = job->task->deadline;

	job->task->outcome.result.ended = time;
	switch (status) {
	case 0:
		return end(device, job, LWNPU_JOB_DONE, 0, NULL);
	case -ECANCELED:
	case -ESRCH:
		return end_canceled(device, job);
	case -ETIME:
		if (deadline && time >= deadline)
			return end_late(device, job);
		return end_hung(device, job);
	case -ENODEV:
		return end_lost(device, job);
	default:
		return end(device, job, LWNPU_JOB_FAILED, status,
			   strerror(-status));
	}
}

void lw_drm_end_error(struct lw_drm_device *device, struct lw_drm_job *job,
		      int code)
{
	lw_fail(&job->task->outcome.error, code,
		"%s: job not waited for: %s", device->path, strerror(-code));
	job->task->outcome.result.ended = lwnpu_time();
	end(device, job,
	    code == -ENODEV ? LWNPU_JOB_LOST : LWNPU_JOB_FAILED, code, NULL);
}
