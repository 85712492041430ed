// SPDX-License-Identifier: MIT
/* Operators that make one number of all along some dimensions. */
#include "tflite_view.h"

/* The largest kernel of a convolution. */
#define MAX_KERNEL 255

/**
 * struct reduction - an operator on its way
 * @op: the operator
 * @in: what is left of its input
 * @dims: its dimensions
 * @axes: bits of those that go
 * @over: whether h, w, c go, all of each
 * @mixed: of those that make h, some go and some do not
 * @like: scale of the output
 */
struct reduction {
	struct lw_tflite_op *op;
	struct lw_value *in;
	struct lw_tflite_dims dims;
	uint32_t axes;
	bool over[3];
	bool mixed;
	struct lw_value like;
};

static int read_axes(struct reduction *r)
{
	int64_t list[LW_TFLITE_MAX_DIMS];
	uint32_t i, n, axis;
	int ret = lw_tflite_list(r->op, 1, "list of axes", list, &n);

	for (i = 0; i < n && !ret; i++) {
		ret = lw_tflite_axis(r->op, list[i], r->dims.n, &axis);
		if (!ret)
			r->axes |= 1u << axis;
	}
	return ret;
}

static void sort_axes(struct reduction *r)
{
	uint32_t i, n = r->dims.n;
	bool kept = false;

	for (i = 0; i < n; i++) {
		bool goes = r->axes >> i & 1;

		if (i + 2 >= n)
			r->over[i + 1 == n ? LW_AXIS_C : LW_AXIS_W] = goes;
		else if (r->dims.d[i] > 1 && goes)
			r->over[LW_AXIS_H] = true;
		else if (r->dims.d[i] > 1)
			kept = true;
	}
	r->mixed = kept && r->over[LW_AXIS_H];
}

static int read_reduction(struct lw_tflite_op *op, struct reduction *r)
{
	int ret = lw_tflite_input_value(op, 0, &r->in);

	r->op = op;
	if (!ret)
		ret = lw_tflite_dims(op, lw_tflite_input(op, 0), &r->dims);
	if (!ret)
		ret = read_axes(r);
	if (!ret)
		ret = lw_tflite_describe(op, lw_tflite_output(op), &r->like);
	if (!ret)
		ret = lw_tflite_keeps_type(op, r->in, &r->like);
	if (ret)
		return ret;
	r->like.name = lw_tflite_output(op)->name;
	sort_axes(r);
	return 0;
}

/* What goes becomes one dimension, c (@last) or w, and what stays the other. */
static int gather_axes(struct reduction *r, bool last)
{
	struct lw_tflite_dims dims = { .n = 2, .d = { 1, 1 } };
	struct lw_tflite_order order = { 0 };
	uint32_t part, i;
	int ret;

	for (part = 0; part < 2; part++) {
		for (i = 0; i < r->dims.n; i++) {
			if ((r->axes >> i & 1) != (part == last))
				continue;
			order.size[order.n] = r->dims.d[i];
			order.stride[order.n++] =
				lw_tflite_product(&r->dims, i + 1, r->dims.n);
			dims.d[part] *= r->dims.d[i];
		}
	}
	ret = lw_tflite_arrange(r->op, &r->in, &dims, &order);
	r->over[LW_AXIS_H] = r->mixed = false;
	r->over[LW_AXIS_W] = !last;
	r->over[LW_AXIS_C] = last;
	return ret;
}

static bool fits_kernel(const struct reduction *r)
{
	return (!r->over[LW_AXIS_H] || r->in->h <= MAX_KERNEL) &&
	       (!r->over[LW_AXIS_W] || r->in->w <= MAX_KERNEL);
}

static int make_result(struct reduction *r, struct lw_value **out)
{
	return lw_tflite_derive(r->op, &r->like,
				r->over[LW_AXIS_H] ? 1 : r->in->h,
				r->over[LW_AXIS_W] ? 1 : r->in->w,
				r->over[LW_AXIS_C] ? 1 : r->in->c, out);
}

static int add_pool(struct reduction *r, enum lw_pool_kind kind)
{
	struct lw_value *out;
	struct lw_node *node;
	int ret = make_result(r, &out);

	if (!ret)
		ret = lw_tflite_node(r->op, LW_NODE_POOL, &r->in, 1, out,
				     &node);
	if (ret)
		return ret;
	node->pool = kind;
	node->window = (struct lw_window){
		.kernel_h = r->over[LW_AXIS_H] ? r->in->h : 1,
		.kernel_w = r->over[LW_AXIS_W] ? r->in->w : 1,
		.stride_h = 1,
		.stride_w = 1,
		.dilation_h = 1,
		.dilation_w = 1,
	};
	r->in = out;
	return 0;
}

static int add_sum(struct reduction *r, float factor)
{
	struct lw_value *out;
	int ret = make_result(r, &out);

	if (!ret)
		ret = lw_tflite_sum(r->op, r->in, out, factor);
	r->in = out;
	return ret;
}

static float share(const struct reduction *r)
{
	uint32_t n = 1, i;

	for (i = 0; i < r->dims.n; i++)
		if (r->axes >> i & 1)
			n *= r->dims.d[i];
	return 1.0f / (float)n;
}

int lw_tflite_mean(struct lw_tflite_op *op)
{
	struct reduction r = { 0 };
	int ret = read_reduction(op, &r);

	if (!ret && r.mixed)
		ret = gather_axes(&r, false);
	if (!ret && r.over[LW_AXIS_C] && !fits_kernel(&r))
		ret = gather_axes(&r, true);
	if (!ret && r.over[LW_AXIS_C])
		ret = add_sum(&r, share(&r));
	else if (!ret)
		ret = add_pool(&r, LW_POOL_AVERAGE);
	return ret ? ret : lw_tflite_deliver(op, r.in, lw_tflite_output(op));
}

int lw_tflite_reduce_sum(struct lw_tflite_op *op)
{
	struct reduction r = { 0 };
	int ret = read_reduction(op, &r);

	if (!ret && (r.mixed || !fits_kernel(&r)))
		ret = gather_axes(&r, true);
	if (!ret)
		ret = add_sum(&r, 1);
	return ret ? ret : lw_tflite_deliver(op, r.in, lw_tflite_output(op));
}

static int extreme(struct lw_tflite_op *op, bool least)
{
	struct reduction r = { 0 };
	int ret = read_reduction(op, &r);

	if (!ret)
		ret = lw_tflite_keeps_quanta(op, r.in, &r.like);
	if (!ret && (r.mixed || r.over[LW_AXIS_C]))
		ret = gather_axes(&r, false);
	if (!ret && least)
		ret = lw_tflite_negated(op, &r.in);
	if (ret)
		return ret;
	r.like.zero_point = r.in->zero_point;
	ret = add_pool(&r, LW_POOL_MAX);
	if (!ret && least)
		ret = lw_tflite_negated(op, &r.in);
	return ret ? ret : lw_tflite_deliver(op, r.in, lw_tflite_output(op));
}

int lw_tflite_reduce_max(struct lw_tflite_op *op)
{
	return extreme(op, false);
}

int lw_tflite_reduce_min(struct lw_tflite_op *op)
{
	return extreme(op, true);
}
