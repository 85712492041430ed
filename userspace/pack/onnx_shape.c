// SPDX-License-Identifier: MIT
/* Operators that see the same numbers in another shape. */
#include <string.h>

#include "onnx_make.h"

static void append_dim(struct onnx_node *node, struct onnx_shape *shape,
		       int64_t dim)
{
	if (shape->n == ONNX_MAX_DIMS) {
		lw_onnx_refuse(node, "more than %d dimensions", ONNX_MAX_DIMS);
		return;
	}
	if (dim < 0 || dim > INT32_MAX) {
		lw_onnx_refuse(node, "a dimension of %lld", (long long)dim);
		return;
	}
	shape->dim[shape->n++] = dim;
}

/* Finds the size for -1. */
static void infer_dim(struct onnx_node *node, const struct onnx_shape *in,
		      struct onnx_shape *out, int64_t unknown)
{
	uint64_t n, rest;

	if (unknown >= 0) {
		n = lw_onnx_count(in);
		rest = lw_onnx_count(out);
		if (!rest || n % rest || n / rest > INT32_MAX)
			lw_onnx_refuse(node, "no size for dimension %lld",
				       (long long)unknown);
		else
			out->dim[unknown] = n / rest;
	}
	if (!node->status && lw_onnx_count(in) != lw_onnx_count(out))
		lw_onnx_refuse(node, "the shapes hold different numbers");
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
			append_dim(node, &out, 1);
		} else if (!list.at[i] && !zero && i < in->n) {
			append_dim(node, &out, in->dim[i]);
		} else {
			append_dim(node, &out, list.at[i]);
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
			append_dim(node, &out, in->dim[i]);
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
			append_dim(node, &out, 1);
		} else if (next < in->n) {
			append_dim(node, &out, in->dim[next]);
			next++;
		} else {
			lw_onnx_refuse(node, "an axis is given twice");
		}
	}
	return out;
}

struct onnx_shape lw_onnx_flattened(struct onnx_node *node,
				    const struct onnx_shape *in)
{
	struct onnx_shape shape = { .n = 2, .dim = { 1, 1 } };
	int64_t axis = lw_onnx_int(node, "axis", 1);
	uint64_t n[2] = { 1, 1 };
	uint32_t i;

	/* Unlike elsewhere, n itself is an axis. */
	if (axis < 0)
		axis += in->n;
	if (axis < 0 || axis > in->n)
		lw_onnx_refuse(node, "axis is %lld", (long long)axis);
	for (i = 0; i < in->n; i++)
		n[i >= axis] *= in->dim[i];
	shape.dim[0] = n[0];
	shape.dim[1] = n[1];
	if (shape.dim[0] != n[0] || shape.dim[1] != n[1])
		lw_onnx_refuse(node, "dimensions become too large");
	return shape;
}

/* The input's numbers in the dimensions that @shape says. */
static int regroup(struct onnx_node *node, onnx_shape_fn shape)
{
	struct onnx_shape out;
	struct onnx_value *in;

	if (lw_onnx_in(node, 0)->state == ONNX_TEST) {
		out = shape(node, &node->in[0]->shape);
		return lw_onnx_test_part(node, 0, 0, &out);
	}
	in = lw_onnx_movable(node, 0);
	if (!in)
		return node->status;
	out = shape(node, &in->shape);
	return lw_onnx_result(node, 0, lw_onnx_regroup(node, in, &out));
}

int lw_onnx_run_reshape(struct onnx_node *node)
{
	return regroup(node, lw_onnx_reshaped);
}

int lw_onnx_run_flatten(struct onnx_node *node)
{
	return regroup(node, lw_onnx_flattened);
}

int lw_onnx_run_squeeze(struct onnx_node *node)
{
	return regroup(node, lw_onnx_squeezed);
}

int lw_onnx_run_unsqueeze(struct onnx_node *node)
{
	return regroup(node, lw_onnx_unsqueezed);
}

int lw_onnx_run_identity(struct onnx_node *node)
{
	return lw_onnx_result(node, 0, node->in[0]);
}

