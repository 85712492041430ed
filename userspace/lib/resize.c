// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "pixels.h"

/**
 * struct axis - how positions of the new size are made of the old
 * @from: old size
 * @to: new size
 * @taps: old positions that a new one reads, at most
 * @first: [to] the first of them
 * @weight: [to][taps] their weights, which add up to 1
 */
struct axis {
	uint32_t from, to, taps;
	uint32_t *first;
	float *weight;
};

static void axis_release(struct axis *axis)
{
	free(axis->first);
	free(axis->weight);
}

/* New position @i covers [i x step, (i + 1) x step) of the old ones. */
static void set_area(struct axis *axis, uint32_t i)
{
	double step = (double)axis->from / axis->to;
	double begin = i * step, end = (i + 1) * step;
	float *weight = axis->weight + (size_t)i * axis->taps;
	uint32_t first = begin;

	axis->first[i] = first;
	for (uint32_t k = 0; k < axis->taps && first + k < axis->from; k++) {
		double low = first + k, high = low + 1;

		low = low > begin ? low : begin;
		high = high < end ? high : end;
		weight[k] = high > low ? (high - low) / step : 0;
	}
}

/* Between the centres of two old positions; the border is repeated. */
static void set_linear(struct axis *axis, uint32_t i)
{
	double at = (i + 0.5) * axis->from / axis->to - 0.5;
	float *weight = axis->weight + (size_t)i * axis->taps;

	if (at < 0)
		at = 0;
	axis->first[i] = at;
	weight[1] = axis->first[i] + 1 < axis->from ? at - axis->first[i] : 0;
	weight[0] = 1 - weight[1];
}

static int axis_init(struct axis *axis, uint32_t from, uint32_t to)
{
	bool shrink = to < from;

	axis->from = from;
	axis->to = to;
	axis->taps = shrink ? from / to + 2 : 2;
	axis->first = calloc(to, sizeof(*axis->first));
	axis->weight = calloc((size_t)to * axis->taps, sizeof(*axis->weight));
	if (!axis->first || !axis->weight)
		return -ENOMEM;
	for (uint32_t i = 0; i < to; i++) {
		if (shrink)
			set_area(axis, i);
		else
			set_linear(axis, i);
	}
	return 0;
}

/* Taps of new position @i that lie in the image. */
static uint32_t taps_of(const struct axis *axis, uint32_t i)
{
	uint32_t rest = axis->from - axis->first[i];

	return rest < axis->taps ? rest : axis->taps;
}

/* New row @y, as wide as the image was. */
static void mix_rows(const struct axis *down, uint32_t y,
		     const struct lw_image *image, float *row)
{
	const float *weight = down->weight + (size_t)y * down->taps;
	size_t pitch = (size_t)image->w * image->c;

	for (size_t i = 0; i < pitch; i++)
		row[i] = 0;
	for (uint32_t k = 0; k < taps_of(down, y); k++) {
		const uint8_t *from = image->data +
				      (down->first[y] + k) * pitch;

		for (size_t i = 0; i < pitch; i++)
			row[i] += weight[k] * from[i];
	}
}

/* The bytes of a row in its new width. */
static void mix_columns(const struct axis *across, const float *row,
			uint32_t c, uint8_t *out)
{
	for (uint32_t x = 0; x < across->to; x++) {
		const float *weight = across->weight +
				      (size_t)x * across->taps;
		const float *from = row + (size_t)across->first[x] * c;

		for (uint32_t i = 0; i < c; i++) {
			float sum = 0.5f;

			for (uint32_t k = 0; k < taps_of(across, x); k++)
				sum += weight[k] * from[k * c + i];
			*out++ = sum < 255 ? sum : 255;
		}
	}
}

int lw_image_resize(struct lw_image *image, uint32_t w, uint32_t h,
		    struct lwnpu_error *error)
{
	struct axis across = { 0 }, down = { 0 };
	size_t pitch = (size_t)w * image->c;
	uint8_t *data = NULL;
	float *row = NULL;
	int ret = -ENOMEM;

	if (axis_init(&across, image->w, w) || axis_init(&down, image->h, h))
		goto out;
	row = calloc(image->w, image->c * sizeof(*row));
	data = malloc(pitch * h);
	if (!row || !data)
		goto out;
	for (uint32_t y = 0; y < h; y++) {
		mix_rows(&down, y, image, row);
		mix_columns(&across, row, image->c, data + y * pitch);
	}
	free(image->data);
	*image = (struct lw_image){ w, h, image->c, data };
	data = NULL;
	ret = 0;
out:
	free(data);
	free(row);
	axis_release(&down);
	axis_release(&across);
	return ret ? lw_fail(error, ret, "out of memory for an image") : 0;
}
