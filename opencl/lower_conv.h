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
 * @stride: input pixels from one output pixel to the next
 * @dilation: input pixels from one tap to the next
 * @pad: input pixels before the first
 * @first: input pixel of output pixel 0, of the first tap that reaches the
 *	image for any output pixel
 * @last: the same of the last such tap
 * @phases: input pixels modulo @stride that taps use
 */
struct lw_cl_axis {
	uint32_t in;
	uint32_t out;
	uint32_t taps;
	uint32_t stride;
	uint32_t dilation;
	uint32_t pad;
	int32_t first;
	int32_t last;
	uint32_t phases;
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

/* lw_cl_axis_init() - work out @first, @last, @phases */
void lw_cl_axis_init(struct lw_cl_axis *axis);

/* lw_cl_axis_reaches() - whether a tap reads the image for any output pixel */
bool lw_cl_axis_reaches(const struct lw_cl_axis *axis, uint32_t tap);

/**
 * lw_cl_window_place() - decide where the input is read, and copy if need be
 * @lower: the program
 * @op: CONV or DWCONV
 * @window: its axes are set; gets the rest
 * @few: the kernel reads single pixels, nothing past the last
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int lw_cl_window_place(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		       struct lw_cl_window *window, bool few);

/* lw_cl_window_offset() - words from a position to the input of two taps */
size_t lw_cl_window_offset(const struct lw_cl_window *window, uint32_t tap_h,
			   uint32_t tap_w);

/**
 * struct lw_cl_blocks - the weights of a convolution, as its program has them
 * @window: where the input is
 * @channels: output channels
 * @words: input words of an output channel
 * @group: output channels that read the same input words
 * @depthwise: one byte a tap: only the channel's own lane
 * @mask: bits of the blocks in the stream, NULL if all are
 * @data: the blocks, or the bytes
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
	uint8_t zero_point;
};

/* Output channels of a list, at most: the lanes of the widest vector. */
#define LW_CL_MAX_SHARED 16

/**
 * struct lw_cl_lists - the non-zero blocks, by lists of output channels
 * @shared: output channels of a list
 * @n_lists: how many lists
 * @n_entries: of all lists
 * @max_entries: room
 * @starts: first entry of each list, and the end
 * @offsets: words from a position to the entry's input word
 * @weights: @shared words an entry
 * @outside: per output channel: what taps that never reach the image add
 */
struct lw_cl_lists {
	uint32_t shared;
	size_t n_lists;
	size_t n_entries;
	size_t max_entries;
	uint32_t *starts;
	uint32_t *offsets;
	uint32_t *weights;
	uint32_t *outside;
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
