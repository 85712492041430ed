/* SPDX-License-Identifier: MIT */
/* Lowering: from a quantised graph to operations, weights and buffers. */
#ifndef LW_LOWER_H
#define LW_LOWER_H

#include <string.h>

#include "lwnpu_check.h"
#include "pack.h"

/**
 * struct lw_buffer - memory for activations, placed when all ops are known
 * @size: bytes
 * @first: index of the first operation that uses it, UINT32_MAX: none yet
 * @last: index of the last one
 * @region: LWNPU_REGION_ARENA, LWNPU_REGION_WEIGHTS, or an input's or output's
 * @offset: its place in the arena, from lw_plan(), or in the weights
 */
struct lw_buffer {
	uint64_t size;
	uint32_t first, last;
	uint32_t region;
	uint64_t offset;
};

/**
 * lw_plan() - place buffers in the arena
 * Buffers whose [first, last] overlap do not share bytes. Several orders of
 * placement are tried and the smallest arena wins.
 * @buffers: offsets of those in LWNPU_REGION_ARENA are set
 * @n: how many
 * @size: gets the arena's size
 *
 * Return: 0 or -ENOMEM.
 */
int lw_plan(struct lw_buffer *buffers, uint32_t n, uint64_t *size);

/**
 * struct lw_view - where a value lies
 * @buffer: index of its buffer
 * @tensor: its part of that
 * @overwritten: the one that reads the value writes there again
 */
struct lw_view {
	uint32_t buffer;
	struct lwnpu_tensor tensor;
	bool overwritten;
};

/* An operation under construction: buffers of in[0], in[1], out. */
struct lw_slots {
	uint32_t buffer[3];
};

/**
 * struct lw_region0 - the weights as they grow
 * Streams of weights each become a segment; biases, scales and tables of all
 * operations are one segment behind them.
 * @stream: decoded bytes of the streams
 * @constant: decoded bytes of all else
 * @segment: [n_segments] of @stream
 */
struct lw_region0 {
	uint8_t *stream;
	uint32_t stream_size;
	uint8_t *constant;
	uint32_t constant_size;
	struct lwm_segment *segment;
	uint32_t n_segments;
};

/* Offsets into region0.constant carry this mark until the streams are known. */
#define LW_CONSTANT_MARK 0x80000000u

/**
 * lw_region0_stream() - add a weight stream, or find an equal one
 * Equal streams are stored once: this is how layers share parameters.
 *
 * Return: 0, with *@offset set; -ENOMEM; -EFBIG.
 */
int lw_region0_stream(struct lw_region0 *region, const void *data,
		      size_t size, uint32_t *offset);

/** lw_region0_constant() - add @size bytes, rounded up to 4 with zeros */
int lw_region0_constant(struct lw_region0 *region, const void *data,
			size_t size, uint32_t *offset);

void lw_region0_release(struct lw_region0 *region);

/**
 * struct lw_lowering - a program in the making
 * @graph: the source
 * @node: index of the node being lowered
 * @ops: operations so far
 * @slots: their buffers
 * @n_ops: how many
 * @max_ops: room for
 * @buffers: in the order in which they were made
 * @n_buffers: how many
 * @max_buffers: room for
 * @views: by value id; buffer UINT32_MAX: not placed
 * @skipped_by: by value id: id of the innermost gate's flag that may have the
 *	node skipped which writes it; UINT32_MAX: none
 * @gates: operations that are a gate whose end is not reached
 * @n_gates: how many
 * @region0: weights
 * @layer: of the node being lowered
 * @error: filled in on failure
 */
struct lw_lowering {
	const struct lw_graph *graph;
	uint32_t node;
	struct lwnpu_op *ops;
	struct lw_slots *slots;
	uint32_t n_ops, max_ops;
	struct lw_buffer *buffers;
	uint32_t n_buffers, max_buffers;
	struct lw_view *views;
	uint32_t *skipped_by;
	uint32_t gates[LWNPU_MAX_GATES];
	uint32_t n_gates;
	struct lw_region0 region0;
	struct lwm_layer *layer;
	struct lwnpu_error *error;
};

