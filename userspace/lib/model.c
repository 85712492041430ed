// SPDX-License-Identifier: MIT
/* Models: a package, its program on a device, and the buffers of a job. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "export.h"
#include "model.h"
#include "tensor.h"

/**
 * struct lwnpu_model - a loaded model
 * @device: where it runs
 * @package: without ops and weights: the device has its own
 * @loaded: the program, as the device prepared it
 * @bindings: per region, allocated by the device
 * @staging: room for any one input or output, [h][w][c] bytes
 */
struct lwnpu_model {
	struct lwnpu_device *device;
	struct lwm_package package;
	void *loaded;
	struct lw_binding bindings[LWNPU_REGION_MAX];
	uint8_t *staging;
};

const struct lwm_package *lw_model_package(const struct lwnpu_model *model)
{
	return &model->package;
}

/* The reader has bounded the tensor by its region, so nothing overflows. */
size_t lw_io_elements(const struct lwm_io *io)
{
	return (size_t)io->h * io->w * io->c;
}

static size_t io_pixels(const struct lwm_io *io)
{
	return (size_t)io->h * io->w;
}

static size_t io_region_size(const struct lwm_io *io)
{
	return io_pixels(io) * ((io->c + LWNPU_LANES - 1) / LWNPU_LANES) *
	       LWNPU_LANES;
}

/* A program may read less of an input than the package says there is. */
static int need_region(struct lwnpu_model *model, const struct lwm_io *io,
		       size_t *staging_size, struct lwnpu_error *error)
{
	struct lw_binding *binding = &model->bindings[io->region];

	if (io_region_size(io) > LWNPU_MAX_REGION_SIZE)
		return lw_fail(error, -EINVAL,
			       "tensor \"%s\": %u x %u x %u, expected at most %llu bytes",
			       io->name, io->h, io->w, io->c,
			       LWNPU_MAX_REGION_SIZE);
	if (binding->size < io_region_size(io))
		binding->size = io_region_size(io);
	if (*staging_size < lw_io_elements(io))
		*staging_size = lw_io_elements(io);
	return 0;
}

static int allocate_buffers(struct lwnpu_model *model,
			    struct lwnpu_error *error)
{
	const struct lwm_package *package = &model->package;
	const struct lwnpu_program_info *info = &package->program.info;
	struct lwnpu_device *device = model->device;
	size_t staging_size = 1;
	int ret = 0;

	for (uint32_t r = LWNPU_REGION_IO; r < info->n_regions; r++)
		model->bindings[r].size = info->region[r].size;
	for (uint32_t i = 0; i < package->n_inputs && !ret; i++)
		ret = need_region(model, &package->inputs[i], &staging_size,
				  error);
	for (uint32_t i = 0; i < package->n_outputs && !ret; i++)
		ret = need_region(model, &package->outputs[i], &staging_size,
				  error);
	if (ret)
		return ret;

	for (uint32_t r = LWNPU_REGION_IO; r < LWNPU_REGION_MAX; r++) {
		struct lw_binding *binding = &model->bindings[r];

		if (!binding->size)
			continue;
		binding->data = device->ops->alloc(device->engine,
						   binding->size);
		if (!binding->data)
			return lw_fail(error, -errno,
				       "no buffer of %zu bytes for region %u: %s",
				       binding->size, r, strerror(errno));
	}
	model->staging = malloc(staging_size);
	if (!model->staging)
		return lw_fail(error, -ENOMEM, "out of memory for %zu bytes",
			       staging_size);
	return 0;
}

/* Takes model->package, which is filled in, to the device. */
static int prepare(struct lwnpu_model *model, struct lwnpu_error *error)
{
	struct lwnpu_device *device = model->device;
	int ret;

	ret = device->ops->load(device->engine, &model->package.program,
				&model->loaded, error);
	if (ret)
		return ret;
	ret = allocate_buffers(model, error);
	if (ret)
		return ret;
	lw_program_release(&model->package.program);
	return 0;
}

static int load(struct lwnpu_model **model, struct lwnpu_device *device,
		const char *path, const void *data, size_t size,
		struct lwnpu_error *error)
{
	struct lwnpu_model *made = calloc(1, sizeof(*made));
	int ret;

	if (!made)
		return lw_fail(error, -ENOMEM, "out of memory for a model");
	made->device = device;
	if (path)
		ret = lwm_read_file(&made->package, path, error);
	else
		ret = lwm_read_memory(&made->package, data, size, error);
	if (ret) {
		free(made);
		return ret;
	}
	ret = prepare(made, error);
	if (ret) {
		lwnpu_model_free(made);
		return ret;
	}
	*model = made;
	return 0;
}

LW_EXPORT int lwnpu_model_load_file(struct lwnpu_model **model,
				    struct lwnpu_device *device,
				    const char *path, struct lwnpu_error *error)
{
	return load(model, device, path, NULL, 0, error);
}

LW_EXPORT int lwnpu_model_load_memory(struct lwnpu_model **model,
				      struct lwnpu_device *device,
				      const void *data, size_t size,
				      struct lwnpu_error *error)
{
	return load(model, device, NULL, data, size, error);
}

