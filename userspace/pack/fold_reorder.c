// SPDX-License-Identifier: MIT
/* Folding of what only reorders numbers. */
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "fold.h"

static bool is_reordering(const struct lw_node *node)
{
	return node->kind == LW_NODE_FLATTEN || node->kind == LW_NODE_REORDER;
}

/* A reordering which may give way to a node that reads its result. */
static const struct lw_node *reordering_before(const struct lw_graph *graph,
					       const struct lw_node *node)
{
	const struct lw_node *before = lw_graph_producer(graph, node->in[0]);

	if (!before || !is_reordering(before) || !lw_is_unbounded(before) ||
	    !lw_fold_may_skip(node->in[0], before->in[0]))
		return NULL;
	return before;
}

int lw_fold_scale_before(struct lw_folding *folding, struct lw_node *node)
{
	if (!is_reordering(node) || node->in[0]->quantised ||
	    !node->out->quantised ||
	    lw_graph_readers(folding->graph, node->in[0]) != 1)
		return 0;
	lw_fold_take_scale(node->in[0], node->out);
	return 1;
}

int lw_fold_reorder_chain(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_digits first, then, both;
	const struct lw_node *before;

	if (!is_reordering(node))
		return 0;
	before = reordering_before(folding->graph, node);
	if (!before || !lw_digits_of(before, &first) ||
	    !lw_digits_of(node, &then) ||
	    !lw_digits_chain(&first, &then, &both) || both.n > LW_MAX_SIZES)
		return 0;
	node->kind = LW_NODE_REORDER;
	node->n_sizes = both.n;
	memcpy(node->size, both.size, sizeof(node->size));
	memcpy(node->stride, both.stride, sizeof(node->stride));
	node->in[0] = before->in[0];
	lw_fold_remove_unread(folding->graph, before);
	return 1;
}

static bool same_digits(const struct lw_digits *a, const struct lw_digits *b)
{
	return a->n == b->n &&
	       !memcmp(a->size, b->size, a->n * sizeof(*a->size)) &&
	       !memcmp(a->stride, b->stride, a->n * sizeof(*a->stride));
}

int lw_fold_reorder(struct lw_folding *folding, struct lw_node *node)
{
	const struct lw_value *in, *out = node->out;
	struct lw_digits is, flat;
	struct lw_node flatten;

	(void)folding;
	if (node->kind != LW_NODE_REORDER || out->h != 1 || out->w != 1)
		return 0;
	in = node->in[0];
	flatten = *node;
	flatten.kind = LW_NODE_FLATTEN;
	if (lw_value_size(in) != out->c || !lw_digits_of(node, &is))
		return 0;
	for (int nchw = 0; nchw < 2; nchw++) {
		flatten.nchw = nchw;
		if (!lw_digits_of(&flatten, &flat) || !same_digits(&is, &flat))
			continue;
		node->kind = LW_NODE_FLATTEN;
		node->nchw = nchw;
		return 1;
	}
	return 0;
}

/* Where element k of a reordering's result comes from. */
static size_t source(const struct lw_digits *digits, size_t k)
{
	size_t from = 0;
	uint32_t i;

	for (i = digits->n; i--;) {
		from += k % digits->size[i] * digits->stride[i];
		k /= digits->size[i];
	}
	return from;
}

/* Whether a reordering's result has each of n elements once; or -ENOMEM. */
static int has_all_once(const struct lw_digits *digits, size_t n)
{
	bool *seen = calloc(n, sizeof(*seen));
	size_t k, from;
	int once = 1;

	if (!seen)
		return -ENOMEM;
	for (k = 0; k < n; k++) {
		from = source(digits, k);
		if (seen[from])
			once = 0;
		seen[from] = true;
	}
	free(seen);
	return once;
}

/* Weights for elements where they were before; NULL: no memory. */
static void *move_back(const struct lw_weights *w,
		       const struct lw_digits *digits, const void *from,
		       size_t size)
{
	char *to = malloc((size_t)w->o * w->i * size);
	const char *row = from;
	size_t k, o;

	if (!to)
		return NULL;
	for (k = 0; k < w->i; k++) {
		size_t at = source(digits, k);

		for (o = 0; o < w->o; o++)
			memcpy(to + (o * w->i + at) * size,
			       row + (o * w->i + k) * size, size);
	}
	return to;
}

static int move_weights(struct lw_weights *w, const struct lw_digits *digits)
{
	float *real = move_back(w, digits, w->real, sizeof(*real));
	int8_t *q = w->q ? move_back(w, digits, w->q, sizeof(*q)) : NULL;

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

/* The kernel becomes the image. */
static void widen(struct lw_node *node, const struct lw_value *image)
{
	node->window = (struct lw_window){
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
}

int lw_fold_flatten(struct lw_folding *folding, struct lw_node *node)
{
	const struct lw_node *before;
	struct lw_digits digits;
	struct lw_value *image;
	int ret;

	if (!is_fully_connected(node))
		return 0;
	before = reordering_before(folding->graph, node);
	if (!before || !lw_digits_of(before, &digits))
		return 0;
	image = before->in[0];
	if (image->h > LW_MAX_KERNEL || image->w > LW_MAX_KERNEL ||
	    lw_value_size(image) != node->weights->i)
		return 0;
	ret = has_all_once(&digits, node->weights->i);
	if (ret > 0 && !lw_digits_keep(&digits, image))
		ret = move_weights(node->weights, &digits) ? -ENOMEM : 1;
	if (ret <= 0)
		return ret;
	widen(node, image);
	node->in[0] = image;
	lw_fold_remove_unread(folding->graph, before);
	return 1;
}
