/* SPDX-License-Identifier: MIT */
/* Between the parts that import weights of nine bits. */
#ifndef LW_TFLITE_WIDE_H
#define LW_TFLITE_WIDE_H

#include "tflite_import.h"

static inline size_t lw_weights_per_output(const struct lw_weights *weights)
{
	return (size_t)weights->kh * weights->kw * weights->i;
}

static inline size_t lw_weights_count(const struct lw_weights *weights)
{
	return weights->o * lw_weights_per_output(weights);
}

/** lw_tflite_take_channels() - channels [first, first + n) of a value */
int lw_tflite_take_channels(struct lw_tflite_op *op, struct lw_value *from,
			    uint32_t first, uint32_t n, struct lw_value **part);

/** lw_tflite_concatenate() - along channels */
int lw_tflite_concatenate(struct lw_tflite_op *op,
			  struct lw_value *const *parts, uint32_t n,
			  struct lw_value *whole);

/* Three ways to do lw_tflite_add_wide(); the exact ones fall back to this: */
int lw_tflite_add_rescaled(struct lw_tflite_op *op,
			   const struct lw_tflite_layer *layer,
			   struct lw_weights *weights, const int16_t *rest);

int lw_tflite_add_wide_conv(struct lw_tflite_op *op,
			    const struct lw_tflite_layer *layer,
			    struct lw_weights *weights, const int16_t *rest);

int lw_tflite_add_wide_depthwise(struct lw_tflite_op *op,
				 const struct lw_tflite_layer *layer,
				 struct lw_weights *weights,
				 const int16_t *rest);

#endif /* LW_TFLITE_WIDE_H */
