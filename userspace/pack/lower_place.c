// SPDX-License-Identifier: MIT
/* Lowering: where values lie. Some need no memory, or no copy, of their own. */
#include <stdlib.h>

#include "lower.h"

/* Nodes whose operation may write over an input. */
static bool may_overwrite(const struct lw_node *node)
{
	return node->kind == LW_NODE_ADD || node->kind == LW_NODE_MUL ||
	       node->kind == LW_NODE_UNARY || node->kind == LW_NODE_AFFINE ||
	       node->kind == LW_NODE_REQUANT;
}

/* Whether the one that reads a value may choose where it lies. */
static bool is_free(struct lw_lowering *lower, const struct lw_value *v)
{
	const struct lw_graph *g = lower->graph;

	return lw_lower_view(lower, v)->buffer == UINT32_MAX &&
	       !lw_graph_is_input(g, v) && !lw_graph_is_output(g, v) &&
	       lw_graph_readers(g, v) == 1;
}

/*
 * A gate's early result may lie where its late one does. Nothing that is
 * written before the gate must lie there, too.
 */
static bool is_skipped_alike(const struct lw_lowering *lower,
			     const struct lw_value *a,
			     const struct lw_value *b)
{
	return lower->skipped_by[a->id] == lower->skipped_by[b->id];
}

static bool may_place_input(struct lw_lowering *lower,
			    const struct lw_node *node,
			    const struct lw_value *v)
{
	return is_free(lower, v) && is_skipped_alike(lower, v, node->out);
}

/* Whether a node is only another view of its input. */
static bool is_reshape(const struct lw_node *node)
{
	return lw_lower_keeps_words(node) &&
	       lw_same_scale(node->in[0], node->out);
}

/* Whether a node's result is best a part of its input, which has a place. */
static bool is_part(struct lw_lowering *lower, const struct lw_node *node)
{
	return node->kind == LW_NODE_SLICE ||
	       (is_reshape(node) &&
		!may_place_input(lower, node, node->in[0]));
}

static bool may_be_part(struct lw_lowering *lower, const struct lw_node *node,
			const struct lw_value *v)
{
	return lw_lower_view(lower, v)->buffer == UINT32_MAX &&
	       lw_same_scale(v, node->out) &&
	       is_skipped_alike(lower, v, node->out) &&
	       (!lw_lower_view(lower, node->out)->overwritten ||
		lw_graph_readers(lower->graph, v) == 1) &&
	       !lw_graph_is_output(lower->graph, v);
}

/*
 * Rows or columns of several planes are interleaved with others: what writes
 * one part must not read another.
 */
static bool may_interleave(struct lw_lowering *lower,
			   const struct lw_node *node)
{
	for (uint32_t i = 0; i < node->n_in; i++)
		if (lw_lower_view(lower, node->in[i])->buffer == UINT32_MAX &&
		    lw_graph_readers(lower->graph, node->in[i]) != 1)
			return false;
	return true;
}

/*
 * Concatenation along channels at whole words, or along rows or columns, needs
 * no copy: the parts are written to their place at once, when nothing else has
 * placed them.
 */
static void place_parts(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_view *whole = lw_lower_view(lower, node->out);
	bool rows = node->axis == LW_AXIS_H, channels = node->axis == LW_AXIS_C;
	uint32_t at = 0;

	for (uint32_t i = 0; i < node->n_in; i++) {
		const struct lw_value *v = node->in[i];
		bool last = i == node->n_in - 1;
		bool may = may_be_part(lower, node, v);

		if (may && !channels)
			*lw_lower_view(lower, v) =
				lw_view_window(whole, rows ? at : 0,
					       rows ? 0 : at, v);
		else if (may && at % 4 == 0 && (v->c % 4 == 0 || last))
			*lw_lower_view(lower, v) =
				lw_view_channels(whole, at / 4, v->c);
		at += channels ? v->c : rows ? v->h : v->w;
	}
}

