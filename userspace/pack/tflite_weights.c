// SPDX-License-Identifier: MIT
/* Weights of convolutions: float, quantised, and unsigned with zero points. */
#include <stdlib.h>

#include "tflite_import.h"

/**
 * struct unpack - weights on the way from a tensor
 * @op: whose
 * @tensor: from
 * @to: to
 * @rest: what its q cannot hold, of unsigned weights
 * @wide: some of @rest is not zero
 * @per: weights of an output channel
 * @depthwise: the output channel is the tensor's last dimension, not its first
 */
struct unpack {
	struct lw_tflite_op *op;
	const struct lw_tflite_tensor *tensor;
	struct lw_weights *to;
	int16_t *rest;
	bool wide;
	size_t per;
	bool depthwise;
};

/* Where the tensor has weight k of output channel o. */
static size_t place(const struct unpack *u, uint32_t o, size_t k)
{
	return u->depthwise ? k * u->to->o + o : o * u->per + k;
}

static float weight_scale(const struct lw_tflite_tensor *tensor, uint32_t o)
{
	return lw_fb_get_f32(tensor->scale.data +
			     (tensor->scale.n > 1 ? (size_t)4 * o : 0));
}

static int32_t weight_zero(const struct lw_tflite_tensor *tensor, uint32_t o)
{
	if (!tensor->zero_point.n)
		return 0;
	return (int32_t)lw_fb_get_u64(tensor->zero_point.data +
				      (tensor->zero_point.n > 1 ?
				       (size_t)8 * o : 0));
}

static int check_zero_points(struct unpack *u)
{
	const struct lw_tflite_tensor *tensor = u->tensor;
	bool is_signed = tensor->type == LW_TFLITE_INT8;
	uint32_t i;

	for (i = 0; i < tensor->zero_point.n; i++) {
		int64_t zero = (int64_t)lw_fb_get_u64(tensor->zero_point.data +
						      (size_t)8 * i);

		if (zero < 0 || zero > (is_signed ? 0 : 255))
			return lw_tflite_refuse(u->op, "its %s weights have zero point %lld; %s expected",
						lw_tflite_type_name(tensor->type),
						(long long)zero,
						is_signed ? "0" : "0 to 255");
	}
	return 0;
}

/* One scale, or one per output channel along the right dimension. */
static int check_scales(struct unpack *u)
{
	const struct lw_tflite_tensor *tensor = u->tensor;
	int32_t axis = u->depthwise ? (int32_t)tensor->n_dims - 1 : 0;
	uint32_t n = tensor->scale.n;
	uint32_t i;

	if ((n != 1 && n != u->to->o) ||
	    (tensor->zero_point.n && tensor->zero_point.n != n))
		return lw_tflite_refuse(u->op, "its weights have %u scales and %u zero points; 1 or %u expected",
					n, tensor->zero_point.n, u->to->o);
	if (n > 1 && tensor->axis != axis)
		return lw_tflite_refuse(u->op, "its weights have scales along dimension %d; %d expected",
					tensor->axis, axis);
	for (i = 0; i < n; i++) {
		float scale = weight_scale(tensor, i);

		if (!isfinite(scale) || scale <= 0)
			return lw_tflite_refuse(u->op, "its weights have scale %g; a number above zero expected",
						scale);
	}
	return check_zero_points(u);
}

/* Element of a real constant; quantised constants are signed or unsigned. */
static float real_at(const struct lw_tflite_tensor *tensor, size_t i,
		     uint32_t o)
{
	switch (tensor->type) {
	case LW_TFLITE_FLOAT32:
		return lw_fb_get_f32(tensor->data + 4 * i);
	case LW_TFLITE_FLOAT16:
		return lw_tflite_half(lw_fb_get_u16(tensor->data + 2 * i));
	case LW_TFLITE_INT8:
		return weight_scale(tensor, o) * (int8_t)tensor->data[i];
	default:
		return weight_scale(tensor, o) *
		       (tensor->data[i] - weight_zero(tensor, o));
	}
}

static bool is_real(const struct lw_tflite_tensor *tensor)
{
	return tensor->type == LW_TFLITE_FLOAT32 ||
	       tensor->type == LW_TFLITE_FLOAT16;
}

static bool is_quantised(const struct lw_tflite_tensor *tensor)
{
	return tensor->type == LW_TFLITE_INT8 ||
	       tensor->type == LW_TFLITE_UINT8;
}

/* For float activations; 8-bit weights then are only a smaller file. */
static int unpack_real(struct unpack *u)
{
	struct lw_weights *to = u->to;
	int ret = is_quantised(u->tensor) ? check_scales(u) : 0;
	uint32_t o;
	size_t k;

	if (ret)
		return ret;
	if (!is_real(u->tensor) && !is_quantised(u->tensor))
		return lw_tflite_refuse(u->op, "its weights are %s; FLOAT32, FLOAT16, INT8 or UINT8 expected",
					lw_tflite_type_name(u->tensor->type));
	for (o = 0; o < to->o; o++)
		for (k = 0; k < u->per; k++)
			to->real[o * u->per + k] =
				real_at(u->tensor, place(u, o, k), o);
	return 0;
}

static int unpack_real_bias(struct unpack *u,
			    const struct lw_tflite_tensor *bias)
{
	uint32_t o;

	if (!is_real(bias))
		return lw_tflite_refuse(u->op, "its bias is %s; FLOAT32 expected",
					lw_tflite_type_name(bias->type));
	for (o = 0; o < u->to->o; o++)
		u->to->bias[o] = real_at(bias, o, o);
	return 0;
}

