// SPDX-License-Identifier: MIT
/* Constants from constants: what exporters write to compute shapes. */
#include <math.h>
#include <string.h>

#include "onnx_make.h"

struct onnx_constant *lw_onnx_fold_new(struct onnx_node *node,
				       const struct onnx_shape *shape,
				       bool real)
{
	uint64_t n = lw_onnx_count(shape);
	struct onnx_constant *constant;

	if (node->status)
		return NULL;
	if (n > node->im->budget / 8) {
		lw_onnx_refuse(node, "its constant result of %llu numbers takes more memory than the model's size explains",
			       (unsigned long long)n);
		return NULL;
	}
	constant = lw_onnx_constant_new(node->im, n, real);
	if (!constant)
		node->status = -ENOMEM;
	return constant;
}

void lw_onnx_fold_copy(struct onnx_constant *to, size_t at,
		       const struct onnx_constant *from, size_t from_at,
		       size_t n)
{
	if (!n)
		return;
	if (to->real)
		memcpy(to->real + at, from->real + from_at,
		       n * sizeof(*to->real));
	else
		memcpy(to->whole + at, from->whole + from_at,
		       n * sizeof(*to->whole));
}

/* The same numbers in another shape; scales along an axis would not survive. */
static int regroup(struct onnx_node *node, onnx_shape_fn shape)
{
	const struct onnx_value *in = node->in[0];
	struct onnx_shape out = shape(node, &in->shape);
	struct onnx_constant *constant;

	constant = lw_onnx_fold_new(node, &out, in->constant->real);
	if (!constant)
		return node->status;
	if (constant->n != in->constant->n)
		return lw_onnx_refuse(node, "the shapes hold different numbers");
	lw_onnx_fold_copy(constant, 0, in->constant, 0, constant->n);
	return lw_onnx_define_constant(node, 0, in->type, &out, constant);
}

int lw_onnx_fold_reshape(struct onnx_node *node)
{
	return regroup(node, lw_onnx_reshaped);
}

int lw_onnx_fold_flatten(struct onnx_node *node)
{
	return regroup(node, lw_onnx_flattened);
}

int lw_onnx_fold_squeeze(struct onnx_node *node)
{
	return regroup(node, lw_onnx_squeezed);
}

int lw_onnx_fold_unsqueeze(struct onnx_node *node)
{
	return regroup(node, lw_onnx_unsqueezed);
}

int lw_onnx_fold_identity(struct onnx_node *node)
{
	return lw_onnx_result(node, 0, node->in[0]);
}

int lw_onnx_fold_shape(struct onnx_node *node)
{
	const struct onnx_shape *in = &node->in[0]->shape;
	int64_t start = lw_onnx_int(node, "start", 0);
	int64_t end = lw_onnx_int(node, "end", in->n), i;
	struct onnx_shape shape = { .n = 1 };
	struct onnx_constant *constant;
	int64_t n = in->n;

	start = start < -n ? 0 : start < 0 ? start + n : start > n ? n : start;
	end = end < -n ? 0 : end < 0 ? end + n : end > n ? n : end;
	shape.dim[0] = end > start ? end - start : 0;
	constant = lw_onnx_fold_new(node, &shape, false);
	for (i = start; constant && i < end; i++)
		constant->whole[i - start] = in->dim[i];
	return lw_onnx_define_constant(node, 0, ONNX_INT64, &shape, constant);
}

int lw_onnx_fold_size(struct onnx_node *node)
{
	static const struct onnx_shape scalar;
	struct onnx_constant *constant = lw_onnx_fold_new(node, &scalar, false);

	if (constant)
		constant->whole[0] = lw_onnx_count(&node->in[0]->shape);
	return lw_onnx_define_constant(node, 0, ONNX_INT64, &scalar, constant);
}

