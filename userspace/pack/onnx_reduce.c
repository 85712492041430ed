// SPDX-License-Identifier: MIT
/* Reductions: maximum, sum and mean over dimensions, and made of these. */
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

static const struct lw_window one = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 };

/* The shape with the marked dimensions 1. */
static struct onnx_shape reduced(const struct onnx_shape *in, const bool *over)
{
	struct onnx_shape shape = *in;
	uint32_t i;

	for (i = 0; i < shape.n; i++)
		if (over[i])
			shape.dim[i] = 1;
	return shape;
}

/* How many numbers become one. */
static uint64_t count_over(const struct onnx_shape *shape, const bool *over)
{
	uint64_t n = 1;
	uint32_t i;

	for (i = 0; i < shape->n; i++)
		n *= over[i] ? shape->dim[i] : 1;
	return n;
}

/* Whether all dimensions along each axis are reduced, or none is. */
static bool whole_axes(const struct onnx_shape *shape, const int8_t *axis,
		       const bool *over, bool along[3])
{
	bool kept[3] = { false };
	uint32_t i;

	memset(along, 0, 3 * sizeof(*along));
	for (i = 0; i < shape->n; i++) {
		if (shape->dim[i] == 1)
			continue;
		if (over[i])
			along[axis[i]] = true;
		else
			kept[axis[i]] = true;
	}
	return !(along[0] && kept[0]) && !(along[1] && kept[1]) &&
	       !(along[2] && kept[2]);
}

/* All are 1 x factor: the sum of bytes is exact. */
static int set_ones(struct onnx_node *node, struct lw_weights *weights,
		    float factor)
{
	weights->q = malloc(weights->i);
	weights->scale = malloc(sizeof(*weights->scale));
	if (!weights->q || !weights->scale)
		return node->status = -ENOMEM;
	memset(weights->q, 1, weights->i);
	*weights->scale = factor;
	return 0;
}

/* The sum of all channels, x factor. */
static struct onnx_value *sum_channels(struct onnx_node *node,
				       const struct onnx_value *in,
				       const bool *over, double factor)
{
	struct lw_weights *weights;
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_shape shape;
	struct onnx_value *out;
	struct lw_node *made;
	uint32_t i;

	if (!in || !lw_onnx_axes(in, axis))
		return NULL;
	shape = reduced(&in->shape, over);
	weights = lw_onnx_weights(node, 1, 1, 1, in->value->c, false);
	if (!weights)
		return NULL;
	for (i = 0; i < weights->i; i++)
		weights->real[i] = factor;
	if (in->value->quantised)
		set_ones(node, weights, factor);
	out = lw_onnx_new(node, &shape, axis);
	made = lw_onnx_emit(node, LW_NODE_CONV, in, out);
	if (!made) {
		lw_weights_free(weights);
		return NULL;
	}
	made->window = one;
	made->weights = weights;
	return out;
}

/* Over all of height or width, or both. */
static struct onnx_value *pool(struct onnx_node *node,
			       const struct onnx_value *in,
			       enum lw_pool_kind kind, const bool *over,
			       const bool along[3])
{
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_shape shape;
	struct onnx_value *out;
	struct lw_node *made;

	if (!in || !lw_onnx_axes(in, axis))
		return NULL;
	shape = reduced(&in->shape, over);
	if (!along[ONNX_H] && !along[ONNX_W])
		return lw_onnx_view(node, in, &shape);
	out = lw_onnx_new(node, &shape, axis);
	made = lw_onnx_emit(node, LW_NODE_POOL, in, out);
	if (!made)
		return NULL;
	made->pool = kind;
	made->window = one;
	made->window.kernel_h = along[ONNX_H] ? in->value->h : 1;
	made->window.kernel_w = along[ONNX_W] ? in->value->w : 1;
	if (kind == LW_POOL_MAX)
		lw_onnx_same_scale(out, in);
	return out;
}

