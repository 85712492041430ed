// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "frame.h"
#include "model.h"
#include "tensor.h"

void lw_frame_init(struct lw_frame *frame, struct lwnpu_model *model)
{
	memset(frame, 0, sizeof(*frame));
	frame->model = model;
}

void lw_frame_release(struct lw_frame *frame)
{
	struct lwnpu_device *device = frame->model->device;

	for (uint32_t r = LWNPU_REGION_IO; r < LWNPU_REGION_MAX; r++)
		lwnpu_memory_free(device, frame->own[r]);
	free(frame->staging);
}

static size_t pixels_of(const struct lwm_io *io)
{
	return (size_t)io->h * io->w;
}

static int need_own(struct lw_frame *frame, uint32_t region,
		    struct lwnpu_error *error)
{
	struct lwnpu_device *device = frame->model->device;
	size_t size = lw_io_native_size(lw_model_io(frame->model, region));

	if (frame->own[region])
		return 0;
	frame->own[region] = device->ops->alloc(device->engine, size);
	if (!frame->own[region])
		return lw_fail(error, -errno,
			       "no buffer of %zu bytes for region %u: %s",
			       size, region, strerror(errno));
	return 0;
}

static int need_staging(struct lw_frame *frame, struct lwnpu_error *error)
{
	const struct lwnpu_model *model = frame->model;
	size_t size = 1;

	if (frame->staging)
		return 0;
	for (uint32_t r = LWNPU_REGION_IO; r < lw_model_regions(model); r++) {
		size_t elements = lw_io_elements(lw_model_io(model, r));

		size = elements > size ? elements : size;
	}
	frame->staging = malloc(size);
	if (!frame->staging)
		return lw_fail(error, -ENOMEM, "out of memory for %zu bytes",
			       size);
	return 0;
}

int lw_frame_reserve(struct lw_frame *frame, struct lwnpu_error *error)
{
	int ret = need_staging(frame, error);

	for (uint32_t r = LWNPU_REGION_IO;
	     r < lw_model_regions(frame->model) && !ret; r++)
		ret = need_own(frame, r, error);
	return ret;
}

int lw_frame_check_buffer(const struct lwm_io *io, const char *what,
			  const struct lwnpu_buffer *buffer,
			  struct lwnpu_error *error)
{
	size_t size = lw_io_elements(io);

	if (buffer->type == LWNPU_F32)
		size *= sizeof(float);
	else if (buffer->type == LWNPU_NATIVE)
		size = lw_io_native_size(io);
	else if (buffer->type != LWNPU_QUANT)
		return lw_fail(error, -EINVAL,
			       "%s \"%s\": type is %d, expected LWNPU_F32, LWNPU_QUANT or LWNPU_NATIVE",
			       what, io->name, (int)buffer->type);
	if (!buffer->data || buffer->size != size)
		return lw_fail(error, -EINVAL,
			       "%s \"%s\": buffer of %zu bytes, expected %zu (%u x %u x %u)",
			       what, io->name, buffer->data ? buffer->size : 0,
			       size, io->h, io->w, io->c);
	return 0;
}

static bool is_in_place(const struct lw_frame *frame,
			const struct lwnpu_buffer *buffer)
{
	const struct lwnpu_device *device = frame->model->device;

	return buffer->type == LWNPU_NATIVE &&
	       (!device->ops->can_bind ||
		device->ops->can_bind(device->engine, buffer->data,
				      buffer->size));
}

/* Conversions write no lanes past the last channel: they stay zero. */
static void forget_lanes(struct lw_frame *frame, uint32_t region,
			 enum lwnpu_type type)
{
	if (frame->own[region] && type != LWNPU_NATIVE &&
	    frame->buffers[region].type == LWNPU_NATIVE)
		memset(frame->own[region], 0,
		       lw_io_native_size(lw_model_io(frame->model, region)));
}

