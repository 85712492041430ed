/* SPDX-License-Identifier: MIT */
/* Photographs: PNG and JPEG files as bytes. */
#ifndef LW_IMAGE_H
#define LW_IMAGE_H

#include "pixels.h"

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

/** lw_image_is_known() - the first bytes of a file are those of an image */
bool lw_image_is_known(const void *file, size_t size);

/* Of lw_image_decode(), for image.c alone. */
int lw_jpeg_decode(struct lw_image *image, const void *file, size_t size,
		   struct lwnpu_error *error);

#endif /* LW_IMAGE_H */
