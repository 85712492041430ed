// SPDX-License-Identifier: MIT
/* Operators that take a part of a tensor: slices with steps, splits. */
#include <stdlib.h>

#include "tflite_slice.h"
#include "tflite_view.h"

enum { UNPACK_AXIS = 1 };

int lw_tflite_whole(struct lw_tflite_op *op, uint32_t input,
		    struct lw_tflite_part *part)
{
	uint32_t i;
	int ret = lw_tflite_input_value(op, input, &part->value);

	if (!ret)
		ret = lw_tflite_dims(op, lw_tflite_input(op, input),
				     &part->dims);
	if (ret)
		return ret;
	part->op = op;
	for (i = 0; i < part->dims.n; i++)
		part->cuts[i] = (struct lw_tflite_cut){
			.step = 1,
			.n = part->dims.d[i],
		};
	return 0;
}

static bool is_cut(const struct lw_tflite_part *part, uint32_t i)
{
	return part->cuts[i].n != part->dims.d[i] || part->cuts[i].step < 0;
}

static int check_cut(const struct lw_tflite_part *part, uint32_t dim)
{
	const struct lw_tflite_cut *cut = &part->cuts[dim];
	int64_t size = part->dims.d[dim];
	int64_t last = -1;

	if (cut->start >= 0 && cut->start < size && cut->n > 0 &&
	    cut->n <= size && cut->step >= -LW_MAX_DIM &&
	    cut->step <= LW_MAX_DIM)
		last = cut->start + (cut->n - 1) * cut->step;
	if (last >= 0 && last < size)
		return 0;
	return lw_tflite_refuse(part->op, "it takes %lld of dimension %u from %lld on in steps of %lld; there are %lld",
				(long long)cut->n, dim, (long long)cut->start,
				(long long)cut->step, (long long)size);
}

/* Cuts one dimension. */
static int cut_axis(struct lw_tflite_part *part, uint32_t axis)
{
	const struct lw_tflite_cut cut = part->cuts[axis];
	struct lw_value *view, *result;
	struct lw_node *node;
	enum lw_axis at;
	uint32_t hwc[3];
	int ret = lw_tflite_expose(part->op, part->value, &part->dims, axis,
				   &view, &at);

	if (ret)
		return ret;
	hwc[0] = view->h;
	hwc[1] = view->w;
	hwc[2] = view->c;
	hwc[at] = (uint32_t)cut.n;
	ret = lw_tflite_derive(part->op, view, hwc[0], hwc[1], hwc[2],
			       &result);
	if (!ret)
		ret = lw_tflite_node(part->op, LW_NODE_SLICE, &view, 1, result,
				     &node);
	if (ret)
		return ret;
	node->start[at] = (uint32_t)cut.start;
	node->step[at] = (uint32_t)cut.step;
	part->value = result;
	part->dims.d[axis] = (uint32_t)cut.n;
	return 0;
}

/* One dimension after the other. */
static int cut_each(struct lw_tflite_part *part)
{
	const struct lw_tflite_cut *cut = part->cuts;
	uint32_t i, hwc[3];
	int ret = 0;

	for (i = 0; i < part->dims.n && !ret; i++, cut++) {
		if (!is_cut(part, i))
			continue;
		lw_tflite_hwc(&part->dims, hwc);
		ret = lw_tflite_view(part->op, part->value, hwc, &part->value);
		if (ret)
			return ret;
		if (cut->step > 0)
			ret = cut_axis(part, i);
		else
			ret = lw_tflite_pick_run(part->op, &part->value,
						 &part->dims, i, cut->start,
						 cut->step, (uint32_t)cut->n);
	}
	return ret;
}

/* All dimensions that are cut, in one node; false: that cannot be. */
static bool is_one_slice(const struct lw_tflite_part *part)
{
	enum lw_axis at;
	uint32_t i;

	for (i = 0; i < part->dims.n; i++)
		if (is_cut(part, i) &&
		    (part->cuts[i].step < 0 ||
		     !lw_tflite_axis_in(&part->dims, i, &at)))
			return false;
	return true;
}

static int cut_at_once(struct lw_tflite_part *part)
{
	uint32_t start[3] = { 0 }, step[3] = { 1, 1, 1 }, hwc[3], i;
	struct lw_value *result;
	struct lw_node *node;
	enum lw_axis at;
	int ret;

	lw_tflite_hwc(&part->dims, hwc);
	for (i = 0; i < part->dims.n; i++) {
		if (!is_cut(part, i) ||
		    !lw_tflite_axis_in(&part->dims, i, &at))
			continue;
		start[at] = (uint32_t)part->cuts[i].start;
		step[at] = (uint32_t)part->cuts[i].step;
		hwc[at] = (uint32_t)part->cuts[i].n;
	}
	ret = lw_tflite_derive(part->op, part->value, hwc[0], hwc[1], hwc[2],
			       &result);
	if (!ret)
		ret = lw_tflite_node(part->op, LW_NODE_SLICE, &part->value, 1,
				     result, &node);
	if (ret)
		return ret;
	for (i = 0; i < 3; i++) {
		node->start[i] = start[i];
		node->step[i] = step[i];
	}
	part->value = result;
	return 0;
}

