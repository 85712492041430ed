// SPDX-License-Identifier: MIT
/* Random programs: pooling, element-wise and data-moving operations. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random_ops.h"

void lw_gen_bounds(struct lw_gen *gen, uint8_t *lo, uint8_t *hi)
{
	uint32_t a = lw_random_below(&gen->random, 256);
	uint32_t b = lw_random_below(&gen->random, 256);

	*lo = 0;
	*hi = 255;
	if (lw_random_chance(&gen->random, 60))
		return;
	*lo = a < b ? a : b;
	*hi = a < b ? b : a;
	if (lw_random_chance(&gen->random, 5))
		*hi = *lo;
}

float lw_gen_scale(struct lw_gen *gen, float typical)
{
	uint32_t kind = lw_random_below(&gen->random, 100);
	uint32_t bits;
	float scale;

	if (kind < 70)
		return ldexpf(typical,
			      lw_random_between(&gen->random, -3, 2)) *
		       (1 + lw_random_below(&gen->random, 1 << 20) * 0x1p-20f);
	/* Powers of two make halves, which are rounded to even. */
	if (kind < 88)
		return ldexpf(1, lw_random_between(&gen->random, -16, 0));
	if (kind < 91)
		return 0x1p-126f;
	if (kind < 94)
		return 0x1.fffffep+127f;
	bits = lw_random_between(&gen->random, 0x00800000, 0x7f7fffff);
	memcpy(&scale, &bits, sizeof(scale));
	return scale;
}

void lw_gen_real_scales(struct lw_gen *gen, lwnpu_f32 *in, lwnpu_f32 *out)
{
	uint32_t kind = lw_random_below(&gen->random, 100);

	*in = lw_random_between(&gen->random, 0x1f800000, 0x5f800000);
	*out = *in;
	if (kind < 40)
		return;
	/* A ratio of 2^-2 to 2^2; or any. */
	if (kind < 90 && *in > 0x20800000 && *in < 0x5e800000)
		*out += lw_random_between(&gen->random, -0x1000000, 0x1000000);
	else
		*out = lw_random_between(&gen->random, 0x1f800000, 0x5f800000);
}

#define LW_GEN_MAX_SIDE 48

uint32_t lw_gen_axis(struct lw_gen *gen, uint32_t in, struct lw_gen_axis *axis)
{
	uint32_t reach = (axis->kernel - 1) * axis->dilation;
	uint32_t before, after, most, natural;

	axis->pad = 0;
	if (lw_random_chance(&gen->random, 60))
		axis->pad = lw_random_below(&gen->random,
					    reach < 255 ? reach + 1 : 256);
	before = in + axis->pad;
	after = lw_random_below(&gen->random, reach + 1);
	most = (before - 1) / axis->stride + 1;
	if (most > LW_GEN_MAX_SIDE)
		most = LW_GEN_MAX_SIDE;
	if (lw_random_chance(&gen->random, 20) || before + after <= reach)
		return 1 + lw_random_below(&gen->random, most);
	natural = (before + after - reach - 1) / axis->stride + 1;
	return natural < most ? natural : most;
}

static uint32_t lw_gen_pool_kernel(struct lw_gen *gen, uint32_t in)
{
	if (lw_random_chance(&gen->random, 25))
		return in;
	return 1 + lw_random_below(&gen->random, in < 9 ? in + 2 : 9);
}

