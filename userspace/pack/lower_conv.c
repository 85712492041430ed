// SPDX-License-Identifier: MIT
/* Lowering of convolutions: weight streams, biases, multipliers. */
#include <stdlib.h>
#include <string.h>

#include "lower.h"

static uint32_t words(uint32_t channels)
{
	return (channels + 3) / 4;
}

/* Where a group's channels do not fill words, groups become zero blocks. */
static uint32_t stream_groups(const struct lw_node *node)
{
	return node->groups > 1 && node->weights->i % 4 == 0 ? node->groups : 1;
}

/*
 * All blocks of a CONV, dense: [o][kh][kw][words][4]. With groups spread out,
 * output o's weights start at its group's first channel.
 */
static int8_t *lay_out_blocks(const struct lw_node *node, size_t *n_blocks)
{
	const struct lw_weights *w = node->weights;
	uint32_t groups = stream_groups(node);
	uint32_t row = words(node->in[0]->c / groups);
	uint32_t spread = node->groups / groups;
	size_t taps = (size_t)w->kh * w->kw;
	int8_t *blocks;
	size_t bytes;

	if (lw_mul(w->o * taps, row, n_blocks) || lw_mul(*n_blocks, 4, &bytes) ||
	    bytes > LW_CONSTANT_MARK / 2)
		return NULL;
	blocks = calloc(bytes ? bytes : 1, 1);
	if (!blocks)
		return NULL;
	for (uint32_t o = 0; o < w->o; o++) {
		uint32_t group = spread > 1 ? o / (w->o / spread) : 0;

		for (size_t t = 0; t < taps; t++)
			memcpy(blocks + (o * taps + t) * row * 4 + group * w->i,
			       w->q + (o * taps + t) * w->i, w->i);
	}
	return blocks;
}

static bool block_is_zero(const int8_t *block)
{
	uint32_t word;

	memcpy(&word, block, 4);
	return !word;
}

/* Turns dense blocks into mask + non-zero blocks, in a new array. */
static uint8_t *compact_blocks(const int8_t *blocks, size_t n, size_t nonzero,
			       size_t *size)
{
	size_t mask = (n + 31) / 32 * 4;
	uint8_t *stream = calloc(mask + nonzero * 4 + 1, 1);
	uint8_t *to = stream + mask;

	if (!stream)
		return NULL;
	for (size_t b = 0; b < n; b++) {
		if (block_is_zero(blocks + b * 4))
			continue;
		stream[b / 8] |= 1 << b % 8;
		memcpy(to, blocks + b * 4, 4);
		to += 4;
	}
	*size = mask + nonzero * 4;
	return stream;
}

/* Places that each weight is multiplied with. */
static uint64_t count_places(const struct lw_node *node)
{
	const struct lw_value *v = node->kind == LW_NODE_TCONV ? node->in[0] :
								 node->out;

	return (uint64_t)v->h * v->w;
}

static int add_conv_stream(struct lw_lowering *lower,
			   const struct lw_node *node, struct lwnpu_conv *conv)
{
	size_t n, nonzero = 0, size;
	int8_t *blocks = lay_out_blocks(node, &n);
	uint8_t *sparse = NULL;
	int ret = -ENOMEM;

	if (!blocks)
		return ret;
	for (size_t b = 0; b < n; b++)
		nonzero += !block_is_zero(blocks + b * 4);
	size = n * 4;
	if ((n + 31) / 32 + nonzero < n) {
		sparse = compact_blocks(blocks, n, nonzero, &size);
		if (!sparse)
			goto out;
		conv->sparse = 1;
	}
	conv->weights_len = size;
	ret = lw_region0_stream(&lower->region0,
				sparse ? sparse : (uint8_t *)blocks, size,
				&conv->weights);
	lower->layer->nonzero_macs = nonzero * 4 * count_places(node);
out:
	free(sparse);
	free(blocks);
	return ret;
}

/*
 * The accumulator starts at bias - zero point x sum of weights, so that
 * unsigned bytes may be multiplied as they are, padding included. It wraps
 * like every accumulator. A transposed convolution, of which not every output
 * sees all weights, takes the zero point from the bytes.
 */