int lw_tflite_take(struct lw_tflite_part *part, struct lw_tflite_tensor *tensor)
{
	bool cut = false;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < part->dims.n && !ret; i++) {
		ret = check_cut(part, i);
		cut |= is_cut(part, i);
	}
	if (ret)
		return ret;
	if (cut)
		ret = is_one_slice(part) ? cut_at_once(part) : cut_each(part);
	return ret ? ret : lw_tflite_deliver(part->op, part->value, tensor);
}

int lw_tflite_slice(struct lw_tflite_op *op)
{
	int64_t begin[LW_TFLITE_MAX_DIMS], size[LW_TFLITE_MAX_DIMS];
	struct lw_tflite_part part;
	uint32_t i;
	int ret = lw_tflite_whole(op, 0, &part);

	if (!ret)
		ret = lw_tflite_integers(op, 1, "begin", begin, part.dims.n);
	if (!ret)
		ret = lw_tflite_integers(op, 2, "size", size, part.dims.n);
	for (i = 0; i < part.dims.n && !ret; i++) {
		part.cuts[i].start = begin[i];
		part.cuts[i].n = size[i];
		if (size[i] == -1 && begin[i] >= 0 &&
		    begin[i] < part.dims.d[i])
			part.cuts[i].n = part.dims.d[i] - begin[i];
	}
	return ret ? ret : lw_tflite_take(&part, lw_tflite_output(op));
}

/* Parts of an axis, one after the other, become the outputs. */
static int split(struct lw_tflite_op *op, const struct lw_tflite_part *whole,
		 uint32_t axis, const int64_t *sizes)
{
	struct lw_tflite_part part;
	int64_t at = 0, n;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < op->source->outputs.n && !ret; i++) {
		n = sizes ? sizes[i] :
			    whole->dims.d[axis] / op->source->outputs.n;
		if (n < 1 || n > LW_MAX_DIM)
			return lw_tflite_refuse(op, "its part %u has size %lld; 1 to %d expected",
						i, (long long)n, LW_MAX_DIM);
		part = *whole;
		part.cuts[axis] = (struct lw_tflite_cut){ .start = at,
							  .step = 1,
							  .n = n };
		ret = lw_tflite_take(&part, lw_tflite_output_at(op, i));
		at += n;
	}
	if (!ret && at != whole->dims.d[axis])
		ret = lw_tflite_refuse(op, "its parts make %lld of dimension %u, which has %u",
				       (long long)at, axis,
				       whole->dims.d[axis]);
	return ret;
}

static int read_axis(struct lw_tflite_op *op, uint32_t input,
		     const struct lw_tflite_part *part, uint32_t *axis)
{
	int64_t number;
	int ret = lw_tflite_integers(op, input, "axis", &number, 1);

	return ret ? ret : lw_tflite_axis(op, number, part->dims.n, axis);
}

int lw_tflite_split(struct lw_tflite_op *op)
{
	struct lw_tflite_part part;
	uint32_t axis;
	int ret = lw_tflite_whole(op, 1, &part);

	if (!ret)
		ret = read_axis(op, 0, &part, &axis);
	return ret ? ret : split(op, &part, axis, NULL);
}

/* At most one size, -1, is what the others leave. */
static void complete_sizes(int64_t *sizes, uint32_t n, int64_t rest)
{
	uint32_t i, unknown = n;

	for (i = 0; i < n; i++) {
		if (sizes[i] == -1 && unknown == n)
			unknown = i;
		else if (sizes[i] >= 0 && sizes[i] <= LW_MAX_DIM)
			rest -= sizes[i];
	}
	if (unknown < n)
		sizes[unknown] = rest;
}

int lw_tflite_split_v(struct lw_tflite_op *op)
{
	uint32_t axis, n = op->source->outputs.n;
	struct lw_tflite_part part;
	int64_t *sizes;
	int ret = lw_tflite_whole(op, 0, &part);

	if (!ret)
		ret = read_axis(op, 2, &part, &axis);
	if (ret)
		return ret;
	sizes = calloc(n, sizeof(*sizes));
	if (!sizes)
		return -ENOMEM;
	ret = lw_tflite_integers(op, 1, "list of sizes", sizes, n);
	if (!ret) {
		complete_sizes(sizes, n, part.dims.d[axis]);
		ret = split(op, &part, axis, sizes);
	}
	free(sizes);
	return ret;
}

int lw_tflite_unpack(struct lw_tflite_op *op)
{
	struct lw_tflite_part part;
	uint32_t axis;
	int ret = lw_tflite_whole(op, 0, &part);

	if (!ret)
		ret = lw_tflite_axis(op, lw_fb_i32(&op->source->options,
						   UNPACK_AXIS, 0),
				     part.dims.n, &axis);
	return ret ? ret : split(op, &part, axis, NULL);
}
