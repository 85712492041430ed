// SPDX-License-Identifier: MIT
/* Operators that change how numbers are quantised. */
#include "tflite_table.h"

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

static int32_t rescale_up(const struct lw_tflite_table *table, int32_t x,
			  uint32_t c)
{
	(void)c;
	return lw_tflite_scale_up(x, table->factor);
}

int lw_tflite_requant(struct lw_tflite_op *op, struct lw_value *in,
		      struct lw_value *out)
{
	lw_tflite_rule *rule = lw_tflite_rescale8;
	float ratio = in->scale / out->scale;
	struct lw_tflite_table table = { 0 };
	int ret = lw_tflite_node(op, LW_NODE_REQUANT, &in, 1, out, &table.node);

	if (ret)
		return ret;
	/* XNNPACK leaves changes of type and extreme ones to LiteRT. */
	if (in->is_signed != out->is_signed ||
	    !lw_tflite_factor8(&table.factor, ratio)) {
		table.factor = lw_tflite_factor((double)in->scale /
						out->scale);
		rule = rescale_up;
	}
	table.below = table.factor;
	return lw_tflite_set_tables(op, &table, 1, rule);
}

/* From one scale to another; nothing to do where both are the same. */
static int requantise(struct lw_tflite_op *op, struct lw_value *in)
{
	struct lw_tflite_tensor *tensor = lw_tflite_output(op);
	struct lw_value is = { 0 };
	struct lw_value *out;
	int ret = lw_tflite_describe(op, tensor, &is);

	if (!ret)
		ret = lw_tflite_keeps_type(op, in, &is);
	if (!ret)
		ret = lw_tflite_same_shape(op, in, &is);
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
	return ret ? ret : lw_tflite_requant(op, in, out);
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
}

/* Sparse constants are dense when the model is read. */
int lw_tflite_densify(struct lw_tflite_op *op)
{
	const struct lw_tflite_tensor *tensor = lw_tflite_input(op, 0);

	if (!tensor->data)
		return lw_tflite_refuse(op, "'%s' is no constant",
					tensor->name);
	pass_constant(lw_tflite_output(op), tensor);
	return 0;
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
