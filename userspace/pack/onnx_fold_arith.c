// SPDX-License-Identifier: MIT
/* Arithmetic, comparisons and choices of constants. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

/* Of two numbers; results of comparisons are 0 or 1. */
enum binary { ADD, SUB, MUL, DIV, MOD, FMOD, POW, MIN, MAX, EQUAL, GREATER,
	      GREATER_EQUAL, LESS, LESS_EQUAL, AND, OR, XOR };

static double of_reals(enum binary op, double a, double b)
{
	switch (op) {
	case ADD:
		return a + b;
	case SUB:
		return a - b;
	case MUL:
		return a * b;
	case DIV:
		return a / b;
	case MOD:
	case FMOD:
		return fmod(a, b);
	case POW:
		return pow(a, b);
	case MIN:
		return isnan(a) || a < b ? a : b;
	case MAX:
		return isnan(a) || a > b ? a : b;
	case EQUAL:
		return a == b;
	case GREATER:
		return a > b;
	case GREATER_EQUAL:
		return a >= b;
	case LESS:
		return a < b;
	default:
		return a <= b;
	}
}

/* Quotients round towards zero; remainders have the sign of @b, or of @a. */
static int64_t divide(struct onnx_node *node, enum binary op, int64_t a,
		      int64_t b)
{
	int64_t rest;

	if (!b) {
		lw_onnx_refuse(node, "divides by 0");
		return 0;
	}
	if (b == -1)
		return op == DIV ? (int64_t)-(uint64_t)a : 0;
	if (op == DIV)
		return a / b;
	rest = a % b;
	return op == MOD && rest && (rest < 0) != (b < 0) ? rest + b : rest;
}

static int64_t power(int64_t a, int64_t b)
{
	uint64_t result = 1, base = a;

	if (b < 0)
		return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
	for (; b; b >>= 1, base *= base)
		if (b & 1)
			result *= base;
	return result;
}

static int64_t of_wholes(struct onnx_node *node, enum binary op, int64_t a,
			 int64_t b)
{
	switch (op) {
	case ADD:
		return (uint64_t)a + b;
	case SUB:
		return (uint64_t)a - b;
	case MUL:
		return (uint64_t)a * b;
	case DIV:
	case MOD:
	case FMOD:
		return divide(node, op, a, b);
	case POW:
		return power(a, b);
	case MIN:
		return a < b ? a : b;
	case MAX:
		return a > b ? a : b;
	case EQUAL:
		return a == b;
	case GREATER:
		return a > b;
	case GREATER_EQUAL:
		return a >= b;
	case LESS:
		return a < b;
	case LESS_EQUAL:
		return a <= b;
	case AND:
		return a && b;
	case OR:
		return a || b;
	default:
		return !a != !b;
	}
}

/* Index, in a constant, of number @at of what it is broadcast to. */
static size_t source(const struct onnx_shape *in, const struct onnx_shape *out,
		     size_t at)
{
	size_t index = 0, stride = 1;
	uint32_t i, dim;

	for (i = 1; i <= in->n; i++) {
		dim = in->dim[in->n - i];
		if (dim > 1)
			index += at % out->dim[out->n - i] * stride;
		at /= out->dim[out->n - i];
		stride *= dim;
	}
	return index;
}

static double real(const struct onnx_constant *constant, size_t i)
{
	return constant->real ? (double)constant->real[i] :
				(double)constant->whole[i];
}

/* The power alone may be of another type. */
static bool types_fit(enum binary op, const struct onnx_value *a,
		      const struct onnx_value *b)
{
	if (op == POW)
		return true;
	if (op == AND || op == OR || op == XOR)
		return a->type == ONNX_BOOL && b->type == ONNX_BOOL;
	return a->type == b->type;
}

static int combine(struct onnx_node *node, enum binary op,
		   const struct onnx_value *a, const struct onnx_value *b,
		   struct onnx_value *out)
{
	bool is_real = a->constant->real, pow_real;
	struct onnx_constant *made;
	size_t i, x, y;

