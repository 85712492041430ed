// SPDX-License-Identifier: MIT
/* CONV and DWCONV. */
#include "conv.h"

/*
 * A row of words that a kernel row reads. Columns outside the image, and all
 * columns of a row above or below it, read the input's zero point.
 */
struct lw_ref_row {
	const uint8_t *words;
	uint32_t w;
	uint8_t padding[LWNPU_LANES];
};

/* @row may lie outside the image. */
static struct lw_ref_row lw_ref_row(const struct lw_ref_job *job,
				    const struct lwnpu_tensor *in,
				    uint32_t plane, int64_t row)
{
	struct lw_ref_row result = { 0 };

	memset(result.padding, in->zero_point, sizeof(result.padding));
	if (row >= 0 && row < in->h) {
		result.words = lw_ref_word(job, in, plane, row, 0);
		result.w = in->w;
	}
	return result;
}

static const uint8_t *lw_ref_column(const struct lw_ref_row *row, int64_t x)
{
	if (x < 0 || x >= row->w)
		return row->padding;
	return row->words + x * LWNPU_LANES;
}

/*
 * acc[x] += the 4 lanes of column x * stride + start, times the block's 4
 * weights.
 */
static void lw_ref_add_block(uint32_t *acc, uint32_t n,
			     const struct lw_ref_row *row, int64_t start,
			     uint32_t stride, const int8_t *block)
{
	const int32_t w0 = block[0], w1 = block[1];
	const int32_t w2 = block[2], w3 = block[3];
	const uint8_t *in;
	uint32_t x;

	for (x = 0; x < n; x++, start += stride) {
		in = lw_ref_column(row, start);
		acc[x] += (uint32_t)(in[0] * w0 + in[1] * w1 + in[2] * w2 +
				     in[3] * w3);
	}
}

/* One row of accumulators of one output channel; @blocks are the channel's. */
static void lw_ref_conv_row(const struct lw_ref_job *job,
			    const struct lwnpu_op *op, uint32_t o, uint32_t y,
			    struct lw_ref_blocks *blocks)
{
	const struct lwnpu_conv *conv = &op->conv;
	uint32_t planes = lw_ref_group_planes(op);
	uint32_t first = lw_ref_first_plane(op, o);
	int64_t top = (int64_t)y * conv->stride_h - conv->pad_top;
	uint32_t ky, kx, i;

	for (ky = 0; ky < conv->kernel_h; ky++) {
		for (kx = 0; kx < conv->kernel_w; kx++) {
			int64_t left = (int64_t)kx * conv->dilation_w -
				       conv->pad_left;

			for (i = 0; i < planes; i++) {
				const int8_t *block = lw_ref_next_block(blocks);
				struct lw_ref_row row;

				if (!block)
					continue;
				row = lw_ref_row(job, &op->in[0], first + i,
						 top + ky * conv->dilation_h);
				lw_ref_add_block(job->acc, op->out.w, &row,
						 left, conv->stride_w, block);
			}
		}
	}
}

void lw_ref_conv(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	lw_ref_conv_rows(job, op, lw_ref_conv_row);
}

static void lw_ref_dwconv_row(const struct lw_ref_job *job,
			      const struct lwnpu_op *op, uint32_t c,
			      uint32_t y)
{
	const struct lwnpu_dwconv *conv = &op->dwconv;
	const int8_t *weights = (const int8_t *)
		lw_ref_stream(job, conv->weights);
	uint32_t lane = c % LWNPU_LANES, plane = c / LWNPU_LANES;
	int64_t top = (int64_t)y * conv->stride_h - conv->pad_top;
	uint32_t ky, kx, x;

	weights += (size_t)plane * conv->kernel_h * conv->kernel_w *
		   LWNPU_LANES + lane;
	for (ky = 0; ky < conv->kernel_h; ky++) {
		struct lw_ref_row row = lw_ref_row(job, &op->in[0], plane,
						   top + ky * conv->dilation_h);

		for (kx = 0; kx < conv->kernel_w; kx++) {
			int64_t column = (int64_t)kx * conv->dilation_w -
					 conv->pad_left;

			for (x = 0; x < op->out.w; x++) {
				const uint8_t *in = lw_ref_column(&row, column);

				job->acc[x] += (uint32_t)(in[lane] * *weights);
				column += conv->stride_w;
			}
			weights += LWNPU_LANES;
		}
	}
}

void lw_ref_dwconv(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	const struct lwnpu_dwconv *conv = &op->dwconv;
	const struct lwnpu_tensor *out = &op->out;
	const uint8_t *bias = lw_ref_stream(job, conv->bias);
	const uint8_t *scales = lw_ref_stream(job, conv->scale);
	uint32_t c, y, x;

	for (c = 0; c < out->c; c++) {
		float scale = lw_ref_f32(scales, c);

		for (y = 0; y < out->h; y++) {
			for (x = 0; x < out->w; x++)
				job->acc[x] = lw_ref_u32(bias, c);
			lw_ref_dwconv_row(job, op, c, y);
			for (x = 0; x < out->w; x++)
				*lw_ref_byte(job, out, c, y, x) =
					lw_ref_requantise(job->acc[x], scale,
							  out->zero_point,
							  conv->lo, conv->hi);
		}
	}
}