/* A real number is cut off towards 0. */
static int64_t cast_whole(struct onnx_node *node, double x)
{
	if (x > -0x1p63 && x < 0x1p63)
		return x;
	lw_onnx_refuse(node, "%g does not fit", x);
	return 0;
}

/* Real numbers of all types are floats here. */
int lw_onnx_fold_cast(struct onnx_node *node)
{
	const struct onnx_constant *in = node->in[0]->constant;
	int64_t to = lw_onnx_int(node, "to", 0) & INT32_MAX, lo, hi, x;
	bool real = lw_onnx_is_real(to);
	struct onnx_constant *constant;
	size_t i;

	lw_onnx_ignore(node, "saturate");
	lw_onnx_ignore(node, "round_mode");
	if (!real && to != ONNX_INT64 && to != ONNX_BOOL &&
	    !lw_onnx_type_range(to, &lo, &hi))
		return lw_onnx_refuse(node, "to is %s", lw_onnx_type_name(to));
	constant = lw_onnx_fold_new(node, &node->in[0]->shape, real);
	for (i = 0; constant && i < in->n; i++) {
		if (real) {
			constant->real[i] = in->real ? in->real[i] :
						       (float)in->whole[i];
			continue;
		}
		if (to == ONNX_BOOL)
			x = in->real ? in->real[i] != 0 : in->whole[i] != 0;
		else
			x = in->real ? cast_whole(node, in->real[i]) :
				       in->whole[i];
		constant->whole[i] = lw_onnx_wrap(to, x);
	}
	return lw_onnx_define_constant(node, 0, to, &node->in[0]->shape,
				       constant);
}

/* Sizes of the inputs agree but along @dim, which gets the sum. */
static int unite(struct onnx_node *node, uint32_t dim, struct onnx_shape *shape)
{
	const struct onnx_value *in;
	uint64_t sum = 0;
	uint32_t i, k;

	*shape = node->in[0]->shape;
	for (i = 0; i < node->n_in; i++) {
		in = node->in[i];
		if (!in || in->shape.n != shape->n ||
		    !in->constant->real != !node->in[0]->constant->real)
			return lw_onnx_refuse(node, "input %u differs in type or shape",
					      i);
		for (k = 0; k < shape->n; k++)
			if (k != dim && in->shape.dim[k] != shape->dim[k])
				return lw_onnx_refuse(node, "input %u differs in dimension %u",
						      i, k);
		sum += in->shape.dim[dim];
	}
	if (sum > INT32_MAX)
		return lw_onnx_refuse(node, "its result is too large");
	shape->dim[dim] = sum;
	return 0;
}

int lw_onnx_fold_concat(struct onnx_node *node)
{
	int64_t given = lw_onnx_int(node, "axis", INT64_MAX);
	uint32_t dim = lw_onnx_dim(node, given, node->in[0]->shape.n), i;
	struct onnx_constant *to;
	struct onnx_shape shape;
	size_t outer = 1, run, at = 0, k;

	if (node->status || unite(node, dim, &shape))
		return node->status;
	to = lw_onnx_fold_new(node, &shape, node->in[0]->constant->real);
	if (!to)
		return node->status;
	for (i = 0; i < dim; i++)
		outer *= shape.dim[i];
	for (k = 0; to->n && k < outer; k++)
		for (i = 0; i < node->n_in; i++) {
			run = node->in[i]->constant->n / outer;
			lw_onnx_fold_copy(to, at, node->in[i]->constant,
					  k * run, run);
			at += run;
		}
	return lw_onnx_define_constant(node, 0, node->in[0]->type, &shape, to);
}

