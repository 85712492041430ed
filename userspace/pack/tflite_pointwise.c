// SPDX-License-Identifier: MIT
/* Operators that work on each number, or pixel, by itself. */
#include "tflite_import.h"

enum {
	ADD_ACTIVATION = 0,
	SOFTMAX_BETA = 0,
	LEAKY_RELU_ALPHA = 0,
};

static bool same_shape(const struct lw_value *a, const struct lw_value *b)
{
	return a->h == b->h && a->w == b->w && a->c == b->c;
}

static int check_shape(struct lw_tflite_op *op, const struct lw_value *in,
		       const struct lw_value *out)
{
	if (same_shape(in, out))
		return 0;
	return lw_tflite_refuse(op, "its input '%s' is %ux%ux%u, its output %ux%ux%u; equal shapes expected",
				in->name, in->h, in->w, in->c, out->h, out->w,
				out->c);
}

/* An input and the output, of one shape, both float or both quantised. */
static int read_values(struct lw_tflite_op *op, uint32_t input,
		       struct lw_value **in, struct lw_value **out)
{
	int ret = lw_tflite_input_value(op, input, in);

	if (!ret)
		ret = lw_tflite_output_value(op, out);
	if (!ret)
		ret = check_shape(op, *in, *out);
	return ret ? ret : lw_tflite_keeps_type(op, *in, *out);
}

int lw_tflite_add(struct lw_tflite_op *op)
{
	struct lw_value *in[2], *out;
	struct lw_node *node;
	int ret = read_values(op, 0, &in[0], &out);

	if (!ret)
		ret = read_values(op, 1, &in[1], &out);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_ADD, in, 2, out, &node);
	if (ret)
		return ret;
	return lw_tflite_activation(op, lw_fb_u8(&op->source->options,
						 ADD_ACTIVATION, 0), node);
}

static int add_unary(struct lw_tflite_op *op, enum lw_unary_kind kind,
		     struct lw_node **node)
{
	struct lw_value *in, *out;
	int ret = read_values(op, 0, &in, &out);

	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_UNARY, &in, 1, out, node);
	if (!ret)
		(*node)->unary = kind;
	return ret;
}

static int clamp(struct lw_tflite_op *op, float lo, float hi)
{
	struct lw_node *node;
	int ret = add_unary(op, LW_UNARY_IDENTITY, &node);

	if (ret)
		return ret;
	node->act_lo = lo;
	node->act_hi = hi;
	return 0;
}

int lw_tflite_relu(struct lw_tflite_op *op)
{
	return clamp(op, 0, INFINITY);
}

int lw_tflite_relu6(struct lw_tflite_op *op)
{
	return clamp(op, 0, 6);
}

int lw_tflite_relu_n1_to_1(struct lw_tflite_op *op)
{
	return clamp(op, -1, 1);
}

int lw_tflite_relu_0_to_1(struct lw_tflite_op *op)
{
	return clamp(op, 0, 1);
}

int lw_tflite_logistic(struct lw_tflite_op *op)
{
	struct lw_node *node;

	return add_unary(op, LW_UNARY_SIGMOID, &node);
}

int lw_tflite_tanh(struct lw_tflite_op *op)
{
	struct lw_node *node;

	return add_unary(op, LW_UNARY_TANH, &node);
}

int lw_tflite_hard_swish(struct lw_tflite_op *op)
{
	struct lw_node *node;

	return add_unary(op, LW_UNARY_HARD_SWISH, &node);
}

int lw_tflite_leaky_relu(struct lw_tflite_op *op)
{
	float alpha = lw_fb_f32(&op->source->options, LEAKY_RELU_ALPHA, 0);
	struct lw_node *node;
	int ret;

	if (!isfinite(alpha))
		return lw_tflite_refuse(op, "its alpha is %g; a finite number expected",
					alpha);
	ret = add_unary(op, LW_UNARY_LEAKY_RELU, &node);
	if (ret)
		return ret;
	node->alpha = alpha;
	return 0;
}

