// SPDX-License-Identifier: MIT
/* Conv, Gemm and MatMul: convolutions with constant weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_import.h"

/**
 * struct layout - where weights lie in their source
 * @o, @kh, @kw, @i: elements from one to the next
 * @axis: dimension of the output channels
 */
struct layout {
	size_t o, kh, kw, i;
	uint32_t axis;
};

static size_t count(const struct lw_weights *weights)
{
	return (size_t)weights->o * weights->kh * weights->kw * weights->i;
}

/* Calls for every weight, in our order: index here, index in the source. */
#define FOR_WEIGHTS(weights, layout, to, from) \
	for (size_t to = 0, from; to < count(weights) && \
	     (from = source_index(weights, layout, to), true); to++)

static size_t source_index(const struct lw_weights *weights,
			   const struct layout *layout, size_t to)
{
	size_t i = to % weights->i, kw, kh;

	to /= weights->i;
	kw = to % weights->kw;
	to /= weights->kw;
	kh = to % weights->kh;
	to /= weights->kh;
	return to * layout->o + kh * layout->kh + kw * layout->kw +
	       i * layout->i;
}

static void take_real(struct lw_weights *weights, const float *real,
		      const struct layout *layout)
{
	FOR_WEIGHTS(weights, layout, to, from)
		weights->real[to] = real[from];
}

static int take_scales(struct onnx_node *node, struct lw_weights *weights,
		       const struct onnx_constant *from,
		       const struct layout *layout)
{
	uint32_t o;

	if (from->n_scale != 1 &&
	    (from->axis != layout->axis || from->n_scale != weights->o))
		return lw_onnx_refuse(node, "weights have scales along axis %u, expected %u, the output channels",
				      from->axis, layout->axis);
	weights->scale = calloc(weights->o, sizeof(*weights->scale));
	if (!weights->scale)
		return node->status = -ENOMEM;
	for (o = 0; o < weights->o; o++)
		weights->scale[o] = from->scale[from->n_scale == 1 ? 0 : o];
	return 0;
}

/*
 * Weights less their zero point are ours, whatever the type, if they are in
 * the range of int8.
 */
static int take_quantised(struct onnx_node *node, struct lw_weights *weights,
			  const struct onnx_constant *from,
			  const struct layout *layout)
{
	size_t per_output = count(weights) / weights->o;
	int64_t q, zero = 0;

	if (take_scales(node, weights, from, layout))
		return node->status;
	weights->q = calloc(count(weights), sizeof(*weights->q));
	if (!weights->q)
		return node->status = -ENOMEM;
	FOR_WEIGHTS(weights, layout, to, at) {
		if (from->zero)
			zero = from->zero[from->n_scale == 1 ? 0 :
					  to / per_output];
		q = from->q[at] - zero;
		if (q < INT8_MIN || q > INT8_MAX)
			return lw_onnx_refuse(node, "a weight less its zero point is %lld, expected -128 to 127",
					      (long long)q);
		weights->q[to] = q;
	}
	return 0;
}

/*
 * A bias in units of input scale x weight scale: the source's own number, if
 * it has that unit.
 */
static double bias_units(const struct onnx_constant *from, float real,
			 float unit, uint32_t o)
{
	uint32_t at = from->n_scale == 1 ? 0 : o;

	if (from->q && o < from->n && at < from->n_scale &&
	    fabsf(from->scale[at] - unit) <= unit * 1e-6f)
		return from->q[o] - (from->zero ? from->zero[at] : 0);
	return rint((double)real / unit);
}

static int quantise_bias(struct onnx_node *node, struct lw_weights *weights,
			 const struct onnx_constant *from, float in_scale)
{
	double units;
	float unit;
	uint32_t o;

	weights->bias_q = calloc(weights->o, sizeof(*weights->bias_q));
	if (!weights->bias_q)
		return node->status = -ENOMEM;
	for (o = 0; o < weights->o; o++) {
		unit = in_scale * weights->scale[o];
		units = bias_units(from, weights->bias[o], unit, o);
		if (!(fabs(units) <= INT32_MAX))
			return lw_onnx_refuse(node, "bias %u is %g, more than 32 bits of %g",
					      o, weights->bias[o], unit);
		weights->bias_q[o] = units;
	}
	return 0;
}

static int take_bias(struct onnx_node *node, struct lw_weights *weights,
		     const struct onnx_value *bias)
{
	const struct onnx_constant *from = bias->constant;
	const struct onnx_shape *shape = &bias->shape;
	uint32_t o;

	if (shape->n && shape->dim[shape->n - 1] != from->n)
		return lw_onnx_refuse(node, "bias varies along more than the output channels");
	if (from->n != 1 && from->n != weights->o)
		return lw_onnx_refuse(node, "bias of %zu numbers, expected %u",
				      from->n, weights->o);
	for (o = 0; o < weights->o; o++)
		weights->bias[o] = from->real[from->n == 1 ? 0 : o];
	return 0;
}

/* All constants of a convolution; @bias may be NULL. */
static int take_constants(struct onnx_node *node, struct lw_weights *weights,
			  const struct onnx_value *in,
			  const struct onnx_value *source,
			  const struct layout *layout,
			  const struct onnx_value *bias)
{
	take_real(weights, source->constant->real, layout);
	if (bias && take_bias(node, weights, bias))
		return node->status;
	if (!source->constant->q || !in->rounded)
		return 0;
	if (take_quantised(node, weights, source->constant, layout))
		return node->status;
	if (bias)
		quantise_bias(node, weights, bias->constant, in->value->scale);
	return node->status;
}

