// SPDX-License-Identifier: MIT
/*
 * LRN: each number divided by a power of the mean of squares of the channels
 * around it. That mean is a convolution, most of whose weights are zeros.
 */
#include <math.h>

#include "onnx_make.h"

/* @size x @size channels: 1 for those around each, times @factor. */
static void set_band(struct lw_weights *weights, int64_t size, float factor,
		     float bias)
{
	int64_t n = weights->o, o, i, last;

	for (o = 0; o < n; o++) {
		i = o - (size - 1) / 2;
		last = o + size / 2;
		for (i = i < 0 ? 0 : i; i <= last && i < n; i++)
			weights->real[o * n + i] = factor;
		weights->bias[o] = bias;
	}
}

static struct onnx_value *sum_around(struct onnx_node *node,
				     const struct onnx_value *in, int64_t size)
{
	float alpha = lw_onnx_float(node, "alpha", 1e-4f);
	float bias = lw_onnx_float(node, "bias", 1);
	struct lw_weights *weights;
	struct onnx_value *out;
	struct lw_node *made;

	if (!in)
		return NULL;
	weights = lw_onnx_weights(node, in->value->c, 1, 1, in->value->c, true);
	if (!weights)
		return NULL;
	set_band(weights, size, alpha / size, bias);
	out = lw_onnx_new_like(node, in);
	made = lw_onnx_emit(node, LW_NODE_CONV, in, out);
	if (!made) {
		lw_weights_free(weights);
		return NULL;
	}
	made->window = (struct lw_window){ 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 };
	made->weights = weights;
	return out;
}

int lw_onnx_run_lrn(struct onnx_node *node)
{
	const struct onnx_value *in = lw_onnx_activation(node, 0);
	int64_t size = lw_onnx_int_in(node, "size", 0, 1, LW_MAX_DIM);
	float beta = lw_onnx_float(node, "beta", 0.75f);
	bool over[ONNX_MAX_DIMS] = { false };
	struct onnx_value *sum;

	if (!isfinite(beta))
		lw_onnx_refuse(node, "beta is %g", beta);
	if (in && in->shape.n < 2)
		lw_onnx_refuse(node, "input of %u dimensions, expected 2 or more",
			       in->shape.n);
	over[1] = true;
	in = lw_onnx_lay_over(node, in, over);
	sum = lw_onnx_unary(node, in, LW_UNARY_SQUARE, 0, 0);
	sum = sum_around(node, sum, size);
	sum = lw_onnx_unary(node, sum, LW_UNARY_POW, -beta, 0);
	return lw_onnx_result(node, 0, lw_onnx_mul(node, in, sum));
}