/* Copies numbers that lie @stride apart along each dimension of @shape. */
static int strided(struct onnx_node *node, const struct onnx_shape *shape,
		   int64_t at, const int64_t *stride)
{
	const struct onnx_constant *from = node->in[0]->constant;
	struct onnx_constant *to = lw_onnx_fold_new(node, shape, from->real);
	uint32_t index[ONNX_MAX_DIMS] = { 0 };
	size_t i;
	int k;

	for (i = 0; to && i < to->n; i++) {
		lw_onnx_fold_copy(to, i, from, at, 1);
		for (k = (int)shape->n - 1; k >= 0; k--) {
			at += stride[k];
			if (++index[k] < shape->dim[k])
				break;
			at -= stride[k] * shape->dim[k];
			index[k] = 0;
		}
	}
	return lw_onnx_define_constant(node, 0, node->in[0]->type, shape, to);
}

/* Numbers from one to the next along each dimension. */
static void set_strides(const struct onnx_shape *shape, int64_t *stride)
{
	int64_t next = 1;
	int k;

	for (k = (int)shape->n - 1; k >= 0; k--) {
		stride[k] = next;
		next *= shape->dim[k] ? shape->dim[k] : 1;
	}
}

int lw_onnx_fold_transpose(struct onnx_node *node)
{
	const struct onnx_shape *in = &node->in[0]->shape;
	int64_t from[ONNX_MAX_DIMS], stride[ONNX_MAX_DIMS];
	struct onnx_shape shape = { .n = in->n };
	uint32_t i, perm[ONNX_MAX_DIMS];

	if (lw_onnx_permutation(node, in->n, perm) ||
	    !node->in[0]->constant->n)
		return lw_onnx_refuse(node, "an empty constant");
	set_strides(in, from);
	for (i = 0; i < in->n; i++) {
		shape.dim[i] = in->dim[perm[i]];
		stride[i] = from[perm[i]];
	}
	return strided(node, &shape, 0, stride);
}

int lw_onnx_fold_slice(struct onnx_node *node)
{
	const struct onnx_shape *in = &node->in[0]->shape;
	struct onnx_range range[ONNX_MAX_DIMS];
	int64_t stride[ONNX_MAX_DIMS], start = 0;
	struct onnx_shape shape = { .n = in->n };
	uint32_t i;

	if (!node->in[0]->constant->n)
		return lw_onnx_refuse(node, "an empty constant");
	if (lw_onnx_ranges(node, in, range))
		return node->status;
	set_strides(in, stride);
	for (i = 0; i < in->n; i++) {
		shape.dim[i] = range[i].n;
		start += stride[i] * range[i].start;
		stride[i] *= range[i].step;
	}
	return strided(node, &shape, start, stride);
}

int lw_onnx_fold_gather(struct onnx_node *node)
{
	const struct onnx_value *in = node->in[0], *index = node->in[1];
	int64_t given = lw_onnx_int(node, "axis", 0);
	uint32_t dim = lw_onnx_dim(node, given, in->shape.n), size, i;
	struct onnx_constant *constant;
	struct onnx_shape shape;
	size_t outer = 1, run = 1, n, k, o, at;

	if (!index->constant->whole)
		lw_onnx_refuse(node, "the indices are not integers");
	if (in->shape.n + index->shape.n > ONNX_MAX_DIMS)
		lw_onnx_refuse(node, "more than %d dimensions", ONNX_MAX_DIMS);
	if (node->status)
		return node->status;
	shape = lw_onnx_gathered(&in->shape, &index->shape, dim);
	size = in->shape.dim[dim];
	constant = lw_onnx_fold_new(node, &shape, in->constant->real);
	for (i = 0; i < in->shape.n; i++) {
		if (i < dim)
			outer *= in->shape.dim[i];
		else if (i > dim)
			run *= in->shape.dim[i];
	}
	n = index->constant->n;
	for (o = 0; constant && constant->n && o < outer; o++)
		for (k = 0; k < n && !node->status; k++) {
			at = lw_onnx_dim(node, index->constant->whole[k], size);
			if (!node->status)
				lw_onnx_fold_copy(constant, (o * n + k) * run,
						  in->constant,
						  (o * size + at) * run, run);
		}
	return lw_onnx_define_constant(node, 0, in->type, &shape, constant);
}