	if (!types_fit(op, a, b))
		return lw_onnx_refuse(node, "inputs of types %s and %s",
				      lw_onnx_type_name(a->type),
				      lw_onnx_type_name(b->type));
	if (!lw_onnx_broadcast(&a->shape, &b->shape, &out->shape))
		return lw_onnx_refuse(node, "the shapes of its inputs do not fit");
	out->type = op >= EQUAL ? ONNX_BOOL : a->type;
	made = lw_onnx_fold_new(node, &out->shape, is_real && op < EQUAL);
	pow_real = op == POW && b->constant->real;
	for (i = 0; made && i < made->n && !node->status; i++) {
		x = source(&a->shape, &out->shape, i);
		y = source(&b->shape, &out->shape, i);
		if (made->real)
			made->real[i] = of_reals(op, real(a->constant, x),
						 real(b->constant, y));
		else if (is_real || pow_real)
			made->whole[i] = of_reals(op, real(a->constant, x),
						  real(b->constant, y));
		else
			made->whole[i] = lw_onnx_wrap(
				out->type, of_wholes(node, op,
						     a->constant->whole[x],
						     b->constant->whole[y]));
	}
	out->constant = made;
	return node->status;
}

/* All inputs, two at a time. */
static int fold(struct onnx_node *node, enum binary op)
{
	struct onnx_value out = *node->in[0];
	uint32_t i;

	out.state = ONNX_CONSTANT;
	for (i = 1; i < node->n_in && !node->status; i++) {
		struct onnx_value before = out;

		if (!node->in[i])
			return lw_onnx_refuse(node, "input %u is missing", i);
		combine(node, op, &before, node->in[i], &out);
	}
	return lw_onnx_result(node, 0, &out);
}

#define BINARY(ours, op) \
	int lw_onnx_fold_##ours(struct onnx_node *node) \
	{ \
		return fold(node, op); \
	}

BINARY(add, ADD)
BINARY(and, AND)
BINARY(div, DIV)
BINARY(equal, EQUAL)
BINARY(greater, GREATER)
BINARY(greater_equal, GREATER_EQUAL)
BINARY(less, LESS)
BINARY(less_equal, LESS_EQUAL)
BINARY(max, MAX)
BINARY(min, MIN)
BINARY(mul, MUL)
BINARY(or, OR)
BINARY(pow, POW)
BINARY(sub, SUB)
BINARY(sum, ADD)
BINARY(xor, XOR)

int lw_onnx_fold_mod(struct onnx_node *node)
{
	bool c = lw_onnx_int_in(node, "fmod", 0, 0, 1);

	if (!c && node->in[0]->constant->real)
		return lw_onnx_refuse(node, "fmod is 0 for real numbers");
	return fold(node, c ? FMOD : MOD);
}

int lw_onnx_fold_not(struct onnx_node *node)
{
	const struct onnx_value *in = node->in[0];
	struct onnx_constant *made;
	size_t i;

	if (in->type != ONNX_BOOL)
		return lw_onnx_refuse(node, "input is %s, expected bool",
				      lw_onnx_type_name(in->type));
	made = lw_onnx_fold_new(node, &in->shape, false);
	for (i = 0; made && i < made->n; i++)
		made->whole[i] = !in->constant->whole[i];
	return lw_onnx_define_constant(node, 0, ONNX_BOOL, &in->shape, made);
}

static void copy(struct onnx_constant *to, size_t at,
		 const struct onnx_constant *from, size_t from_at)
{
	if (to->real)
		to->real[at] = from->real[from_at];
	else
		to->whole[at] = from->whole[from_at];
}

