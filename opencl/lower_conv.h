/* SPDX-License-Identifier: MIT */
/* Lowering of convolutions: windows over images, lists of blocks. */
#ifndef LW_CL_LOWER_CONV_H
#define LW_CL_LOWER_CONV_H

#include "lower.h"

/**
 * struct lw_cl_axis - a window along one axis of an image
 * @in: input pixels
 * @out: output pixels
 * @taps: of the kernel
 * @stride: input pixels from one position to the next
 * @dilation: input pixels from one tap to the next; transposed: output pixels
 * @pad: input pixels before the first; transposed: output pixels
 * @step: output pixels from one position to the next; above 1 only transposed
 * @transposed: a tap adds to output pixels a step apart, those of one phase
 * @first: least input pixel of position 0, of the taps that reach the image
 *	for any position
 * @last: the greatest of those
 * @phases: input pixels modulo @stride that taps use
 * @out_phases: output pixels modulo @step
 */
struct lw_cl_axis {
	uint32_t in;
	uint32_t out;
	uint32_t taps;
	uint32_t stride;
	uint32_t dilation;
	uint32_t pad;
	uint32_t step;
	bool transposed;
	int32_t first;
	int32_t last;
	uint32_t phases;
	uint32_t out_phases;
};

/**
 * struct lw_cl_window - where a convolution finds its input words
 * @h: rows
 * @w: columns
 * @copied: the input is first copied to scratch memory: padded, and split
 *	into phases so that pixels a stride apart are neighbours
 * @image: what the kernels read
 * @phase_pitch: words from one phase to the next
 * @positions: of the output's pixels, in rows of @image.row
 */
struct lw_cl_window {
	struct lw_cl_axis h;
	struct lw_cl_axis w;
	bool copied;
	struct lw_view image;
	size_t phase_pitch;
	size_t positions;
};

/* lw_cl_axis_init() - work out @first, @last, @phases, @out_phases */
void lw_cl_axis_init(struct lw_cl_axis *axis);

/* lw_cl_axis_positions() - of a phase; phase 0 has the most */
uint32_t lw_cl_axis_positions(const struct lw_cl_axis *axis, uint32_t phase);

/**
 * lw_cl_window_place() - decide where the input is read, and copy if need be
 * @lower: the program
 * @op: a convolution
 * @window: its axes are set; gets the rest
 * @few: the kernel reads single pixels, nothing past the last
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int lw_cl_window_place(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		       struct lw_cl_window *window, bool few);

/* lw_cl_window_phases() - of the output */
size_t lw_cl_window_phases(const struct lw_cl_window *window);

/**
 * lw_cl_window_tap() - what a tap reads
 * @window: placed
 * @tap_h: row of the kernel
 * @tap_w: its column
 * @offset: gets the words from a position to the tap's input
 * @phase: gets the phase that it adds to
 *
 * Return: whether it reads the image at any position.
 */
bool lw_cl_window_tap(const struct lw_cl_window *window, uint32_t tap_h,
		      uint32_t tap_w, size_t *offset, size_t *phase);

/**
 * struct lw_cl_blocks - the weights of a convolution, as its program has them
 * @window: where the input is
 * @channels: output channels
 * @words: input words of an output channel
 * @group: output channels that read the same input words
 * @depthwise: one byte a tap: only the channel's own lane
 * @mask: bits of the blocks in the stream, NULL if all are
 * @data: the blocks, or the bytes
 * @transposed: the bias holds no correction for the zero point
 * @zero_point: the input's byte outside the image
 */
struct lw_cl_blocks {
	struct lw_cl_window window;
	uint32_t channels;
	uint32_t words;
	uint32_t group;
	bool depthwise;
	const uint8_t *mask;
	const uint8_t *data;
	bool transposed;
	uint8_t zero_point;
};

/* Output channels of a list, at most: the lanes of the widest vector. */
#define LW_CL_MAX_SHARED 16

/**
 * struct lw_cl_lists - the non-zero blocks, by lists of output channels
 * @shared: output channels of a list
 * @phases: lists of the same channels, one for each phase, in a row
 * @n_lists: how many lists
 * @n_entries: of all lists
 * @max_entries: room
 * @starts: first entry of each list, and the end
 * @offsets: words from a position to the entry's input word
 * @weights: @shared words an entry
 * @correction: per list, @shared words: to be added to the bias, for taps that
 *	never reach the image or for those that do
 */
struct lw_cl_lists {
	uint32_t shared;
	size_t phases;
	size_t n_lists;
	size_t n_entries;
	size_t max_entries;
	uint32_t *starts;
	uint32_t *offsets;
	uint32_t *weights;
	uint32_t *correction;
};

/**
 * lw_cl_lists_build() - collect the non-zero blocks
 * @lists: filled in; free it in any case
 * @blocks: the weights
 * @shared: output channels of a list, all of one group
 * @split_pairs: make two entries of a block with a pair of weights (0 and 1,
 *	2 and 3) whose products with bytes may add up to more than 16 bits
 * @multiple: fill up each list with entries of zeros to a multiple of this
 *
 * Return: 0 or -ENOMEM.
 */
int lw_cl_lists_build(struct lw_cl_lists *lists,
		      const struct lw_cl_blocks *blocks, uint32_t shared,
		      bool split_pairs, uint32_t multiple);

/* lw_cl_lists_free() - free what was built, and clear */
void lw_cl_lists_free(struct lw_cl_lists *lists);

#endif /* LW_CL_LOWER_CONV_H */
