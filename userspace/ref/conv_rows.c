// SPDX-License-Identifier: MIT
/* CONV and TCONV: weight streams, and rows from bias to bytes. */
#include "conv.h"

static struct lw_ref_blocks lw_ref_blocks(const struct lw_ref_job *job,
					  const struct lwnpu_op *op)
{
	const uint8_t *stream = lw_ref_stream(job, op->conv.weights);
	struct lw_ref_blocks blocks = { .next = (const int8_t *)stream };

	if (op->conv.sparse) {
		blocks.mask = stream;
		blocks.next += (lwnpu_conv_blocks(op) + 31) / 32 * 4;
	}
	return blocks;
}

const int8_t *lw_ref_next_block(struct lw_ref_blocks *blocks)
{
	size_t i = blocks->index++;

	if (blocks->mask && !(blocks->mask[i / 8] >> i % 8 & 1))
		return NULL;
	blocks->next += LWNPU_LANES;
	return blocks->next - LWNPU_LANES;
}

void lw_ref_conv_rows(const struct lw_ref_job *job, const struct lwnpu_op *op,
		      lw_ref_conv_row_function *add_row)
{
	const struct lwnpu_conv *conv = &op->conv;
	const struct lwnpu_tensor *out = &op->out;
	const uint8_t *bias = lw_ref_stream(job, conv->bias);
	const uint8_t *scales = lw_ref_stream(job, conv->scale);
	struct lw_ref_blocks blocks = lw_ref_blocks(job, op);
	uint32_t o, y, x;

	for (o = 0; o < out->c; o++) {
		float scale = lw_ref_f32(scales, o);
		struct lw_ref_blocks channel = blocks;

		for (y = 0; y < out->h; y++) {
			blocks = channel;
			for (x = 0; x < out->w; x++)
				job->acc[x] = lw_ref_u32(bias, o);
			add_row(job, op, o, y, &blocks);
			for (x = 0; x < out->w; x++)
				*lw_ref_byte(job, out, o, y, x) =
					lw_ref_requantise(job->acc[x], scale,
							  out->zero_point,
							  conv->lo, conv->hi);
		}
	}
}
