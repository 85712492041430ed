// SPDX-License-Identifier: MIT
/* MATMUL. */
#include "ref.h"

/* The element at row @i and column @k of a matrix, less the zero point. */
static int32_t lw_ref_element(const struct lw_ref_job *job,
			      const struct lwnpu_tensor *in, uint32_t h,
			      uint32_t i, uint32_t k, bool transposed)
{
	const uint8_t *byte;

	h = in->h == 1 ? 0 : h;
	byte = transposed ? lw_ref_byte(job, in, i, h, k) :
			    lw_ref_byte(job, in, k, h, i);
	return *byte - in->zero_point;
}

static uint32_t lw_ref_product(const struct lw_ref_job *job,
			       const struct lwnpu_op *op, uint32_t h,
			       uint32_t m, uint32_t n)
{
	const struct lwnpu_matmul *p = &op->matmul;
	uint32_t depth = p->transpose_a ? op->in[0].w : op->in[0].c;
	uint32_t sum = 0, k;

	for (k = 0; k < depth; k++)
		sum += (uint32_t)(lw_ref_element(job, &op->in[0], h, m, k,
						 p->transpose_a) *
				  lw_ref_element(job, &op->in[1], h, k, n,
						 p->transpose_b));
	return sum;
}

void lw_ref_matmul(const struct lw_ref_job *job, const struct lwnpu_op *op)
{
	const struct lwnpu_matmul *p = &op->matmul;
	const struct lwnpu_tensor *out = &op->out;
	float scale = lw_ref_float(p->scale);
	uint32_t h, m, n;

	for (h = 0; h < out->h; h++)
		for (m = 0; m < out->w; m++)
			for (n = 0; n < out->c; n++)
				*lw_ref_byte(job, out, n, h, m) =
					lw_ref_requantise(
						lw_ref_product(job, op, h, m,
							       n),
						scale, out->zero_point, p->lo,
						p->hi);
}
