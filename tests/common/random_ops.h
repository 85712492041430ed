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

/* The fields of windows, which CONV and DWCONV have in common. */
#define LW_GEN_SET_WINDOW(params, v, h) do { \
		(params)->kernel_h = (v)->kernel; \
		(params)->kernel_w = (h)->kernel; \
		(params)->stride_h = (v)->stride; \
		(params)->stride_w = (h)->stride; \
		(params)->dilation_h = (v)->dilation; \
		(params)->dilation_w = (h)->dilation; \
		(params)->pad_top = (v)->pad; \
		(params)->pad_left = (h)->pad; \
	} while (0)

/* Chooses the fields but @pad. */
void lw_gen_kernel(struct lw_gen *gen, struct lw_gen_axis *axis);

/*
 * For CONV and TCONV: groups, output channels and bounds, so that @places
 * places times the kernel, which is set, are not too much work.
 */
void lw_gen_conv_channels(struct lw_gen *gen, struct lwnpu_op *op,
			  uint32_t places);

/* Weights, bias and multipliers of CONV and TCONV. */
void lw_gen_conv_streams(struct lw_gen *gen, struct lwnpu_op *op);

void lw_gen_bounds(struct lw_gen *gen, uint8_t *lo, uint8_t *hi);

/* A multiplier near @typical, or a power of two, or any. */
float lw_gen_scale(struct lw_gen *gen, float typical);

/* Scales of real numbers, often the same; bits of floats. */
void lw_gen_real_scales(struct lw_gen *gen, lwnpu_f32 *in, lwnpu_f32 *out);

#endif /* LW_RANDOM_OPS_H */
