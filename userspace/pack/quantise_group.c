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

static void set_scale(struct lw_value *value, float scale, int32_t zero_point)
{
	if (value->quantised)
		return;
	value->quantised = true;
	value->scale = scale;
	value->zero_point = zero_point;
}

static void set_known_scale(const struct lw_node *node)
{
	struct lw_value *out = node->out;

	if (node->kind == LW_NODE_GATE)
		set_scale(out, 1, 0);
	else if (node->kind == LW_NODE_SOFTMAX ||
		 (node->kind == LW_NODE_UNARY &&
		  node->unary == LW_UNARY_SIGMOID))
		set_scale(out, 1.0f / 256, 0);
	else if (node->kind == LW_NODE_UNARY && node->unary == LW_UNARY_TANH)
		set_scale(out, 1.0f / 128, 128);
}

/* The output holds numbers of the input, or averages in its scale. */
static bool keeps_scale(const struct lw_node *node)
{
	const struct lw_window *w = &node->window;

	switch (node->kind) {
	case LW_NODE_FLATTEN:
	case LW_NODE_REORDER:
	case LW_NODE_RESIZE:
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

/* Where the parts of a result may have its scale, they are not copied. */
static void join_parts(const struct lw_graph *graph, uint32_t *group,
		       const struct lw_node *node, uint32_t first)
{
	uint32_t i;

	for (i = first; i < node->n_in; i++)
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
			join_parts(graph, group, node, 0);
		else if (node->kind == LW_NODE_MERGE)
			join_parts(graph, group, node, 1);
		else if (keeps_scale(node))
			join(graph, group, node->in[0], node->out);
	}
	for (i = 0; i < graph->n_values; i++)
		group[i] = find(group, i);
}
