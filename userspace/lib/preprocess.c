// SPDX-License-Identifier: MIT
/* From an image to a model's input. */
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "model.h"
#include "pixels.h"
#include "tensor.h"

static int check_image(const struct lwm_io *io,
		       const struct lwnpu_image *image,
		       struct lwnpu_error *error)
{
	size_t row = (size_t)image->width * image->channels;

	if (io->c != 1 && io->c != 3)
		return lw_fail(error, -EINVAL,
			       "an image has 1 or 3 channels, input \"%s\" has %u",
			       io->name, io->c);
	if (image->channels != 1 && image->channels != 3 &&
	    image->channels != 4)
		return lw_fail(error, -EINVAL,
			       "image of %u channels, expected 1, 3 or 4",
			       image->channels);
	if (!image->data || image->stride < row)
		return lw_fail(error, -EINVAL,
			       "image rows of %zu bytes, expected at least %zu",
			       image->data ? image->stride : 0, row);
	return lw_image_check_size(image->width, image->height, error);
}

/* A row of 1 or 3 channels, from one of 1, 3 or 4. */
static void take_row(uint8_t *to, uint32_t channels, const uint8_t *from,
		     const struct lwnpu_image *image)
{
	if (image->channels == 4)
		lw_image_drop_alpha(to, from, image->width);
	else if (image->channels == channels)
		memcpy(to, from, (size_t)image->width * channels);
	else
		for (size_t i = 0; i < image->width; i++)
			memset(to + 3 * i, from[i], 3);
}

/* Our own copy, in the model's colours and size. */
static int take_image(struct lw_image *made, const struct lwm_io *io,
		      const struct lwnpu_image *image,
		      struct lwnpu_error *error)
{
	uint32_t c = image->channels == 1 && io->c == 1 ? 1 : 3;
	size_t row = (size_t)image->width * c;

	*made = (struct lw_image){
		.w = image->width,
		.h = image->height,
		.c = c,
		.data = malloc(row * image->height),
	};
	if (!made->data)
		return lw_fail(error, -ENOMEM,
			       "out of memory for an image of %u x %u",
			       image->width, image->height);
	for (size_t y = 0; y < image->height; y++)
		take_row(made->data + y * row, c,
			 image->data + y * image->stride, image);
	if (io->c == 1)
		lw_image_gray(made);
	if (made->w == io->w && made->h == io->h)
		return 0;
	return lw_image_resize(made, io->w, io->h, error);
}

/* What each byte of a channel stands for. */
static void real_values(float *real, const struct lwm_io *io, uint32_t channel)
{
	for (int byte = 0; byte < 256; byte++)
		real[byte] = io->norm_channels ?
			     lw_normalise(io, byte, channel) :
			     io->scale * (byte - io->zero_point);
}

static void store_real(float *to, const struct lwm_io *io,
		       const uint8_t *bytes)
{
	float real[256];

	for (uint32_t c = 0; c < io->c; c++) {
		real_values(real, io, c);
		for (size_t i = c; i < lw_io_elements(io); i += io->c)
			to[i] = real[bytes[i]];
	}
}

/* In place. Without a normalisation the bytes are quantised already. */
static void quantise(uint8_t *bytes, const struct lwm_io *io)
{
	float real[256];
	uint8_t table[256];

	for (uint32_t c = 0; c < io->c && io->norm_channels; c++) {
		real_values(real, io, c);
		lw_tensor_quantise(table, real, 256, io->scale,
				   io->zero_point);
		for (size_t i = c; i < lw_io_elements(io); i += io->c)
			bytes[i] = table[bytes[i]];
	}
}

static void store(const struct lwnpu_buffer *buffer, const struct lwm_io *io,
		  uint8_t *bytes)
{
	size_t n = lw_io_elements(io);

	if (buffer->type == LWNPU_F32) {
		store_real(buffer->data, io, bytes);
		return;
	}
	quantise(bytes, io);
	if (buffer->type == LWNPU_NATIVE) {
		memset(buffer->data, 0, buffer->size);
		lw_interleave(buffer->data, bytes, (size_t)io->h * io->w,
			      io->c);
	} else if (io->is_signed) {
		lw_flip_sign(buffer->data, bytes, n);
	} else {
		memcpy(buffer->data, bytes, n);
	}
}

LW_EXPORT int lwnpu_model_preprocess(const struct lwnpu_model *model,
				     unsigned int index,
				     const struct lwnpu_image *image,
				     const struct lwnpu_buffer *buffer,
				     struct lwnpu_error *error)
{
	const struct lwm_io *io;
	struct lw_image made = { 0 };
	int ret;

	if (index >= model->package.n_inputs)
		return lw_fail(error, -EINVAL, "input %u: the model has %u",
			       index, model->package.n_inputs);
	io = &model->package.inputs[index];
	ret = lw_frame_check_buffer(io, "input", buffer, error);
	if (!ret)
		ret = check_image(io, image, error);
	if (!ret)
		ret = take_image(&made, io, image, error);
	if (!ret)
		store(buffer, io, made.data);
	lw_image_release(&made);
	return ret;
}
