// SPDX-License-Identifier: MIT
/*
 * Gemm and MatMul: of an activation and a constant, a convolution of 1 x 1 (in
 * groups, where the constant has batches); of two activations, MATMUL.
 */
#include <stdlib.h>
#include <string.h>

#include "onnx_weights.h"

/**
 * struct product - a product of matrices
 * @in: the factors; activations have two dimensions at least
 * @transposed: constants are; activations that were look as if they were not
 * @bias: constant added to each row of the result, or NULL
 * @alpha: of the product
 * @beta: of the bias
 */
struct product {
	const struct onnx_value *in[2];
	bool transposed[2];
	const struct onnx_value *bias;
	float alpha, beta;
};

/**
 * struct matrices - what a constant factor holds
 * @batches: matrices
 * @o: numbers along the dimension that the result keeps
 * @i: along the one that is summed up
 * @layout: where they lie
 */
struct matrices {
	uint32_t batches, o, i;
	struct onnx_layout layout;
};

static uint64_t count_batches(const struct onnx_shape *shape)
{
	struct onnx_shape batch = *shape;

	batch.n = shape->n > 2 ? shape->n - 2 : 0;
	return lw_onnx_count(&batch);
}

/* A constant with one dimension is a column, or a row if it is the first. */
static int read_matrices(struct onnx_node *node, const struct product *p,
			 uint32_t which, struct matrices *m)
{
	const struct onnx_shape *shape = &p->in[which]->shape;
	bool last = which ^ p->transposed[which];
	uint64_t batches = count_batches(shape);
	uint32_t rows, columns;

	if (!shape->n || !lw_onnx_count(shape) || batches > LW_MAX_DIM)
		return lw_onnx_refuse(node, "its constant is no matrix");
	columns = shape->dim[shape->n - 1];
	rows = shape->n > 1 ? shape->dim[shape->n - 2] : 1;
	if (shape->n == 1 && which) {
		rows = columns;
		columns = 1;
	}
	m->batches = batches;
	m->o = last ? columns : rows;
	m->i = last ? rows : columns;
	m->layout = (struct onnx_layout){
		.o = last ? 1 : columns,
		.i = last ? columns : 1,
		.per_group = m->o,
		.group = (size_t)rows * columns,
		.axis = shape->n - 1 - (shape->n > 1 && !last),
	};
	if (m->o > LW_MAX_DIM / m->batches)
		return lw_onnx_refuse(node, "%u matrices with %u outputs",
				      m->batches, m->o);
	return 0;
}

static struct lw_weights *make_weights(struct onnx_node *node,
				       const struct product *p, uint32_t which,
				       const struct onnx_value *in,
				       const struct matrices *m)
{
	uint32_t i, o = m->batches * m->o;
	struct lw_weights *weights;

	weights = lw_onnx_weights(node, o, 1, 1, m->i, p->bias);
	if (!weights)
		return NULL;
	lw_onnx_take_weights(node, weights, in, p->in[which], &m->layout,
			     p->bias);
	if (weights->q && (p->alpha != 1 || (p->bias && p->beta != 1)))
		lw_onnx_refuse(node, "alpha is %g and beta is %g, expected 1 where weights are quantised",
			       p->alpha, p->beta);
	for (i = 0; p->alpha != 1 && i < o * m->i; i++)
		weights->real[i] *= p->alpha;
	for (i = 0; p->bias && i < o; i++)
		weights->bias[i] *= p->beta;
	return weights;
}

/* The activation, with @dim of it and, if there are, its batches along c. */
static struct onnx_value *lay_factor(struct onnx_node *node,
				     const struct onnx_value *in, uint32_t dim,
				     uint32_t batches)
{
	int8_t axis[ONNX_MAX_DIMS];
	bool over[ONNX_MAX_DIMS] = { false };
	uint32_t i, n = in->shape.n;

	over[dim] = true;
	if (batches == 1)
		return lw_onnx_lay_over(node, in, over);
	for (i = 0; i < n; i++)
		axis[i] = i + 2 < n || i == dim ? ONNX_C : ONNX_W;
	return lw_onnx_lay(node, in, axis);
}

/* The batches of both factors, before dimensions for which @shape stands. */
static bool broadcast(const struct product *p, const struct onnx_value *in,
		      struct onnx_shape *shape)
{
	struct onnx_shape a = p->in[0]->shape, b = p->in[1]->shape;

	a.n = a.n > 2 ? a.n - 2 : 0;
	b.n = b.n > 2 ? b.n - 2 : 0;
	if (!lw_onnx_broadcast(&a, &b, shape) ||
	    shape->n + 2 > ONNX_MAX_DIMS)
		return false;
	shape->dim[shape->n++] = in->shape.dim[in->shape.n - 2];
	shape->dim[shape->n++] = in->shape.dim[in->shape.n - 1];
	return true;
}

