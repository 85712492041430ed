// SPDX-License-Identifier: MIT
/*
 * Where, and its conditions: activations that are 1 where a comparison holds
 * and 0 elsewhere. Their type is bool.
 */
#include <float.h>
#include <math.h>

#include "onnx_make.h"

/* Masks of attention scores are filled with the least float, or -inf. */
#define LARGEST 1e30f

static struct onnx_value *as_mask(struct onnx_value *made)
{
	if (made)
		made->type = ONNX_BOOL;
	return made;
}

static struct onnx_value *negate(struct onnx_node *node,
				 const struct onnx_value *mask)
{
	return as_mask(mask ? lw_onnx_scale(node, mask, -1, 1) : NULL);
}

/* Input 0 less input 1, of which one may be a constant. */
static struct onnx_value *difference(struct onnx_node *node)
{
	const struct onnx_value *a = lw_onnx_in(node, 0);
	const struct onnx_value *b = lw_onnx_in(node, 1);

	if (b->state == ONNX_CONSTANT && b->constant->real &&
	    b->constant->n == 1) {
		a = lw_onnx_activation(node, 0);
		/* Of bytes, 0 is exact, and no difference from it is. */
		if (!a || !b->constant->real[0])
			return a ? lw_onnx_view(node, a, &a->shape) : NULL;
		return lw_onnx_scale(node, a, 1, -b->constant->real[0]);
	}
	a = lw_onnx_held(node, 0);
	return lw_onnx_sub(node, a, lw_onnx_held(node, 1));
}

/* Of a difference, its sign: whether it is this one. */
static struct onnx_value *has_sign(struct onnx_node *node,
				   const struct onnx_value *less, float sign)
{
	struct onnx_value *out = lw_onnx_unary(node, less, LW_UNARY_SIGN, 0, 0);

	if (!sign)
		return negate(node, lw_onnx_unary(node, out, LW_UNARY_ABS, 0,
						  0));
	if (sign < 0)
		out = lw_onnx_unary(node, out, LW_UNARY_NEG, 0, 0);
	return as_mask(lw_onnx_clamp(node, out, 0, 1));
}

struct onnx_value *lw_onnx_truth(struct onnx_node *node,
				 const struct onnx_value *in)
{
	struct onnx_value *out = lw_onnx_unary(node, in, LW_UNARY_SIGN, 0, 0);

	return as_mask(lw_onnx_unary(node, out, LW_UNARY_ABS, 0, 0));
}

int lw_onnx_compare(struct onnx_node *node, float sign, bool invert)
{
	struct onnx_value *mask = has_sign(node, difference(node), sign);

	return lw_onnx_result(node, 0, invert ? negate(node, mask) : mask);
}

int lw_onnx_run_equal(struct onnx_node *node)
{
	return lw_onnx_compare(node, 0, false);
}

/* A constant of bools, or what it is not, as real numbers. */
static struct onnx_value *hold_bools(struct onnx_node *node,
				     const struct onnx_value *in, bool invert)
{
	struct onnx_value *real = lw_onnx_view(node, in, &in->shape);
	struct onnx_constant *made = lw_onnx_fold_new(node, &in->shape, true);
	size_t i;

	if (!real || !made)
		return NULL;
	for (i = 0; i < made->n; i++)
		made->real[i] = !in->constant->whole[i] == invert;
	real->constant = made;
	return as_mask(lw_onnx_hold(node, real));
}

/* What an If could test, for operators that want numbers. */
static struct onnx_value *of_test(struct onnx_node *node,
				  const struct onnx_value *test)
{
	static const bool all[3] = { true, true, true };
	static const int8_t axis[3] = { ONNX_H, ONNX_W, ONNX_C };
	struct onnx_shape shape = {
		.n = 3,
		.dim = { test->value->h, test->value->w, test->value->c },
	};
	struct onnx_value tested = *test, *out;
	uint32_t size[3];

	if (test->kind != LW_GATE_MAX) {
		lw_onnx_refuse(node, "its condition is of a margin, which only If may read");
		return NULL;
	}
	lw_onnx_place(&shape, axis, size);
	tested.state = ONNX_ACTIVATION;
	tested.type = ONNX_FLOAT;
	tested.shape = shape;
	out = lw_onnx_max(node, &tested, all);
	if (out)
		out = lw_onnx_scale(node, out, 1, -test->threshold);
	out = has_sign(node, out, -1);
	if (!test->invert)
		out = negate(node, out);
	return as_mask(out ? lw_onnx_regroup(node, out, &test->shape) : NULL);
}

