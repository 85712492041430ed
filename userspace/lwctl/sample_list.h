/* SPDX-License-Identifier: MIT */
/* What is in a list of samples. */
#ifndef LW_SAMPLE_LIST_H
#define LW_SAMPLE_LIST_H

#include "sample.h"

/**
 * struct lw_source - a file that was given
 * @path: its name
 * @array: an array; its file is NULL for an image, which is read when needed
 * @own: an array in the model's own layout, else [h][w][c]
 */
struct lw_source {
	char *path;
	struct lw_npy array;
	bool own;
};

/**
 * struct lw_samples - see lw_samples_new()
 * @io: the model's input
 * @elements: of one input
 * @sources: files
 * @n_sources: how many
 * @items: which input of which source
 * @n_items: how many
 * @n_resized: see lw_samples_resized()
 * @bytes: room for an input as bytes
 * @real: room for an input as real numbers
 */
struct lw_samples {
	const struct lwm_io *io;
	size_t elements;
	struct lw_source *sources;
	size_t n_sources;
	struct lw_sample_item {
		size_t source;
		size_t index;
	} *items;
	size_t n_items;
	size_t n_resized;
	uint8_t *bytes;
	float *real;
};

static inline bool lw_source_is_array(const struct lw_source *source)
{
	return source->array.file;
}

#endif /* LW_SAMPLE_LIST_H */
