// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "job.h"
#include "lwctl.h"
#include "model.h"

#define DEFAULT_TOP 5

static int prepare_buffers(struct lw_job *job,
			   const struct lw_submission *submit,
			   struct lwnpu_error *error)
{
	size_t n = lw_samples_count(job->samples);
	size_t elements = lw_io_elements(job->io);

	job->k = submit->top ? submit->top : DEFAULT_TOP;
	if (job->k > elements)
		job->k = elements;
	job->values = calloc(elements, sizeof(*job->values));
	job->raw = malloc(elements);
	job->top = calloc(n, job->k * sizeof(*job->top));
	job->top_value = calloc(n, job->k * sizeof(*job->top_value));
	job->seconds = calloc(n, sizeof(*job->seconds));
	if (!job->values || !job->raw || !job->top || !job->top_value ||
	    !job->seconds)
		return lw_fail(error, -ENOMEM, "out of memory for %zu outputs",
			       n);
	if (!submit->output)
		return 0;
	return lw_outputs_init(&job->outputs, job->io, n,
			       submit->raw ? LWNPU_QUANT : LWNPU_F32, error);
}

int lw_job_prepare(struct lw_job *job, const struct lw_submission *submit,
		   struct lwnpu_error *error)
{
	const struct lwm_package *package;
	int ret;

	ret = lwnpu_model_load_file(&job->model, job->device, submit->model,
				    error);
	if (ret)
		return ret;
	package = lw_model_package(job->model);
	ret = lw_check_single(package->n_inputs, package->n_outputs, error);
	if (ret)
		return lw_fail_at(error, submit->model);
	job->io = &package->outputs[0];
	ret = lw_samples_new(&job->samples, &package->inputs[0], error);
	for (size_t i = 0; i < submit->n_inputs && !ret; i++)
		ret = lw_samples_add(job->samples, submit->inputs[i], error);
	if (!ret && submit->labels)
		ret = lw_labels_read(&job->labels, submit->labels,
				     lw_samples_count(job->samples),
				     lw_io_elements(job->io), error);
	if (!ret && submit->names)
		ret = lw_names_read(&job->names, submit->names,
				    lw_io_elements(job->io), error);
	if (!ret)
		ret = prepare_buffers(job, submit, error);
	return ret;
}

/* Real numbers of a quantised output. */
static void dequantise(struct lw_job *job, size_t elements)
{
	const struct lwm_io *io = job->io;
	uint8_t flip = io->is_signed ? 0x80 : 0;

	for (size_t i = 0; i < elements; i++)
		job->values[i] = io->scale * ((job->raw[i] ^ flip) -
					      io->zero_point);
}

static int run_one(struct lw_job *job, const struct lw_submission *submit,
		   size_t i, struct lwnpu_error *error)
{
	size_t elements = lw_io_elements(job->io);
	struct lwnpu_buffer output = { job->values, elements * sizeof(float),
				       LWNPU_F32 };
	struct lwnpu_buffer input;
	struct lw_sample sample;
	double begin;
	int ret;

	if (submit->raw)
		output = (struct lwnpu_buffer){ job->raw, elements,
						LWNPU_QUANT };
	ret = lw_samples_read(job->samples, i, &sample, error);
	if (ret)
		return ret;
	input = (struct lwnpu_buffer){ sample.data, sample.size, sample.type };
	begin = lw_seconds();
	ret = lwnpu_model_run(job->model, &input, &output, error);
	if (ret)
		return ret;
	job->seconds[i] = lw_seconds() - begin;
	if (submit->output)
		lw_outputs_put(&job->outputs, i, output.data);
	if (submit->raw)
		dequantise(job, elements);
	lw_score_add(&job->score, &job->labels, i, job->values, elements);
	lw_top(job->values, elements, job->top + i * job->k, job->k);
	for (size_t k = 0; k < job->k; k++)
		job->top_value[i * job->k + k] =
			job->values[job->top[i * job->k + k]];
	return 0;
}

int lw_job_run(struct lw_job *job, const struct lw_submission *submit,
		   struct lwnpu_error *error)
{
	size_t n = lw_samples_count(job->samples);
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		ret = run_one(job, submit, i, error);
		lwctl_progress(NULL, "running", (float)(i + 1) / n);
	}
	if (!ret)
		lw_note_resized(job->samples,
				&lw_model_package(job->model)->inputs[0]);
	return ret;
}

void lw_job_release(struct lw_job *job)
{
	lw_outputs_release(&job->outputs);
	lw_labels_release(&job->labels);
	lw_names_release(&job->names);
	lw_samples_free(job->samples);
	lwnpu_model_free(job->model);
	lwnpu_device_close(job->device);
	free(job->values);
	free(job->raw);
	free(job->top);
	free(job->top_value);
	free(job->seconds);
}