struct onnx_value *lw_onnx_sum(struct onnx_node *node,
			       const struct onnx_value *in, const bool *over)
{
	if (!in)
		return NULL;
	return sum_channels(node, lw_onnx_lay_over(node, in, over), over, 1);
}

struct onnx_value *lw_onnx_mean(struct onnx_node *node,
				const struct onnx_value *in, const bool *over)
{
	int8_t axis[ONNX_MAX_DIMS];
	bool along[3];

	if (!in)
		return NULL;
	if (lw_onnx_axes(in, axis) &&
	    whole_axes(&in->shape, axis, over, along) && !along[ONNX_C])
		return pool(node, in, LW_POOL_AVERAGE, over, along);
	return sum_channels(node, lw_onnx_lay_over(node, in, over), over,
			    1.0 / count_over(&in->shape, over));
}

/* Axes on which what is reduced is the width. */
static void axes_across(const struct onnx_shape *shape, const bool *over,
			int8_t *axis)
{
	int8_t kept = ONNX_C;
	uint32_t i;

	for (i = shape->n; i-- > 0;) {
		axis[i] = over[i] ? ONNX_W : kept;
		if (!over[i] && shape->dim[i] > 1)
			kept = ONNX_H;
	}
}

/* Over any dimensions, which are moved off the channels if need be. */
static struct onnx_value *pool_any(struct onnx_node *node,
				   const struct onnx_value *in,
				   enum lw_pool_kind kind, const bool *over)
{
	int8_t axis[ONNX_MAX_DIMS];
	bool along[3];

	if (!lw_onnx_axes(in, axis) ||
	    !whole_axes(&in->shape, axis, over, along) || along[ONNX_C]) {
		axes_across(&in->shape, over, axis);
		in = lw_onnx_lay(node, in, axis);
		memset(along, 0, sizeof(along));
		along[ONNX_W] = true;
	}
	return pool(node, in, kind, over, along);
}

struct onnx_value *lw_onnx_max(struct onnx_node *node,
			       const struct onnx_value *in, const bool *over)
{
	struct onnx_value *out = in ? pool_any(node, in, LW_POOL_MAX, over) :
				      NULL;

	if (out && lw_onnx_count(&out->shape) == 1)
		out->greatest_of = in->value;
	return out;
}

struct onnx_value *lw_onnx_exact(struct onnx_node *node,
				 const struct onnx_value *in,
				 enum lw_unary_kind kind)
{
	struct onnx_value *out = lw_onnx_unary(node, in, kind, 0, 0);

	if (!out)
		return NULL;
	lw_onnx_same_scale(out, in);
	if (out->value->quantised)
		out->value->zero_point = kind == LW_UNARY_ABS ? 0 :
					 255 - in->value->zero_point;
	return out;
}

static struct onnx_value *min(struct onnx_node *node,
			      const struct onnx_value *in, const bool *over)
{
	in = lw_onnx_exact(node, in, LW_UNARY_NEG);
	return lw_onnx_exact(node, lw_onnx_max(node, in, over), LW_UNARY_NEG);
}

/**
 * struct reduction - an operator
 * @before: a function of each number
 * @reduce: then over dimensions
 * @after: and of each result
 */
struct reduction {
	enum lw_unary_kind before;
	struct onnx_value *(*reduce)(struct onnx_node *node,
				     const struct onnx_value *in,
				     const bool *over);
	enum lw_unary_kind after;
};

/* Reads which dimensions are reduced; false if none is, by a special rule. */
static bool read_axes(struct onnx_node *node, const struct onnx_shape *shape,
		      bool *over)
{
	struct onnx_list axes = lw_onnx_list(node, "axes", 1);
	bool noop = lw_onnx_int_in(node, "noop_with_empty_axes", 0, 0, 1);
	uint32_t i;

	if (axes.n > shape->n)
		lw_onnx_refuse(node, "%zu axes of %u dimensions", axes.n,
			       shape->n);
	for (i = 0; i < shape->n; i++)
		over[i] = !axes.n && !noop;
	for (i = 0; i < axes.n && !node->status; i++)
		over[lw_onnx_dim(node, axes.at[i], shape->n)] = true;
	return axes.n || !noop;
}

