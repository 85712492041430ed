// SPDX-License-Identifier: MIT
/* Lowering of pooling. */
#include "lower.h"

/*
 * An average over a window that the padding cuts divides by what is left: an
 * integer average. One with a change of scale is a mean, where the window is
 * whole everywhere or padding counts as zeros.
 */
static enum lwnpu_pool_mode pool_mode(const struct lw_node *node)
{
	const struct lw_window *w = &node->window;
	bool cut = w->pad_top || w->pad_left || w->pad_bottom || w->pad_right;

	if (node->pool == LW_POOL_MAX)
		return LWNPU_POOL_MAX;
	if (node->rule == LW_RULE_ONNXRUNTIME)
		return LWNPU_POOL_REAL;
	if (node->rule == LW_RULE_ONNXRUNTIME_REDUCE)
		return LWNPU_POOL_REDUCE;
	if (node->rule == LW_RULE_TFLITE || (cut && !node->count_pad))
		return LWNPU_POOL_AVERAGE;
	return LWNPU_POOL_MEAN;
}

static void set_window(struct lwnpu_pool *pool, const struct lw_node *node,
		       const struct lw_value *scale_of)
{
	pool->kernel_h = node->window.kernel_h;
	pool->kernel_w = node->window.kernel_w;
	pool->stride_h = node->window.stride_h;
	pool->stride_w = node->window.stride_w;
	pool->pad_top = node->window.pad_top;
	pool->pad_left = node->window.pad_left;
	pool->lo = lw_quantise(node->act_lo, scale_of);
	pool->hi = lw_quantise(node->act_hi, scale_of);
}

static int check_pool(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_window *w = &node->window;

	if (w->dilation_h != 1 || w->dilation_w != 1)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: pooling with a dilation of %ux%u, expected 1x1",
			       node->name, w->dilation_h, w->dilation_w);
	if (w->stride_h > 255 || w->stride_w > 255 || w->pad_top > 255 ||
	    w->pad_left > 255)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: a pooling stride or padding above 255",
			       node->name);
	return 0;
}

/* Modes that change the scale. */
static int lower_mean(struct lw_lowering *lower, const struct lw_node *node,
		      enum lwnpu_pool_mode mode)
{
	const struct lw_value *in = node->in[0], *out = node->out;
	float area = (float)node->window.kernel_h * node->window.kernel_w;
	float scale = (double)in->scale / out->scale / area;
	bool real = mode != LWNPU_POOL_MEAN;
	struct lwnpu_op *op;
	int ret = 0;

	if (node->rule == LW_RULE_ONNXRUNTIME_SUM)
		scale = in->scale / (out->scale * area);
	if (real)
		ret = lw_lower_real_scales(lower, node);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_POOL, lw_lower_view(lower, in), NULL,
			 lw_lower_view(lower, out));
	if (!op)
		return -ENOMEM;
	set_window(&op->pool, node, out);
	op->pool.mode = mode;
	op->pool.scale = lw_float_bits(scale);
	if (real) {
		op->pool.scale = lw_float_bits(in->scale);
		op->pool.out_scale = lw_float_bits(out->scale);
		op->pool.whole = node->count_pad;
		op->pool.vectors = node->vectors;
	}
	return 0;
}

int lw_lower_pool(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_value *in = node->in[0];
	struct lw_view *out = lw_lower_view(lower, node->out);
	enum lwnpu_pool_mode mode = pool_mode(node);
	struct lw_view pooled = *out;
	struct lwnpu_op *op;
	int ret = check_pool(lower, node);

	if (ret)
		return ret;
	if (mode != LWNPU_POOL_MAX && mode != LWNPU_POOL_AVERAGE)
		return lower_mean(lower, node, mode);
	if (!lw_same_scale(in, node->out))
		ret = lw_lower_buffer(lower, LWNPU_REGION_ARENA, node->out->h,
				      node->out->w, node->out->c,
				      in->zero_point, &pooled);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_POOL, lw_lower_view(lower, in), NULL,
			 &pooled);
	if (!op)
		return -ENOMEM;
	set_window(&op->pool, node, in);
	op->pool.mode = mode;
	if (mode == LWNPU_POOL_AVERAGE)
		op->pool.zero = node->rule == LW_RULE_TFLITE ?
				node->average_zero : in->zero_point;
	if (pooled.buffer == out->buffer)
		return 0;
	return lw_lower_requantise(lower, &pooled, out, in, node->out);
}
