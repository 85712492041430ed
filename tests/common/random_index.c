// SPDX-License-Identifier: MIT
/* Random programs: operations that say which places they read. */
#include <stdlib.h>

#include "random_ops.h"

#define LW_GEN_DIGITS 6
#define LW_GEN_MAX_ELEMENTS 40000

/**
 * struct lw_gen_digits - what REORDER counts with
 * @n: how many, the slowest first
 * @size: values
 * @stride: elements of the input
 */
struct lw_gen_digits {
	uint32_t n;
	uint32_t size[LW_GEN_DIGITS];
	uint32_t stride[LW_GEN_DIGITS];
};

static uint32_t lw_gen_divisor(struct lw_gen *gen, uint32_t n)
{
	uint32_t d = 1 + lw_random_below(&gen->random, n < 12 ? n : 12);

	while (n % d)
		d--;
	return lw_random_chance(&gen->random, 50) ? d : n / d;
}

static void lw_gen_swap(uint32_t *a, uint32_t *b)
{
	uint32_t old = *a;

	*a = *b;
	*b = old;
}

/* The input's own order, its sizes cut in factors here and there. */
static void lw_gen_count(struct lw_gen *gen, const struct lwnpu_tensor *in,
			 struct lw_gen_digits *digits)
{
	const uint32_t sizes[] = { in->h, in->w, in->c };
	uint32_t stride = (uint32_t)in->h * in->w * in->c, i, cut;

	digits->n = 0;
	for (i = 0; i < 3; i++) {
		cut = lw_random_chance(&gen->random, 50) ?
		      lw_gen_divisor(gen, sizes[i]) : 1;
		digits->size[digits->n++] = cut;
		digits->size[digits->n++] = sizes[i] / cut;
	}
	for (i = 0; i < digits->n; i++) {
		stride /= digits->size[i];
		digits->stride[i] = stride;
	}
}

/* Transposes, leaves values out, repeats. */
static void lw_gen_shuffle(struct lw_gen *gen, struct lw_gen_digits *digits)
{
	uint32_t i, k;

	for (i = digits->n - 1; i > 0 &&
	     lw_random_chance(&gen->random, 80); i--) {
		k = lw_random_below(&gen->random, i + 1);
		lw_gen_swap(&digits->size[i], &digits->size[k]);
		lw_gen_swap(&digits->stride[i], &digits->stride[k]);
	}
	for (i = 0; i < digits->n; i++) {
		if (lw_random_chance(&gen->random, 10))
			digits->size[i] = 1 + lw_random_below(&gen->random,
							      digits->size[i]);
		if (digits->size[i] == 1 && lw_random_chance(&gen->random, 10))
			digits->stride[i] = lw_random_u32(&gen->random);
		if (digits->size[i] == 1 && lw_random_chance(&gen->random, 10)) {
			digits->size[i] = 1 + lw_random_below(&gen->random, 5);
			digits->stride[i] = 0;
		}
	}
}

/* Any sizes, 6^6 elements at most, and strides that stay inside the input. */
static void lw_gen_scatter(struct lw_gen *gen, const struct lwnpu_tensor *in,
			   struct lw_gen_digits *digits)
{
	uint32_t rest = (uint32_t)in->h * in->w * in->c - 1, i;

	for (i = 0; i < digits->n; i++) {
		digits->size[i] = 1 + lw_random_below(&gen->random, 6);
		digits->stride[i] = 0;
		if (digits->size[i] > 1)
			digits->stride[i] = lw_random_below(&gen->random,
				rest / (digits->size[i] - 1) + 1);
		rest -= (digits->size[i] - 1) * digits->stride[i];
	}
}

/* Sizes of digits, or any that hold as many elements. */
static void lw_gen_reshape(struct lw_gen *gen,
			   const struct lw_gen_digits *digits,
			   uint32_t *h, uint32_t *w, uint32_t *c)
{
	uint32_t split = lw_random_below(&gen->random, digits->n), i;

	*h = *w = *c = 1;
	for (i = 0; i < digits->n; i++)
		*(i > split + 1 ? c : i > split ? w : h) *= digits->size[i];
	if (lw_random_chance(&gen->random, 60))
		return;
	*w *= *h * *c;
	*h = lw_gen_divisor(gen, *w);
	*w /= *h;
	*c = lw_gen_divisor(gen, *w);
	*w /= *c;
}

