// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "job.h"
#include "lwctl.h"
#include "model.h"

#define DEFAULT_TOP 5

/* What labels and classes are about. */
static const struct lwm_io *first_output(const struct lw_job *job)
{
	return &job->package->outputs[0];
}

/* Nothing that is read, or that is written already, is written over. */
static int check_output(const struct lw_job *job,
			const struct lw_submission *submit, const char *path,
			struct lwnpu_error *error)
{
	const char *other = NULL;

	if (lw_file_is_same(path, submit->model))
		other = submit->model;
	for (size_t i = 0; i < submit->n_inputs; i++)
		if (lw_port_has_file(submit->inputs[i], path))
			other = submit->inputs[i];
	for (uint32_t i = 0; i < job->package->n_outputs; i++)
		if (job->paths[i] && lw_file_is_same(path, job->paths[i]))
			other = job->paths[i];
	if (!other)
		return 0;
	return lw_fail(error, -EDOM,
		       "--output: %s is the same file as %s, expected another",
		       path, other);
}

/* Which outputs are written, and where to. */
static int find_outputs(struct lw_job *job, const struct lw_submission *submit,
			struct lwnpu_error *error)
{
	uint32_t n = job->package->n_outputs, unnamed = 0, index;
	const struct lwm_io *ios = job->package->outputs;
	const char *path;
	int ret;

	for (size_t i = 0; i < submit->n_outputs; i++) {
		path = lw_port_find(ios, n, "output", submit->outputs[i],
				    &unnamed, &index, error);
		if (!path)
			return lw_fail_at(error, "--output");
		ret = check_output(job, submit, path, error);
		if (ret)
			return ret;
		if (job->paths[index])
			return lw_fail(error, -EDOM,
				       "--output: %s and %s are both for output \"%s\"",
				       job->paths[index], path,
				       ios[index].name);
		job->paths[index] = path;
	}
	return 0;
}

static int prepare_outputs(struct lw_job *job,
			   const struct lw_submission *submit,
			   struct lwnpu_error *error)
{
	enum lwnpu_type type = submit->raw ? LWNPU_QUANT : LWNPU_F32;
	uint32_t n = job->package->n_outputs;
	int ret;

	job->outputs = calloc(n, sizeof(*job->outputs));
	job->paths = calloc(n, sizeof(*job->paths));
	if (!job->outputs || !job->paths)
		return lw_fail(error, -ENOMEM, "out of memory for outputs");
	ret = find_outputs(job, submit, error);
	if (!ret)
		ret = lw_buffers_init(&job->results, job->package->outputs,
				      n, type, error);
	for (uint32_t i = 0; i < n && !ret; i++)
		if (job->paths[i])
			ret = lw_outputs_init(&job->outputs[i],
					      &job->package->outputs[i],
					      lw_feed_count(&job->feed), type,
					      error);
	return ret;
}

static int prepare_tops(struct lw_job *job, const struct lw_submission *submit,
			struct lwnpu_error *error)
{
	size_t elements = lw_io_elements(first_output(job));
	size_t n = lw_feed_count(&job->feed);

	job->k = submit->top ? submit->top : DEFAULT_TOP;
	if (job->k > elements)
		job->k = elements;
	job->values = calloc(elements, sizeof(*job->values));
	job->top = calloc(n, job->k * sizeof(*job->top));
	job->top_value = calloc(n, job->k * sizeof(*job->top_value));
	job->seconds = calloc(n, sizeof(*job->seconds));
	if (job->values && job->top && job->top_value && job->seconds)
		return 0;
	return lw_fail(error, -ENOMEM, "out of memory for %zu outputs", n);
}

int lw_job_prepare(struct lw_job *job, const struct lw_submission *submit,
		   struct lwnpu_error *error)
{
	size_t classes;
	int ret;

	ret = lwnpu_model_load_file(&job->model, job->device, submit->model,
				    error);
	if (ret)
		return ret;
	job->package = lw_model_package(job->model);
	classes = lw_io_elements(first_output(job));
	ret = lw_feed_open(&job->feed, job->package->inputs,
			   job->package->n_inputs, submit->inputs,
			   submit->n_inputs, error);
	if (!ret && submit->labels)
		ret = lw_labels_read(&job->labels, submit->labels,
				     lw_feed_count(&job->feed), classes, error);
	if (!ret && submit->names)
		ret = lw_names_read(&job->names, submit->names, classes, error);
	if (!ret)
		ret = prepare_outputs(job, submit, error);
	if (!ret)
		ret = prepare_tops(job, submit, error);
	return ret;
}

/* The first output's real numbers. */
static void set_values(struct lw_job *job)
{
	const struct lwnpu_buffer *buffer = &job->results.buffer[0];
	const struct lwm_io *io = first_output(job);
	const uint8_t *raw = buffer->data;
	uint8_t flip = io->is_signed ? 0x80 : 0;

	if (buffer->type == LWNPU_F32) {
		memcpy(job->values, buffer->data, buffer->size);
		return;
	}
	for (size_t i = 0; i < buffer->size; i++)
		job->values[i] = io->scale * ((raw[i] ^ flip) -
					      io->zero_point);
}

static void keep(struct lw_job *job, size_t i)
{
	size_t elements = lw_io_elements(first_output(job));
	uint32_t *top = job->top + i * job->k;

	for (uint32_t o = 0; o < job->package->n_outputs; o++)
		if (job->paths[o])
			lw_outputs_put(&job->outputs[o], i,
				       job->results.buffer[o].data);
	set_values(job);
	lw_score_add(&job->score, &job->labels, i, job->values, elements);
	lw_top(job->values, elements, top, job->k);
	for (size_t k = 0; k < job->k; k++)
		job->top_value[i * job->k + k] = job->values[top[k]];
}

static int run_one(struct lw_job *job, size_t i, struct lwnpu_error *error)
{
	double begin;
	int ret;

	ret = lw_feed_read(&job->feed, i, error);
	if (ret)
		return ret;
	begin = lw_seconds();
	ret = lwnpu_model_run(job->model, job->feed.buffers,
			      job->results.buffer, error);
	if (ret)
		return ret;
	job->seconds[i] = lw_seconds() - begin;
	keep(job, i);
	return 0;
}

int lw_job_run(struct lw_job *job, struct lwnpu_error *error)
{
	size_t n = lw_feed_count(&job->feed);
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		ret = run_one(job, i, error);
		lwctl_progress(NULL, "running", (float)(i + 1) / n);
	}
	if (!ret)
		lw_feed_note_resized(&job->feed);
	return ret;
}

int lw_job_write(const struct lw_job *job, struct lwnpu_error *error)
{
	int ret = 0;

	for (uint32_t i = 0; i < job->package->n_outputs && !ret; i++)
		if (job->paths[i])
			ret = lw_outputs_write(&job->outputs[i], job->paths[i],
					       error);
	return ret;
}

void lw_job_release(struct lw_job *job)
{
	for (uint32_t i = 0; job->outputs && i < job->package->n_outputs; i++)
		lw_outputs_release(&job->outputs[i]);
	free(job->outputs);
	free(job->paths);
	lw_buffers_release(&job->results);
	lw_labels_release(&job->labels);
	lw_names_release(&job->names);
	lw_feed_release(&job->feed);
	lwnpu_model_free(job->model);
	lwnpu_device_close(job->device);
	free(job->values);
	free(job->top);
	free(job->top_value);
	free(job->seconds);
}
