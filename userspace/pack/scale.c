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

bool lw_sum(struct lw_sum *sum, float ratio0, float ratio1)
{
	float ratio = fmaxf(ratio0, ratio1);
	int shift;

	/* Scales of a stranger's model may lie beyond what a float divides. */
	if (!(ratio > 0 && ratio < 0x1p20f))
		return false;
	shift = 20 - (int)floorf(log2f(ratio));
	sum->shift = shift > 31 ? 31 : shift;
	sum->mul[0] = lrint(ldexp(ratio0, sum->shift));
	sum->mul[1] = lrint(ldexp(ratio1, sum->shift));
	return true;
}
