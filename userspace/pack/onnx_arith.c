// SPDX-License-Identifier: MIT
/* Arithmetic of two or more operands, activations or constants. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

/**
 * struct formula - of an activation and a constant k
 * out = in x (k ^ @power x @factor) + k x @offset, with @power 0, 1 or -1.
 */
struct formula {
	int power;
	float factor, offset;
};

static int find_numbers(struct onnx_node *node, const struct formula *f,
			const struct onnx_constant *k, float *factor,
			float *offset)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		factor[i] = f->factor;
		if (f->power)
			factor[i] *= f->power > 0 ? k->real[i] :
						    1 / k->real[i];
		offset[i] = f->offset ? f->offset * k->real[i] : 0;
		if (!isfinite(factor[i]) || !isfinite(offset[i]))
			return lw_onnx_refuse(node, "its constant has a number %g",
					      k->real[i]);
	}
	return 0;
}

/* 1 / each number of a constant. */
static const struct onnx_value *invert(struct onnx_node *node,
				       const struct onnx_value *k)
{
	struct onnx_constant *inverse = lw_onnx_fold_new(node, &k->shape, true);
	struct onnx_value *value = lw_onnx_view(node, k, &k->shape);
	size_t i;

	if (!inverse || !value)
		return NULL;
	for (i = 0; i < inverse->n; i++)
		inverse->real[i] = 1 / k->constant->real[i];
	value->constant = inverse;
	return value;
}

/* The same of a constant that does not go by channels; @factor is 1 or -1. */
static struct onnx_value *with_tensor(struct onnx_node *node,
				      const struct onnx_value *in,
				      const struct onnx_value *k,
				      const struct formula *f)
{
	const struct onnx_value *held;

	held = lw_onnx_hold(node, f->power < 0 ? invert(node, k) : k);
	if (f->power)
		return lw_onnx_mul(node, in, held);
	if (f->factor < 0)
		return lw_onnx_sub(node, held, in);
	return f->offset < 0 ? lw_onnx_sub(node, in, held) :
			       lw_onnx_add(node, in, held);
}

static struct onnx_value *affine(struct onnx_node *node,
				 const struct onnx_value *in,
				 const struct onnx_value *k, int power,
				 float factor, float offset)
{
	const struct formula f = { power, factor, offset };
	struct onnx_value *out = NULL;
	float *numbers;
	size_t n;

	if (node->status || !in)
		return NULL;
	if (!lw_onnx_is_channelwise(in, &k->shape))
		return with_tensor(node, in, k, &f);
	n = k->constant->n;
	numbers = calloc(n + 1, 2 * sizeof(*numbers));
	if (!numbers) {
		node->status = -ENOMEM;
		return NULL;
	}
	if (!find_numbers(node, &f, k->constant, numbers, numbers + n))
		out = lw_onnx_affine(node, in, &k->shape, numbers,
				     offset ? numbers + n : NULL);
	free(numbers);
	return out;
}

/**
 * struct operands - of an operator on two
 * @in: activations; [1] is NULL if one is a constant
 * @k: the constant, or NULL
 * @first: it is the first
 */
struct operands {
	const struct onnx_value *in[2];
	const struct onnx_value *k;
	bool first;
};

static int read_operands(struct onnx_node *node, uint32_t a, uint32_t b,
			 struct operands *o)
{
	*o = (struct operands){ 0 };
	if (lw_onnx_is_activation(node, a) && lw_onnx_is_activation(node, b)) {
		o->in[0] = lw_onnx_activation(node, a);
		o->in[1] = lw_onnx_activation(node, b);
		return node->status;
	}
	o->first = lw_onnx_is_activation(node, b);
	o->in[0] = lw_onnx_activation(node, o->first ? b : a);
	o->k = lw_onnx_constant(node, o->first ? a : b);
	return node->status;
}

int lw_onnx_run_add(struct onnx_node *node)
{
	struct operands o;

	if (read_operands(node, 0, 1, &o))
		return node->status;
	return lw_onnx_result(node, 0,
			      o.k ? affine(node, o.in[0], o.k, 0, 1, 1) :
				    lw_onnx_add(node, o.in[0], o.in[1]));
}

int lw_onnx_run_sub(struct onnx_node *node)
{
	struct onnx_value *out;
	struct operands o;

	if (lw_onnx_is_test(node, 0, ONNX_GREATEST))
		return lw_onnx_test_margin(node);
	if (read_operands(node, 0, 1, &o))
		return node->status;
	if (!o.k)
		out = lw_onnx_sub(node, o.in[0], o.in[1]);
	else if (o.first)
		out = affine(node, o.in[0], o.k, 0, -1, 1);
	else
		out = affine(node, o.in[0], o.k, 0, 1, -1);
	return lw_onnx_result(node, 0, out);
}

int lw_onnx_run_mul(struct onnx_node *node)
{
	struct operands o;

	if (read_operands(node, 0, 1, &o))
		return node->status;
	return lw_onnx_result(node, 0,
			      o.k ? affine(node, o.in[0], o.k, 1, 1, 0) :
				    lw_onnx_mul(node, o.in[0], o.in[1]));
}

