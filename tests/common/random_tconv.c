// SPDX-License-Identifier: MIT
/* Random programs: transposed convolutions. */
#include "random_ops.h"

#define LW_GEN_MAX_OUT 60

/* Most often the output that the input makes, or one that is cut off. */
static uint32_t lw_gen_transposed(struct lw_gen *gen, uint32_t in,
				  struct lw_gen_axis *axis)
{
	uint32_t gap = axis->stride > axis->dilation ? axis->stride :
						       axis->dilation;
	uint32_t natural = (in - 1) * axis->stride +
			   (axis->kernel - 1) * axis->dilation + 1;
	uint32_t most = natural + gap - 1, out;

	axis->pad = 0;
	if (lw_random_chance(&gen->random, 60))
		axis->pad = lw_random_below(&gen->random, axis->kernel *
					    axis->dilation);
	if (lw_random_chance(&gen->random, 5))
		axis->pad = lw_random_below(&gen->random, 256);
	if (axis->pad > 255 || axis->pad >= natural)
		axis->pad = 0;
	out = natural - axis->pad;
	if (lw_random_chance(&gen->random, 30))
		out = most - axis->pad;
	if (lw_random_chance(&gen->random, 40))
		out = 1 + lw_random_below(&gen->random, most - axis->pad);
	return out < LW_GEN_MAX_OUT ? out : LW_GEN_MAX_OUT;
}

void lw_gen_tconv(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { .opcode = LWNPU_OP_TCONV };
	struct lw_gen_axis v, h;

	op.in[0] = lw_gen_in(gen);
	lw_gen_kernel(gen, &v);
	lw_gen_kernel(gen, &h);
	if (v.stride * h.stride > 4096)
		h.stride = 1;
	op.out.h = lw_gen_transposed(gen, op.in[0].h, &v);
	op.out.w = lw_gen_transposed(gen, op.in[0].w, &h);
	LW_GEN_SET_WINDOW(&op.tconv, &v, &h);
	lw_gen_conv_channels(gen, &op, op.in[0].h * op.in[0].w);
	op.out = lw_gen_out(gen, op.out.h, op.out.w, op.out.c, op.in, 1, last);
	lw_gen_conv_streams(gen, &op);
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}