static struct onnx_value *apply(struct onnx_node *node,
				const struct onnx_value *in,
				enum lw_unary_kind kind)
{
	if (!in || kind == LW_UNARY_IDENTITY)
		return in ? lw_onnx_view(node, in, &in->shape) : NULL;
	if (kind == LW_UNARY_ABS)
		return lw_onnx_exact(node, in, kind);
	return lw_onnx_unary(node, in, kind, 0, 0);
}

/* Takes away the dimensions that were reduced. */
static struct onnx_value *drop(struct onnx_node *node,
			       const struct onnx_value *in, const bool *over)
{
	struct onnx_shape shape = { 0 };
	uint32_t i;

	for (i = 0; in && i < in->shape.n; i++)
		if (!over[i])
			shape.dim[shape.n++] = in->shape.dim[i];
	return lw_onnx_regroup(node, in, &shape);
}

static int reduce(struct onnx_node *node, const struct reduction *r)
{
	struct onnx_value *in = lw_onnx_activation(node, 0), *out;
	bool keep = lw_onnx_int_in(node, "keepdims", 1, 0, 1), any;
	bool over[ONNX_MAX_DIMS];

	if (!in)
		return node->status;
	any = read_axes(node, &in->shape, over);
	out = apply(node, in, r->before);
	if (any)
		out = r->reduce(node, out, over);
	out = apply(node, out, r->after);
	if (!keep)
		out = drop(node, out, over);
	return lw_onnx_result(node, 0, out);
}

#define REDUCTION(ours, before, how, after) \
	int lw_onnx_run_reduce_##ours(struct onnx_node *node) \
	{ \
		static const struct reduction r = { \
			LW_UNARY_##before, how, LW_UNARY_##after \
		}; \
		return reduce(node, &r); \
	}

/*
 * onnxruntime sums up bytes as real numbers: dimensions that are the last ones
 * as rows, in vectors of four, others number by number.
 */
static bool is_row(const struct onnx_shape *shape, const bool *over)
{
	bool kept = false;
	uint32_t i;

	for (i = shape->n; i-- > 0;) {
		if (shape->dim[i] == 1)
			continue;
		if (over[i] && kept)
			return false;
		kept |= !over[i];
	}
	return true;
}

static struct onnx_value *mean(struct onnx_node *node,
			       const struct onnx_value *in, const bool *over)
{
	const struct lw_graph *graph = node->im->graph;
	uint32_t before = graph->n_nodes;
	struct onnx_value *out;
	struct lw_node *made;

	if (!in || !in->value->quantised ||
	    count_over(&in->shape, over) > UINT16_MAX)
		return lw_onnx_mean(node, in, over);
	out = pool_any(node, in, LW_POOL_AVERAGE, over);
	/* Dimensions of 1 alone need no node. */
	made = out && graph->n_nodes > before ?
		graph->nodes[graph->n_nodes - 1] : NULL;
	if (made && made->kind == LW_NODE_POOL) {
		made->vectors = is_row(&in->shape, over);
		lw_onnx_set_rule(made, LW_RULE_ONNXRUNTIME_REDUCE);
	}
	return out;
}

REDUCTION(l1, ABS, lw_onnx_sum, IDENTITY)
REDUCTION(l2, SQUARE, lw_onnx_sum, SQRT)
REDUCTION(log_sum, IDENTITY, lw_onnx_sum, LOG)
REDUCTION(max, IDENTITY, lw_onnx_max, IDENTITY)
REDUCTION(mean, IDENTITY, mean, IDENTITY)
REDUCTION(min, IDENTITY, min, IDENTITY)
REDUCTION(sum, IDENTITY, lw_onnx_sum, IDENTITY)
REDUCTION(sum_square, SQUARE, lw_onnx_sum, IDENTITY)
