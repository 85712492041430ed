// SPDX-License-Identifier: MIT
/* Runs a graph in single precision. */
#include <stdlib.h>
#include <string.h>

#include "interpreter.h"

/*
 * OpenBLAS's own; another BLAS has none. These matrices are small: a second
 * thread gains nothing on an idle machine, and makes each call wait for the
 * scheduler on a busy one (measured: 2 to 5 times slower).
 */
void openblas_set_num_threads(int n) __attribute__((weak));

static void (*const run_node[])(const struct lw_interpreter *interpreter,
				const struct lw_node *node) = {
#define LW_RUN_ENTRY(name, NAME, text) [LW_NODE_##NAME] = lw_run_##name,
	LW_NODES(LW_RUN_ENTRY)
#undef LW_RUN_ENTRY
};

static size_t scratch_of(const struct lw_node *node)
{
	switch (node->kind) {
	case LW_NODE_CONV:
		return lw_conv_scratch(node);
	case LW_NODE_DWCONV:
		return lw_dwconv_scratch(node);
	case LW_NODE_TCONV:
		return lw_tconv_scratch(node);
	case LW_NODE_RESIZE:
		return lw_resize_scratch(node);
	default:
		return 0;
	}
}

static int allocate(struct lw_interpreter *interpreter)
{
	const struct lw_graph *graph = interpreter->graph;
	size_t size = 1;
	uint32_t i;

	interpreter->values = calloc((size_t)graph->n_values + 1,
				     sizeof(*interpreter->values));
	if (!interpreter->values)
		return -ENOMEM;
	for (i = 0; i < graph->n_values; i++) {
		interpreter->values[i] =
			calloc(lw_value_size(graph->values[i]), sizeof(float));
		if (!interpreter->values[i])
			return -ENOMEM;
	}
	for (i = 0; i < graph->n_nodes; i++)
		if (scratch_of(graph->nodes[i]) > size)
			size = scratch_of(graph->nodes[i]);
	interpreter->scratch = malloc(size * sizeof(float));
	interpreter->scratch_size = size;
	return interpreter->scratch ? 0 : -ENOMEM;
}

int lw_interpreter_new(struct lw_interpreter **interpreter,
		       const struct lw_graph *graph, struct lwnpu_error *error)
{
	struct lw_interpreter *made;
	int ret;

	ret = lw_graph_check(graph, error);
	if (ret)
		return ret;
	if (openblas_set_num_threads)
		openblas_set_num_threads(1);
	made = calloc(1, sizeof(*made));
	if (made) {
		made->graph = graph;
		ret = allocate(made);
	}
	if (!made || ret) {
		lw_interpreter_free(made);
		return lw_fail(error, -ENOMEM,
			       "no memory to run the model");
	}
	*interpreter = made;
	return 0;
}

void lw_interpreter_free(struct lw_interpreter *interpreter)
{
	uint32_t i;

	if (!interpreter)
		return;
	for (i = 0; interpreter->values && i < interpreter->graph->n_values;
	     i++)
		free(interpreter->values[i]);
	free(interpreter->values);
	free(interpreter->scratch);
	free(interpreter);
}

void lw_interpreter_round(struct lw_interpreter *interpreter, bool round)
{
	interpreter->round = round;
}

static void round_value(const struct lw_value *value, float *x)
{
	float lo = (float)-value->zero_point;
	float hi = (float)(255 - value->zero_point);
	size_t i, n = lw_value_size(value);

	for (i = 0; i < n; i++)
		x[i] = value->scale *
		       rintf(fminf(fmaxf(x[i] / value->scale, lo), hi));
}

static void apply_bounds(const struct lw_node *node, float *x)
{
	float lo = node->act_lo, hi = node->act_hi;
	size_t i, n = lw_value_size(node->out);

	if (lo == -INFINITY && hi == INFINITY)
		return;
	for (i = 0; i < n; i++) {
		x[i] = x[i] < lo ? lo : x[i];
		x[i] = x[i] > hi ? hi : x[i];
	}
}

/* A value's numbers are there: as it will be read. */
static void round_known(const struct lw_interpreter *interpreter,
			const struct lw_value *value)
{
	if (interpreter->round && value->quantised)
		round_value(value, interpreter->values[value->id]);
}

static void set_input(struct lw_interpreter *interpreter,
		      const struct lw_value *value, const float *x)
{
	memcpy(interpreter->values[value->id], x,
	       lw_value_size(value) * sizeof(*x));
	round_known(interpreter, value);
}

void lw_interpreter_load(struct lw_interpreter *interpreter,
			 const float *sample)
{
	const struct lw_graph *graph = interpreter->graph;
	const struct lw_value *value;
	uint32_t i;

	for (i = 0; i < graph->n_inputs; i++) {
		value = graph->inputs[i].value;
		set_input(interpreter, value, sample);
		sample += lw_value_size(value);
	}
}

void lw_interpreter_begin(struct lw_interpreter *interpreter,
			  const struct lw_node *node)
{
	run_node[node->kind](interpreter, node);
}

void lw_interpreter_end(struct lw_interpreter *interpreter,
			const struct lw_node *node)
{
	apply_bounds(node, lw_interpreter_out(interpreter, node));
	round_known(interpreter, node->out);
}

/* With all inputs set. */
static void run_nodes(struct lw_interpreter *interpreter,
		      lw_observer *observe, void *data)
{
	const struct lw_graph *graph = interpreter->graph;
	const struct lw_value *value;
	const struct lw_node *node;
	uint32_t i;

	for (i = 0; observe && i < graph->n_inputs; i++) {
		value = graph->inputs[i].value;
		observe(data, value, interpreter->values[value->id]);
	}
	for (i = 0; i < graph->n_nodes; i++) {
		node = graph->nodes[i];
		lw_interpreter_begin(interpreter, node);
		lw_interpreter_end(interpreter, node);
		if (observe)
			observe(data, node->out,
				lw_interpreter_out(interpreter, node));
	}
}

void lw_interpreter_run(struct lw_interpreter *interpreter,
			const float *const *inputs, lw_observer *observe,
			void *data)
{
	const struct lw_graph *graph = interpreter->graph;
	uint32_t i;

	for (i = 0; i < graph->n_inputs; i++)
		set_input(interpreter, graph->inputs[i].value, inputs[i]);
	run_nodes(interpreter, observe, data);
}

void lw_interpreter_run_sample(struct lw_interpreter *interpreter,
			       const float *sample, lw_observer *observe,
			       void *data)
{
	lw_interpreter_load(interpreter, sample);
	run_nodes(interpreter, observe, data);
}

const float *lw_interpreter_value(const struct lw_interpreter *interpreter,
				  const struct lw_value *value)
{
	return interpreter->values[value->id];
}
