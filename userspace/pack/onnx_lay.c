// SPDX-License-Identifier: MIT
/* Moving an activation's numbers, where a node wants them in an order. */
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

/* Sizes and strides of a REORDER; n is above LW_MAX_SIZES if they are more. */
struct order {
	uint32_t n;
	struct onnx_factor factor[ONNX_MAX_FACTORS];
};

static void append(struct order *order, const struct onnx_factor *f)
{
	struct onnx_factor *last = order->factor + order->n - 1;

	if (order->n && last->stride == (uint64_t)f->stride * f->size) {
		last->size *= f->size;
		last->stride = f->stride;
	} else {
		order->factor[order->n++] = *f;
	}
}

/* The factors of a shape in the order in which these axes want them. */
static struct order find_order(const struct onnx_shape *shape,
			       const int8_t *axis)
{
	struct order order = { 0 };
	int8_t a;
	uint32_t i;

	for (a = ONNX_H; a <= ONNX_C; a++)
		for (i = 0; i < shape->n_factors; i++)
			if (axis[shape->factor[i].dim] == a)
				append(&order, &shape->factor[i]);
	return order;
}

/* FLATTEN is what a fully connected layer takes up into its weights. */
static bool is_flatten(const struct order *order, const struct lw_value *in,
		       const struct lw_value *out)
{
	const struct onnx_factor *f = order->factor;

	if (out->h != 1 || out->w != 1)
		return false;
	if (order->n == 1)
		return f[0].stride == 1 && f[0].size == lw_value_size(in);
	return order->n == 2 && f[0].stride == 1 && f[0].size == in->c &&
	       f[1].stride == in->c &&
	       (uint64_t)f[1].size * f[0].size == lw_value_size(in);
}

bool lw_onnx_is_ordered(const struct onnx_value *in, bool *channels_first)
{
	const struct lw_value flat = { .h = 1, .w = 1 };
	int8_t axis[ONNX_MAX_DIMS];
	struct order order;

	memset(axis, ONNX_C, sizeof(axis));
	order = find_order(&in->shape, axis);
	*channels_first = order.n == 2;
	return order.n == 0 || is_flatten(&order, in->value, &flat);
}

static void emit_move(struct onnx_node *node, const struct onnx_value *in,
		      struct onnx_value *out, const struct order *order)
{
	bool flat = is_flatten(order, in->value, out->value);
	struct lw_node *made;
	uint32_t i;

	if (order->n > LW_MAX_SIZES && !flat) {
		lw_onnx_refuse(node, "its dimensions are in an order that takes %u sizes, expected at most %d",
			       order->n, LW_MAX_SIZES);
		return;
	}
	made = lw_onnx_emit(node, flat ? LW_NODE_FLATTEN : LW_NODE_REORDER, in,
			    out);
	if (!made)
		return;
	made->nchw = flat && order->n == 2;
	for (i = 0; !flat && i < order->n; i++) {
		made->size[i] = order->factor[i].size;
		made->stride[i] = order->factor[i].stride;
	}
	made->n_sizes = flat ? 0 : order->n;
	lw_onnx_same_scale(out, in);
}

static bool same_shape(const struct onnx_shape *a, const struct onnx_shape *b)
{
	return a->n == b->n && a->n_factors == b->n_factors &&
	       !memcmp(a->dim, b->dim, a->n * sizeof(*a->dim)) &&
	       !memcmp(a->factor, b->factor, a->n_factors * sizeof(*a->factor));
}

/* A value that was moved so before. */
static struct onnx_value *find_moved(const struct onnx_node *node,
				     const struct onnx_value *in,
				     const int8_t *axis)
{
	struct onnx_view *view;

	for (view = node->im->moved; view; view = view->next)
		if (view->of == in->value && view->rounded == in->rounded &&
		    view->value.type == in->type &&
		    same_shape(&view->from, &in->shape) &&
		    lw_onnx_lies(&view->value, axis))
			return &view->value;
	return NULL;
}

static struct onnx_value *remember(struct onnx_node *node,
				   const struct onnx_value *in,
				   const struct onnx_value *out)
{
	struct onnx_view *view;

	if (node->status)
		return NULL;
	view = calloc(1, sizeof(*view));
	if (!view) {
		node->status = -ENOMEM;
		return NULL;
	}
	view->value = *out;
	view->of = in->value;
	view->from = in->shape;
	view->rounded = in->rounded;
	view->next = node->im->moved;
	node->im->moved = view;
	return &view->value;
}

struct onnx_value *lw_onnx_lay(struct onnx_node *node,
			       const struct onnx_value *in, const int8_t *axis)
{
	struct onnx_value *out;
	struct order order;

	if (node->status || !in)
		return NULL;
	if (lw_onnx_lies(in, axis))
		return lw_onnx_view(node, in, &in->shape);
	out = find_moved(node, in, axis);
	if (out)
		return out;
	order = find_order(&in->shape, axis);
	out = lw_onnx_new(node, &in->shape, axis);
	if (!out)
		return NULL;
	emit_move(node, in, out, &order);
	return remember(node, in, out);
}

struct onnx_value *lw_onnx_lay_around(struct onnx_node *node,
				      const struct onnx_value *in,
				      uint32_t dim)
{
	int8_t axis[ONNX_MAX_DIMS];
	uint64_t channels = 1;
	uint32_t i;

	if (node->status || !in)
		return NULL;
	for (i = in->shape.n; i--;) {
		if (i > dim)
			channels *= in->shape.dim[i];
		axis[i] = i == dim ? ONNX_W :
			  i < dim || channels > LW_MAX_DIM ? ONNX_H : ONNX_C;
	}
	return lw_onnx_lay(node, in, axis);
}

/* Whether exactly the marked dimensions lie along c. */
static bool lies_over(const struct onnx_value *in, const bool *over)
{
	int8_t axis[ONNX_MAX_DIMS];
	uint32_t i;

	if (!lw_onnx_axes(in, axis))
		return false;
	for (i = 0; i < in->shape.n; i++)
		if (axis[i] != ONNX_UNIT && over[i] != (axis[i] == ONNX_C))
			return false;
	return true;
}

struct onnx_value *lw_onnx_lay_over(struct onnx_node *node,
				    const struct onnx_value *in,
				    const bool *over)
{
	int8_t axis[ONNX_MAX_DIMS];
	uint32_t i, last = 0;
	uint64_t rows = 1;

	if (node->status || !in)
		return NULL;
	if (lies_over(in, over))
		return lw_onnx_view(node, in, &in->shape);
	for (i = 0; i < in->shape.n; i++)
		if (!over[i] && in->shape.dim[i] > 1)
			last = i;
	for (i = 0; i < in->shape.n; i++) {
		rows *= over[i] ? 1 : in->shape.dim[i];
		axis[i] = over[i] ? ONNX_C :
			  i == last || rows > LW_MAX_DIM ? ONNX_W : ONNX_H;
	}
	return lw_onnx_lay(node, in, axis);
}
