// SPDX-License-Identifier: MIT
/*
 * The reference engine against a model of its own: every sum in 64 bits from
 * the formula, one output at a time, requantisation in double precision (a
 * product of two singles is exact there).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/random_program.h"
#include "../common/trial.h"
#include "lwnpu_table.h"

#define PROGRAMS 1500

/* @dense: weights of the CONV or TCONV: [out channel][row][column][lane] */
struct memory {
	uint8_t *region[LWNPU_REGION_MAX];
	int8_t *dense;
};

static uint8_t *at(const struct memory *memory,
		   const struct lwnpu_tensor *tensor, int c, int y, int x)
{
	return memory->region[tensor->region] + tensor->offset +
	       (size_t)(c / 4) * tensor->plane_pitch +
	       (size_t)y * tensor->row_pitch + (size_t)x * 4 + c % 4;
}

/* The byte at a place that may lie outside: @padding there. */
static int peek(const struct memory *memory, const struct lwnpu_tensor *tensor,
		int c, int64_t y, int64_t x, int padding)
{
	if (y < 0 || x < 0 || y >= tensor->h || x >= tensor->w)
		return padding;
	return *at(memory, tensor, c, y, x);
}

static float f32_at(const struct memory *memory, uint32_t offset, size_t i)
{
	float value;

	memcpy(&value, memory->region[0] + offset + i * 4, 4);
	return value;
}

static int32_t s32_at(const struct memory *memory, uint32_t offset, size_t i)
{
	int32_t value;

	memcpy(&value, memory->region[0] + offset + i * 4, 4);
	return value;
}

static int requantise(int64_t sum, float scale, int zero, int lo, int hi)
{
	int32_t acc = (int32_t)(uint32_t)(uint64_t)sum;
	double product = (double)(float)acc * (double)scale;
	float value = (float)product;

	if (value < lo - zero)
		return lo;
	if (value > hi - zero)
		return hi;
	return (int)nearbyint(value) + zero;
}

static int8_t *conv_dense(const struct memory *memory,
			  const struct lwnpu_op *op)
{
	const uint8_t *stream = memory->region[0] + op->conv.weights;
	uint64_t blocks = lwnpu_conv_blocks(op), i;
	int8_t *dense = calloc(blocks, 4);
	const uint8_t *next = stream;

	assert_non_null(dense);
	if (op->conv.sparse)
		next += (blocks + 31) / 32 * 4;
	for (i = 0; i < blocks; i++) {
		if (op->conv.sparse && !(stream[i / 8] & (1 << i % 8)))
			continue;
		memcpy(dense + i * 4, next, 4);
		next += 4;
	}
	return dense;
}

static int64_t conv_sum(const struct memory *memory, const struct lwnpu_op *op,
			int o, int y, int x)
{
	const struct lwnpu_conv *p = &op->conv;
	const struct lwnpu_tensor *in = &op->in[0];
	int lanes = (in->c + 3) / 4 * 4 / p->groups;
	int group = o / (op->out.c / p->groups);
	int64_t sum = s32_at(memory, p->bias, o);
	int ky, kx, i;

	for (ky = 0; ky < p->kernel_h; ky++)
		for (kx = 0; kx < p->kernel_w; kx++)
			for (i = 0; i < lanes; i++)
				sum += memory->dense[((o * p->kernel_h + ky) *
						      p->kernel_w + kx) *
						     lanes + i] *
				       peek(memory, in, group * lanes + i,
					    y * p->stride_h - p->pad_top +
					    ky * p->dilation_h,
					    x * p->stride_w - p->pad_left +
					    kx * p->dilation_w,
					    in->zero_point);
	return sum;
}

static void naive_conv(const struct memory *memory, const struct lwnpu_op *op,
		       int c, int y, int x, uint8_t *out)
{
	*out = requantise(conv_sum(memory, op, c, y, x),
			  f32_at(memory, op->conv.scale, c),
			  op->out.zero_point, op->conv.lo, op->conv.hi);
}

