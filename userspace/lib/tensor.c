// SPDX-License-Identifier: MIT
#include <string.h>

#include "lwnpu_isa.h"
#include "tensor.h"

/* Inner loops of a constant length are vectorised at -O2. */
#define CHUNK 16

/*
 * Added to a number below 2^22 it leaves no bits for a fraction, so the sum is
 * rounded to the nearest even integer: rintf() without a call, in vectors.
 */
#define ROUND_TO_INTEGER 0x1.8p23f

/* Not a number passes both clamps as false and the test as true. */
static inline uint8_t quantise(float x, float scale, float lo, float hi,
			       int zero_point)
{
	float v = x / scale;

	v = v == v ? v : 0.0f;
	v = v < lo ? lo : v;
	v = v > hi ? hi : v;
	v = (v + ROUND_TO_INTEGER) - ROUND_TO_INTEGER;
	return (int)v + zero_point;
}

void lw_tensor_quantise(uint8_t *restrict q, const float *restrict x,
			size_t n, float scale, uint8_t zero_point)
{
	const float lo = -(float)zero_point;
	const float hi = 255.0f - zero_point;
	size_t i = 0;

	for (; i + CHUNK <= n; i += CHUNK)
		for (size_t k = 0; k < CHUNK; k++)
			q[i + k] = quantise(x[i + k], scale, lo, hi,
					    zero_point);
	for (; i < n; i++)
		q[i] = quantise(x[i], scale, lo, hi, zero_point);
}

void lw_tensor_dequantise(float *restrict x, const uint8_t *restrict q,
			  size_t n, float scale, uint8_t zero_point)
{
	size_t i = 0;

	for (; i + CHUNK <= n; i += CHUNK)
		for (size_t k = 0; k < CHUNK; k++)
			x[i + k] = scale * (float)(q[i + k] - zero_point);
	for (; i < n; i++)
		x[i] = scale * (float)(q[i] - zero_point);
}

void lw_flip_sign(uint8_t *restrict to, const uint8_t *restrict from, size_t n)
{
	size_t i = 0;

	for (; i + CHUNK <= n; i += CHUNK)
		for (size_t k = 0; k < CHUNK; k++)
			to[i + k] = from[i + k] ^ 0x80;
	for (; i < n; i++)
		to[i] = from[i] ^ 0x80;
}

/* Constant sizes let the compiler turn each copy into a move or two. */
static inline void copy_lanes(uint8_t *restrict to, size_t to_step,
			      const uint8_t *restrict from, size_t from_step,
			      size_t pixels, size_t lanes)
{
#define COPY_LANES(n) \
	case n: \
		for (size_t i = 0; i < pixels; i++) \
			memcpy(to + i * to_step, from + i * from_step, n); \
		break
	switch (lanes) {
	COPY_LANES(1);
	COPY_LANES(2);
	COPY_LANES(3);
	COPY_LANES(4);
	}
#undef COPY_LANES
}

static size_t lanes_of_plane(uint32_t c, uint32_t plane)
{
	uint32_t rest = c - plane * LWNPU_LANES;

	return rest < LWNPU_LANES ? rest : LWNPU_LANES;
}

static uint32_t planes_of(uint32_t c)
{
	return (c + LWNPU_LANES - 1) / LWNPU_LANES;
}

void lw_interleave(uint8_t *restrict words, const uint8_t *restrict bytes,
		   size_t pixels, uint32_t c)
{
	for (uint32_t p = 0; p < planes_of(c); p++)
		copy_lanes(words + p * pixels * LWNPU_LANES, LWNPU_LANES,
			   bytes + p * LWNPU_LANES, c, pixels,
			   lanes_of_plane(c, p));
}

void lw_deinterleave(uint8_t *restrict bytes, const uint8_t *restrict words,
		     size_t pixels, uint32_t c)
{
	for (uint32_t p = 0; p < planes_of(c); p++)
		copy_lanes(bytes + p * LWNPU_LANES, c,
			   words + p * pixels * LWNPU_LANES, LWNPU_LANES,
			   pixels, lanes_of_plane(c, p));
}