/* @context: the node that writes it is skipped by this, too. */
static bool place_result(struct lw_lowering *lower, const struct lw_node *merge,
			 const struct lw_value *v, uint32_t context)
{
	if (!is_free(lower, v) || lower->skipped_by[v->id] != context ||
	    !lw_same_scale(v, merge->out) ||
	    is_part(lower, lw_graph_producer(lower->graph, v)))
		return false;
	*lw_lower_view(lower, v) = *lw_lower_view(lower, merge->out);
	return true;
}

/* What stands if the gate is taken, and what is written over it if not. */
static void place_results(struct lw_lowering *lower,
			  const struct lw_node *merge)
{
	const struct lw_value *early = merge->in[1];
	uint32_t flag = merge->in[0]->id;

	if (place_result(lower, merge, early, lower->skipped_by[flag]))
		lw_lower_view(lower, early)->overwritten = true;
	place_result(lower, merge, merge->in[2], flag);
}

static bool is_in_output(const struct lw_lowering *lower,
			 const struct lw_view *view)
{
	const struct lw_graph *g = lower->graph;

	for (uint32_t i = 0; i < g->n_outputs; i++)
		if (lower->views[g->outputs[i].value->id].buffer ==
		    view->buffer)
			return true;
	return false;
}

/*
 * An input that nothing else reads, and which is not spread over the output, is
 * given the output's place. An output's region is never read, so not there.
 */
static void place_in_place(struct lw_lowering *lower,
			   const struct lw_node *node)
{
	const struct lw_graph *g = lower->graph;

	if (is_in_output(lower, lw_lower_view(lower, node->out)))
		return;
	for (uint32_t i = 0; i < node->n_in; i++) {
		const struct lw_value *v = node->in[i];
		struct lw_view *view = lw_lower_view(lower, v);

		if (!may_place_input(lower, node, v) ||
		    lw_value_size(v) != lw_value_size(node->out) ||
		    is_part(lower, lw_graph_producer(g, v)))
			continue;
		*view = *lw_lower_view(lower, node->out);
		view->tensor.zero_point = v->zero_point;
		view->overwritten = true;
		return;
	}
}

bool lw_view_reshape(const struct lw_view *from, const struct lw_value *v,
		     struct lw_view *view)
{
	if (from->tensor.h > 1 && from->tensor.row_pitch != 4u * from->tensor.w)
		return false;
	*view = *from;
	view->tensor.row_pitch = 4 * v->w;
	view->tensor.h = v->h;
	view->tensor.w = v->w;
	return true;
}

/* What is read lies where the result does. */
static void place_reshaped(struct lw_lowering *lower,
			   const struct lw_node *node)
{
	const struct lw_value *v = node->in[0];

	if (may_place_input(lower, node, v))
		lw_view_reshape(lw_lower_view(lower, node->out), v,
				lw_lower_view(lower, v));
}

/* A slice of whole words, steps of 1, is a view of its source. */
static bool place_slice(const struct lw_node *node, const struct lw_view *from,
			struct lw_view *view)
{
	if (node->step[0] != 1 || node->step[1] != 1 || node->step[2] != 1 ||
	    node->start[2] % 4 || !lw_same_scale(node->in[0], node->out))
		return false;
	*view = lw_view_channels(from, node->start[2] / 4, node->out->c);
	view->tensor.offset += node->start[0] * from->tensor.row_pitch +
			       node->start[1] * 4;
	view->tensor.h = node->out->h;
	view->tensor.w = node->out->w;
	return true;
}

static int place(struct lw_lowering *lower, const struct lw_value *v)
{
	if (lw_lower_view(lower, v)->buffer != UINT32_MAX)
		return 0;
	return lw_lower_buffer(lower, LWNPU_REGION_ARENA, v->h, v->w, v->c,
			       v->zero_point, lw_lower_view(lower, v));
}

static int place_node(struct lw_lowering *lower, const struct lw_node *node)
{
	bool placed = lw_lower_view(lower, node->out)->buffer != UINT32_MAX ||
		      lw_graph_is_output(lower->graph, node->out);
	int ret;

	if (node->kind == LW_NODE_GATE || (!placed && is_part(lower, node)))
		return 0;
	ret = place(lower, node->out);
	if (ret)
		return ret;
	if (node->kind == LW_NODE_CONCAT &&
	    (node->axis == LW_AXIS_C || may_interleave(lower, node)))
		place_parts(lower, node);
	if (node->kind == LW_NODE_MERGE)
		place_results(lower, node);
	if (may_overwrite(node))
		place_in_place(lower, node);
	if (is_reshape(node))
		place_reshaped(lower, node);
	return 0;
}