int lw_frame_bind(struct lw_frame *frame, uint32_t region,
		  const struct lwnpu_buffer *buffer, struct lwnpu_error *error)
{
	const struct lwnpu_model *model = frame->model;
	const struct lwm_io *io = lw_model_io(model, region);
	bool is_input = region < LWNPU_REGION_IO + model->package.n_inputs;
	bool in_place;
	int ret;

	ret = lw_frame_check_buffer(io, is_input ? "input" : "output", buffer,
				    error);
	if (ret)
		return ret;
	in_place = is_in_place(frame, buffer);
	if (!in_place)
		ret = need_own(frame, region, error);
	if (!ret && buffer->type != LWNPU_NATIVE)
		ret = need_staging(frame, error);
	if (ret)
		return ret;
	forget_lanes(frame, region, buffer->type);
	frame->buffers[region] = *buffer;
	frame->bindings[region] = (struct lw_binding){
		.data = in_place ? buffer->data : frame->own[region],
		.size = lw_io_native_size(io),
	};
	return 0;
}

static bool overlap(const struct lw_binding *a, const struct lw_binding *b)
{
	uintptr_t x = (uintptr_t)a->data, y = (uintptr_t)b->data;

	return x < y ? y - x < a->size : x - y < b->size;
}

int lw_frame_check(const struct lw_frame *frame, struct lwnpu_error *error)
{
	const struct lwnpu_model *model = frame->model;
	uint32_t n = lw_model_regions(model);
	uint32_t outputs = LWNPU_REGION_IO + model->package.n_inputs;

	for (uint32_t r = LWNPU_REGION_IO; r < n; r++)
		if (!frame->bindings[r].data)
			return lw_fail(error, -EINVAL,
				       "%s \"%s\": no buffer is bound",
				       r < outputs ? "input" : "output",
				       lw_model_io(model, r)->name);
	for (uint32_t r = outputs; r < n; r++)
		for (uint32_t k = LWNPU_REGION_IO; k < r; k++)
			if (overlap(&frame->bindings[r], &frame->bindings[k]))
				return lw_fail(error, -EINVAL,
					       "output \"%s\": its buffer overlaps that of \"%s\"",
					       lw_model_io(model, r)->name,
					       lw_model_io(model, k)->name);
	return 0;
}

static void store_input(struct lw_frame *frame, uint32_t region)
{
	const struct lwm_io *io = lw_model_io(frame->model, region);
	const struct lwnpu_buffer *buffer = &frame->buffers[region];
	void *words = frame->bindings[region].data;
	const uint8_t *bytes = frame->staging;
	size_t n = lw_io_elements(io);

	if (buffer->type == LWNPU_NATIVE) {
		if (words != buffer->data)
			memcpy(words, buffer->data, buffer->size);
		return;
	}
	if (buffer->type == LWNPU_F32)
		lw_tensor_quantise(frame->staging, buffer->data, n, io->scale,
				   io->zero_point);
	else if (io->is_signed)
		lw_flip_sign(frame->staging, buffer->data, n);
	else
		bytes = buffer->data;
	lw_interleave(words, bytes, pixels_of(io), io->c);
}

static void fetch_output(struct lw_frame *frame, uint32_t region)
{
	const struct lwm_io *io = lw_model_io(frame->model, region);
	const struct lwnpu_buffer *buffer = &frame->buffers[region];
	const void *words = frame->bindings[region].data;
	bool is_plain = buffer->type == LWNPU_QUANT && !io->is_signed;
	uint8_t *bytes = is_plain ? buffer->data : frame->staging;
	size_t n = lw_io_elements(io);

	if (buffer->type == LWNPU_NATIVE) {
		if (words != buffer->data)
			memcpy(buffer->data, words, buffer->size);
		return;
	}
	lw_deinterleave(bytes, words, pixels_of(io), io->c);
	if (buffer->type == LWNPU_F32)
		lw_tensor_dequantise(buffer->data, bytes, n, io->scale,
				     io->zero_point);
	else if (!is_plain)
		lw_flip_sign(buffer->data, bytes, n);
}

void lw_frame_store(struct lw_frame *frame)
{
	const struct lwm_package *package = &frame->model->package;

	for (uint32_t i = 0; i < package->n_inputs; i++)
		store_input(frame, LWNPU_REGION_IO + i);
}

void lw_frame_fetch(struct lw_frame *frame)
{
	const struct lwm_package *package = &frame->model->package;

	for (uint32_t i = 0; i < package->n_outputs; i++)
		fetch_output(frame, LWNPU_REGION_IO + package->n_inputs + i);
}