/* Factor @which is a constant. */
static struct onnx_value *by_constant(struct onnx_node *node,
				      const struct product *p, uint32_t which)
{
	const struct onnx_value *in = p->in[!which];
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_shape shape;
	struct lw_weights *weights;
	struct onnx_value *out;
	struct matrices m;
	uint32_t dim;

	if (node->status || read_matrices(node, p, which, &m))
		return NULL;
	if (!broadcast(p, in, &shape)) {
		lw_onnx_refuse(node, "batches of its constant and its input do not fit");
		return NULL;
	}
	dim = shape.n - 1 - !which;
	if (shape.dim[dim] != m.i) {
		lw_onnx_refuse(node, "a constant for %u numbers, its input has %u",
			       m.i, shape.dim[dim]);
		return NULL;
	}
	in = lw_onnx_expand(node, in, &shape);
	in = in ? lay_factor(node, in, dim, m.batches) : NULL;
	if (!in || !lw_onnx_axes(in, axis))
		return NULL;
	weights = make_weights(node, p, which, in, &m);
	axis[dim] = ONNX_C;
	shape.dim[dim] = m.o;
	out = lw_onnx_new(node, &shape, axis);
	return lw_onnx_convolve(node, in, weights, m.batches, NULL, out);
}

/* A factor along h (batches), w and c, or c and w if it lies so. */
static struct onnx_value *lay_matrix(struct onnx_node *node,
				     const struct onnx_value *in,
				     const struct onnx_shape *batches,
				     bool *transpose)
{
	int8_t plain[ONNX_MAX_DIMS], other[ONNX_MAX_DIMS];
	struct onnx_shape shape = *batches;
	uint32_t i, n = shape.n;

	for (i = 0; i + 2 < n; i++)
		if (count_batches(&in->shape) == 1)
			shape.dim[i] = 1;
	shape.dim[n - 2] = in->shape.dim[in->shape.n - 2];
	shape.dim[n - 1] = in->shape.dim[in->shape.n - 1];
	in = lw_onnx_expand(node, in, &shape);
	if (!in)
		return NULL;
	lw_onnx_axes_last(&shape, plain);
	memcpy(other, plain, sizeof(other));
	other[n - 2] = ONNX_C;
	other[n - 1] = ONNX_W;
	*transpose = !lw_onnx_lies(in, plain) && lw_onnx_lies(in, other);
	return lw_onnx_lay(node, in, *transpose ? other : plain);
}

static struct onnx_value *of_activations(struct onnx_node *node,
					 const struct product *p)
{
	const struct onnx_value *in[2];
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_shape shape;
	struct onnx_value *out;
	struct lw_node *made;
	bool transpose[2];
	uint32_t i, n;

	if (!broadcast(p, p->in[0], &shape)) {
		lw_onnx_refuse(node, "batches of its inputs do not fit");
		return NULL;
	}
	for (i = 0; i < 2; i++)
		in[i] = lay_matrix(node, p->in[i], &shape, &transpose[i]);
	if (node->status)
		return NULL;
	n = shape.n;
	if (in[0]->shape.dim[n - 1] != in[1]->shape.dim[n - 2]) {
		lw_onnx_refuse(node, "a product over %u and %u numbers",
			       in[0]->shape.dim[n - 1],
			       in[1]->shape.dim[n - 2]);
		return NULL;
	}
	shape.dim[n - 1] = in[1]->shape.dim[n - 1];
	lw_onnx_axes_last(&shape, axis);
	out = lw_onnx_new(node, &shape, axis);
	made = lw_onnx_emit_many(node, LW_NODE_MATMUL, in, 2, out);
	if (!made)
		return NULL;
	made->transpose_a = transpose[0];
	made->transpose_b = transpose[1];
	return p->alpha == 1 ? out : lw_onnx_scale(node, out, p->alpha, 0);
}

/*
 * A constant of several matrices is a convolution in groups if each of the
 * other factor's has one; else it is a tensor like that.
 */
static bool is_convolution(const struct product *p, uint32_t which)
{
	uint64_t batches = count_batches(&p->in[which]->shape);
	struct onnx_shape shape;

	return batches == 1 || !broadcast(p, p->in[!which], &shape) ||
	       batches == count_batches(&shape);
}

static struct onnx_value *multiply(struct onnx_node *node,
				   const struct product *p)
{
	struct product held = *p;
	bool constant[2];
	uint32_t i;

	for (i = 0; i < 2; i++)
		constant[i] = p->in[i]->state == ONNX_CONSTANT;
	if (constant[0] && constant[1]) {
		lw_onnx_refuse(node, "both factors are constants");
		return NULL;
	}
	if (constant[0] || constant[1]) {
		i = constant[1];
		if (is_convolution(p, i))
			return by_constant(node, p, i);
		held.in[i] = lw_onnx_hold(node, p->in[i]);
		if (!held.in[i])
			return NULL;
	}
	return of_activations(node, &held);
}

