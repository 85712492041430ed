// SPDX-License-Identifier: MIT
/* Copying graphs. */
#include <string.h>

#include "graph_private.h"

/* Copies an optional array; true when memory is short. */
#define COPY_FIELD(to, from, field, n) \
	((from)->field && \
	 !((to)->field = lw_array_copy((from)->field, n, \
				       sizeof(*(from)->field))))

static struct lw_weights *copy_weights(const struct lw_weights *from)
{
	struct lw_weights *to = lw_weights_new(from->o, from->kh, from->kw,
					       from->i, from->bias);
	size_t n = (size_t)from->o * from->kh * from->kw * from->i;

	if (!to)
		return NULL;
	memcpy(to->real, from->real, n * sizeof(*to->real));
	if (from->bias)
		memcpy(to->bias, from->bias, from->o * sizeof(*to->bias));
	if (COPY_FIELD(to, from, q, n) || COPY_FIELD(to, from, scale, to->o) ||
	    COPY_FIELD(to, from, bias_q, to->o)) {
		lw_weights_free(to);
		return NULL;
	}
	return to;
}

static int copy_value(struct lw_graph *to, const struct lw_value *from)
{
	struct lw_value *value = lw_graph_value(to, from->name, from->h,
						from->w, from->c);
	struct lw_value made;

	if (!value)
		return -ENOMEM;
	made = *value;
	*value = *from;
	value->name = made.name;
	value->id = made.id;
	return 0;
}

int lw_node_copy(struct lw_graph *to, const struct lw_node *from)
{
	struct lw_node *node = lw_graph_node(to, from->kind, from->name,
					     from->in, from->n_in, NULL);
	struct lw_node made;
	uint32_t i;

	if (!node)
		return -ENOMEM;
	made = *node;
	*node = *from;
	node->name = made.name;
	node->in = made.in;
	node->weights = NULL;
	node->constant = node->alphas = NULL;
	node->position[0] = node->position[1] = NULL;
	node->tables = NULL;
	for (i = 0; i < node->n_in; i++)
		node->in[i] = to->values[from->in[i]->id];
	node->out = to->values[from->out->id];
	if (from->weights) {
		node->weights = copy_weights(from->weights);
		if (!node->weights)
			return -ENOMEM;
	}
	if (COPY_FIELD(node, from, constant, lw_value_size(node->out)) ||
	    COPY_FIELD(node, from, alphas, node->out->c) ||
	    COPY_FIELD(node, from, tables, node->n_tables) ||
	    COPY_FIELD(node, from, position[0], node->out->h) ||
	    COPY_FIELD(node, from, position[1], node->out->w))
		return -ENOMEM;
	return 0;
}

static int copy_ports(struct lw_graph *to, const struct lw_graph *from)
{
	struct lw_port port;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < from->n_inputs && !ret; i++) {
		port = from->inputs[i];
		port.value = to->values[port.value->id];
		ret = lw_graph_input(to, &port);
	}
	for (i = 0; i < from->n_outputs && !ret; i++) {
		port = from->outputs[i];
		port.value = to->values[port.value->id];
		ret = lw_graph_output(to, &port);
	}
	return ret;
}

struct lw_graph *lw_graph_copy(const struct lw_graph *graph)
{
	struct lw_graph *copy = lw_graph_new(graph->source);
	int ret = copy ? 0 : -ENOMEM;
	uint32_t i;

	if (copy)
		copy->quantised = graph->quantised;
	for (i = 0; i < graph->n_values && !ret; i++)
		ret = copy_value(copy, graph->values[i]);
	for (i = 0; i < graph->n_nodes && !ret; i++)
		ret = lw_node_copy(copy, graph->nodes[i]);
	if (!ret)
		ret = copy_ports(copy, graph);
	if (ret) {
		lw_graph_free(copy);
		return NULL;
	}
	return copy;
}
