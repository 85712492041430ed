// SPDX-License-Identifier: MIT
/* Operators that see the same numbers in another shape. */
#include <string.h>

#include "onnx_import.h"

static bool is_order(const struct onnx_shape *shape, const int8_t *order)
{
	uint32_t i, next = 0;

	for (i = 0; i < shape->n; i++) {
		if (shape->dim[i] <= 1)
			continue;
		while (next < 3 && order[next] != shape->axis[i])
			next++;
		if (next == 3)
			return false;
	}
	return true;
}

bool lw_onnx_is_chw(const struct onnx_shape *shape)
{
	static const int8_t order[] = { ONNX_C, ONNX_H, ONNX_W };

	return is_order(shape, order);
}

bool lw_onnx_is_hwc(const struct onnx_shape *shape)
{
	static const int8_t order[] = { ONNX_H, ONNX_W, ONNX_C };

	return is_order(shape, order);
}

static void append_dim(struct onnx_node *node, struct onnx_shape *shape,
		       int64_t dim, int8_t axis)
{
	if (shape->n == ONNX_MAX_DIMS) {
		lw_onnx_refuse(node, "more than %d dimensions", ONNX_MAX_DIMS);
		return;
	}
	if (dim < 0 || dim > INT32_MAX) {
		lw_onnx_refuse(node, "a dimension of %lld", (long long)dim);
		return;
	}
	shape->axis[shape->n] = axis;
	shape->dim[shape->n++] = dim;
}

/* 64-bit: the products of both shapes are compared, and may be hostile. */
static uint64_t count(const struct onnx_shape *shape)
{
	uint64_t n = 1;
	uint32_t i;

	for (i = 0; i < shape->n; i++)
		if (__builtin_mul_overflow(n, shape->dim[i], &n))
			return UINT64_MAX;
	return n;
}

/* Finds the size for -1. */
static void infer_dim(struct onnx_node *node, const struct onnx_shape *in,
		      struct onnx_shape *out, int64_t unknown)
{
	uint64_t n, rest;

	if (unknown >= 0) {
		n = count(in);
		rest = count(out);
		if (!rest || n % rest || n / rest > INT32_MAX)
			lw_onnx_refuse(node, "no size for dimension %lld",
				       (long long)unknown);
		else
			out->dim[unknown] = n / rest;
	}
	if (!node->status && count(in) != count(out))
		lw_onnx_refuse(node, "the shapes hold different numbers");
}

/* The dimensions above 1 of both shapes, in their order, are the same. */
static bool carry_axes(const struct onnx_shape *in, struct onnx_shape *out)
{
	uint32_t i, j = 0;

	for (i = 0; i < out->n; i++) {
		out->axis[i] = ONNX_UNIT;
		if (out->dim[i] == 1)
			continue;
		while (j < in->n && in->dim[j] == 1)
			j++;
		if (j == in->n || in->dim[j] != out->dim[i])
			return false;
		out->axis[i] = in->axis[j++];
	}
	return true;
}

struct onnx_shape lw_onnx_reshaped(struct onnx_node *node,
				   const struct onnx_shape *in)
{
	struct onnx_list list = lw_onnx_list(node, "shape", 1);
	bool zero = lw_onnx_int(node, "allowzero", 0);
	struct onnx_shape out = { 0 };
	int64_t unknown = -1;
	size_t i;

	if (!list.given)
		lw_onnx_refuse(node, "no shape");
	for (i = 0; i < list.n && !node->status; i++) {
		if (list.at[i] == -1 && unknown < 0) {
			unknown = i;
			append_dim(node, &out, 1, ONNX_UNIT);
		} else if (!list.at[i] && !zero && i < in->n) {
			append_dim(node, &out, in->dim[i], ONNX_UNIT);
		} else {
			append_dim(node, &out, list.at[i], ONNX_UNIT);
		}
	}
	if (!node->status)
		infer_dim(node, in, &out, unknown);
	return out;
}

