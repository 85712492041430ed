// SPDX-License-Identifier: MIT
/* The same numbers in other dimensions: no node is added here. */
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

void lw_onnx_views_free(struct onnx_view *views)
{
	struct onnx_view *next;

	for (; views; views = next) {
		next = views->next;
		free(views);
	}
}

uint64_t lw_onnx_count(const struct onnx_shape *shape)
{
	uint64_t n = 1;
	uint32_t i;

	for (i = 0; i < shape->n; i++)
		if (__builtin_mul_overflow(n, shape->dim[i], &n))
			return UINT64_MAX;
	return n;
}

bool lw_onnx_place(struct onnx_shape *shape, const int8_t *axis,
		   uint32_t size[3])
{
	uint64_t length[3] = { 1, 1, 1 }, total = 1;
	uint32_t i, k = 0, next[3];

	for (i = 0; i < shape->n; i++) {
		if (!shape->dim[i] || shape->dim[i] > LW_MAX_DIM)
			return false;
		total *= shape->dim[i];
		if (total > LW_MAX_ELEMENTS)
			return false;
		if (shape->dim[i] == 1)
			continue;
		if (axis[i] == ONNX_UNIT)
			return false;
		length[axis[i]] *= shape->dim[i];
		if (length[axis[i]] > LW_MAX_DIM)
			return false;
		k++;
	}
	for (i = 0; i < 3; i++)
		size[i] = length[i];
	next[ONNX_C] = 1;
	next[ONNX_W] = size[ONNX_C];
	next[ONNX_H] = size[ONNX_C] * size[ONNX_W];
	shape->n_factors = k;
	for (i = shape->n; i-- > 0;) {
		if (shape->dim[i] == 1)
			continue;
		shape->factor[--k] = (struct onnx_factor){
			shape->dim[i], next[axis[i]], i
		};
		next[axis[i]] *= shape->dim[i];
	}
	return true;
}

static bool same_factors(const struct onnx_shape *a, const struct onnx_shape *b)
{
	return a->n_factors == b->n_factors &&
	       !memcmp(a->factor, b->factor, a->n_factors * sizeof(*a->factor));
}

bool lw_onnx_lies(const struct onnx_value *in, const int8_t *axis)
{
	struct onnx_shape placed = in->shape;
	uint32_t size[3];

	return lw_onnx_place(&placed, axis, size) &&
	       size[ONNX_H] == in->value->h && size[ONNX_W] == in->value->w &&
	       size[ONNX_C] == in->value->c &&
	       same_factors(&in->shape, &placed);
}

bool lw_onnx_axes(const struct onnx_value *in, int8_t *axis)
{
	uint64_t row = (uint64_t)in->value->w * in->value->c;
	const struct onnx_factor *f;
	uint32_t i;

	for (i = 0; i < in->shape.n; i++)
		axis[i] = ONNX_UNIT;
	for (i = 0; i < in->shape.n_factors; i++) {
		f = &in->shape.factor[i];
		if (!f->stride || axis[f->dim] != ONNX_UNIT)
			return false;
		axis[f->dim] = f->stride < in->value->c ? ONNX_C :
			       f->stride < row ? ONNX_W : ONNX_H;
	}
	return lw_onnx_lies(in, axis);
}

void lw_onnx_axes_last(const struct onnx_shape *shape, int8_t *axis)
{
	uint32_t i;

	for (i = 0; i < shape->n; i++)
		axis[i] = i + 1 == shape->n ? ONNX_C :
			  i + 2 == shape->n ? ONNX_W : ONNX_H;
}

struct onnx_value *lw_onnx_view(struct onnx_node *node,
				const struct onnx_value *in,
				const struct onnx_shape *shape)
{
	struct onnx_view *view;

	if (node->status || !in)
		return NULL;
	view = calloc(1, sizeof(*view));
	if (!view) {
		node->status = -ENOMEM;
		return NULL;
	}
	view->value = *in;
	view->value.shape = *shape;
	view->next = node->views;
	node->views = view;
	return &view->value;
}