/*
 * Differences to the zero point: nine bits. What int8 cannot hold of them is
 * the rest.
 */
static void split_channel(struct unpack *u, uint32_t o)
{
	int32_t zero = weight_zero(u->tensor, o);
	size_t k;

	for (k = 0; k < u->per; k++) {
		int32_t w = u->tensor->data[place(u, o, k)] - zero;
		int32_t q = w < -128 ? -128 : w > 127 ? 127 : w;

		u->to->q[o * u->per + k] = (int8_t)q;
		u->rest[o * u->per + k] = (int16_t)(w - q);
		u->wide |= w != q;
	}
}

static void copy_channel(struct unpack *u, uint32_t o)
{
	size_t k;

	for (k = 0; k < u->per; k++)
		u->to->q[o * u->per + k] =
			(int8_t)u->tensor->data[place(u, o, k)];
}

static int unpack_quantised(struct unpack *u, float in_scale)
{
	bool is_signed = u->tensor->type == LW_TFLITE_INT8;
	struct lw_weights *to = u->to;
	int ret = check_scales(u);
	uint32_t o;
	size_t k;

	if (ret)
		return ret;
	to->q = malloc(to->o * u->per);
	to->scale = calloc(to->o, sizeof(*to->scale));
	if (!is_signed)
		u->rest = malloc(to->o * u->per * sizeof(*u->rest));
	if (!to->q || !to->scale || (!is_signed && !u->rest))
		return -ENOMEM;
	for (o = 0; o < to->o; o++) {
		to->scale[o] = weight_scale(u->tensor, o);
		if (is_signed)
			copy_channel(u, o);
		else
			split_channel(u, o);
		for (k = o * u->per; k < (o + 1) * u->per; k++)
			to->real[k] = to->scale[o] * to->q[k];
		if (to->bias)
			to->bias[o] = (float)to->bias_q[o] *
				      (in_scale * to->scale[o]);
	}
	return 0;
}

static int read_quantised_bias(struct unpack *u,
			       const struct lw_tflite_tensor *bias)
{
	struct lw_weights *to = u->to;
	const struct lw_fb_vector list = { bias->data, to->o };
	uint32_t o;

	if (bias->type != LW_TFLITE_INT32)
		return lw_tflite_refuse(u->op, "its bias is %s; INT32 expected",
					lw_tflite_type_name(bias->type));
	to->bias_q = calloc(to->o, sizeof(*to->bias_q));
	if (!to->bias_q)
		return -ENOMEM;
	for (o = 0; o < to->o; o++)
		to->bias_q[o] = lw_tflite_index(&list, o);
	return 0;
}

static int unpack(struct unpack *u, const struct lw_value *in,
		  const struct lw_tflite_tensor *bias)
{
	int ret = 0;

	if (!in->quantised) {
		ret = unpack_real(u);
		if (!ret && bias)
			ret = unpack_real_bias(u, bias);
		return ret;
	}
	if (!is_quantised(u->tensor))
		return lw_tflite_refuse(u->op, "its weights are %s; INT8 or UINT8 expected",
					lw_tflite_type_name(u->tensor->type));
	if (bias)
		ret = read_quantised_bias(u, bias);
	return ret ? ret : unpack_quantised(u, in->scale);
}

/* Checks both constants, and takes their size from what may be unpacked. */
static int check_sizes(struct lw_tflite_op *op, const struct lw_weights *shape,
		       const struct lw_tflite_tensor *weights,
		       const struct lw_tflite_tensor *bias)
{
	size_t n, n_bias = shape->o;
	int ret = lw_tflite_constant(op, weights, "weights");

	if (!ret && bias)
		ret = lw_tflite_constant(op, bias, "bias");
	if (ret)
		return ret;
	if (bias && (!lw_tflite_elements(bias, &n_bias) || n_bias != shape->o))
		return lw_tflite_refuse(op, "its bias has %zu entries; %u expected",
					n_bias, shape->o);
	lw_tflite_elements(weights, &n);
	if (lw_tflite_may_unpack(op, n))
		return 0;
	return lw_tflite_refuse(op, "the model's operators share constants too often: more than 16 times the file, or %u in all",
				LW_MAX_ELEMENTS);
}

int lw_tflite_weights(struct lw_tflite_op *op, const struct lw_value *in,
		      const struct lw_weights *shape, bool depthwise,
		      uint32_t bias_input, struct lw_weights **weights,
		      int16_t **rest)
{
	const struct lw_tflite_tensor *bias = lw_tflite_input(op, bias_input);
	struct unpack u = {
		.op = op,
		.tensor = lw_tflite_input(op, 1),
		.per = (size_t)shape->kh * shape->kw * shape->i,
		.depthwise = depthwise,
	};
	int ret = check_sizes(op, shape, u.tensor, bias);

	if (ret)
		return ret;
	u.to = lw_weights_new(shape->o, shape->kh, shape->kw, shape->i, bias);
	if (!u.to)
		return -ENOMEM;
	ret = unpack(&u, in, bias);
	if (ret || !u.wide) {
		free(u.rest);
		u.rest = NULL;
	}
	if (ret) {
		lw_weights_free(u.to);
		return ret;
	}
	*weights = u.to;
	*rest = u.rest;
	return 0;
}
