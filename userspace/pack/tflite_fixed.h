/* SPDX-License-Identifier: MIT */
/*
 * The fixed-point arithmetic of TFLite's own 8-bit kernels, which LiteRT runs
 * where XNNPACK has none: for tables with the same bytes.
 */
#ifndef LW_TFLITE_FIXED_H
#define LW_TFLITE_FIXED_H

#include <stdint.h>

/* A real number as mantissa x 2^(shift - 31), mantissa of 31 bits. */
struct lw_tflite_factor {
	int32_t mantissa;
	int shift;
};

struct lw_tflite_factor lw_tflite_factor(double real);

/* x times the factor; rounds twice, both times halves away from zero. */
int32_t lw_tflite_scale(int32_t x, struct lw_tflite_factor factor);

/* The same, but the second time halves up. */
int32_t lw_tflite_scale_up(int32_t x, struct lw_tflite_factor factor);

/* A division by 2^@shift that rounds halves away from zero. */
int32_t lw_tflite_shift(int32_t x, int shift);

/* 1 / sqrt(x) by Newton's method, as a factor; x >= 0, of 0 and 1 it is 1. */
struct lw_tflite_factor lw_tflite_inverse_root(int32_t x);

/**
 * struct lw_tflite_swish - its factors
 * @out: from quanta x 2^7 to quanta of the output, mantissa of 15 bits
 * @relu: from quanta x 2^7 to what is 1 at x = 3, the same
 */
struct lw_tflite_swish {
	struct lw_tflite_factor out, relu;
};

struct lw_tflite_swish lw_tflite_swish(float in_scale,
						 float out_scale);

/* Quanta of the output for quanta of the input, from -255 to 255. */
int32_t lw_tflite_swish_at(const struct lw_tflite_swish *swish,
				int32_t x);

#endif /* LW_TFLITE_FIXED_H */
