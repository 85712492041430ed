// SPDX-License-Identifier: MIT
/* Lowering of what COPY moves: concat, slice, pad. */
#include "digits.h"
#include "lower.h"

/*
 * Copies channels [from, from + n) of @in to [to, to + n) of @out, rows and
 * columns as @copy says.
 */
static int copy_channels(struct lw_lowering *lower, const struct lw_view *in,
			 uint32_t from, const struct lw_view *out, uint32_t to,
			 uint32_t n, const struct lwnpu_copy *copy)
{
	struct lw_view source = lw_view_channels(in, from / 4,
						 in->tensor.c - from / 4 * 4);
	struct lw_view target = lw_view_channels(out, to / 4, to % 4 + n);
	struct lwnpu_op *op;

	op = lw_lower_op(lower, LWNPU_OP_COPY, &source, NULL, &target);
	if (!op)
		return -ENOMEM;
	op->copy = *copy;
	op->copy.channels = n;
	op->copy.lane_in = from % 4;
	op->copy.lane_out = to % 4;
	return 0;
}

static const struct lwnpu_copy plain = { .stride_h = 1, .stride_w = 1 };

int lw_lower_in_scale_of(struct lw_lowering *lower, const struct lw_value *from,
			 const struct lw_value *to, struct lw_view *view)
{
	const struct lw_view *in = lw_lower_view(lower, from);
	int ret;

	*view = *in;
	if (lw_same_scale(from, to))
		return 0;
	ret = lw_lower_buffer(lower, LWNPU_REGION_ARENA, from->h, from->w,
			      from->c, to->zero_point, view);
	if (ret)
		return ret;
	return lw_lower_requantise(lower, in, view, from, to);
}

/* Where part @v of a concatenation belongs, and its first channel there. */
static struct lw_view place_of_part(const struct lw_node *node,
				    const struct lw_view *out, uint32_t at,
				    const struct lw_value *v, uint32_t *c)
{
	*c = node->axis == LW_AXIS_C ? at : 0;
	return lw_view_window(out, node->axis == LW_AXIS_H ? at : 0,
			 node->axis == LW_AXIS_W ? at : 0, v);
}

static bool is_placed(const struct lw_view *v, const struct lw_view *place,
		      uint32_t c)
{
	return v->buffer == place->buffer &&
	       v->tensor.offset == lw_view_channels(place, c / 4, 1).tensor.offset;
}

int lw_lower_concat(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_view *out = lw_lower_view(lower, node->out);
	uint32_t at = 0, c;
	int ret = 0;

	for (uint32_t i = 0; i < node->n_in && !ret; i++) {
		const struct lw_value *v = node->in[i];
		struct lw_view place = place_of_part(node, out, at, v, &c);
		struct lw_view in;

		at += node->axis == LW_AXIS_H ? v->h :
		      node->axis == LW_AXIS_W ? v->w :
						v->c;
		if (is_placed(lw_lower_view(lower, v), &place, c))
			continue;
		ret = lw_lower_in_scale_of(lower, v, node->out, &in);
		if (!ret)
			ret = copy_channels(lower, &in, 0, &place, c, v->c,
					    &plain);
	}
	return ret;
}

/*
 * Channels in steps: those from the first to the last are copied, then every
 * so manieth of them is taken.
 */
static int step_channels(struct lw_lowering *lower, const struct lw_node *node,
			 const struct lw_view *in,
			 const struct lwnpu_copy *copy)
{
	const struct lw_value *v = node->out;
	uint32_t step = node->step[2], span = (v->c - 1) * step + 1;
	const struct lw_digits digits = {
		.n = 2,
		.size = { v->h * v->w, v->c },
		.stride = { span, step },
	};
	struct lw_view all;
	int ret;

	ret = lw_lower_buffer(lower, LWNPU_REGION_ARENA, v->h, v->w, span,
			      v->zero_point, &all);
	if (!ret)
		ret = copy_channels(lower, in, node->start[2], &all, 0, span,
				    copy);
	return ret ? ret : lw_lower_digits(lower, &all, lw_lower_view(lower, v),
					   &digits);
}

int lw_lower_slice(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lwnpu_copy copy = {
		.start_h = node->start[0],
		.start_w = node->start[1],
		.stride_h = node->step[0],
		.stride_w = node->step[1],
	};
	struct lw_view in;
	int ret;

	if (node->start[0] > INT16_MAX || node->start[1] > INT16_MAX)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: a slice from row %u, column %u; at most %d",
			       node->name, node->start[0], node->start[1],
			       INT16_MAX);
	ret = lw_lower_in_scale_of(lower, node->in[0], node->out, &in);
	if (ret)
		return ret;
	if (node->step[2] != 1 && node->out->c > 1)
		return step_channels(lower, node, &in, &copy);
	return copy_channels(lower, &in, node->start[2],
			     lw_lower_view(lower, node->out), 0, node->out->c,
			     &copy);
}

/* Fills channels of @out: copies from where @in has no rows. */
static int fill_channels(struct lw_lowering *lower, const struct lw_view *in,
			 const struct lw_view *out, uint32_t to, uint32_t n,
			 uint8_t fill)
{
	const struct lwnpu_copy copy = {
		.start_h = INT16_MIN,
		.stride_h = 1,
		.stride_w = 1,
		.fill = fill,
	};
	int ret = 0;

	while (n && !ret) {
		uint32_t part = n < in->tensor.c ? n : in->tensor.c;

		ret = copy_channels(lower, in, 0, out, to, part, &copy);
		to += part;
		n -= part;
	}
	return ret;
}

int lw_lower_pad(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_view *out = lw_lower_view(lower, node->out);
	const struct lw_value *v = node->in[0];
	uint8_t fill = lw_quantise(node->fill, node->out);
	const struct lwnpu_copy copy = {
		.start_h = -(int)node->window.pad_top,
		.start_w = -(int)node->window.pad_left,
		.stride_h = 1,
		.stride_w = 1,
		.fill = fill,
	};
	struct lw_view in;
	int ret;

	if (node->window.pad_top > INT16_MAX ||
	    node->window.pad_left > INT16_MAX || node->out->h > INT16_MAX)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: padding of %u rows, %u columns to %u rows; at most %d",
			       node->name, node->window.pad_top,
			       node->window.pad_left, node->out->h, INT16_MAX);
	ret = lw_lower_in_scale_of(lower, v, node->out, &in);
	if (!ret)
		ret = fill_channels(lower, &in, out, 0,
				    node->pad_channels_before, fill);
	if (!ret)
		ret = copy_channels(lower, &in, 0, out,
				    node->pad_channels_before, v->c, &copy);
	if (!ret)
		ret = fill_channels(lower, &in, out,
				    node->pad_channels_before + v->c,
				    node->pad_channels_after, fill);
	return ret;
}
