// SPDX-License-Identifier: MIT
/* Slice, Split, Gather and Concat of activations. */
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

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

/* Dimensions that are read backwards. */
static struct onnx_value *reverse(struct onnx_node *node,
				  const struct onnx_value *in,
				  const struct onnx_range *range)
{
	struct onnx_picks picks = { .whole = true };
	struct onnx_value *out;
	uint32_t i, k;

	for (i = 0; i < in->shape.n; i++) {
		if (range[i].step > 0 ||
		    !lw_onnx_pick_room(node, &picks, i, range[i].n))
			continue;
		for (k = 0; k < range[i].n; k++)
			picks.at[i][k] = range[i].start + range[i].step * k;
	}
	out = lw_onnx_pick(node, in, &picks);
	lw_onnx_picks_free(&picks);
	return out;
}

/* Of the numbers of TopK. */
static int slice_test(struct onnx_node *node, uint32_t out,
		      const struct onnx_range *range)
{
	struct onnx_shape shape = node->in[0]->shape;
	int64_t first = 0;
	uint32_t i;

	for (i = 0; i < shape.n; i++) {
		if (!range[i].n || (range[i].n > 1 && range[i].step != 1))
			return lw_onnx_refuse(node, "takes %u numbers of TopK, %lld apart",
					      range[i].n,
					      (long long)range[i].step);
		first += range[i].start;
		shape.dim[i] = range[i].n;
	}
	return lw_onnx_test_part(node, out, first, &shape);
}

int lw_onnx_run_slice(struct onnx_node *node)
{
	struct onnx_range range[ONNX_MAX_DIMS], forward[ONNX_MAX_DIMS];
	struct onnx_value *in, *out;
	uint32_t i;

	if (lw_onnx_is_test(node, 0, ONNX_GREATEST))
		return lw_onnx_ranges(node, &node->in[0]->shape, range) ?
			       node->status : slice_test(node, 0, range);
	in = lw_onnx_movable(node, 0);
	if (!in || lw_onnx_ranges(node, &in->shape, range))
		return node->status;
	memcpy(forward, range, sizeof(forward));
	for (i = 0; i < in->shape.n; i++) {
		if (!range[i].n || range[i].n > LW_MAX_DIM)
			return lw_onnx_refuse(node, "%u of dimension %u are left, expected 1 to %d",
					      range[i].n, i, LW_MAX_DIM);
		if (range[i].step < 0)
			forward[i] = (struct onnx_range){ 0, 1,
							  in->shape.dim[i] };
	}
	out = lw_onnx_slice(node, in, forward);
	return lw_onnx_result(node, 0, out ? reverse(node, out, range) : NULL);
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
	bool test = lw_onnx_is_test(node, 0, ONNX_GREATEST);
	struct onnx_value *in = test ? node->in[0] : lw_onnx_movable(node, 0);
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
		if (node->out[i] && test)
			slice_test(node, i, range);
		else if (node->out[i])
			lw_onnx_result(node, i, lw_onnx_slice(node, in, range));
	}
	return node->status;
}

/* Whether places are a slice: each further on by the same. */
static bool is_slice(const float *at, uint32_t n, struct onnx_range *range)
{
	uint32_t i;

	range->start = at[0];
	range->step = n > 1 ? (int64_t)at[1] - (int64_t)at[0] : 1;
	range->n = n;
	for (i = 1; i < n; i++)
		if ((int64_t)at[i] - (int64_t)at[i - 1] != range->step)
			return false;
	return range->step > 0;
}

struct onnx_shape lw_onnx_gathered(const struct onnx_shape *in,
				   const struct onnx_shape *index, uint32_t dim)
{
	struct onnx_shape shape = { 0 };
	uint32_t i, k;

	for (i = 0; i < in->n; i++) {
		if (i != dim) {
			shape.dim[shape.n++] = in->dim[i];
			continue;
		}
		for (k = 0; k < index->n; k++)
			shape.dim[shape.n++] = index->dim[k];
	}
	return shape;
}

static struct onnx_value *gather(struct onnx_node *node,
				 const struct onnx_value *in, uint32_t dim,
				 const struct onnx_constant *index)
{
	struct onnx_picks picks = { .whole = true };
	struct onnx_range range[ONNX_MAX_DIMS];
	struct onnx_value *out;
	uint32_t i;

	if (!lw_onnx_pick_room(node, &picks, dim, index->n))
		return NULL;
	for (i = 0; i < index->n; i++)
		picks.at[dim][i] = lw_onnx_dim(node, index->whole[i],
					       in->shape.dim[dim]);
	for (i = 0; i < in->shape.n; i++)
		range[i] = (struct onnx_range){ 0, 1, in->shape.dim[i] };
	if (is_slice(picks.at[dim], index->n, &range[dim]))
		out = lw_onnx_slice(node, in, range);
	else
		out = lw_onnx_pick(node, in, &picks);
	lw_onnx_picks_free(&picks);
	return out;
}