void lw_gen_pool(struct lw_gen *gen, bool last)
{
	static const uint8_t strides[] = { 1, 1, 2, 2, 3, 5, 255 };
	static const uint8_t zeros[] = { 0, 128, 128, 77 };
	struct lwnpu_op op = { .opcode = LWNPU_OP_POOL };
	struct lwnpu_pool *pool = &op.pool;
	struct lw_gen_axis v = { .dilation = 1 }, h = { .dilation = 1 };
	uint32_t out_h, out_w;
	float scale;

	op.in[0] = lw_gen_in(gen);
	v.kernel = lw_gen_pool_kernel(gen, op.in[0].h);
	h.kernel = lw_gen_pool_kernel(gen, op.in[0].w);
	v.stride = LW_RANDOM_PICK(&gen->random, strides);
	h.stride = LW_RANDOM_PICK(&gen->random, strides);
	out_h = lw_gen_axis(gen, op.in[0].h, &v);
	out_w = lw_gen_axis(gen, op.in[0].w, &h);
	op.out = lw_gen_out(gen, out_h, out_w, op.in[0].c, op.in, 1, last);
	pool->kernel_h = v.kernel;
	pool->kernel_w = h.kernel;
	pool->stride_h = v.stride;
	pool->stride_w = h.stride;
	pool->pad_top = v.pad;
	pool->pad_left = h.pad;
	pool->mode = lw_random_below(&gen->random, 5);
	lw_gen_bounds(gen, &pool->lo, &pool->hi);
	if (pool->mode == LWNPU_POOL_AVERAGE)
		pool->zero = LW_RANDOM_PICK(&gen->random, zeros);
	if (pool->mode == LWNPU_POOL_MEAN) {
		scale = lw_gen_scale(gen, 1.0f / (v.kernel * h.kernel));
		memcpy(&pool->scale, &scale, sizeof(scale));
	}
	if (pool->mode == LWNPU_POOL_REAL || pool->mode == LWNPU_POOL_REDUCE)
		lw_gen_real_scales(gen, &pool->scale, &pool->out_scale);
	if (pool->mode == LWNPU_POOL_REAL)
		pool->whole = lw_random_below(&gen->random, 2);
	if (pool->mode == LWNPU_POOL_REDUCE)
		pool->vectors = lw_random_below(&gen->random, 2);
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}

void lw_gen_lut(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { .opcode = LWNPU_OP_LUT };
	uint8_t tables[64 * 256];
	size_t size = 256;

	op.in[0] = lw_gen_in(gen);
	if (op.in[0].region == LWNPU_REGION_ARENA && !last &&
	    lw_random_chance(&gen->random, 40))
		op.out = op.in[0];
	else
		op.out = lw_gen_out(gen, op.in[0].h, op.in[0].w, op.in[0].c,
				    op.in, 1, last);
	if (op.out.c <= sizeof(tables) / 256 &&
	    lw_random_chance(&gen->random, 40)) {
		op.lut.pitch = 256;
		size *= op.out.c;
	}
	lw_random_fill(&gen->random, tables, size);
	/* Streams may be shared: any bytes are a table. */
	if (gen->weights_size >= size && lw_random_chance(&gen->random, 25))
		op.lut.table = lw_random_below(&gen->random,
					       gen->weights_size - size + 1) &
			       ~3U;
	else
		op.lut.table = lw_gen_stream(gen, tables, size);
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}

void lw_gen_softmax(struct lw_gen *gen, bool last)
{
	static const float scales[] = { 1 / 256.f, 1 / 256.f, 1 / 255.f, 1,
					0x1p-126f, 0x1.fffffep+127f };
	struct lwnpu_op op = { .opcode = LWNPU_OP_SOFTMAX };
	bool falling = lw_random_chance(&gen->random, 80);
	float rate = 1.0f / (1 + lw_random_below(&gen->random, 1000));
	float table[256], scale;
	int i;

	op.in[0] = lw_gen_in(gen);
	if (lw_random_chance(&gen->random, 20))
		op.in[0] = lw_gen_in_sized(gen, 1, 1, 1001, NULL);
	op.out = lw_gen_out(gen, op.in[0].h, op.in[0].w, op.in[0].c, op.in, 1,
			    last);
	for (i = 0; i < 256; i++)
		table[i] = falling ? expf(-i * rate) :
			   lw_random_below(&gen->random, 1 << 24) * 0x1p-24f;
	table[0] = 1;
	scale = LW_RANDOM_PICK(&gen->random, scales);
	memcpy(&op.softmax.scale, &scale, sizeof(scale));
	op.softmax.table = lw_gen_stream(gen, table, sizeof(table));
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}

