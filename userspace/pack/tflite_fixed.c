// SPDX-License-Identifier: MIT
#include <math.h>

#include "tflite_fixed.h"

struct lw_tflite_factor lw_tflite_factor(double real)
{
	struct lw_tflite_factor factor = { 0 };
	int64_t mantissa;

	if (!(real > 0) || !isfinite(real))
		return factor;
	mantissa = llround(frexp(real, &factor.shift) * (1ll << 31));
	if (mantissa == 1ll << 31) {
		mantissa /= 2;
		factor.shift++;
	}
	/* Numbers so small count as none. */
	if (factor.shift < -31)
		return (struct lw_tflite_factor){ 0 };
	/* Larger ones saturate all that they multiply. */
	if (factor.shift > 30) {
		factor.shift = 30;
		mantissa = INT32_MAX;
	}
	factor.mantissa = (int32_t)mantissa;
	return factor;
}

static int32_t saturate(int64_t x)
{
	return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : x;
}

/* The upper half of 2ab, rounded; halves away from zero. */
static int32_t multiply_high(int32_t a, int32_t b)
{
	int64_t product = (int64_t)a * b;

	if (a == INT32_MIN && b == INT32_MIN)
		return INT32_MAX;
	return (product + (product >= 0 ? 1 << 30 : 1 - (1 << 30))) /
	       (1ll << 31);
}

int32_t lw_tflite_shift(int32_t x, int shift)
{
	int32_t mask, threshold;

	if (shift > 31)
		shift = 31;
	mask = (int32_t)((1ll << shift) - 1);
	threshold = (mask >> 1) + (x < 0);
	return (x >> shift) + ((x & mask) > threshold);
}

/* Times the mantissa and what of the shift is to the left. */
static int32_t enlarge(int32_t x, struct lw_tflite_factor factor)
{
	int left = factor.shift > 0 ? factor.shift : 0;

	return multiply_high(saturate((int64_t)x * (1ll << left)),
			     factor.mantissa);
}

int32_t lw_tflite_scale(int32_t x, struct lw_tflite_factor factor)
{
	x = enlarge(x, factor);
	return factor.shift > 0 ? x : lw_tflite_shift(x, -factor.shift);
}

int32_t lw_tflite_scale_up(int32_t x, struct lw_tflite_factor factor)
{
	x = enlarge(x, factor);
	if (factor.shift >= 0)
		return x;
	return (int32_t)((x + (1ll << (-factor.shift - 1))) >> -factor.shift);
}

/* Fixed-point numbers of 3 integer bits in here: 1 is 2^28. */
struct lw_tflite_factor lw_tflite_inverse_root(int32_t x)
{
	const int32_t half_three = 3 << 27, half_root_2 = 1518500250;
	int32_t root = 1 << 28, cube, half;
	int shift = 11, pairs, i;

	if (x <= 1)
		return (struct lw_tflite_factor){ INT32_MAX, 0 };
	for (; x >= 1 << 29; x /= 4)
		shift++;
	pairs = (__builtin_clz((uint32_t)x) - 1) / 2 - 1;
	shift -= pairs;
	half = lw_tflite_shift((x << 2 * pairs) >> 1, 1);
	for (i = 0; i < 5; i++) {
		cube = multiply_high(multiply_high(root, root), root);
		cube = saturate((int64_t)cube << 6);
		root = saturate(((int64_t)multiply_high(half_three, root) -
				 multiply_high(half, cube)) << 3);
	}
	root = multiply_high(root, half_root_2);
	if (shift < 0)
		return (struct lw_tflite_factor){ root << -shift, 0 };
	return (struct lw_tflite_factor){ root, -shift };
}

/*
 * The same of 16 bits, as that kernel has it: by 16 and more, where the mask
 * overflows, everything from 0 on becomes 1.
 */
static int32_t shift16(int32_t x, int shift)
{
	int16_t mask = (int16_t)((1ll << shift) - 1);
	int16_t rest = (int16_t)(x & mask);
	int16_t threshold = (int16_t)((mask >> 1) + (x < 0));

	return (x >> shift) + (rest > threshold);
}

static int32_t saturate16(int32_t x)
{
	return x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x;
}

static int32_t multiply_high16(int32_t a, int32_t b)
{
	int32_t product = a * b;

	if (a == INT16_MIN && b == INT16_MIN)
		return INT16_MAX;
	return (product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15);
}

static struct lw_tflite_factor factor16(float real)
{
	struct lw_tflite_factor factor = lw_tflite_factor(real);
	int64_t mantissa = ((int64_t)factor.mantissa + (1 << 15)) >> 16;

	factor.mantissa = mantissa > INT16_MAX ? INT16_MAX : (int32_t)mantissa;
	return factor;
}

struct lw_tflite_swish lw_tflite_swish(float in_scale,
						 float out_scale)
{
	float fine = (1.0f / 128) * in_scale;

	return (struct lw_tflite_swish){
		.out = factor16(fine / out_scale),
		.relu = factor16(fine / (3.0f / 32768)),
	};
}

int32_t lw_tflite_swish_at(const struct lw_tflite_swish *swish,
				int32_t x)
{
	int32_t scaled = multiply_high16(x * 128, swish->out.mantissa);
	int32_t relu = x * 128;
	int shift = swish->relu.shift;

	if (shift > 0)
		relu = saturate16(relu * (1 << (shift > 16 ? 15 : shift - 1)));
	relu = multiply_high16(relu, swish->relu.mantissa);
	if (shift > 0)
		relu = saturate16(relu * 2);
	else
		relu = shift16(relu, -shift);
	relu = (relu + (1 << 15)) >> 1;
	/* At most 2^15, which is 1. */
	scaled = relu * scaled / (1 << 15);
	return shift16(scaled, -swish->out.shift);
}
