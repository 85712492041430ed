/* SPDX-License-Identifier: MIT */
/*
 * Parameters of the kernels, passed by value. This file is also included by
 * the host (opencl/opencl.h), so it holds nothing but structs of int, uint
 * and float, and the list of kernels. Places and pitches are counted in words
 * of 4 bytes.
 */

/* Each kernel, and the struct of its parameters. */
#define LW_CL_KERNELS(X) \
	X(conv_large, lw_conv_params) \
	X(conv_small, lw_conv_params) \
	X(conv_quad_large, lw_conv_params) \
	X(conv_quad_small, lw_conv_params) \
	X(conv_wide, lw_conv_params) \
	X(copy, lw_copy_params) \
	X(copy_lanes, lw_copy_params) \
	X(gate, lw_gate_params) \
	X(gather, lw_gather_params) \
	X(lut, lw_lut_params) \
	X(matmul_large, lw_matmul_params) \
	X(matmul_small, lw_matmul_params) \
	X(matmul_pack, lw_pack_params) \
	X(add, lw_pair_params) \
	X(mul, lw_pair_params) \
	X(pool, lw_pool_params) \
	X(reorder, lw_reorder_params) \
	X(resize, lw_resize_params) \
	X(resize_real, lw_resize_params) \
	X(softmax, lw_softmax_params)

enum lw_cl_kernel {
#define LW_CL_ENUM(name, type) LW_CL_##name,
	LW_CL_KERNELS(LW_CL_ENUM)
#undef LW_CL_ENUM
};

/* A launch as a step of the kernel that walks programs. */
struct lw_step {
	uint number;		/* enum lw_cl_kernel */
	uint params;		/* constants: its struct */
	uint buffers[3];	/* regions of in, other, out */
	uint size[3];		/* work-items */
	uint items;		/* all of them */
	uint chunk;		/* those that a work-group takes at once */
};

/* Two sets of counters: a job uses one and clears the other for the next. */
struct lw_walk_params {
	uint steps;		/* constants: struct lw_step of each */
	uint from;		/* the first step */
	uint to;		/* and the one after the last */
	uint set;		/* of counters, 0 or 1 */
	uint set_pitch;
	uint slots;		/* parts of a step */
	uint clear;		/* the job's first launch */
};

/* An image's planes in a buffer. */
struct lw_view {
	uint first;
	uint row;
	uint plane;
};

/*
 * CONV and DWCONV. Positions number the output's pixels in rows of "pitch",
 * which may be longer than the image's width: a position is also the place of
 * the window's origin in an input plane, so that a vector of pixels is
 * contiguous in the input. Entries are the non-zero blocks of an output
 * channel (or of several that share them): the distance of an input word from
 * the position, and the block's 4 weights for each of the channels.
 *
 * TCONV is a convolution of its own for each phase, those output pixels that
 * are a stride apart: position p of a row is output pixel p x step + phase.
 * Each output channel, or list of them, has the lists of all phases.
 */
struct lw_conv_params {
	uint in;
	uint starts;		/* constants: first entry of each list, end */
	uint offsets;		/* constants: of each entry */
	uint weights;		/* constants: of each entry */
	uint bias;		/* constants: per list, each of its channels */
	uint scale;		/* constants: per channel */
	struct lw_view out;
	uint pitch;
	uint width;
	uint height;
	uint phases;
	uint phases_w;		/* phases in a row of phases */
	uint full_h;		/* phases with "height" rows, others one less */
	uint full_w;		/* the same of columns */
	uint phase_row;		/* output words from a row of phases to the next */
	uint step;		/* output pixels from one position to the next */
	uint lists;		/* output words, or lists of channels and phases */
	uint words;		/* output words */
	uint tiles;
	uint last_mask;		/* valid lanes of the last output word */
	float lo;		/* bounds less the zero point */
	float hi;
	uint zero_point;	/* in each lane */
};

/* COPY, and the padded or phase-split copies that convolutions read. */
struct lw_copy_params {
	struct lw_view in;
	struct lw_view out;
	uint in_height;
	uint in_width;
	uint in_planes;
	uint height;
	uint width;
	uint planes;
	uint rows;		/* by one work-item */
	int start_h;
	int start_w;
	uint stride_h;
	uint stride_w;
	uint phases;
	uint phases_w;		/* phases in a row of phases */
	uint phase_pitch;
	uint fill;		/* in each lane */
	uint first_mask;	/* lanes of the first word that are written */
	uint last_mask;		/* lanes of the last word that are not zeroed */
	int shift;		/* lane of the input less lane of the output */
};

