// SPDX-License-Identifier: MIT
/* Random programs: operations on two tensors, with broadcasting. */
#include <string.h>

#include "random_ops.h"

/* Multipliers whose products need all of 32 bits, or those of a real model. */
static void lw_gen_add_factors(struct lw_gen *gen, struct lwnpu_add *add,
			       uint8_t zero0, uint8_t zero1)
{
	int64_t most = lw_random_chance(&gen->random, 80) ? 1 << 21 : 8421504;
	int64_t least = 0, top = 0, lo, hi, bias;
	int32_t *factors[] = { &add->mul0, &add->mul1 };
	int i;

	for (i = 0; i < 2; i++) {
		*factors[i] = lw_random_between(&gen->random, -most / 8, most);
		if (lw_random_chance(&gen->random, 5))
			*factors[i] = most - 1;
		least += *factors[i] < 0 ? 255LL * *factors[i] : 0;
		top += *factors[i] > 0 ? 255LL * *factors[i] : 0;
	}
	lo = S32_MIN - least;
	hi = S32_MAX - 255LL - top;
	add->shift = lw_random_chance(&gen->random, 80) ?
		     lw_random_between(&gen->random, 17, 22) :
		     lw_random_below(&gen->random, 32);
	bias = (1LL << add->shift >> 1) - (int64_t)add->mul0 * zero0 -
	       (int64_t)add->mul1 * zero1;
	if (bias < lo || bias > hi || lw_random_chance(&gen->random, 15))
		bias = lw_random_between(&gen->random, lo, hi);
	if (lw_random_chance(&gen->random, 5))
		bias = lw_random_chance(&gen->random, 50) ? lo : hi;
	add->bias = bias;
}

/* Sizes of which each is the output's or, at times, 1. */
static struct lwnpu_tensor lw_gen_operand(struct lw_gen *gen,
					  const struct lwnpu_tensor *shape)
{
	uint32_t kind = lw_random_below(&gen->random, 10);
	uint32_t h = shape->h, w = shape->w, c = shape->c;

	if (kind >= 5)
		return lw_gen_in_sized(gen, h, w, c, NULL);
	/* A value for each channel, a map for all of them, anything. */
	if (kind == 0 || (kind > 1 && lw_random_chance(&gen->random, 50)))
		h = 1;
	if (kind == 0 || (kind > 1 && lw_random_chance(&gen->random, 50)))
		w = 1;
	if (kind == 1 || (kind > 1 && lw_random_chance(&gen->random, 50)))
		c = 1;
	return lw_gen_in_sized(gen, h, w, c, NULL);
}

static bool lw_gen_apart_or_equal(const struct lwnpu_tensor *a,
				  const struct lwnpu_tensor *b)
{
	return !lw_gen_overlap(a, b) || !memcmp(a, b, sizeof(*a));
}

/* Two inputs in any order, and an output that may be in the first's place. */
static void lw_gen_pair(struct lw_gen *gen, struct lwnpu_op *op, bool last)
{
	struct lwnpu_tensor shape = lw_gen_in(gen), *in = op->in;

	in[0] = shape;
	if (lw_random_chance(&gen->random, 15))
		in[0] = lw_gen_operand(gen, &shape);
	in[1] = lw_gen_operand(gen, &shape);
	if (!memcmp(&in[0], &shape, sizeof(shape)) &&
	    shape.region == LWNPU_REGION_ARENA && !last &&
	    lw_gen_apart_or_equal(&in[0], &in[1]) &&
	    lw_random_chance(&gen->random, 40))
		op->out = shape;
	else
		op->out = lw_gen_out(gen, shape.h, shape.w, shape.c, in, 2,
				     last);
	op->out.zero_point = lw_random_below(&gen->random, 256);
	if (lw_random_chance(&gen->random, 50)) {
		shape = in[0];
		in[0] = in[1];
		in[1] = shape;
	}
}

void lw_gen_add(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { .opcode = LWNPU_OP_ADD };

	lw_gen_pair(gen, &op, last);
	lw_gen_add_factors(gen, &op.add, op.in[0].zero_point,
			   op.in[1].zero_point);
	lw_gen_bounds(gen, &op.add.lo, &op.add.hi);
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}

void lw_gen_mul(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { .opcode = LWNPU_OP_MUL };
	float scale = lw_gen_scale(gen, 0x1p-8f);

	lw_gen_pair(gen, &op, last);
	memcpy(&op.mul.scale, &scale, sizeof(scale));
	lw_gen_bounds(gen, &op.mul.lo, &op.mul.hi);
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}
