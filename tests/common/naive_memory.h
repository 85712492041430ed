/* SPDX-License-Identifier: MIT */
/* What the formulas of naive*.c read and round with. */
#ifndef LW_NAIVE_MEMORY_H
#define LW_NAIVE_MEMORY_H

#include <math.h>
#include <string.h>

#include "naive.h"

static inline uint8_t *at(const struct lw_naive *memory,
			  const struct lwnpu_tensor *tensor, int c, int y,
			  int x)
{
	return memory->region[tensor->region] + tensor->offset +
	       (size_t)(c / 4) * tensor->plane_pitch +
	       (size_t)y * tensor->row_pitch + (size_t)x * 4 + c % 4;
}

/* The byte at a place that may lie outside: @padding there. */
static inline int peek(const struct lw_naive *memory,
		       const struct lwnpu_tensor *tensor, int c, int64_t y,
		       int64_t x, int padding)
{
	if (y < 0 || x < 0 || y >= tensor->h || x >= tensor->w)
		return padding;
	return *at(memory, tensor, c, y, x);
}

static inline float f32_at(const struct lw_naive *memory, uint32_t offset,
			   size_t i)
{
	float value;

	memcpy(&value, memory->region[0] + offset + i * 4, 4);
	return value;
}

static inline int32_t s32_at(const struct lw_naive *memory, uint32_t offset,
			     size_t i)
{
	int32_t value;

	memcpy(&value, memory->region[0] + offset + i * 4, 4);
	return value;
}

static inline int requantise(int64_t sum, float scale, int zero, int lo, int hi)
{
	int32_t acc = (int32_t)(uint32_t)(uint64_t)sum;
	double product = (double)(float)acc * (double)scale;
	float value = (float)product;

	if (value < lo - zero)
		return lo;
	if (value > hi - zero)
		return hi;
	return (int)nearbyint(value) + zero;
}

static inline int clamp(int64_t value, int lo, int hi)
{
	return value < lo ? lo : value > hi ? hi : (int)value;
}

static inline float real(lwnpu_f32 bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Nearest to x + zero: halves are even, @after the addition or before it. */
static inline int nearest(double x, int zero, bool after, int lo, int hi)
{
	x = after ? (float)(x + zero) : x;
	x = fmin(fmax(x, after ? lo : lo - zero), after ? hi : hi - zero);
	return (int)rint(x) + (after ? 0 : zero);
}

#endif /* LW_NAIVE_MEMORY_H */
