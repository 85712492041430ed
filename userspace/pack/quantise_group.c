// SPDX-License-Identifier: MIT
/* Values that share a scale, and values whose scale is known beforehand. */
#include "quantise.h"

static uint32_t find(uint32_t *group, uint32_t id)
{
	while (group[id] != id) {
		group[id] = group[group[id]];
		id = group[id];
	}
	return id;
}

/* A group that has a scale gives it to the other; two that have stay apart. */
static void join(const struct lw_graph *graph, uint32_t *group,
		 const struct lw_value *a, const struct lw_value *b)
{
	uint32_t i = find(group, a->id), j = find(group, b->id);

	if (!graph->values[i]->quantised)
		group[i] = j;
	else if (!graph->values[j]->quantised)
		group[j] = i;
}

static void set_known_scale(const struct lw_node *node)
{
	struct lw_value *out = node->out;
	bool positive = node->kind == LW_NODE_SOFTMAX ||
			(node->kind == LW_NODE_UNARY &&
			 node->unary == LW_UNARY_SIGMOID);

	if (out->quantised)
		return;
	if (positive) {
		out->quantised = true;
		out->scale = 1.0f / 256;
		out->zero_point = 0;
	} else if (node->kind == LW_NODE_UNARY &&
		   node->unary == LW_UNARY_TANH) {
		out->quantised = true;
		out->scale = 1.0f / 128;
		out->zero_point = 128;
	}
}

/* The output holds numbers of the input, or averages in its scale. */
static bool keeps_scale(const struct lw_node *node)
{
	const struct lw_window *w = &node->window;

	switch (node->kind) {
	case LW_NODE_FLATTEN:
	case LW_NODE_SLICE:
		return true;
	case LW_NODE_PAD:
		return node->fill == 0 || !node->in[0]->quantised;
	case LW_NODE_POOL:
		/* An average over windows of unequal sizes is in bytes. */
		return node->pool == LW_POOL_MAX ||
		       (!node->count_pad && (w->pad_top || w->pad_left ||
					     w->pad_bottom || w->pad_right));
	default:
		return false;
	}
}

static void join_concat(const struct lw_graph *graph, uint32_t *group,
			const struct lw_node *node)
{
	uint32_t i;

	for (i = 0; i < node->n_in; i++)
		if (!graph->values[find(group, node->in[i]->id)]->quantised &&
		    lw_graph_readers(graph, node->in[i]) == 1)
			join(graph, group, node->in[i], node->out);
}

void lw_group_values(struct lw_graph *graph, uint32_t *group)
{
	const struct lw_node *node;
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++)
		set_known_scale(graph->nodes[i]);
	for (i = 0; i < graph->n_values; i++)
		group[i] = i;
	for (i = 0; i < graph->n_nodes; i++) {
		node = graph->nodes[i];
		if (node->kind == LW_NODE_CONCAT)
			join_concat(graph, group, node);
		else if (keeps_scale(node))
			join(graph, group, node->in[0], node->out);
	}
	for (i = 0; i < graph->n_values; i++)
		group[i] = find(group, i);
}
