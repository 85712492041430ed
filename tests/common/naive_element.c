// SPDX-License-Identifier: MIT
/* Operations on elements, channels and positions, by their formulas. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lwnpu_table.h"
#include "naive_memory.h"

/* Of an input whose sizes of 1 are repeated. */
static int operand(const struct lw_naive *memory, const struct lwnpu_tensor *in,
		   int c, int y, int x)
{
	return *at(memory, in, c % in->c, y % in->h, x % in->w);
}

void lw_naive_add(const struct lw_naive *memory, const struct lwnpu_op *op,
		  int c, int y, int x, uint8_t *out)
{
	const struct lwnpu_add *p = &op->add;
	int64_t sum = (int64_t)operand(memory, &op->in[0], c, y, x) * p->mul0 +
		      (int64_t)operand(memory, &op->in[1], c, y, x) * p->mul1 +
		      p->bias;

	*out = clamp((int64_t)floor(ldexp((double)sum, -p->shift)) +
		     op->out.zero_point, p->lo, p->hi);
}

void lw_naive_mul(const struct lw_naive *memory, const struct lwnpu_op *op,
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

void lw_naive_copy(const struct lw_naive *memory, const struct lwnpu_op *op,
		   int c, int y, int x, uint8_t *out)
{
	const struct lwnpu_copy *p = &op->copy;

	if (c < p->lane_out)
		return;
	*out = peek(memory, &op->in[0], c - p->lane_out + p->lane_in,
		    (int64_t)y * p->stride_h + p->start_h,
		    (int64_t)x * p->stride_w + p->start_w, p->fill);
}

void lw_naive_lut(const struct lw_naive *memory, const struct lwnpu_op *op,
		  int c, int y, int x, uint8_t *out)
{
	*out = memory->region[0][op->lut.table +
				 c * op->lut.pitch +
				 *at(memory, &op->in[0], c, y, x)];
}

void lw_naive_softmax(const struct lw_naive *memory,
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

void lw_naive_reorder(const struct lw_naive *memory,
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
static int64_t share(const struct lw_naive *memory, uint32_t table, int i,
		     int at)
{
	uint32_t entry = s32_at(memory, table, i);
	int index = entry & 0xffff, fraction = entry >> 16;

	return at == index ? 2048 - fraction : at == index + 1 ? fraction : 0;
}

/* Of singles: sums and products of doubles that are rounded. */
static void resize_real(const struct lw_naive *memory,
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
void lw_naive_resize(const struct lw_naive *memory, const struct lwnpu_op *op,
		     int c, int y, int x, uint8_t *out)
{
	const struct lwnpu_resize *p = &op->resize;
	int64_t sum = 0;
	int v, h;

	if (p->mode == LWNPU_RESIZE_REAL) {
		resize_real(memory, op, c, y, x, out);
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

void lw_naive_matmul(const struct lw_naive *memory,
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
