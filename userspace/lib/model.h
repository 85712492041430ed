/* SPDX-License-Identifier: MIT */
/* Loaded models, inside the library, and what lwctl asks them. */
#ifndef LW_MODEL_H
#define LW_MODEL_H

#include <pthread.h>

#include "frame.h"
#include "lwm.h"

/**
 * struct lwnpu_model - a loaded model
 * @device: where it runs
 * @package: without ops and weights: the device has its own
 * @loaded: the program, as the device prepared it
 * @n_gates: of the program
 * @lock: of @spare
 * @spare: frames of lwnpu_model_run() that are not in use
 */
struct lwnpu_model {
	struct lwnpu_device *device;
	struct lwm_package package;
	void *loaded;
	unsigned int n_gates;
	pthread_mutex_t lock;
	struct lw_frame *spare;
};

/**
 * lw_model_package() - what the model's file says about it
 * @model: a model
 *
 * Return: the package, without its program, for as long as @model lives.
 */
const struct lwm_package *lw_model_package(const struct lwnpu_model *model);

/* The input or output of a region below lw_model_regions(). */
static inline const struct lwm_io *lw_model_io(const struct lwnpu_model *model,
					       uint32_t region)
{
	uint32_t i = region - LWNPU_REGION_IO;

	return i < model->package.n_inputs ?
	       &model->package.inputs[i] :
	       &model->package.outputs[i - model->package.n_inputs];
}

/* 1 + the highest region of an input or output. */
static inline uint32_t lw_model_regions(const struct lwnpu_model *model)
{
	return LWNPU_REGION_IO + model->package.n_inputs +
	       model->package.n_outputs;
}

/**
 * lw_io_elements() - elements of an input or output
 * @io: from a package that was read
 */
size_t lw_io_elements(const struct lwm_io *io);

/** lw_io_native_size() - bytes of its tensor, which are all of its region */
size_t lw_io_native_size(const struct lwm_io *io);

/** lw_io_describe() - an input or output as the public API says it */
void lw_io_describe(const struct lwm_io *io, struct lwnpu_tensor_info *info);

#endif /* LW_MODEL_H */
