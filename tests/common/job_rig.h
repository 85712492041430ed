/* SPDX-License-Identifier: MIT */
/* Jobs in cmocka's tests, on a device in plain C that can be held. */
#ifndef JOB_RIG_H
#define JOB_RIG_H

#include "lut_model.h"
#include "mock_engine.h"

#define JOB_RIG_MAX 256

/* Holds jobs, and fails them. */
extern struct mock_engine job_rig_gate;
/* What the device does. */
extern struct lw_engine_ops job_rig_engine;
/* Whether it reaches any memory without a copy, and else which. */
extern bool job_rig_takes_foreign;
extern void *job_rig_own_memory;

/* The test's setup and teardown: the state is the device. */
int job_rig_start(void **state);
int job_rig_stop(void **state);

#define JOB_RIG_TEST(function) \
	cmocka_unit_test_setup_teardown(function, job_rig_start, job_rig_stop)

/**
 * struct job_rig - a model, and a job of it with buffers of its own
 * @lut: the model's
 * @model: loaded
 * @job: bound to @in and @out, quantised
 * @in: zeros
 * @out: zeros
 * @size: bytes of each that are used
 */
struct job_rig {
	struct lw_lut lut;
	struct lwnpu_model *model;
	struct lwnpu_job *job;
	uint8_t in[JOB_RIG_MAX], out[JOB_RIG_MAX];
	size_t size;
};

/* Every byte is answered by itself plus @plus. */
void job_rig_begin(struct job_rig *one, struct lwnpu_device *device,
		   uint8_t plus);

/* By 1 if a byte is at least 200, else by 2. */
void job_rig_begin_gate(struct job_rig *one, struct lwnpu_device *device);

void job_rig_end(struct job_rig *one);

void job_rig_bind(struct job_rig *one, void *in, enum lwnpu_type in_type,
		  size_t in_size, void *out, enum lwnpu_type out_type,
		  size_t out_size);

void job_rig_submit(struct lwnpu_job *job);

/* Waits too. */
void job_rig_run(struct lwnpu_job *job);

enum lwnpu_job_status job_rig_status(struct lwnpu_job *job);

/* A submission that fails with @code, and @text in its message. */
void job_rig_refuse(struct lwnpu_job *const *jobs, unsigned int n,
		    int priority, int code, const char *text);

#endif /* JOB_RIG_H */