/* Input @i, bools, or what they are not. */
static struct onnx_value *read_mask(struct onnx_node *node, uint32_t i,
				    bool invert)
{
	struct onnx_value *in = lw_onnx_in(node, i);

	if (in->type != ONNX_BOOL) {
		lw_onnx_refuse(node, "input %u is %s, expected bool", i,
			       lw_onnx_type_name(in->type));
		return NULL;
	}
	if (in->state == ONNX_CONSTANT)
		return hold_bools(node, in, invert);
	if (in->state == ONNX_TEST)
		in = of_test(node, in);
	return invert ? negate(node, in) : in;
}

int lw_onnx_run_and(struct onnx_node *node)
{
	const struct onnx_value *a = read_mask(node, 0, false);

	return lw_onnx_result(node, 0, as_mask(
		lw_onnx_mul(node, a, read_mask(node, 1, false))));
}

int lw_onnx_run_or(struct onnx_node *node)
{
	const struct onnx_value *a = read_mask(node, 0, true);

	return lw_onnx_result(node, 0, negate(node,
		lw_onnx_mul(node, a, read_mask(node, 1, true))));
}

int lw_onnx_negate(struct onnx_node *node)
{
	return lw_onnx_result(node, 0, read_mask(node, 0, true));
}

static void bound(struct lw_node *made)
{
	made->act_lo = fmaxf(made->act_lo, -FLT_MAX);
	made->act_hi = fminf(made->act_hi, FLT_MAX);
}

/*
 * A quotient by 0 that is not chosen is multiplied by 0, and has to be finite
 * for that: divisions are written so (div_no_nan).
 */
static void keep_finite(const struct onnx_node *node,
			const struct onnx_value *in)
{
	const struct lw_graph *graph = node->im->graph;
	struct lw_node *made = lw_graph_producer(graph, in->value), *before;
	uint32_t i;

	if (!made || !lw_node_takes_bounds(made))
		return;
	bound(made);
	for (i = 0; i < made->n_in; i++) {
		before = lw_graph_producer(graph, made->in[i]);
		if (before && before->kind == LW_NODE_UNARY)
			bound(before);
	}
}

/* Input @i where the mask is 1, else 0; NULL also if that is 0 everywhere. */
static struct onnx_value *part(struct onnx_node *node, uint32_t i,
			       const struct onnx_value *mask)
{
	const struct onnx_value *in = lw_onnx_in(node, i), *held;

	if (in->state == ONNX_CONSTANT && in->constant->n == 1 &&
	    lw_onnx_constant(node, i)) {
		if (!(fabsf(in->constant->real[0]) < LARGEST))
			lw_onnx_refuse(node, "input %u is %g, with which nothing else fits in 8 bits",
				       i, in->constant->real[0]);
		if (!in->constant->real[0])
			return NULL;
		return lw_onnx_scale(node, mask, in->constant->real[0], 0);
	}
	held = lw_onnx_held(node, i);
	if (held)
		keep_finite(node, held);
	return lw_onnx_mul(node, held, mask);
}

/* A constant condition that chooses one input everywhere: that; else NULL. */
static const struct onnx_value *only_choice(struct onnx_node *node)
{
	const struct onnx_constant *k = node->in[0]->constant;
	size_t i;

	if (node->in[0]->state != ONNX_CONSTANT ||
	    node->in[0]->type != ONNX_BOOL || !k->n)
		return NULL;
	for (i = 1; i < k->n; i++)
		if (!k->whole[i] != !k->whole[0])
			return NULL;
	return lw_onnx_held(node, k->whole[0] ? 1 : 2);
}

/* Of all inputs together; false if they do not fit. */
static bool result_shape(const struct onnx_node *node, struct onnx_shape *shape)
{
	struct onnx_shape both;

	return lw_onnx_broadcast(&node->in[1]->shape, &node->in[2]->shape,
				 &both) &&
	       lw_onnx_broadcast(&node->in[0]->shape, &both, shape);
}

int lw_onnx_run_where(struct onnx_node *node)
{
	struct onnx_value *mask, *yes, *no, *out;
	const struct onnx_value *only;
	struct onnx_shape shape;

	if (!result_shape(node, &shape))
		return lw_onnx_refuse(node, "the shapes of its inputs do not fit");
	only = only_choice(node);
	if (only || node->status)
		return lw_onnx_result(node, 0,
				      lw_onnx_expand(node, only, &shape));
	mask = read_mask(node, 0, false);
	yes = part(node, 1, mask);
	no = part(node, 2, node->status ? NULL : read_mask(node, 0, true));
	if (node->status)
		return node->status;
	out = yes && no ? lw_onnx_add(node, yes, no) : yes ? yes : no;
	if (!out)
		out = lw_onnx_scale(node, mask, 0, 0);
	return lw_onnx_result(node, 0, lw_onnx_expand(node, out, &shape));
}