int lw_onnx_run_gather(struct onnx_node *node)
{
	bool test = lw_onnx_is_test(node, 0, ONNX_GREATEST);
	struct onnx_value *in = test ? node->in[0] : lw_onnx_movable(node, 0);
	const struct onnx_value *index = lw_onnx_in(node, 1);
	struct onnx_value *out;
	int64_t given = lw_onnx_int(node, "axis", 0);
	struct onnx_shape shape;
	uint32_t dim;

	if (!in)
		return node->status;
	if (index->state != ONNX_CONSTANT || !index->constant->whole)
		return lw_onnx_refuse(node, "the indices are not constant integers");
	dim = lw_onnx_dim(node, given, in->shape.n);
	if (node->status)
		return node->status;
	if (!index->constant->n || index->constant->n > LW_MAX_DIM ||
	    in->shape.n + index->shape.n - 1 > ONNX_MAX_DIMS)
		return lw_onnx_refuse(node, "%zu indices in %u dimensions",
				      index->constant->n, index->shape.n);
	if (test && index->constant->n != 1)
		return lw_onnx_refuse(node, "takes more than one number of TopK");
	if (test) {
		shape = lw_onnx_gathered(&in->shape, &index->shape, dim);
		return lw_onnx_test_part(
			node, 0, lw_onnx_dim(node, index->constant->whole[0],
					     in->shape.dim[dim]), &shape);
	}
	out = gather(node, in, dim, index->constant);
	shape = lw_onnx_gathered(&in->shape, &index->shape, dim);
	return lw_onnx_result(node, 0, lw_onnx_regroup(node, out, &shape));
}

/* The shape of the result; the inputs agree in all other dimensions. */
static int unite_shapes(struct onnx_node *node, uint32_t dim,
			struct onnx_shape *shape)
{
	const struct onnx_shape *in;
	uint64_t sum = 0;
	uint32_t i, k;

	*shape = node->in[0]->shape;
	for (i = 0; i < node->n_in; i++) {
		in = &node->in[i]->shape;
		if (in->n != shape->n)
			return lw_onnx_refuse(node, "inputs of %u and %u dimensions",
					      shape->n, in->n);
		for (k = 0; k < in->n; k++)
			if (k != dim && in->dim[k] != shape->dim[k])
				return lw_onnx_refuse(node, "dimension %u is %u and %u",
						      k, shape->dim[k],
						      in->dim[k]);
		sum += in->dim[dim];
	}
	shape->dim[dim] = sum > LW_MAX_DIM ? LW_MAX_DIM + 1 : sum;
	return 0;
}

/* Axes on which @dim is alone: those of an input, or around it. */
static void axes_of_parts(const struct onnx_node *node, uint32_t dim,
			  int8_t *axis)
{
	bool marked[ONNX_MAX_DIMS] = { false };
	uint32_t i;

	marked[dim] = true;
	for (i = 0; i < node->n_in; i++)
		if (lw_onnx_own_axes(node->in[i], marked, true, axis))
			return;
	for (i = 0; i < node->in[0]->shape.n; i++)
		axis[i] = i < dim ? ONNX_H : i == dim ? ONNX_W : ONNX_C;
}

static struct onnx_value *concat(struct onnx_node *node, uint32_t dim,
				 const struct onnx_shape *shape)
{
	const struct onnx_value **in;
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_value *out;
	struct lw_node *made;
	bool same = true;
	uint32_t i;

	in = calloc(node->n_in, sizeof(*in));
	if (!in) {
		node->status = -ENOMEM;
		return NULL;
	}
	axes_of_parts(node, dim, axis);
	for (i = 0; i < node->n_in; i++) {
		in[i] = lw_onnx_lay(node, node->in[i], axis);
		same = same && lw_onnx_one_scale(node->in[i], node->in[0]);
	}
	if (!same && node->in[0]->type != ONNX_FLOAT)
		lw_onnx_refuse(node, "its inputs are quantised numbers of different scales");
	out = lw_onnx_new(node, shape, axis);
	made = lw_onnx_emit_many(node, LW_NODE_CONCAT, in, node->n_in, out);
	if (made)
		made->axis = (enum lw_axis)axis[dim];
	if (made && same)
		lw_onnx_same_scale(out, node->in[0]);
	free(in);
	return made ? out : NULL;
}

/* Constants among the inputs become activations, but empty ones, which go. */
static int hold_inputs(struct onnx_node *node)
{
	uint32_t i, n = 0;

	for (i = 0; i < node->n_in; i++)
		if (!node->in[i] || node->in[i]->state != ONNX_CONSTANT ||
		    node->in[i]->constant->n)
			node->in[n++] = node->in[i];
	node->n_in = n;
	for (i = 0; i < node->n_in; i++)
		if (node->in[i] && node->in[i]->state == ONNX_CONSTANT) {
			struct onnx_value *held =
				lw_onnx_hold(node, lw_onnx_constant(node, i));

			if (!held)
				return node->status;
			node->in[i] = held;
		}
	return 0;
}

int lw_onnx_run_concat(struct onnx_node *node)
{
	int64_t given = lw_onnx_int(node, "axis", INT64_MAX);
	struct onnx_shape shape;
	uint32_t i, dim;

	if (hold_inputs(node))
		return node->status;
	for (i = 0; i < node->n_in; i++) {
		if (!lw_onnx_movable(node, i))
			return node->status;
		if (node->in[i]->type != node->in[0]->type)
			return lw_onnx_refuse(node, "inputs of %s and %s",
					      lw_onnx_type_name(node->in[0]->type),
					      lw_onnx_type_name(node->in[i]->type));
	}
	dim = lw_onnx_dim(node, given, node->in[0]->shape.n);
	if (node->status || unite_shapes(node, dim, &shape))
		return node->status;
	if (node->n_in == 1)
		return lw_onnx_result(node, 0, node->in[0]);
	return lw_onnx_result(node, 0, concat(node, dim, &shape));
}
