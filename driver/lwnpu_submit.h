/* SPDX-License-Identifier: GPL-2.0-only */
/* SUBMIT. */
#ifndef LWNPU_SUBMIT_H
#define LWNPU_SUBMIT_H

#include <drm/drm_exec.h>
#include <drm/drm_syncobj.h>

#include "lwnpu_job.h"

/**
 * struct lwnpu_out_sync - a syncobj to be signalled
 * @syncobj: the syncobj
 * @chain: of a timeline's point; NULL if binary
 * @point: of the timeline
 */
struct lwnpu_out_sync {
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;
	u64 point;
};

/**
 * struct lwnpu_submit_job - a job, and what only its submission needs
 * @job: the job
 * @implicit: wait for other users of its buffers
 * @n_out: of @out
 * @out: syncobjs to be signalled
 */
struct lwnpu_submit_job {
	struct lwnpu_job *job;
	bool implicit;
	u32 n_out;
	struct lwnpu_out_sync *out;
};

/**
 * struct lwnpu_submit - a call of SUBMIT
 * @file_priv: whose
 * @queue: where to; its submit_mutex is held
 * @args: of the ioctl; says what is at fault
 * @exec: locks of all buffers
 * @n_jobs: of @job, as far as they were made
 * @job: the jobs
 */
struct lwnpu_submit {
	struct drm_file *file_priv;
	struct lwnpu_queue *queue;
	struct drm_lwnpu_submit *args;
	struct drm_exec exec;
	u32 n_jobs;
	struct lwnpu_submit_job job[];
};

/**
 * lwnpu_array_read() - an element of an array of the caller
 * @array: the array
 * @index: of the element
 * @element: gets it
 * @size: of @element, the newest version
 *
 * Return: 0, -EFAULT, -E2BIG.
 */
int lwnpu_array_read(const struct drm_lwnpu_array *array, u32 index,
		     void *element, size_t size);

/**
 * lwnpu_submit_prepare() - make the next job; everything that may fail
 * @submit: the call
 * @args: of the job
 *
 * Return: 0 or a negative errno value; lwnpu_submit_job_free() undoes it.
 */
int lwnpu_submit_prepare(struct lwnpu_submit *submit,
			 const struct drm_lwnpu_job *args);
void lwnpu_submit_job_free(struct lwnpu_submit_job *submit_job);

int lwnpu_ioctl_submit(struct drm_device *drm, void *data,
		       struct drm_file *file_priv);

#endif /* LWNPU_SUBMIT_H */