/* Bytes of a constant as tensors have them, [c / 4][h][w][4]; to be freed. */
static uint8_t *lay_constant(const struct lw_node *node, size_t size)
{
	const struct lw_value *v = node->out;
	const float *real = node->constant;
	size_t pixel, n = (size_t)v->h * v->w;
	uint8_t *bytes = calloc(1, size);
	uint32_t c;

	for (pixel = 0; bytes && pixel < n; pixel++)
		for (c = 0; c < v->c; c++)
			bytes[(c / 4 * n + pixel) * 4 + c % 4] =
				lw_quantise(*real++, v);
	return bytes;
}

/* They lie in region 0, a stream each, and have no operation. */
static int place_constant(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_value *v = node->out;
	struct lw_buffer *buffer;
	uint32_t offset;
	uint8_t *bytes;
	int ret;

	ret = lw_lower_buffer(lower, LWNPU_REGION_WEIGHTS, v->h, v->w, v->c,
			      v->zero_point, lw_lower_view(lower, v));
	if (ret)
		return ret;
	buffer = &lower->buffers[lw_lower_view(lower, v)->buffer];
	bytes = lay_constant(node, buffer->size);
	if (!bytes)
		return -ENOMEM;
	ret = lw_region0_stream(&lower->region0, bytes, buffer->size, &offset);
	free(bytes);
	buffer->offset = offset;
	return ret;
}

int lw_lower_constant(struct lw_lowering *lower, const struct lw_node *node)
{
	(void)lower;
	(void)node;
	return 0;
}

/* Gates follow each other or lie within each other. */
static void find_skipped(struct lw_lowering *lower)
{
	const struct lw_graph *g = lower->graph;
	uint32_t end;

	for (uint32_t i = 0; i < g->n_nodes; i++) {
		uint32_t k;

		if (g->nodes[i]->kind != LW_NODE_GATE)
			continue;
		lw_gate_merges(g, i, &k, &end);
		while (--k > i)
			lower->skipped_by[g->nodes[k]->out->id] =
				g->nodes[i]->out->id;
	}
}

/*
 * Views are given before lowering, last node first, so that a concatenation
 * has a place before the nodes that write its parts.
 */
int lw_place_values(struct lw_lowering *lower)
{
	const struct lw_graph *g = lower->graph;
	int ret = 0;

	find_skipped(lower);
	for (uint32_t i = 0; i < g->n_inputs && !ret; i++) {
		const struct lw_value *v = g->inputs[i].value;

		ret = lw_lower_buffer(lower, LWNPU_REGION_IO + i, v->h, v->w,
				      v->c, v->zero_point,
				      lw_lower_view(lower, v));
	}
	for (uint32_t i = 0; i < g->n_nodes && !ret; i++)
		if (g->nodes[i]->kind == LW_NODE_CONSTANT)
			ret = place_constant(lower, g->nodes[i]);
	for (uint32_t i = g->n_nodes; i-- && !ret;)
		if (g->nodes[i]->kind != LW_NODE_CONSTANT)
			ret = place_node(lower, g->nodes[i]);
	return ret;
}

/* These come in order, since one may be a view of another. */
int lw_place_part(struct lw_lowering *lower, const struct lw_node *node,
		  bool *placed)
{
	struct lw_view *view = lw_lower_view(lower, node->out);
	const struct lw_view *from;

	*placed = false;
	if (node->kind == LW_NODE_GATE || node->kind == LW_NODE_CONSTANT)
		return 0;
	if (view->buffer != UINT32_MAX) {
		*placed = is_reshape(node) &&
			  lw_view_is_same(view, lw_lower_view(lower, node->in[0]));
		return 0;
	}
	from = lw_lower_view(lower, node->in[0]);
	*placed = node->kind == LW_NODE_SLICE ?
			  place_slice(node, from, view) :
			  lw_view_reshape(from, node->out, view);
	return *placed ? 0 : place(lower, node->out);
}
