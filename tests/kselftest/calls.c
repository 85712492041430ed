// SPDX-License-Identifier: MIT
/* Every ioctl of the accel node, each with a call that succeeds. */
#include <string.h>

#include "calls.h"

#define CALL(NAME, member, last, ...) { \
		.name = #NAME, .command = DRM_IOCTL_LWNPU_##NAME, \
		.inputs = offsetof(struct drm_lwnpu_##member, last) + \
			  sizeof(((struct drm_lwnpu_##member *)0)->last), \
		.member = { __VA_ARGS__ }, \
	}

void calls_init(struct call *calls, const struct session *s,
		const struct lut_program *p, const struct drm_lwnpu_job *job)
{
	const struct call all[N_CALLS] = {
		CALL(GET_PARAM, get_param, param, .param = 0),
		CALL(GET_ENGINE, get_engine, description, .name = { 0 }),
		CALL(BO_CREATE, bo_create, size, .size = 4096),
		CALL(BO_MMAP_OFFSET, bo_mmap_offset, handle,
		     .handle = s->input),
		CALL(BO_WAIT, bo_wait, timeout_ns, .handle = s->input,
		     .timeout_ns = in_ms(1000)),
		CALL(PROGRAM_CREATE, program_create, n_ops,
		     .ops = (uintptr_t)p->ops, .n_ops = 1,
		     .weights = (uintptr_t)p->weights, .weights_size = 256),
		CALL(PROGRAM_DESTROY, program_destroy, handle,
		     .handle = program_create(s->fd, 1)),
		CALL(QUEUE_CREATE, queue_create, priority,
		     .priority = DRM_LWNPU_PRIORITY_NORMAL),
		CALL(QUEUE_DESTROY, queue_destroy, handle,
		     .handle = queue_create(s->fd, 1)),
		CALL(QUEUE_GET_STATE, queue_get_state, handle,
		     .handle = s->queue),
		CALL(SUBMIT, submit, jobs, .queue = s->queue,
		     .jobs = { (uintptr_t)job, 1, sizeof(*job) }),
		CALL(WAIT_JOB, wait_job, timeout_ns, .queue = s->queue,
		     .job = 1, .timeout_ns = in_ms(1000)),
	};

	memcpy(calls, all, sizeof(all));
}
