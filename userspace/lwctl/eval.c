// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "lwctl.h"
#include "model.h"

void lw_note_resized(const struct lw_samples *samples,
		     const struct lwm_io *input)
{
	size_t n = lw_samples_resized(samples);

	if (n)
		lwctl_note("%zu image%s resized to %u x %u", n,
			   n == 1 ? "" : "s", input->w, input->h);
}

int lw_check_single(uint32_t n_inputs, uint32_t n_outputs,
		    struct lwnpu_error *error)
{
	if (n_inputs == 1 && n_outputs == 1)
		return 0;
	return lw_fail(error, -EOPNOTSUPP,
		       "the model has %u inputs and %u outputs, expected one of each (liblwnpu runs it)",
		       n_inputs, n_outputs);
}

void lw_io_of_port(struct lwm_io *io, const struct lw_port *port)
{
	const struct lw_value *value = port->value;

	*io = (struct lwm_io){
		.name = value->name,
		.h = value->h,
		.w = value->w,
		.c = value->c,
		.scale = value->scale,
		.zero_point = value->zero_point,
		.is_signed = value->is_signed,
		.n_dims = port->n_dims,
		.nchw = port->nchw,
	};
	memcpy(io->dims, port->dims, sizeof(io->dims));
}

static size_t value_elements(const struct lw_value *value)
{
	return (size_t)value->h * value->w * value->c;
}

static int interpret(struct lw_interpreter *interpreter,
		     const struct lw_value *output, float *input,
		     struct lw_samples *samples,
		     const struct lw_labels *labels, struct lw_outputs *outputs,
		     struct lw_score *score, struct lwnpu_error *error)
{
	const float *const inputs[] = { input };
	size_t n = lw_samples_count(samples);

	for (size_t i = 0; i < n; i++) {
		int ret = lw_samples_read_real(samples, i, input, error);
		const float *values;

		if (ret)
			return ret;
		lw_interpreter_run(interpreter, inputs, NULL, NULL);
		values = lw_interpreter_value(interpreter, output);
		lw_score_add(score, labels, i, values, value_elements(output));
		if (outputs)
			lw_outputs_put(outputs, i, values);
		lwctl_progress(NULL, "interpreting", (float)(i + 1) / n);
	}
	return 0;
}

int lw_eval_graph(const struct lw_graph *graph, struct lw_samples *samples,
		  const struct lw_labels *labels, struct lw_outputs *outputs,
		  struct lw_score *score, struct lwnpu_error *error)
{
	struct lw_interpreter *interpreter;
	float *input;
	int ret;

	ret = lw_interpreter_new(&interpreter, graph, error);
	if (ret)
		return ret;
	input = calloc(value_elements(graph->inputs[0].value), sizeof(*input));
	if (input)
		ret = interpret(interpreter, graph->outputs[0].value, input,
				samples, labels, outputs, score, error);
	else
		ret = lw_fail(error, -ENOMEM, "out of memory for an input");
	free(input);
	lw_interpreter_free(interpreter);
	return ret;
}

static int run_all(struct lwnpu_model *model, struct lw_samples *samples,
		   const struct lw_labels *labels, struct lw_score *score,
		   struct lwnpu_error *error)
{
	size_t elements =
		lw_io_elements(&lw_model_package(model)->outputs[0]);
	size_t n = lw_samples_count(samples);
	struct lwnpu_buffer output = { NULL, elements * sizeof(float),
				       LWNPU_F32 };
	struct lw_sample sample;
	int ret = 0;

	output.data = malloc(output.size);
	if (!output.data)
		return lw_fail(error, -ENOMEM, "out of memory for an output");
	for (size_t i = 0; i < n && !ret; i++) {
		ret = lw_samples_read(samples, i, &sample, error);
		if (!ret)
			ret = lwnpu_model_run(model,
					      &(struct lwnpu_buffer){
						      sample.data, sample.size,
						      sample.type },
					      &output, error);
		if (!ret)
			lw_score_add(score, labels, i, output.data, elements);
		lwctl_progress(NULL, "running", (float)(i + 1) / n);
	}
	free(output.data);
	return ret;
}

int lw_eval_package(const void *data, size_t size, struct lwnpu_device *device,
		    struct lw_samples *samples, const struct lw_labels *labels,
		    struct lw_score *score, struct lwnpu_error *error)
{
	struct lwnpu_model *model;
	int ret;

	ret = lwnpu_model_load_memory(&model, device, data, size, error);
	if (ret)
		return ret;
	ret = run_all(model, samples, labels, score, error);
	lwnpu_model_free(model);
	return ret;
}
