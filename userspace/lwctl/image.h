/* SPDX-License-Identifier: MIT */
/* Photographs: PNG and JPEG files as bytes. */
#ifndef LW_IMAGE_H
#define LW_IMAGE_H

#include "error.h"

#define LW_IMAGE_MAX_SIDE 16384
#define LW_IMAGE_MAX_PIXELS (1u << 26)

/**
 * struct lw_image - an image
 * @w: columns
 * @h: rows
 * @c: 3 (red, green, blue) or 1 (gray)
 * @data: [h][w][c], malloc()ed
 */
struct lw_image {
	uint32_t w, h, c;
	uint8_t *data;
};

/**
 * lw_image_decode() - decode a PNG or JPEG file
 * @image: filled in on success with 3 channels; transparent parts are black
 * @file: the file's bytes
 * @size: how many
 * @error: filled in on failure, may be NULL
 *
 * Return: 0; -EBADMSG damaged; -EOPNOTSUPP another kind of file; -EFBIG;
 * -ENOMEM.
 */
int lw_image_decode(struct lw_image *image, const void *file, size_t size,
		    struct lwnpu_error *error);

/** lw_image_read() - the same of a file; the message starts with its name */
int lw_image_read(struct lw_image *image, const char *path,
		  struct lwnpu_error *error);

void lw_image_release(struct lw_image *image);

/** lw_image_is_known() - the first bytes of a file are those of an image */
bool lw_image_is_known(const void *file, size_t size);

/** lw_image_gray() - to one channel: luma of ITU-R BT.601, rounded */
void lw_image_gray(struct lw_image *image);

/**
 * lw_image_resize() - to another size: area averages where it shrinks, linear
 *	interpolation where it grows
 * @image: changed on success
 * @w: columns wanted
 * @h: rows wanted
 * @error: filled in on failure, may be NULL
 *
 * Return: 0 or -ENOMEM.
 */
int lw_image_resize(struct lw_image *image, uint32_t w, uint32_t h,
		    struct lwnpu_error *error);

/* Of lw_image_decode(), for image.c alone. */
int lw_image_check_size(uint32_t w, uint32_t h, struct lwnpu_error *error);
int lw_jpeg_decode(struct lw_image *image, const void *file, size_t size,
		   struct lwnpu_error *error);

#endif /* LW_IMAGE_H */