/* Adds a factor, to the one before it if the two are one; false: no room. */
static bool append(struct onnx_shape *shape, uint32_t size, uint32_t stride,
		   uint32_t dim)
{
	struct onnx_factor *last = shape->factor + shape->n_factors - 1;

	if (size == 1)
		return true;
	if (shape->n_factors && last->dim == dim &&
	    last->stride == (uint64_t)stride * size) {
		last->size *= size;
		last->stride = stride;
		return true;
	}
	if (shape->n_factors == ONNX_MAX_FACTORS)
		return false;
	shape->factor[shape->n_factors++] =
		(struct onnx_factor){ size, stride, dim };
	return true;
}

static bool append_dim(struct onnx_shape *to, uint32_t dim,
		       const struct onnx_shape *from, uint32_t from_dim)
{
	const struct onnx_factor *f = from->factor;
	uint32_t i;

	for (i = 0; i < from->n_factors; i++)
		if (f[i].dim == from_dim &&
		    !append(to, f[i].size, f[i].stride, dim))
			return false;
	return true;
}

struct onnx_value *lw_onnx_permute(struct onnx_node *node,
				   const struct onnx_value *in,
				   const uint32_t *perm)
{
	struct onnx_shape shape = { 0 };
	uint32_t i;

	if (node->status || !in)
		return NULL;
	shape.n = in->shape.n;
	for (i = 0; i < shape.n; i++) {
		shape.dim[i] = in->shape.dim[perm[i]];
		append_dim(&shape, i, &in->shape, perm[i]);
	}
	return lw_onnx_view(node, in, &shape);
}

/* Takes a part of a dimension of @need off the first factor; 0: no part. */
static uint32_t take(struct onnx_factor *f, uint32_t need)
{
	uint32_t part = need % f->size == 0 ? f->size :
			f->size % need == 0 ? need : 0;

	if (part)
		f->size /= part;
	return part;
}

/* Fills in the factors of @out, or returns false if there are none. */
static bool regroup(const struct onnx_shape *in, struct onnx_shape *out)
{
	struct onnx_shape flat = { 0 };
	struct onnx_factor *f = flat.factor;
	uint32_t i, need, part;

	for (i = 0; i < in->n; i++)
		append_dim(&flat, 0, in, i);
	out->n_factors = 0;
	for (i = 0; i < out->n; i++)
		for (need = out->dim[i]; need > 1; need /= part) {
			part = f < flat.factor + flat.n_factors ?
				       take(f, need) : 0;
			if (!part ||
			    !append(out, part, f->stride * f->size, i))
				return false;
			if (f->size == 1)
				f++;
		}
	return true;
}

struct onnx_value *lw_onnx_regroup(struct onnx_node *node,
				   const struct onnx_value *in,
				   const struct onnx_shape *shape)
{
	struct onnx_shape out = *shape;
	int8_t axis[ONNX_MAX_DIMS];

	if (node->status || !in)
		return NULL;
	if (lw_onnx_count(&in->shape) != lw_onnx_count(&out)) {
		lw_onnx_refuse(node, "the shapes hold different numbers");
		return NULL;
	}
	if (!regroup(&in->shape, &out)) {
		/* In their order, they are one factor. */
		lw_onnx_axes_last(&in->shape, axis);
		in = lw_onnx_lay(node, in, axis);
		if (in && !regroup(&in->shape, &out))
			lw_onnx_refuse(node, "its dimensions have too many factors");
	}
	return lw_onnx_view(node, in, &out);
}

struct onnx_value *lw_onnx_expand(struct onnx_node *node,
				  const struct onnx_value *in,
				  const struct onnx_shape *shape)
{
	struct onnx_shape out = { 0 };
	uint32_t i, more;
	bool room = true;

	if (node->status || !in)
		return NULL;
	out.n = shape->n;
	more = out.n - in->shape.n;
	for (i = 0; i < out.n; i++) {
		out.dim[i] = shape->dim[i];
		if (i < more || in->shape.dim[i - more] != out.dim[i])
			room = room && append(&out, out.dim[i], 0, i);
		else
			room = room &&
			       append_dim(&out, i, &in->shape, i - more);
	}
	if (!room)
		lw_onnx_refuse(node, "its dimensions have too many factors");
	return lw_onnx_view(node, in, &out);
}
