// SPDX-License-Identifier: MIT
/* Lowering: where values lie. Some need no memory, or no copy, of their own. */
#include "lower.h"

/*
 * Concatenation along channels at whole words needs no copy: the parts are
 * written to their place at once, when nothing else has placed them.
 */
static void place_parts(struct lw_lowering *lower, const struct lw_node *node)
{
	struct lw_view *whole = lw_lower_view(lower, node->out);
	uint32_t c = 0;

	for (uint32_t i = 0; i < node->n_in; i++) {
		const struct lw_value *v = node->in[i];
		struct lw_view *view = lw_lower_view(lower, v);
		bool last = i == node->n_in - 1;

		if (view->buffer == UINT32_MAX && c % 4 == 0 &&
		    (v->c % 4 == 0 || last) && lw_same_scale(v, node->out) &&
		    !lw_graph_is_output(lower->graph, v))
			*view = lw_view_channels(whole, c / 4, v->c);
		c += v->c;
	}
}

/* Nodes whose operation may write over an input. */
static bool may_overwrite(const struct lw_node *node)
{
	return node->kind == LW_NODE_ADD || node->kind == LW_NODE_MUL ||
	       node->kind == LW_NODE_UNARY || node->kind == LW_NODE_AFFINE ||
	       node->kind == LW_NODE_REQUANT;
}

/*
 * An input that nothing else reads, and which is not spread over the output, is
 * given the output's place. An output's region is never read, so not there.
 */
static void place_in_place(struct lw_lowering *lower,
			   const struct lw_node *node)
{
	const struct lw_graph *g = lower->graph;

	if (lw_graph_is_output(g, node->out))
		return;
	for (uint32_t i = 0; i < node->n_in; i++) {
		const struct lw_value *v = node->in[i];
		struct lw_view *view = lw_lower_view(lower, v);
		const struct lw_node *producer = lw_graph_producer(g, v);

		if (view->buffer != UINT32_MAX || lw_graph_is_input(g, v) ||
		    lw_graph_is_output(g, v) || lw_graph_readers(g, v) != 1 ||
		    lw_value_size(v) != lw_value_size(node->out) ||
		    producer->kind == LW_NODE_SLICE)
			continue;
		*view = *lw_lower_view(lower, node->out);
		view->tensor.zero_point = v->zero_point;
		return;
	}
}

/* A slice of whole words, steps of 1, is a view of its source. */
static bool place_slice(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_view *from = lw_lower_view(lower, node->in[0]);
	struct lw_view *view = lw_lower_view(lower, node->out);

	if (node->step[0] != 1 || node->step[1] != 1 || node->step[2] != 1 ||
	    node->start[2] % 4 || lw_graph_is_output(lower->graph, node->out) ||
	    view->buffer != UINT32_MAX ||
	    !lw_same_scale(node->in[0], node->out))
		return false;
	*view = lw_view_channels(from, node->start[2] / 4, node->out->c);
	view->tensor.offset += node->start[0] * from->tensor.row_pitch +
			       node->start[1] * 4;
	view->tensor.h = node->out->h;
	view->tensor.w = node->out->w;
	return true;
}

/*
 * Views are given before lowering, last node first, so that a concatenation
 * has a place before the nodes that write its parts.
 */
int lw_place_values(struct lw_lowering *lower)
{
	const struct lw_graph *g = lower->graph;
	int ret = 0;

	for (uint32_t i = 0; i < g->n_inputs && !ret; i++) {
		const struct lw_value *v = g->inputs[i].value;

		ret = lw_lower_buffer(lower, LWNPU_REGION_IO + i, v->h, v->w,
				      v->c, v->zero_point,
				      lw_lower_view(lower, v));
	}
	for (uint32_t i = g->n_nodes; i-- && !ret;) {
		const struct lw_node *node = g->nodes[i];
		const struct lw_value *v = node->out;

		if (node->kind == LW_NODE_SLICE)
			continue;
		if (lw_lower_view(lower, v)->buffer == UINT32_MAX)
			ret = lw_lower_buffer(lower, LWNPU_REGION_ARENA, v->h,
					      v->w, v->c, v->zero_point,
					      lw_lower_view(lower, v));
		if (!ret && node->kind == LW_NODE_CONCAT &&
		    node->axis == LW_AXIS_C)
			place_parts(lower, node);
		if (!ret && may_overwrite(node))
			place_in_place(lower, node);
	}
	return ret;
}

/* Slices come in order, since one may be a view of another. */
int lw_place_slice(struct lw_lowering *lower, const struct lw_node *node,
		   bool *placed)
{
	const struct lw_value *v = node->out;

	*placed = place_slice(lower, node);
	if (*placed || lw_lower_view(lower, v)->buffer != UINT32_MAX)
		return 0;
	return lw_lower_buffer(lower, LWNPU_REGION_ARENA, v->h, v->w, v->c,
			       v->zero_point, lw_lower_view(lower, v));
}