/* Where a copy starts, and its steps; much of it may be outside. */
static void lw_gen_copy_window(struct lw_gen *gen, struct lwnpu_op *op)
{
	static const uint16_t strides[] = { 1, 1, 1, 1, 2, 2, 3, 7, 65535 };
	struct lwnpu_copy *copy = &op->copy;

	copy->stride_h = LW_RANDOM_PICK(&gen->random, strides);
	copy->stride_w = LW_RANDOM_PICK(&gen->random, strides);
	copy->fill = lw_random_below(&gen->random, 256);
	if (lw_random_chance(&gen->random, 40))
		return;
	copy->start_h = lw_random_between(&gen->random, -op->out.h,
					  op->in[0].h);
	copy->start_w = lw_random_between(&gen->random, -op->out.w,
					  op->in[0].w);
	if (lw_random_chance(&gen->random, 5))
		copy->start_h = lw_random_chance(&gen->random, 50) ? -32768 :
				32767;
}

/* Into the lanes behind those of a tensor that is there already. */
static bool lw_gen_copy_behind(struct lw_gen *gen, struct lwnpu_op *op)
{
	struct lwnpu_tensor *live;
	uint32_t plane, room;

	if (!gen->n_live)
		return false;
	live = &gen->live[lw_random_below(&gen->random, gen->n_live)];
	if (live->region != LWNPU_REGION_ARENA ||
	    lw_gen_overlap(live, &op->in[0]))
		return false;
	plane = lw_random_below(&gen->random, lw_tensor_planes(live));
	room = lw_tensor_planes(live) * LWNPU_LANES - plane * LWNPU_LANES;
	op->copy.lane_out = lw_random_below(&gen->random, LWNPU_LANES);
	room -= op->copy.lane_out;
	if (op->copy.channels > room)
		op->copy.channels = room;
	op->out = lw_gen_view(live, plane * LWNPU_LANES,
			      op->copy.lane_out + op->copy.channels);
	return true;
}

void lw_gen_copy(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { .opcode = LWNPU_OP_COPY };
	uint32_t h, w, c;

	op.in[0] = lw_gen_in(gen);
	op.copy.lane_in = lw_random_below(&gen->random, op.in[0].c < 4 ?
					  op.in[0].c : 4);
	op.copy.channels = op.in[0].c - op.copy.lane_in;
	if (lw_random_chance(&gen->random, 40))
		op.copy.channels = 1 + lw_random_below(&gen->random,
						       op.copy.channels);
	if (last || lw_random_chance(&gen->random, 60) ||
	    !lw_gen_copy_behind(gen, &op)) {
		h = lw_gen_side(gen);
		w = lw_gen_side(gen);
		c = op.copy.channels;
		/* Lanes of an output may keep what the caller put there. */
		if (last && lw_random_chance(&gen->random, 20))
			op.copy.lane_out = lw_random_below(&gen->random, 4);
		op.out = lw_gen_out(gen, h, w, op.copy.lane_out + c, op.in, 1,
				    last);
		lw_gen_written(gen, &op.out);
	}
	lw_gen_copy_window(gen, &op);
	lw_gen_emit(gen, &op);
}

#define LW_GEN_PARTS 3

void lw_gen_concat(struct lw_gen *gen, bool last)
{
	uint32_t n = 2 + lw_random_below(&gen->random, LW_GEN_PARTS - 1);
	struct lwnpu_tensor in[LW_GEN_PARTS], out;
	uint32_t c = 0, i;

	in[0] = lw_gen_in(gen);
	for (i = 0; i < n; i++) {
		if (i)
			in[i] = lw_gen_in_sized(gen, in[0].h, in[0].w,
						lw_gen_channels(gen), NULL);
		c += in[i].c;
	}
	out = lw_gen_out(gen, in[0].h, in[0].w, c, in, n, last);
	for (i = 0, c = 0; i < n; c += in[i++].c) {
		struct lwnpu_op op = { .opcode = LWNPU_OP_COPY };

		op.in[0] = in[i];
		op.copy.lane_out = c % LWNPU_LANES;
		op.copy.channels = in[i].c;
		op.copy.stride_h = 1;
		op.copy.stride_w = 1;
		op.out = lw_gen_view(&out, c, op.copy.lane_out + in[i].c);
		lw_gen_emit(gen, &op);
	}
	lw_gen_written(gen, &out);
}
