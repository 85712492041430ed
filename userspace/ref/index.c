// SPDX-License-Identifier: MIT
/* REORDER: places that are computed. */
#include "ref.h"

/**
 * struct lw_ref_count - an element number of REORDER's output
 * @digits: how it is counted
 * @digit: the number
 * @source: the input element that it takes
 */
struct lw_ref_count {
	struct lwnpu_digits digits;
	uint32_t digit[LWNPU_DIGITS];
	uint32_t source;
};

static void lw_ref_next(struct lw_ref_count *count)
{
	const uint32_t *size = count->digits.size;
	const uint32_t *stride = count->digits.stride;
	uint32_t d = LWNPU_DIGITS;

	while (d--) {
		count->source += stride[d];
		if (++count->digit[d] < size[d])
			return;
		count->source -= stride[d] * size[d];
		count->digit[d] = 0;
	}
}

void lw_ref_reorder(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *in = &op->in[0];
	const struct lwnpu_tensor *out = &op->out;
	struct lw_ref_count count = { .digits = lwnpu_reorder_digits(op) };
	uint32_t y, x, c;

	for (y = 0; y < out->h; y++) {
		for (x = 0; x < out->w; x++) {
			for (c = 0; c < out->c; c++) {
				uint32_t pixel = count.source / in->c;

				*lw_ref_byte(job, out, c, y, x) =
					*lw_ref_byte(job, in,
						     count.source % in->c,
						     pixel / in->w,
						     pixel % in->w);
				lw_ref_next(&count);
			}
		}
	}
}
