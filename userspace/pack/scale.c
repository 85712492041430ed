// SPDX-License-Identifier: MIT
/* Real numbers and bytes. */
#include "graph.h"

uint8_t lw_quantise(float real, const struct lw_value *value)
{
	float q = real / value->scale + (float)value->zero_point;

	return lrintf(fminf(fmaxf(q, 0), 255));
}

bool lw_same_scale(const struct lw_value *a, const struct lw_value *b)
{
	return a->scale == b->scale && a->zero_point == b->zero_point;
}
