// SPDX-License-Identifier: MIT
/* What nodes that move numbers ask. */
#include <inttypes.h>

#include "node_check.h"

int lw_node_check_constant(const struct lw_node *node,
			   struct lwnpu_error *error)
{
	int ret = lw_node_check_inputs(node, 0, error);

	if (ret)
		return ret;
	if (!node->constant)
		return lw_fail(error, -EINVAL, NODE_FORMAT "no numbers",
			       NODE_ARGS(node));
	return lw_node_check_finite(node, "constant", node->constant,
				    lw_value_size(node->out), error);
}

int lw_node_check_concat(const struct lw_node *node, struct lwnpu_error *error)
{
	uint64_t sum = 0, h, w, c;
	uint32_t i;
	int ret;

	if (!node->n_in)
		return lw_node_check_inputs(node, 1, error);
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
		ret = lw_node_check_shape(node, h, w, c, error);
		if (ret)
			return ret;
	}
	return 0;
}

int lw_node_check_slice(const struct lw_node *node, struct lwnpu_error *error)
{
	uint32_t in[3], out[3] = { SHAPE_ARGS(node->out) };
	int i, ret = lw_node_check_inputs(node, 1, error);

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

int lw_node_check_pad(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_window *w = &node->window;
	const struct lw_value *in;
	int ret = lw_node_check_inputs(node, 1, error);

	if (ret)
		return ret;
	if (!isfinite(node->fill))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "fill must be finite", NODE_ARGS(node));
	in = node->in[0];
	return lw_node_check_shape(node,
				   (uint64_t)in->h + w->pad_top + w->pad_bottom,
				   (uint64_t)in->w + w->pad_left + w->pad_right,
				   (uint64_t)in->c + node->pad_channels_before +
				   node->pad_channels_after, error);
}

int lw_node_check_flatten(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_value *in;
	int ret = lw_node_check_inputs(node, 1, error);

	if (ret)
		return ret;
	in = node->in[0];
	return lw_node_check_shape(node, 1, 1,
				   (uint64_t)in->h * in->w * in->c, error);
}

int lw_node_check_reorder(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_value *in, *out = node->out;
	uint64_t n, elements = 1, greatest = 0;
	int ret = lw_node_check_inputs(node, 1, error);
	uint32_t i;

	if (ret)
		return ret;
	in = node->in[0];
	if (!node->n_sizes || node->n_sizes > LW_MAX_SIZES)
		return lw_fail(error, -EINVAL, NODE_FORMAT "%" PRIu32
			       " sizes, expected 1 to %d", NODE_ARGS(node),
			       node->n_sizes, LW_MAX_SIZES);
	n = (uint64_t)out->h * out->w * out->c;
	for (i = 0; i < node->n_sizes && elements <= n && node->size[i]; i++) {
		elements *= node->size[i];
		greatest += (node->size[i] - 1ull) * node->stride[i];
	}
	if (i < node->n_sizes || elements != n)
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "sizes do not make " SHAPE_FORMAT,
			       NODE_ARGS(node), SHAPE_ARGS(out));
	n = (uint64_t)in->h * in->w * in->c;
	if (greatest >= n)
		return lw_fail(error, -EINVAL, NODE_FORMAT "element %" PRIu64
			       " of " SHAPE_FORMAT " does not exist",
			       NODE_ARGS(node), greatest, SHAPE_ARGS(in));
	return 0;
}

static int check_positions(const struct lw_node *node, int axis, uint32_t n,
			   uint32_t size, struct lwnpu_error *error)
{
	const float *position = node->position[axis];
	uint32_t i;

	if (!position)
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "no positions of axis %c", NODE_ARGS(node),
			       "hw"[axis]);
	for (i = 0; i < n; i++)
		if (!(position[i] >= 0 && position[i] <= size - 1))
			return lw_fail(error, -EINVAL, NODE_FORMAT
				       "position %g of axis %c, expected 0 to %"
				       PRIu32, NODE_ARGS(node), position[i],
				       "hw"[axis], size - 1);
	return 0;
}

int lw_node_check_resize(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_value *in, *out = node->out;
	int ret = lw_node_check_inputs(node, 1, error);

	if (ret)
		return ret;
	in = node->in[0];
	ret = lw_node_check_shape(node, out->h, out->w, in->c, error);
	if (!ret)
		ret = check_positions(node, 0, out->h, in->h, error);
	if (!ret)
		ret = check_positions(node, 1, out->w, in->w, error);
	return ret;
}
