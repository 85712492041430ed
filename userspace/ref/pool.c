// SPDX-License-Identifier: MIT
/* POOL. */
#include "ref.h"

/* The part of a window that lies inside the image: rows y0…y1-1, … */
struct lw_ref_window {
	uint32_t y0, y1, x0, x1;
};

static void lw_ref_clip(uint32_t in, int64_t first, uint32_t kernel,
			uint32_t *from, uint32_t *to)
{
	int64_t end = first + kernel;

	*from = first > 0 ? first : 0;
	*to = end < in ? end : in;
}

static struct lw_ref_window lw_ref_window(const struct lwnpu_op *op,
					  uint32_t y, uint32_t x)
{
	const struct lwnpu_pool *pool = &op->pool;
	struct lw_ref_window window;

	lw_ref_clip(op->in[0].h, (int64_t)y * pool->stride_h - pool->pad_top,
		    pool->kernel_h, &window.y0, &window.y1);
	lw_ref_clip(op->in[0].w, (int64_t)x * pool->stride_w - pool->pad_left,
		    pool->kernel_w, &window.x0, &window.x1);
	return window;
}

static uint8_t lw_ref_pool_max(const struct lw_ref_job *job,
			       const struct lwnpu_tensor *in, uint32_t c,
			       const struct lw_ref_window *window)
{
	uint8_t most = 0;
	uint32_t y, x;

	for (y = window->y0; y < window->y1; y++)
		for (x = window->x0; x < window->x1; x++)
			if (*lw_ref_byte(job, in, c, y, x) > most)
				most = *lw_ref_byte(job, in, c, y, x);
	return most;
}

/* Sum of q - @zero over the window. */
static int32_t lw_ref_pool_sum(const struct lw_ref_job *job,
			       const struct lwnpu_tensor *in, uint32_t c,
			       const struct lw_ref_window *window,
			       uint8_t zero)
{
	int32_t sum = 0;
	uint32_t y, x;

	for (y = window->y0; y < window->y1; y++)
		for (x = window->x0; x < window->x1; x++)
			sum += *lw_ref_byte(job, in, c, y, x) - zero;
	return sum;
}

/* Place @i of a window, row by row, as a real number. */
static float lw_ref_pool_place(const struct lw_ref_job *job,
			       const struct lwnpu_op *op, uint32_t c,
			       const struct lw_ref_window *window, uint32_t i)
{
	const struct lwnpu_tensor *in = &op->in[0];
	uint32_t width = window->x1 - window->x0;
	uint8_t byte = *lw_ref_byte(job, in, c, window->y0 + i / width,
				    window->x0 + i % width);

	return lw_ref_float(op->pool.scale) * (float)(byte - in->zero_point);
}

/* @sum and places @from to @to - 1, each sum in single precision. */
static float lw_ref_pool_add(const struct lw_ref_job *job,
			     const struct lwnpu_op *op, uint32_t c,
			     const struct lw_ref_window *window, float sum,
			     uint32_t from, uint32_t to)
{
	uint32_t i;

	for (i = from; i < to; i++)
		sum += lw_ref_pool_place(job, op, c, window, i);
	return sum;
}

/*
 * The sum of @n places that come @before places after an aligned address, as
 * Eigen sums up a row: Redux.h, the linear traversal, with vectors of four.
 */
static float lw_ref_pool_vectors(const struct lw_ref_job *job,
				 const struct lwnpu_op *op, uint32_t c,
				 const struct lw_ref_window *window, uint32_t n,
				 uint32_t before)
{
	uint32_t head = -before % 4 < n ? -before % 4 : n;
	uint32_t pairs_end = head + (n - head) / 8 * 8;
	uint32_t end = head + (n - head) / 4 * 4;
	float sums[8] = { 0 }, sum;
	uint32_t i;

	for (i = head; i < pairs_end; i++)
		sums[(i - head) % 8] +=
			lw_ref_pool_place(job, op, c, window, i);
	for (i = 0; i < 4; i++)
		sums[i] += sums[4 + i];
	for (i = pairs_end; i < end; i++)
		sums[i - pairs_end] +=
			lw_ref_pool_place(job, op, c, window, i);
	sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
	sum = lw_ref_pool_add(job, op, c, window, sum, 0, head);
	return lw_ref_pool_add(job, op, c, window, sum, end, n);
}

/*
 * The average of real numbers, each operation in single precision, of output
 * place @place in order c, h, w.
 */
static uint8_t lw_ref_pool_real(const struct lw_ref_job *job,
				const struct lwnpu_op *op, uint32_t c,
				const struct lw_ref_window *window, uint32_t n,
				uint32_t place)
{
	const struct lwnpu_pool *pool = &op->pool;
	float zero = op->out.zero_point, first = 0, last = 0, sum;

	/* Where a half goes depends on when the zero point is added. */
	if (pool->mode == LWNPU_POOL_REAL)
		first = zero;
	else
		last = zero;
	if (pool->vectors)
		sum = lw_ref_pool_vectors(job, op, c, window, n, n * place);
	else
		sum = lw_ref_pool_add(job, op, c, window, 0, 0, n);
	if (pool->whole)
		n = (uint32_t)pool->kernel_h * pool->kernel_w;
	sum = sum / (float)n / lw_ref_float(pool->out_scale) + first;
	return lrintf(fminf(fmaxf(sum, pool->lo - last), pool->hi - last)) +
	       (int)last;
}

/* Halves are rounded away from zero. */
static int32_t lw_ref_quotient(int32_t sum, int32_t n)
{
	return (sum < 0 ? sum - n / 2 : sum + n / 2) / n;
}

static uint8_t lw_ref_clamp(int32_t value, uint8_t lo, uint8_t hi)
{
	return value < lo ? lo : value > hi ? hi : value;
}

static uint8_t lw_ref_pool_one(const struct lw_ref_job *job,
			       const struct lwnpu_op *op, uint32_t c,
			       const struct lw_ref_window *window,
			       uint32_t place)
{
	const struct lwnpu_pool *pool = &op->pool;
	const struct lwnpu_tensor *in = &op->in[0];
	int32_t n = (window->y1 - window->y0) * (window->x1 - window->x0);
	int32_t value;

	if (pool->mode == LWNPU_POOL_MEAN) {
		value = lw_ref_pool_sum(job, in, c, window, in->zero_point);
		return lw_ref_requantise(value, lw_ref_float(pool->scale),
					 op->out.zero_point, pool->lo,
					 pool->hi);
	}
	if (pool->mode == LWNPU_POOL_REAL || pool->mode == LWNPU_POOL_REDUCE)
		return lw_ref_pool_real(job, op, c, window, n, place);
	if (pool->mode == LWNPU_POOL_AVERAGE) {
		value = lw_ref_pool_sum(job, in, c, window, pool->zero);
		value = lw_ref_quotient(value, n) + pool->zero;
	} else {
		value = lw_ref_pool_max(job, in, c, window);
	}
	return lw_ref_clamp(value, pool->lo, pool->hi);
}

void lw_ref_pool(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *out = &op->out;
	uint32_t c, y, x, place = 0;

	for (c = 0; c < out->c; c++) {
		for (y = 0; y < out->h; y++) {
			for (x = 0; x < out->w; x++) {
				struct lw_ref_window window =
					lw_ref_window(op, y, x);

				*lw_ref_byte(job, out, c, y, x) =
					lw_ref_pool_one(job, op, c, &window,
							place++);
			}
		}
	}
}
