/* SPDX-License-Identifier: MIT */
#ifndef TENSOR_H
#define TENSOR_H

#include <stdint.h>

#include "lwnpu_isa.h"

/* [h][w][c] at the start of a region, without gaps, zero point 0. */
static inline struct lwnpu_tensor tensor(uint8_t region, uint16_t h,
					 uint16_t w, uint16_t c)
{
	return (struct lwnpu_tensor) {
		.row_pitch = 4 * w, .plane_pitch = 4 * w * h, .h = h, .w = w,
		.c = c, .region = region,
	};
}

#endif /* TENSOR_H */
