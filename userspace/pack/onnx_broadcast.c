// SPDX-License-Identifier: MIT
/* Operands of different shapes, of which dimensions of 1 stand for any. */
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

/* Dimension @i of @n, counted from the last; those that are missing are 1. */
static uint32_t aligned(const struct onnx_shape *shape, uint32_t n, uint32_t i)
{
	return i + shape->n < n ? 1 : shape->dim[i + shape->n - n];
}

bool lw_onnx_broadcast(const struct onnx_shape *a, const struct onnx_shape *b,
		       struct onnx_shape *out)
{
	uint32_t i, x, y;

	*out = (struct onnx_shape){ .n = a->n > b->n ? a->n : b->n };
	for (i = 0; i < out->n; i++) {
		x = aligned(a, out->n, i);
		y = aligned(b, out->n, i);
		if (x != y && x != 1 && y != 1)
			return false;
		out->dim[i] = x == 1 ? y : x;
	}
	return true;
}

/* With dimensions of 1 before its own, @n in all. */
static struct onnx_value *align(struct onnx_node *node,
				const struct onnx_value *in, uint32_t n)
{
	struct onnx_shape shape = { .n = n };
	uint32_t i;

	for (i = 0; i < n; i++)
		shape.dim[i] = aligned(&in->shape, n, i);
	return lw_onnx_regroup(node, in, &shape);
}

static bool has_dims(const struct onnx_value *in, const struct onnx_shape *out)
{
	return !memcmp(in->shape.dim, out->dim, out->n * sizeof(*out->dim));
}

/* Whether along each axis all dimensions of @in are those of @out, or all 1. */
static bool is_uniform(const struct onnx_value *in, const struct onnx_shape *out,
		       const int8_t *axis)
{
	bool whole[3] = { false }, one[3] = { false };
	uint32_t i;

	for (i = 0; i < out->n; i++) {
		if (out->dim[i] == 1)
			continue;
		if (in->shape.dim[i] == 1)
			one[axis[i]] = true;
		else
			whole[axis[i]] = true;
	}
	return !(whole[0] && one[0]) && !(whole[1] && one[1]) &&
	       !(whole[2] && one[2]);
}

/* Which of the two repeat along a dimension. */
static unsigned int pattern(const struct onnx_value *const in[2],
			    const struct onnx_shape *out, uint32_t i)
{
	return (in[0]->shape.dim[i] != out->dim[i]) |
	       (in[1]->shape.dim[i] != out->dim[i]) << 1;
}

/*
 * Dimensions next to each other that repeat alike share an axis; false if that
 * takes more than three.
 */
static bool group(const struct onnx_value *const in[2],
		  const struct onnx_shape *out, int8_t *axis)
{
	int8_t last = ONNX_C + 1;
	unsigned int p, before = 0;
	uint32_t i;

	for (i = out->n; i-- > 0;) {
		if (out->dim[i] == 1)
			continue;
		p = pattern(in, out, i);
		if (last > ONNX_C || p != before)
			last--;
		if (last < ONNX_H)
			return false;
		axis[i] = last;
		before = p;
	}
	return true;
}

static bool choose_axes(const struct onnx_value *const in[2],
			const struct onnx_shape *out, int8_t *axis)
{
	if (has_dims(in[0], out) && lw_onnx_axes(in[0], axis) &&
	    is_uniform(in[1], out, axis))
		return true;
	if (has_dims(in[1], out) && lw_onnx_axes(in[1], axis) &&
	    is_uniform(in[0], out, axis))
		return true;
	lw_onnx_axes_last(out, axis);
	if (is_uniform(in[0], out, axis) && is_uniform(in[1], out, axis))
		return true;
	return group(in, out, axis);
}

/* One order of numbers in values of one size. */
static bool same_place(const struct onnx_value *a, const struct onnx_value *b)
{
	return a->value->h == b->value->h && a->value->w == b->value->w &&
	       a->value->c == b->value->c &&
	       a->shape.n_factors == b->shape.n_factors &&
	       !memcmp(a->shape.factor, b->shape.factor,
		       a->shape.n_factors * sizeof(*a->shape.factor));
}

