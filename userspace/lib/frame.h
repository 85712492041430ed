/* SPDX-License-Identifier: MIT */
/* Frames: the buffers of one run of a model, and what is between them. */
#ifndef LW_FRAME_H
#define LW_FRAME_H

#include "lwm.h"

/**
 * struct lw_frame - the buffers of one run of a model
 * @next: for a list of the model
 * @model: the model
 * @buffers: of the caller, per region; type and data as they were bound
 * @bindings: what the engine gets: the caller's memory or @own
 * @own: per region, from the engine, made when it is first needed
 * @staging: room for any one input or output, [h][w][c] bytes; the same
 *
 * Regions are LWNPU_REGION_IO and up: inputs, then outputs.
 */
struct lw_frame {
	struct lw_frame *next;
	struct lwnpu_model *model;
	struct lwnpu_buffer buffers[LWNPU_REGION_MAX];
	struct lw_binding bindings[LWNPU_REGION_MAX];
	void *own[LWNPU_REGION_MAX];
	uint8_t *staging;
};

/** lw_frame_init() - a frame with nothing bound; release it in any case */
void lw_frame_init(struct lw_frame *frame, struct lwnpu_model *model);
void lw_frame_release(struct lw_frame *frame);

/**
 * lw_frame_check_buffer() - whether a buffer suits an input or output
 * @io: the input or output
 * @what: "input" or "output"
 * @buffer: the caller's
 * @error: filled in on failure, may be NULL
 *
 * Return: 0 or -EINVAL.
 */
int lw_frame_check_buffer(const struct lwm_io *io, const char *what,
			  const struct lwnpu_buffer *buffer,
			  struct lwnpu_error *error);

/**
 * lw_frame_reserve() - get all the memory that buffers may need
 * @frame: initialised
 * @error: filled in on failure, may be NULL
 */
int lw_frame_reserve(struct lw_frame *frame, struct lwnpu_error *error);

/**
 * lw_frame_bind() - bind a caller's buffer
 * @frame: initialised
 * @region: of an input or output
 * @buffer: checked and copied
 * @error: filled in on failure, may be NULL
 *
 * Return: 0; -EINVAL; what lw_engine_ops.alloc says. What was bound stays so
 * then.
 */
int lw_frame_bind(struct lw_frame *frame, uint32_t region,
		  const struct lwnpu_buffer *buffer, struct lwnpu_error *error);

/** lw_frame_check() - whether all is bound, and no output overlaps another */
int lw_frame_check(const struct lw_frame *frame, struct lwnpu_error *error);

/** lw_frame_store() - take the inputs to where the engine reads them */
void lw_frame_store(struct lw_frame *frame);

/** lw_frame_fetch() - bring the outputs back */
void lw_frame_fetch(struct lw_frame *frame);

#endif /* LW_FRAME_H */