int lw_onnx_fold_where(struct onnx_node *node)
{
	const struct onnx_value *test = node->in[0], *from;
	struct onnx_shape shape, both;
	struct onnx_constant *made;
	size_t i;

	if (test->type != ONNX_BOOL || node->in[1]->type != node->in[2]->type)
		return lw_onnx_refuse(node, "inputs of types %s, %s and %s",
				      lw_onnx_type_name(test->type),
				      lw_onnx_type_name(node->in[1]->type),
				      lw_onnx_type_name(node->in[2]->type));
	if (!lw_onnx_broadcast(&node->in[1]->shape, &node->in[2]->shape,
			       &both) ||
	    !lw_onnx_broadcast(&test->shape, &both, &shape))
		return lw_onnx_refuse(node, "the shapes of its inputs do not fit");
	made = lw_onnx_fold_new(node, &shape, node->in[1]->constant->real);
	for (i = 0; made && i < made->n; i++) {
		from = test->constant->whole[source(&test->shape, &shape, i)] ?
			       node->in[1] : node->in[2];
		copy(made, i, from->constant, source(&from->shape, &shape, i));
	}
	return lw_onnx_define_constant(node, 0, node->in[1]->type, &shape,
				       made);
}

static int expand(struct onnx_node *node, const struct onnx_value *in,
		  const struct onnx_shape *shape)
{
	struct onnx_constant *made;
	size_t i;

	made = lw_onnx_fold_new(node, shape, in->constant->real);
	for (i = 0; made && i < made->n; i++)
		copy(made, i, in->constant, source(&in->shape, shape, i));
	return lw_onnx_define_constant(node, 0, in->type, shape, made);
}

int lw_onnx_fold_expand(struct onnx_node *node)
{
	struct onnx_shape shape = lw_onnx_expanded(node, &node->in[0]->shape);

	return expand(node, node->in[0], &shape);
}

int lw_onnx_fold_tile(struct onnx_node *node)
{
	struct onnx_list list = lw_onnx_list(node, "repeats", 1);
	const struct onnx_value *in = node->in[0];
	struct onnx_shape shape = in->shape;
	struct onnx_constant *made;
	size_t i, at, index, stride;
	uint32_t k;

	if (list.n != shape.n)
		return lw_onnx_refuse(node, "%zu repeats of %u dimensions",
				      list.n, shape.n);
	for (k = 0; k < shape.n; k++) {
		if (list.at[k] < 0 ||
		    list.at[k] > INT32_MAX / (shape.dim[k] + 1))
			return lw_onnx_refuse(node, "repeats dimension %u %lld times",
					      k, (long long)list.at[k]);
		shape.dim[k] *= list.at[k];
	}
	made = lw_onnx_fold_new(node, &shape, in->constant->real);
	for (i = 0; made && i < made->n; i++) {
		at = i;
		index = 0;
		stride = 1;
		for (k = shape.n; k-- > 0; at /= shape.dim[k]) {
			index += at % shape.dim[k] % in->shape.dim[k] * stride;
			stride *= in->shape.dim[k];
		}
		copy(made, i, in->constant, index);
	}
	return lw_onnx_define_constant(node, 0, in->type, &shape, made);
}

int lw_onnx_fold_range(struct onnx_node *node)
{
	const struct onnx_constant *in[3];
	struct onnx_shape shape = { .n = 1 };
	struct onnx_constant *made;
	double n;
	size_t i;

	for (i = 0; i < 3; i++) {
		in[i] = node->in[i]->constant;
		if (in[i]->n != 1 || node->in[i]->type != node->in[0]->type)
			return lw_onnx_refuse(node, "input %zu is not one number of the others' type",
					      i);
	}
	n = ceil((real(in[1], 0) - real(in[0], 0)) / real(in[2], 0));
	if (!(fabs(n) <= INT32_MAX))
		return lw_onnx_refuse(node, "%g numbers", n);
	shape.dim[0] = n > 0 ? n : 0;
	made = lw_onnx_fold_new(node, &shape, in[0]->real);
	for (i = 0; made && i < made->n; i++)
		if (made->real)
			made->real[i] = in[0]->real[0] + i * in[2]->real[0];
		else
			made->whole[i] = in[0]->whole[0] +
					 i * (uint64_t)in[2]->whole[0];
	return lw_onnx_define_constant(node, 0, node->in[0]->type, &shape,
				       made);
}
