// SPDX-License-Identifier: MIT
/* Conv and ConvTranspose, of one or two dimensions. */
#include "onnx_weights.h"

/**
 * struct kernel - what both read
 * @in: an image
 * @source, @bias: constants; @bias may be NULL
 * @groups: of channels
 * @kh, @kw: size
 */
struct kernel {
	struct onnx_value *in;
	const struct onnx_value *source, *bias;
	uint32_t groups, kh, kw;
};

static int read_kernel(struct onnx_node *node, struct kernel *k)
{
	const struct onnx_shape *shape;
	uint32_t i;

	*k = (struct kernel){ 0 };
	k->in = lw_onnx_image(node, lw_onnx_activation(node, 0));
	k->source = lw_onnx_constant(node, 1);
	k->bias = lw_onnx_in(node, 2) ? lw_onnx_constant(node, 2) : NULL;
	k->groups = lw_onnx_int_in(node, "group", 1, 1, LW_MAX_DIM);
	if (node->status)
		return node->status;
	shape = &k->source->shape;
	if (shape->n != k->in->shape.n)
		return lw_onnx_refuse(node, "weights of %u dimensions, expected %u",
				      shape->n, k->in->shape.n);
	for (i = 0; i < shape->n; i++)
		if (!shape->dim[i] || shape->dim[i] > LW_MAX_DIM)
			return lw_onnx_refuse(node, "weights' dimension %u is %u",
					      i, shape->dim[i]);
	k->kh = shape->n == 4 ? shape->dim[2] : 1;
	k->kw = shape->dim[shape->n - 1];
	return 0;
}

/* Weights of @o outputs of @i inputs each, in the model's order or transposed. */
static struct lw_weights *make_weights(struct onnx_node *node,
				       const struct kernel *k, uint32_t o,
				       uint32_t i, bool transposed)
{
	size_t kernel = (size_t)k->kh * k->kw;
	struct onnx_layout layout = { .kh = k->kw, .kw = 1 };
	struct lw_weights *weights;

	weights = lw_onnx_weights(node, o, k->kh, k->kw, i, k->bias);
	if (!weights)
		return NULL;
	layout.i = kernel;
	layout.o = kernel * i;
	if (transposed) {
		layout.axis = 1;
		layout.per_group = o / k->groups;
		layout.o = kernel;
		layout.i = kernel * layout.per_group;
		layout.group = layout.i * i;
	}
	lw_onnx_take_weights(node, weights, k->in, k->source, &layout,
			     k->bias);
	return weights;
}

static int run_conv(struct onnx_node *node)
{
	struct lw_weights *weights;
	struct lw_window window;
	struct onnx_value *out;
	struct kernel k;
	uint32_t o, i, size[2];

	if (read_kernel(node, &k))
		return node->status;
	o = k.source->shape.dim[0];
	i = k.source->shape.dim[1];
	if ((uint64_t)i * k.groups != k.in->value->c || o % k.groups)
		return lw_onnx_refuse(node, "%u outputs of %u inputs in %u groups do not fit %u channels",
				      o, i, k.groups, k.in->value->c);
	if (lw_onnx_window(node, k.in, k.kh, k.kw, &window, size))
		return node->status;
	weights = make_weights(node, &k, o, i, false);
	out = lw_onnx_new_image(node, k.in, o, size);
	out = lw_onnx_convolve(node, k.in, weights, k.groups, &window, out);
	return lw_onnx_result(node, 0, out);
}

static int run_conv_transpose(struct onnx_node *node)
{
	struct lw_weights *weights;
	struct lw_window window;
	struct onnx_value *out;
	struct lw_node *made;
	struct kernel k;
	uint32_t i, size[2];
	uint64_t o;

	if (read_kernel(node, &k))
		return node->status;
	i = k.source->shape.dim[0];
	o = (uint64_t)k.source->shape.dim[1] * k.groups;
	if (i != k.in->value->c || i % k.groups || o > LW_MAX_DIM)
		return lw_onnx_refuse(node, "%u inputs of %u outputs in %u groups do not fit %u channels",
				      i, k.source->shape.dim[1], k.groups,
				      k.in->value->c);
	if (lw_onnx_transposed_window(node, k.in, k.kh, k.kw, &window, size))
		return node->status;
	weights = make_weights(node, &k, o, i / k.groups, true);
	out = lw_onnx_new_image(node, k.in, o, size);
	made = lw_onnx_emit(node, LW_NODE_TCONV, k.in, out);
	if (!made) {
		lw_weights_free(weights);
		return node->status;
	}
	made->window = window;
	made->groups = k.groups;
	made->weights = weights;
	return lw_onnx_result(node, 0, out);
}

int lw_onnx_run_conv(struct onnx_node *node)
{
	return lw_onnx_each_image(node, run_conv);
}

int lw_onnx_run_conv_transpose(struct onnx_node *node)
{
	return lw_onnx_each_image(node, run_conv_transpose);
}
