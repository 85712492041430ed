// SPDX-License-Identifier: MIT
/*
 * Folding of concatenated rows or columns: the images of a batch, which
 * convolutions take one by one.
 */
#include "fold.h"
#include "graph_private.h"

/* More parts stay together: what follows them would be copied too often. */
#define MAX_PARTS 64

static struct lw_node *concat_before(const struct lw_graph *graph,
				     const struct lw_node *node)
{
	struct lw_node *before = lw_graph_producer(graph, node->in[0]);

	if (!before || before->kind != LW_NODE_CONCAT ||
	    before->axis == LW_AXIS_C || before->n_in > MAX_PARTS)
		return NULL;
	return before;
}

/* Batch norm and bounds, which may go into convolutions. */
static bool is_foldable(const struct lw_node *node)
{
	return !node->tables && !node->in[0]->quantised &&
	       !node->out->quantised &&
	       (node->kind == LW_NODE_AFFINE ||
		(node->kind == LW_NODE_UNARY &&
		 node->unary == LW_UNARY_IDENTITY));
}

static bool is_convolution(const struct lw_node *node)
{
	return node && (node->kind == LW_NODE_CONV ||
			node->kind == LW_NODE_DWCONV ||
			node->kind == LW_NODE_TCONV);
}

static bool all_convolutions(const struct lw_graph *graph,
			     const struct lw_node *concat)
{
	uint32_t i;

	for (i = 0; i < concat->n_in; i++)
		if (lw_graph_readers(graph, concat->in[i]) != 1 ||
		    !is_convolution(lw_graph_producer(graph, concat->in[i])))
			return false;
	return true;
}

/* A copy of a node that does the same to one part. */
static int add_copy(struct lw_graph *graph, const struct lw_node *node,
		    struct lw_node *concat, uint32_t part)
{
	struct lw_value *in = concat->in[part];
	struct lw_value *out = lw_graph_value(graph, node->out->name, in->h,
					      in->w, in->c);
	struct lw_node *copy;

	if (!out || lw_node_copy(graph, node))
		return -ENOMEM;
	copy = graph->nodes[graph->n_nodes - 1];
	copy->in[0] = in;
	copy->out = out;
	concat->in[part] = out;
	lw_fold_move_before(graph, concat);
	return 0;
}

int lw_fold_parts_first(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_graph *graph = folding->graph;
	struct lw_node *before;
	uint32_t i;

	if (node->n_in != 1 || !is_foldable(node))
		return 0;
	before = concat_before(graph, node);
	if (!before || lw_graph_readers(graph, node->in[0]) != 1 ||
	    graph->n_nodes + before->n_in > LW_MAX_NODES ||
	    !all_convolutions(graph, before))
		return 0;
	for (i = 0; i < before->n_in; i++)
		if (add_copy(graph, node, before, i))
			return -ENOMEM;
	before->out = node->out;
	lw_fold_remove(graph, node);
	return 1;
}

static uint32_t along(const struct lw_value *value, enum lw_axis axis)
{
	return axis == LW_AXIS_H ? value->h : value->w;
}

/* The part that a slice takes, or NULL. */
static struct lw_value *part_of(const struct lw_node *slice,
				const struct lw_node *concat)
{
	uint32_t i, at = 0;

	for (i = 0; i < 3; i++)
		if (slice->step[i] != 1 ||
		    (i != concat->axis && slice->start[i]))
			return NULL;
	for (i = 0; i < concat->n_in && at < slice->start[concat->axis]; i++)
		at += along(concat->in[i], concat->axis);
	if (i == concat->n_in || at != slice->start[concat->axis] ||
	    concat->in[i]->h != slice->out->h ||
	    concat->in[i]->w != slice->out->w ||
	    concat->in[i]->c != slice->out->c)
		return NULL;
	return concat->in[i];
}

int lw_fold_part(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_graph *graph = folding->graph;
	struct lw_node *before;
	struct lw_value *part;

	if (node->kind != LW_NODE_SLICE || lw_graph_is_output(graph, node->out))
		return 0;
	before = concat_before(graph, node);
	part = before ? part_of(node, before) : NULL;
	if (!part || !lw_same_scale(part, before->out) ||
	    !lw_same_scale(part, node->out))
		return 0;
	lw_graph_replace(graph, node->out, part);
	lw_fold_remove(graph, node);
	lw_fold_remove_unread(graph, before);
	return 1;
}