/* New buffer for a tight tensor of these sizes. */
int lw_lower_buffer(struct lw_lowering *lower, uint32_t region, uint32_t h,
		    uint32_t w, uint32_t c, uint8_t zero_point,
		    struct lw_view *view);

/**
 * lw_lower_op() - append an operation with its tensors
 * @in1: may be NULL
 *
 * Return: the operation, zero but for opcode and tensors, valid until the next
 * one is appended; NULL: no memory.
 */
struct lwnpu_op *lw_lower_op(struct lw_lowering *lower, uint32_t opcode,
			     const struct lw_view *in0,
			     const struct lw_view *in1,
			     const struct lw_view *out);

/* The view of a node's input or output. */
static inline struct lw_view *lw_lower_view(struct lw_lowering *lower,
					    const struct lw_value *value)
{
	return &lower->views[value->id];
}

/* A view moved by whole words of channels, with other sizes. */
struct lw_view lw_view_channels(const struct lw_view *view, uint32_t first_word,
				uint32_t c);

/* The part from row @h, column @w on, of @size's rows and columns. */
struct lw_view lw_view_window(const struct lw_view *view, uint32_t h,
			      uint32_t w, const struct lw_value *size);

/* A float as the bits that a descriptor holds. */
static inline uint32_t lw_float_bits(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static inline bool lw_view_is_same(const struct lw_view *a,
				   const struct lw_view *b)
{
	return a->buffer == b->buffer && a->tensor.offset == b->tensor.offset;
}

/* A view with the rows and columns of a value, if its rows follow closely. */
bool lw_view_reshape(const struct lw_view *from, const struct lw_value *v,
		     struct lw_view *view);

/* Gives values their places, except results that may be part of an input. */
int lw_place_values(struct lw_lowering *lower);

/**
 * lw_place_part() - give a node's result its place after that of its input
 * @placed: set where that is within the input, and no operation is needed
 */
int lw_place_part(struct lw_lowering *lower, const struct lw_node *node,
		  bool *placed);

/**
 * lw_lower_scale() - a requantisation multiplier, in XNNPACK's order
 * @scale: gets (@a x @b) / the scale of @node's output
 *
 * Return: 0; -EOPNOTSUPP, with a message, if that is not a normal number.
 */
int lw_lower_scale(struct lw_lowering *lower, const struct lw_node *node,
		   float a, float b, float *scale);

/**
 * lw_lower_real_scales() - refuse scales that no operation takes in single
 * precision
 *
 * Return: 0; -EOPNOTSUPP, with a message, unless those of @node's input and
 * output are from 2^-64 to 2^64.
 */
int lw_lower_real_scales(struct lw_lowering *lower, const struct lw_node *node);

/* Appends the operations of all nodes, plans memory, resolves addresses. */
int lw_lower_nodes(struct lw_lowering *lower, struct lwm_layer *layers);

/* lower_NAME() of each node kind of LW_NODES. */
#define LW_LOWER_DECLARE(name, NAME, text) \
	int lw_lower_##name(struct lw_lowering *lower, \
			    const struct lw_node *node);
LW_NODES(LW_LOWER_DECLARE)
#undef LW_LOWER_DECLARE

/**
 * lw_lower_in_scale_of() - a value in the scale of another
 * @view: gets where it lies; where the scales differ a table writes it there
 */
int lw_lower_in_scale_of(struct lw_lowering *lower, const struct lw_value *from,
			 const struct lw_value *to, struct lw_view *view);

/* A reordering from one view to another. */
struct lw_digits;
int lw_lower_digits(struct lw_lowering *lower, const struct lw_view *in,
		    const struct lw_view *out, const struct lw_digits *digits);

/* Whether a reordering leaves words where they are: h and w alone change. */
bool lw_lower_keeps_words(const struct lw_node *node);

/* LUT from one view to another: table[q] = the byte for @from's q in @to. */
int lw_lower_requantise(struct lw_lowering *lower, const struct lw_view *in,
			const struct lw_view *out, const struct lw_value *from,
			const struct lw_value *to);

#endif /* LW_LOWER_H */