int lw_onnx_run_cast(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_movable(node, 0);
	int64_t to = lw_onnx_int(node, "to", 0) & INT32_MAX;

	lw_onnx_ignore(node, "saturate");
	lw_onnx_ignore(node, "round_mode");
	if (!lw_onnx_is_real(to) && to != ONNX_BOOL)
		lw_onnx_refuse(node, "to is %s, expected bool or a type of real numbers",
			       lw_onnx_type_name(to));
	if (in && in->type == ONNX_BOOL) {
		/* A condition is 0 or 1. */
		in = lw_onnx_view(node, in, &in->shape);
		if (in)
			in->type = to == ONNX_BOOL ? ONNX_BOOL : ONNX_FLOAT;
	} else {
		in = lw_onnx_activation(node, 0);
		if (to == ONNX_BOOL)
			in = lw_onnx_truth(node, in);
	}
	return lw_onnx_result(node, 0, in);
}

/* Nothing but a name at inference; the mask keeps everything. */
int lw_onnx_run_dropout(struct onnx_node *node)
{
	const struct onnx_value *training = lw_onnx_in(node, 2);
	struct onnx_constant *mask;
	size_t i;

	lw_onnx_ignore(node, "ratio");
	lw_onnx_ignore(node, "seed");
	if (training && (training->state != ONNX_CONSTANT ||
			 !training->constant->whole ||
			 training->constant->n != 1))
		return lw_onnx_refuse(node, "training_mode must be constant");
	/* Exporters leave true where the ratio is 0. */
	if (training && training->constant->whole[0] &&
	    lw_onnx_scalar(node, "ratio", 1, 0.5f) != 0)
		return lw_onnx_refuse(node, "training_mode must be false");
	lw_onnx_result(node, 0, node->in[0]);
	if (node->n_out < 2 || !node->out[1])
		return node->status;
	mask = lw_onnx_fold_new(node, &node->in[0]->shape, false);
	for (i = 0; mask && i < mask->n; i++)
		mask->whole[i] = 1;
	return lw_onnx_define_constant(node, 1, ONNX_BOOL,
				       &node->in[0]->shape, mask);
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
	struct onnx_value *in = lw_onnx_movable(node, 0);
	uint32_t perm[ONNX_MAX_DIMS];

	if (!in || lw_onnx_permutation(node, in->shape.n, perm))
		return node->status;
	return lw_onnx_result(node, 0, lw_onnx_permute(node, in, perm));
}

/* The shape is known: what depends on it is constant. */
int lw_onnx_run_shape(struct onnx_node *node)
{
	return lw_onnx_fold_shape(node);
}

int lw_onnx_run_size(struct onnx_node *node)
{
	return lw_onnx_fold_size(node);
}

struct onnx_shape lw_onnx_expanded(struct onnx_node *node,
				   const struct onnx_shape *in)
{
	struct onnx_list list = lw_onnx_list(node, "shape", 1);
	struct onnx_shape given = { 0 }, shape = { 0 };
	size_t i;

	for (i = 0; i < list.n && !node->status; i++)
		append_dim(node, &given, list.at[i]);
	if (!node->status && !lw_onnx_broadcast(in, &given, &shape))
		lw_onnx_refuse(node, "its input does not fit the shape");
	return shape;
}

int lw_onnx_run_expand(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_movable(node, 0);
	struct onnx_shape shape;

	if (!in)
		return node->status;
	shape = lw_onnx_expanded(node, &in->shape);
	return lw_onnx_result(node, 0, lw_onnx_expand(node, in, &shape));
}

/* Each dimension gets one before it, for the repetitions. */
int lw_onnx_run_tile(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_movable(node, 0), *out;
	struct onnx_list list = lw_onnx_list(node, "repeats", 1);
	struct onnx_shape apart = { 0 }, whole = { 0 }, shape = { 0 };
	uint32_t i;

	if (!in)
		return node->status;
	if (list.n != in->shape.n)
		return lw_onnx_refuse(node, "%zu repeats of %u dimensions",
				      list.n, in->shape.n);
	for (i = 0; i < in->shape.n && !node->status; i++) {
		if (list.at[i] < 1 || list.at[i] > LW_MAX_DIM)
			return lw_onnx_refuse(node, "repeats dimension %u %lld times",
					      i, (long long)list.at[i]);
		if (list.at[i] > 1) {
			append_dim(node, &apart, 1);
			append_dim(node, &whole, list.at[i]);
		}
		append_dim(node, &apart, in->shape.dim[i]);
		append_dim(node, &whole, in->shape.dim[i]);
		append_dim(node, &shape, list.at[i] * in->shape.dim[i]);
	}
	out = lw_onnx_regroup(node, in, &apart);
	out = lw_onnx_expand(node, out, &whole);
	return lw_onnx_result(node, 0, lw_onnx_regroup(node, out, &shape));
}
