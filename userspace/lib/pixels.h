/* SPDX-License-Identifier: MIT */
/* Images in memory: their size, colours, and the way into a model's input. */
#ifndef LW_PIXELS_H
#define LW_PIXELS_H

#include "lwm.h"

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

void lw_image_release(struct lw_image *image);

/** lw_image_check_size() - -EFBIG if it has no pixels, or too many */
int lw_image_check_size(uint32_t w, uint32_t h, struct lwnpu_error *error);

/**
 * lw_image_drop_alpha() - make transparent parts black
 * @to: gets 3 bytes a pixel; may be @from
 * @from: 4 bytes a pixel: red, green, blue, alpha
 * @pixels: how many
 */
void lw_image_drop_alpha(uint8_t *to, const uint8_t *from, size_t pixels);

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

/**
 * lw_normalise() - what a byte of an image stands for
 * @io: an image input with a normalisation
 * @byte: of the image
 * @channel: its channel
 */
static inline float lw_normalise(const struct lwm_io *io, uint8_t byte,
				 uint32_t channel)
{
	uint32_t k = io->norm_channels > 1 ? channel : 0;

	return (byte * io->norm_scale - io->mean[k]) / io->std[k];
}

#endif /* LW_PIXELS_H */
