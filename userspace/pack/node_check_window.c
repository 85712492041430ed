// SPDX-License-Identifier: MIT
/* What nodes with weights or a window ask of them. */
#include <inttypes.h>

#include "node_check.h"

static int check_scales(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_weights *weights = node->weights;
	uint32_t i;

	if (!weights->q)
		return 0;
	if (!weights->scale || (weights->bias && !weights->bias_q))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "quantised weights without %s",
			       NODE_ARGS(node),
			       weights->scale ? "quantised bias" : "scales");
	for (i = 0; i < weights->o; i++)
		if (!isfinite(weights->scale[i]) || weights->scale[i] <= 0)
			return lw_fail(error, -EINVAL, NODE_FORMAT
				       "weight scale[%" PRIu32 "] is %g, expected a finite number above 0",
				       NODE_ARGS(node), i, weights->scale[i]);
	return 0;
}

/* Constants are there, in the shape given, and finite. */
static int check_weights(const struct lw_node *node, uint32_t o, uint32_t i,
			 struct lwnpu_error *error)
{
	const struct lw_weights *weights = node->weights;
	const struct lw_window *w = &node->window;
	size_t n;
	int ret;

	if (!weights || !weights->real)
		return lw_fail(error, -EINVAL, NODE_FORMAT "no weights",
			       NODE_ARGS(node));
	if (weights->o != o || weights->i != i ||
	    weights->kh != w->kernel_h || weights->kw != w->kernel_w)
		return lw_fail(error, -EINVAL, NODE_FORMAT "weights are %"
			       PRIu32 "x" SHAPE_FORMAT ", expected %"
			       PRIu32 "x" SHAPE_FORMAT, NODE_ARGS(node),
			       weights->o, weights->kh, weights->kw,
			       weights->i, o, w->kernel_h, w->kernel_w, i);
	if (lw_mul(o, i, &n) || lw_mul(n, weights->kh, &n) ||
	    lw_mul(n, weights->kw, &n) || n > LW_MAX_ELEMENTS)
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "more than %u weights",
			       NODE_ARGS(node), LW_MAX_ELEMENTS);
	ret = lw_node_check_finite(node, "weights", weights->real, n, error);
	if (!ret)
		ret = lw_node_check_finite(node, "bias", weights->bias, o,
					   error);
	return ret ? ret : check_scales(node, error);
}

static bool window_field_ok(uint32_t value)
{
	return value >= 1 && value <= LW_MAX_DIM;
}

/* Windows along one axis, or 0 if not one fits. */
static uint64_t windows(uint64_t size, uint64_t pads, uint64_t kernel,
			uint64_t stride, uint64_t dilation)
{
	uint64_t reach = (kernel - 1) * dilation + 1;

	return size + pads < reach ? 0 : (size + pads - reach) / stride + 1;
}

/* The fields are within their limits. */
static int check_fields(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_window *w = &node->window;

	if (!window_field_ok(w->kernel_h) || !window_field_ok(w->kernel_w) ||
	    !window_field_ok(w->stride_h) || !window_field_ok(w->stride_w) ||
	    !window_field_ok(w->dilation_h) || !window_field_ok(w->dilation_w))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "kernel, stride and dilation must be 1 to %d",
			       NODE_ARGS(node), LW_MAX_DIM);
	if (w->pad_top > LW_MAX_DIM || w->pad_bottom > LW_MAX_DIM ||
	    w->pad_left > LW_MAX_DIM || w->pad_right > LW_MAX_DIM)
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "padding must be 0 to %d",
			       NODE_ARGS(node), LW_MAX_DIM);
	return 0;
}

static int check_window(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_window *w = &node->window;
	const struct lw_value *in = node->in[0];
	int ret = check_fields(node, error);
	uint64_t out_h, out_w;

	if (ret)
		return ret;
	out_h = windows(in->h, (uint64_t)w->pad_top + w->pad_bottom,
			w->kernel_h, w->stride_h, w->dilation_h);
	out_w = windows(in->w, (uint64_t)w->pad_left + w->pad_right,
			w->kernel_w, w->stride_w, w->dilation_w);
	if (!out_h || !out_w)
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "the window is larger than the padded image of "
			       SHAPE_FORMAT, NODE_ARGS(node), SHAPE_ARGS(in));
	return lw_node_check_shape(node, out_h, out_w, node->out->c, error);
}

static int check_groups(const struct lw_node *node, struct lwnpu_error *error)
{
	uint32_t in_c, out_c = node->out->c, groups = node->groups;
	int ret = lw_node_check_inputs(node, 1, error);

	if (ret)
		return ret;
	in_c = node->in[0]->c;
	if (!groups || in_c % groups || out_c % groups)
		return lw_fail(error, -EINVAL, NODE_FORMAT "%" PRIu32
			       " groups do not divide %" PRIu32 " inputs and %"
			       PRIu32 " outputs", NODE_ARGS(node), groups,
			       in_c, out_c);
	return check_weights(node, out_c, in_c / groups, error);
}

int lw_node_check_conv(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = check_groups(node, error);

	return ret ? ret : check_window(node, error);
}

int lw_node_check_tconv(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = check_groups(node, error);

	return ret ? ret : check_fields(node, error);
}

int lw_node_check_dwconv(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = lw_node_check_inputs(node, 1, error);

	if (!ret)
		ret = lw_node_check_shape(node, node->out->h, node->out->w,
					  node->in[0]->c, error);
	if (!ret)
		ret = check_window(node, error);
	return ret ? ret : check_weights(node, node->out->c, 1, error);
}

/* Whether each of n windows along an axis holds a place of the image. */
static bool windows_meet(uint32_t n, uint32_t size, uint32_t pad,
			 uint32_t kernel, uint32_t stride, uint32_t dilation)
{
	int64_t first;
	uint32_t i;

	for (i = 0; i < n; i++) {
		first = (int64_t)i * stride - pad;
		if (first < 0)
			first += (-first + dilation - 1) / dilation * dilation;
		if (first >= size ||
		    first > (int64_t)i * stride - pad +
			    (int64_t)(kernel - 1) * dilation)
			return false;
	}
	return true;
}

int lw_node_check_pool(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_value *in, *out = node->out;
	const struct lw_window *w = &node->window;
	int ret = lw_node_check_inputs(node, 1, error);

	if (ret)
		return ret;
	in = node->in[0];
	if (node->pool != LW_POOL_MAX && node->pool != LW_POOL_AVERAGE)
		return lw_fail(error, -EINVAL, NODE_FORMAT "unknown pooling %d",
			       NODE_ARGS(node), node->pool);
	ret = lw_node_check_shape(node, out->h, out->w, in->c, error);
	if (!ret)
		ret = check_window(node, error);
	if (ret)
		return ret;
	if (!windows_meet(out->h, in->h, w->pad_top, w->kernel_h,
			  w->stride_h, w->dilation_h) ||
	    !windows_meet(out->w, in->w, w->pad_left, w->kernel_w,
			  w->stride_w, w->dilation_w))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "a window holds nothing but padding",
			       NODE_ARGS(node));
	if (node->rule == LW_RULE_TFLITE &&
	    (!in->quantised || !out->quantised || in->scale != out->scale ||
	     in->zero_point != out->zero_point))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "an integer average must keep the scale",
			       NODE_ARGS(node));
	return 0;
}

int lw_node_check_affine(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = lw_node_check_same(node, error);

	return ret ? ret : check_weights(node, node->out->c, 1, error);
}
