// SPDX-License-Identifier: MIT
/* Weights in 8 bits, one scale per output channel. */
#include <stdlib.h>

#include "quantise.h"

#define MAX_WEIGHT 127

static float round_weight(float real, float scale)
{
	return rintf(fminf(fmaxf(real / scale, -MAX_WEIGHT), MAX_WEIGHT));
}

static float greatest(const float *real, size_t n)
{
	float max = 0;
	size_t i;

	for (i = 0; i < n; i++)
		max = fmaxf(max, fabsf(real[i]));
	return max;
}

static double squared_error(const float *real, size_t n, float scale)
{
	double sum = 0;
	float d;
	size_t i;

	for (i = 0; i < n; i++) {
		d = real[i] - scale * round_weight(real[i], scale);
		sum += (double)d * d;
	}
	return sum;
}

/*
 * Clipping the largest weights may leave smaller errors in all others. Scales
 * near the whole range are tried one by one, those further off in strides.
 */
static float refine(const float *real, size_t n, float whole)
{
	double least = squared_error(real, n, whole), error;
	float best = whole, scale;
	int part;

	for (part = 255; part >= 128; part -= part > 224 ? 1 : 4) {
		scale = whole * part / 256;
		error = squared_error(real, n, scale);
		if (error < least) {
			least = error;
			best = scale;
		}
	}
	return best;
}

/*
 * A channel with weights far smaller than its bias, or none at all, still
 * needs a scale that gives the bias enough bits, but not more than 28 of the
 * accumulator's 32, and a multiplier that is a normal number.
 */
static float choose_scale(const float *real, size_t n, float bias,
			  float in_scale, float out_scale, enum lw_range range)
{
	float least = out_scale / in_scale * 0x1p-40f;
	float scale = greatest(real, n) / MAX_WEIGHT;

	bias = fabsf(bias);
	if (scale > least && range == LW_RANGE_MSE)
		scale = refine(real, n, scale);
	if (scale > 0)
		scale = fmaxf(scale, bias / in_scale * 0x1p-28f);
	else
		scale = bias > 0 ? bias / in_scale * 0x1p-20f : 1;
	return fmaxf(scale, least);
}

static int32_t quantise_bias(float bias, float scale)
{
	double q = rint((double)bias / scale);

	return q < INT32_MIN ? INT32_MIN : q > INT32_MAX ? INT32_MAX : q;
}

static void quantise_channel(struct lw_node *node, uint32_t o,
			     enum lw_range range)
{
	struct lw_weights *w = node->weights;
	size_t i, n = (size_t)w->kh * w->kw * w->i;
	float in_scale = node->in[0]->scale;
	float *real = w->real + o * n;
	int8_t *q = w->q + o * n;
	float scale;

	scale = choose_scale(real, n, w->bias ? w->bias[o] : 0, in_scale,
			     node->out->scale, range);
	for (i = 0; i < n; i++) {
		q[i] = round_weight(real[i], scale);
		real[i] = scale * q[i];
	}
	w->scale[o] = scale;
	if (w->bias) {
		w->bias_q[o] = quantise_bias(w->bias[o], in_scale * scale);
		w->bias[o] = w->bias_q[o] * (in_scale * scale);
	}
}

int lw_quantise_weights(struct lw_node *node, enum lw_range range)
{
	struct lw_weights *w = node->weights;
	uint32_t o;

	if (w->q)
		return 0;
	w->q = malloc((size_t)w->o * w->kh * w->kw * w->i * sizeof(*w->q));
	w->scale = malloc(w->o * sizeof(*w->scale));
	w->bias_q = w->bias ? malloc(w->o * sizeof(*w->bias_q)) : NULL;
	if (!w->q || !w->scale || (w->bias && !w->bias_q)) {
		free(w->q);
		free(w->scale);
		free(w->bias_q);
		w->q = NULL;
		w->scale = NULL;
		w->bias_q = NULL;
		return -ENOMEM;
	}
	for (o = 0; o < w->o; o++)
		quantise_channel(node, o, range);
	return 0;
}