int lw_onnx_pair(struct onnx_node *node, const struct onnx_value *a,
		 const struct onnx_value *b, struct onnx_pair *pair)
{
	const struct onnx_value *in[2];
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_shape out;
	uint32_t i;

	if (node->status || !a || !b)
		return node->status;
	if (!lw_onnx_broadcast(&a->shape, &b->shape, &out))
		return lw_onnx_refuse(node, "the shapes of its inputs do not fit");
	in[0] = align(node, a, out.n);
	in[1] = align(node, b, out.n);
	if (node->status)
		return node->status;
	if (same_place(in[0], in[1]) && has_dims(in[0], &out) &&
	    has_dims(in[1], &out)) {
		memcpy(pair->in, in, sizeof(in));
		pair->out = lw_onnx_new_like(node, in[0]);
		return node->status;
	}
	if (!choose_axes(in, &out, axis)) {
		in[0] = lw_onnx_expand(node, in[0], &out);
		in[1] = lw_onnx_expand(node, in[1], &out);
		lw_onnx_axes_last(&out, axis);
	}
	for (i = 0; i < 2; i++)
		pair->in[i] = lw_onnx_lay(node, in[i], axis);
	pair->out = lw_onnx_new(node, &out, axis);
	return node->status;
}

/* Whether all dimensions along which a constant varies are channels. */
static bool has_channels(const struct onnx_value *in, const bool *over,
			 int8_t *axis)
{
	uint32_t i;

	if (!lw_onnx_axes(in, axis))
		return false;
	for (i = 0; i < in->shape.n; i++)
		if (over[i] && axis[i] != ONNX_C)
			return false;
	return true;
}

bool lw_onnx_is_channelwise(const struct onnx_value *in,
			    const struct onnx_shape *constant)
{
	bool over[ONNX_MAX_DIMS] = { false };
	int8_t axis[ONNX_MAX_DIMS];
	uint32_t i, varies = 0;

	for (i = 0; i < constant->n; i++)
		varies += constant->dim[i] > 1;
	if (varies < 2 || constant->n > in->shape.n)
		return varies < 2;
	for (i = 0; i < in->shape.n; i++)
		over[i] = aligned(constant, in->shape.n, i) > 1;
	return has_channels(in, over, axis);
}

static int number_channels(struct onnx_node *node,
			   const struct onnx_shape *constant,
			   const int8_t *axis,
			   struct onnx_channelwise *wise)
{
	const struct onnx_shape *shape = &wise->in->shape;
	uint32_t i, k, channel, size, stride;

	wise->n = wise->in->value->c;
	wise->at = calloc(wise->n, sizeof(*wise->at));
	if (!wise->at)
		return node->status = -ENOMEM;
	for (k = 0; k < wise->n; k++) {
		channel = k;
		stride = 1;
		for (i = shape->n; i-- > 0;) {
			size = aligned(constant, shape->n, i);
			if (axis && axis[i] == ONNX_C) {
				if (size > 1)
					wise->at[k] += channel %
						       shape->dim[i] * stride;
				channel /= shape->dim[i];
			}
			stride *= size;
		}
	}
	return 0;
}

int lw_onnx_channelwise(struct onnx_node *node, const struct onnx_value *in,
			const struct onnx_shape *constant,
			struct onnx_channelwise *wise)
{
	bool over[ONNX_MAX_DIMS], any = false;
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_shape out;
	uint32_t i;

	*wise = (struct onnx_channelwise){ 0 };
	if (node->status || !in)
		return node->status;
	if (!lw_onnx_count(constant))
		return lw_onnx_refuse(node, "its constant is empty");
	if (!lw_onnx_broadcast(&in->shape, constant, &out))
		return lw_onnx_refuse(node, "the shapes of its input and its constant do not fit");
	wise->in = lw_onnx_expand(node, in, &out);
	for (i = 0; i < out.n; i++) {
		over[i] = aligned(constant, out.n, i) > 1;
		any = any || over[i];
	}
	if (any && wise->in && !has_channels(wise->in, over, axis)) {
		wise->in = lw_onnx_lay_over(node, wise->in, over);
		if (wise->in)
			lw_onnx_axes(wise->in, axis);
	}
	if (node->status)
		return node->status;
	return number_channels(node, constant, any ? axis : NULL, wise);
}

struct onnx_value *lw_onnx_affine(struct onnx_node *node,
				  const struct onnx_value *in,
				  const struct onnx_shape *shape,
				  const float *factor, const float *offset)
{
	struct lw_weights *weights = NULL;
	struct onnx_channelwise wise;
	struct onnx_value *out = NULL;
	struct lw_node *made = NULL;
	uint32_t i;

	if (!in || lw_onnx_channelwise(node, in, shape, &wise))
		return NULL;
	weights = lw_onnx_weights(node, wise.n, 1, 1, 1, true);
	for (i = 0; weights && i < wise.n; i++) {
		weights->real[i] = factor ? factor[wise.at[i]] : 1;
		weights->bias[i] = offset ? offset[wise.at[i]] : 0;
	}
	free(wise.at);
	out = lw_onnx_new_like(node, wise.in);
	made = lw_onnx_emit(node, LW_NODE_AFFINE, wise.in, out);
	if (!made) {
		lw_weights_free(weights);
		return NULL;
	}
	made->weights = weights;
	return out;
}
