/* SPDX-License-Identifier: MIT */
/* Parts of tensors. */
#ifndef LW_TFLITE_SLICE_H
#define LW_TFLITE_SLICE_H

#include "tflite_import.h"

/* One dimension: elements start, start + step, … n times, all inside. */
struct lw_tflite_cut {
	int64_t start, step, n;
};

/**
 * struct lw_tflite_part - of a value
 * @op: the operator
 * @value: it
 * @dims: its tensor's
 * @cuts: [dims.n]
 */
struct lw_tflite_part {
	struct lw_tflite_op *op;
	struct lw_value *value;
	struct lw_tflite_dims dims;
	struct lw_tflite_cut cuts[LW_TFLITE_MAX_DIMS];
};

/** lw_tflite_whole() - an input, with cuts that take all of it */
int lw_tflite_whole(struct lw_tflite_op *op, uint32_t input,
		    struct lw_tflite_part *part);

/**
 * lw_tflite_take() - the part becomes what a tensor, an output, stands for
 * The tensor may have more or fewer dimensions of size 1.
 */
int lw_tflite_take(struct lw_tflite_part *part,
		   struct lw_tflite_tensor *tensor);

#endif /* LW_TFLITE_SLICE_H */
