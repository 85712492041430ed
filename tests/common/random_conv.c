// SPDX-License-Identifier: MIT
/* Random programs: convolutions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random_ops.h"

#define LW_GEN_MAX_MACS (2U << 20)

/* Blocks that are all zero are left out of a sparse stream. */
static void lw_gen_drop_blocks(struct lw_gen *gen, int8_t *weights, size_t n)
{
	static const uint8_t densities[] = { 0, 5, 10, 20, 50, 90, 100, 100 };
	uint32_t density = LW_RANDOM_PICK(&gen->random, densities);
	size_t i;

	for (i = 0; i + 4 <= n; i += 4)
		if (!lw_random_chance(&gen->random, density))
			memset(weights + i, 0, 4);
}

/* Small, any, and those whose partial sums are the greatest. */
static int8_t *lw_gen_weights(struct lw_gen *gen, size_t n)
{
	uint32_t kind = lw_random_below(&gen->random, 10);
	int8_t *weights = malloc(n);
	size_t i;

	if (!weights)
		abort();
	lw_random_fill(&gen->random, weights, n);
	for (i = 0; i < n; i++) {
		if (kind < 2)
			weights[i] /= 16;
		else if (kind == 2)
			weights[i] = 127;
		else if (kind == 3)
			weights[i] = -128;
		else if (kind == 4)
			weights[i] = weights[i] & 1 ? 127 : -128;
		else if (kind == 5)
			weights[i] = weights[i] & 6 ? 0 : weights[i];
		else if (kind == 6)
			weights[i] = 0;
	}
	return weights;
}

/*
 * One bias per channel: one that centres the sum of n weights from weights[o],
 * stride apart, or a small one, or any.
 */
static int32_t lw_gen_bias(struct lw_gen *gen, const int8_t *weights, size_t n,
			   size_t stride)
{
	uint32_t kind = lw_random_below(&gen->random, 10);
	int64_t sum = 0;
	size_t i;

	if (kind == 0)
		return lw_random_u32(&gen->random);
	if (kind < 7)
		for (i = 0; i < n; i++)
			sum -= 128 * weights[i * stride];
	return sum + lw_random_between(&gen->random, -5000, 5000);
}

/* Scale and bias of the channels are zero past the last one. */
struct lw_gen_channels {
	int32_t *bias;
	float *scale;
};

static struct lw_gen_channels lw_gen_channels_alloc(uint32_t n)
{
	struct lw_gen_channels channels = {
		.bias = calloc(n + 3, sizeof(*channels.bias)),
		.scale = calloc(n + 3, sizeof(*channels.scale)),
	};

	if (!channels.bias || !channels.scale)
		abort();
	return channels;
}

static void lw_gen_channels_store(struct lw_gen *gen,
				  struct lw_gen_channels *channels, uint32_t n,
				  uint32_t *bias, uint32_t *scale)
{
	n = (n + 3) / 4 * 4;
	*bias = lw_gen_stream(gen, channels->bias, n * sizeof(int32_t));
	*scale = lw_gen_stream(gen, channels->scale, n * sizeof(float));
	free(channels->bias);
	free(channels->scale);
}

static uint32_t lw_gen_sparse_stream(struct lw_gen *gen, const int8_t *weights,
				     size_t blocks, uint32_t *length)
{
	size_t mask_size = (blocks + 31) / 32 * 4;
	uint8_t *stream = calloc(1, mask_size + blocks * 4);
	size_t size = mask_size, i;
	uint32_t offset;

	if (!stream)
		abort();
	for (i = 0; i < blocks; i++, weights += 4) {
		/* A stored block may be zero all the same. */
		if (!(weights[0] | weights[1] | weights[2] | weights[3]) &&
		    !lw_random_chance(&gen->random, 1))
			continue;
		stream[i / 8] |= 1 << i % 8;
		memcpy(stream + size, weights, 4);
		size += 4;
	}
	offset = lw_gen_stream(gen, stream, size);
	*length = size;
	free(stream);
	return offset;
}

void lw_gen_kernel(struct lw_gen *gen, struct lw_gen_axis *axis)
{
	static const uint8_t kernels[] = { 1, 1, 1, 2, 3, 3, 3, 3, 4, 5, 7 };
	static const uint8_t dilations[] = { 1, 1, 1, 1, 2, 3, 30 };
	static const uint8_t strides[] = { 1, 1, 1, 1, 2, 2, 2, 3, 4, 9, 255 };

	axis->kernel = LW_RANDOM_PICK(&gen->random, kernels);
	axis->dilation = LW_RANDOM_PICK(&gen->random, dilations);
	axis->stride = LW_RANDOM_PICK(&gen->random, strides);
}

static uint32_t lw_gen_groups(struct lw_gen *gen, uint32_t in_c)
{
	static const uint8_t groups[] = { 2, 3, 4, 8 };
	uint32_t n = LW_RANDOM_PICK(&gen->random, groups);

	if (in_c % (4 * n) || !lw_random_chance(&gen->random, 60))
		return 1;
	return n;
}

void lw_gen_conv_channels(struct lw_gen *gen, struct lwnpu_op *op,
			  uint32_t places)
{
	struct lwnpu_conv *conv = &op->conv;
	uint64_t macs = (uint64_t)places * conv->kernel_h * conv->kernel_w *
			op->in[0].c;

	conv->groups = lw_gen_groups(gen, op->in[0].c);
	op->out.c = lw_gen_channels(gen);
	while (op->out.c > 1 && macs * op->out.c > LW_GEN_MAX_MACS)
		op->out.c /= 2;
	op->out.c = (op->out.c + conv->groups - 1) / conv->groups *
		    conv->groups;
	lw_gen_bounds(gen, &conv->lo, &conv->hi);
}