/* ADD, MUL. Along an axis that an input does not have, its pitch is 0. */
struct lw_pair_params {
	struct lw_view in[2];
	struct lw_view out;
	uint width;
	uint height;
	uint planes;
	uint last_mask;
	uint broadcast;		/* any of the next two is set */
	uint point[2];		/* an input has one word for a whole row */
	uint splat[2];		/* an input has one channel for all */
	int multiplier[2];	/* ADD */
	int bias;
	int shift;
	int zero[2];		/* MUL: taken from each input */
	float scale;
	int lo;			/* bounds less the zero point */
	int hi;
	uint zero_point;	/* in each lane */
};

struct lw_lut_params {
	struct lw_view in;
	struct lw_view out;
	uint width;
	uint height;
	uint planes;
	uint last_mask;
	uint table;		/* constants: 256 bytes, for each channel or all */
	uint pitch;		/* bytes from one channel's to the next */
};

struct lw_pool_params {
	struct lw_view in;
	struct lw_view out;
	uint in_height;
	uint in_width;
	uint height;
	uint width;
	uint planes;
	uint kernel_h;
	uint kernel_w;
	uint stride_h;
	uint stride_w;
	uint pad_top;
	uint pad_left;
	uint last_mask;
	uint mode;		/* enum lwnpu_pool_mode */
	uint vectors;		/* reduce */
	int zero;		/* taken from each byte, but of a maximum */
	float scale;
	float out_scale;	/* real, reduce */
	float area;		/* real, reduce: places, 0: those inside the image */
	int lo;
	int hi;
	int zero_point;
};

struct lw_softmax_params {
	struct lw_view in;
	struct lw_view out;
	uint width;
	uint height;
	uint channels;
	uint table;		/* constants: 256 floats */
	float scale;
	float zero_point;
};

struct lw_reorder_params {
	struct lw_view in;
	struct lw_view out;
	uint in_width;
	uint in_channels;
	uint width;
	uint channels;
	uint pixels;		/* of the output */
	uint run;		/* pixels of one work-item */
	uint size[LWNPU_DIGITS];
	uint stride[LWNPU_DIGITS];
};

struct lw_resize_params {
	struct lw_view in;
	struct lw_view out;
	uint width;
	uint height;
	uint planes;
	uint last_mask;
	uint rows;		/* constants: per row: index, fraction << 16 */
	uint columns;		/* constants: per column, the same */
	uint row_fractions;	/* real: constants: floats; above: next index */
	uint column_fractions;	/* real: the same */
	float in_scale;
	float in_zero;
	float out_scale;
	int zero_point;
};

/* An operand of MATMUL on its way to the layout that is multiplied. */
struct lw_pack_params {
	struct lw_view in;	/* rows are batches */
	uint packed;
	uint terms;
	uint batches;
	uint columns;
	uint pitch;		/* of the packed rows */
	uint depth;
	uint turned;		/* k lies along the width, not the channels */
	uint last_mask;		/* lanes of the last word along k that are used */
	uint sign;		/* in each lane: what makes bytes signed, or zero */
	int zero;		/* of the other operand */
	int offset;		/* of all columns' terms */
};

struct lw_matmul_params {
	struct lw_view in;	/* rows are batches, columns are rows */
	struct lw_view out;
	uint packed;
	uint packed_batch;	/* words from one batch to the next */
	uint terms;
	uint terms_batch;
	uint pitch;
	uint batches;
	uint rows;
	uint words;		/* of output columns */
	uint depth;		/* words along k */
	uint chunk;		/* columns of a work-item */
	uint last_mask;		/* valid lanes of the last word of columns */
	uint last_ones;		/* a one in each lane of the last word along k */
	int row_factor;		/* of the sum of a row */
	float scale;
	float lo;		/* bounds less the zero point */
	float hi;
	int zero_point;
};

struct lw_gate_params {
	struct lw_view in;
	uint width;
	uint height;
	uint planes;
	uint last_mask;
	uint margin;		/* take the second greatest from the greatest */
	uint value;		/* where the result goes */
};

/* A byte comes from the sum of three places, which tables in constants hold. */
struct lw_gather_params {
	uint in;
	struct lw_view out;
	uint width;
	uint height;
	uint planes;
	uint rows;		/* by one work-item */
	uint last_mask;
	uint channel_bytes;	/* constants: per channel, whole words of them */
	uint column_bytes;
	uint row_bytes;
	uint touching;		/* columns are neighbouring words */
	uint aligned;		/* columns are words */
};
