/* SPDX-License-Identifier: MIT */
/* What lwctl asks a loaded model beyond the public API. */
#ifndef LW_MODEL_H
#define LW_MODEL_H

#include "lwm.h"

/**
 * lw_model_package() - what the model's file says about it
 * @model: a model
 *
 * Return: the package, without its program, for as long as @model lives.
 */
const struct lwm_package *lw_model_package(const struct lwnpu_model *model);

/**
 * lw_io_elements() - elements of an input or output
 * @io: from a package that was read
 */
size_t lw_io_elements(const struct lwm_io *io);

/** lw_io_describe() - an input or output as the public API says it */
void lw_io_describe(const struct lwm_io *io, struct lwnpu_tensor_info *info);

#endif /* LW_MODEL_H */
