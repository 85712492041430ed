// SPDX-License-Identifier: MIT
/* BatchNormalization, and Add, Sub, Mul, Div of activations and constants. */
#include <math.h>
#include <string.h>

#include "onnx_import.h"

/* Adds an AFFINE node; its factors and offsets are the caller's to fill in. */
static struct lw_weights *emit_affine(struct onnx_node *node,
				      struct onnx_value *in)
{
	struct lw_weights *weights;
	struct lw_node *made;

	weights = lw_onnx_weights(node, in->value->c, 1, 1, 1, true);
	if (!weights)
		return NULL;
	made = lw_onnx_emit(node, LW_NODE_AFFINE, in,
			    lw_onnx_define(node, 0, &in->shape));
	if (!made) {
		lw_weights_free(weights);
		return NULL;
	}
	made->weights = weights;
	return weights;
}

/* Input @i of BatchNormalization. */
static const float *channel_constants(struct onnx_node *node, uint32_t i,
				      uint32_t c)
{
	const struct onnx_value *value = lw_onnx_constant(node, i);

	if (!value)
		return NULL;
	if (value->constant->n != c)
		lw_onnx_refuse(node, "input %u has %zu numbers, expected %u", i,
			       value->constant->n, c);
	return value->constant->real;
}

/* Channels are dimension 1, or there is one. */
static bool has_channels(const struct onnx_shape *shape)
{
	return shape->n >= 2 &&
	       (shape->axis[1] == ONNX_C || shape->dim[1] == 1);
}

int lw_onnx_run_batch_norm(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	double epsilon = lw_onnx_float(node, "epsilon", 1e-5f), factor;
	const float *scale, *bias, *mean, *var;
	struct lw_weights *weights;
	uint32_t i, c;

	lw_onnx_ignore(node, "momentum");
	lw_onnx_int_in(node, "training_mode", 0, 0, 0);
	lw_onnx_int_in(node, "spatial", 1, 1, 1);
	if (!in)
		return node->status;
	c = in->value->c;
	if (!has_channels(&in->shape) || in->shape.dim[1] != c)
		return lw_onnx_refuse(node, "dimension 1 of its input is not the channels");
	scale = channel_constants(node, 1, c);
	bias = channel_constants(node, 2, c);
	mean = channel_constants(node, 3, c);
	var = channel_constants(node, 4, c);
	weights = node->status ? NULL : emit_affine(node, in);
	for (i = 0; weights && i < c; i++) {
		factor = scale[i] / sqrt(var[i] + epsilon);
		weights->real[i] = factor;
		weights->bias[i] = bias[i] - mean[i] * factor;
	}
	return node->status;
}

/*
 * A constant next to an activation: numbers per channel. Sets where they
 * begin, and how far one is from the next: 0, all the same.
 */
static int broadcast(struct onnx_node *node, const struct onnx_shape *in,
		     const struct onnx_value *value, size_t *step)
{
	const struct onnx_shape *shape = &value->shape;
	uint32_t i, at;

	*step = 0;
	for (i = 0; i < shape->n; i++) {
		if (shape->dim[i] == 1)
			continue;
		at = i + in->n - shape->n;
		if (i + in->n < shape->n || shape->dim[i] != in->dim[at])
			return lw_onnx_refuse(node, "its constant's dimension %u is %u, its other input's is not",
					      i, shape->dim[i]);
		if (in->axis[at] != ONNX_C)
			return lw_onnx_refuse(node, "its constant varies along height or width, not only channels");
		*step = 1;
	}
	return 0;
}

static uint32_t constant_input(const struct onnx_node *node)
{
	return node->in[1]->state == ONNX_CONSTANT;
}

/*
 * An activation and a constant k: out = in x (k ^ power x factor) +
 * k x offset, with power 0, 1 or -1.
 */
static int affine(struct onnx_node *node, int power, float factor, float offset)
{
	uint32_t which = constant_input(node), i;
	const struct onnx_value *value = lw_onnx_constant(node, which);
	struct onnx_value *in = lw_onnx_activation(node, !which);
	struct lw_weights *weights;
	size_t step;
	float k;

	if (node->status || broadcast(node, &in->shape, value, &step))
		return node->status;
	if (value->constant->n == 0)
		return lw_onnx_refuse(node, "its constant is empty");
	weights = emit_affine(node, in);
	for (i = 0; weights && i < weights->o; i++) {
		k = value->constant->real[step * i];
		weights->real[i] = factor;
		if (power)
			weights->real[i] *= power > 0 ? k : 1 / k;
		if (offset)
			weights->bias[i] = offset * k;
	}
	return node->status;
}

static bool two_activations(const struct onnx_node *node)
{
	return node->in[0]->state == ONNX_ACTIVATION &&
	       node->in[1]->state == ONNX_ACTIVATION;
}

static int add_activations(struct onnx_node *node)
{
	struct onnx_value *in[] = { lw_onnx_activation(node, 0),
				    lw_onnx_activation(node, 1) };
	const struct onnx_shape *a, *b;

	if (node->status)
		return node->status;
	a = &in[0]->shape;
	b = &in[1]->shape;
	if (a->n != b->n || memcmp(a->dim, b->dim, a->n * sizeof(*a->dim)) ||
	    !lw_onnx_fits(a, b->axis))
		return lw_onnx_refuse(node, "its inputs differ in shape or order of dimensions");
	lw_onnx_emit_many(node, LW_NODE_ADD, in, 2,
			  lw_onnx_define(node, 0, a));
	return node->status;
}

int lw_onnx_run_add(struct onnx_node *node)
{
	if (two_activations(node))
		return add_activations(node);
	return affine(node, 0, 1, 1);
}

int lw_onnx_run_sub(struct onnx_node *node)
{
	if (two_activations(node))
		return lw_onnx_refuse(node, "subtracts two activations");
	if (constant_input(node))
		return affine(node, 0, 1, -1);
	return affine(node, 0, -1, 1);
}

int lw_onnx_run_mul(struct onnx_node *node)
{
	if (two_activations(node))
		return lw_onnx_refuse(node, "multiplies two activations");
	return affine(node, 1, 1, 0);
}

int lw_onnx_run_div(struct onnx_node *node)
{
	if (two_activations(node) || !constant_input(node))
		return lw_onnx_refuse(node, "divides by an activation");
	return affine(node, -1, 1, 0);
}
