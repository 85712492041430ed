// SPDX-License-Identifier: MIT
/* LUT and COPY: each output byte from one of the input's. */
#include "ref.h"

void lw_ref_lut(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	const uint8_t *table = lw_ref_stream(job, op->lut.table);
	const struct lwnpu_tensor *out = &op->out;
	uint32_t c, y, x;

	for (c = 0; c < out->c; c++, table += op->lut.pitch)
		for (y = 0; y < out->h; y++)
			for (x = 0; x < out->w; x++)
				*lw_ref_byte(job, out, c, y, x) =
					table[*lw_ref_byte(job, &op->in[0], c,
							   y, x)];
}

void lw_ref_copy(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	const struct lwnpu_copy *copy = &op->copy;
	const struct lwnpu_tensor *in = &op->in[0];
	const struct lwnpu_tensor *out = &op->out;
	uint32_t c, y, x;

	for (c = 0; c < copy->channels; c++) {
		for (y = 0; y < out->h; y++) {
			int64_t row = copy->start_h +
				      (int64_t)y * copy->stride_h;
			bool row_inside = row >= 0 && row < in->h;

			for (x = 0; x < out->w; x++) {
				int64_t column = copy->start_w +
						 (int64_t)x * copy->stride_w;
				bool inside = row_inside && column >= 0 &&
					      column < in->w;

				*lw_ref_byte(job, out, copy->lane_out + c, y,
					     x) =
					inside ? *lw_ref_byte(job, in,
							      copy->lane_in + c,
							      row, column) :
						 copy->fill;
			}
		}
	}
}
