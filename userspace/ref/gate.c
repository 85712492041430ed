// SPDX-License-Identifier: MIT
/* GATE. */
#include "ref.h"

/* The two greatest bytes, the greatest first; 0 if there is no second. */
static void lw_ref_greatest(const struct lw_ref_job *job,
			    const struct lwnpu_tensor *in, uint8_t top[2])
{
	uint32_t y, x, c;

	for (c = 0; c < in->c; c++) {
		for (y = 0; y < in->h; y++) {
			for (x = 0; x < in->w; x++) {
				uint8_t q = *lw_ref_byte(job, in, c, y, x);

				if (q > top[0]) {
					top[1] = top[0];
					top[0] = q;
				} else if (q > top[1]) {
					top[1] = q;
				}
			}
		}
	}
}

void lw_ref_gate(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	const struct lwnpu_gate *gate = &op->gate;
	uint8_t top[2] = { 0 };
	uint8_t value;

	lw_ref_greatest(job, &op->in[0], top);
	value = gate->mode == LWNPU_GATE_MARGIN ? top[0] - top[1] : top[0];
	if ((value >= gate->threshold) != gate->invert)
		*job->skip = gate->skip;
}
