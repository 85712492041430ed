// SPDX-License-Identifier: MIT
/* Operators that move numbers or give them another shape. */
#include <stdlib.h>

#include "tflite_import.h"

enum {
	CONCATENATION_AXIS = 0,
	CONCATENATION_ACTIVATION = 1,
};

static bool has_image_shape(const struct lw_tflite_tensor *tensor)
{
	return tensor->n_dims == 2 || tensor->n_dims == 4;
}

static bool is_index(const struct lw_tflite_tensor *tensor)
{
	return tensor->type == LW_TFLITE_INT32 ||
	       tensor->type == LW_TFLITE_INT64;
}

/*
 * Converters compute the shapes of models with a dynamic batch. For one image
 * all shapes are known, and nothing else may read such a tensor.
 */
int lw_tflite_shape(struct lw_tflite_op *op)
{
	const struct lw_tflite_tensor *out = lw_tflite_output(op);

	if (is_index(out))
		return 0;
	return lw_tflite_refuse(op, "its output is %s; INT32 or INT64, a shape, expected",
				lw_tflite_type_name(out->type));
}

/* An input that is reshaped at once may as well have the new shape. */
static bool is_fresh_input(const struct lw_tflite_op *op,
			   const struct lw_tflite_tensor *tensor)
{
	return lw_tflite_is_input(op, tensor) && tensor->n_dims != 4 &&
	       !lw_tflite_known(op, tensor) &&
	       lw_tflite_readers(op, tensor) == 1;
}

static int check_reshape(struct lw_tflite_op *op, const struct lw_value *in,
			 const struct lw_tflite_tensor *tensor)
{
	struct lw_value out = { 0 };
	size_t n;
	int ret = lw_tflite_describe_quanta(op, tensor, &out);

	if (!ret)
		ret = lw_tflite_keeps_quanta(op, in, &out);
	if (ret)
		return ret;
	if (!lw_tflite_image_elements(tensor, &n) ||
	    n != (size_t)in->h * in->w * in->c)
		return lw_tflite_refuse(op, "tensor '%s' has not as many elements as %ux%ux%u",
					tensor->name, in->h, in->w, in->c);
	return 0;
}

static int reshape_input(struct lw_tflite_op *op)
{
	const struct lw_tflite_tensor *tensor = lw_tflite_input(op, 0);
	struct lw_value *out;
	int ret = lw_tflite_output_value(op, &out);

	if (!ret)
		ret = check_reshape(op, out, tensor);
	if (!ret)
		lw_tflite_alias(op, tensor, out);
	return ret;
}

int lw_tflite_reshape(struct lw_tflite_op *op)
{
	const struct lw_tflite_tensor *tensor = lw_tflite_output(op);
	struct lw_value is = { 0 };
	struct lw_value *in, *out;
	struct lw_node *node;
	int ret;

	if (is_fresh_input(op, lw_tflite_input(op, 0)))
		return reshape_input(op);
	ret = lw_tflite_input_value(op, 0, &in);
	if (!ret)
		ret = check_reshape(op, in, tensor);
	if (!ret && has_image_shape(tensor))
		ret = lw_tflite_describe(op, tensor, &is);
	if (ret)
		return ret;
	/* Outputs are in the same order in memory, whatever their shape. */
	if ((is.h == in->h && is.w == in->w && is.c == in->c) ||
	    !lw_tflite_readers(op, tensor)) {
		lw_tflite_alias(op, tensor, in);
		return 0;
	}
	if (is.h != 1 || is.w != 1)
		return lw_tflite_refuse(op, "it makes %ux%ux%u of %ux%ux%u; only a vector of all elements expected",
					is.h, is.w, is.c, in->h, in->w, in->c);
	ret = lw_tflite_output_value(op, &out);
	return ret ? ret : lw_tflite_node(op, LW_NODE_FLATTEN, &in, 1, out,
					  &node);
}

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

static int check_pads(struct lw_tflite_op *op, const int64_t pads[8],
		      const struct lw_value *in, const struct lw_value *out)
{
	int i;

	for (i = 0; i < 8; i++)
		if (pads[i] < 0 || pads[i] > (i < 2 ? 0 : LW_MAX_DIM))
			return lw_tflite_refuse(op, "its padding of dimension %d is %lld; 0 to %d expected",
						i / 2, (long long)pads[i],
						i < 2 ? 0 : LW_MAX_DIM);
	if (in->h + pads[2] + pads[3] != out->h ||
	    in->w + pads[4] + pads[5] != out->w ||
	    in->c + pads[6] + pads[7] != out->c)
		return lw_tflite_refuse(op, "its output %ux%ux%u is not its input %ux%ux%u with its padding",
					out->h, out->w, out->c, in->h, in->w,
					in->c);
	return 0;
}

