// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The checker: rules of each operation. */
#include "lwnpu_check_private.h"

/* Bytes of a window are summed in 32 bits: 255 x 2^23 < 2^31. */
#define LW_MAX_WINDOW (1U << 23)
/* Coordinates fit 32 bits with a margin for the signed 16-bit start. */
#define LW_MAX_COORDINATE (S32_MAX - 65536)
#define LW_F32_ONE 0x3f800000

static u32 lw_load_u32(const u8 *bytes)
{
	return bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 |
	       (u32)bytes[3] << 24;
}

static u32 lw_count_bits(u32 word)
{
	word -= (word >> 1) & 0x55555555;
	word = (word & 0x33333333) + ((word >> 2) & 0x33333333);
	word = (word + (word >> 4)) & 0x0f0f0f0f;
	return (word * 0x01010101) >> 24;
}

static int lw_check_equal(struct lw_check *check, const char *field, u32 got,
			  u32 expected)
{
	if (got != expected)
		return lw_check_refuse(check, LWNPU_CHECK_SHAPE, field, got,
				       expected);
	return 0;
}

static int lw_check_same_image(struct lw_check *check)
{
	const struct lwnpu_tensor *in = &check->op->in[0];
	const struct lwnpu_tensor *out = &check->op->out;
	int err;

	err = lw_check_equal(check, "out.h", out->h, in->h);
	if (err)
		return err;
	return lw_check_equal(check, "out.w", out->w, in->w);
}

static int lw_check_same_shape(struct lw_check *check)
{
	int err = lw_check_same_image(check);

	if (err)
		return err;
	return lw_check_equal(check, "out.c", check->op->out.c,
			      check->op->in[0].c);
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

int lw_check_conv(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	const struct lwnpu_conv *conv = &op->conv;
	const struct lw_axis axes[] = {
		LW_AXIS_H(op, conv, conv->dilation_h),
		LW_AXIS_W(op, conv, conv->dilation_w),
	};
	u64 blocks;
	int err;

	err = lw_check_axes(check, axes);
	if (err)
		return err;
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

	if (pool->mode == LWNPU_POOL_MEAN) {
		if (!lw_check_is_scale(pool->scale))
			return lw_check_refuse(check, LWNPU_CHECK_FLOAT,
					       "scale", pool->scale, 0);
	} else if (pool->scale) {
		return lw_check_refuse(check, LWNPU_CHECK_RESERVED, "scale",
				       pool->scale, 0);
	}
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

/* The sum fits 32 bits for all inputs, and so does the zero point on top. */
static int lw_check_add_range(struct lw_check *check)
{
	const struct lwnpu_add *add = &check->op->add;
	s64 multipliers[] = { add->mul0, add->mul1 };
	s64 least = add->bias, most = add->bias;
	u32 i;

	for (i = 0; i < LW_COUNT(multipliers); i++) {
		if (multipliers[i] < 0)
			least += 255 * multipliers[i];
		else
			most += 255 * multipliers[i];
	}
	if (least < S32_MIN)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE,
				       "in[0] x mul0 + in[1] x mul1 + bias",
				       least, S32_MIN);
	if (most > S32_MAX - 255)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE,
				       "in[0] x mul0 + in[1] x mul1 + bias",
				       most, S32_MAX - 255);
	return 0;
}

int lw_check_add(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	int err;

	err = lw_check_same_shape(check);
	if (err)
		return err;
	err = lw_check_equal(check, "in[1].h", op->in[1].h, op->in[0].h);
	if (err)
		return err;
	err = lw_check_equal(check, "in[1].w", op->in[1].w, op->in[0].w);
	if (err)
		return err;
	err = lw_check_equal(check, "in[1].c", op->in[1].c, op->in[0].c);
	if (err)
		return err;
	return lw_check_add_range(check);
}

static int lw_check_steps(struct lw_check *check, const char *field, u32 out,
			  u32 stride)
{
	u64 last = (u64)(out - 1) * stride;

	if (last > LW_MAX_COORDINATE)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE, field, last,
				       LW_MAX_COORDINATE);
	return 0;
}

int lw_check_copy(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	const struct lwnpu_copy *copy = &op->copy;
	u32 last_in = copy->lane_in + (u32)copy->channels;
	int err;

	if (last_in > op->in[0].c)
		return lw_check_refuse(check, LWNPU_CHECK_SHAPE, "channels",
				       last_in, op->in[0].c);
	err = lw_check_equal(check, "out.c", op->out.c,
			     copy->lane_out + (u32)copy->channels);
	if (err)
		return err;
	err = lw_check_steps(check, "stride_h", op->out.h, copy->stride_h);
	if (err)
		return err;
	return lw_check_steps(check, "stride_w", op->out.w, copy->stride_w);
}

int lw_check_lut(struct lw_check *check)
{
	int err = lw_check_same_shape(check);

	if (err)
		return err;
	return lw_check_stream(check, "table", check->op->lut.table, 256);
}

int lw_check_softmax(struct lw_check *check)
{
	u32 offset = check->op->softmax.table;
	u32 i, bits;
	int err;

	err = lw_check_same_shape(check);
	if (err)
		return err;
	err = lw_check_stream(check, "table", offset, 256 * 4);
	if (err)
		return err;
	for (i = 0; i < 256; i++) {
		bits = lw_load_u32(check->weights + offset + 4 * i);
		if (bits > LW_F32_ONE || (!i && bits != LW_F32_ONE))
			return lw_check_refuse(check, LWNPU_CHECK_FLOAT,
					       "table", bits, LW_F32_ONE);
	}
	return 0;
}
