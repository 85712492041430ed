// SPDX-License-Identifier: MIT
/* Operators that put numbers in another order, or repeat them. */
#include "tflite_view.h"

enum {
	DEPTH_TO_SPACE_BLOCK = 0,
	SPACE_TO_DEPTH_BLOCK = 0,
};

/* Without dimensions of 1, and with those joined that go on in steps. */
static void simplify(struct lw_tflite_order *order)
{
	uint32_t i, n = 0;

	for (i = 0; i < order->n; i++) {
		uint32_t size = order->size[i], stride = order->stride[i];

		if (size == 1)
			continue;
		if (n && order->stride[n - 1] == size * stride) {
			order->size[n - 1] *= size;
			order->stride[n - 1] = stride;
			continue;
		}
		order->size[n] = size;
		order->stride[n++] = stride;
	}
	order->n = n;
}

int lw_tflite_arrange(struct lw_tflite_op *op, struct lw_value **value,
		      const struct lw_tflite_dims *dims,
		      const struct lw_tflite_order *order)
{
	struct lw_tflite_order simple = *order;
	struct lw_value *in = *value;
	uint32_t hwc[3], i;
	int ret;

	simplify(&simple);
	lw_tflite_hwc(dims, hwc);
	/* In order: only its shape is another. */
	if (!simple.n || (simple.n == 1 && simple.stride[0] == 1))
		return lw_tflite_view(op, in, hwc, value);
	for (i = 0; i < 3; i++)
		if (hwc[i] > LW_MAX_DIM)
			return lw_tflite_refuse(op, "it makes %ux%ux%u; at most %d each expected",
						hwc[0], hwc[1], hwc[2],
						LW_MAX_DIM);
	if (simple.n > LW_MAX_SIZES)
		return lw_tflite_refuse(op, "it moves %u dimensions by themselves; at most %d expected",
					simple.n, LW_MAX_SIZES);
	ret = lw_tflite_derive(op, in, hwc[0], hwc[1], hwc[2], value);
	return ret ? ret : lw_tflite_reorder(op, in, *value, simple.n,
					     simple.size, simple.stride);
}

int lw_tflite_repeat(struct lw_tflite_op *op, struct lw_value **value,
		     const struct lw_tflite_dims *dims,
		     const struct lw_tflite_dims *out)
{
	struct lw_tflite_order order = { .n = out->n };
	uint32_t i;

	for (i = 0; i < out->n; i++) {
		order.size[i] = out->d[i];
		if (dims->d[i] != 1)
			order.stride[i] = lw_tflite_product(dims, i + 1,
							    dims->n);
	}
	return lw_tflite_arrange(op, value, out, &order);
}

static int read_input(struct lw_tflite_op *op, struct lw_value **in,
		      struct lw_tflite_dims *dims)
{
	int ret = lw_tflite_input_value(op, 0, in);

	return ret ? ret : lw_tflite_dims(op, lw_tflite_input(op, 0), dims);
}

/* The whole operator: its input in another order. */
static int reorder(struct lw_tflite_op *op, struct lw_value *in,
		   const struct lw_tflite_dims *dims,
		   const struct lw_tflite_order *order)
{
	int ret = lw_tflite_arrange(op, &in, dims, order);

	return ret ? ret : lw_tflite_deliver(op, in, lw_tflite_output(op));
}

int lw_tflite_transpose(struct lw_tflite_op *op)
{
	int64_t from[LW_TFLITE_MAX_DIMS];
	struct lw_tflite_order order = { 0 };
	struct lw_tflite_dims dims, out;
	uint32_t i, axis, seen = 0;
	struct lw_value *in;
	int ret = read_input(op, &in, &dims);

	if (!ret)
		ret = lw_tflite_integers(op, 1, "permutation", from, dims.n);
	out = dims;
	for (i = 0; !ret && i < dims.n; i++) {
		ret = lw_tflite_axis(op, from[i], dims.n, &axis);
		if (ret)
			return ret;
		seen |= 1u << axis;
		out.d[i] = dims.d[axis];
		order.size[i] = dims.d[axis];
		order.stride[i] = lw_tflite_product(&dims, axis + 1, dims.n);
	}
	if (!ret && seen != (1u << dims.n) - 1)
		ret = lw_tflite_refuse(op, "its permutation leaves out a dimension");
	order.n = out.n;
	return ret ? ret : reorder(op, in, &out, &order);
}

