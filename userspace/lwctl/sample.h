/* SPDX-License-Identifier: MIT */
/* Samples of one input of a model, from arrays, images and folders. */
#ifndef LW_SAMPLE_H
#define LW_SAMPLE_H

#include "lwm.h"
#include "npy.h"
#include "pack.h"

struct lw_samples;

/**
 * lw_io_shape() - shape of one input or output in the model's own layout
 * @io: the input or output
 * @dims: gets the shape, without a batch axis
 *
 * Return: its length.
 */
uint32_t lw_io_shape(const struct lwm_io *io, size_t dims[LWM_MAX_DIMS]);

/**
 * lw_io_place() - where the model's own layout has an element of [h][w][c]
 * @io: the input or output
 * @i: index in [h][w][c]
 */
static inline size_t lw_io_place(const struct lwm_io *io, size_t i)
{
	size_t pixels = (size_t)io->h * io->w;

	return io->nchw ? i % io->c * pixels + i / io->c : i;
}

/**
 * struct lw_sample - one input
 * @type: LWNPU_F32, or LWNPU_QUANT for what is the model's quantised input
 * @data: [h][w][c]
 * @size: bytes
 */
struct lw_sample {
	enum lwnpu_type type;
	void *data;
	size_t size;
};

/**
 * lw_samples_new() - an empty list
 * @samples: gets the list; free with lw_samples_free()
 * @io: the model's input; must outlive the list
 * @error: filled in on failure, may be NULL
 *
 * Return: 0 or -ENOMEM.
 */
int lw_samples_new(struct lw_samples **samples, const struct lwm_io *io,
		   struct lwnpu_error *error);

void lw_samples_free(struct lw_samples *samples);

/**
 * lw_samples_add() - append what a path holds
 * @samples: the list
 * @path: a .npy array of one or more inputs, an image, or a folder of images,
 *	which are taken in the order of their names
 * @error: filled in on failure, may be NULL; the message names the file
 *
 * Return: 0; -EBADMSG a file is damaged; -EINVAL an array does not fit the
 * model; -EOPNOTSUPP; -ENOENT, …; -ENOMEM.
 */
int lw_samples_add(struct lw_samples *samples, const char *path,
		   struct lwnpu_error *error);

size_t lw_samples_count(const struct lw_samples *samples);

/** lw_samples_name() - "photo.png" or "array.npy[7]" */
void lw_samples_name(const struct lw_samples *samples, size_t i, char *name,
		     size_t size);

/** lw_samples_resized() - images so far whose size was not the model's */
size_t lw_samples_resized(const struct lw_samples *samples);

/** lw_samples_has_bytes() - some are 8-bit: arrays or images */
bool lw_samples_has_bytes(const struct lw_samples *samples);

/**
 * lw_samples_read() - get an input
 * @samples: the list
 * @i: below lw_samples_count()
 * @sample: filled in; valid until the next call
 * @error: filled in on failure, may be NULL; the message names the file
 *
 * Return: 0; -EBADMSG an image is damaged; -ENOENT, …; -ENOMEM.
 */
int lw_samples_read(struct lw_samples *samples, size_t i,
		    struct lw_sample *sample, struct lwnpu_error *error);

/** lw_samples_read_real() - the same as real numbers, whatever they were */
int lw_samples_read_real(struct lw_samples *samples, size_t i, float *real,
			 struct lwnpu_error *error);

#endif /* LW_SAMPLE_H */
