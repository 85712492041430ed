// SPDX-License-Identifier: MIT
/* Pooling, and reductions over height and width. */
#include "onnx_import.h"

static int emit_pool(struct onnx_node *node, struct onnx_value *in,
		     enum lw_pool_kind kind, const struct lw_window *window,
		     const struct onnx_shape *shape)
{
	struct onnx_value *out = lw_onnx_define(node, 0, shape);
	struct lw_node *made = lw_onnx_emit(node, LW_NODE_POOL, in, out);

	if (!made)
		return node->status;
	made->pool = kind;
	made->window = *window;
	if (kind == LW_POOL_AVERAGE)
		made->count_pad = lw_onnx_int(node, "count_include_pad", 0);
	else
		lw_onnx_same_scale(out, in);
	return node->status;
}

static int pool(struct onnx_node *node, enum lw_pool_kind kind)
{
	struct onnx_value *in = lw_onnx_image(node, 0);
	struct lw_window window;
	struct onnx_shape shape;
	uint32_t size[2];

	if (!in || lw_onnx_window(node, in, 0, 0, &window, size))
		return node->status;
	if (window.dilation_h != 1 || window.dilation_w != 1)
		return lw_onnx_refuse(node, "dilations are %u and %u, expected 1",
				      window.dilation_h, window.dilation_w);
	shape = lw_onnx_image_shape(in->shape.n, in->value->c, size);
	return emit_pool(node, in, kind, &window, &shape);
}

int lw_onnx_run_max_pool(struct onnx_node *node)
{
	/* The order of the second output, which is refused. */
	lw_onnx_ignore(node, "storage_order");
	return pool(node, LW_POOL_MAX);
}

int lw_onnx_run_average_pool(struct onnx_node *node)
{
	return pool(node, LW_POOL_AVERAGE);
}

/* Over all of some of the image's axes: a window of that size. */
static int reduce(struct onnx_node *node, struct onnx_value *in,
		  enum lw_pool_kind kind, const bool *over, bool keep)
{
	struct lw_window window = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 };
	const struct onnx_shape *from = &in->shape;
	struct onnx_shape shape = { .n = 0 };
	uint32_t i;

	for (i = 0; i < from->n; i++) {
		if (over[i] && from->dim[i] > 1 && from->axis[i] == ONNX_C)
			return lw_onnx_refuse(node, "reduces dimension %u, the channels",
					      i);
		if (over[i] && from->dim[i] > 1 && from->axis[i] == ONNX_H)
			window.kernel_h = from->dim[i];
		if (over[i] && from->dim[i] > 1 && from->axis[i] == ONNX_W)
			window.kernel_w = from->dim[i];
		if (over[i] && !keep)
			continue;
		shape.axis[shape.n] = from->axis[i];
		shape.dim[shape.n++] = over[i] ? 1 : from->dim[i];
	}
	return emit_pool(node, in, kind, &window, &shape);
}

static int reduce_axes(struct onnx_node *node, enum lw_pool_kind kind)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	struct onnx_list axes = lw_onnx_list(node, "axes", 1);
	bool keep = lw_onnx_int_in(node, "keepdims", 1, 0, 1);
	bool over[ONNX_MAX_DIMS] = { false };
	uint32_t i;

	if (!axes.n)
		lw_onnx_int_in(node, "noop_with_empty_axes", 0, 0, 0);
	else
		lw_onnx_ignore(node, "noop_with_empty_axes");
	if (!in)
		return node->status;
	if (axes.n > in->shape.n)
		return lw_onnx_refuse(node, "%zu axes of %u dimensions",
				      axes.n, in->shape.n);
	for (i = 0; i < in->shape.n; i++)
		over[i] = !axes.n;
	for (i = 0; i < axes.n && !node->status; i++)
		over[lw_onnx_dim(node, axes.at[i], in->shape.n)] = true;
	return node->status ? node->status :
			      reduce(node, in, kind, over, keep);
}

int lw_onnx_run_reduce_mean(struct onnx_node *node)
{
	return reduce_axes(node, LW_POOL_AVERAGE);
}

int lw_onnx_run_reduce_max(struct onnx_node *node)
{
	return reduce_axes(node, LW_POOL_MAX);
}

static int reduce_image(struct onnx_node *node, enum lw_pool_kind kind)
{
	static const bool over[ONNX_MAX_DIMS] = { false, false, true, true };
	struct onnx_value *in = lw_onnx_image(node, 0);

	return in ? reduce(node, in, kind, over, true) : node->status;
}

int lw_onnx_run_global_average_pool(struct onnx_node *node)
{
	return reduce_image(node, LW_POOL_AVERAGE);
}

int lw_onnx_run_global_max_pool(struct onnx_node *node)
{
	return reduce_image(node, LW_POOL_MAX);
}
