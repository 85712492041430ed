// SPDX-License-Identifier: MIT
/* What each kind of node asks of its tensors, window and constants. */
#include <inttypes.h>

#include "node_check.h"

static int check_inputs(const struct lw_node *node, uint32_t n,
			struct lwnpu_error *error)
{
	if (node->n_in == n)
		return 0;
	return lw_fail(error, -EINVAL,
		       NODE_FORMAT "%" PRIu32 " inputs, expected %" PRIu32,
		       NODE_ARGS(node), node->n_in, n);
}

static int check_shape(const struct lw_node *node, uint64_t h, uint64_t w,
		       uint64_t c, struct lwnpu_error *error)
{
	const struct lw_value *out = node->out;

	if (out->h == h && out->w == w && out->c == c)
		return 0;
	return lw_fail(error, -EINVAL,
		       NODE_FORMAT "output is " SHAPE_FORMAT ", expected %"
		       PRIu64 "x%" PRIu64 "x%" PRIu64,
		       NODE_ARGS(node), SHAPE_ARGS(out), h, w, c);
}

/* One input, and the output has its shape. */
static int check_same(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = check_inputs(node, 1, error);

	if (ret)
		return ret;
	return check_shape(node, node->in[0]->h, node->in[0]->w,
			   node->in[0]->c, error);
}

static int check_finite(const struct lw_node *node, const char *what,
			const float *array, size_t n,
			struct lwnpu_error *error)
{
	size_t i;

	for (i = 0; array && i < n; i++)
		if (!isfinite(array[i]))
			return lw_fail(error, -EINVAL, NODE_FORMAT
				       "%s[%zu] is %g, expected a finite number",
				       NODE_ARGS(node), what, i, array[i]);
	return 0;
}

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
	ret = check_finite(node, "weights", weights->real, n, error);
	if (!ret)
		ret = check_finite(node, "bias", weights->bias, o, error);
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

static int check_window(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_window *w = &node->window;
	const struct lw_value *in = node->in[0];
	uint64_t out_h, out_w;

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
	out_h = windows(in->h, (uint64_t)w->pad_top + w->pad_bottom,
			w->kernel_h, w->stride_h, w->dilation_h);
	out_w = windows(in->w, (uint64_t)w->pad_left + w->pad_right,
			w->kernel_w, w->stride_w, w->dilation_w);
	if (!out_h || !out_w)
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "the window is larger than the padded image of "
			       SHAPE_FORMAT, NODE_ARGS(node), SHAPE_ARGS(in));
	return check_shape(node, out_h, out_w, node->out->c, error);
}

static int check_conv(const struct lw_node *node, struct lwnpu_error *error)
{
	uint32_t in_c, out_c = node->out->c, groups = node->groups;
	int ret = check_inputs(node, 1, error);

	if (ret)
		return ret;
	in_c = node->in[0]->c;
	if (!groups || in_c % groups || out_c % groups)
		return lw_fail(error, -EINVAL, NODE_FORMAT "%" PRIu32
			       " groups do not divide %" PRIu32 " inputs and %"
			       PRIu32 " outputs", NODE_ARGS(node), groups,
			       in_c, out_c);
	ret = check_window(node, error);
	return ret ? ret : check_weights(node, out_c, in_c / groups, error);
}

static int check_dwconv(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = check_inputs(node, 1, error);

	if (!ret)
		ret = check_shape(node, node->out->h, node->out->w,
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

static int check_pool(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_value *in, *out = node->out;
	const struct lw_window *w = &node->window;
	int ret = check_inputs(node, 1, error);

	if (ret)
		return ret;
	in = node->in[0];
	if (node->pool != LW_POOL_MAX && node->pool != LW_POOL_AVERAGE)
		return lw_fail(error, -EINVAL, NODE_FORMAT "unknown pooling %d",
			       NODE_ARGS(node), node->pool);
	ret = check_shape(node, out->h, out->w, in->c, error);
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
	if (node->integer_average &&
	    (!in->quantised || !out->quantised || in->scale != out->scale ||
	     in->zero_point != out->zero_point))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "an integer average must keep the scale",
			       NODE_ARGS(node));
	return 0;
}

static int check_add(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = check_inputs(node, 2, error);
	uint32_t i;

	for (i = 0; i < node->n_in && !ret; i++)
		ret = check_shape(node, node->in[i]->h, node->in[i]->w,
				  node->in[i]->c, error);
	return ret;
}

static int check_affine(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = check_same(node, error);

	return ret ? ret : check_weights(node, node->out->c, 1, error);
}

static int check_unary(const struct lw_node *node, struct lwnpu_error *error)
{
	if ((unsigned int)node->unary > LW_UNARY_LEAKY_RELU)
		return lw_fail(error, -EINVAL, NODE_FORMAT "unknown function %d",
			       NODE_ARGS(node), node->unary);
	if (!isfinite(node->alpha) || !isfinite(node->beta))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "slope and offset must be finite",
			       NODE_ARGS(node));
	return check_same(node, error);
}

