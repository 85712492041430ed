// SPDX-License-Identifier: MIT
/* Folding of nodes that compute nothing, or only bounds. */
#include "digits.h"
#include "fold.h"

/* No bounds, or bounds that no byte of the value lies outside of. */
static bool bounds_nothing(const struct lw_node *node)
{
	const struct lw_value *out = node->out;

	if (lw_is_unbounded(node))
		return true;
	return out->quantised && lw_quantise(node->act_lo, out) == 0 &&
	       lw_quantise(node->act_hi, out) == 255;
}

static bool same_shape(const struct lw_value *a, const struct lw_value *b)
{
	return a->h == b->h && a->w == b->w && a->c == b->c;
}

static bool copies_input(const struct lw_node *node)
{
	struct lw_digits digits;

	switch (node->kind) {
	case LW_NODE_UNARY:
		return node->unary == LW_UNARY_IDENTITY && !node->tables;
	case LW_NODE_REQUANT:
		return !node->tables;
	case LW_NODE_CONCAT:
		return node->n_in == 1;
	case LW_NODE_SLICE:
	case LW_NODE_PAD:
		/* Of the same shape, they move nothing. */
		return same_shape(node->in[0], node->out);
	case LW_NODE_FLATTEN:
	case LW_NODE_REORDER:
		return same_shape(node->in[0], node->out) &&
		       lw_digits_of(node, &digits) &&
		       lw_digits_keep(&digits, node->in[0]);
	default:
		return false;
	}
}

/* Which of the two values may stand for both; NULL: neither. */
static struct lw_value *survivor(const struct lw_graph *graph,
				 const struct lw_node *node)
{
	struct lw_value *in = node->in[0], *out = node->out;

	if (!lw_fold_may_skip(in, out) && out->quantised)
		return NULL;
	if (!in->quantised && out->quantised &&
	    lw_graph_readers(graph, in) != 1)
		return NULL;
	if (!lw_graph_is_output(graph, out))
		return in;
	return lw_graph_is_output(graph, in) || lw_graph_is_input(graph, in) ?
		       NULL : out;
}

int lw_fold_identity(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_graph *graph = folding->graph;
	struct lw_value *in, *out, *kept;

	if (!copies_input(node) || !bounds_nothing(node))
		return 0;
	kept = survivor(graph, node);
	if (!kept)
		return 0;
	in = node->in[0];
	out = node->out;
	if (kept == out) {
		if (!out->quantised)
			lw_fold_take_scale(out, in);
		lw_graph_producer(graph, in)->out = out;
		lw_fold_remove(graph, node);
		lw_graph_replace(graph, in, out);
		return 1;
	}
	/* Ports keep their own type where the bytes are the same. */
	if (!in->quantised)
		lw_fold_take_scale(in, out);
	lw_graph_replace(graph, out, in);
	lw_fold_remove(graph, node);
	return 1;
}

int lw_fold_bounds(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_graph *graph = folding->graph;
	struct lw_node *before;

	if (node->kind != LW_NODE_UNARY || node->unary != LW_UNARY_IDENTITY ||
	    node->tables || !lw_fold_may_skip(node->in[0], node->out) ||
	    lw_graph_readers(graph, node->in[0]) != 1)
		return 0;
	before = lw_graph_producer(graph, node->in[0]);
	if (!before || !lw_node_takes_bounds(before))
		return 0;
	/* Bounds that do not overlap leave one number: one of node's. */
	before->act_lo = fminf(fmaxf(before->act_lo, node->act_lo),
			       node->act_hi);
	before->act_hi = fminf(fmaxf(before->act_hi, node->act_lo),
			       node->act_hi);
	before->out = node->out;
	lw_fold_remove(graph, node);
	return 1;
}

int lw_fold_slice(struct lw_folding *folding, struct lw_node *node)
{
	const struct lw_node *before;
	int i;

	if (node->kind != LW_NODE_SLICE)
		return 0;
	before = lw_graph_producer(folding->graph, node->in[0]);
	if (!before || before->kind != LW_NODE_SLICE ||
	    !lw_is_unbounded(before) ||
	    !lw_fold_may_skip(node->in[0], before->in[0]))
		return 0;
	for (i = 0; i < 3; i++) {
		uint32_t step = node->step[i];

		/* The step of a single element may be any number. */
		if (__builtin_mul_overflow(step, before->step[i], &step))
			step = 1;
		node->start[i] = before->start[i] +
				 node->start[i] * before->step[i];
		node->step[i] = step;
	}
	node->in[0] = before->in[0];
	lw_fold_remove_unread(folding->graph, before);
	return 1;
}

/* Whether a window may have more padding; @pad has its sums then. */
static bool takes_padding(const struct lw_node *node,
			  const struct lw_window *sum)
{
	const struct lw_window *w = &node->window;

	if (sum->pad_top > LW_MAX_KERNEL || sum->pad_left > LW_MAX_KERNEL ||
	    sum->pad_bottom > LW_MAX_KERNEL || sum->pad_right > LW_MAX_KERNEL)
		return false;
	if (node->kind == LW_NODE_CONV || node->kind == LW_NODE_DWCONV)
		return true;
	/* An average must count the padding, and see some of the image. */
	return node->kind == LW_NODE_POOL && node->pool == LW_POOL_AVERAGE &&
	       node->rule != LW_RULE_TFLITE &&
	       node->rule != LW_RULE_ONNXRUNTIME_REDUCE &&
	       (node->count_pad || !lw_has_padding(w)) &&
	       sum->pad_top < w->kernel_h && sum->pad_bottom < w->kernel_h &&
	       sum->pad_left < w->kernel_w && sum->pad_right < w->kernel_w &&
	       w->dilation_h == 1 && w->dilation_w == 1;
}

int lw_fold_padding(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_window sum = node->window;
	const struct lw_node *pad;

	if (node->kind != LW_NODE_CONV && node->kind != LW_NODE_DWCONV &&
	    node->kind != LW_NODE_POOL)
		return 0;
	pad = lw_graph_producer(folding->graph, node->in[0]);
	if (!pad || pad->kind != LW_NODE_PAD || pad->fill != 0 ||
	    pad->pad_channels_before || pad->pad_channels_after ||
	    !lw_is_unbounded(pad) ||
	    !lw_fold_may_skip(node->in[0], pad->in[0]))
		return 0;
	sum.pad_top += pad->window.pad_top;
	sum.pad_left += pad->window.pad_left;
	sum.pad_bottom += pad->window.pad_bottom;
	sum.pad_right += pad->window.pad_right;
	if (!takes_padding(node, &sum))
		return 0;
	node->window = sum;
	node->count_pad = node->kind == LW_NODE_POOL;
	node->in[0] = pad->in[0];
	lw_fold_remove_unread(folding->graph, pad);
	return 1;
}
