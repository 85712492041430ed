// SPDX-License-Identifier: MIT
/* The interpreter's nodes that compute or move single elements. */
#include <string.h>

#include "interpreter.h"

void lw_run_add(const struct lw_interpreter *interpreter,
		const struct lw_node *node)
{
	const float *a = lw_interpreter_in(interpreter, node, 0);
	const float *b = lw_interpreter_in(interpreter, node, 1);
	float *out = lw_interpreter_out(interpreter, node);
	size_t i, n = lw_value_size(node->out);

	for (i = 0; i < n; i++)
		out[i] = a[i] + b[i];
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

	for (i = 0; i < n; i++)
		out[i] = lw_unary(node, in[i]);
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

/* Copies a whole tensor to a place in a larger one. */
static void insert(const struct lw_value *part, const float *from,
		   const struct lw_value *whole, float *to, const uint32_t at[3])
{
	uint32_t y, x;

	for (y = 0; y < part->h; y++)
		for (x = 0; x < part->w; x++, from += part->c)
			memcpy(to + (((size_t)y + at[0]) * whole->w + x +
				     at[1]) * whole->c + at[2],
			       from, part->c * sizeof(*to));
}

void lw_run_concat(const struct lw_interpreter *interpreter,
		   const struct lw_node *node)
{
	uint32_t i, at[3] = { 0 };

	for (i = 0; i < node->n_in; i++) {
		const struct lw_value *in = node->in[i];
		uint32_t size[3] = { in->h, in->w, in->c };

		insert(in, lw_interpreter_in(interpreter, node, i), node->out,
		       lw_interpreter_out(interpreter, node), at);
		at[node->axis] += size[node->axis];
	}
}

void lw_run_pad(const struct lw_interpreter *interpreter,
		const struct lw_node *node)
{
	const uint32_t at[3] = { node->window.pad_top, node->window.pad_left,
				 node->pad_channels_before };
	float *out = lw_interpreter_out(interpreter, node);
	size_t i, n = lw_value_size(node->out);

	for (i = 0; i < n; i++)
		out[i] = node->fill;
	insert(node->in[0], lw_interpreter_in(interpreter, node, 0), node->out,
	       out, at);
}

void lw_run_slice(const struct lw_interpreter *interpreter,
		  const struct lw_node *node)
{
	const struct lw_value *value = node->in[0];
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	size_t row, column;
	uint32_t y, x, c;

	for (y = 0; y < node->out->h; y++) {
		row = node->start[0] + (size_t)y * node->step[0];
		for (x = 0; x < node->out->w; x++) {
			column = node->start[1] + (size_t)x * node->step[1];
			for (c = 0; c < node->out->c; c++)
				*out++ = in[(row * value->w + column) *
					    value->c + node->start[2] +
					    (size_t)c * node->step[2]];
		}
	}
}

void lw_run_flatten(const struct lw_interpreter *interpreter,
		    const struct lw_node *node)
{
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	size_t pixels = (size_t)node->in[0]->h * node->in[0]->w;
	uint32_t c, channels = node->in[0]->c;
	size_t p;

	if (!node->nchw) {
		memcpy(out, in, lw_value_size(node->out) * sizeof(*out));
		return;
	}
	for (c = 0; c < channels; c++)
		for (p = 0; p < pixels; p++)
			*out++ = in[p * channels + c];
}
