// SPDX-License-Identifier: MIT
/* Softmax. */
#include "tflite_import.h"

enum { SOFTMAX_BETA = 0 };

int lw_tflite_softmax(struct lw_tflite_op *op)
{
	float beta = lw_fb_f32(&op->source->options, SOFTMAX_BETA, 0);
	struct lw_value *in, *out;
	struct lw_node *node;
	int ret;

	if (!isfinite(beta) || beta <= 0)
		return lw_tflite_refuse(op, "its beta is %g; a number above 0 expected",
					beta);
	ret = lw_tflite_through(op, &in, &out);
	if (!ret && beta != 1)
		ret = lw_tflite_times(op, &in, beta);
	return ret ? ret : lw_tflite_node(op, LW_NODE_SOFTMAX, &in, 1, out,
					  &node);
}

int lw_tflite_log_softmax(struct lw_tflite_op *op)
{
	struct lw_value *in, *out, *shares;
	struct lw_node *node;
	int ret = lw_tflite_through(op, &in, &out);

	if (!ret && in->quantised)
		ret = lw_tflite_refuse(op, "its input is quantised; FLOAT32 expected: the logarithm of a softmax of 8 bits tells little");
	if (!ret)
		ret = lw_tflite_derive(op, out, out->h, out->w, out->c,
				       &shares);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_SOFTMAX, &in, 1, shares,
				     &node);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_UNARY, &shares, 1, out,
				     &node);
	if (ret)
		return ret;
	node->unary = LW_UNARY_LOG;
	return 0;
}
