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
static struct lw_node *reordering_before(const struct lw_graph *graph,
					 const struct lw_node *node)
{
	struct lw_node *before = lw_graph_producer(graph, node->in[0]);

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

static void swap_nodes(struct lw_graph *graph, const struct lw_node *a,
		       const struct lw_node *b)
{
	struct lw_node *t;
	uint32_t i = 0, j = 0;

	while (graph->nodes[i] != a)
		i++;
	while (graph->nodes[j] != b)
		j++;
	t = graph->nodes[i];
	graph->nodes[i] = graph->nodes[j];
	graph->nodes[j] = t;
}

/* Of each number alone, and the same for all of them. */
static bool is_function(const struct lw_node *node)
{
	return (node->kind == LW_NODE_UNARY || node->kind == LW_NODE_REQUANT) &&
	       !node->alphas && node->n_tables <= 1;
}

/*
 * There a convolution may take over its bounds, and reorderings meet. The value
 * between the two becomes what the function makes of the reordering's input.
 */
int lw_fold_function_first(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_value *between = node->in[0], *in;
	struct lw_node *before;

	if (!is_function(node) ||
	    lw_graph_readers(folding->graph, between) != 1)
		return 0;
	before = reordering_before(folding->graph, node);
	if (!before ||
	    lw_value_size(before->in[0]) > lw_value_size(between))
		return 0;
	in = before->in[0];
	between->h = in->h;
	between->w = in->w;
	between->c = in->c;
	lw_fold_take_scale(between, node->out);
	before->out = node->out;
	before->in[0] = between;
	node->in[0] = in;
	node->out = between;
	swap_nodes(folding->graph, before, node);
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

static bool is_transpose(const struct lw_node *node)
{
	const struct lw_value *in = node->in[0], *out = node->out;
	struct lw_node transpose = *node;
	struct lw_digits is, expected;

	transpose.kind = LW_NODE_REORDER;
	transpose.n_sizes = 3;
	memcpy(transpose.size, (uint32_t[]){ in->h, in->c, in->w }, 12);
	memcpy(transpose.stride, (uint32_t[]){ in->w * in->c, 1, in->c }, 12);
	return out->h == in->h && out->w == in->c && out->c == in->w &&
	       lw_digits_of(node, &is) && lw_digits_of(&transpose, &expected) &&
	       same_digits(&is, &expected);
}

int lw_fold_matmul_transpose(struct lw_folding *folding, struct lw_node *node)
{
	bool *transposed[2] = { &node->transpose_a, &node->transpose_b };
	const struct lw_node *before;
	int i;

	if (node->kind != LW_NODE_MATMUL)
		return 0;
	for (i = 0; i < 2; i++) {
		before = lw_graph_producer(folding->graph, node->in[i]);
		if (!before || !is_reordering(before) ||
		    !lw_is_unbounded(before) ||
		    !lw_fold_may_skip(node->in[i], before->in[0]) ||
		    !is_transpose(before))
			continue;
		*transposed[i] = !*transposed[i];
		node->in[i] = before->in[0];
		lw_fold_remove_unread(folding->graph, before);
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
	lw_window_cover(&node->window, node->weights, image);
	node->in[0] = image;
	lw_fold_remove_unread(folding->graph, before);
	return 1;
}
