// SPDX-License-Identifier: MIT
/* Functions of one number, for the interpreter and for tables. */
#include "graph.h"

static float hard_sigmoid(float x, float slope, float offset)
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
		return hard_sigmoid(x, node->alpha, node->beta);
	case LW_UNARY_HARD_SWISH:
		return x * hard_sigmoid(x, 1.0f / 6, 0.5f);
	case LW_UNARY_LEAKY_RELU:
		return x < 0 ? x * node->alpha : x;
	}
	return NAN;
}
