// SPDX-License-Identifier: MIT
/*
 * What each layer alone does to the model's outputs: of the float model one
 * layer at a time gets the weights and the output of the quantised one.
 */
#include <stdlib.h>

#include "quantise.h"

/* Inputs that each layer is judged by. */
#define MAX_SAMPLES 8

/**
 * struct trial - one layer at a time
 * @graph: the float model, changed and changed back
 * @interpreter: of @graph, rounding what is quantised
 * @dataset: inputs
 * @samples: of them
 * @exact: [samples][size] outputs of the float model
 * @size: numbers of all outputs
 */
struct trial {
	struct lw_graph *graph;
	struct lw_interpreter *interpreter;
	const struct lw_dataset *dataset;
	uint32_t samples;
	float *exact;
	size_t size;
};

static size_t output_size(const struct lw_graph *graph)
{
	size_t size = 0;
	uint32_t i;

	for (i = 0; i < graph->n_outputs; i++)
		size += lw_value_size(graph->outputs[i].value);
	return size;
}

/* Runs an input; @visit sees each number of the outputs. */
static void run(struct trial *trial, uint32_t sample,
		void (*visit)(void *data, float *exact, float real), void *data)
{
	const struct lw_graph *graph = trial->graph;
	float *exact = trial->exact + sample * trial->size;
	const float *real;
	uint32_t i;
	size_t k;

	lw_interpreter_run_sample(trial->interpreter,
				  trial->dataset->data +
				  sample * trial->dataset->size, NULL, NULL);
	for (i = 0; i < graph->n_outputs; i++) {
		const struct lw_value *value = graph->outputs[i].value;

		real = lw_interpreter_value(trial->interpreter, value);
		for (k = 0; k < lw_value_size(value); k++)
			visit(data, exact++, real[k]);
	}
}

static void keep(void *data, float *exact, float real)
{
	(void)data;
	*exact = real;
}

struct difference {
	double error, signal;
};

static void compare(void *data, float *exact, float real)
{
	struct difference *difference = data;
	double d = (double)real - *exact;

	difference->error += d * d;
	difference->signal += (double)*exact * *exact;
}

static void swap_real(struct lw_weights *a, struct lw_weights *b)
{
	float *real = a->real, *bias = a->bias;

	a->real = b->real;
	a->bias = b->bias;
	b->real = real;
	b->bias = bias;
}

/* Root mean square of the outputs' change, over that of the outputs. */
static double try_layer(struct trial *trial, struct lw_node *node,
			const struct lw_node *quantised)
{
	struct difference difference = { 0 };
	struct lw_value value = *node->out;
	uint32_t i;

	swap_real(node->weights, quantised->weights);
	node->out->quantised = true;
	node->out->scale = quantised->out->scale;
	node->out->zero_point = quantised->out->zero_point;
	for (i = 0; i < trial->samples; i++)
		run(trial, i, compare, &difference);
	*node->out = value;
	swap_real(node->weights, quantised->weights);
	return difference.signal > 0 ?
	       sqrt(difference.error / difference.signal) : NAN;
}

static int try_layers(struct trial *trial, const struct lw_graph *after,
		      const struct lw_pack_options *options,
		      struct lw_report *report)
{
	struct lw_node *node;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < after->n_nodes && !ret; i++) {
		node = trial->graph->nodes[i];
		if (!node->weights)
			continue;
		ret = lw_report_add(report, &(struct lw_report_row){
			.pass = "alone",
			.layer = node->name,
			.bytes_before = lw_node_bytes(node),
			.bytes_after = lw_node_bytes(after->nodes[i]),
			.macs_before = lw_node_macs(node),
			.macs_after = lw_node_macs(after->nodes[i]),
			.error = try_layer(trial, node, after->nodes[i]),
		});
		if (options->progress)
			options->progress(options->progress_data,
					  "sensitivity",
					  (float)(i + 1) / after->n_nodes);
	}
	return ret;
}

int lw_sensitivity_report(struct lw_report *report, struct lw_graph *before,
			  const struct lw_graph *after,
			  const struct lw_pack_options *options,
			  struct lwnpu_error *error)
{
	const struct lw_dataset *dataset = options->calibration;
	struct trial trial = {
		.graph = before,
		.dataset = dataset,
		.samples = dataset->n < MAX_SAMPLES ? dataset->n : MAX_SAMPLES,
		.size = output_size(before),
	};
	uint32_t i;
	int ret;

	trial.exact = calloc(trial.samples * trial.size, sizeof(*trial.exact));
	if (!trial.exact)
		return lw_fail(error, -ENOMEM, "no memory for the report");
	ret = lw_interpreter_new(&trial.interpreter, before, error);
	if (!ret) {
		lw_interpreter_round(trial.interpreter, true);
		for (i = 0; i < trial.samples; i++)
			run(&trial, i, keep, NULL);
		if (try_layers(&trial, after, options, report))
			ret = lw_fail(error, -ENOMEM,
				      "no memory for the report");
	}
	lw_interpreter_free(trial.interpreter);
	free(trial.exact);
	return ret;
}
