/* SPDX-License-Identifier: MIT */
/* A submission: one package run on many inputs. */
#ifndef LW_JOB_H
#define LW_JOB_H

#include "eval.h"
#include "names.h"

/**
 * struct lw_submission - the command line
 * @model: .lwm
 * @inputs: files, in their order
 * @n_inputs: how many
 * @output: .npy or NULL
 * @labels: .npy or NULL
 * @names: text file or NULL
 * @device: or NULL
 * @top: classes to print, 0 if not asked for
 * @raw: quantised outputs
 */
struct lw_submission {
	const char *model;
	const char **inputs;
	size_t n_inputs;
	const char *output, *labels, *names, *device;
	uint64_t top;
	bool raw;
};

/**
 * struct lw_job - inputs being run
 * @device: open
 * @model: loaded
 * @io: its output
 * @samples: its inputs
 * @labels: of them
 * @names: of classes
 * @outputs: to be written
 * @values: the last output, real
 * @raw: the last output, quantised
 * @k: classes kept per input
 * @top: [inputs][k]
 * @top_value: [inputs][k]
 * @seconds: [inputs]
 * @score: right answers
 */
struct lw_job {
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	const struct lwm_io *io;
	struct lw_samples *samples;
	struct lw_labels labels;
	struct lw_names names;
	struct lw_outputs outputs;
	float *values;
	uint8_t *raw;
	size_t k;
	uint32_t *top;
	float *top_value;
	double *seconds;
	struct lw_score score;
};

/**
 * lw_job_prepare() - read everything that a submission names
 * @job: zeroed but for its device; release with lw_job_release() in any case
 * @submit: the command line
 * @error: filled in on failure
 */
int lw_job_prepare(struct lw_job *job, const struct lw_submission *submit,
		struct lwnpu_error *error);

/** lw_job_run() - run all inputs */
int lw_job_run(struct lw_job *job, const struct lw_submission *submit,
	    struct lwnpu_error *error);

void lw_job_release(struct lw_job *job);

#endif /* LW_JOB_H */
