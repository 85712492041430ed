// SPDX-License-Identifier: MIT
/* Parts of activations: slices, and rows and columns at given places. */
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

/* Gives a dimension of 1 that may grow an axis that none uses. */
static void give_axis(const struct onnx_shape *shape, int8_t *axis,
		      uint32_t dim, int8_t last)
{
	bool used[3] = { false };
	uint32_t i;
	int8_t a;

	for (i = 0; i < shape->n; i++)
		if (axis[i] != ONNX_UNIT)
			used[axis[i]] = true;
	for (a = last; axis[dim] == ONNX_UNIT && a >= ONNX_H; a--)
		if (!used[a])
			axis[dim] = a;
}

static bool is_alone(const struct onnx_shape *shape, const int8_t *axis,
		     uint32_t dim)
{
	uint32_t i;

	for (i = 0; i < shape->n; i++)
		if (i != dim && axis[i] == axis[dim])
			return false;
	return axis[dim] != ONNX_UNIT;
}

bool lw_onnx_own_axes(const struct onnx_value *in, const bool *marked,
		      bool channels, int8_t *axis)
{
	int8_t last = channels ? ONNX_C : ONNX_W;
	uint32_t i;

	if (!lw_onnx_axes(in, axis))
		return false;
	for (i = 0; i < in->shape.n; i++) {
		if (!marked[i])
			continue;
		give_axis(&in->shape, axis, i, last);
		if (!is_alone(&in->shape, axis, i) || axis[i] > last)
			return false;
	}
	return true;
}

struct onnx_value *lw_onnx_along(struct onnx_node *node,
				 const struct onnx_value *in,
				 const bool *marked, bool channels,
				 onnx_along_fn emit, const void *data)
{
	bool any = false, one[ONNX_MAX_DIMS] = { false };
	int8_t axis[ONNX_MAX_DIMS];
	uint32_t i;

	for (i = 0; in && i < in->shape.n; i++)
		any = any || marked[i];
	if (any && lw_onnx_own_axes(in, marked, channels, axis))
		return emit(node, in, axis, marked, data);
	for (i = 0; in && i < in->shape.n; i++) {
		if (!marked[i])
			continue;
		one[i] = true;
		in = lw_onnx_lay_around(node, in, i);
		if (in && lw_onnx_own_axes(in, one, channels, axis))
			in = emit(node, in, axis, one, data);
		one[i] = false;
	}
	return in ? lw_onnx_view(node, in, &in->shape) : NULL;
}

static struct onnx_value *emit_slice(struct onnx_node *node,
				     const struct onnx_value *in,
				     const int8_t *axis, const bool *cut,
				     const void *data)
{
	const struct onnx_range *range = data;
	struct onnx_shape shape = in->shape;
	struct onnx_value *out;
	struct lw_node *made;
	uint32_t i;

	for (i = 0; i < shape.n; i++)
		if (cut[i])
			shape.dim[i] = range[i].n;
	out = lw_onnx_new(node, &shape, axis);
	made = lw_onnx_emit(node, LW_NODE_SLICE, in, out);
	if (!made)
		return NULL;
	for (i = 0; i < shape.n; i++)
		if (cut[i] && in->shape.dim[i] > 1) {
			made->start[axis[i]] = range[i].start;
			made->step[axis[i]] = range[i].step;
		}
	lw_onnx_same_scale(out, in);
	return out;
}

struct onnx_value *lw_onnx_slice(struct onnx_node *node,
				 const struct onnx_value *in,
				 const struct onnx_range *range)
{
	bool cut[ONNX_MAX_DIMS];
	uint32_t i;

	if (node->status || !in)
		return NULL;
	for (i = 0; i < in->shape.n; i++)
		cut[i] = range[i].n != in->shape.dim[i];
	return lw_onnx_along(node, in, cut, true, emit_slice, range);
}

bool lw_onnx_pick_room(struct onnx_node *node, struct onnx_picks *picks,
		       uint32_t dim, uint32_t n)
{
	if (node->status)
		return false;
	picks->n[dim] = n;
	picks->at[dim] = calloc((size_t)n + 1, sizeof(float));
	if (!picks->at[dim])
		node->status = -ENOMEM;
	return picks->at[dim];
}

void lw_onnx_picks_free(struct onnx_picks *picks)
{
	uint32_t i;

	for (i = 0; i < ONNX_MAX_DIMS; i++)
		free(picks->at[i]);
}

/* Positions of a RESIZE along an axis of @size: given, or all in order. */
static float *positions(const float *at, uint32_t n, uint32_t size)
{
	float *made = calloc(at ? n : size, sizeof(*made));
	uint32_t i;

	for (i = 0; made && i < (at ? n : size); i++)
		made[i] = at ? at[i] : (float)i;
	return made;
}

static struct onnx_value *emit_resize(struct onnx_node *node,
				      const struct onnx_value *in,
				      const int8_t *axis, const bool *picked,
				      const void *data)
{
	const struct onnx_picks *picks = data;
	const float *at[2] = { NULL };
	struct onnx_shape shape = in->shape;
	struct onnx_value *out;
	struct lw_node *made;
	uint32_t i;

	for (i = 0; i < shape.n; i++)
		if (picked[i]) {
			shape.dim[i] = picks->n[i];
			at[axis[i]] = picks->at[i];
		}
	out = lw_onnx_new(node, &shape, axis);
	made = lw_onnx_emit(node, LW_NODE_RESIZE, in, out);
	if (!made)
		return NULL;
	made->position[0] = positions(at[0], out->value->h, in->value->h);
	made->position[1] = positions(at[1], out->value->w, in->value->w);
	if (!made->position[0] || !made->position[1])
		node->status = -ENOMEM;
	if (picks->whole)
		lw_onnx_same_scale(out, in);
	else
		lw_onnx_set_rule(made, LW_RULE_ONNXRUNTIME);
	return out;
}

struct onnx_value *lw_onnx_pick(struct onnx_node *node,
				const struct onnx_value *in,
				const struct onnx_picks *picks)
{
	bool picked[ONNX_MAX_DIMS];
	uint32_t i;

	if (node->status || !in)
		return NULL;
	for (i = 0; i < in->shape.n; i++)
		picked[i] = picks->at[i];
	return lw_onnx_along(node, in, picked, false, emit_resize, picks);
}
