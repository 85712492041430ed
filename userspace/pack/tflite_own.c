// SPDX-License-Identifier: MIT
/* Convolutions with weights of the importer's own: exact sums and copies. */
#include <stdlib.h>
#include <string.h>

#include "tflite_view.h"
#include "tflite_wide.h"

bool lw_tflite_may_unpack(struct lw_tflite_op *op, size_t n)
{
	if (n > op->import->constants)
		return false;
	op->import->constants -= n;
	return true;
}

struct lw_weights *lw_tflite_own_weights(uint32_t o, uint32_t kh, uint32_t kw,
					 uint32_t i)
{
	struct lw_weights *w = lw_weights_new(o, kh, kw, i, false);
	uint32_t k;

	if (!w)
		return NULL;
	w->q = calloc(lw_weights_count(w), sizeof(*w->q));
	w->scale = calloc(o, sizeof(*w->scale));
	if (!w->q || !w->scale) {
		lw_weights_free(w);
		return NULL;
	}
	for (k = 0; k < o; k++)
		w->scale[k] = 1;
	return w;
}

int lw_tflite_add_own(struct lw_tflite_op *op, struct lw_value *in,
		      struct lw_value *out, struct lw_weights *weights,
		      uint32_t groups)
{
	const struct lw_tflite_layer layer = {
		.in = in,
		.out = out,
		.groups = groups,
		.window = { .kernel_h = weights->kh, .kernel_w = weights->kw,
			    .stride_h = 1, .stride_w = 1,
			    .dilation_h = 1, .dilation_w = 1 },
	};

	if (!in->quantised) {
		free(weights->q);
		free(weights->scale);
		weights->q = NULL;
		weights->scale = NULL;
	}
	return lw_tflite_add_layer(op, &layer, weights);
}

int lw_tflite_select(struct lw_tflite_op *op, struct lw_value *in,
		     struct lw_value *out, const uint32_t *from)
{
	struct lw_weights *w;
	uint32_t o;

	w = lw_tflite_own_weights(out->c, 1, 1, in->c);
	if (!w)
		return -ENOMEM;
	for (o = 0; o < out->c; o++) {
		w->q[(size_t)o * in->c + from[o]] = 1;
		w->real[(size_t)o * in->c + from[o]] = 1;
	}
	return lw_tflite_add_own(op, in, out, w, 1);
}

int lw_tflite_sum(struct lw_tflite_op *op, struct lw_value *in,
		  struct lw_value *out, float factor)
{
	bool depthwise = out->c == in->c && in->c > 1;
	struct lw_weights *w;
	size_t k, n;

	if (!lw_tflite_may_unpack(op, lw_value_size(in)))
		return lw_tflite_refuse(op, "it sums %ux%ux%u numbers", in->h,
					in->w, in->c);
	w = lw_tflite_own_weights(out->c, in->h / out->h, in->w / out->w,
				  depthwise ? 1 : in->c);
	if (!w)
		return -ENOMEM;
	n = lw_weights_count(w);
	for (k = 0; k < n; k++) {
		w->q[k] = 1;
		w->real[k] = factor;
	}
	for (k = 0; k < out->c; k++)
		w->scale[k] = factor;
	return lw_tflite_add_own(op, in, out, w, !depthwise);
}