/* Weights [o, i, kh, kw] or [o, i, kw], and groups, that fit the input. */
static int check_conv(struct onnx_node *node, const struct onnx_value *in,
		      const struct onnx_shape *w, uint32_t groups)
{
	uint32_t i;

	if (w->n != in->shape.n)
		return lw_onnx_refuse(node, "weights of %u dimensions, expected %u",
				      w->n, in->shape.n);
	for (i = 0; i < w->n; i++)
		if (!w->dim[i] || w->dim[i] > LW_MAX_DIM)
			return lw_onnx_refuse(node, "weights' dimension %u is %u",
					      i, w->dim[i]);
	if ((uint64_t)w->dim[1] * groups != in->value->c ||
	    w->dim[0] % groups)
		return lw_onnx_refuse(node, "%u outputs of %u inputs in %u groups do not fit %u channels",
				      w->dim[0], w->dim[1], groups,
				      in->value->c);
	return 0;
}

static void emit_conv(struct onnx_node *node, struct onnx_value *in,
		      struct lw_weights *weights, uint32_t groups,
		      const struct lw_window *window,
		      const struct onnx_shape *shape)
{
	bool depthwise = groups > 1 && groups == weights->o && weights->i == 1;
	struct lw_node *made;

	made = lw_onnx_emit(node, depthwise ? LW_NODE_DWCONV : LW_NODE_CONV,
			    in, lw_onnx_define(node, 0, shape));
	if (!made) {
		lw_weights_free(weights);
		return;
	}
	made->window = *window;
	made->groups = depthwise ? 1 : groups;
	made->weights = weights;
}

int lw_onnx_run_conv(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_image(node, 0);
	const struct onnx_value *source = lw_onnx_constant(node, 1), *bias;
	uint32_t groups = lw_onnx_int_in(node, "group", 1, 1, LW_MAX_DIM);
	struct lw_weights *weights;
	struct lw_window window;
	struct onnx_shape shape;
	struct layout layout = { 0 };
	const uint32_t *dim;
	uint32_t kh, kw, size[2];

	bias = lw_onnx_in(node, 2) ? lw_onnx_constant(node, 2) : NULL;
	if (node->status || check_conv(node, in, &source->shape, groups))
		return node->status;
	dim = source->shape.dim;
	kh = source->shape.n == 4 ? dim[2] : 1;
	kw = dim[source->shape.n - 1];
	lw_onnx_window(node, in, kh, kw, &window, size);
	weights = lw_onnx_weights(node, dim[0], kh, kw, dim[1], bias);
	if (!weights)
		return node->status;
	layout.kw = 1;
	layout.kh = kw;
	layout.i = (size_t)kh * kw;
	layout.o = layout.i * dim[1];
	take_constants(node, weights, in, source, &layout, bias);
	shape = lw_onnx_image_shape(in->shape.n, dim[0], size);
	emit_conv(node, in, weights, groups, &window, &shape);
	return node->status;
}

/* A matrix of @o columns of @i numbers, as a convolution of 1 x 1. */
static int multiply(struct onnx_node *node, bool transposed, float alpha,
		    const struct onnx_value *bias, float beta)
{
	static const struct lw_window one = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 };
	struct onnx_value *in = lw_onnx_channels_last(node, 0);
	const struct onnx_value *source = lw_onnx_constant(node, 1);
	struct lw_weights *weights;
	struct layout layout = { .axis = !transposed };
	struct onnx_shape shape;
	uint32_t i, o, k;

	if (node->status)
		return node->status;
	if (source->shape.n != 2)
		return lw_onnx_refuse(node, "weights of %u dimensions, expected 2",
				      source->shape.n);
	i = source->shape.dim[transposed];
	o = source->shape.dim[!transposed];
	if (i != in->value->c || !o || o > LW_MAX_DIM)
		return lw_onnx_refuse(node, "weights for %u outputs of %u inputs on an input of %u channels",
				      o, i, in->value->c);
	layout.o = transposed ? i : 1;
	layout.i = transposed ? 1 : o;
	weights = lw_onnx_weights(node, o, 1, 1, i, bias);
	if (!weights)
		return node->status;
	take_constants(node, weights, in, source, &layout, bias);
	if (weights->q && (alpha != 1 || (bias && beta != 1)))
		lw_onnx_refuse(node, "alpha is %g and beta is %g, expected 1 where weights are quantised",
			       alpha, beta);
	for (k = 0; alpha != 1 && k < count(weights); k++)
		weights->real[k] *= alpha;
	for (k = 0; bias && k < o; k++)
		weights->bias[k] *= beta;
	shape = in->shape;
	shape.dim[shape.n - 1] = o;
	shape.axis[shape.n - 1] = ONNX_C;
	emit_conv(node, in, weights, 1, &one, &shape);
	return node->status;
}

int lw_onnx_run_gemm(struct onnx_node *node)
{
	bool transposed = lw_onnx_int_in(node, "transB", 0, 0, 1);
	float alpha = lw_onnx_float(node, "alpha", 1);
	float beta = lw_onnx_float(node, "beta", 1);
	const struct onnx_value *bias = lw_onnx_in(node, 2);

	lw_onnx_int_in(node, "transA", 0, 0, 0);
	if (bias)
		bias = lw_onnx_constant(node, 2);
	return multiply(node, transposed, alpha, bias, beta);
}

int lw_onnx_run_matmul(struct onnx_node *node)
{
	return multiply(node, false, 1, NULL, 1);
}
