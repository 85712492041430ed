// SPDX-License-Identifier: MIT
/* The greater or the smaller of two numbers. */
#include <math.h>

#include "onnx_make.h"

/*
 * Two activations, number by number: each row of one and then of the other
 * become one, their maximum. As rounding keeps the order of numbers, bytes are
 * first brought to the output's scale.
 */
static struct onnx_value *greatest(struct onnx_node *node,
				   const struct onnx_pair *pair)
{
	static const int8_t axis[] = { ONNX_H, ONNX_W, ONNX_C };
	const struct lw_value *v = pair->in[0]->value;
	bool row = v->h == 1;
	struct onnx_shape both = {
		.n = 3,
		.dim = { row ? 2 : v->h, row ? v->w : 2 * v->w, v->c },
	};
	const struct onnx_shape rows = {
		.n = 3,
		.dim = { 2 * v->h, v->w, v->c },
	};
	struct onnx_value *all = lw_onnx_new(node, &both, axis);
	struct lw_node *made;

	made = lw_onnx_emit_many(node, LW_NODE_CONCAT, pair->in, 2, all);
	if (!made)
		return NULL;
	made->axis = row ? LW_AXIS_H : LW_AXIS_W;
	if (lw_onnx_one_scale(pair->in[0], pair->in[1]))
		lw_onnx_same_scale(all, pair->in[0]);
	all = lw_onnx_lay(node, lw_onnx_regroup(node, all, &rows), axis);
	made = lw_onnx_emit(node, LW_NODE_POOL, all, pair->out);
	if (!made)
		return NULL;
	made->pool = LW_POOL_MAX;
	made->window = (struct lw_window){ 2, 1, 2, 1, 1, 1, 0, 0, 0, 0 };
	lw_onnx_same_scale(pair->out, all);
	return pair->out;
}

/* Bytes of one scale stay in it; others get the output's with the sign. */
static struct onnx_value *negated(struct onnx_node *node,
				  const struct onnx_value *in, bool one_scale)
{
	return one_scale ? lw_onnx_exact(node, in, LW_UNARY_NEG) :
			   lw_onnx_unary(node, in, LW_UNARY_NEG, 0, 0);
}

static struct onnx_value *of_activations(struct onnx_node *node,
					 const struct onnx_value *a,
					 const struct onnx_value *b, bool max)
{
	struct onnx_shape shape;
	struct onnx_value *out;
	struct onnx_pair pair;
	bool one_scale;

	if (!a || !b)
		return NULL;
	one_scale = lw_onnx_one_scale(a, b);
	if (!max) {
		a = negated(node, a, one_scale);
		b = negated(node, b, one_scale);
	}
	if (a && b && lw_onnx_broadcast(&a->shape, &b->shape, &shape)) {
		a = lw_onnx_expand(node, a, &shape);
		b = lw_onnx_expand(node, b, &shape);
	}
	if (lw_onnx_pair(node, a, b, &pair))
		return NULL;
	out = greatest(node, &pair);
	return max || !out ? out : lw_onnx_exact(node, out, LW_UNARY_NEG);
}

static struct onnx_value *with_constant(struct onnx_node *node,
					const struct onnx_value *in,
					const struct onnx_value *k, bool max)
{
	const float *real = k->constant->real;

	if (k->constant->n == 1)
		return lw_onnx_clamp(node, in, max ? *real : -INFINITY,
				     max ? INFINITY : *real);
	if (lw_onnx_is_channelwise(in, &k->shape))
		return lw_onnx_unary_of(node, in,
					max ? LW_UNARY_MAXIMUM :
					      LW_UNARY_MINIMUM,
					&k->shape, real);
	return of_activations(node, in, lw_onnx_hold(node, k), max);
}

static struct onnx_value *extreme(struct onnx_node *node,
				  const struct onnx_value *a,
				  const struct onnx_value *b, bool max)
{
	if (!a || !b)
		return NULL;
	return b->state == ONNX_CONSTANT ? with_constant(node, a, b, max) :
					   of_activations(node, a, b, max);
}

static struct onnx_value *greater(struct onnx_node *node,
				  const struct onnx_value *a,
				  const struct onnx_value *b)
{
	return extreme(node, a, b, true);
}

static struct onnx_value *smaller(struct onnx_node *node,
				  const struct onnx_value *a,
				  const struct onnx_value *b)
{
	return extreme(node, a, b, false);
}

int lw_onnx_run_max(struct onnx_node *node)
{
	return lw_onnx_result(node, 0, lw_onnx_all_inputs(node, greater));
}

int lw_onnx_run_min(struct onnx_node *node)
{
	return lw_onnx_result(node, 0, lw_onnx_all_inputs(node, smaller));
}
