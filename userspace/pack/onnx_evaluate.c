// SPDX-License-Identifier: MIT
/*
 * Operators that have no function for constants: they run in a graph of their
 * own, whose results become constants.
 */
#include <stdlib.h>

#include "interpreter.h"
#include "onnx_make.h"

/* What an import keeps of its graph, and that must not mix with another's. */
struct aside {
	struct lw_graph *graph;
	struct onnx_view *moved;
	bool *raw;
	uint32_t n_raw;
	bool partly;
};

static struct aside exchange(struct onnx_import *im, const struct aside *next)
{
	struct aside before = { im->graph, im->moved, im->raw, im->n_raw,
				im->partly };

	im->graph = next->graph;
	im->moved = next->moved;
	im->raw = next->raw;
	im->n_raw = next->n_raw;
	im->partly = next->partly;
	return before;
}

/* The operator's own rules apply to an activation. */
static int run(struct onnx_node *node)
{
	struct onnx_value *in = node->in[0], *held;

	if (!in || !in->constant->real)
		return lw_onnx_refuse(node, "all its inputs are constants, input 0 of %s, expected float",
				      lw_onnx_type_name(in ? in->type : 0));
	held = lw_onnx_hold(node, in);
	if (!held)
		return node->status;
	node->in[0] = held;
	node->op->run(node);
	node->in[0] = in;
	return node->status;
}

/* A graph has inputs; nothing reads this one. */
static int add_ports(struct onnx_node *node)
{
	static const uint32_t size[3] = { 1, 1, 1 };
	struct lw_port port = { .value = lw_onnx_value(node->im, "", size) };
	uint32_t i;
	int ret = port.value ? lw_graph_input(node->im->graph, &port) : -ENOMEM;

	for (i = 0; i < node->n_out && !ret; i++) {
		if (!node->out[i] || node->out[i]->state == ONNX_UNSEEN ||
		    node->out[i]->state == ONNX_CONSTANT)
			continue;
		if (node->out[i]->state != ONNX_ACTIVATION)
			return lw_onnx_refuse(node, "all its inputs are constants");
		port.value = node->out[i]->value;
		port.n_dims = 1;
		port.dims[0] = lw_value_size(port.value);
		ret = lw_graph_output(node->im->graph, &port);
	}
	return node->status = ret;
}

static int charge(struct onnx_node *node)
{
	const struct lw_graph *graph = node->im->graph;
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < graph->n_values; i++)
		n += lw_value_size(graph->values[i]);
	if (lw_onnx_charge(node->im, n * sizeof(float)))
		return lw_onnx_refuse(node, "what it makes of constants takes more memory than the model's size explains");
	return 0;
}

/* The numbers in the order of the result's dimensions. */
static void collect(const struct onnx_shape *shape, const float *from,
		    struct onnx_constant *to)
{
	uint32_t index[ONNX_MAX_FACTORS] = { 0 };
	const struct onnx_factor *f;
	size_t i, at = 0;
	int k;

	for (i = 0; i < to->n; i++) {
		to->real[i] = from[at];
		for (k = (int)shape->n_factors - 1; k >= 0; k--) {
			f = &shape->factor[k];
			at += f->stride;
			if (++index[k] < f->size)
				break;
			at -= (size_t)f->stride * f->size;
			index[k] = 0;
		}
	}
}

static int define(struct onnx_node *node, uint32_t i,
		  const struct lw_interpreter *interpreter)
{
	const struct onnx_value *out = node->out[i];
	struct onnx_shape shape = { .n = out->shape.n };
	struct onnx_constant *constant;
	uint32_t k;

	for (k = 0; k < shape.n; k++)
		shape.dim[k] = out->shape.dim[k];
	constant = lw_onnx_fold_new(node, &shape, true);
	if (!constant)
		return node->status;
	collect(&out->shape, lw_interpreter_value(interpreter, out->value),
		constant);
	return lw_onnx_define_constant(node, i, ONNX_FLOAT, &shape, constant);
}

static int compute(struct onnx_node *node)
{
	struct lw_interpreter *interpreter;
	const float zero = 0, *input = &zero;
	struct lwnpu_error error;
	uint32_t i;
	int ret;

	ret = lw_interpreter_new(&interpreter, node->im->graph, &error);
	if (ret == -EINVAL)
		return lw_onnx_refuse(node, "%s", error.message);
	if (ret)
		return node->status = ret;
	lw_interpreter_run(interpreter, &input, NULL, NULL);
	for (i = 0; i < node->n_out; i++)
		if (node->out[i] && node->out[i]->state == ONNX_ACTIVATION)
			define(node, i, interpreter);
	lw_interpreter_free(interpreter);
	return node->status;
}

int lw_onnx_evaluate(struct onnx_node *node)
{
	struct aside own = { .graph = lw_graph_new("constants") };
	struct aside before;

	if (!own.graph)
		return node->status = -ENOMEM;
	before = exchange(node->im, &own);
	if (!run(node) && !add_ports(node) && !charge(node))
		compute(node);
	own = exchange(node->im, &before);
	lw_onnx_views_free(own.moved);
	free(own.raw);
	lw_graph_free(own.graph);
	return node->status;
}
