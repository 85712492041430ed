// SPDX-License-Identifier: MIT
/* Constant and ConstantOfShape. */
#include "onnx_import.h"

/* A list of numbers as an attribute of Constant. */
static int constant_list(struct onnx_node *node,
			 const Lw__Onnx__AttributeProto *attr, bool real)
{
	struct onnx_shape shape = { .n = 1 };
	struct onnx_constant *constant;
	size_t i, n = real ? attr->n_floats : attr->n_ints;

	if (n > INT32_MAX)
		return lw_onnx_refuse(node, "%zu numbers", n);
	shape.dim[0] = n;
	constant = lw_onnx_fold_new(node, &shape, real);
	for (i = 0; constant && i < n; i++)
		if (real)
			constant->real[i] = attr->floats[i];
		else
			constant->whole[i] = attr->ints[i];
	return lw_onnx_define_constant(node, 0, real ? ONNX_FLOAT : ONNX_INT64,
				       &shape, constant);
}

static int constant_number(struct onnx_node *node, bool real)
{
	static const struct onnx_shape scalar;
	struct onnx_constant *constant = lw_onnx_fold_new(node, &scalar, real);

	if (!constant)
		return node->status;
	if (real)
		constant->real[0] = lw_onnx_float(node, "value_float", 0);
	else
		constant->whole[0] = lw_onnx_int(node, "value_int", 0);
	return lw_onnx_define_constant(node, 0, real ? ONNX_FLOAT : ONNX_INT64,
				       &scalar, constant);
}

int lw_onnx_fold_constant(struct onnx_node *node)
{
	const Lw__Onnx__TensorProto *tensor = lw_onnx_tensor_attr(node, "value");
	const Lw__Onnx__AttributeProto *attr;
	struct onnx_value value = { 0 };
	const char *why;
	int ret;

	if (tensor) {
		ret = lw_onnx_tensor(node->im, tensor, node->label, &value,
				     &why);
		if (ret < 0)
			return node->status = ret;
		if (ret)
			return lw_onnx_refuse(node, "value: %s", why);
		return lw_onnx_define_constant(node, 0, value.type, &value.shape,
					       value.constant);
	}
	attr = lw_onnx_attr(node, "value_floats", 6);
	if (attr)
		return constant_list(node, attr, true);
	attr = lw_onnx_attr(node, "value_ints", 7);
	if (attr)
		return constant_list(node, attr, false);
	if (lw_onnx_attr(node, "value_float", 1))
		return constant_number(node, true);
	if (lw_onnx_attr(node, "value_int", 2))
		return constant_number(node, false);
	return lw_onnx_refuse(node, "no value of a supported type");
}

static void fill_number(struct onnx_constant *to, size_t i,
			const struct onnx_constant *fill)
{
	if (to->real)
		to->real[i] = fill->real[0];
	else
		to->whole[i] = fill->whole[0];
}

int lw_onnx_fold_constant_of_shape(struct onnx_node *node)
{
	const Lw__Onnx__TensorProto *tensor = lw_onnx_tensor_attr(node, "value");
	struct onnx_list list = lw_onnx_list(node, "shape", 0);
	struct onnx_value value = { .type = ONNX_FLOAT };
	const struct onnx_constant *fill;
	struct onnx_constant *constant;
	struct onnx_shape shape = { .n = list.n };
	const char *why = "";
	size_t i;
	int ret = 0;

	if (list.n > ONNX_MAX_DIMS)
		return lw_onnx_refuse(node, "more than %d dimensions",
				      ONNX_MAX_DIMS);
	for (i = 0; i < list.n; i++) {
		if (list.at[i] < 0 || list.at[i] > INT32_MAX)
			return lw_onnx_refuse(node, "a dimension of %lld",
					      (long long)list.at[i]);
		shape.dim[i] = list.at[i];
	}
	if (tensor)
		ret = lw_onnx_tensor(node->im, tensor, node->label, &value,
				     &why);
	if (ret < 0)
		return node->status = ret;
	fill = value.constant;
	if (ret || (fill && fill->n != 1))
		return lw_onnx_refuse(node, "value is not a number; %s", why);
	constant = lw_onnx_fold_new(node, &shape, !fill || fill->real);
	for (i = 0; constant && fill && i < constant->n; i++)
		fill_number(constant, i, fill);
	return lw_onnx_define_constant(node, 0, value.type, &shape, constant);
}
