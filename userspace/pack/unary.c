// SPDX-License-Identifier: MIT
/* The functions of one number. */
#include "graph.h"

static float hard_sigmoid(float slope, float offset, float x)
{
	return fminf(fmaxf(slope * x + offset, 0), 1);
}

float lw_unary(const struct lw_node *node, float x)
{
	switch (node->unary) {
	case LW_UNARY_IDENTITY:
		return x;
	case LW_UNARY_SIGMOID:
		return 1 / (1 + expf(-x));
	case LW_UNARY_TANH:
		return tanhf(x);
	case LW_UNARY_HARD_SIGMOID:
		return hard_sigmoid(node->alpha, node->beta, x);
	case LW_UNARY_HARD_SWISH:
		return x * hard_sigmoid(1.0f / 6, 0.5f, x);
	case LW_UNARY_LEAKY_RELU:
		return x < 0 ? node->alpha * x : x;
	}
	return x;
}
