// SPDX-License-Identifier: MIT
/*
 * Weights of nine bits: unsigned ones less their zero point.
 *
 * A convolution is linear: w x = q x + rest x. Where int8 cannot hold a weight,
 * the channel that it multiplies is read a second time, and the rest
 * multiplies that copy; the sum is the same integer. Few weights of a layer
 * need it. Where it cannot be done, output channels get a larger scale.
 */
#include <stdlib.h>

#include "tflite_wide.h"

/* The scale with which an output channel's weights fit, and its bias in it. */
static void rescale_channel(struct lw_weights *w, const int16_t *rest,
			    uint32_t o, double in_scale)
{
	size_t per = lw_weights_per_output(w), k;
	double old_scale = w->scale[o];
	int32_t most = 0;
	double bias;

	for (k = o * per; k < (o + 1) * per; k++)
		if (abs(w->q[k] + rest[k]) > most)
			most = abs(w->q[k] + rest[k]);
	w->scale[o] = (float)(old_scale * most / 127);
	for (k = o * per; k < (o + 1) * per; k++) {
		w->q[k] = (int8_t)lrint((w->q[k] + rest[k]) *
					(old_scale / w->scale[o]));
		w->real[k] = w->scale[o] * w->q[k];
	}
	if (w->bias_q) {
		bias = w->bias_q[o] * in_scale * old_scale;
		w->bias_q[o] = (int32_t)lrint(bias / (in_scale * w->scale[o]));
		w->bias[o] = (float)w->bias_q[o] *
			     ((float)in_scale * w->scale[o]);
	}
}

int lw_tflite_add_rescaled(struct lw_tflite_op *op,
			   const struct lw_tflite_layer *layer,
			   struct lw_weights *weights, const int16_t *rest)
{
	size_t per = lw_weights_per_output(weights), k;
	uint32_t o;

	for (o = 0; o < weights->o; o++) {
		for (k = o * per; k < (o + 1) * per && !rest[k]; k++)
			;
		if (k < (o + 1) * per)
			rescale_channel(weights, rest, o, layer->in->scale);
	}
	return lw_tflite_add_layer(op, layer, weights);
}

int lw_tflite_take_channels(struct lw_tflite_op *op, struct lw_value *from,
			    uint32_t first, uint32_t n, struct lw_value **part)
{
	struct lw_node *node;
	int ret;

	if (n == from->c) {
		*part = from;
		return 0;
	}
	ret = lw_tflite_derive(op, from, from->h, from->w, n, part);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_SLICE, &from, 1, *part, &node);
	if (!ret)
		node->start[2] = first;
	return ret;
}

int lw_tflite_concatenate(struct lw_tflite_op *op,
			  struct lw_value *const *parts, uint32_t n,
			  struct lw_value *whole)
{
	struct lw_node *node;
	int ret = lw_tflite_node(op, LW_NODE_CONCAT, parts, n, whole, &node);

	if (!ret)
		node->axis = LW_AXIS_C;
	return ret;
}

/* A weight of 255 is more than twice what int8 can hold. */
static bool rest_fits(const struct lw_weights *weights, const int16_t *rest)
{
	size_t n = lw_weights_count(weights), k;

	for (k = 0; k < n; k++)
		if (rest[k] > INT8_MAX)
			return false;
	return true;
}

int lw_tflite_add_wide(struct lw_tflite_op *op,
		       const struct lw_tflite_layer *layer,
		       struct lw_weights *weights, const int16_t *rest)
{
	if (layer->groups > 1 || !rest_fits(weights, rest))
		return lw_tflite_add_rescaled(op, layer, weights, rest);
	if (!layer->groups)
		return lw_tflite_add_wide_depthwise(op, layer, weights,
						    rest);
	return lw_tflite_add_wide_conv(op, layer, weights, rest);
}