static struct lwnpu_reorder lw_gen_fields(const struct lw_gen_digits *digits)
{
	const uint32_t *size = digits->size, *stride = digits->stride;

	return (struct lwnpu_reorder) {
		.stride0 = stride[0], .stride1 = stride[1],
		.stride2 = stride[2], .stride3 = stride[3],
		.stride4 = stride[4], .stride5 = stride[5],
		.size0 = size[0], .size1 = size[1], .size2 = size[2],
		.size3 = size[3], .size4 = size[4], .size5 = size[5],
	};
}

void lw_gen_reorder(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { .opcode = LWNPU_OP_REORDER };
	struct lw_gen_digits digits;
	uint32_t h, w, c;

	op.in[0] = lw_gen_in(gen);
	lw_gen_count(gen, &op.in[0], &digits);
	lw_gen_shuffle(gen, &digits);
	lw_gen_reshape(gen, &digits, &h, &w, &c);
	if (lw_random_chance(&gen->random, 20) ||
	    (uint64_t)h * w * c > LW_GEN_MAX_ELEMENTS || h > 65535 ||
	    w > 65535 || c > 65535) {
		lw_gen_scatter(gen, &op.in[0], &digits);
		lw_gen_reshape(gen, &digits, &h, &w, &c);
	}
	op.reorder = lw_gen_fields(&digits);
	op.out = lw_gen_out(gen, h, w, c, op.in, 1, last);
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}

/* Enlarges and reduces, or takes any places. */
static uint32_t lw_gen_positions(struct lw_gen *gen, uint32_t out, uint32_t in)
{
	uint32_t kind = lw_random_below(&gen->random, 4), i, fraction;
	uint32_t *table = malloc(4 * out), offset;
	double place;

	if (!table)
		abort();
	for (i = 0; i < out; i++) {
		place = (double)i * in / out;
		if (kind == 0)
			place = lw_random_below(&gen->random, in << 11) / 2048.;
		fraction = (place - (uint32_t)place) * 2048;
		if (kind == 1 || place >= in - 1)
			fraction = 0;
		if (kind == 2 && fraction)
			fraction = 2047;
		table[i] = (uint32_t)place | fraction << 16;
	}
	offset = lw_gen_stream(gen, table, 4 * out);
	free(table);
	return offset;
}

/* The same in real numbers: mostly neighbours, or any two. */
static uint32_t lw_gen_real_positions(struct lw_gen *gen, uint32_t out,
				      uint32_t in)
{
	static const float fractions[] = {
		0, 0x1p-24f, 0.25f, 0.5f, 0.75f, 0x1.fffffep-1f,
	};
	struct { uint16_t near, far; float fraction; } *table;
	uint32_t i, offset;

	table = malloc(out * sizeof(*table));
	if (!table)
		abort();
	for (i = 0; i < out; i++) {
		table[i].near = (uint64_t)i * in / out;
		table[i].far = table[i].near + (table[i].near + 1U < in);
		if (lw_random_chance(&gen->random, 20))
			table[i].far = lw_random_below(&gen->random, in);
		table[i].fraction = LW_RANDOM_PICK(&gen->random, fractions);
		if (lw_random_chance(&gen->random, 50))
			table[i].fraction = 0x1p-24f *
				lw_random_below(&gen->random, 1 << 24);
	}
	offset = lw_gen_stream(gen, table, out * sizeof(*table));
	free(table);
	return offset;
}

void lw_gen_resize(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { .opcode = LWNPU_OP_RESIZE };
	uint32_t h, w;

	op.in[0] = lw_gen_in(gen);
	h = lw_gen_side(gen);
	w = lw_gen_side(gen);
	op.out = lw_gen_out(gen, h, w, op.in[0].c, op.in, 1, last);
	if (lw_random_chance(&gen->random, 50)) {
		op.resize.rows = lw_gen_positions(gen, h, op.in[0].h);
		op.resize.columns = lw_gen_positions(gen, w, op.in[0].w);
	} else {
		op.resize.mode = LWNPU_RESIZE_REAL;
		op.resize.rows = lw_gen_real_positions(gen, h, op.in[0].h);
		op.resize.columns = lw_gen_real_positions(gen, w, op.in[0].w);
		lw_gen_real_scales(gen, &op.resize.in_scale,
				   &op.resize.out_scale);
	}
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}
