// SPDX-License-Identifier: MIT
/* Models: a package, its program on a device, and runs that are waited for. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "export.h"
#include "log.h"
#include "model.h"

const struct lwm_package *lw_model_package(const struct lwnpu_model *model)
{
	return &model->package;
}

/* The reader has bounded the tensor by its region, so nothing overflows. */
size_t lw_io_elements(const struct lwm_io *io)
{
	return (size_t)io->h * io->w * io->c;
}

size_t lw_io_native_size(const struct lwm_io *io)
{
	return (size_t)io->h * io->w *
	       ((io->c + LWNPU_LANES - 1) / LWNPU_LANES) * LWNPU_LANES;
}

/* A program may read less of an input than the package says there is. */
static int check_sizes(const struct lwnpu_model *model,
		       struct lwnpu_error *error)
{
	for (uint32_t r = LWNPU_REGION_IO; r < lw_model_regions(model); r++) {
		const struct lwm_io *io = lw_model_io(model, r);

		if (lw_io_native_size(io) > LWNPU_MAX_REGION_SIZE)
			return lw_fail(error, -EINVAL,
				       "tensor \"%s\": %u x %u x %u, expected at most %llu bytes",
				       io->name, io->h, io->w, io->c,
				       LWNPU_MAX_REGION_SIZE);
	}
	return 0;
}

static struct lw_frame *take_frame(struct lwnpu_model *model)
{
	struct lw_frame *frame;

	pthread_mutex_lock(&model->lock);
	frame = model->spare;
	if (frame)
		model->spare = frame->next;
	pthread_mutex_unlock(&model->lock);
	if (frame)
		return frame;
	frame = malloc(sizeof(*frame));
	if (frame)
		lw_frame_init(frame, model);
	return frame;
}

static void put_frame(struct lwnpu_model *model, struct lw_frame *frame)
{
	pthread_mutex_lock(&model->lock);
	frame->next = model->spare;
	model->spare = frame;
	pthread_mutex_unlock(&model->lock);
}

/* Memory for the first run, so that lack of it is seen now. */
static int reserve_frame(struct lwnpu_model *model, struct lwnpu_error *error)
{
	struct lw_frame *frame = take_frame(model);
	int ret;

	if (!frame)
		return lw_fail(error, -ENOMEM, "out of memory for a model");
	ret = lw_frame_reserve(frame, error);
	put_frame(model, frame);
	return ret;
}

/* Takes model->package, which is filled in, to the device. */
static int prepare(struct lwnpu_model *model, struct lwnpu_error *error)
{
	struct lwnpu_device *device = model->device;
	int64_t begun = lwnpu_time();
	int ret;

	ret = device->ops->load(device->engine, &model->package.program,
				&model->loaded, error);
	if (!ret)
		ret = check_sizes(model, error);
	if (!ret)
		ret = reserve_frame(model, error);
	if (ret)
		return ret;
	lw_log(LWNPU_LOG_DEBUG, "model of %s: %u operations prepared in %.1f ms",
	       model->package.source, model->package.program.n_ops,
	       (lwnpu_time() - begun) * 1e-6);
	model->n_gates = model->package.program.info.n_gates;
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
	pthread_mutex_init(&made->lock, NULL);
	if (path)
		ret = lwm_read_file(&made->package, path, error);
	else
		ret = lwm_read_memory(&made->package, data, size, error);
	if (!ret)
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
	struct lw_frame *frame;

	if (!model)
		return;
	while ((frame = model->spare)) {
		model->spare = frame->next;
		lw_frame_release(frame);
		free(frame);
	}
	if (model->loaded)
		model->device->ops->unload(model->device->engine,
					   model->loaded);
	lwm_release(&model->package);
	pthread_mutex_destroy(&model->lock);
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

LW_EXPORT unsigned int lwnpu_model_gates(const struct lwnpu_model *model)
{
	return model->n_gates;
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
		.native_size = lw_io_native_size(io),
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

static int bind_buffers(struct lw_frame *frame,
			const struct lwnpu_buffer *inputs,
			const struct lwnpu_buffer *outputs,
			struct lwnpu_error *error)
{
	const struct lwm_package *package = &frame->model->package;
	uint32_t region = LWNPU_REGION_IO;
	int ret = 0;

	for (uint32_t i = 0; i < package->n_inputs && !ret; i++)
		ret = lw_frame_bind(frame, region++, &inputs[i], error);
	for (uint32_t i = 0; i < package->n_outputs && !ret; i++)
		ret = lw_frame_bind(frame, region++, &outputs[i], error);
	return ret ? ret : lw_frame_check(frame, error);
}

LW_EXPORT int lwnpu_model_run(struct lwnpu_model *model,
			      const struct lwnpu_buffer *inputs,
			      const struct lwnpu_buffer *outputs,
			      struct lwnpu_error *error)
{
	struct lwnpu_device *device = model->device;
	struct lw_frame *frame = take_frame(model);
	int ret;

	if (!frame)
		return lw_fail(error, -ENOMEM, "out of memory for a run");
	ret = bind_buffers(frame, inputs, outputs, error);
	if (!ret) {
		lw_frame_store(frame);
		ret = device->ops->run(device->engine, model->loaded,
				       frame->bindings, NULL, error);
	}
	if (!ret)
		lw_frame_fetch(frame);
	put_frame(model, frame);
	return ret;
}
