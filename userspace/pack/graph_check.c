// SPDX-License-Identifier: MIT
/* Is a graph sound? Nothing behind lw_graph_check() has to ask again. */
#include <inttypes.h>
#include <stdlib.h>

#include "node_check.h"

static bool owns(const struct lw_graph *graph, const struct lw_value *value)
{
	uint32_t id;

	if (!value)
		return false;
	id = value->id;
	return id < graph->n_values && graph->values[id] == value;
}

static bool dim_ok(uint32_t dim)
{
	return dim >= 1 && dim <= LW_MAX_DIM;
}

/* @written: by value id: an input, or the output of a node before this. */
static int check_node(const struct lw_graph *graph, const struct lw_node *node,
		      bool *written, struct lwnpu_error *error)
{
	uint32_t i;
	int ret;

	if ((unsigned int)node->kind >= LW_NODE_KINDS)
		return lw_fail(error, -EINVAL, "node '%s': unknown kind %d",
			       node->name, node->kind);
	for (i = 0; i < node->n_in; i++)
		if (!owns(graph, node->in[i]) || !written[node->in[i]->id])
			return lw_fail(error, -EINVAL, NODE_FORMAT
				       "input %" PRIu32 " is read before it is written",
				       NODE_ARGS(node), i);
	if (!owns(graph, node->out) || written[node->out->id])
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "its output is written twice",
			       NODE_ARGS(node));
	if (!(node->act_lo <= node->act_hi))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "bounds %g to %g are not a range",
			       NODE_ARGS(node), node->act_lo, node->act_hi);
	ret = lw_node_check(node, error);
	if (!ret && graph->quantised && node->weights &&
	    node->kind != LW_NODE_AFFINE && !node->weights->q)
		ret = lw_fail(error, -EINVAL, NODE_FORMAT
			      "weights of a quantised model are not quantised",
			      NODE_ARGS(node));
	written[node->out->id] = true;
	return ret;
}

static int check_value(const struct lw_graph *graph, uint32_t id,
		       uint64_t *total, struct lwnpu_error *error)
{
	const struct lw_value *value = graph->values[id];

	if (value->id != id)
		return lw_fail(error, -EINVAL,
			       "tensor '%s': id %" PRIu32 ", expected %" PRIu32,
			       value->name, value->id, id);
	if (!dim_ok(value->h) || !dim_ok(value->w) ||
	    !dim_ok(value->c))
		return lw_fail(error, -EINVAL, "tensor '%s': " SHAPE_FORMAT
			       ", expected 1 to %d each", value->name,
			       SHAPE_ARGS(value), LW_MAX_DIM);
	*total += (uint64_t)value->h * value->w * value->c;
	if (*total > LW_MAX_ELEMENTS)
		return lw_fail(error, -EINVAL, "tensor '%s': " SHAPE_FORMAT
			       ": activations hold more than %u numbers",
			       value->name, SHAPE_ARGS(value),
			       LW_MAX_ELEMENTS);
	if (graph->quantised && !value->quantised)
		return lw_fail(error, -EINVAL,
			       "tensor '%s' of a quantised model is not quantised",
			       value->name);
	if (value->quantised && (!isfinite(value->scale) || value->scale <= 0))
		return lw_fail(error, -EINVAL,
			       "tensor '%s': scale %g, expected a finite number above 0",
			       value->name, value->scale);
	if (value->quantised &&
	    (value->zero_point < 0 || value->zero_point > 255))
		return lw_fail(error, -EINVAL, "tensor '%s': zero point %"
			       PRId32 ", expected 0 to 255", value->name,
			       value->zero_point);
	return 0;
}

static int check_port(const struct lw_graph *graph, const struct lw_port *port,
		      const char *what, struct lwnpu_error *error)
{
	const struct lw_value *value = port->value;
	uint64_t n = 1;
	uint32_t i;

	if (!owns(graph, value))
		return lw_fail(error, -EINVAL, "%s: no tensor", what);
	if (port->n_dims > 8)
		return lw_fail(error, -EINVAL,
			       "%s '%s': %" PRIu32 " dimensions, expected at most 8",
			       what, value->name, port->n_dims);
	for (i = 0; i < port->n_dims && n <= LW_MAX_ELEMENTS; i++)
		n *= port->dims[i];
	if (n != (uint64_t)value->h * value->w * value->c)
		return lw_fail(error, -EINVAL,
			       "%s '%s': its shape does not hold the "
			       SHAPE_FORMAT " numbers", what, value->name,
			       SHAPE_ARGS(value));
	return 0;
}

static int check_ports(const struct lw_graph *graph, bool *written,
		       struct lwnpu_error *error)
{
	const struct lw_port *port;
	uint32_t i;
	int ret;

	if (!graph->n_inputs || !graph->n_outputs)
		return lw_fail(error, -EINVAL, "model without %s",
			       graph->n_inputs ? "outputs" : "inputs");
	for (i = 0; i < graph->n_inputs; i++) {
		port = &graph->inputs[i];
		ret = check_port(graph, port, "input", error);
		if (ret)
			return ret;
		if (written[port->value->id])
			return lw_fail(error, -EINVAL,
				       "input '%s' is given twice",
				       port->value->name);
		written[port->value->id] = true;
	}
	for (i = 0; i < graph->n_outputs; i++) {
		ret = check_port(graph, &graph->outputs[i], "output", error);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_nodes(const struct lw_graph *graph, bool *written,
		       struct lwnpu_error *error)
{
	uint32_t i;
	int ret;

	if (graph->n_nodes > LW_MAX_NODES)
		return lw_fail(error, -EINVAL,
			       "%" PRIu32 " nodes, expected at most %d",
			       graph->n_nodes, LW_MAX_NODES);
	for (i = 0; i < graph->n_nodes; i++) {
		ret = check_node(graph, graph->nodes[i], written, error);
		if (ret)
			return ret;
	}
	for (i = 0; i < graph->n_outputs; i++)
		if (!written[graph->outputs[i].value->id])
			return lw_fail(error, -EINVAL,
				       "output '%s' is never written",
				       graph->outputs[i].value->name);
	return 0;
}

int lw_graph_check(const struct lw_graph *graph, struct lwnpu_error *error)
{
	uint64_t total = 0;
	bool *written;
	uint32_t i;
	int ret;

	for (i = 0; i < graph->n_values; i++) {
		ret = check_value(graph, i, &total, error);
		if (ret)
			return ret;
	}
	written = calloc((size_t)graph->n_values + 1, sizeof(*written));
	if (!written)
		return lw_fail(error, -ENOMEM, "out of memory");
	ret = check_ports(graph, written, error);
	if (!ret)
		ret = check_nodes(graph, written, error);
	if (!ret)
		ret = lw_graph_check_gates(graph, error);
	free(written);
	return ret;
}
