// SPDX-License-Identifier: MIT
/* Padding with a constant. */
#include "tflite_view.h"

/* The number that PADV2 fills with, of the input's type. */
static int read_fill(struct lw_tflite_op *op, const struct lw_value *in,
		     float *fill)
{
	const struct lw_tflite_tensor *tensor = lw_tflite_input(op, 2);
	int ret = lw_tflite_constant(op, tensor, "fill");
	size_t n;

	if (ret)
		return ret;
	lw_tflite_elements(tensor, &n);
	if (n != 1 || tensor->type != lw_tflite_input(op, 0)->type)
		return lw_tflite_refuse(op, "its fill is %zu times %s; one %s expected",
					n, lw_tflite_type_name(tensor->type),
					lw_tflite_type_name(lw_tflite_input(op, 0)->type));
	if (!in->quantised)
		*fill = lw_fb_get_f32(tensor->data);
	else if (in->is_signed)
		*fill = in->scale * ((int8_t)*tensor->data + 128 -
				     in->zero_point);
	else
		*fill = in->scale * (*tensor->data - in->zero_point);
	if (!isfinite(*fill))
		return lw_tflite_refuse(op, "its fill is %g; a finite number expected",
					*fill);
	return 0;
}

static int check_pads(struct lw_tflite_op *op, const int64_t *pads,
		      const struct lw_tflite_dims *dims)
{
	uint32_t i;

	for (i = 0; i < 2 * dims->n; i++)
		if (pads[i] < 0 || pads[i] > LW_MAX_DIM)
			return lw_tflite_refuse(op, "its padding of dimension %u is %lld; 0 to %d expected",
						i / 2, (long long)pads[i],
						LW_MAX_DIM);
	return 0;
}

struct padding {
	uint32_t before, after;
};

static int add_pad(struct lw_tflite_op *op, struct lw_value **value,
		   const struct padding pads[3], float fill)
{
	struct lw_value *in = *value;
	struct lw_node *node;
	int ret = lw_tflite_derive(op, in, in->h + pads[0].before +
				   pads[0].after, in->w + pads[1].before +
				   pads[1].after, in->c + pads[2].before +
				   pads[2].after, value);

	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_PAD, &in, 1, *value, &node);
	if (ret)
		return ret;
	node->window.pad_top = pads[0].before;
	node->window.pad_bottom = pads[0].after;
	node->window.pad_left = pads[1].before;
	node->window.pad_right = pads[1].after;
	node->pad_channels_before = pads[2].before;
	node->pad_channels_after = pads[2].after;
	node->fill = fill;
	return 0;
}

/* A dimension that is none of h, w, c, in a view where it is w. */
static int pad_around(struct lw_tflite_op *op, struct lw_value **value,
		      struct lw_tflite_dims *dims, uint32_t axis,
		      struct padding padding, float fill)
{
	struct padding pads[3] = { 0 };
	uint32_t hwc[3];
	int ret;

	lw_tflite_around(dims, axis, hwc);
	ret = lw_tflite_view(op, *value, hwc, value);
	pads[1] = padding;
	if (!ret)
		ret = add_pad(op, value, pads, fill);
	if (ret)
		return ret;
	dims->d[axis] += padding.before + padding.after;
	lw_tflite_hwc(dims, hwc);
	return lw_tflite_view(op, *value, hwc, value);
}

/*
 * Whether one node can do the padding of all dimensions: only one of those that
 * make h has any.
 */
static bool is_one_pad(const struct lw_tflite_dims *dims, const int64_t *pads)
{
	enum lw_axis at;
	uint32_t i, n = 0;

	for (i = 0; i + 2 < dims->n; i++)
		if (pads[2 * i] || pads[2 * i + 1])
			n += lw_tflite_axis_in(dims, i, &at) ? 1 : 2;
	return n <= 1;
}

int lw_tflite_pad_dims(struct lw_tflite_op *op, struct lw_value **value,
		       struct lw_tflite_dims *dims, const int64_t *pads,
		       float fill)
{
	bool one_pad = is_one_pad(dims, pads), direct = false;
	struct padding all[3] = { 0 };
	uint32_t i;
	int ret = check_pads(op, pads, dims);

	for (i = 0; i < dims->n && !ret; i++) {
		const struct padding one = { (uint32_t)pads[2 * i],
					     (uint32_t)pads[2 * i + 1] };
		enum lw_axis at = i + 2 < dims->n ? LW_AXIS_H :
				  i + 1 < dims->n ? LW_AXIS_W : LW_AXIS_C;

		if (!one.before && !one.after)
			continue;
		if (at == LW_AXIS_H && !one_pad) {
			ret = pad_around(op, value, dims, i, one, fill);
		} else {
			all[at] = one;
			dims->d[i] += one.before + one.after;
			direct = true;
		}
	}
	return !ret && direct ? add_pad(op, value, all, fill) : ret;
}

int lw_tflite_pad(struct lw_tflite_op *op)
{
	int64_t pads[2 * LW_TFLITE_MAX_DIMS];
	struct lw_tflite_dims dims;
	struct lw_value *in;
	float fill = 0;
	int ret = lw_tflite_input_value(op, 0, &in);

	if (!ret)
		ret = lw_tflite_dims(op, lw_tflite_input(op, 0), &dims);
	if (!ret)
		ret = lw_tflite_integers(op, 1, "padding", pads, 2 * dims.n);
	if (!ret && lw_tflite_input(op, 2))
		ret = read_fill(op, in, &fill);
	if (!ret)
		ret = lw_tflite_pad_dims(op, &in, &dims, pads, fill);
	return ret ? ret : lw_tflite_deliver(op, in, lw_tflite_output(op));
}
