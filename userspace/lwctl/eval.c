// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "lwctl.h"
#include "model.h"

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

static int interpret(struct lw_interpreter *interpreter,
		     const struct lw_value *output, float *sample,
		     struct lw_feed *feed, const struct lw_labels *labels,
		     struct lw_outputs *outputs, struct lw_score *score,
		     struct lwnpu_error *error)
{
	size_t n = lw_feed_count(feed);

	for (size_t i = 0; i < n; i++) {
		int ret = lw_feed_read_real(feed, i, sample, error);
		const float *values;

		if (ret)
			return ret;
		lw_interpreter_run_sample(interpreter, sample, NULL, NULL);
		values = lw_interpreter_value(interpreter, output);
		lw_score_add(score, labels, i, values, lw_value_size(output));
		if (outputs)
			lw_outputs_put(outputs, i, values);
		lwctl_progress(NULL, "interpreting", (float)(i + 1) / n);
	}
	return 0;
}

int lw_eval_graph(const struct lw_graph *graph, struct lw_feed *feed,
		  const struct lw_labels *labels, struct lw_outputs *outputs,
		  struct lw_score *score, struct lwnpu_error *error)
{
	struct lw_interpreter *interpreter;
	float *sample;
	int ret;

	ret = lw_interpreter_new(&interpreter, graph, error);
	if (ret)
		return ret;
	sample = calloc(lw_feed_size(feed), sizeof(*sample));
	if (sample)
		ret = interpret(interpreter, graph->outputs[0].value, sample,
				feed, labels, outputs, score, error);
	else
		ret = lw_fail(error, -ENOMEM, "out of memory for an input");
	free(sample);
	lw_interpreter_free(interpreter);
	return ret;
}

static int run_all(struct lwnpu_model *model, struct lw_feed *feed,
		   const struct lw_labels *labels, struct lw_score *score,
		   struct lwnpu_error *error)
{
	const struct lwm_package *package = lw_model_package(model);
	struct lw_buffers results;
	size_t n = lw_feed_count(feed);
	int ret;

	ret = lw_buffers_init(&results, package->outputs, package->n_outputs,
			      LWNPU_F32, error);
	for (size_t i = 0; i < n && !ret; i++) {
		ret = lw_feed_read(feed, i, error);
		if (!ret)
			ret = lwnpu_model_run(model, feed->buffers,
					      results.buffer, error);
		if (!ret)
			lw_score_add(score, labels, i, results.buffer[0].data,
				     lw_io_elements(&package->outputs[0]));
		lwctl_progress(NULL, "running", (float)(i + 1) / n);
	}
	lw_buffers_release(&results);
	return ret;
}

int lw_eval_package(const void *data, size_t size, struct lwnpu_device *device,
		    struct lw_feed *feed, const struct lw_labels *labels,
		    struct lw_score *score, struct lwnpu_error *error)
{
	struct lwnpu_model *model;
	int ret;

	ret = lwnpu_model_load_memory(&model, device, data, size, error);
	if (ret)
		return ret;
	ret = run_all(model, feed, labels, score, error);
	lwnpu_model_free(model);
	return ret;
}
