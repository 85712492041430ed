// SPDX-License-Identifier: MIT
/* REORDER and RESIZE: places that are computed. */
#include "ref.h"

/**
 * struct lw_ref_count - an element number of REORDER's output
 * @digits: how it is counted
 * @digit: the number
 * @source: the input element that it takes
 */
struct lw_ref_count {
	struct lwnpu_digits digits;
	uint32_t digit[LWNPU_DIGITS];
	uint32_t source;
};

static void lw_ref_next(struct lw_ref_count *count)
{
	const uint32_t *size = count->digits.size;
	const uint32_t *stride = count->digits.stride;
	uint32_t d = LWNPU_DIGITS;

	while (d--) {
		count->source += stride[d];
		if (++count->digit[d] < size[d])
			return;
		count->source -= stride[d] * size[d];
		count->digit[d] = 0;
	}
}

void lw_ref_reorder(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *in = &op->in[0];
	const struct lwnpu_tensor *out = &op->out;
	struct lw_ref_count count = { .digits = lwnpu_reorder_digits(op) };
	uint32_t y, x, c;

	for (y = 0; y < out->h; y++) {
		for (x = 0; x < out->w; x++) {
			for (c = 0; c < out->c; c++) {
				uint32_t pixel = count.source / in->c;

				*lw_ref_byte(job, out, c, y, x) =
					*lw_ref_byte(job, in,
						     count.source % in->c,
						     pixel / in->w,
						     pixel % in->w);
				lw_ref_next(&count);
			}
		}
	}
}

/* Two neighbours along an axis, and the weight of the second of 2048. */
struct lw_ref_pair {
	uint32_t near;
	uint32_t far;
	int32_t fraction;
};

static struct lw_ref_pair lw_ref_pair(const uint8_t *table, uint32_t i)
{
	uint32_t entry = lw_ref_u32(table, i);
	struct lw_ref_pair pair = {
		.near = entry & 0xffff,
		.fraction = entry >> 16,
	};

	pair.far = pair.near + !!pair.fraction;
	return pair;
}

static int32_t lw_ref_blend(int32_t a, int32_t b, int32_t fraction)
{
	return a * (2048 - fraction) + b * fraction;
}

static uint8_t lw_ref_fixed(const struct lw_ref_job *job,
			    const struct lwnpu_tensor *in, uint32_t c,
			    const struct lw_ref_pair *y,
			    const struct lw_ref_pair *x)
{
	int32_t top = lw_ref_blend(*lw_ref_byte(job, in, c, y->near, x->near),
				   *lw_ref_byte(job, in, c, y->near, x->far),
				   x->fraction);
	int32_t bottom = lw_ref_blend(*lw_ref_byte(job, in, c, y->far, x->near),
				      *lw_ref_byte(job, in, c, y->far, x->far),
				      x->fraction);

	return (lw_ref_blend(top, bottom, y->fraction) + (1 << 21)) >> 22;
}

/* The same of an axis in real numbers: a weight of each neighbour. */
struct lw_ref_real_pair {
	uint32_t at[2];
	float weight[2];
};

static struct lw_ref_real_pair lw_ref_real_pair(const uint8_t *table,
						uint32_t i)
{
	uint32_t places = lw_ref_u32(table, 2 * (size_t)i);
	float fraction = lw_ref_f32(table, 2 * (size_t)i + 1);

	return (struct lw_ref_real_pair) {
		.at = { places & 0xffff, places >> 16 },
		.weight = { 1 - fraction, fraction },
	};
}

static uint8_t lw_ref_real(const struct lw_ref_job *job,
			   const struct lwnpu_op *op, uint32_t c,
			   const struct lw_ref_real_pair *row,
			   const struct lw_ref_real_pair *column)
{
	const struct lwnpu_tensor *in = &op->in[0];
	float scale = lw_ref_float(op->resize.in_scale), sum = 0, value;
	int zero = op->out.zero_point, y, x;

	for (y = 0; y < 2; y++) {
		for (x = 0; x < 2; x++) {
			value = (float)(*lw_ref_byte(job, in, c, row->at[y],
						     column->at[x]) -
					in->zero_point) * scale;
			sum += column->weight[x] * row->weight[y] * value;
		}
	}
	sum /= lw_ref_float(op->resize.out_scale);
	sum = fminf(fmaxf(sum, (float)-zero), (float)(255 - zero));
	return (int)lrintf(sum) + zero;
}

static void lw_ref_resize_real(const struct lw_ref_job *job,
			       const struct lwnpu_op *op)
{
	const uint8_t *columns = lw_ref_stream(job, op->resize.columns);
	const uint8_t *rows = lw_ref_stream(job, op->resize.rows);
	const struct lwnpu_tensor *out = &op->out;
	struct lw_ref_real_pair row, column;
	uint32_t y, x, c;

	for (y = 0; y < out->h; y++) {
		row = lw_ref_real_pair(rows, y);
		for (x = 0; x < out->w; x++) {
			column = lw_ref_real_pair(columns, x);
			for (c = 0; c < out->c; c++)
				*lw_ref_byte(job, out, c, y, x) =
					lw_ref_real(job, op, c, &row, &column);
		}
	}
}

void lw_ref_resize(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	const uint8_t *columns = lw_ref_stream(job, op->resize.columns);
	const uint8_t *rows = lw_ref_stream(job, op->resize.rows);
	const struct lwnpu_tensor *out = &op->out;
	struct lw_ref_pair row, column;
	uint32_t y, x, c;

	if (op->resize.mode == LWNPU_RESIZE_REAL) {
		lw_ref_resize_real(job, op);
		return;
	}
	for (y = 0; y < out->h; y++) {
		row = lw_ref_pair(rows, y);
		for (x = 0; x < out->w; x++) {
			column = lw_ref_pair(columns, x);
			for (c = 0; c < out->c; c++)
				*lw_ref_byte(job, out, c, y, x) =
					lw_ref_fixed(job, &op->in[0], c, &row,
						     &column);
		}
	}
}
