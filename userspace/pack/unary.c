// SPDX-License-Identifier: MIT
/* Functions of one number, for the interpreter and for tables. */
#include "graph.h"

static float clip(float x, float lo, float hi)
{
	return fminf(fmaxf(x, lo), hi);
}

static float sigmoid(float x)
{
	return 1 / (1 + expf(-x));
}

static float softplus(float x)
{
	return fmaxf(x, 0) + log1pf(expf(-fabsf(x)));
}

float lw_unary(const struct lw_node *node, float x, uint32_t c)
{
	float a = node->alphas ? node->alphas[c] : node->alpha;
	float b = node->beta;

	switch (node->unary) {
#define LW_UNARY_CASE(NAME, formula) \
	case LW_UNARY_##NAME: \
		return formula;
	LW_UNARIES(LW_UNARY_CASE)
#undef LW_UNARY_CASE
	case LW_UNARY_KINDS:
		break;
	}
	return NAN;
}