/* The input place that a tap of an output place reads, or -1. */
static int source(int out, int pad, int tap, int stride, int in)
{
	int from = out + pad - tap;

	return from < 0 || from % stride || from / stride >= in ?
	       -1 : from / stride;
}

static void naive_tconv(const struct memory *memory, const struct lwnpu_op *op,
			int c, int y, int x, uint8_t *out)
{
	const struct lwnpu_tconv *p = &op->tconv;
	const struct lwnpu_tensor *in = &op->in[0];
	int lanes = (in->c + 3) / 4 * 4 / p->groups;
	int group = c / (op->out.c / p->groups);
	const int8_t *weights = memory->dense +
				c * p->kernel_h * p->kernel_w * lanes;
	int64_t sum = s32_at(memory, p->bias, c);
	int ky, kx, i;

	for (ky = 0; ky < p->kernel_h; ky++) {
		int iy = source(y, p->pad_top, ky * p->dilation_h, p->stride_h,
				in->h);

		for (kx = 0; kx < p->kernel_w; kx++, weights += lanes) {
			int ix = source(x, p->pad_left, kx * p->dilation_w,
					p->stride_w, in->w);

			for (i = 0; iy >= 0 && ix >= 0 && i < lanes; i++)
				sum += weights[i] *
				       (*at(memory, in, group * lanes + i, iy,
					    ix) - in->zero_point);
		}
	}
	*out = requantise(sum, f32_at(memory, p->scale, c), op->out.zero_point,
			  p->lo, p->hi);
}

static void naive_dwconv(const struct memory *memory,
			 const struct lwnpu_op *op, int c, int y, int x,
			 uint8_t *out)
{
	const struct lwnpu_dwconv *p = &op->dwconv;
	const int8_t *weights = (int8_t *)memory->region[0] + p->weights;
	int64_t sum = s32_at(memory, p->bias, c);
	int ky, kx;

	for (ky = 0; ky < p->kernel_h; ky++)
		for (kx = 0; kx < p->kernel_w; kx++)
			sum += weights[((c / 4 * p->kernel_h + ky) *
					p->kernel_w + kx) * 4 + c % 4] *
			       peek(memory, &op->in[0], c,
				    y * p->stride_h - p->pad_top +
				    ky * p->dilation_h,
				    x * p->stride_w - p->pad_left +
				    kx * p->dilation_w,
				    op->in[0].zero_point);
	*out = requantise(sum, f32_at(memory, p->scale, c),
			  op->out.zero_point, p->lo, p->hi);
}

static int clamp(int64_t value, int lo, int hi)
{
	return value < lo ? lo : value > hi ? hi : (int)value;
}