static int check_concat(const struct lw_node *node, struct lwnpu_error *error)
{
	uint64_t sum = 0, h, w, c;
	uint32_t i;
	int ret;

	if (!node->n_in)
		return check_inputs(node, 1, error);
	if ((unsigned int)node->axis > LW_AXIS_C)
		return lw_fail(error, -EINVAL, NODE_FORMAT "unknown axis %d",
			       NODE_ARGS(node), node->axis);
	for (i = 0; i < node->n_in; i++)
		sum += node->axis == LW_AXIS_H ? node->in[i]->h :
		       node->axis == LW_AXIS_W ? node->in[i]->w :
						 node->in[i]->c;
	for (i = 0; i < node->n_in; i++) {
		h = node->axis == LW_AXIS_H ? sum : node->in[i]->h;
		w = node->axis == LW_AXIS_W ? sum : node->in[i]->w;
		c = node->axis == LW_AXIS_C ? sum : node->in[i]->c;
		ret = check_shape(node, h, w, c, error);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_slice(const struct lw_node *node, struct lwnpu_error *error)
{
	uint32_t in[3], out[3] = { SHAPE_ARGS(node->out) };
	int i, ret = check_inputs(node, 1, error);

	if (ret)
		return ret;
	in[0] = node->in[0]->h;
	in[1] = node->in[0]->w;
	in[2] = node->in[0]->c;
	for (i = 0; i < 3; i++)
		if (!node->step[i] || node->start[i] +
		    (uint64_t)(out[i] - 1) * node->step[i] >= in[i])
			return lw_fail(error, -EINVAL, NODE_FORMAT "%" PRIu32
				       " from %" PRIu32 " in steps of %" PRIu32
				       " leave the %" PRIu32 " of axis %c",
				       NODE_ARGS(node), out[i], node->start[i],
				       node->step[i], in[i], "hwc"[i]);
	return 0;
}

static int check_pad(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_window *w = &node->window;
	int ret = check_inputs(node, 1, error);

	if (ret)
		return ret;
	if (!isfinite(node->fill))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "fill must be finite", NODE_ARGS(node));
	return check_shape(node,
			   (uint64_t)node->in[0]->h + w->pad_top +
			   w->pad_bottom,
			   (uint64_t)node->in[0]->w + w->pad_left +
			   w->pad_right,
			   (uint64_t)node->in[0]->c +
			   node->pad_channels_before +
			   node->pad_channels_after, error);
}

static int check_flatten(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_value *in;
	int ret = check_inputs(node, 1, error);

	if (ret)
		return ret;
	in = node->in[0];
	return check_shape(node, 1, 1, (uint64_t)in->h * in->w * in->c, error);
}

static int check_softmax(const struct lw_node *node, struct lwnpu_error *error)
{
	return check_same(node, error);
}

static int check_requant(const struct lw_node *node, struct lwnpu_error *error)
{
	return check_same(node, error);
}

static int (*const kind_checks[])(const struct lw_node *node,
				  struct lwnpu_error *error) = {
#define LW_NODE_CHECK(name, NAME, text) [LW_NODE_##NAME] = check_##name,
	LW_NODES(LW_NODE_CHECK)
#undef LW_NODE_CHECK
};

int lw_node_check(const struct lw_node *node, struct lwnpu_error *error)
{
	return kind_checks[node->kind](node, error);
}
