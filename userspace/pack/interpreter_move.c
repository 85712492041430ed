// SPDX-License-Identifier: MIT
/* The interpreter's nodes that move numbers. */
#include <string.h>

#include "interpreter.h"

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

void lw_run_constant(const struct lw_interpreter *interpreter,
		     const struct lw_node *node)
{
	memcpy(lw_interpreter_out(interpreter, node), node->constant,
	       lw_value_size(node->out) * sizeof(*node->constant));
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

void lw_run_reorder(const struct lw_interpreter *interpreter,
		    const struct lw_node *node)
{
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	uint32_t at[LW_MAX_SIZES] = { 0 }, d;
	size_t i, n = lw_value_size(node->out);
	size_t from = 0;

	for (i = 0; i < n; i++) {
		out[i] = in[from];
		/* Count up, the last digit first. */
		for (d = node->n_sizes; d--;) {
			from += node->stride[d];
			if (++at[d] < node->size[d])
				break;
			from -= (size_t)at[d] * node->stride[d];
			at[d] = 0;
		}
	}
}

/* The neighbour before a position, and how far behind it the position is. */
static uint32_t split(float position, float *fraction)
{
	uint32_t index = position;

	*fraction = position - index;
	return index;
}

/* To @n floats at @a: their mean with those @step behind, by @fraction. */
static void mix(float *out, const float *a, size_t step, float fraction,
		size_t n)
{
	size_t i;

	if (fraction == 0) {
		memcpy(out, a, n * sizeof(*out));
		return;
	}
	for (i = 0; i < n; i++)
		out[i] = a[i] + fraction * (a[i + step] - a[i]);
}

size_t lw_resize_scratch(const struct lw_node *node)
{
	return (size_t)node->in[0]->w * node->in[0]->c;
}

/* Rows first, into the scratch, then columns. */
void lw_run_resize(const struct lw_interpreter *interpreter,
		   const struct lw_node *node)
{
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	float *row = interpreter->scratch;
	size_t pitch = lw_resize_scratch(node);
	uint32_t y, x, index, c = node->out->c;
	float fraction;

	for (y = 0; y < node->out->h; y++) {
		index = split(node->position[0][y], &fraction);
		mix(row, in + index * pitch, pitch, fraction, pitch);
		for (x = 0; x < node->out->w; x++, out += c) {
			index = split(node->position[1][x], &fraction);
			mix(out, row + (size_t)index * c, c, fraction, c);
		}
	}
}
