// SPDX-License-Identifier: MIT
/* Operations with windows, by their formulas. */
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

static int64_t conv_sum(const struct lw_naive *memory,
			const struct lwnpu_op *op, int o, int y, int x)
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

void lw_naive_conv(const struct lw_naive *memory, const struct lwnpu_op *op,
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

void lw_naive_tconv(const struct lw_naive *memory, const struct lwnpu_op *op,
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

void lw_naive_dwconv(const struct lw_naive *memory,
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

/*
 * Eigen's order: vectors of four from an aligned address on, even ones and odd
 * ones apart. Each sum of two singles as doubles is rounded to a single.
 */
static float sum_row(const float *x, int n, int64_t before)
{
	float even[4] = { 0 }, odd[4] = { 0 }, sum;
	int head = 0, vectors, i, v;

	while (head < n && (before + head) % 4)
		head++;
	vectors = (n - head) / 4;
	for (v = 0; v + 1 < vectors; v += 2) {
		for (i = 0; i < 4; i++) {
			even[i] += (double)x[head + 4 * v + i];
			odd[i] += (double)x[head + 4 * v + 4 + i];
		}
	}
	for (i = 0; i < 4; i++) {
		even[i] += (double)odd[i];
		if (v < vectors)
			even[i] += (double)x[head + 4 * v + i];
	}
	even[0] += (double)even[2];
	even[1] += (double)even[3];
	sum = (double)even[0] + even[1];
	for (i = 0; i < n; i++)
		if (i < head || i >= head + 4 * vectors)
			sum += (double)x[i];
	return sum;
}

void lw_naive_pool(const struct lw_naive *memory, const struct lwnpu_op *op,
		   int c, int y, int x, uint8_t *out)
{
	const struct lwnpu_pool *p = &op->pool;
	int64_t place = ((int64_t)c * op->out.h + y) * op->out.w + x;
	int zero = op->in[0].zero_point, ky, kx, byte, n = 0, most = 0;
	float scale = real(p->scale), real_sum = 0;
	static float row[1 << 16];
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
			assert_true(n < 1 << 16);
			row[n] = (byte - zero) * (double)scale;
			real_sum += (double)row[n++];
		}
	}
	if (p->vectors)
		real_sum = sum_row(row, n, place * n);
	if (p->mode == LWNPU_POOL_REAL || p->mode == LWNPU_POOL_REDUCE) {
		real_sum /= p->whole ? (double)p->kernel_h * p->kernel_w : n;
		real_sum /= (double)real(p->out_scale);
		*out = nearest(real_sum, op->out.zero_point,
			       p->mode == LWNPU_POOL_REAL, p->lo, p->hi);
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
