/* SPDX-License-Identifier: MIT */
/* Constants of which only some numbers are stored. */
#ifndef LW_TFLITE_SPARSE_H
#define LW_TFLITE_SPARSE_H

#include "tflite_model.h"

/**
 * lw_tflite_fill() - make a sparse constant dense
 * @model: that it is in; its room gets less
 * @sparsity: the constant's table
 * @tensor: the constant, with its stored numbers; gets all of them
 * @error: filled in on failure, may be NULL
 *
 * The levels of a sparse constant are those of TFLite's schema, see
 * struct level.
 *
 * Return: 0, -EBADMSG, -EOPNOTSUPP, -ENOMEM.
 */
int lw_tflite_fill(struct lw_tflite_model *model,
		   const struct lw_fb_table *sparsity,
		   struct lw_tflite_tensor *tensor, struct lwnpu_error *error);

#endif /* LW_TFLITE_SPARSE_H */