LW_EXPORT void lwnpu_model_free(struct lwnpu_model *model)
{
	struct lwnpu_device *device;

	if (!model)
		return;
	device = model->device;
	for (uint32_t r = 0; r < LWNPU_REGION_MAX; r++)
		if (model->bindings[r].data)
			device->ops->free(device->engine,
					  model->bindings[r].data);
	if (model->loaded)
		device->ops->unload(device->engine, model->loaded);
	free(model->staging);
	lwm_release(&model->package);
	free(model);
}

LW_EXPORT unsigned int lwnpu_model_inputs(const struct lwnpu_model *model)
{
	return model->package.n_inputs;
}

LW_EXPORT unsigned int lwnpu_model_outputs(const struct lwnpu_model *model)
{
	return model->package.n_outputs;
}

void lw_io_describe(const struct lwm_io *io, struct lwnpu_tensor_info *info)
{
	*info = (struct lwnpu_tensor_info){
		.name = io->name,
		.height = io->h,
		.width = io->w,
		.channels = io->c,
		.is_signed = io->is_signed,
		.scale = io->scale,
		.zero_point = io->zero_point - (io->is_signed ? 128 : 0),
	};
}

LW_EXPORT int lwnpu_model_input(const struct lwnpu_model *model,
				unsigned int index,
				struct lwnpu_tensor_info *info)
{
	if (index >= model->package.n_inputs)
		return -EINVAL;
	lw_io_describe(&model->package.inputs[index], info);
	return 0;
}

LW_EXPORT int lwnpu_model_output(const struct lwnpu_model *model,
				 unsigned int index,
				 struct lwnpu_tensor_info *info)
{
	if (index >= model->package.n_outputs)
		return -EINVAL;
	lw_io_describe(&model->package.outputs[index], info);
	return 0;
}

static int check_buffer(const struct lwm_io *io, const char *what,
			const struct lwnpu_buffer *buffer,
			struct lwnpu_error *error)
{
	size_t size = lw_io_elements(io);

	if (buffer->type == LWNPU_F32)
		size *= sizeof(float);
	else if (buffer->type != LWNPU_QUANT)
		return lw_fail(error, -EINVAL,
			       "%s \"%s\": type is %d, expected LWNPU_F32 or LWNPU_QUANT",
			       what, io->name, (int)buffer->type);
	if (!buffer->data || buffer->size != size)
		return lw_fail(error, -EINVAL,
			       "%s \"%s\": buffer of %zu bytes, expected %zu (%u x %u x %u)",
			       what, io->name, buffer->data ? buffer->size : 0,
			       size, io->h, io->w, io->c);
	return 0;
}

static int check_buffers(const struct lwm_package *package,
			 const struct lwnpu_buffer *inputs,
			 const struct lwnpu_buffer *outputs,
			 struct lwnpu_error *error)
{
	int ret = 0;

	for (uint32_t i = 0; i < package->n_inputs && !ret; i++)
		ret = check_buffer(&package->inputs[i], "input", &inputs[i],
				   error);
	for (uint32_t i = 0; i < package->n_outputs && !ret; i++)
		ret = check_buffer(&package->outputs[i], "output", &outputs[i],
				   error);
	return ret;
}

static void store_input(struct lwnpu_model *model, const struct lwm_io *io,
			const struct lwnpu_buffer *buffer)
{
	const uint8_t *bytes = model->staging;
	size_t n = lw_io_elements(io);

	if (buffer->type == LWNPU_F32)
		lw_tensor_quantise(model->staging, buffer->data, n, io->scale,
				   io->zero_point);
	else if (io->is_signed)
		lw_flip_sign(model->staging, buffer->data, n);
	else
		bytes = buffer->data;
	lw_interleave(model->bindings[io->region].data, bytes, io_pixels(io),
		      io->c);
}

static void fetch_output(struct lwnpu_model *model, const struct lwm_io *io,
			 const struct lwnpu_buffer *buffer)
{
	size_t n = lw_io_elements(io);

	lw_deinterleave(model->staging, model->bindings[io->region].data,
			io_pixels(io), io->c);
	if (buffer->type == LWNPU_F32)
		lw_tensor_dequantise(buffer->data, model->staging, n, io->scale,
				     io->zero_point);
	else if (io->is_signed)
		lw_flip_sign(buffer->data, model->staging, n);
	else
		memcpy(buffer->data, model->staging, n);
}

LW_EXPORT int lwnpu_model_run(struct lwnpu_model *model,
			      const struct lwnpu_buffer *inputs,
			      const struct lwnpu_buffer *outputs,
			      struct lwnpu_error *error)
{
	const struct lwm_package *package = &model->package;
	struct lwnpu_device *device = model->device;
	int ret;

	ret = check_buffers(package, inputs, outputs, error);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < package->n_inputs; i++)
		store_input(model, &package->inputs[i], &inputs[i]);
	ret = device->ops->run(device->engine, model->loaded, model->bindings,
			       error);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < package->n_outputs; i++)
		fetch_output(model, &package->outputs[i], &outputs[i]);
	return 0;
}