struct onnx_shape lw_onnx_squeezed(struct onnx_node *node,
				   const struct onnx_shape *in)
{
	struct onnx_list axes = lw_onnx_list(node, "axes", 1);
	bool drop[ONNX_MAX_DIMS] = { false };
	struct onnx_shape out = { 0 };
	uint32_t i;

	if (axes.n > in->n)
		lw_onnx_refuse(node, "%zu axes of %u dimensions", axes.n,
			       in->n);
	for (i = 0; i < in->n; i++)
		drop[i] = !axes.given && in->dim[i] == 1;
	for (i = 0; i < axes.n && !node->status; i++)
		drop[lw_onnx_dim(node, axes.at[i], in->n)] = true;
	for (i = 0; i < in->n && !node->status; i++) {
		if (drop[i] && in->dim[i] != 1)
			lw_onnx_refuse(node, "removes dimension %u of %u", i,
				       in->dim[i]);
		if (!drop[i])
			append_dim(node, &out, in->dim[i], in->axis[i]);
	}
	return out;
}

struct onnx_shape lw_onnx_unsqueezed(struct onnx_node *node,
				     const struct onnx_shape *in)
{
	struct onnx_list axes = lw_onnx_list(node, "axes", 1);
	bool add[ONNX_MAX_DIMS] = { false };
	struct onnx_shape out = { 0 };
	uint32_t i, next = 0, n;

	if (axes.n > ONNX_MAX_DIMS - in->n) {
		lw_onnx_refuse(node, "more than %d dimensions", ONNX_MAX_DIMS);
		return out;
	}
	n = in->n + axes.n;
	for (i = 0; i < axes.n && !node->status; i++)
		add[lw_onnx_dim(node, axes.at[i], n)] = true;
	for (i = 0; i < n && !node->status; i++) {
		if (add[i]) {
			append_dim(node, &out, 1, ONNX_UNIT);
		} else if (next < in->n) {
			append_dim(node, &out, in->dim[next], in->axis[next]);
			next++;
		} else {
			lw_onnx_refuse(node, "an axis is given twice");
		}
	}
	return out;
}

static struct onnx_value *flatten(struct onnx_node *node, struct onnx_value *in,
				  struct onnx_value *out)
{
	struct lw_node *made;

	if (!out)
		return NULL;
	if (!lw_onnx_is_chw(&in->shape) && !lw_onnx_is_hwc(&in->shape)) {
		lw_onnx_refuse(node,
			       "flattens dimensions that are in neither the order c, h, w nor h, w, c");
		return NULL;
	}
	made = lw_onnx_emit(node, LW_NODE_FLATTEN, in, out);
	if (!made)
		return NULL;
	made->nchw = !lw_onnx_is_hwc(&in->shape);
	lw_onnx_same_scale(out, in);
	return out;
}

/* Makes output 0 the input in another shape. */
static int view(struct onnx_node *node, struct onnx_value *in,
		struct onnx_shape *shape)
{
	uint32_t i, flat = UINT32_MAX;
	uint64_t n;

	if (node->status)
		return node->status;
	if (carry_axes(&in->shape, shape))
		return lw_onnx_alias(node, in, shape);
	n = count(&in->shape);
	for (i = 0; i < shape->n; i++) {
		shape->axis[i] = ONNX_UNIT;
		if (shape->dim[i] == n)
			flat = i;
	}
	if (flat == UINT32_MAX)
		return lw_onnx_refuse(node, "the shape of its output is neither flat nor that of its input");
	if (in->type != ONNX_FLOAT)
		return lw_onnx_refuse(node, "flattens quantised numbers, expected DequantizeLinear first");
	shape->axis[flat] = ONNX_C;
	flatten(node, in, lw_onnx_define(node, 0, shape));
	return node->status;
}

struct onnx_value *lw_onnx_channels_last(struct onnx_node *node, uint32_t i)
{
	struct onnx_value *in = lw_onnx_activation(node, i);
	struct onnx_value *flat = &node->flat;
	uint32_t size[3] = { 1, 1, 1 };
	const struct onnx_shape *shape;
	uint32_t last;

	if (!in)
		return NULL;
	shape = &in->shape;
	last = shape->n - 1;
	if (shape->n && (shape->dim[last] == 1 || shape->axis[last] == ONNX_C))
		return in;
	if (!shape->n || count(shape) != shape->dim[last]) {
		lw_onnx_refuse(node, "its input's last dimension is not the channels");
		return NULL;
	}
	*flat = *in;
	flat->rounded = false;
	flat->shape.axis[last] = ONNX_C;
	size[ONNX_C] = shape->dim[last];
	flat->value = lw_onnx_value(node->im, in->name, size);
	if (!flat->value) {
		node->status = -ENOMEM;
		return NULL;
	}
	return flatten(node, in, flat);
}

