// SPDX-License-Identifier: MIT
/*
 * Depthwise convolutions with weights of nine bits. They cannot read a channel
 * twice, so a word of channels that has to becomes a convolution.
 */
#include <stdlib.h>
#include <string.h>

#include "tflite_wide.h"

/* A layer may be cut at this many words: each takes four operations. */
#define MAX_WIDE_WORDS 16

/*
 * Output channels [first, first + n) of a depthwise layer's weights: as they
 * are, or for a convolution whose weights are zero off the diagonal.
 */
static struct lw_weights *cut_weights(const struct lw_weights *weights,
				      uint32_t first, uint32_t n, uint32_t i)
{
	struct lw_weights *part = lw_weights_new(n, weights->kh, weights->kw, i,
						 weights->bias);
	size_t taps = (size_t)weights->kh * weights->kw;
	size_t from, to, k;

	if (!part)
		return NULL;
	part->q = calloc(lw_weights_count(part), sizeof(*part->q));
	part->scale = calloc(n, sizeof(*part->scale));
	if (weights->bias_q)
		part->bias_q = calloc(n, sizeof(*part->bias_q));
	if (!part->q || !part->scale || (weights->bias_q && !part->bias_q)) {
		lw_weights_free(part);
		return NULL;
	}
	for (k = 0; k < n * taps; k++) {
		from = first * taps + k;
		to = k * i + k / taps % i;
		part->q[to] = weights->q[from];
		part->real[to] = weights->real[from];
	}
	memcpy(part->scale, weights->scale + first, n * sizeof(*part->scale));
	if (weights->bias_q) {
		memcpy(part->bias, weights->bias + first,
		       n * sizeof(*part->bias));
		memcpy(part->bias_q, weights->bias_q + first,
		       n * sizeof(*part->bias_q));
	}
	return part;
}

/* The same of their rests. */
static int16_t *cut_rest(const struct lw_weights *weights, const int16_t *rest,
			 uint32_t first, uint32_t n)
{
	size_t taps = (size_t)weights->kh * weights->kw, k;
	int16_t *part = calloc(n * taps * n, sizeof(*part));

	for (k = 0; part && k < n * taps; k++)
		part[k * n + k / taps] = rest[first * taps + k];
	return part;
}

/* Channels of a depthwise layer that need their input twice. */
static int add_diagonal(struct lw_tflite_op *op,
			const struct lw_tflite_layer *part,
			const struct lw_weights *weights, const int16_t *rest,
			uint32_t first)
{
	uint32_t n = part->out->c;
	struct lw_weights *cut = cut_weights(weights, first, n, n);
	int16_t *cut_rests = cut_rest(weights, rest, first, n);
	int ret;

	if (cut && cut_rests) {
		ret = lw_tflite_add_wide_conv(op, part, cut, cut_rests);
	} else {
		lw_weights_free(cut);
		ret = -ENOMEM;
	}
	free(cut_rests);
	return ret;
}

static int add_part(struct lw_tflite_op *op,
		    const struct lw_tflite_layer *layer,
		    const struct lw_weights *weights, const int16_t *rest,
		    uint32_t first, uint32_t n, bool wide,
		    struct lw_value **out)
{
	struct lw_tflite_layer part = *layer;
	struct lw_weights *cut;
	int ret = lw_tflite_take_channels(op, layer->in, first, n, &part.in);

	if (!ret && n < layer->out->c)
		ret = lw_tflite_derive(op, layer->out, layer->out->h,
				       layer->out->w, n, &part.out);
	*out = part.out;
	if (ret)
		return ret;
	part.groups = wide;
	if (wide)
		return add_diagonal(op, &part, weights, rest, first);
	cut = cut_weights(weights, first, n, 1);
	return cut ? lw_tflite_add_layer(op, &part, cut) : -ENOMEM;
}

/* Whether the word of channels from @first on has a rest. */
static bool is_wide_word(const struct lw_weights *weights, const int16_t *rest,
			 uint32_t first)
{
	size_t taps = (size_t)weights->kh * weights->kw, k;
	uint32_t end = first + 4 < weights->o ? first + 4 : weights->o;

	for (k = first * taps; k < end * taps; k++)
		if (rest[k])
			return true;
	return false;
}

static uint32_t count_wide_words(const struct lw_weights *weights,
				 const int16_t *rest)
{
	uint32_t first, n = 0;

	for (first = 0; first < weights->o; first += 4)
		n += is_wide_word(weights, rest, first);
	return n;
}

/* Wide words one by one, those between them together. */
static int add_parts(struct lw_tflite_op *op,
		     const struct lw_tflite_layer *layer,
		     const struct lw_weights *weights, const int16_t *rest)
{
	struct lw_value *parts[2 * MAX_WIDE_WORDS + 1];
	uint32_t first, end, c = weights->o, n = 0;
	bool wide;
	int ret = 0;

	for (first = 0; first < c && !ret; first = end) {
		wide = is_wide_word(weights, rest, first);
		end = first + 4;
		while (!wide && end < c && !is_wide_word(weights, rest, end))
			end += 4;
		end = end < c ? end : c;
		ret = add_part(op, layer, weights, rest, first, end - first,
			       wide, &parts[n++]);
	}
	if (ret || n == 1)
		return ret;
	return lw_tflite_concatenate(op, parts, n, layer->out);
}

int lw_tflite_add_wide_depthwise(struct lw_tflite_op *op,
				 const struct lw_tflite_layer *layer,
				 struct lw_weights *weights,
				 const int16_t *rest)
{
	int ret;

	if (count_wide_words(weights, rest) > MAX_WIDE_WORDS ||
	    !lw_tflite_may_unpack(op, lw_weights_count(weights)))
		return lw_tflite_add_rescaled(op, layer, weights, rest);
	ret = add_parts(op, layer, weights, rest);
	lw_weights_free(weights);
	return ret;
}
