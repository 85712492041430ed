// SPDX-License-Identifier: MIT
/* ADD and MUL: each output byte from one of each input's. */
#include "ref.h"

typedef uint8_t lw_ref_pair_function(const struct lwnpu_op *op, uint8_t a,
				     uint8_t b);

/* The byte of an input that is used for a place of the output. */
static uint8_t lw_ref_operand(const struct lw_ref_job *job,
			      const struct lwnpu_tensor *in, uint32_t c,
			      uint32_t y, uint32_t x)
{
	return *lw_ref_byte(job, in, in->c == 1 ? 0 : c, in->h == 1 ? 0 : y,
			    in->w == 1 ? 0 : x);
}

static void lw_ref_pair(const struct lw_ref_job *job, const struct lwnpu_op *op,
			lw_ref_pair_function *function)
{
	uint32_t c, y, x;
	uint8_t a, b;

	for (c = 0; c < op->out.c; c++) {
		for (y = 0; y < op->out.h; y++) {
			for (x = 0; x < op->out.w; x++) {
				a = lw_ref_operand(job, &op->in[0], c, y, x);
				b = lw_ref_operand(job, &op->in[1], c, y, x);
				*lw_ref_byte(job, &op->out, c, y, x) =
					function(op, a, b);
			}
		}
	}
}

/* The checker has made sure that the sum fits 32 bits. */
static uint8_t lw_ref_add_bytes(const struct lwnpu_op *op, uint8_t a, uint8_t b)
{
	const struct lwnpu_add *add = &op->add;
	int64_t sum = (int64_t)a * add->mul0 + (int64_t)b * add->mul1 +
		      add->bias;
	int64_t value = (sum >> add->shift) + op->out.zero_point;

	return value < add->lo ? add->lo : value > add->hi ? add->hi : value;
}

void lw_ref_add(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	lw_ref_pair(job, op, lw_ref_add_bytes);
}

static uint8_t lw_ref_mul_bytes(const struct lwnpu_op *op, uint8_t a, uint8_t b)
{
	int32_t product = (a - op->in[0].zero_point) *
			  (b - op->in[1].zero_point);

	return lw_ref_requantise(product, lw_ref_float(op->mul.scale),
				 op->out.zero_point, op->mul.lo, op->mul.hi);
}

void lw_ref_mul(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	lw_ref_pair(job, op, lw_ref_mul_bytes);
}