static int add_biases(struct lw_lowering *lower, const struct lw_node *node,
		      uint32_t *offset)
{
	const struct lw_weights *w = node->weights;
	size_t per_output = (size_t)w->kh * w->kw * w->i;
	uint32_t *bias = calloc(words(w->o), 4 * sizeof(*bias));
	uint32_t zero_point = node->kind == LW_NODE_TCONV ?
				      0 : node->in[0]->zero_point;
	int ret;

	if (!bias)
		return -ENOMEM;
	for (uint32_t o = 0; o < w->o; o++) {
		uint32_t sum = 0;

		for (size_t k = 0; k < per_output; k++)
			sum += (uint32_t)w->q[o * per_output + k];
		bias[o] = (w->bias_q ? (uint32_t)w->bias_q[o] : 0) -
			  zero_point * sum;
	}
	ret = lw_region0_constant(&lower->region0, bias,
				  words(w->o) * 4 * sizeof(*bias), offset);
	free(bias);
	return ret;
}

static int add_scales(struct lw_lowering *lower, const struct lw_node *node,
		      uint32_t *offset)
{
	const struct lw_weights *w = node->weights;
	float *scale = calloc(words(w->o), 4 * sizeof(*scale));
	int ret = 0;

	if (!scale)
		return -ENOMEM;
	for (uint32_t o = 0; o < w->o && !ret; o++)
		ret = lw_lower_scale(lower, node, node->in[0]->scale,
				     w->scale[o], &scale[o]);
	if (!ret)
		ret = lw_region0_constant(&lower->region0, scale,
					  words(w->o) * 4 * sizeof(*scale),
					  offset);
	free(scale);
	return ret;
}

static int check_window(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_window *w = &node->window;
	const uint32_t all[] = {
		w->kernel_h, w->kernel_w, w->stride_h,	 w->stride_w,
		w->pad_top,  w->pad_left, w->dilation_h, w->dilation_w,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i] > 255)
			return lw_fail(lower->error, -EOPNOTSUPP,
				       "%s: a kernel, stride, dilation or padding of %u, at most 255",
				       node->name, all[i]);
	return 0;
}

/* Whether every window has a place inside the image at both of its ends. */
static bool touches(uint32_t in, uint32_t out, uint32_t kernel,
		    uint32_t dilation, uint32_t stride, uint32_t pad)
{
	return pad <= (uint64_t)(kernel - 1) * dilation &&
	       (uint64_t)(out - 1) * stride < (uint64_t)in + pad;
}

/*
 * Programs have no window that lies in padding alone. Where a model has one,
 * the image is padded by a copy first.
 */
static int pad_input(struct lw_lowering *lower, const struct lw_node *node,
		     struct lw_window *w, struct lw_view *in)
{
	const struct lw_value *x = node->in[0], *y = node->out;
	struct lw_view padded;
	struct lwnpu_op *op;
	int ret;

	if (touches(x->h, y->h, w->kernel_h, w->dilation_h, w->stride_h,
		    w->pad_top) &&
	    touches(x->w, y->w, w->kernel_w, w->dilation_w, w->stride_w,
		    w->pad_left))
		return 0;
	ret = lw_lower_buffer(lower, LWNPU_REGION_ARENA,
			      x->h + w->pad_top + w->pad_bottom,
			      x->w + w->pad_left + w->pad_right, x->c,
			      x->zero_point, &padded);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_COPY, in, NULL, &padded);
	if (!op)
		return -ENOMEM;
	op->copy.start_h = -(int)w->pad_top;
	op->copy.start_w = -(int)w->pad_left;
	op->copy.stride_h = 1;
	op->copy.stride_w = 1;
	op->copy.channels = x->c;
	op->copy.fill = x->zero_point;
	*in = padded;
	w->pad_top = w->pad_left = w->pad_bottom = w->pad_right = 0;
	return 0;
}

/*
 * A transposed convolution ends before the place where one input more, or one
 * kernel row more, would fall.
 */
static int check_end(struct lw_lowering *lower, const struct lw_node *node,
		     uint32_t in, uint32_t out, uint32_t pad, uint32_t kernel,
		     uint32_t stride, uint32_t dilation)
{
	uint64_t most = (uint64_t)(in - 1) * stride +
			(uint64_t)(kernel - 1) * dilation +
			(stride > dilation ? stride : dilation);

	if (out + (uint64_t)pad <= most)
		return 0;
	return lw_fail(lower->error, -EOPNOTSUPP,
		       "%s: an output of %u behind %u of padding, at most %llu in all",
		       node->name, out, pad, (unsigned long long)most);
}

static int check_ends(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_value *x = node->in[0], *y = node->out;
	const struct lw_window *w = &node->window;
	int ret;

	ret = check_end(lower, node, x->h, y->h, w->pad_top, w->kernel_h,
			w->stride_h, w->dilation_h);
	return ret ? ret : check_end(lower, node, x->w, y->w, w->pad_left,
				     w->kernel_w, w->stride_w, w->dilation_w);
}

