// SPDX-License-Identifier: MIT
/* Folding of nodes that compute nothing, or only bounds. */
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "lower.h"

/* No bounds, or bounds that no byte of the value lies outside of. */
static bool bounds_nothing(const struct lw_node *node)
{
	const struct lw_value *out = node->out;

	if (lw_is_unbounded(node))
		return true;
	return out->quantised && lw_quantise(node->act_lo, out) == 0 &&
	       lw_quantise(node->act_hi, out) == 255;
}

static void remove_unread(struct lw_graph *graph, const struct lw_node *node)
{
	if (!lw_graph_readers(graph, node->out))
		lw_fold_remove(graph, node);
}

static bool same_shape(const struct lw_value *a, const struct lw_value *b)
{
	return a->h == b->h && a->w == b->w && a->c == b->c;
}

static bool copies_input(const struct lw_node *node)
{
	switch (node->kind) {
	case LW_NODE_UNARY:
		return node->unary == LW_UNARY_IDENTITY && !node->tables;
	case LW_NODE_REQUANT:
		return !node->tables;
	case LW_NODE_CONCAT:
		return node->n_in == 1;
	case LW_NODE_SLICE:
	case LW_NODE_PAD:
	case LW_NODE_FLATTEN:
		/* Of the same shape, they move nothing. */
		return same_shape(node->in[0], node->out);
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

static bool takes_bounds(const struct lw_node *node)
{
	switch (node->kind) {
	case LW_NODE_CONV:
	case LW_NODE_DWCONV:
	case LW_NODE_TCONV:
	case LW_NODE_POOL:
	case LW_NODE_ADD:
	case LW_NODE_MUL:
	case LW_NODE_MATMUL:
	case LW_NODE_AFFINE:
	case LW_NODE_UNARY:
		return true;
	default:
		return false;
	}
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
	if (!before || !takes_bounds(before))
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

int lw_fold_scale_before_flatten(struct lw_folding *folding,
				 struct lw_node *node)
{
	if (node->kind != LW_NODE_FLATTEN || node->in[0]->quantised ||
	    !node->out->quantised ||
	    lw_graph_readers(folding->graph, node->in[0]) != 1)
		return 0;
	lw_fold_take_scale(node->in[0], node->out);
	return 1;
}

/* Weights of [o][c][y][x] in the order [o][y][x][c]; NULL: no memory. */
static void *reorder(const struct lw_weights *w, const struct lw_value *image,
		     const void *from, size_t size)
{
	size_t pixels = (size_t)image->h * image->w;
	char *to = malloc((size_t)w->o * w->i * size);
	const char *row = from;
	size_t k, o, at = 0;

	if (!to)
		return NULL;
	for (o = 0; o < w->o; o++, row += w->i * size)
		for (k = 0; k < w->i; k++, at += size)
			memcpy(to + at, row + (k % image->c * pixels +
					       k / image->c) * size, size);
	return to;
}

static int reorder_weights(struct lw_weights *w, const struct lw_value *image)
{
	float *real = reorder(w, image, w->real, sizeof(*real));
	int8_t *q = w->q ? reorder(w, image, w->q, sizeof(*q)) : NULL;

	if (!real || (w->q && !q)) {
		free(real);
		free(q);
		return -ENOMEM;
	}
	free(w->real);
	free(w->q);
	w->real = real;
	w->q = q;
	return 0;
}

static bool is_fully_connected(const struct lw_node *node)
{
	return node->kind == LW_NODE_CONV && node->groups == 1 &&
	       !lw_has_padding(&node->window) &&
	       node->window.kernel_h == 1 && node->window.kernel_w == 1 &&
	       node->in[0]->h == 1 && node->in[0]->w == 1 &&
	       node->out->h == 1 && node->out->w == 1;
}

/* The largest kernel and padding of the operations that have a window. */
#define MAX_WINDOW 255

int lw_fold_flatten(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_window *window = &node->window;
	const struct lw_node *flatten;
	struct lw_value *image;

	if (!is_fully_connected(node))
		return 0;
	flatten = lw_graph_producer(folding->graph, node->in[0]);
	if (!flatten || flatten->kind != LW_NODE_FLATTEN ||
	    !lw_is_unbounded(flatten))
		return 0;
	image = flatten->in[0];
	if (image->h > MAX_WINDOW || image->w > MAX_WINDOW ||
	    !lw_fold_may_skip(node->in[0], image))
		return 0;
	if (flatten->nchw && reorder_weights(node->weights, image))
		return -ENOMEM;
	*window = (struct lw_window){
		.kernel_h = image->h,
		.kernel_w = image->w,
		.stride_h = 1,
		.stride_w = 1,
		.dilation_h = 1,
		.dilation_w = 1,
	};
	node->weights->kh = image->h;
	node->weights->kw = image->w;
	node->weights->i = image->c;
	node->in[0] = image;
	remove_unread(folding->graph, flatten);
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
	remove_unread(folding->graph, before);
	return 1;
}

/* Whether a window may have more padding; @pad has its sums then. */
static bool takes_padding(const struct lw_node *node,
			  const struct lw_window *sum)
{
	const struct lw_window *w = &node->window;

	if (sum->pad_top > MAX_WINDOW || sum->pad_left > MAX_WINDOW ||
	    sum->pad_bottom > MAX_WINDOW || sum->pad_right > MAX_WINDOW)
		return false;
	if (node->kind == LW_NODE_CONV || node->kind == LW_NODE_DWCONV)
		return true;
	/* An average must count the padding, and see some of the image. */
	return node->kind == LW_NODE_POOL && node->pool == LW_POOL_AVERAGE &&
	       !node->integer_average &&
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
	remove_unread(folding->graph, pad);
	return 1;
}