int lw_tflite_tile(struct lw_tflite_op *op)
{
	int64_t times[LW_TFLITE_MAX_DIMS];
	struct lw_tflite_order order = { 0 };
	struct lw_tflite_dims dims, out;
	struct lw_value *in;
	uint32_t i;
	int ret = read_input(op, &in, &dims);

	if (!ret)
		ret = lw_tflite_integers(op, 1, "list of multiples", times,
					 dims.n);
	out = dims;
	for (i = 0; !ret && i < dims.n; i++) {
		if (times[i] < 1 || times[i] > LW_MAX_ELEMENTS / dims.d[i])
			return lw_tflite_refuse(op, "it repeats dimension %u %lld times; 1 to %u expected",
						i, (long long)times[i],
						LW_MAX_ELEMENTS / dims.d[i]);
		out.d[i] = dims.d[i] * (uint32_t)times[i];
		order.size[order.n++] = (uint32_t)times[i];
		order.size[order.n] = dims.d[i];
		order.stride[order.n++] = lw_tflite_product(&dims, i + 1,
							    dims.n);
	}
	return ret ? ret : reorder(op, in, &out, &order);
}

int lw_tflite_broadcast_to(struct lw_tflite_op *op)
{
	struct lw_tflite_dims own, dims, out;
	struct lw_value *in;
	uint32_t i, more;
	int ret = read_input(op, &in, &own);

	if (!ret)
		ret = lw_tflite_dims(op, lw_tflite_output(op), &out);
	if (ret)
		return ret;
	if (own.n > out.n)
		return lw_tflite_refuse(op, "its input has %u dimensions, its output %u",
					own.n, out.n);
	dims = out;
	more = out.n - own.n;
	for (i = 0; i < out.n; i++) {
		dims.d[i] = i < more ? 1 : own.d[i - more];
		if (dims.d[i] != 1 && dims.d[i] != out.d[i])
			return lw_tflite_refuse(op, "dimension %u of its input is %u, of its output %u",
						i, dims.d[i], out.d[i]);
	}
	ret = lw_tflite_repeat(op, &in, &dims, &out);
	return ret ? ret : lw_tflite_deliver(op, in, lw_tflite_output(op));
}

static int read_block(struct lw_tflite_op *op, struct lw_value **in,
		      struct lw_tflite_dims *dims, uint32_t *block)
{
	int32_t size = lw_fb_i32(&op->source->options, DEPTH_TO_SPACE_BLOCK, 0);
	int ret = lw_tflite_image(op, lw_tflite_input(op, 0));

	if (!ret)
		ret = read_input(op, in, dims);
	if (!ret && (size < 1 || size > 255))
		ret = lw_tflite_refuse(op, "its block is %d; 1 to 255 expected",
				       size);
	*block = (uint32_t)size;
	return ret;
}

int lw_tflite_depth_to_space(struct lw_tflite_op *op)
{
	struct lw_tflite_dims dims;
	struct lw_value *in;
	uint32_t b, h, w, c;
	int ret = read_block(op, &in, &dims, &b);

	if (ret)
		return ret;
	h = in->h;
	w = in->w;
	c = in->c / (b * b);
	if (in->c % (b * b))
		return lw_tflite_refuse(op, "its block of %u does not divide %u channels",
					b, in->c);
	dims.d[1] = h * b;
	dims.d[2] = w * b;
	dims.d[3] = c;
	return reorder(op, in, &dims, &(struct lw_tflite_order){
		.n = 5,
		.size = { h, b, w, b, c },
		.stride = { w * in->c, b * c, in->c, c, 1 },
	});
}

int lw_tflite_space_to_depth(struct lw_tflite_op *op)
{
	struct lw_tflite_dims dims;
	struct lw_value *in;
	uint32_t b, w, c;
	int ret = read_block(op, &in, &dims, &b);

	if (ret)
		return ret;
	w = in->w;
	c = in->c;
	if (in->h % b || w % b)
		return lw_tflite_refuse(op, "its block of %u does not divide %ux%u pixels",
					b, in->h, w);
	dims.d[1] = in->h / b;
	dims.d[2] = w / b;
	dims.d[3] = c * b * b;
	return reorder(op, in, &dims, &(struct lw_tflite_order){
		.n = 5,
		.size = { in->h / b, w / b, b, b, c },
		.stride = { b * w * c, b * c, w * c, c, 1 },
	});
}
