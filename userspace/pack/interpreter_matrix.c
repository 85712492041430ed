// SPDX-License-Identifier: MIT
/* The interpreter's matrix products and transposed convolutions. */
#include <cblas.h>
#include <string.h>

#include "interpreter.h"

void lw_run_matmul(const struct lw_interpreter *interpreter,
		   const struct lw_node *node)
{
	const struct lw_value *va = node->in[0], *vb = node->in[1];
	const float *a = lw_interpreter_in(interpreter, node, 0);
	const float *b = lw_interpreter_in(interpreter, node, 1);
	float *out = lw_interpreter_out(interpreter, node);
	uint32_t m = node->out->w, n = node->out->c, h;
	uint32_t k = node->transpose_a ? va->w : va->c;

	for (h = 0; h < node->out->h; h++) {
		cblas_sgemm(CblasRowMajor,
			    node->transpose_a ? CblasTrans : CblasNoTrans,
			    node->transpose_b ? CblasTrans : CblasNoTrans, m, n,
			    k, 1, a, va->c, b, vb->c, 0, out, n);
		a += va->h == 1 ? 0 : (size_t)va->w * va->c;
		b += vb->h == 1 ? 0 : (size_t)vb->w * vb->c;
		out += (size_t)m * n;
	}
}

size_t lw_tconv_scratch(const struct lw_node *node)
{
	return (size_t)node->in[0]->w * (node->out->c / node->groups);
}

/*
 * One kernel place of one input row: adds @products, [input columns][outputs
 * of a group], to output row @out, as far as it reaches.
 */
static void scatter(const struct lw_node *node, uint32_t kx,
		    const float *products, float *out)
{
	const struct lw_window *w = &node->window;
	uint32_t x, i, n = node->out->c / node->groups;
	int64_t at;

	for (x = 0; x < node->in[0]->w; x++, products += n) {
		at = (int64_t)x * w->stride_w - w->pad_left +
		     (int64_t)kx * w->dilation_w;
		if (at < 0 || at >= node->out->w)
			continue;
		for (i = 0; i < n; i++)
			out[at * node->out->c + i] += products[i];
	}
}

/* All of one input row and kernel row that falls on output row @out. */
static void add_row(const struct lw_interpreter *interpreter,
		    const struct lw_node *node, uint32_t ky, const float *in,
		    float *out)
{
	const struct lw_weights *w = node->weights;
	size_t depth = (size_t)w->kh * w->kw * w->i;
	uint32_t group, kx, n = w->o / node->groups;
	const float *tap;

	for (group = 0; group < node->groups; group++)
		for (kx = 0; kx < w->kw; kx++) {
			tap = w->real + group * n * depth +
			      ((size_t)ky * w->kw + kx) * w->i;
			cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans,
				    node->in[0]->w, n, w->i, 1,
				    in + (size_t)group * w->i, node->in[0]->c,
				    tap, depth, 0, interpreter->scratch, n);
			scatter(node, kx, interpreter->scratch,
				out + (size_t)group * n);
		}
}

void lw_run_tconv(const struct lw_interpreter *interpreter,
		  const struct lw_node *node)
{
	const struct lw_value *v = node->in[0], *to = node->out;
	const struct lw_window *w = &node->window;
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	uint32_t y, ky;
	int64_t at;

	lw_start_at_bias(node, out);
	for (y = 0; y < v->h; y++)
		for (ky = 0; ky < w->kernel_h; ky++) {
			at = (int64_t)y * w->stride_h - w->pad_top +
			     (int64_t)ky * w->dilation_h;
			if (at >= 0 && at < to->h)
				add_row(interpreter, node, ky,
					in + (size_t)y * v->w * v->c,
					out + at * to->w * to->c);
		}
}
