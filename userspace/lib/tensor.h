/* SPDX-License-Identifier: MIT */
/*
 * Conversions between what callers hold, [h][w][c] numbers, and what programs
 * hold, [c/4][h][w][4] bytes.
 */
#ifndef LW_TENSOR_H
#define LW_TENSOR_H

#include <stddef.h>
#include <stdint.h>

/**
 * lw_tensor_quantise() - q = clamp(rint(x / scale) + zero_point, 0, 255)
 * @q: gets @n bytes
 * @x: real numbers; what is not a number becomes @zero_point
 * @n: how many
 * @scale: finite, above 0
 * @zero_point: the byte of the real number 0
 */
void lw_tensor_quantise(uint8_t *restrict q, const float *restrict x,
			size_t n, float scale, uint8_t zero_point);

/** lw_tensor_dequantise() - x = scale x (q - zero_point) */
void lw_tensor_dequantise(float *restrict x, const uint8_t *restrict q,
			  size_t n, float scale, uint8_t zero_point);

/** lw_flip_sign() - from int8 to our unsigned bytes, or back */
void lw_flip_sign(uint8_t *restrict to, const uint8_t *restrict from,
		  size_t n);

/**
 * lw_interleave() - [pixels][c] to [c/4][pixels][4]
 * @words: lanes past @c are left alone
 * @bytes: the pixels
 * @pixels: height x width
 * @c: channels
 */
void lw_interleave(uint8_t *restrict words, const uint8_t *restrict bytes,
		   size_t pixels, uint32_t c);

/** lw_deinterleave() - [c/4][pixels][4] to [pixels][c] */
void lw_deinterleave(uint8_t *restrict bytes, const uint8_t *restrict words,
		     size_t pixels, uint32_t c);

#endif /* LW_TENSOR_H */
