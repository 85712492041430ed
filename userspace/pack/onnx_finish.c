// SPDX-License-Identifier: MIT
/*
 * The last step for quantised models: values that their QuantizeLinear is some
 * nodes away from get their scale. Others, and weights, are left to the packer.
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
	       node->kind == LW_NODE_REORDER || node->kind == LW_NODE_CONCAT;
}

/* What a node multiplies all numbers by, and does no more; else 0. */
static float factor_of(const struct lw_node *node)
{
	const struct lw_weights *weights = node->weights;
	uint32_t i;

	if (only_moves(node))
		return 1;
	if (node->kind == LW_NODE_UNARY)
		return node->unary == LW_UNARY_NEG ? -1 : 0;
	if (node->kind != LW_NODE_AFFINE)
		return 0;
	for (i = 0; i < weights->o; i++)
		if (weights->real[i] != weights->real[0] ||
		    (weights->bias && weights->bias[i] != 0))
			return 0;
	return weights->real[0];
}

/* The scale in which numbers are the same bytes as @from's, @factor times. */
static void take_scale(struct lw_value *to, const struct lw_value *from,
		       float factor)
{
	float scale = from->scale / fabsf(factor);

	if (!isnormal(scale))
		return;
	to->quantised = true;
	to->is_signed = from->is_signed;
	to->scale = scale;
	to->zero_point = factor < 0 ? 255 - from->zero_point :
				      from->zero_point;
}

/* Rounding before a node that keeps bytes is rounding after it. */
static void round_earlier(const struct lw_graph *graph,
			  const struct uses *uses)
{
	const struct lw_node *node;
	struct lw_value *in;
	float factor;
	uint32_t i, k;

	for (i = graph->n_nodes; i-- > 0;) {
		node = graph->nodes[i];
		factor = factor_of(node);
		if (factor == 0 || !node->out->quantised)
			continue;
		for (k = 0; k < node->n_in; k++) {
			in = node->in[k];
			if (!in->quantised && uses[in->id].readers == 1)
				take_scale(in, node->out, factor);
		}
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

/* Whether all parts of a concatenation, the images of a batch, can be clamped. */
static bool can_clamp_parts(const struct lw_node *concat,
			    const struct uses *uses)
{
	const struct lw_node *writer;
	uint32_t i;

	if (concat->kind != LW_NODE_CONCAT)
		return false;
	for (i = 0; i < concat->n_in; i++) {
		writer = uses[concat->in[i]->id].writer;
		if (concat->in[i]->quantised ||
		    uses[concat->in[i]->id].readers != 1 || !writer ||
		    !can_clamp(writer))
			return false;
	}
	return true;
}

static void clamp(struct lw_node *writer, const struct lw_node *bounds)
{
	writer->act_lo = fminf(fmaxf(writer->act_lo, bounds->act_lo),
			       bounds->act_hi);
	writer->act_hi = fminf(fmaxf(writer->act_hi, bounds->act_lo),
			       bounds->act_hi);
}

/*
 * Relu or Clip between a node and the QuantizeLinear of its result: the node's
 * own bounds. True if it was.
 */
static bool merge_clamp(struct lw_node *node, struct uses *uses)
{
	struct lw_node *writer;
	struct lw_value *in;
	uint32_t i;

	if (node->kind != LW_NODE_UNARY || node->unary != LW_UNARY_IDENTITY)
		return false;
	in = node->in[0];
	writer = uses[in->id].writer;
	if (in->quantised || uses[in->id].readers != 1 || !writer)
		return false;
	if (can_clamp(writer))
		clamp(writer, node);
	else if (can_clamp_parts(writer, uses))
		for (i = 0; i < writer->n_in; i++)
			clamp(uses[writer->in[i]->id].writer, node);
	else
		return false;
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

/* Whether everything has a scale: the model needs no calibration. */
static bool is_quantised(const struct onnx_import *im, const struct uses *uses)
{
	const struct lw_graph *graph = im->graph;
	uint32_t i;

	if (im->partly)
		return false;
	for (i = 0; i < graph->n_values; i++)
		if (!graph->values[i]->quantised &&
		    (uses[i].writer || uses[i].readers))
			return false;
	return lw_graph_has_bytes(graph);
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

	if (!uses)
		return -ENOMEM;
	merge_clamps(im->graph, uses);
	round_earlier(im->graph, uses);
	im->graph->quantised = is_quantised(im, uses);
	drop_values(im->graph, uses);
	free(uses);
	return 0;
}