int lw_tflite_softmax(struct lw_tflite_op *op)
{
	float beta = lw_fb_f32(&op->source->options, SOFTMAX_BETA, 0);
	struct lw_value *in, *out;
	struct lw_node *node;
	int ret;

	if (beta != 1)
		return lw_tflite_refuse(op, "its beta is %g; 1 expected", beta);
	ret = read_values(op, 0, &in, &out);
	if (ret)
		return ret;
	return lw_tflite_node(op, LW_NODE_SOFTMAX, &in, 1, out, &node);
}

/* A float input that is only quantised becomes a quantised input. */
static int quantise_input(struct lw_tflite_op *op,
			  const struct lw_tflite_tensor *in)
{
	struct lw_value *out;
	int ret;

	if (!lw_tflite_is_input(op, in))
		return lw_tflite_refuse(op, "it quantises '%s' inside the model; only the model's input expected",
					in->name);
	ret = lw_tflite_output_value(op, &out);
	if (ret)
		return ret;
	if (!out->quantised)
		return lw_tflite_refuse(op, "its output is FLOAT32; INT8 or UINT8 expected");
	lw_tflite_alias(op, in, out);
	return 0;
}

/* From one scale to another; nothing to do where both are the same. */
static int requantise(struct lw_tflite_op *op, struct lw_value *in)
{
	struct lw_tflite_tensor *tensor = lw_tflite_output(op);
	struct lw_value is = { 0 };
	struct lw_value *out;
	struct lw_node *node;
	int ret = lw_tflite_describe(op, tensor, &is);

	if (!ret)
		ret = lw_tflite_keeps_type(op, in, &is);
	if (!ret)
		ret = check_shape(op, in, &is);
	if (ret)
		return ret;
	if (lw_tflite_same_quanta(in, &is)) {
		lw_tflite_alias(op, tensor, in);
		return 0;
	}
	/* A second rounding is not what the source model does here. */
	if (lw_tflite_input(op, 0)->type == LW_TFLITE_FLOAT32)
		return lw_tflite_refuse(op, "the float input '%s' is quantised in two ways",
					in->name);
	ret = lw_tflite_output_value(op, &out);
	return ret ? ret : lw_tflite_node(op, LW_NODE_REQUANT, &in, 1, out,
					  &node);
}

int lw_tflite_quantize(struct lw_tflite_op *op)
{
	const struct lw_tflite_tensor *tensor = lw_tflite_input(op, 0);
	struct lw_value *in;
	int ret;

	if (!tensor->data && tensor->type == LW_TFLITE_FLOAT32 &&
	    !lw_tflite_known(op, tensor))
		return quantise_input(op, tensor);
	ret = lw_tflite_input_value(op, 0, &in);
	if (ret)
		return ret;
	if (!in->quantised)
		return lw_tflite_refuse(op, "'%s' is read as float too",
					in->name);
	return requantise(op, in);
}

/* A constant that a smaller file holds in fewer bits is read as it is. */
static void pass_constant(struct lw_tflite_tensor *out,
			  const struct lw_tflite_tensor *in)
{
	out->type = in->type;
	out->data = in->data;
	out->size = in->size;
	out->scale = in->scale;
	out->zero_point = in->zero_point;
	out->axis = in->axis;
	out->sparse = in->sparse;
}

int lw_tflite_dequantize(struct lw_tflite_op *op)
{
	const struct lw_tflite_tensor *tensor = lw_tflite_input(op, 0);
	struct lw_tflite_tensor *result = lw_tflite_output(op);
	struct lw_value *in;
	int ret;

	if (tensor->data) {
		pass_constant(result, tensor);
		return 0;
	}
	ret = lw_tflite_input_value(op, 0, &in);
	if (ret)
		return ret;
	if (!in->quantised || result->type != LW_TFLITE_FLOAT32)
		return lw_tflite_refuse(op, "it makes %s of %s",
					lw_tflite_type_name(result->type),
					lw_tflite_type_name(tensor->type));
	if (lw_tflite_readers(op, result))
		return lw_tflite_refuse(op, "its float result is read by %u operators; only an output of the model expected",
					lw_tflite_readers(op, result));
	lw_tflite_alias(op, result, in);
	return 0;
}