/* A factor: an activation gets two dimensions, a constant is real. */
static const struct onnx_value *read_factor(struct onnx_node *node, uint32_t i)
{
	const struct onnx_value *in;
	struct onnx_shape shape = { .n = 2, .dim = { 1, 1 } };

	if (!lw_onnx_is_activation(node, i))
		return lw_onnx_constant(node, i);
	in = lw_onnx_activation(node, i);
	if (!in || in->shape.n > 1)
		return in;
	if (in->shape.n)
		shape.dim[!i] = in->shape.dim[0];
	return lw_onnx_regroup(node, in, &shape);
}

/* Without the dimensions that a factor of one dimension lacks. */
static struct onnx_value *drop(struct onnx_node *node, struct onnx_value *out)
{
	struct onnx_shape shape;
	uint32_t n;

	if (!out)
		return NULL;
	shape = out->shape;
	n = shape.n;
	if (node->in[0]->shape.n == 1) {
		shape.dim[n - 2] = shape.dim[n - 1];
		shape.n--;
	}
	if (node->in[1]->shape.n == 1)
		shape.n--;
	return lw_onnx_regroup(node, out, &shape);
}

struct onnx_value *lw_onnx_product(struct onnx_node *node,
				   const struct onnx_value *a,
				   const struct onnx_value *b)
{
	const struct product p = { .in = { a, b }, .alpha = 1, .beta = 1 };

	return a && b ? multiply(node, &p) : NULL;
}

int lw_onnx_run_matmul(struct onnx_node *node)
{
	struct product p = { .alpha = 1, .beta = 1 };
	uint32_t i;

	for (i = 0; i < 2; i++)
		p.in[i] = read_factor(node, i);
	if (node->status)
		return node->status;
	return lw_onnx_result(node, 0, drop(node, multiply(node, &p)));
}

static bool is_row(const struct onnx_shape *shape)
{
	return shape->n < 2 || shape->dim[shape->n - 2] == 1;
}

/* Adds what is no bias of the convolution. */
static struct onnx_value *add_rest(struct onnx_node *node,
				   struct onnx_value *out, float beta)
{
	const struct onnx_value *c = lw_onnx_in(node, 2);
	float *offset;
	size_t i;

	if (c->state == ONNX_ACTIVATION) {
		c = lw_onnx_activation(node, 2);
		if (c && beta != 1)
			c = lw_onnx_scale(node, c, beta, 0);
		return lw_onnx_add(node, out, c);
	}
	c = lw_onnx_constant(node, 2);
	if (c && out && beta == 1 && !lw_onnx_is_channelwise(out, &c->shape))
		return lw_onnx_add(node, out, lw_onnx_hold(node, c));
	offset = c ? calloc(c->constant->n + 1, sizeof(*offset)) : NULL;
	if (!offset) {
		node->status = node->status ? node->status : -ENOMEM;
		return NULL;
	}
	for (i = 0; i < c->constant->n; i++)
		offset[i] = c->constant->real[i] * beta;
	out = lw_onnx_affine(node, out, &c->shape, NULL, offset);
	free(offset);
	return out;
}

int lw_onnx_run_gemm(struct onnx_node *node)
{
	static const uint32_t swap[] = { 1, 0 };
	struct product p = {
		.alpha = lw_onnx_float(node, "alpha", 1),
		.beta = lw_onnx_float(node, "beta", 1),
	};
	const struct onnx_value *c = lw_onnx_in(node, 2);
	struct onnx_value *out;
	uint32_t i;

	p.transposed[0] = lw_onnx_int_in(node, "transA", 0, 0, 1);
	p.transposed[1] = lw_onnx_int_in(node, "transB", 0, 0, 1);
	for (i = 0; i < 2; i++) {
		p.in[i] = read_factor(node, i);
		if (node->status)
			return node->status;
		if (p.in[i]->shape.n != 2)
			return lw_onnx_refuse(node, "input %u has %u dimensions, expected 2",
					      i, p.in[i]->shape.n);
		if (p.transposed[i] && p.in[i]->state == ONNX_ACTIVATION)
			p.in[i] = lw_onnx_permute(node, p.in[i], swap);
	}
	if (c && c->state == ONNX_CONSTANT && p.in[1]->state == ONNX_CONSTANT &&
	    is_row(&c->shape))
		p.bias = lw_onnx_constant(node, 2);
	if (node->status)
		return node->status;
	out = multiply(node, &p);
	if (c && !p.bias)
		out = add_rest(node, out, p.beta);
	return lw_onnx_result(node, 0, out);
}
