// SPDX-License-Identifier: MIT
/* Normalisations, made of means, products and functions; and softmax. */
#include <math.h>
#include <stdlib.h>

#include "onnx_make.h"

/* A constant input of @n numbers, or NULL and refused. */
static const float *numbers(struct onnx_node *node, uint32_t i, uint32_t n)
{
	const struct onnx_value *value = lw_onnx_constant(node, i);

	if (!value)
		return NULL;
	if (value->constant->n != n)
		lw_onnx_refuse(node, "input %u has %zu numbers, expected %u", i,
			       value->constant->n, n);
	return value->constant->real;
}

/* The shape of a constant that varies along dimension 1 of @in. */
static struct onnx_shape channel_shape(const struct onnx_shape *in)
{
	struct onnx_shape shape = { .n = in->n - 1 };
	uint32_t i;

	for (i = 0; i < shape.n; i++)
		shape.dim[i] = i ? 1 : in->dim[1];
	return shape;
}

/* Input 0, of at least two dimensions, the second its channels. */
static struct onnx_value *channels_input(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);

	if (in && in->shape.n < 2)
		lw_onnx_refuse(node, "input of %u dimensions, expected 2 or more",
			       in->shape.n);
	return node->status ? NULL : in;
}

int lw_onnx_run_batch_norm(struct onnx_node *node)
{
	struct onnx_value *in = channels_input(node), *out;
	double epsilon = lw_onnx_float(node, "epsilon", 1e-5f);
	const float *scale, *bias, *mean, *var;
	struct onnx_shape shape;
	float *factor;
	uint32_t i, c;

	lw_onnx_ignore(node, "momentum");
	lw_onnx_int_in(node, "training_mode", 0, 0, 0);
	lw_onnx_int_in(node, "spatial", 1, 1, 1);
	if (!in)
		return node->status;
	c = in->shape.dim[1];
	scale = numbers(node, 1, c);
	bias = numbers(node, 2, c);
	mean = numbers(node, 3, c);
	var = numbers(node, 4, c);
	if (node->status)
		return node->status;
	factor = calloc(c, 2 * sizeof(*factor));
	if (!factor)
		return node->status = -ENOMEM;
	for (i = 0; i < c; i++) {
		double exact = scale[i] / sqrt(var[i] + epsilon);

		factor[i] = exact;
		factor[c + i] = bias[i] - mean[i] * exact;
	}
	shape = channel_shape(&in->shape);
	out = lw_onnx_affine(node, in, &shape, factor, factor + c);
	free(factor);
	return lw_onnx_result(node, 0, out);
}

/**
 * struct normal - what becomes of numbers that are normalised
 * @out: the difference from their mean, of variance 1
 * @mean: it
 * @factor: 1 / standard deviation
 */
struct normal {
	struct onnx_value *out, *mean, *factor;
};

static void normalise(struct onnx_node *node, const struct onnx_value *in,
		      const bool *over, bool centre, struct normal *normal)
{
	float epsilon = lw_onnx_float(node, "epsilon", 1e-5f);
	const struct onnx_value *less = in;
	struct onnx_value *square;

	if (centre) {
		normal->mean = lw_onnx_mean(node, in, over);
		less = lw_onnx_sub(node, in, normal->mean);
	}
	square = lw_onnx_unary(node, less, LW_UNARY_SQUARE, 0, 0);
	square = lw_onnx_mean(node, square, over);
	if (square)
		square = lw_onnx_scale(node, square, 1, epsilon);
	normal->factor = lw_onnx_unary(node, square, LW_UNARY_RSQRT, 0, 0);
	normal->out = lw_onnx_mul(node, less, normal->factor);
}

/* Times a constant input, and plus another if it is there. */
static struct onnx_value *scale_by(struct onnx_node *node,
				   const struct onnx_value *in)
{
	const struct onnx_value *scale = lw_onnx_constant(node, 1), *bias;
	struct onnx_value *out;

	if (!in || !scale)
		return NULL;
	out = lw_onnx_affine(node, in, &scale->shape, scale->constant->real,
			     NULL);
	if (!out || !lw_onnx_in(node, 2))
		return out;
	bias = lw_onnx_constant(node, 2);
	return bias ? lw_onnx_affine(node, out, &bias->shape, NULL,
				     bias->constant->real) : NULL;
}

/* The axis and all dimensions behind it, along channels. */
static struct onnx_value *read_normalised(struct onnx_node *node, bool *over)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	int64_t given = lw_onnx_int(node, "axis", -1);
	uint32_t i, axis;

	/* The type that its source computed in. */
	lw_onnx_ignore(node, "stash_type");
	if (!in)
		return NULL;
	axis = lw_onnx_dim(node, given, in->shape.n);
	for (i = 0; i < in->shape.n; i++)
		over[i] = i >= axis;
	return lw_onnx_lay_over(node, in, over);
}

