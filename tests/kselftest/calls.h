/* SPDX-License-Identifier: MIT */
/* Every ioctl of the accel node, each with a call that succeeds. */
#ifndef CALLS_H
#define CALLS_H

#include "common.h"

#define N_CALLS 12

/* Room for the longest structure, with a tail. */
#define CALL_ROOM 1024

/**
 * struct call - an ioctl and its structure
 * @name: of the ioctl
 * @command: its number
 * @inputs: where its input fields end: a structure cut off there is one of an
 *	older version
 * @bytes: the structure
 */
struct call {
	const char *name;
	unsigned long command;
	size_t inputs;
	union {
		struct drm_lwnpu_get_param get_param;
		struct drm_lwnpu_get_engine get_engine;
		struct drm_lwnpu_bo_create bo_create;
		struct drm_lwnpu_bo_mmap_offset bo_mmap_offset;
		struct drm_lwnpu_bo_wait bo_wait;
		struct drm_lwnpu_program_create program_create;
		struct drm_lwnpu_program_destroy program_destroy;
		struct drm_lwnpu_queue_create queue_create;
		struct drm_lwnpu_queue_destroy queue_destroy;
		struct drm_lwnpu_queue_get_state queue_get_state;
		struct drm_lwnpu_submit submit;
		struct drm_lwnpu_wait_job wait_job;
		uint8_t bytes[CALL_ROOM];
	};
};

/**
 * calls_init() - make all calls
 * @calls: N_CALLS of them, filled in
 * @session: of which a job with number 1 is complete
 * @program: for PROGRAM_CREATE
 * @job: for SUBMIT
 *
 * Makes a program and a queue, as something to destroy.
 */
void calls_init(struct call *calls, const struct session *session,
		const struct lut_program *program,
		const struct drm_lwnpu_job *job);

#endif /* CALLS_H */