/* What the operations with weights have in common. */
struct common {
	struct lw_window window;
	struct lw_view in;
	uint32_t bias, scale;
	uint8_t lo, hi;
};

static int prepare(struct lw_lowering *lower, const struct lw_node *node,
		   struct common *common)
{
	int ret;

	*common = (struct common){
		.window = node->window,
		.in = *lw_lower_view(lower, node->in[0]),
		.lo = lw_quantise(node->act_lo, node->out),
		.hi = lw_quantise(node->act_hi, node->out),
	};
	ret = check_window(lower, node);
	if (!ret && node->kind == LW_NODE_TCONV)
		ret = check_ends(lower, node);
	else if (!ret)
		ret = pad_input(lower, node, &common->window, &common->in);
	if (!ret)
		ret = add_biases(lower, node, &common->bias);
	if (!ret)
		ret = add_scales(lower, node, &common->scale);
	return ret;
}

/* The fields of both have one name each. */
#define SET_COMMON(op, common) do { \
	(op).kernel_h = (common).window.kernel_h; \
	(op).kernel_w = (common).window.kernel_w; \
	(op).stride_h = (common).window.stride_h; \
	(op).stride_w = (common).window.stride_w; \
	(op).dilation_h = (common).window.dilation_h; \
	(op).dilation_w = (common).window.dilation_w; \
	(op).pad_top = (common).window.pad_top; \
	(op).pad_left = (common).window.pad_left; \
	(op).bias = (common).bias; \
	(op).scale = (common).scale; \
	(op).lo = (common).lo; \
	(op).hi = (common).hi; \
} while (0)

static uint64_t count_macs(const struct lw_node *node)
{
	const struct lw_weights *w = node->weights;

	return count_places(node) * w->o * w->kh * w->kw * w->i;
}

/* CONV, or TCONV: their fields are the same. */
static int lower_blocks(struct lw_lowering *lower, const struct lw_node *node,
			uint32_t opcode)
{
	struct lwnpu_conv conv = { .groups = stream_groups(node) };
	struct common common;
	struct lwnpu_op *op;
	int ret;

	ret = prepare(lower, node, &common);
	if (!ret)
		ret = add_conv_stream(lower, node, &conv);
	if (ret)
		return ret;
	SET_COMMON(conv, common);
	op = lw_lower_op(lower, opcode, &common.in, NULL,
			 lw_lower_view(lower, node->out));
	if (!op)
		return -ENOMEM;
	op->conv = conv;
	lower->layer->macs = count_macs(node);
	if (lower->layer->nonzero_macs > lower->layer->macs)
		lower->layer->nonzero_macs = lower->layer->macs;
	return 0;
}

int lw_lower_conv(struct lw_lowering *lower, const struct lw_node *node)
{
	return lower_blocks(lower, node, LWNPU_OP_CONV);
}

int lw_lower_tconv(struct lw_lowering *lower, const struct lw_node *node)
{
	return lower_blocks(lower, node, LWNPU_OP_TCONV);
}

/* [c][kh][kw] to [c/4][kh][kw][4]. */
static int add_dwconv_stream(struct lw_lowering *lower,
			     const struct lw_node *node,
			     struct lwnpu_dwconv *dw)
{
	const struct lw_weights *w = node->weights;
	size_t taps = (size_t)w->kh * w->kw;
	size_t size = words(w->o) * taps * 4;
	int8_t *stream = calloc(size, 1);
	int ret;

	if (!stream)
		return -ENOMEM;
	for (uint32_t c = 0; c < w->o; c++)
		for (size_t t = 0; t < taps; t++)
			stream[(c / 4 * taps + t) * 4 + c % 4] =
				w->q[c * taps + t];
	dw->weights_len = size;
	ret = lw_region0_stream(&lower->region0, stream, size, &dw->weights);
	free(stream);
	return ret;
}

int lw_lower_dwconv(struct lw_lowering *lower, const struct lw_node *node)
{
	struct lwnpu_dwconv dw = { 0 };
	struct common common;
	struct lwnpu_op *op;
	int ret;

	ret = prepare(lower, node, &common);
	if (!ret)
		ret = add_dwconv_stream(lower, node, &dw);
	if (ret)
		return ret;
	SET_COMMON(dw, common);
	op = lw_lower_op(lower, LWNPU_OP_DWCONV, &common.in, NULL,
			 lw_lower_view(lower, node->out));
	if (!op)
		return -ENOMEM;
	op->dwconv = dw;
	lower->layer->macs = count_macs(node);
	lower->layer->nonzero_macs = lower->layer->macs;
	return 0;
}
