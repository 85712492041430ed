// SPDX-License-Identifier: MIT
/*
 * Views: the same numbers in another shape. Nodes know h, w and c; a tensor may
 * have more dimensions, so what happens along one of them is done where it is
 * w, between all dimensions before it and all behind.
 */
#include <stdlib.h>
#include <string.h>

#include "tflite_view.h"

static bool has_shape(const struct lw_value *value, const uint32_t hwc[3])
{
	return value->h == hwc[0] && value->w == hwc[1] && value->c == hwc[2];
}

void lw_tflite_hwc(const struct lw_tflite_dims *dims, uint32_t hwc[3])
{
	uint32_t n = dims->n;

	hwc[0] = lw_tflite_product(dims, 0, n > 2 ? n - 2 : 0);
	hwc[1] = n > 1 ? dims->d[n - 2] : 1;
	hwc[2] = n ? dims->d[n - 1] : 1;
}

int lw_tflite_reorder(struct lw_tflite_op *op, struct lw_value *in,
		      struct lw_value *out, uint32_t n, const uint32_t *size,
		      const uint32_t *stride)
{
	struct lw_node *node;
	uint32_t i;
	int ret = lw_tflite_node(op, LW_NODE_REORDER, &in, 1, out, &node);

	if (ret)
		return ret;
	node->n_sizes = n;
	for (i = 0; i < n; i++) {
		node->size[i] = size[i];
		node->stride[i] = stride[i];
	}
	return 0;
}

/* The numbers of one value, in their order, as those of another. */
static int reshape(struct lw_tflite_op *op, struct lw_value *in,
		   struct lw_value *out)
{
	const uint32_t size[3] = { out->h, out->w, out->c };
	const uint32_t stride[3] = { out->w * out->c, out->c, 1 };
	struct lw_node *node;

	/* Fully connected layers take this one in. */
	if (out->h == 1 && out->w == 1)
		return lw_tflite_node(op, LW_NODE_FLATTEN, &in, 1, out, &node);
	return lw_tflite_reorder(op, in, out, 3, size, stride);
}

int lw_tflite_view(struct lw_tflite_op *op, struct lw_value *in,
		   const uint32_t hwc[3], struct lw_value **view)
{
	int ret;

	*view = in;
	if (has_shape(in, hwc))
		return 0;
	if (hwc[0] > LW_MAX_DIM || hwc[1] > LW_MAX_DIM || hwc[2] > LW_MAX_DIM)
		return lw_tflite_refuse(op, "it takes a view of '%s' as %ux%ux%u; at most %d each",
					in->name, hwc[0], hwc[1], hwc[2],
					LW_MAX_DIM);
	ret = lw_tflite_derive(op, in, hwc[0], hwc[1], hwc[2], view);
	return ret ? ret : reshape(op, in, *view);
}

/* A value that this operator made gets the tensor's name. */
static int stand_for(struct lw_tflite_op *op, struct lw_value *value,
		     struct lw_tflite_tensor *tensor)
{
	char *name;

	if (value == op->derived) {
		name = strdup(tensor->name);
		if (!name)
			return -ENOMEM;
		free(value->name);
		value->name = name;
	}
	lw_tflite_alias(op, tensor, value);
	return 0;
}

int lw_tflite_deliver(struct lw_tflite_op *op, struct lw_value *value,
		      struct lw_tflite_tensor *tensor)
{
	struct lw_value is = { 0 };
	struct lw_value *out;
	int ret = lw_tflite_describe(op, tensor, &is);

	if (!ret)
		ret = lw_tflite_keeps_quanta(op, value, &is);
	if (ret)
		return ret;
	if (lw_value_size(&is) != lw_value_size(value))
		return lw_tflite_refuse(op, "its output '%s' is %ux%ux%u; %ux%ux%u expected",
					tensor->name, is.h, is.w, is.c,
					value->h, value->w, value->c);
	if (is.h == value->h && is.w == value->w && is.c == value->c)
		return stand_for(op, value, tensor);
	ret = lw_tflite_value(op, tensor, &out);
	return ret ? ret : reshape(op, value, out);
}

bool lw_tflite_axis_in(const struct lw_tflite_dims *dims, uint32_t axis,
		       enum lw_axis *result)
{
	if (axis + 2 >= dims->n) {
		*result = axis + 1 == dims->n ? LW_AXIS_C : LW_AXIS_W;
		return true;
	}
	*result = LW_AXIS_H;
	return lw_tflite_product(dims, 0, dims->n - 2) == dims->d[axis];
}

void lw_tflite_around(const struct lw_tflite_dims *dims, uint32_t axis,
		      uint32_t hwc[3])
{
	hwc[0] = lw_tflite_product(dims, 0, axis);
	hwc[1] = dims->d[axis];
	hwc[2] = lw_tflite_product(dims, axis + 1, dims->n);
}

int lw_tflite_expose(struct lw_tflite_op *op, struct lw_value *in,
		     const struct lw_tflite_dims *dims, uint32_t axis,
		     struct lw_value **view, enum lw_axis *at)
{
	uint32_t hwc[3];

	*view = in;
	if (lw_tflite_axis_in(dims, axis, at))
		return 0;
	*at = LW_AXIS_W;
	lw_tflite_around(dims, axis, hwc);
	return lw_tflite_view(op, in, hwc, view);
}