int lw_onnx_run_layer_norm(struct onnx_node *node)
{
	bool over[ONNX_MAX_DIMS];
	struct onnx_value *in = read_normalised(node, over);
	struct normal normal = { 0 };

	if (!in)
		return node->status;
	normalise(node, in, over, true, &normal);
	lw_onnx_result(node, 0, scale_by(node, normal.out));
	if (node->n_out > 1 && node->out[1])
		lw_onnx_result(node, 1, normal.mean);
	if (node->n_out > 2 && node->out[2])
		lw_onnx_result(node, 2, normal.factor);
	return node->status;
}

int lw_onnx_run_rms_norm(struct onnx_node *node)
{
	bool over[ONNX_MAX_DIMS];
	struct onnx_value *in = read_normalised(node, over);
	struct normal normal = { 0 };

	if (!in)
		return node->status;
	normalise(node, in, over, false, &normal);
	return lw_onnx_result(node, 0, scale_by(node, normal.out));
}

/* The same numbers for each of @n channels, of inputs 1 and 2. */
static struct onnx_value *scale_channels(struct onnx_node *node,
					 const struct onnx_value *in)
{
	const float *scale, *bias;
	struct onnx_shape shape;

	if (!in)
		return NULL;
	scale = numbers(node, 1, in->shape.dim[1]);
	bias = numbers(node, 2, in->shape.dim[1]);
	if (node->status)
		return NULL;
	shape = channel_shape(&in->shape);
	return lw_onnx_affine(node, in, &shape, scale, bias);
}

int lw_onnx_run_instance_norm(struct onnx_node *node)
{
	struct onnx_value *in = channels_input(node);
	struct normal normal = { 0 };
	bool over[ONNX_MAX_DIMS];
	uint32_t i;

	if (!in)
		return node->status;
	for (i = 0; i < in->shape.n; i++)
		over[i] = i >= 2;
	normalise(node, in, over, true, &normal);
	return lw_onnx_result(node, 0, scale_channels(node, normal.out));
}

int lw_onnx_run_group_norm(struct onnx_node *node)
{
	static const bool over[ONNX_MAX_DIMS] = { false, false, true };
	struct onnx_value *in = channels_input(node), *out;
	int64_t groups = lw_onnx_int(node, "num_groups", 0);
	struct onnx_shape shape = { .n = 3 };
	struct normal normal = { 0 };

	lw_onnx_ignore(node, "stash_type");
	if (!in)
		return node->status;
	if (groups < 1 || groups > in->shape.dim[1] ||
	    in->shape.dim[1] % groups)
		return lw_onnx_refuse(node, "%lld groups of %u channels",
				      (long long)groups, in->shape.dim[1]);
	shape.dim[0] = in->shape.dim[0];
	shape.dim[1] = groups;
	shape.dim[2] = lw_onnx_count(&in->shape) / shape.dim[0] / groups;
	out = lw_onnx_regroup(node, in, &shape);
	normalise(node, out, over, true, &normal);
	out = lw_onnx_regroup(node, normal.out, &in->shape);
	return lw_onnx_result(node, 0, scale_channels(node, out));
}

/* Before operator set 13, over all dimensions from the axis on. */
static struct onnx_value *softmax(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0), *out;
	bool flat = node->im->opset < 13, over[ONNX_MAX_DIMS];
	int64_t given = lw_onnx_int(node, "axis", flat ? 1 : -1);
	struct lw_node *made;
	uint32_t i, axis;

	if (!in)
		return NULL;
	axis = lw_onnx_dim(node, given, in->shape.n);
	for (i = 0; i < in->shape.n; i++)
		over[i] = flat ? i >= axis : i == axis;
	in = lw_onnx_lay_over(node, in, over);
	out = lw_onnx_new_like(node, in);
	made = lw_onnx_emit(node, LW_NODE_SOFTMAX, in, out);
	if (!made)
		return NULL;
	lw_onnx_set_rule(made, LW_RULE_ONNXRUNTIME);
	return out;
}

int lw_onnx_run_softmax(struct onnx_node *node)
{
	return lw_onnx_result(node, 0, softmax(node));
}

int lw_onnx_run_log_softmax(struct onnx_node *node)
{
	return lw_onnx_result(node, 0, lw_onnx_unary(node, softmax(node),
						     LW_UNARY_LOG, 0, 0));
}
