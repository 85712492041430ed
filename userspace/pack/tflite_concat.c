// SPDX-License-Identifier: MIT
/* Operators that join tensors along a dimension, an old one or a new. */
#include <stdlib.h>

#include "tflite_view.h"

enum {
	CONCATENATION_AXIS = 0,
	CONCATENATION_ACTIVATION = 1,
	PACK_AXIS = 1,
};

/* An input in the scale of the output. */
static int read_part(struct lw_tflite_op *op, uint32_t i,
		     const struct lw_value *like, struct lw_value **part)
{
	struct lw_value *in;
	struct lw_node *node;
	int ret = lw_tflite_input_value(op, i, &in);

	if (!ret)
		ret = lw_tflite_keeps_type(op, in, like);
	if (ret)
		return ret;
	*part = in;
	if (lw_tflite_same_quanta(in, like))
		return 0;
	ret = lw_tflite_derive(op, like, in->h, in->w, in->c, part);
	return ret ? ret : lw_tflite_node(op, LW_NODE_REQUANT, &in, 1, *part,
					  &node);
}

/*
 * All inputs next to each other along @axis of @dims, the output's shape, of
 * which each has a part.
 */
static int join(struct lw_tflite_op *op, const struct lw_tflite_dims *dims,
		uint32_t axis, const uint32_t *sizes, struct lw_value **parts)
{
	struct lw_tflite_dims part = *dims;
	uint32_t i, n = op->source->inputs.n, hwc[3];
	struct lw_value *whole;
	struct lw_node *node;
	enum lw_axis at;
	int ret = 0;

	for (i = 0; i < n && !ret; i++) {
		part.d[axis] = sizes[i];
		/* What is h for a part may be none of h, w, c of the whole. */
		if (lw_tflite_axis_in(dims, axis, &at)) {
			lw_tflite_hwc(&part, hwc);
		} else {
			at = LW_AXIS_W;
			lw_tflite_around(&part, axis, hwc);
		}
		ret = lw_tflite_view(op, parts[i], hwc, &parts[i]);
	}
	if (ret)
		return ret;
	hwc[at] = dims->d[axis];
	ret = lw_tflite_derive(op, parts[0], hwc[0], hwc[1], hwc[2], &whole);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_CONCAT, parts, n, whole,
				     &node);
	if (ret)
		return ret;
	node->axis = at;
	return lw_tflite_deliver(op, whole, lw_tflite_output(op));
}

/* Sizes along the axis; all else is the output's. */
static int check_parts(struct lw_tflite_op *op,
		       const struct lw_tflite_dims *whole, uint32_t axis,
		       uint32_t *sizes)
{
	struct lw_tflite_dims part;
	uint32_t i, k;
	uint64_t sum = 0;
	int ret;

	for (i = 0; i < op->source->inputs.n; i++) {
		ret = lw_tflite_dims(op, lw_tflite_input(op, i), &part);
		if (ret)
			return ret;
		if (part.n != whole->n)
			return lw_tflite_refuse(op, "input %u has %u dimensions, the output %u",
						i, part.n, whole->n);
		for (k = 0; k < part.n; k++)
			if (k != axis && part.d[k] != whole->d[k])
				return lw_tflite_refuse(op, "dimension %u of input %u is %u; the output's is %u",
							k, i, part.d[k],
							whole->d[k]);
		sizes[i] = part.d[axis];
		sum += sizes[i];
	}
	if (sum == whole->d[axis])
		return 0;
	return lw_tflite_refuse(op, "its inputs' sizes add up to %llu, the output's is %u",
				(unsigned long long)sum, whole->d[axis]);
}

/* What PACK joins has the output's shape without the axis. */
static int check_packed(struct lw_tflite_op *op,
			const struct lw_tflite_dims *whole, uint32_t axis,
			uint32_t *sizes)
{
	uint32_t i, n = op->source->inputs.n;
	struct lw_tflite_dims part;
	int ret;

	for (i = 0; i < n; i++) {
		sizes[i] = 1;
		ret = lw_tflite_dims(op, lw_tflite_input(op, i), &part);
		if (ret)
			return ret;
		if (lw_tflite_product(&part, 0, part.n) !=
		    lw_tflite_product(whole, 0, whole->n) / n)
			return lw_tflite_refuse(op, "input %u has another number of elements than the others",
						i);
	}
	if (n == whole->d[axis])
		return 0;
	return lw_tflite_refuse(op, "it packs %u inputs to %u", n,
				whole->d[axis]);
}

static int concatenate(struct lw_tflite_op *op, int32_t number,
		       int (*check)(struct lw_tflite_op *op,
				    const struct lw_tflite_dims *whole,
				    uint32_t axis, uint32_t *sizes))
{
	uint32_t i, axis, n = op->source->inputs.n;
	struct lw_value **parts, like = { 0 };
	struct lw_tflite_dims dims;
	uint32_t *sizes;
	int ret = lw_tflite_describe(op, lw_tflite_output(op), &like);

	if (!ret)
		ret = lw_tflite_dims(op, lw_tflite_output(op), &dims);
	if (!ret)
		ret = lw_tflite_axis(op, number, dims.n, &axis);
	if (ret)
		return ret;
	parts = calloc(n, sizeof(*parts));
	sizes = calloc(n, sizeof(*sizes));
	if (!parts || !sizes)
		ret = -ENOMEM;
	for (i = 0; i < n && !ret; i++)
		ret = read_part(op, i, &like, &parts[i]);
	if (!ret)
		ret = check(op, &dims, axis, sizes);
	if (!ret)
		ret = join(op, &dims, axis, sizes, parts);
	free(parts);
	free(sizes);
	return ret;
}

int lw_tflite_concatenation(struct lw_tflite_op *op)
{
	const struct lw_fb_table *options = &op->source->options;
	uint8_t activation = lw_fb_u8(options, CONCATENATION_ACTIVATION, 0);

	/* The schema has one, but runtimes refuse or ignore it. */
	if (activation)
		return lw_tflite_refuse(op, "its fused activation is %u; 0 (none) expected",
					activation);
	return concatenate(op, lw_fb_i32(options, CONCATENATION_AXIS, 0),
			   check_parts);
}

int lw_tflite_pack(struct lw_tflite_op *op)
{
	return concatenate(op, lw_fb_i32(&op->source->options, PACK_AXIS, 0),
			   check_packed);
}
