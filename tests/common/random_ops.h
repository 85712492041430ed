/* SPDX-License-Identifier: MIT */
/* Parameters that several kinds of random operations share. */
#ifndef LW_RANDOM_OPS_H
#define LW_RANDOM_OPS_H

#include "generator.h"

/* A window along one axis; lw_gen_axis() chooses @pad. */
struct lw_gen_axis {
	uint32_t kernel;
	uint32_t dilation;
	uint32_t stride;
	uint32_t pad;
};

/* Gives the size of the output. */
uint32_t lw_gen_axis(struct lw_gen *gen, uint32_t in, struct lw_gen_axis *axis);

void lw_gen_bounds(struct lw_gen *gen, uint8_t *lo, uint8_t *hi);

/* A multiplier near @typical, or a power of two, or any. */
float lw_gen_scale(struct lw_gen *gen, float typical);

#endif /* LW_RANDOM_OPS_H */