int lw_tflite_pad(struct lw_tflite_op *op)
{
	struct lw_value *in, *out;
	struct lw_node *node;
	int64_t pads[8];
	float fill = 0;
	int ret = lw_tflite_input_value(op, 0, &in);

	if (!ret)
		ret = lw_tflite_output_value(op, &out);
	if (!ret)
		ret = lw_tflite_keeps_quanta(op, in, out);
	if (!ret)
		ret = lw_tflite_integers(op, 1, "padding", pads, 8);
	if (!ret)
		ret = check_pads(op, pads, in, out);
	if (!ret && lw_tflite_input(op, 2))
		ret = read_fill(op, in, &fill);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_PAD, &in, 1, out, &node);
	if (ret)
		return ret;
	node->window.pad_top = (uint32_t)pads[2];
	node->window.pad_bottom = (uint32_t)pads[3];
	node->window.pad_left = (uint32_t)pads[4];
	node->window.pad_right = (uint32_t)pads[5];
	node->pad_channels_before = (uint32_t)pads[6];
	node->pad_channels_after = (uint32_t)pads[7];
	node->fill = fill;
	return 0;
}

/* Which of h, w, c (an lw_axis) a tensor's dimension is; not its batch. */
static int image_axis(struct lw_tflite_op *op, int64_t axis, uint32_t n_dims,
		      enum lw_axis *result)
{
	uint32_t dim;
	int ret = lw_tflite_axis(op, axis, n_dims, &dim);

	if (ret)
		return ret;
	if (!dim)
		return lw_tflite_refuse(op, "its axis is the batch; height, width or channels expected");
	*result = (enum lw_axis)(dim + 3 - n_dims);
	return 0;
}

/* An input of a concatenation, in the scale of its output. */
static int read_part(struct lw_tflite_op *op, uint32_t i,
		     const struct lw_value *out, struct lw_value **part)
{
	struct lw_value *in, *scaled;
	struct lw_node *node;
	int ret = lw_tflite_input_value(op, i, &in);

	if (!ret)
		ret = lw_tflite_keeps_type(op, in, out);
	if (ret)
		return ret;
	*part = in;
	if (lw_tflite_same_quanta(in, out))
		return 0;
	scaled = lw_graph_value(op->import->graph, in->name, in->h, in->w,
				in->c);
	if (!scaled)
		return -ENOMEM;
	scaled->quantised = true;
	scaled->is_signed = out->is_signed;
	scaled->scale = out->scale;
	scaled->zero_point = out->zero_point;
	*part = scaled;
	return lw_tflite_node(op, LW_NODE_REQUANT, &in, 1, scaled, &node);
}

static int check_parts(struct lw_tflite_op *op, enum lw_axis axis,
		       struct lw_value *const *parts, uint32_t n,
		       const struct lw_value *out)
{
	const uint32_t whole[3] = { out->h, out->w, out->c };
	uint64_t sum = 0;
	uint32_t i;
	int k;

	for (i = 0; i < n; i++) {
		const uint32_t dims[3] = { parts[i]->h, parts[i]->w,
					   parts[i]->c };

		sum += dims[axis];
		for (k = 0; k < 3; k++)
			if (k != (int)axis && dims[k] != whole[k])
				return lw_tflite_refuse(op, "input %u is %ux%ux%u, the output %ux%ux%u",
							i, dims[0], dims[1],
							dims[2], whole[0],
							whole[1], whole[2]);
	}
	if (sum != whole[axis])
		return lw_tflite_refuse(op, "its inputs' sizes add up to %llu, the output's is %u",
					(unsigned long long)sum, whole[axis]);
	return 0;
}

int lw_tflite_concatenation(struct lw_tflite_op *op)
{
	const struct lw_fb_table *options = &op->source->options;
	uint8_t activation = lw_fb_u8(options, CONCATENATION_ACTIVATION, 0);
	uint32_t i, n = op->source->inputs.n;
	struct lw_value *out, **parts;
	struct lw_node *node;
	enum lw_axis axis = LW_AXIS_C;
	int ret = lw_tflite_output_value(op, &out);

	if (!ret)
		ret = image_axis(op, lw_fb_i32(options, CONCATENATION_AXIS, 0),
				 lw_tflite_output(op)->n_dims, &axis);
	if (ret)
		return ret;
	/* The schema has one, but runtimes refuse or ignore it. */
	if (activation)
		return lw_tflite_refuse(op, "its fused activation is %u; 0 (none) expected",
					activation);
	parts = calloc(n, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	for (i = 0; i < n && !ret; i++)
		ret = read_part(op, i, out, &parts[i]);
	if (!ret)
		ret = check_parts(op, axis, parts, n, out);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_CONCAT, parts, n, out, &node);
	free(parts);
	if (ret)
		return ret;
	node->axis = axis;
	return 0;
}
