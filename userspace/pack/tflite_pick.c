// SPDX-License-Identifier: MIT
/* Operators that read rows, columns or channels at given places. */
#include <stdlib.h>

#include "tflite_view.h"

enum {
	GATHER_AXIS = 0,
	GATHER_BATCH_DIMS = 1,
	MIRROR_PAD_MODE = 0,
	MIRROR_PAD_REFLECT = 0,
};

/* Of a convolution that picks channels. */
#define MOST_WEIGHTS 4096

int lw_tflite_resize_node(struct lw_tflite_op *op, struct lw_value *in,
			  struct lw_value *out, struct lw_node **node)
{
	const uint32_t n[2] = { out->h, out->w };
	uint32_t i;
	int k, ret;

	ret = lw_tflite_node(op, LW_NODE_RESIZE, &in, 1, out, node);
	for (k = 0; k < 2 && !ret; k++) {
		(*node)->position[k] = calloc(n[k], sizeof(float));
		if (!(*node)->position[k])
			return -ENOMEM;
		for (i = 0; i < n[k]; i++)
			(*node)->position[k][i] = (float)i;
	}
	return ret;
}

/* A view whose h, w or c is the axis; c only where there is little of it. */
static int expose(struct lw_tflite_op *op, struct lw_value **value,
		  const struct lw_tflite_dims *dims, uint32_t axis, uint32_t n,
		  enum lw_axis *at)
{
	uint32_t hwc[3];

	if (axis + 1 < dims->n || (uint64_t)n * dims->d[axis] <= MOST_WEIGHTS)
		return lw_tflite_expose(op, *value, dims, axis, value, at);
	*at = LW_AXIS_W;
	lw_tflite_around(dims, axis, hwc);
	return lw_tflite_view(op, *value, hwc, value);
}

int lw_tflite_pick(struct lw_tflite_op *op, struct lw_value **value,
		   struct lw_tflite_dims *dims, uint32_t axis,
		   const uint32_t *list, uint32_t n)
{
	struct lw_value *view = *value, *out;
	struct lw_node *node;
	enum lw_axis at;
	uint32_t i;
	int ret = expose(op, &view, dims, axis, n, &at);

	if (!ret)
		ret = lw_tflite_derive(op, view, at == LW_AXIS_H ? n : view->h,
				       at == LW_AXIS_W ? n : view->w,
				       at == LW_AXIS_C ? n : view->c, &out);
	if (ret)
		return ret;
	*value = out;
	dims->d[axis] = n;
	if (at == LW_AXIS_C)
		return lw_tflite_select(op, view, out, list);
	ret = lw_tflite_resize_node(op, view, out, &node);
	for (i = 0; i < n && !ret; i++)
		node->position[at][i] = (float)list[i];
	return ret;
}

/* Brings a value back to the shape of its dimensions between two picks. */
static int settle(struct lw_tflite_op *op, struct lw_value **value,
		  const struct lw_tflite_dims *dims)
{
	uint32_t hwc[3];

	lw_tflite_hwc(dims, hwc);
	return lw_tflite_view(op, *value, hwc, value);
}

static int read_input(struct lw_tflite_op *op, struct lw_value **in,
		      struct lw_tflite_dims *dims)
{
	int ret = lw_tflite_input_value(op, 0, in);

	return ret ? ret : lw_tflite_dims(op, lw_tflite_input(op, 0), dims);
}

static int read_indices(struct lw_tflite_op *op, uint32_t size,
			uint32_t **list, uint32_t *n)
{
	int64_t *numbers = NULL;
	size_t count, i;
	int ret = lw_tflite_constant(op, lw_tflite_input(op, 1),
				     "list of indices");

	*list = NULL;
	if (ret)
		return ret;
	lw_tflite_elements(lw_tflite_input(op, 1), &count);
	if (!count || count > LW_MAX_DIM)
		return lw_tflite_refuse(op, "it has %zu indices; 1 to %d expected",
					count, LW_MAX_DIM);
	numbers = calloc(count, sizeof(*numbers));
	*list = calloc(count, sizeof(**list));
	*n = (uint32_t)count;
	if (!numbers || !*list)
		ret = -ENOMEM;
	if (!ret)
		ret = lw_tflite_integers(op, 1, "list of indices", numbers, *n);
	for (i = 0; i < count && !ret; i++) {
		(*list)[i] = (uint32_t)numbers[i];
		if (numbers[i] < 0 || numbers[i] >= size)
			ret = lw_tflite_refuse(op, "its index %zu is %lld; 0 to %u expected",
					       i, (long long)numbers[i],
					       size - 1);
	}
	free(numbers);
	return ret;
}

