// SPDX-License-Identifier: MIT
/* The interpreter's nodes that compute single elements. */
#include <string.h>

#include "interpreter.h"

/* An input of a node that broadcasts: floats from one place to the next. */
struct operand {
	const float *x;
	size_t row, column, channel;
};

static struct operand operand_of(const struct lw_interpreter *interpreter,
				 const struct lw_node *node, uint32_t i)
{
	const struct lw_value *v = node->in[i];

	return (struct operand){
		.x = lw_interpreter_in(interpreter, node, i),
		.row = v->h == 1 ? 0 : (size_t)v->w * v->c,
		.column = v->w == 1 ? 0 : v->c,
		.channel = v->c == 1 ? 0 : 1,
	};
}

static inline void combine(const struct lw_interpreter *interpreter,
			   const struct lw_node *node,
			   float (*function)(float a, float b))
{
	struct operand a = operand_of(interpreter, node, 0);
	struct operand b = operand_of(interpreter, node, 1);
	float *out = lw_interpreter_out(interpreter, node);
	const float *pa, *pb;
	uint32_t y, x, c;

	for (y = 0; y < node->out->h; y++)
		for (x = 0; x < node->out->w; x++) {
			pa = a.x + y * a.row + x * a.column;
			pb = b.x + y * b.row + x * b.column;
			for (c = 0; c < node->out->c; c++)
				*out++ = function(pa[c * a.channel],
						  pb[c * b.channel]);
		}
}

static inline float sum(float a, float b)
{
	return a + b;
}

static inline float difference(float a, float b)
{
	return a - b;
}

static inline float product(float a, float b)
{
	return a * b;
}

void lw_run_add(const struct lw_interpreter *interpreter,
		const struct lw_node *node)
{
	if (node->subtract)
		combine(interpreter, node, difference);
	else
		combine(interpreter, node, sum);
}

void lw_run_mul(const struct lw_interpreter *interpreter,
		const struct lw_node *node)
{
	combine(interpreter, node, product);
}

void lw_run_affine(const struct lw_interpreter *interpreter,
		   const struct lw_node *node)
{
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	const struct lw_weights *w = node->weights;
	uint32_t c = node->out->c;
	size_t i, n = lw_value_size(node->out);

	for (i = 0; i < n; i++)
		out[i] = in[i] * w->real[i % c] +
			 (w->bias ? w->bias[i % c] : 0);
}

void lw_run_unary(const struct lw_interpreter *interpreter,
		  const struct lw_node *node)
{
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	size_t i, n = lw_value_size(node->out);
	uint32_t c = node->out->c;

	for (i = 0; i < n; i++)
		out[i] = lw_unary(node, in[i], i % c);
}

void lw_run_requant(const struct lw_interpreter *interpreter,
		    const struct lw_node *node)
{
	memcpy(lw_interpreter_out(interpreter, node),
	       lw_interpreter_in(interpreter, node, 0),
	       lw_value_size(node->out) * sizeof(float));
}

void lw_run_softmax(const struct lw_interpreter *interpreter,
		    const struct lw_node *node)
{
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	size_t n = (size_t)node->out->h * node->out->w;
	uint32_t i, c = node->out->c;
	float max, sum;

	for (; n; n--, in += c, out += c) {
		max = in[0];
		for (i = 1; i < c; i++)
			max = fmaxf(max, in[i]);
		sum = 0;
		for (i = 0; i < c; i++) {
			out[i] = expf(in[i] - max);
			sum += out[i];
		}
		for (i = 0; i < c; i++)
			out[i] /= sum;
	}
}