static float real(lwnpu_f32 bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The byte nearest to x + zero: halves are even, after the addition or before. */
static int nearest(double x, int zero, bool after, int lo, int hi)
{
	x = after ? (float)(x + zero) : x;
	x = fmin(fmax(x, after ? lo : lo - zero), after ? hi : hi - zero);
	return (int)rint(x) + (after ? 0 : zero);
}

static void naive_pool(const struct memory *memory, const struct lwnpu_op *op,
		       int c, int y, int x, uint8_t *out)
{
	const struct lwnpu_pool *p = &op->pool;
	int zero = op->in[0].zero_point, ky, kx, byte, n = 0, most = 0;
	float scale = real(p->scale), real_sum = 0, item;
	int64_t sum = 0;

	for (ky = 0; ky < p->kernel_h; ky++) {
		for (kx = 0; kx < p->kernel_w; kx++) {
			byte = peek(memory, &op->in[0], c,
				    y * p->stride_h - p->pad_top + ky,
				    x * p->stride_w - p->pad_left + kx, -1);
			if (byte < 0)
				continue;
			most = byte > most ? byte : most;
			sum += byte;
			/* Of singles: sums of doubles that are rounded. */
			item = (byte - zero) * (double)scale;
			real_sum = (double)real_sum + item;
			n++;
		}
	}
	if (p->mode == LWNPU_POOL_REAL) {
		real_sum /= p->whole ? (double)p->kernel_h * p->kernel_w : n;
		real_sum /= (double)real(p->out_scale);
		*out = nearest(real_sum, op->out.zero_point, true, p->lo,
			       p->hi);
	} else if (p->mode == LWNPU_POOL_MAX) {
		*out = clamp(most, p->lo, p->hi);
	} else if (p->mode == LWNPU_POOL_AVERAGE) {
		/* round() is half away from zero, and the quotient exact. */
		*out = clamp(llround((double)(sum - (int64_t)n * p->zero) / n) +
			     p->zero, p->lo, p->hi);
	} else {
		*out = requantise(sum - (int64_t)n * zero, scale,
				  op->out.zero_point, p->lo, p->hi);
	}
}

/* Of an input whose sizes of 1 are repeated. */
static int operand(const struct memory *memory, const struct lwnpu_tensor *in,
		   int c, int y, int x)
{
	return *at(memory, in, c % in->c, y % in->h, x % in->w);
}

static void naive_add(const struct memory *memory, const struct lwnpu_op *op,
		      int c, int y, int x, uint8_t *out)
{
	const struct lwnpu_add *p = &op->add;
	int64_t sum = (int64_t)operand(memory, &op->in[0], c, y, x) * p->mul0 +
		      (int64_t)operand(memory, &op->in[1], c, y, x) * p->mul1 +
		      p->bias;

	*out = clamp((int64_t)floor(ldexp((double)sum, -p->shift)) +
		     op->out.zero_point, p->lo, p->hi);
}

static void naive_mul(const struct memory *memory, const struct lwnpu_op *op,
		      int c, int y, int x, uint8_t *out)
{
	int64_t a = operand(memory, &op->in[0], c, y, x);
	int64_t b = operand(memory, &op->in[1], c, y, x);
	float scale;

	memcpy(&scale, &op->mul.scale, sizeof(scale));
	*out = requantise((a - op->in[0].zero_point) *
			  (b - op->in[1].zero_point), scale,
			  op->out.zero_point, op->mul.lo, op->mul.hi);
}

static void naive_copy(const struct memory *memory, const struct lwnpu_op *op,
		       int c, int y, int x, uint8_t *out)
{
	const struct lwnpu_copy *p = &op->copy;

	if (c < p->lane_out)
		return;
	*out = peek(memory, &op->in[0], c - p->lane_out + p->lane_in,
		    (int64_t)y * p->stride_h + p->start_h,
		    (int64_t)x * p->stride_w + p->start_w, p->fill);
}

static void naive_lut(const struct memory *memory, const struct lwnpu_op *op,
		      int c, int y, int x, uint8_t *out)
{
	*out = memory->region[0][op->lut.table +
				 c * op->lut.pitch +
				 *at(memory, &op->in[0], c, y, x)];
}

static void naive_softmax(const struct memory *memory,
			  const struct lwnpu_op *op, int c, int y, int x,
			  uint8_t *out)
{
	const struct lwnpu_softmax *p = &op->softmax;
	volatile float sum = 0, divisor, inverse, product, value;
	int i, most = 0;
	float scale;

	for (i = 0; i < op->in[0].c; i++)
		if (*at(memory, &op->in[0], i, y, x) > most)
			most = *at(memory, &op->in[0], i, y, x);
	for (i = 0; i < op->in[0].c; i++)
		sum += f32_at(memory, p->table,
			      most - *at(memory, &op->in[0], i, y, x));
	memcpy(&scale, &p->scale, sizeof(scale));
	divisor = sum * scale;
	inverse = 1 / divisor;
	product = f32_at(memory, p->table,
			 most - *at(memory, &op->in[0], c, y, x)) * inverse;
	value = product + 0.5f;
	*out = value >= 256 ? 255 :
	       clamp((int)floor(value) + op->out.zero_point, 0, 255);
}

static void naive_reorder(const struct memory *memory,
			  const struct lwnpu_op *op, int c, int y, int x,
			  uint8_t *out)
{
	const struct lwnpu_reorder *p = &op->reorder;
	const uint64_t size[] = { p->size0, p->size1, p->size2,
				  p->size3, p->size4, p->size5 };
	const uint64_t stride[] = { p->stride0, p->stride1, p->stride2,
				    p->stride3, p->stride4, p->stride5 };
	uint64_t n = ((uint64_t)y * op->out.w + x) * op->out.c + c, from = 0;
	int w = op->in[0].w, d;

	for (d = 5; d >= 0; n /= size[d--])
		from += n % size[d] * stride[d];
	n = from / op->in[0].c;
	*out = *at(memory, &op->in[0], from % op->in[0].c, n / w, n % w);
}

/* The share of a place in what a table's entry says, of 2048. */
static int64_t share(const struct memory *memory, uint32_t table, int i, int at)
{
	uint32_t entry = s32_at(memory, table, i);
	int index = entry & 0xffff, fraction = entry >> 16;

	return at == index ? 2048 - fraction : at == index + 1 ? fraction : 0;
}

/* Of singles: sums and products of doubles that are rounded. */
static void naive_resize_real(const struct memory *memory,
			      const struct lwnpu_op *op, int c, int y, int x,
			      uint8_t *out)
{
	const struct lwnpu_resize *p = &op->resize;
	uint32_t rows = s32_at(memory, p->rows, 2 * y);
	uint32_t columns = s32_at(memory, p->columns, 2 * x);
	double fy = f32_at(memory, p->rows, 2 * y + 1);
	double fx = f32_at(memory, p->columns, 2 * x + 1);
	float sum = 0, weight, value, share[2];
	int i, byte;

	for (i = 0; i < 4; i++) {
		share[0] = i & 1 ? fx : 1 - fx;
		share[1] = i & 2 ? fy : 1 - fy;
		weight = (double)share[0] * share[1];
		byte = *at(memory, &op->in[0], c,
			   i & 2 ? rows >> 16 : rows & 0xffff,
			   i & 1 ? columns >> 16 : columns & 0xffff);
		value = (double)real(p->in_scale) *
			(byte - op->in[0].zero_point);
		value = (double)weight * value;
		sum = (double)sum + value;
	}
	sum /= (double)real(p->out_scale);
	*out = nearest(sum, op->out.zero_point, false, 0, 255);
}

/* Over the whole image, most of which has no share. */
static void naive_resize(const struct memory *memory, const struct lwnpu_op *op,
			 int c, int y, int x, uint8_t *out)
{
	const struct lwnpu_resize *p = &op->resize;
	int64_t sum = 0;
	int v, h;

	if (p->mode == LWNPU_RESIZE_REAL) {
		naive_resize_real(memory, op, c, y, x, out);
		return;
	}
	for (v = 0; v < op->in[0].h; v++)
		for (h = 0; h < op->in[0].w; h++)
			sum += share(memory, p->rows, y, v) *
			       share(memory, p->columns, x, h) *
			       *at(memory, &op->in[0], c, v, h);
	/* Halves go up. */
	*out = (int)floor(ldexp((double)sum, -22) + 0.5);
}

static void naive_matmul(const struct memory *memory,
			 const struct lwnpu_op *op, int c, int y, int x,
			 uint8_t *out)
{
	const struct lwnpu_matmul *p = &op->matmul;
	const struct lwnpu_tensor *a = &op->in[0], *b = &op->in[1];
	int depth = p->transpose_a ? a->w : a->c, k;
	int ya = a->h == 1 ? 0 : y, yb = b->h == 1 ? 0 : y;
	int64_t sum = 0;
	float scale;

	for (k = 0; k < depth; k++) {
		int left = p->transpose_a ? *at(memory, a, x, ya, k) :
			   *at(memory, a, k, ya, x);
		int right = p->transpose_b ? *at(memory, b, k, yb, c) :
			    *at(memory, b, c, yb, k);

		sum += (left - a->zero_point) * (right - b->zero_point);
	}
	memcpy(&scale, &p->scale, sizeof(scale));
	*out = requantise(sum, scale, op->out.zero_point, p->lo, p->hi);
}

static bool gate_is_taken(const struct memory *memory,
			  const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *in = &op->in[0];
	uint32_t counts[256] = { 0 };
	int value = 255, second, c, y, x;

	for (c = 0; c < in->c; c++)
		for (y = 0; y < in->h; y++)
			for (x = 0; x < in->w; x++)
				counts[*at(memory, in, c, y, x)]++;
	while (!counts[value])
		value--;
	counts[value]--;
	if (op->gate.mode == LWNPU_GATE_MARGIN) {
		for (second = value; !counts[second];)
			second--;
		value -= second;
	}
	return op->gate.invert ? value < op->gate.threshold :
				 value >= op->gate.threshold;
}

/* It has no output. */
#define naive_gate NULL

typedef void naive_function(const struct memory *memory,
			    const struct lwnpu_op *op, int c, int y, int x,
			    uint8_t *out);

static naive_function *const naive_functions[] = {
#define LWNPU_OP(name, NAME, number, tensors, doc) [number] = naive_##name,
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
};

/* Pixel by pixel; lanes past the last channel become zero. */
static void naive_op(struct memory *memory, const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *out = &op->out;
	int c, y, x;

	if (op->opcode == LWNPU_OP_CONV || op->opcode == LWNPU_OP_TCONV)
		memory->dense = conv_dense(memory, op);
	for (y = 0; y < out->h; y++) {
		for (x = 0; x < out->w; x++) {
			for (c = 0; c < out->c; c++)
				naive_functions[op->opcode](memory, op, c, y, x,
							    at(memory, out, c,
							       y, x));
			for (; c % 4; c++)
				*at(memory, out, c, y, x) = 0;
		}
	}
	free(memory->dense);
	memory->dense = NULL;
}

/* What the model makes of the buffers that a trial has before its run. */
static void naive_run(const struct lw_trial *trial, uint64_t seed,
		      struct memory *memory)
{
	const struct lw_program *program = trial->program;
	size_t arena = program->info.region[LWNPU_REGION_ARENA].size;
	uint32_t i, r;

	memset(memory, 0, sizeof(*memory));
	memory->region[LWNPU_REGION_WEIGHTS] = program->weights;
	/* Not zero as the engine's: no output may depend on it. */
	memory->region[LWNPU_REGION_ARENA] = malloc(arena + 1);
	assert_non_null(memory->region[LWNPU_REGION_ARENA]);
	memset(memory->region[LWNPU_REGION_ARENA], 0xa5, arena + 1);
	for (r = LWNPU_REGION_IO; r < program->info.n_regions; r++)
		memory->region[r] = lw_trial_bytes(trial, r, seed);
	for (i = 0; i < program->n_ops; i++) {
		const struct lwnpu_op *op = &program->ops[i];

		if (op->opcode != LWNPU_OP_GATE)
			naive_op(memory, op);
		else if (gate_is_taken(memory, op))
			i += op->gate.skip;
	}
}

static void naive_free(struct memory *memory)
{
	uint32_t r;

	for (r = LWNPU_REGION_ARENA; r < LWNPU_REGION_MAX; r++)
		free(memory->region[r]);
}

static void test_random_programs(void **state)
{
	struct lw_program program;
	struct lw_trial trial;
	struct memory memory;
	uint64_t seed;
	uint32_t r;

	(void)state;
	for (seed = 0; seed < PROGRAMS; seed++) {
		lw_random_program(&program, seed);
		assert_int_equal(lw_trial_open(&trial, &lw_ref_engine, NULL,
					       &program, seed, NULL), 0);
		naive_run(&trial, seed, &memory);
		assert_int_equal(lw_trial_run(&trial, seed, NULL), 0);
		for (r = LWNPU_REGION_IO; r < program.info.n_regions; r++) {
			size_t size = program.info.region[r].size;

			if (!size || !memcmp(memory.region[r],
					     trial.memory[r], size))
				continue;
			fail_msg("seed %llu: region %u differs",
				 (unsigned long long)seed, r);
		}
		naive_free(&memory);
		lw_trial_close(&trial);
		lw_program_release(&program);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
