// SPDX-License-Identifier: MIT
/* Constants of convolutions: real, or quantised as the model has them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_weights.h"

static size_t count(const struct lw_weights *weights)
{
	return (size_t)weights->o * weights->kh * weights->kw * weights->i;
}

/* Calls for every weight, in our order: index here, index in the source. */
#define FOR_WEIGHTS(weights, layout, to, from) \
	for (size_t to = 0, from; to < count(weights) && \
	     (from = source_index(weights, layout, to), true); to++)

static size_t source_index(const struct lw_weights *weights,
			   const struct onnx_layout *layout, size_t to)
{
	size_t i = to % weights->i, kw, kh;

	to /= weights->i;
	kw = to % weights->kw;
	to /= weights->kw;
	kh = to % weights->kh;
	to /= weights->kh;
	if (layout->per_group)
		i = i * layout->i + to / layout->per_group * layout->group;
	else
		i *= layout->i;
	if (layout->per_group)
		to %= layout->per_group;
	return to * layout->o + kh * layout->kh + kw * layout->kw + i;
}

static void take_real(struct lw_weights *weights, const float *real,
		      const struct onnx_layout *layout)
{
	FOR_WEIGHTS(weights, layout, to, from)
		weights->real[to] = real[from];
}

static int take_scales(struct onnx_node *node, struct lw_weights *weights,
		       const struct onnx_constant *from,
		       const struct onnx_layout *layout)
{
	uint32_t o;

	if (from->n_scale != 1 &&
	    (from->axis != layout->axis || (from->n_scale != weights->o &&
					    from->n_scale != layout->per_group)))
		return lw_onnx_refuse(node, "weights have scales along axis %u, expected %u, the output channels",
				      from->axis, layout->axis);
	weights->scale = calloc(weights->o, sizeof(*weights->scale));
	if (!weights->scale)
		return node->status = -ENOMEM;
	for (o = 0; o < weights->o; o++)
		weights->scale[o] = from->scale[o % from->n_scale];
	return 0;
}

/* A weight less its zero point; groups may have the same scales each. */
static int64_t difference(const struct onnx_constant *from, size_t at,
			  uint32_t o)
{
	int64_t zero = from->zero ? from->zero[o % from->n_scale] : 0;

	return from->q[at] - zero;
}

/* How many bytes it takes to add up to a weight. */
static uint32_t bytes_for(int64_t q)
{
	return q < 0 ? (-q - INT8_MIN - 1) / -INT8_MIN :
		       (q + INT8_MAX - 1) / INT8_MAX;
}

/* Makes room for @n bytes each: all but the first multiply copies of inputs. */
static int widen(struct onnx_node *node, struct lw_weights *weights, uint32_t n)
{
	size_t size = count(weights) * n;
	float *real;

	if (lw_onnx_charge(node->im, size * 5))
		return lw_onnx_refuse(node, "the model's weights take more memory than its size explains");
	real = realloc(weights->real, size * sizeof(*real));
	if (!real)
		return node->status = -ENOMEM;
	weights->real = real;
	weights->i *= n;
	return 0;
}

/* Weights as @n bytes each. */
static int set_bytes(struct onnx_node *node, struct lw_weights *weights,
		     const int16_t *wide, uint32_t n)
{
	size_t i, size, per_output;
	int16_t rest = 0;

	if (n > 1 && widen(node, weights, n))
		return node->status;
	size = count(weights);
	per_output = size / weights->o;
	weights->q = calloc(size, sizeof(*weights->q));
	if (!weights->q)
		return node->status = -ENOMEM;
	for (i = 0; i < size; i++) {
		if (i % n == 0)
			rest = wide[i / n];
		weights->q[i] = rest < INT8_MIN ? INT8_MIN :
				rest > INT8_MAX ? INT8_MAX : rest;
		rest -= weights->q[i];
		if (n > 1)
			weights->real[i] = weights->scale[i / per_output] *
					   weights->q[i];
	}
	return 0;
}

/*
 * Weights less their zero point are ours, whatever the type, if they are in
 * the range of int8. What is beyond it is left to copies of the input.
 */
static int take_quantised(struct onnx_node *node, struct lw_weights *weights,
			  const struct onnx_constant *from,
			  const struct onnx_layout *layout)
{
	size_t n = count(weights), per_output = n / weights->o;
	uint32_t most = 1;
	int16_t *wide;
	int64_t q;

	if (take_scales(node, weights, from, layout))
		return node->status;
	wide = calloc(n, sizeof(*wide));
	if (!wide)
		return node->status = -ENOMEM;
	FOR_WEIGHTS(weights, layout, to, at) {
		q = difference(from, at, to / per_output);
		if (q < -255 || q > 255) {
			lw_onnx_refuse(node, "a weight less its zero point is %lld, expected -255 to 255",
				       (long long)q);
			break;
		}
		most = bytes_for(q) > most ? bytes_for(q) : most;
		wide[to] = q;
	}
	if (!node->status)
		set_bytes(node, weights, wide, most);
	free(wide);
	return node->status;
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

int lw_onnx_take_weights(struct onnx_node *node, struct lw_weights *weights,
			 const struct onnx_value *in,
			 const struct onnx_value *source,
			 const struct onnx_layout *layout,
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

/* Each channel @n times, one behind the other. */
static struct onnx_value *repeat_channels(struct onnx_node *node,
					  const struct onnx_value *in,
					  uint32_t n)
{
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_value *out;
	struct onnx_shape shape;

	if (!in || !lw_onnx_axes(in, axis))
		return NULL;
	shape = in->shape;
	if (shape.n == ONNX_MAX_DIMS) {
		lw_onnx_refuse(node, "wide weights on %d dimensions",
			       ONNX_MAX_DIMS);
		return NULL;
	}
	axis[shape.n] = ONNX_C;
	shape.dim[shape.n++] = 1;
	out = lw_onnx_regroup(node, in, &shape);
	shape.dim[shape.n - 1] = n;
	return lw_onnx_lay(node, lw_onnx_expand(node, out, &shape), axis);
}

struct onnx_value *lw_onnx_convolve(struct onnx_node *node,
				    const struct onnx_value *in,
				    struct lw_weights *weights, uint32_t groups,
				    const struct lw_window *window,
				    struct onnx_value *out)
{
	static const struct lw_window one = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 };
	struct lw_node *made = NULL;
	bool depthwise;

	if (!weights)
		return NULL;
	if (in && weights->i * groups != in->value->c)
		in = repeat_channels(node, in,
				     weights->i * groups / in->value->c);
	depthwise = groups > 1 && groups == weights->o && weights->i == 1;
	made = lw_onnx_emit(node, depthwise ? LW_NODE_DWCONV : LW_NODE_CONV,
			    in, out);
	if (!made) {
		lw_weights_free(weights);
		return NULL;
	}
	made->window = window ? *window : one;
	made->groups = depthwise ? 1 : groups;
	made->weights = weights;
	return out;
}

struct onnx_value *lw_onnx_map(struct onnx_node *node,
			       const struct onnx_value *in, uint32_t dim,
			       struct lw_weights *weights)
{
	bool over[ONNX_MAX_DIMS] = { false };
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_value *out = NULL;
	struct onnx_shape shape;

	over[dim] = true;
	in = lw_onnx_lay_over(node, in, over);
	if (in && weights && lw_onnx_axes(in, axis)) {
		shape = in->shape;
		shape.dim[dim] = weights->o;
		axis[dim] = ONNX_C;
		out = lw_onnx_new(node, &shape, axis);
	}
	return lw_onnx_convolve(node, in, weights, 1, NULL, out);
}
