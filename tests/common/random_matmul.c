// SPDX-License-Identifier: MIT
/* Random programs: products of matrices. */
#include <math.h>
#include <string.h>

#include "random_ops.h"

#define LW_GEN_MAX_PRODUCTS (1U << 20)

/* A batch, or one matrix for all. */
static struct lwnpu_tensor lw_gen_second(struct lw_gen *gen, uint32_t h,
					 uint32_t k, uint32_t n, bool turned)
{
	if (lw_random_chance(&gen->random, 30))
		h = 1;
	return turned ? lw_gen_in_sized(gen, h, n, k, NULL) :
			lw_gen_in_sized(gen, h, k, n, NULL);
}

void lw_gen_matmul(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { .opcode = LWNPU_OP_MATMUL };
	struct lwnpu_matmul *p = &op.matmul;
	uint32_t h, m, k, n;
	float scale;

	op.in[0] = lw_gen_in(gen);
	/* As many products as make a sum wrap around. */
	if (lw_random_chance(&gen->random, 3))
		op.in[0] = lw_gen_in_sized(gen, 1, 3, 33100, NULL);
	p->transpose_a = lw_random_chance(&gen->random, 35);
	p->transpose_b = lw_random_chance(&gen->random, 50);
	m = p->transpose_a ? op.in[0].c : op.in[0].w;
	k = p->transpose_a ? op.in[0].w : op.in[0].c;
	h = op.in[0].h;
	if (h == 1 && lw_random_chance(&gen->random, 30))
		h = lw_gen_side(gen);
	n = lw_random_chance(&gen->random, 30) ?
	    1 + lw_random_below(&gen->random, 150) : lw_gen_channels(gen);
	while (n > 1 && (uint64_t)h * m * k * n > LW_GEN_MAX_PRODUCTS)
		n /= 2;
	op.in[1] = lw_gen_second(gen, h, k, n, p->transpose_b);
	op.out = lw_gen_out(gen, h, m, n, op.in, 2, last);
	lw_gen_bounds(gen, &p->lo, &p->hi);
	scale = lw_gen_scale(gen, 0.01f / sqrtf(k));
	memcpy(&p->scale, &scale, sizeof(scale));
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}
