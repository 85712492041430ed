// SPDX-License-Identifier: MIT
/* From what an input is in a file to what a model takes. */
#include <string.h>

#include "image.h"
#include "sample_list.h"
#include "tensor.h"

/* @data is [h][w][c] bytes: an image to be normalised. */
static void normalise(struct lw_samples *samples, const uint8_t *data,
		      struct lw_sample *sample)
{
	const struct lwm_io *io = samples->io;

	for (size_t i = 0; i < samples->elements; i++)
		samples->real[i] = lw_normalise(io, data[i], i % io->c);
	*sample = (struct lw_sample){ LWNPU_F32, samples->real,
				      samples->elements * sizeof(float) };
}

static void set_bytes(struct lw_samples *samples, struct lw_sample *sample)
{
	*sample = (struct lw_sample){ LWNPU_QUANT, samples->bytes,
				      samples->elements };
}

/* Without a normalisation an image's bytes are the quantised input. */
static int read_image(struct lw_samples *samples, const char *path,
		      struct lw_sample *sample, struct lwnpu_error *error)
{
	const struct lwm_io *io = samples->io;
	struct lw_image image;
	int ret;

	ret = lw_image_read(&image, path, error);
	if (ret)
		return ret;
	if (io->c == 1)
		lw_image_gray(&image);
	if (image.h != io->h || image.w != io->w) {
		samples->n_resized++;
		ret = lw_image_resize(&image, io->w, io->h, error);
		if (ret) {
			lw_fail_at(error, path);
			goto out;
		}
	}
	if (io->norm_channels) {
		normalise(samples, image.data, sample);
	} else if (io->is_signed) {
		lw_flip_sign(samples->bytes, image.data, samples->elements);
		set_bytes(samples, sample);
	} else {
		memcpy(samples->bytes, image.data, samples->elements);
		set_bytes(samples, sample);
	}
out:
	lw_image_release(&image);
	return ret;
}

/* Where an input of the array has element @i of [h][w][c]. */
static size_t place(const struct lw_samples *samples,
		    const struct lw_source *source, size_t i)
{
	return source->own ? lw_io_place(samples->io, i) : i;
}

static void read_array(struct lw_samples *samples,
		       const struct lw_source *source,
		       size_t index, struct lw_sample *sample)
{
	const struct lw_npy *array = &source->array;
	size_t start = index * samples->elements;

	if (!lw_npy_is_byte(array)) {
		for (size_t i = 0; i < samples->elements; i++)
			samples->real[i] =
				lw_npy_real(array,
					    start + place(samples, source, i));
		*sample = (struct lw_sample){ LWNPU_F32, samples->real,
					      samples->elements *
						      sizeof(float) };
		return;
	}
	for (size_t i = 0; i < samples->elements; i++)
		samples->bytes[i] =
			array->data[start + place(samples, source, i)];
	if (samples->io->norm_channels)
		normalise(samples, samples->bytes, sample);
	else
		set_bytes(samples, sample);
}

int lw_samples_read(struct lw_samples *samples, size_t i,
		    struct lw_sample *sample, struct lwnpu_error *error)
{
	const struct lw_sample_item *item = &samples->items[i];
	const struct lw_source *source = &samples->sources[item->source];

	if (!lw_source_is_array(source))
		return read_image(samples, source->path, sample, error);
	read_array(samples, source, item->index, sample);
	return 0;
}

int lw_samples_read_real(struct lw_samples *samples, size_t i, float *real,
			 struct lwnpu_error *error)
{
	const struct lwm_io *io = samples->io;
	struct lw_sample sample;
	int ret;

	ret = lw_samples_read(samples, i, &sample, error);
	if (ret)
		return ret;
	if (sample.type == LWNPU_F32) {
		memcpy(real, sample.data, sample.size);
		return 0;
	}
	if (io->is_signed)
		for (size_t k = 0; k < samples->elements; k++)
			samples->bytes[k] ^= 0x80;
	lw_tensor_dequantise(real, samples->bytes, samples->elements, io->scale,
			     io->zero_point);
	return 0;
}
