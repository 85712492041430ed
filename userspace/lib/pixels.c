// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "pixels.h"

int lw_image_check_size(uint32_t w, uint32_t h, struct lwnpu_error *error)
{
	if (w && h && w <= LW_IMAGE_MAX_SIDE && h <= LW_IMAGE_MAX_SIDE &&
	    w * h <= LW_IMAGE_MAX_PIXELS)
		return 0;
	return lw_fail(error, -EFBIG,
		       "image of %u x %u pixels, expected at most %u, and %d a side",
		       w, h, LW_IMAGE_MAX_PIXELS, LW_IMAGE_MAX_SIDE);
}

void lw_image_drop_alpha(uint8_t *to, const uint8_t *from, size_t pixels)
{
	for (size_t i = 0; i < pixels; i++, from += 4, to += 3)
		for (int k = 0; k < 3; k++)
			to[k] = (from[k] * from[3] + 127) / 255;
}

void lw_image_release(struct lw_image *image)
{
	free(image->data);
	memset(image, 0, sizeof(*image));
}

void lw_image_gray(struct lw_image *image)
{
	size_t pixels = (size_t)image->w * image->h;
	const uint8_t *rgb = image->data;

	if (image->c == 1)
		return;
	/* 0.299, 0.587 and 0.114 in units of 2^-16; they add up to 1. */
	for (size_t i = 0; i < pixels; i++, rgb += 3)
		image->data[i] = (rgb[0] * 19595 + rgb[1] * 38470 +
				  rgb[2] * 7471 + 32768) >> 16;
	image->c = 1;
}
