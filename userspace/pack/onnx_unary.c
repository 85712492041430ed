// SPDX-License-Identifier: MIT
/* Activation functions and softmax. */
#include <math.h>

#include "onnx_import.h"

/* Adds a UNARY node that keeps its input's shape. */
static struct lw_node *unary(struct onnx_node *node, enum lw_unary_kind kind)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	struct lw_node *made;

	if (!in)
		return NULL;
	made = lw_onnx_emit(node, LW_NODE_UNARY, in,
			    lw_onnx_define(node, 0, &in->shape));
	if (made)
		made->unary = kind;
	return made;
}

static int clamp(struct onnx_node *node, float lo, float hi)
{
	struct lw_node *made;

	if (!(lo <= hi))
		return lw_onnx_refuse(node, "bounds %g to %g are not a range",
				      lo, hi);
	made = unary(node, LW_UNARY_IDENTITY);
	if (made) {
		made->act_lo = lo;
		made->act_hi = hi;
	}
	return node->status;
}

int lw_onnx_run_relu(struct onnx_node *node)
{
	return clamp(node, 0, INFINITY);
}

int lw_onnx_run_clip(struct onnx_node *node)
{
	float lo = lw_onnx_scalar(node, "min", 1, -INFINITY);
	float hi = lw_onnx_scalar(node, "max", 2, INFINITY);

	return node->status ? node->status : clamp(node, lo, hi);
}

int lw_onnx_run_leaky_relu(struct onnx_node *node)
{
	float alpha = lw_onnx_float(node, "alpha", 0.01f);
	struct lw_node *made = unary(node, LW_UNARY_LEAKY_RELU);

	if (made)
		made->alpha = alpha;
	return node->status;
}

int lw_onnx_run_hard_sigmoid(struct onnx_node *node)
{
	float alpha = lw_onnx_float(node, "alpha", 0.2f);
	float beta = lw_onnx_float(node, "beta", 0.5f);
	struct lw_node *made = unary(node, LW_UNARY_HARD_SIGMOID);

	if (made) {
		made->alpha = alpha;
		made->beta = beta;
	}
	return node->status;
}

int lw_onnx_run_hard_swish(struct onnx_node *node)
{
	unary(node, LW_UNARY_HARD_SWISH);
	return node->status;
}

int lw_onnx_run_sigmoid(struct onnx_node *node)
{
	unary(node, LW_UNARY_SIGMOID);
	return node->status;
}

int lw_onnx_run_tanh(struct onnx_node *node)
{
	unary(node, LW_UNARY_TANH);
	return node->status;
}

/* Before operator set 13, over all dimensions from the axis on. */
int lw_onnx_run_softmax(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	bool flat = node->im->opset < 13;
	int64_t given = lw_onnx_int(node, "axis", flat ? 1 : -1);
	const struct onnx_shape *shape;
	uint32_t i, axis;

	if (!in)
		return node->status;
	shape = &in->shape;
	axis = lw_onnx_dim(node, given, shape->n);
	for (i = 0; i < shape->n; i++) {
		bool over = flat ? i >= axis : i == axis;

		if (shape->dim[i] > 1 && over != (shape->axis[i] == ONNX_C))
			return lw_onnx_refuse(node, "axis %lld is not the channels",
					      (long long)given);
	}
	lw_onnx_emit(node, LW_NODE_SOFTMAX, in,
		     lw_onnx_define(node, 0, shape));
	return node->status;
}