void lw_gen_conv_streams(struct lw_gen *gen, struct lwnpu_op *op)
{
	struct lwnpu_conv *conv = &op->conv;
	size_t blocks = lwnpu_conv_blocks(op), n = blocks / op->out.c * 4;
	struct lw_gen_channels channels = lw_gen_channels_alloc(op->out.c);
	int8_t *weights = lw_gen_weights(gen, blocks * 4);
	uint32_t o;

	conv->sparse = lw_random_chance(&gen->random, 50);
	if (conv->sparse)
		lw_gen_drop_blocks(gen, weights, blocks * 4);
	for (o = 0; o < op->out.c; o++) {
		channels.bias[o] = lw_gen_bias(gen, weights + o * n, n, 1);
		channels.scale[o] = lw_gen_scale(gen, 0.01f / sqrtf(n));
	}
	lw_gen_channels_store(gen, &channels, op->out.c, &conv->bias,
			      &conv->scale);
	conv->weights_len = blocks * 4;
	conv->weights = conv->sparse ?
			lw_gen_sparse_stream(gen, weights, blocks,
					     &conv->weights_len) :
			lw_gen_stream(gen, weights, blocks * 4);
	free(weights);
}

/* All but the output's place and the streams; gives the output's size. */
static void lw_gen_conv_shape(struct lw_gen *gen, struct lwnpu_op *op)
{
	struct lwnpu_conv *conv = &op->conv;
	struct lw_gen_axis v, h;

	op->opcode = LWNPU_OP_CONV;
	op->in[0] = lw_gen_in(gen);
	lw_gen_kernel(gen, &v);
	lw_gen_kernel(gen, &h);
	op->out.h = lw_gen_axis(gen, op->in[0].h, &v);
	op->out.w = lw_gen_axis(gen, op->in[0].w, &h);
	LW_GEN_SET_WINDOW(conv, &v, &h);
	lw_gen_conv_channels(gen, op, op->out.h * op->out.w);
}

void lw_gen_conv(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { 0 };

	lw_gen_conv_shape(gen, &op);
	op.out = lw_gen_out(gen, op.out.h, op.out.w, op.out.c, op.in, 1, last);
	lw_gen_conv_streams(gen, &op);
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}

void lw_gen_partial_conv(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { 0 }, copy = { .opcode = LWNPU_OP_COPY };
	struct lwnpu_tensor out;
	uint32_t first;

	lw_gen_conv_shape(gen, &op);
	copy.in[0] = lw_gen_in(gen);
	first = (op.out.c + 3) / 4 * 4;
	{
		struct lwnpu_tensor in[] = { op.in[0], copy.in[0] };

		out = lw_gen_out(gen, op.out.h, op.out.w,
				 first + copy.in[0].c, in, 2, last);
	}
	op.out = lw_gen_view(&out, 0, op.out.c);
	lw_gen_conv_streams(gen, &op);
	lw_gen_emit(gen, &op);

	copy.copy.channels = copy.in[0].c;
	copy.copy.stride_h = 1;
	copy.copy.stride_w = 1;
	copy.copy.fill = lw_random_below(&gen->random, 256);
	copy.out = lw_gen_view(&out, first, copy.in[0].c);
	lw_gen_emit(gen, &copy);
	lw_gen_written(gen, &out);
}

static void lw_gen_dwconv_streams(struct lw_gen *gen, struct lwnpu_op *op)
{
	struct lwnpu_dwconv *conv = &op->dwconv;
	size_t taps = conv->kernel_h * conv->kernel_w;
	size_t size = lw_tensor_planes(&op->out) * taps * 4;
	struct lw_gen_channels channels = lw_gen_channels_alloc(op->out.c);
	int8_t *weights = lw_gen_weights(gen, size);
	uint32_t c;

	for (c = 0; c < op->out.c; c++) {
		channels.bias[c] = lw_gen_bias(gen, weights +
					       c / 4 * taps * 4 + c % 4, taps,
					       4);
		channels.scale[c] = lw_gen_scale(gen, 0.01f / sqrtf(taps));
	}
	lw_gen_channels_store(gen, &channels, op->out.c, &conv->bias,
			      &conv->scale);
	conv->weights = lw_gen_stream(gen, weights, size);
	conv->weights_len = size;
	free(weights);
}

void lw_gen_dwconv(struct lw_gen *gen, bool last)
{
	struct lwnpu_op op = { .opcode = LWNPU_OP_DWCONV };
	struct lw_gen_axis v, h;
	uint32_t out_h, out_w;

	op.in[0] = lw_gen_in(gen);
	lw_gen_kernel(gen, &v);
	lw_gen_kernel(gen, &h);
	out_h = lw_gen_axis(gen, op.in[0].h, &v);
	out_w = lw_gen_axis(gen, op.in[0].w, &h);
	LW_GEN_SET_WINDOW(&op.dwconv, &v, &h);
	op.out = lw_gen_out(gen, out_h, out_w, op.in[0].c, op.in, 1, last);
	lw_gen_bounds(gen, &op.dwconv.lo, &op.dwconv.hi);
	lw_gen_dwconv_streams(gen, &op);
	lw_gen_emit(gen, &op);
	lw_gen_written(gen, &op.out);
}
