// SPDX-License-Identifier: MIT
/* Slice, Split, Concat and Pad of activations. */
#include <math.h>
#include <string.h>

#include "onnx_import.h"

static int64_t clamp(int64_t x, int64_t lo, int64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* ONNX's rules: negative bounds count from the end, and all are clamped. */
static void set_range(struct onnx_node *node, int64_t size, int64_t start,
		      int64_t end, int64_t step, struct onnx_range *range)
{
	bool back = step < 0;
	int64_t length;

	if (!step || step < -INT32_MAX) {
		lw_onnx_refuse(node, "a step of %lld", (long long)step);
		return;
	}
	start = start < 0 ? clamp(start, -size - 1, -1) + size : start;
	end = end < 0 ? clamp(end, -size - 1, -1) + size : end;
	start = back ? clamp(start, 0, size - 1) : clamp(start, 0, size);
	end = back ? clamp(end, -1, size - 1) : clamp(end, 0, size);
	length = back ? start - end : end - start;
	range->start = start;
	range->step = clamp(step, -INT32_MAX, INT32_MAX);
	range->n = length <= 0 || !size ? 0 :
		   (length - 1) / (back ? -range->step : range->step) + 1;
}

int lw_onnx_ranges(struct onnx_node *node, const struct onnx_shape *in,
		   struct onnx_range *range)
{
	struct onnx_list starts = lw_onnx_list(node, "starts", 1);
	struct onnx_list ends = lw_onnx_list(node, "ends", 2);
	struct onnx_list axes = lw_onnx_list(node, "axes", 3);
	struct onnx_list steps = lw_onnx_list(node, "steps", 4);
	bool used[ONNX_MAX_DIMS] = { false };
	uint32_t i, dim;

	if (node->status)
		return node->status;
	if (starts.n != ends.n || (axes.given && axes.n != starts.n) ||
	    (steps.given && steps.n != starts.n) || starts.n > in->n)
		return lw_onnx_refuse(node, "%zu starts, %zu ends, %zu axes and %zu steps for %u dimensions",
				      starts.n, ends.n, axes.n, steps.n, in->n);
	for (i = 0; i < in->n; i++)
		range[i] = (struct onnx_range){ 0, 1, in->dim[i] };
	for (i = 0; i < starts.n && !node->status; i++) {
		dim = lw_onnx_dim(node, axes.given ? axes.at[i] : i, in->n);
		if (node->status)
			break;
		if (used[dim])
			return lw_onnx_refuse(node, "axis %u is given twice",
					      dim);
		used[dim] = true;
		set_range(node, in->dim[dim], starts.at[i], ends.at[i],
			  steps.given ? steps.at[i] : 1, &range[dim]);
	}
	return node->status;
}

/* Makes output @i a part of the input. */
static void emit_slice(struct onnx_node *node, struct onnx_value *in,
		       uint32_t i, const struct onnx_range *range)
{
	struct onnx_shape shape = in->shape;
	struct onnx_value *out;
	struct lw_node *made;
	uint32_t k;

	for (k = 0; k < shape.n; k++) {
		if (range[k].step < 0)
			lw_onnx_refuse(node, "a step of %lld",
				       (long long)range[k].step);
		shape.dim[k] = range[k].n;
	}
	out = lw_onnx_define(node, i, &shape);
	made = lw_onnx_emit(node, LW_NODE_SLICE, in, out);
	if (!made)
		return;
	for (k = 0; k < shape.n; k++) {
		if (in->shape.dim[k] == 1)
			continue;
		made->start[in->shape.axis[k]] = range[k].start;
		made->step[in->shape.axis[k]] = range[k].step;
	}
	lw_onnx_same_scale(out, in);
}

int lw_onnx_run_slice(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	struct onnx_range range[ONNX_MAX_DIMS];
	bool whole = true;
	uint32_t i;

	if (!in || lw_onnx_ranges(node, &in->shape, range))
		return node->status;
	for (i = 0; i < in->shape.n; i++)
		whole = whole && range[i].n == in->shape.dim[i] &&
			range[i].step > 0;
	if (whole)
		return lw_onnx_alias(node, in, &in->shape);
	emit_slice(node, in, 0, range);
	return node->status;
}

/* The size of part @i: given, or equal but for the last. */
static uint32_t part_size(struct onnx_node *node, const struct onnx_list *list,
			  uint32_t size, uint32_t i)
{
	uint32_t equal = (size + node->n_out - 1) / node->n_out;
	uint32_t left = size - (i * equal < size ? i * equal : size);

	if (!list->given)
		return equal < left ? equal : left;
	if (list->at[i] < 1 || list->at[i] > size) {
		lw_onnx_refuse(node, "split %u is %lld, expected 1 to %u", i,
			       (long long)list->at[i], size);
		return 0;
	}
	return list->at[i];
}

int lw_onnx_run_split(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	struct onnx_list list = lw_onnx_list(node, "split", 1);
	int64_t given = lw_onnx_int(node, "axis", 0);
	struct onnx_range range[ONNX_MAX_DIMS];
	uint32_t i, axis, size;
	uint64_t start = 0;

	if (!in || !node->n_out)
		return lw_onnx_refuse(node, "no outputs");
	lw_onnx_int_in(node, "num_outputs", node->n_out, node->n_out,
		       node->n_out);
	axis = lw_onnx_dim(node, given, in->shape.n);
	if (list.given && list.n != node->n_out)
		lw_onnx_refuse(node, "split has %zu numbers, expected %u",
			       list.n, node->n_out);
	for (i = 0; i < in->shape.n; i++)
		range[i] = (struct onnx_range){ 0, 1, in->shape.dim[i] };
	size = node->status ? 0 : in->shape.dim[axis];
	for (i = 0; i < node->n_out && !node->status; i++) {
		range[axis].start = start;
		range[axis].n = part_size(node, &list, size, i);
		start += range[axis].n;
		if (start > size || (i == node->n_out - 1 && start != size))
			lw_onnx_refuse(node, "the parts do not make up the %u of axis %u",
				       size, axis);
		if (node->out[i])
			emit_slice(node, in, i, range);
	}
	return node->status;
}

/* Axes of a concatenation: of the inputs' dimensions above 1. */
static void unite_shapes(struct onnx_node *node, uint32_t dim,
			 struct onnx_shape *shape)
{
	const struct onnx_shape *in;
	uint64_t sum = 0;
	uint32_t i, k;

	*shape = node->in[0]->shape;
	for (i = 0; i < node->n_in; i++) {
		in = &node->in[i]->shape;
		if (in->n != shape->n) {
			lw_onnx_refuse(node, "inputs of %u and %u dimensions",
				       shape->n, in->n);
			return;
		}
		for (k = 0; k < in->n; k++) {
			if (k != dim && in->dim[k] != shape->dim[k])
				lw_onnx_refuse(node, "dimension %u is %u and %u",
					       k, shape->dim[k], in->dim[k]);
			if (shape->axis[k] == ONNX_UNIT || in->dim[k] > 1)
				shape->axis[k] = in->axis[k];
		}
		sum += in->dim[dim];
	}
	shape->dim[dim] = sum > LW_MAX_DIM ? LW_MAX_DIM + 1 : sum;
}

int lw_onnx_run_concat(struct onnx_node *node)
{
	int64_t given = lw_onnx_int(node, "axis", INT64_MAX);
	struct onnx_shape shape;
	struct onnx_value *out;
	struct lw_node *made;
	bool same = true;
	uint32_t i, dim;

	for (i = 0; i < node->n_in; i++)
		if (!lw_onnx_activation(node, i))
			return node->status;
	dim = lw_onnx_dim(node, given, node->in[0]->shape.n);
	if (node->status)
		return node->status;
	unite_shapes(node, dim, &shape);
	for (i = 0; i < node->n_in && !node->status; i++) {
		if (!lw_onnx_fits(&node->in[i]->shape, shape.axis))
			return lw_onnx_refuse(node, "inputs differ in the order of their dimensions");
		same = same && node->in[i]->rounded &&
		       node->in[i]->value->scale == node->in[0]->value->scale &&
		       node->in[i]->value->zero_point ==
			       node->in[0]->value->zero_point;
	}
	if (!node->status && shape.axis[dim] == ONNX_UNIT)
		return lw_onnx_refuse(node, "axis %u is not channels, height or width",
				      dim);
	out = lw_onnx_define(node, 0, &shape);
	made = lw_onnx_emit_many(node, LW_NODE_CONCAT, node->in, node->n_in,
				 out);
	if (made)
		made->axis = (enum lw_axis)shape.axis[dim];
	if (made && same)
		lw_onnx_same_scale(out, node->in[0]);
	return node->status;
}

/* Reads Pad's numbers: before and after each dimension. */
static int read_pads(struct onnx_node *node, uint32_t n,
		     uint32_t pads[ONNX_MAX_DIMS][2])
{
	struct onnx_list list = lw_onnx_list(node, "pads", 1);
	struct onnx_list axes = lw_onnx_list(node, "axes", 3);
	uint32_t i, dim, count = axes.given ? axes.n : n;
	int64_t pad;

	memset(pads, 0, sizeof(*pads) * ONNX_MAX_DIMS);
	if (list.n != 2 * (size_t)count || count > n)
		return lw_onnx_refuse(node, "pads has %zu numbers, expected %u",
				      list.n, 2 * count);
	for (i = 0; i < 2 * count && !node->status; i++) {
		dim = lw_onnx_dim(node, axes.given ? axes.at[i % count] :
						     i % count, n);
		pad = list.at[i];
		if (pad < 0 || pad > LW_MAX_DIM)
			return lw_onnx_refuse(node, "pads dimension %u with %lld, expected 0 to %d",
					      dim, (long long)pad, LW_MAX_DIM);
		pads[dim][i >= count] = pad;
	}
	return node->status;
}

static void set_pads(struct lw_node *made, uint32_t pads[2], int8_t axis)
{
	if (axis == ONNX_H) {
		made->window.pad_top = pads[0];
		made->window.pad_bottom = pads[1];
	} else if (axis == ONNX_W) {
		made->window.pad_left = pads[0];
		made->window.pad_right = pads[1];
	} else if (axis == ONNX_C) {
		made->pad_channels_before = pads[0];
		made->pad_channels_after = pads[1];
	}
}

static int emit_pad(struct onnx_node *node, struct onnx_value *in,
		    uint32_t pads[ONNX_MAX_DIMS][2], float fill)
{
	struct onnx_shape shape = in->shape;
	struct onnx_value *out;
	struct lw_node *made;
	uint32_t i;

	for (i = 0; i < shape.n; i++)
		shape.dim[i] += pads[i][0] + pads[i][1];
	out = lw_onnx_define(node, 0, &shape);
	made = lw_onnx_emit(node, LW_NODE_PAD, in, out);
	if (!made)
		return node->status;
	made->fill = fill;
	for (i = 0; i < shape.n; i++)
		set_pads(made, pads[i], shape.axis[i]);
	if (!fill)
		lw_onnx_same_scale(out, in);
	return 0;
}

int lw_onnx_run_pad(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	float fill = lw_onnx_scalar(node, "value", 2, 0);
	uint32_t i, pads[ONNX_MAX_DIMS][2];
	bool none = true;

	if (!lw_onnx_string_is(node, "mode", "constant", "constant"))
		lw_onnx_refuse(node, "mode is not constant");
	if (!in || node->status || read_pads(node, in->shape.n, pads))
		return node->status;
	for (i = 0; i < in->shape.n; i++)
		none = none && !pads[i][0] && !pads[i][1];
	if (none)
		return lw_onnx_alias(node, in, &in->shape);
	if (!isfinite(fill))
		return lw_onnx_refuse(node, "fills with %g", fill);
	return emit_pad(node, in, pads, fill);
}
