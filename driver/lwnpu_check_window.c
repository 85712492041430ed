// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The checker: rules of the operations that move a window over an image. */
#include "lwnpu_check_private.h"

/* Bytes of a window are summed in 32 bits: 255 x 2^23 < 2^31. */
#define LW_MAX_WINDOW (1U << 23)
/* Engines have tables for each of a transposed convolution's phases. */
#define LW_MAX_PHASES 4096

static u32 lw_count_bits(u32 word)
{
	word -= (word >> 1) & 0x55555555;
	word = (word & 0x33333333) + ((word >> 2) & 0x33333333);
	word = (word + (word >> 4)) & 0x0f0f0f0f;
	return (word * 0x01010101) >> 24;
}

/* A window along one axis. */
struct lw_axis {
	const char *pad_name;
	const char *out_name;
	u32 in;
	u32 out;
	u32 kernel;
	u32 dilation;
	u32 stride;
	u32 pad;
};

/*
 * The first window reaches the input and the last one starts in it, so all
 * do, and no engine pads by more than a kernel.
 */
static int lw_check_axis(struct lw_check *check, const struct lw_axis *axis)
{
	u32 reach = (axis->kernel - 1) * axis->dilation;
	u32 most = (axis->in + axis->pad - 1) / axis->stride + 1;

	if (axis->pad > reach)
		return lw_check_refuse(check, LWNPU_CHECK_WINDOW,
				       axis->pad_name, axis->pad, reach);
	if (axis->out > most)
		return lw_check_refuse(check, LWNPU_CHECK_WINDOW,
				       axis->out_name, axis->out, most);
	return 0;
}

#define LW_AXIS_H(op, params, dilate) { \
		.pad_name = "pad_top", .out_name = "out.h", \
		.in = (op)->in[0].h, .out = (op)->out.h, \
		.kernel = (params)->kernel_h, .dilation = (dilate), \
		.stride = (params)->stride_h, .pad = (params)->pad_top, \
	}
#define LW_AXIS_W(op, params, dilate) { \
		.pad_name = "pad_left", .out_name = "out.w", \
		.in = (op)->in[0].w, .out = (op)->out.w, \
		.kernel = (params)->kernel_w, .dilation = (dilate), \
		.stride = (params)->stride_w, .pad = (params)->pad_left, \
	}

static int lw_check_axes(struct lw_check *check, const struct lw_axis *axes)
{
	int err = lw_check_axis(check, &axes[0]);

	return err ? err : lw_check_axis(check, &axes[1]);
}

/* Bias and multiplier of each output channel; zero past the last channel. */
static int lw_check_channels(struct lw_check *check, u32 bias, u32 scale)
{
	u32 c = check->op->out.c;
	u32 padded = lw_tensor_planes(&check->op->out) * LWNPU_LANES;
	u32 bits, i;
	int err;

	err = lw_check_stream(check, "bias", bias, 4ULL * padded);
	if (err)
		return err;
	err = lw_check_stream(check, "scale", scale, 4ULL * padded);
	if (err)
		return err;
	for (i = 0; i < c; i++) {
		bits = lw_load_u32(check->weights + scale + 4ULL * i);
		if (!lw_check_is_scale(bits))
			return lw_check_refuse(check, LWNPU_CHECK_FLOAT,
					       "scale", bits, 0);
	}
	for (; i < padded; i++) {
		bits = lw_load_u32(check->weights + bias + 4ULL * i);
		if (bits)
			return lw_check_refuse(check, LWNPU_CHECK_RESERVED,
					       "bias", bits, 0);
		bits = lw_load_u32(check->weights + scale + 4ULL * i);
		if (bits)
			return lw_check_refuse(check, LWNPU_CHECK_RESERVED,
					       "scale", bits, 0);
	}
	return 0;
}

__u64 lwnpu_conv_blocks(const struct lwnpu_op *op)
{
	return (u64)op->out.c * op->conv.kernel_h * op->conv.kernel_w *
	       (lw_tensor_planes(&op->in[0]) / op->conv.groups);
}

static int lw_check_length(struct lw_check *check, u32 got, u64 expected)
{
	if (got != expected)
		return lw_check_refuse(check, LWNPU_CHECK_STREAM,
				       "weights_len", got, expected);
	return 0;
}

static int lw_check_sparse(struct lw_check *check, u64 blocks)
{
	const struct lwnpu_conv *conv = &check->op->conv;
	const u8 *mask = check->weights + conv->weights;
	u64 words = (blocks + 31) / 32;
	u64 used = 0, i;
	u32 past;

	if (conv->weights_len < 4 * words)
		return lw_check_refuse(check, LWNPU_CHECK_STREAM,
				       "weights_len", conv->weights_len,
				       4 * words);
	for (i = 0; i < words; i++)
		used += lw_count_bits(lw_load_u32(mask + 4 * i));
	if (blocks % 32) {
		past = lw_load_u32(mask + 4 * (words - 1)) >> (blocks % 32);
		if (past)
			return lw_check_refuse(check, LWNPU_CHECK_RESERVED,
					       "weights", past, 0);
	}
	return lw_check_length(check, conv->weights_len, 4 * (words + used));
}

