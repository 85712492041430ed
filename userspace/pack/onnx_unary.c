// SPDX-License-Identifier: MIT
/* Functions of one number. */
#include <math.h>

#include "onnx_make.h"

/* A constant's numbers through a function; integers only where that is one. */
static int fold(struct onnx_node *node, const struct lw_node *f)
{
	const struct onnx_value *in = node->in[0];
	const struct onnx_constant *from = in->constant;
	struct onnx_constant *made;
	int64_t x;
	size_t i;

	if (from->whole && f->unary != LW_UNARY_ABS &&
	    f->unary != LW_UNARY_NEG && f->unary != LW_UNARY_SIGN)
		return lw_onnx_refuse(node, "input 0 is %s, expected float",
				      lw_onnx_type_name(in->type));
	made = lw_onnx_fold_new(node, &in->shape, from->real);
	for (i = 0; made && i < made->n; i++) {
		if (made->real) {
			made->real[i] = lw_unary(f, from->real[i], 0);
			continue;
		}
		x = from->whole[i];
		if (f->unary == LW_UNARY_SIGN)
			x = (x > 0) - (x < 0);
		else if (f->unary == LW_UNARY_NEG || x < 0)
			x = -(uint64_t)x;
		made->whole[i] = lw_onnx_wrap(in->type, x);
	}
	return lw_onnx_define_constant(node, 0, in->type, &in->shape, made);
}

static int clamp(struct onnx_node *node, float lo, float hi)
{
	const struct onnx_value *in = lw_onnx_activation(node, 0);

	/* The upper bound wins where they cross. */
	return lw_onnx_result(node, 0,
			      lw_onnx_clamp(node, in, fminf(lo, hi), hi));
}

int lw_onnx_run_relu(struct onnx_node *node)
{
	return clamp(node, 0, INFINITY);
}

int lw_onnx_run_clip(struct onnx_node *node)
{
	float lo = lw_onnx_scalar(node, "min", 1, -INFINITY);
	float hi = lw_onnx_scalar(node, "max", 2, INFINITY);

	if (isnan(lo) || isnan(hi))
		lw_onnx_refuse(node, "bounds %g to %g are not a range", lo, hi);
	return clamp(node, lo, hi);
}

/**
 * struct function - an operator with up to two numbers
 * @kind: ours
 * @name: of its attributes, or NULL
 * @value: that they have if they are absent
 */
struct function {
	enum lw_unary_kind kind;
	const char *name[2];
	float value[2];
};

static void read_numbers(struct onnx_node *node, const struct function *f,
			 struct lw_node *made)
{
	float number[2] = { 0 };
	int i;

	for (i = 0; i < 2; i++) {
		if (f->name[i])
			number[i] = lw_onnx_float(node, f->name[i],
						  f->value[i]);
		if (!isfinite(number[i]))
			lw_onnx_refuse(node, "%s is %g", f->name[i],
				       number[i]);
	}
	made->unary = f->kind;
	made->alpha = number[0];
	made->beta = number[1];
}

static int run(struct onnx_node *node, const struct function *f)
{
	const struct onnx_value *in = lw_onnx_activation(node, 0);
	struct lw_node made = { 0 };

	read_numbers(node, f, &made);
	return lw_onnx_result(node, 0, lw_onnx_unary(node, in, made.unary,
						     made.alpha, made.beta));
}

static int fold_function(struct onnx_node *node, const struct function *f)
{
	struct lw_node made = { 0 };

	read_numbers(node, f, &made);
	return fold(node, &made);
}

#define FUNCTION(ours, kind, ...) \
	static const struct function ours##_function = { \
		LW_UNARY_##kind, __VA_ARGS__ \
	}; \
	int lw_onnx_run_##ours(struct onnx_node *node) \
	{ \
		return run(node, &ours##_function); \
	} \
	int lw_onnx_fold_##ours(struct onnx_node *node) \
	{ \
		return fold_function(node, &ours##_function); \
	}

#define NONE { NULL, NULL }, { 0, 0 }
#define ALPHA(value) { "alpha", NULL }, { value, 0 }

FUNCTION(abs, ABS, NONE)
FUNCTION(acos, ACOS, NONE)
FUNCTION(acosh, ACOSH, NONE)
FUNCTION(asin, ASIN, NONE)
FUNCTION(asinh, ASINH, NONE)
FUNCTION(atan, ATAN, NONE)
FUNCTION(atanh, ATANH, NONE)
FUNCTION(ceil, CEIL, NONE)
FUNCTION(celu, CELU, ALPHA(1))
FUNCTION(cos, COS, NONE)
FUNCTION(cosh, COSH, NONE)
FUNCTION(elu, ELU, ALPHA(1))
FUNCTION(erf, ERF, NONE)
FUNCTION(exp, EXP, NONE)
FUNCTION(floor, FLOOR, NONE)
FUNCTION(hard_sigmoid, HARD_SIGMOID, { "alpha", "beta" }, { 0.2f, 0.5f })
FUNCTION(hard_swish, HARD_SWISH, NONE)
FUNCTION(leaky_relu, LEAKY_RELU, ALPHA(0.01f))
FUNCTION(log, LOG, NONE)
FUNCTION(mish, MISH, NONE)
FUNCTION(neg, NEG, NONE)
FUNCTION(reciprocal, RECIPROCAL, NONE)
FUNCTION(round, ROUND, NONE)
FUNCTION(selu, SELU, { "alpha", "gamma" }, { 1.67326319217681884765625f,
					     1.05070102214813232421875f })
FUNCTION(shrink, SHRINK, { "lambd", "bias" }, { 0.5f, 0 })
FUNCTION(sigmoid, SIGMOID, NONE)
FUNCTION(sign, SIGN, NONE)
FUNCTION(sin, SIN, NONE)
FUNCTION(sinh, SINH, NONE)
FUNCTION(softplus, SOFTPLUS, NONE)
FUNCTION(softsign, SOFTSIGN, NONE)
FUNCTION(sqrt, SQRT, NONE)
FUNCTION(swish, SWISH, ALPHA(1))
FUNCTION(tan, TAN, NONE)
FUNCTION(tanh, TANH, NONE)
FUNCTION(thresholded_relu, THRESHOLDED_RELU, ALPHA(1))

int lw_onnx_run_gelu(struct onnx_node *node)
{
	static const struct function exact = { LW_UNARY_GELU, NONE };
	static const struct function tanh = { LW_UNARY_GELU_TANH, NONE };

	if (lw_onnx_string_is(node, "approximate", "none", "none"))
		return run(node, &exact);
	if (lw_onnx_string_is(node, "approximate", "none", "tanh"))
		return run(node, &tanh);
	return lw_onnx_refuse(node, "approximate is neither none nor tanh");
}
