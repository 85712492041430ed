/* SPDX-License-Identifier: MIT */
/* A submission: one package run on many inputs. */
#ifndef LW_JOB_H
#define LW_JOB_H

#include "eval.h"
#include "names.h"

/**
 * struct lw_submission - the command line
 * @model: .lwm
 * @inputs: files, as lw_feed_open()
 * @n_inputs: how many
 * @outputs: .npy each, or NAME=.npy
 * @n_outputs: how many
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
	const char **outputs;
	size_t n_outputs;
	const char *labels, *names, *device;
	uint64_t top;
	bool raw;
};

/**
 * struct lw_job - inputs being run
 * @device: open
 * @model: loaded
 * @package: what it is
 * @feed: its inputs
 * @results: its outputs of the last run
 * @labels: of them
 * @names: of classes
 * @outputs: to be written, by the model's outputs
 * @paths: where to; NULL: not
 * @values: the first output of the last run, real
 * @k: classes kept per input
 * @top: [inputs][k]
 * @top_value: [inputs][k]
 * @seconds: [inputs]
 * @score: right answers
 */
struct lw_job {
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	const struct lwm_package *package;
	struct lw_feed feed;
	struct lw_buffers results;
	struct lw_labels labels;
	struct lw_names names;
	struct lw_outputs *outputs;
	const char **paths;
	float *values;
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
int lw_job_run(struct lw_job *job, struct lwnpu_error *error);

/** lw_job_write() - write the outputs that are asked for */
int lw_job_write(const struct lw_job *job, struct lwnpu_error *error);

void lw_job_release(struct lw_job *job);

#endif /* LW_JOB_H */