int lw_onnx_run_div(struct onnx_node *node)
{
	struct onnx_value *out;
	struct operands o;

	if (read_operands(node, 0, 1, &o))
		return node->status;
	if (o.k && !o.first) {
		out = affine(node, o.in[0], o.k, -1, 1, 0);
	} else {
		out = lw_onnx_unary(node, o.in[o.k ? 0 : 1],
				    LW_UNARY_RECIPROCAL, 0, 0);
		out = o.k ? affine(node, out, o.k, 1, 1, 0) :
			    lw_onnx_mul(node, o.in[0], out);
	}
	return lw_onnx_result(node, 0, out);
}

struct onnx_value *lw_onnx_unary_of(struct onnx_node *node,
				    const struct onnx_value *in,
				    enum lw_unary_kind kind,
				    const struct onnx_shape *shape,
				    const float *alpha)
{
	struct onnx_channelwise wise;
	struct onnx_value *out;
	struct lw_node *made;
	uint32_t i;

	if (lw_onnx_channelwise(node, in, shape, &wise))
		return NULL;
	out = lw_onnx_new_like(node, wise.in);
	made = lw_onnx_emit(node, LW_NODE_UNARY, wise.in, out);
	if (made) {
		made->unary = kind;
		made->alphas = calloc(wise.n, sizeof(*made->alphas));
		if (!made->alphas)
			node->status = -ENOMEM;
		for (i = 0; made->alphas && i < wise.n; i++)
			made->alphas[i] = alpha[wise.at[i]];
	}
	free(wise.at);
	return made ? out : NULL;
}

int lw_onnx_run_prelu(struct onnx_node *node)
{
	const struct onnx_value *in = lw_onnx_activation(node, 0);
	const struct onnx_value *slope = lw_onnx_constant(node, 1);
	struct onnx_value *out;

	if (node->status)
		return node->status;
	if (slope->constant->n == 1)
		out = lw_onnx_unary(node, in, LW_UNARY_LEAKY_RELU,
				    slope->constant->real[0], 0);
	else
		out = lw_onnx_unary_of(node, in, LW_UNARY_LEAKY_RELU,
				       &slope->shape, slope->constant->real);
	return lw_onnx_result(node, 0, out);
}

/* Powers that have a function of their own. */
static enum lw_unary_kind power_kind(float power)
{
	return power == 1 ? LW_UNARY_IDENTITY :
	       power == 2 ? LW_UNARY_SQUARE :
	       power == 0.5f ? LW_UNARY_SQRT :
	       power == -0.5f ? LW_UNARY_RSQRT :
	       power == -1 ? LW_UNARY_RECIPROCAL : LW_UNARY_POW;
}

int lw_onnx_run_pow(struct onnx_node *node)
{
	const struct onnx_value *in = lw_onnx_activation(node, 0);
	const struct onnx_value *power = lw_onnx_in(node, 1);
	const struct onnx_constant *k;
	struct onnx_value *out;
	float *alpha;
	size_t i;

	if (node->status)
		return node->status;
	if (power->state != ONNX_CONSTANT)
		return lw_onnx_refuse(node, "the power is not a constant");
	k = power->constant;
	alpha = calloc(k->n + 1, sizeof(*alpha));
	if (!alpha)
		return node->status = -ENOMEM;
	for (i = 0; i < k->n; i++)
		alpha[i] = k->real ? k->real[i] : (float)k->whole[i];
	if (k->n == 1)
		out = lw_onnx_unary(node, in, power_kind(alpha[0]), alpha[0],
				    0);
	else
		out = lw_onnx_unary_of(node, in, LW_UNARY_POW, &power->shape,
				       alpha);
	free(alpha);
	return lw_onnx_result(node, 0, out);
}

/* The first input that is an activation: what the others are joined to. */
static uint32_t first_activation(const struct onnx_node *node)
{
	uint32_t i = 0;

	while (i + 1 < node->n_in && !lw_onnx_is_activation(node, i))
		i++;
	return i;
}

/* Input @i, a real constant or activation. */
static const struct onnx_value *operand(struct onnx_node *node, uint32_t i)
{
	return lw_onnx_is_activation(node, i) ? lw_onnx_activation(node, i) :
						lw_onnx_constant(node, i);
}

const struct onnx_value *lw_onnx_all_inputs(struct onnx_node *node,
					    onnx_join_fn join)
{
	uint32_t i, first = first_activation(node);
	const struct onnx_value *out = operand(node, first);

	for (i = 0; i < node->n_in; i++)
		if (i != first)
			out = join(node, out, operand(node, i));
	return out;
}

static struct onnx_value *sum(struct onnx_node *node,
			      const struct onnx_value *a,
			      const struct onnx_value *b)
{
	if (!a || !b)
		return NULL;
	return b->state == ONNX_CONSTANT ? affine(node, a, b, 0, 1, 1) :
					   lw_onnx_add(node, a, b);
}

int lw_onnx_run_sum(struct onnx_node *node)
{
	return lw_onnx_result(node, 0, lw_onnx_all_inputs(node, sum));
}

int lw_onnx_run_mean(struct onnx_node *node)
{
	const struct onnx_value *all = lw_onnx_all_inputs(node, sum);

	return lw_onnx_result(node, 0, all ? lw_onnx_scale(node, all,
							   1.0f / node->n_in,
							   0) : NULL);
}