static int lw_check_groups(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	u32 groups = op->conv.groups;

	if (groups == 1)
		return 0;
	if (op->in[0].c % (LWNPU_LANES * groups))
		return lw_check_refuse(check, LWNPU_CHECK_SHAPE, "in[0].c",
				       op->in[0].c, 0);
	if (op->out.c % groups)
		return lw_check_refuse(check, LWNPU_CHECK_SHAPE, "out.c",
				       op->out.c, 0);
	return 0;
}

/* Weights, bias and multipliers of CONV and TCONV. */
static int lw_check_conv_streams(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	const struct lwnpu_conv *conv = &op->conv;
	u64 blocks;
	int err;

	err = lw_check_groups(check);
	if (err)
		return err;
	err = lw_check_channels(check, conv->bias, conv->scale);
	if (err)
		return err;
	blocks = lwnpu_conv_blocks(op);
	if (conv->sparse)
		return lw_check_sparse(check, blocks);
	return lw_check_length(check, conv->weights_len, 4 * blocks);
}

int lw_check_conv(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	const struct lw_axis axes[] = {
		LW_AXIS_H(op, &op->conv, op->conv.dilation_h),
		LW_AXIS_W(op, &op->conv, op->conv.dilation_w),
	};
	int err = lw_check_axes(check, axes);

	return err ? err : lw_check_conv_streams(check);
}

/*
 * What lies past the last place that an input reaches is less than the
 * distance of two such places.
 */
static int lw_check_transposed_axis(struct lw_check *check,
				    const struct lw_axis *axis)
{
	u32 gap = axis->stride > axis->dilation ? axis->stride : axis->dilation;
	u32 most = (axis->in - 1) * axis->stride +
		   (axis->kernel - 1) * axis->dilation + gap;

	if (axis->out + axis->pad > most)
		return lw_check_refuse(check, LWNPU_CHECK_WINDOW,
				       axis->out_name, axis->out + axis->pad,
				       most);
	return 0;
}

int lw_check_tconv(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	const struct lw_axis axes[] = {
		LW_AXIS_H(op, &op->tconv, op->tconv.dilation_h),
		LW_AXIS_W(op, &op->tconv, op->tconv.dilation_w),
	};
	u32 phases = axes[0].stride * axes[1].stride;
	int err;

	err = lw_check_transposed_axis(check, &axes[0]);
	if (err)
		return err;
	err = lw_check_transposed_axis(check, &axes[1]);
	if (err)
		return err;
	if (phases > LW_MAX_PHASES)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE,
				       "stride_h x stride_w", phases,
				       LW_MAX_PHASES);
	return lw_check_conv_streams(check);
}

int lw_check_dwconv(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	const struct lwnpu_dwconv *conv = &op->dwconv;
	const struct lw_axis axes[] = {
		LW_AXIS_H(op, conv, conv->dilation_h),
		LW_AXIS_W(op, conv, conv->dilation_w),
	};
	int err;

	err = lw_check_equal(check, "out.c", op->out.c, op->in[0].c);
	if (err)
		return err;
	err = lw_check_axes(check, axes);
	if (err)
		return err;
	err = lw_check_channels(check, conv->bias, conv->scale);
	if (err)
		return err;
	return lw_check_length(check, conv->weights_len,
			       4ULL * lw_tensor_planes(&op->in[0]) *
			       conv->kernel_h * conv->kernel_w);
}

/* Fields that belong to one mode, and are zero in the others. */
static int lw_check_pool_mode(struct lw_check *check)
{
	const struct lwnpu_pool *pool = &check->op->pool;
	bool reduce = pool->mode == LWNPU_POOL_REDUCE;
	bool real = pool->mode == LWNPU_POOL_REAL || reduce;
	int err;

	if (pool->mode == LWNPU_POOL_MEAN) {
		if (!lw_check_is_scale(pool->scale))
			return lw_check_refuse(check, LWNPU_CHECK_FLOAT,
					       "scale", pool->scale, 0);
	} else {
		err = lw_check_real_scale(check, "scale", pool->scale, real);
		if (err)
			return err;
	}
	err = lw_check_real_scale(check, "out_scale", pool->out_scale, real);
	if (err)
		return err;
	if (pool->whole && pool->mode != LWNPU_POOL_REAL)
		return lw_check_refuse(check, LWNPU_CHECK_RESERVED, "whole",
				       pool->whole, 0);
	if (pool->vectors && !reduce)
		return lw_check_refuse(check, LWNPU_CHECK_RESERVED, "vectors",
				       pool->vectors, 0);
	if (pool->mode != LWNPU_POOL_AVERAGE && pool->zero)
		return lw_check_refuse(check, LWNPU_CHECK_RESERVED, "zero",
				       pool->zero, 0);
	return 0;
}

int lw_check_pool(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	const struct lwnpu_pool *pool = &op->pool;
	const struct lw_axis axes[] = {
		LW_AXIS_H(op, pool, 1),
		LW_AXIS_W(op, pool, 1),
	};
	u32 rows = pool->kernel_h < op->in[0].h ? pool->kernel_h : op->in[0].h;
	u32 cols = pool->kernel_w < op->in[0].w ? pool->kernel_w : op->in[0].w;
	int err;

	err = lw_check_equal(check, "out.c", op->out.c, op->in[0].c);
	if (err)
		return err;
	err = lw_check_axes(check, axes);
	if (err)
		return err;
	if ((u64)rows * cols > LW_MAX_WINDOW)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE,
				       "kernel_h x kernel_w", (u64)rows * cols,
				       LW_MAX_WINDOW);
	return lw_check_pool_mode(check);
}
