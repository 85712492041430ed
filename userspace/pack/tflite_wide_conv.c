// SPDX-License-Identifier: MIT
/* Convolutions with weights of nine bits: copies of channels of their input. */
#include <stdlib.h>
#include <string.h>

#include "tflite_view.h"
#include "tflite_wide.h"

/* The largest kernel of a convolution. */
#define MAX_KERNEL 255

/* An operation more takes at least the time to copy this many bytes. */
#define OPERATION_BYTES 4096

/* Joins copies where that moves fewer bytes than an operation is worth. */
static void fill_gaps(const struct lw_value *in, bool *copied)
{
	size_t pixels = (size_t)in->h * in->w;
	uint32_t c, last = UINT32_MAX;

	for (c = 0; c < in->c; c++) {
		if (!copied[c])
			continue;
		if (last != UINT32_MAX &&
		    pixels * (c - last - 1) <= OPERATION_BYTES)
			memset(copied + last, true, c - last);
		last = c;
	}
}

/*
 * Marks the input channels that have a rest: whole words of them if words of
 * the copies can be words of the original.
 */
static uint32_t mark_copied(const struct lw_value *in,
			    const struct lw_weights *weights,
			    const int16_t *rest, bool *copied)
{
	size_t n = lw_weights_count(weights), k;
	uint32_t c, count = 0;

	for (k = 0; k < n; k++)
		if (rest[k])
			copied[k % weights->i] = true;
	for (c = 0; c < in->c && in->c % 4 == 0; c += 4)
		if (memchr(copied + c, true, 4))
			memset(copied + c, true, 4);
	if (in->c > 4)
		fill_gaps(in, copied);
	for (c = 0; c < in->c; c++)
		count += copied[c];
	return count;
}

/*
 * The input with copies of some of its channels behind: a concatenation of
 * slices, of which only the copies are moved.
 */
static int append_slices(struct lw_tflite_op *op, struct lw_value *in,
			 const bool *copied, uint32_t n, struct lw_value *whole)
{
	struct lw_value **parts = calloc(n + 1, sizeof(*parts));
	uint32_t c = 0, first, n_parts = 0;
	int ret = parts ? 0 : -ENOMEM;

	if (!ret)
		parts[n_parts++] = in;
	while (!ret && c < in->c) {
		first = c;
		while (c < in->c && copied[c])
			c++;
		if (c > first)
			ret = lw_tflite_take_channels(op, in, first, c - first,
						      &parts[n_parts++]);
		else
			c++;
	}
	if (!ret)
		ret = lw_tflite_concatenate(op, parts, n_parts, whole);
	free(parts);
	return ret;
}

/*
 * The same where all lies within a word or two, and slices of it are none of
 * whole words: one convolution moves as much as three copies would.
 */
static int append_within_word(struct lw_tflite_op *op, struct lw_value *in,
			      const bool *copied, struct lw_value *whole)
{
	uint32_t from[8], c, n = 0;

	for (c = 0; c < in->c; c++)
		from[n++] = c;
	for (c = 0; c < in->c; c++)
		if (copied[c])
			from[n++] = c;
	return lw_tflite_select(op, in, whole, from);
}

static int append_copies(struct lw_tflite_op *op, struct lw_value *in,
			 const bool *copied, uint32_t n,
			 struct lw_value **whole)
{
	int ret = lw_tflite_derive(op, in, in->h, in->w, in->c + n, whole);

	if (ret)
		return ret;
	return in->c < 4 ? append_within_word(op, in, copied, *whole) :
			   append_slices(op, in, copied, n, *whole);
}

/* Moves what does not depend on the input's channels. */
static void move_outputs(struct lw_weights *to, struct lw_weights *from)
{
	to->scale = from->scale;
	to->bias = from->bias;
	to->bias_q = from->bias_q;
	from->scale = NULL;
	from->bias = NULL;
	from->bias_q = NULL;
}

/* Weights for the input and @n copies of its channels; NULL: no memory. */
static struct lw_weights *widen(struct lw_weights *weights, const int16_t *rest,
				const bool *copied, uint32_t n)
{
	uint32_t c, i = weights->i;
	struct lw_weights *wide = lw_weights_new(weights->o, weights->kh,
						 weights->kw, i + n, false);
	size_t rows, r, k, at = 0;

	if (!wide)
		return NULL;
	wide->q = malloc(lw_weights_count(wide));
	if (!wide->q) {
		lw_weights_free(wide);
		return NULL;
	}
	rows = lw_weights_count(weights) / i;
	for (r = 0; r < rows; r++) {
		for (c = 0; c < i; c++)
			wide->q[at++] = weights->q[r * i + c];
		for (c = 0; c < i; c++)
			if (copied[c])
				wide->q[at++] = (int8_t)rest[r * i + c];
	}
	move_outputs(wide, weights);
	for (k = 0; k < at; k++)
		wide->real[k] = wide->scale[k / lw_weights_per_output(wide)] *
				wide->q[k];
	return wide;
}

static int add_widened(struct lw_tflite_op *op,
		       const struct lw_tflite_layer *layer,
		       struct lw_weights *weights, const int16_t *rest,
		       const bool *copied, uint32_t n)
{
	struct lw_tflite_layer widened = *layer;
	struct lw_weights *wide = widen(weights, rest, copied, n);
	int ret = wide ? 0 : -ENOMEM;

	lw_weights_free(weights);
	if (!ret)
		ret = append_copies(op, layer->in, copied, n, &widened.in);
	if (!ret)
		return lw_tflite_add_layer(op, &widened, wide);
	lw_weights_free(wide);
	return ret;
}

/*
 * Flattening and a fully connected layer are one convolution. Later they would
 * be joined as such, but not with copies between them.
 */
static void skip_flatten(const struct lw_tflite_op *op,
			 struct lw_tflite_layer *layer,
			 struct lw_weights *weights)
{
	const struct lw_node *before = lw_graph_producer(op->import->graph,
							 layer->in);
	struct lw_value *image;

	if (!before || before->kind != LW_NODE_FLATTEN || before->nchw ||
	    weights->kh != 1 || weights->kw != 1)
		return;
	image = before->in[0];
	if (image->h > MAX_KERNEL || image->w > MAX_KERNEL)
		return;
	layer->in = image;
	lw_window_cover(&layer->window, weights, image);
}

int lw_tflite_add_wide_conv(struct lw_tflite_op *op,
			    const struct lw_tflite_layer *layer,
			    struct lw_weights *weights, const int16_t *rest)
{
	struct lw_tflite_layer whole = *layer;
	bool *copied = calloc(weights->i, sizeof(*copied));
	size_t rows;
	uint32_t n;
	int ret;

	if (!copied) {
		lw_weights_free(weights);
		return -ENOMEM;
	}
	skip_flatten(op, &whole, weights);
	n = mark_copied(whole.in, weights, rest, copied);
	rows = lw_weights_count(weights) / weights->i;
	if (weights->i + n <= LW_MAX_DIM &&
	    lw_tflite_may_unpack(op, rows * (weights->i + n)))
		ret = add_widened(op, &whole, weights, rest, copied, n);
	else
		ret = lw_tflite_add_rescaled(op, &whole, weights, rest);
	free(copied);
	return ret;
}