int lw_onnx_run_reshape(struct onnx_node *node)
{
	struct onnx_value *in = node->in[0];
	struct onnx_shape shape = lw_onnx_reshaped(node, &in->shape);

	return view(node, in, &shape);
}

int lw_onnx_run_flatten(struct onnx_node *node)
{
	struct onnx_value *in = node->in[0];
	int64_t axis = lw_onnx_int(node, "axis", 1);
	struct onnx_shape shape = { .n = 2, .dim = { 1, 1 } };
	uint32_t i;

	/* Unlike elsewhere, n itself is an axis. */
	if (axis < 0)
		axis += in->shape.n;
	if (axis < 0 || axis > in->shape.n)
		return lw_onnx_refuse(node, "axis is %lld", (long long)axis);
	for (i = 0; i < in->shape.n; i++)
		shape.dim[i >= axis] *= in->shape.dim[i];
	return view(node, in, &shape);
}

int lw_onnx_run_squeeze(struct onnx_node *node)
{
	struct onnx_shape shape = lw_onnx_squeezed(node, &node->in[0]->shape);

	return lw_onnx_alias(node, node->in[0], &shape);
}

int lw_onnx_run_unsqueeze(struct onnx_node *node)
{
	struct onnx_shape shape = lw_onnx_unsqueezed(node,
						     &node->in[0]->shape);

	return lw_onnx_alias(node, node->in[0], &shape);
}

int lw_onnx_run_identity(struct onnx_node *node)
{
	return lw_onnx_alias(node, node->in[0], &node->in[0]->shape);
}

int lw_onnx_run_cast(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);

	lw_onnx_ignore(node, "saturate");
	lw_onnx_int_in(node, "to", 0, ONNX_FLOAT, ONNX_FLOAT);
	return in ? lw_onnx_alias(node, in, &in->shape) : node->status;
}

/* Nothing but a name at inference. */
int lw_onnx_run_dropout(struct onnx_node *node)
{
	const struct onnx_value *training = lw_onnx_in(node, 2);

	lw_onnx_ignore(node, "ratio");
	lw_onnx_ignore(node, "seed");
	if (training && (training->state != ONNX_CONSTANT ||
			 !training->constant->whole ||
			 training->constant->n != 1 ||
			 training->constant->whole[0]))
		return lw_onnx_refuse(node, "training_mode must be false");
	return lw_onnx_alias(node, node->in[0], &node->in[0]->shape);
}

int lw_onnx_permutation(struct onnx_node *node, uint32_t n, uint32_t *perm)
{
	struct onnx_list list = lw_onnx_ints(node, "perm");
	bool used[ONNX_MAX_DIMS] = { false };
	uint32_t i;

	if (list.given && list.n != n)
		return lw_onnx_refuse(node, "perm has %zu numbers, expected %u",
				      list.n, n);
	for (i = 0; i < n; i++) {
		perm[i] = list.given ? lw_onnx_dim(node, list.at[i], n) :
				       n - 1 - i;
		if (!node->status && used[perm[i]])
			lw_onnx_refuse(node, "perm has %u twice", perm[i]);
		used[perm[i]] = true;
	}
	return node->status;
}

int lw_onnx_run_transpose(struct onnx_node *node)
{
	const struct onnx_shape *in = &node->in[0]->shape;
	struct onnx_shape shape = { .n = in->n };
	uint32_t i, perm[ONNX_MAX_DIMS];

	if (lw_onnx_permutation(node, in->n, perm))
		return node->status;
	for (i = 0; i < in->n; i++) {
		shape.dim[i] = in->dim[perm[i]];
		shape.axis[i] = in->axis[perm[i]];
	}
	return lw_onnx_alias(node, node->in[0], &shape);
}

/* The shape is known: what depends on it is constant. */
int lw_onnx_run_shape(struct onnx_node *node)
{
	return lw_onnx_fold_shape(node);
}
