// SPDX-License-Identifier: MIT
/* SOFTMAX. */
#include "ref.h"

static uint8_t lw_ref_max(const struct lw_ref_job *job,
			  const struct lwnpu_tensor *in, uint32_t y, uint32_t x)
{
	uint8_t most = 0;
	uint32_t c;

	for (c = 0; c < in->c; c++)
		if (*lw_ref_byte(job, in, c, y, x) > most)
			most = *lw_ref_byte(job, in, c, y, x);
	return most;
}

static void lw_ref_softmax_pixel(const struct lw_ref_job *job,
				 const struct lwnpu_op *op, uint32_t y,
				 uint32_t x)
{
	const struct lwnpu_tensor *in = &op->in[0];
	const struct lwnpu_tensor *out = &op->out;
	const uint8_t *table = lw_ref_stream(job, op->softmax.table);
	uint8_t most = lw_ref_max(job, in, y, x);
	float inverse, value, sum = 0;
	uint32_t c;

	for (c = 0; c < in->c; c++)
		sum += lw_ref_f32(table,
				  most - *lw_ref_byte(job, in, c, y, x));
	inverse = 1.0f / (sum * lw_ref_float(op->softmax.scale));
	for (c = 0; c < in->c; c++) {
		value = lw_ref_f32(table,
				   most - *lw_ref_byte(job, in, c, y, x));
		value = floorf(value * inverse + 0.5f);
		/* Clamped first, as it may be more than an int holds. */
		value = fminf(value, (float)(255 - out->zero_point));
		*lw_ref_byte(job, out, c, y, x) = (int)value + out->zero_point;
	}
}

void lw_ref_softmax(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	uint32_t y, x;

	for (y = 0; y < op->out.h; y++)
		for (x = 0; x < op->out.w; x++)
			lw_ref_softmax_pixel(job, op, y, x);
}
