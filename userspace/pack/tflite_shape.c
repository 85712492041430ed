// SPDX-License-Identifier: MIT
/* Operators that give numbers another shape. */
#include "tflite_view.h"

int lw_tflite_shape(struct lw_tflite_op *op)
{
	return lw_tflite_refuse(op, "its output is %s; INT32 or INT64, a shape, expected",
				lw_tflite_type_name(lw_tflite_output(op)->type));
}

/* An input that is reshaped at once may as well have the new shape. */
static bool is_fresh_input(const struct lw_tflite_op *op,
			   const struct lw_tflite_tensor *tensor)
{
	return lw_tflite_is_input(op, tensor) && tensor->n_dims != 4 &&
	       !lw_tflite_known(op, tensor) &&
	       lw_tflite_readers(op, tensor) == 1;
}

static int reshape_input(struct lw_tflite_op *op)
{
	const struct lw_tflite_tensor *tensor = lw_tflite_input(op, 0);
	struct lw_value is = { 0 };
	struct lw_tflite_dims dims;
	struct lw_value *out;
	int ret = lw_tflite_output_value(op, &out);

	if (!ret)
		ret = lw_tflite_describe_quanta(op, tensor, &is);
	if (!ret)
		ret = lw_tflite_keeps_quanta(op, out, &is);
	if (!ret)
		ret = lw_tflite_dims(op, tensor, &dims);
	if (ret)
		return ret;
	if (lw_tflite_product(&dims, 0, dims.n) != lw_value_size(out))
		return lw_tflite_refuse(op, "tensor '%s' has not as many elements as %ux%ux%u",
					tensor->name, out->h, out->w, out->c);
	lw_tflite_alias(op, tensor, out);
	return 0;
}

int lw_tflite_reshape(struct lw_tflite_op *op)
{
	struct lw_tflite_tensor *tensor = lw_tflite_output(op);
	struct lw_value is = { 0 };
	struct lw_value *in;
	int ret;

	if (is_fresh_input(op, lw_tflite_input(op, 0)))
		return reshape_input(op);
	ret = lw_tflite_input_value(op, 0, &in);
	if (ret || lw_tflite_readers(op, tensor))
		return ret ? ret : lw_tflite_deliver(op, in, tensor);
	/* Outputs are in the same order in memory, whatever their shape. */
	ret = lw_tflite_describe_quanta(op, tensor, &is);
	if (!ret)
		ret = lw_tflite_keeps_quanta(op, in, &is);
	if (!ret)
		lw_tflite_alias(op, tensor, in);
	return ret;
}
