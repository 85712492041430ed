// SPDX-License-Identifier: MIT
/*
 * The last step for quantised models: values that their QuantizeLinear is some
 * nodes away from get their scale, or their nodes are refused.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_import.h"

/**
 * struct uses - who uses a value
 * @writer: the node that writes it, or NULL
 * @readers: nodes and outputs that read it
 */
struct uses {
	struct lw_node *writer;
	uint32_t readers;
};

static struct uses *find_uses(const struct lw_graph *graph)
{
	struct uses *uses = calloc((size_t)graph->n_values + 1, sizeof(*uses));
	uint32_t i, k;

	if (!uses)
		return NULL;
	for (i = 0; i < graph->n_nodes; i++) {
		uses[graph->nodes[i]->out->id].writer = graph->nodes[i];
		for (k = 0; k < graph->nodes[i]->n_in; k++)
			uses[graph->nodes[i]->in[k]->id].readers++;
	}
	for (i = 0; i < graph->n_outputs; i++)
		uses[graph->outputs[i].value->id].readers++;
	return uses;
}

static bool only_moves(const struct lw_node *node)
{
	return (node->kind == LW_NODE_POOL && node->pool == LW_POOL_MAX) ||
	       node->kind == LW_NODE_FLATTEN || node->kind == LW_NODE_SLICE ||
	       node->kind == LW_NODE_REORDER;
}

/* Rounding before a node that only moves numbers is rounding after it. */
static void round_earlier(const struct lw_graph *graph,
			  const struct uses *uses)
{
	const struct lw_node *node;
	struct lw_value *in;
	uint32_t i;

	for (i = graph->n_nodes; i-- > 0;) {
		node = graph->nodes[i];
		in = node->in[0];
		if (!only_moves(node) || !node->out->quantised ||
		    in->quantised || uses[in->id].readers != 1)
			continue;
		in->quantised = true;
		in->is_signed = node->out->is_signed;
		in->scale = node->out->scale;
		in->zero_point = node->out->zero_point;
	}
}

static bool can_clamp(const struct lw_node *node)
{
	switch (node->kind) {
	case LW_NODE_CONV:
	case LW_NODE_DWCONV:
	case LW_NODE_ADD:
	case LW_NODE_AFFINE:
		return true;
	case LW_NODE_POOL:
		return node->pool == LW_POOL_AVERAGE;
	default:
		return false;
	}
}

/*
 * Relu or Clip between a node and the QuantizeLinear of its result: the node's
 * own bounds. True if it was.
 */
static bool merge_clamp(struct lw_node *node, struct uses *uses)
{
	struct lw_value *in = node->in[0];
	struct lw_node *writer = uses[in->id].writer;

	if (node->kind != LW_NODE_UNARY || node->unary != LW_UNARY_IDENTITY ||
	    in->quantised || uses[in->id].readers != 1 || !writer ||
	    !can_clamp(writer))
		return false;
	writer->act_lo = fminf(fmaxf(writer->act_lo, node->act_lo),
			       node->act_hi);
	writer->act_hi = fminf(fmaxf(writer->act_hi, node->act_lo),
			       node->act_hi);
	writer->out = node->out;
	uses[node->out->id].writer = writer;
	uses[in->id].writer = NULL;
	uses[in->id].readers = 0;
	return true;
}

static void merge_clamps(struct lw_graph *graph, struct uses *uses)
{
	uint32_t i = 0;

	while (i < graph->n_nodes)
		if (merge_clamp(graph->nodes[i], uses))
			lw_graph_remove(graph, i);
		else
			i++;
}

static int refuse_unquantised(struct onnx_import *im, const struct uses *uses)
{
	const struct lw_graph *graph = im->graph;
	const struct lw_node *node;
	const struct lw_value *value;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < graph->n_values && !ret; i++) {
		value = graph->values[i];
		node = uses[i].writer;
		if (!value->quantised && (node || uses[i].readers))
			ret = lw_refuse(im->refusals, node ? node->name :
							     value->name,
					node ? lw_node_kind_name(node->kind) :
					       "input",
					"'%.100s' has no QuantizeLinear, expected one in a quantised model",
					value->name);
	}
	for (i = 0; i < graph->n_nodes && !ret; i++) {
		node = graph->nodes[i];
		if ((node->kind == LW_NODE_CONV ||
		     node->kind == LW_NODE_DWCONV) && !node->weights->q)
			ret = lw_refuse(im->refusals, node->name,
					lw_node_kind_name(node->kind),
					"its weights or its input are not quantised");
	}
	return ret;
}

/* Removes values that no node writes or reads any more. */
static void drop_values(struct lw_graph *graph, const struct uses *uses)
{
	uint32_t i, n = 0;
	struct lw_value *value;

	for (i = 0; i < graph->n_values; i++) {
		value = graph->values[i];
		if (!value->quantised && !uses[i].writer && !uses[i].readers) {
			free(value->name);
			free(value);
			continue;
		}
		value->id = n;
		graph->values[n++] = value;
	}
	graph->n_values = n;
}

int lw_onnx_finish_quantised(struct onnx_import *im)
{
	struct uses *uses = find_uses(im->graph);
	int ret;

	if (!uses)
		return -ENOMEM;
	round_earlier(im->graph, uses);
	merge_clamps(im->graph, uses);
	ret = refuse_unquantised(im, uses);
	if (!ret && !im->refusals->n)
		drop_values(im->graph, uses);
	free(uses);
	return ret;
}
