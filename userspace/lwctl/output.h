/* SPDX-License-Identifier: MIT */
/* A model's outputs, collected into one array. */
#ifndef LW_OUTPUT_H
#define LW_OUTPUT_H

#include "lwm.h"
#include "npy.h"

/**
 * struct lw_buffers - room for all inputs, or outputs, of a run
 * @n: how many
 * @buffer: [n]
 */
struct lw_buffers {
	uint32_t n;
	struct lwnpu_buffer *buffer;
};

/**
 * lw_buffers_init() - make room
 * @buffers: filled in; release with lw_buffers_release() in any case
 * @ios: the inputs or outputs
 * @n: how many
 * @type: what they are
 * @error: filled in on failure
 *
 * Return: 0 or -ENOMEM.
 */
int lw_buffers_init(struct lw_buffers *buffers, const struct lwm_io *ios,
		    uint32_t n, enum lwnpu_type type,
		    struct lwnpu_error *error);

void lw_buffers_release(struct lw_buffers *buffers);

/** lw_buffers_randomise() - random bytes, and the @state to go on with */
void lw_buffers_randomise(struct lw_buffers *buffers, uint64_t *state);

/**
 * struct lw_outputs - outputs of several inputs, in the model's own layout
 * @io: the output; must outlive this
 * @elements: of one
 * @array: [count][…]; its file is the memory of its data
 */
struct lw_outputs {
	const struct lwm_io *io;
	size_t elements;
	struct lw_npy array;
};

/**
 * lw_outputs_init() - room for outputs
 * @outputs: filled in; release with lw_outputs_release()
 * @io: the output
 * @count: how many
 * @type: what they are
 * @error: filled in on failure, may be NULL
 *
 * Return: 0 or -ENOMEM.
 */
int lw_outputs_init(struct lw_outputs *outputs, const struct lwm_io *io,
		    size_t count, enum lwnpu_type type,
		    struct lwnpu_error *error);

void lw_outputs_release(struct lw_outputs *outputs);

/** lw_outputs_put() - store output @i, [h][w][c] of its type */
void lw_outputs_put(struct lw_outputs *outputs, size_t i, const void *data);

/** lw_outputs_write() - write the array, as lw_npy_write() */
int lw_outputs_write(const struct lw_outputs *outputs, const char *path,
		     struct lwnpu_error *error);

#endif /* LW_OUTPUT_H */
