// SPDX-License-Identifier: MIT
/* TCONV. */
#include "conv.h"

/*
 * Every word of an input row adds its 4 lanes, less the zero point, times the
 * block's 4 weights, to one column of the output, if it is there.
 */
static void lw_ref_spread_block(const struct lw_ref_job *job,
				const struct lwnpu_op *op, uint32_t plane,
				uint32_t row, uint32_t kx, const int8_t *block)
{
	const struct lwnpu_tconv *conv = &op->tconv;
	const struct lwnpu_tensor *in = &op->in[0];
	const uint8_t *word = lw_ref_word(job, in, plane, row, 0);
	int64_t to = (int64_t)kx * conv->dilation_w - conv->pad_left;
	uint32_t x, lane;

	for (x = 0; x < in->w; x++, to += conv->stride_w) {
		if (to >= 0 && to < op->out.w)
			for (lane = 0; lane < LWNPU_LANES; lane++)
				job->acc[to] += (uint32_t)
					((word[lane] - in->zero_point) *
					 block[lane]);
		word += LWNPU_LANES;
	}
}

static void lw_ref_tconv_row(const struct lw_ref_job *job,
			     const struct lwnpu_op *op, uint32_t o, uint32_t y,
			     struct lw_ref_blocks *blocks)
{
	const struct lwnpu_tconv *conv = &op->tconv;
	uint32_t planes = lw_ref_group_planes(op);
	uint32_t first = lw_ref_first_plane(op, o);
	uint32_t ky, kx, i;

	for (ky = 0; ky < conv->kernel_h; ky++) {
		int64_t from = (int64_t)y + conv->pad_top -
			       (int64_t)ky * conv->dilation_h;
		bool reads = from >= 0 && from % conv->stride_h == 0 &&
			     from / conv->stride_h < op->in[0].h;

		for (kx = 0; kx < conv->kernel_w; kx++) {
			for (i = 0; i < planes; i++) {
				const int8_t *block = lw_ref_next_block(blocks);

				if (block && reads)
					lw_ref_spread_block(job, op, first + i,
							    from /
							    conv->stride_h,
							    kx, block);
			}
		}
	}
}

void lw_ref_tconv(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	lw_ref_conv_rows(job, op, lw_ref_tconv_row);
}