int lw_tflite_gather(struct lw_tflite_op *op)
{
	const struct lw_fb_table *options = &op->source->options;
	int32_t batch = lw_fb_i32(options, GATHER_BATCH_DIMS, 0);
	uint32_t *list = NULL, axis, n = 0;
	struct lw_value *in;
	struct lw_tflite_dims dims;
	int ret = read_input(op, &in, &dims);

	if (!ret && batch)
		ret = lw_tflite_refuse(op, "its batch dimensions are %d; 0 expected",
				       batch);
	if (!ret)
		ret = lw_tflite_axis(op, lw_fb_i32(options, GATHER_AXIS, 0),
				     dims.n, &axis);
	if (!ret)
		ret = read_indices(op, dims.d[axis], &list, &n);
	if (!ret)
		ret = lw_tflite_pick(op, &in, &dims, axis, list, n);
	free(list);
	return ret ? ret : lw_tflite_deliver(op, in, lw_tflite_output(op));
}

int lw_tflite_pick_run(struct lw_tflite_op *op, struct lw_value **value,
		       struct lw_tflite_dims *dims, uint32_t axis,
		       int64_t start, int64_t step, uint32_t n)
{
	uint32_t *list = calloc(n, sizeof(*list)), i;
	int ret;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		list[i] = (uint32_t)(start + i * step);
	ret = lw_tflite_pick(op, value, dims, axis, list, n);
	free(list);
	return ret;
}

int lw_tflite_reverse(struct lw_tflite_op *op)
{
	int64_t axes[LW_TFLITE_MAX_DIMS];
	struct lw_value *in;
	struct lw_tflite_dims dims;
	uint32_t i, axis, n = 0;
	int ret = read_input(op, &in, &dims);

	if (!ret)
		ret = lw_tflite_list(op, 1, "list of axes", axes, &n);
	for (i = 0; i < n && !ret; i++) {
		ret = lw_tflite_axis(op, axes[i], dims.n, &axis);
		if (!ret)
			ret = settle(op, &in, &dims);
		if (!ret)
			ret = lw_tflite_pick_run(op, &in, &dims, axis,
						 dims.d[axis] - 1, -1,
						 dims.d[axis]);
	}
	return ret ? ret : lw_tflite_deliver(op, in, lw_tflite_output(op));
}

/* Padding of one axis by its own elements, without the edge or with it. */
static int mirror(struct lw_tflite_op *op, struct lw_value **value,
		  struct lw_tflite_dims *dims, uint32_t axis,
		  const int64_t pads[2], bool with_edge)
{
	int64_t size = dims->d[axis], most = with_edge ? size : size - 1;
	int64_t n = size + pads[0] + pads[1], i, from;
	uint32_t *list;
	int ret;

	if (pads[0] < 0 || pads[0] > most || pads[1] < 0 || pads[1] > most)
		return lw_tflite_refuse(op, "its padding of dimension %u is %lld and %lld; 0 to %lld expected",
					axis, (long long)pads[0],
					(long long)pads[1], (long long)most);
	list = calloc((size_t)n, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		from = i - pads[0];
		if (from < 0)
			from = -from - with_edge;
		if (from >= size)
			from = 2 * size - 2 - from + with_edge;
		list[i] = (uint32_t)from;
	}
	ret = lw_tflite_pick(op, value, dims, axis, list, (uint32_t)n);
	free(list);
	return ret;
}

int lw_tflite_mirror_pad(struct lw_tflite_op *op)
{
	bool with_edge = lw_fb_u8(&op->source->options, MIRROR_PAD_MODE, 0) !=
			 MIRROR_PAD_REFLECT;
	int64_t pads[2 * LW_TFLITE_MAX_DIMS];
	struct lw_value *in;
	struct lw_tflite_dims dims;
	uint32_t i;
	int ret = read_input(op, &in, &dims);

	if (!ret)
		ret = lw_tflite_integers(op, 1, "padding", pads, 2 * dims.n);
	for (i = 0; !ret && i < dims.n; i++) {
		if (!pads[2 * i] && !pads[2 * i + 1])
			continue;
		ret = settle(op, &in, &dims);
		if (!ret)
			ret = mirror(op, &in, &dims, i, pads + 2 * i,
				     with_edge);
	}
	return ret ? ret : lw_tflite_deliver(op, in, lw_tflite_output(op));
}
