// SPDX-License-Identifier: MIT
/* Constants of operators, and lists of integers. */
#include <stdlib.h>

#include "tflite_import.h"

bool lw_tflite_elements(const struct lw_tflite_tensor *tensor, size_t *n)
{
	uint32_t i;

	*n = 1;
	if (tensor->n_dims > LW_TFLITE_MAX_DIMS)
		return false;
	for (i = 0; i < tensor->n_dims; i++)
		if (tensor->dims[i] < 0 || lw_mul(*n, tensor->dims[i], n))
			return false;
	return true;
}

int lw_tflite_constant(struct lw_tflite_op *op,
		       const struct lw_tflite_tensor *tensor, const char *what)
{
	size_t n, bytes;

	if (!tensor->data)
		return lw_tflite_refuse(op, "its %s, '%s', is no constant",
					what, tensor->name);
	if (!lw_tflite_type_size(tensor->type))
		return lw_tflite_refuse(op, "its %s, '%s', is %s", what,
					tensor->name,
					lw_tflite_type_name(tensor->type));
	if (!lw_tflite_elements(tensor, &n) ||
	    lw_mul(n, lw_tflite_type_size(tensor->type), &bytes) ||
	    bytes != tensor->size)
		return lw_fail(op->import->error, -EBADMSG,
			       "constant '%s' has %u bytes, which are not those of its shape",
			       tensor->name, tensor->size);
	return 0;
}

int lw_tflite_integers(struct lw_tflite_op *op, uint32_t input,
		       const char *what, int64_t *list, uint32_t n)
{
	const struct lw_tflite_tensor *tensor = lw_tflite_input(op, input);
	int ret = lw_tflite_constant(op, tensor, what);
	size_t elements;
	uint32_t i;

	if (ret)
		return ret;
	if (tensor->type != LW_TFLITE_INT32 && tensor->type != LW_TFLITE_INT64)
		return lw_tflite_refuse(op, "its %s is %s; INT32 or INT64 expected",
					what,
					lw_tflite_type_name(tensor->type));
	lw_tflite_elements(tensor, &elements);
	if (elements != n)
		return lw_tflite_refuse(op, "its %s has %zu entries; %u expected",
					what, elements, n);
	for (i = 0; i < n; i++)
		list[i] = tensor->type == LW_TFLITE_INT32 ?
			  (int32_t)lw_fb_get_u32(tensor->data + 4 * i) :
			  (int64_t)lw_fb_get_u64(tensor->data + 8 * i);
	return 0;
}

int lw_tflite_list(struct lw_tflite_op *op, uint32_t input, const char *what,
		   int64_t list[LW_TFLITE_MAX_DIMS], uint32_t *n)
{
	size_t elements = 0;
	int ret = lw_tflite_constant(op, lw_tflite_input(op, input), what);

	*n = 0;
	if (ret)
		return ret;
	lw_tflite_elements(lw_tflite_input(op, input), &elements);
	if (elements > LW_TFLITE_MAX_DIMS)
		return lw_tflite_refuse(op, "its %s has %zu entries; at most %d expected",
					what, elements, LW_TFLITE_MAX_DIMS);
	*n = (uint32_t)elements;
	return lw_tflite_integers(op, input, what, list, *n);
}

int lw_tflite_axis(struct lw_tflite_op *op, int64_t axis, uint32_t n_dims,
		   uint32_t *result)
{
	if (axis < -(int64_t)n_dims || axis >= n_dims)
		return lw_tflite_refuse(op, "axis %lld of a tensor with %u dimensions",
					(long long)axis, n_dims);
	*result = (uint32_t)(axis < 0 ? axis + n_dims : axis);
	return 0;
}

float lw_tflite_half(uint16_t half)
{
	int exponent = (half >> 10) & 31;
	float fraction = (float)(half & 1023);
	float value;

	if (exponent == 31)
		value = fraction ? NAN : INFINITY;
	else if (exponent)
		value = ldexpf(1024 + fraction, exponent - 25);
	else
		value = ldexpf(fraction, -24);
	return half & 0x8000 ? -value : value;
}

/* One number; @is has a quantised constant's scale and zero point. */
static float number(const struct lw_tflite_tensor *tensor,
		    const struct lw_value *is, size_t i, int32_t *quanta)
{
	if (tensor->type == LW_TFLITE_FLOAT32)
		return lw_fb_get_f32(tensor->data + 4 * i);
	if (tensor->type == LW_TFLITE_FLOAT16)
		return lw_tflite_half(lw_fb_get_u16(tensor->data + 2 * i));
	*quanta = is->is_signed ? (int8_t)tensor->data[i] + 128 :
				  tensor->data[i];
	*quanta -= is->zero_point;
	return is->scale * (float)*quanta;
}

static int read_numbers(struct lw_tflite_op *op,
			const struct lw_tflite_tensor *tensor,
			struct lw_tflite_numbers *numbers)
{
	size_t i;

	numbers->real = calloc(numbers->n, sizeof(*numbers->real));
	numbers->quanta = calloc(numbers->n, sizeof(*numbers->quanta));
	if (!numbers->real || !numbers->quanta)
		return -ENOMEM;
	for (i = 0; i < numbers->n; i++) {
		numbers->real[i] = number(tensor, &numbers->like, i,
					  &numbers->quanta[i]);
		if (!isfinite(numbers->real[i]))
			return lw_tflite_refuse(op, "number %zu of constant '%s' is %g; a finite one expected",
						i, tensor->name,
						numbers->real[i]);
	}
	return 0;
}

int lw_tflite_numbers(struct lw_tflite_op *op,
		      const struct lw_tflite_tensor *tensor,
		      struct lw_tflite_numbers *numbers)
{
	int ret = lw_tflite_constant(op, tensor, "constant");

	*numbers = (struct lw_tflite_numbers){ 0 };
	if (!ret && tensor->type != LW_TFLITE_FLOAT16)
		ret = lw_tflite_describe_quanta(op, tensor, &numbers->like);
	if (!ret)
		ret = lw_tflite_dims(op, tensor, &numbers->dims);
	if (ret)
		return ret;
	numbers->like.name = (char *)tensor->name;
	lw_tflite_elements(tensor, &numbers->n);
	if (!lw_tflite_may_unpack(op, numbers->n))
		return lw_tflite_refuse(op, "the model's operators share constant '%s' too often",
					tensor->name);
	return read_numbers(op, tensor, numbers);
}

/* Gives the node the numbers. */
static int add_constant(struct lw_tflite_op *op,
			struct lw_tflite_numbers *numbers,
			struct lw_value **value)
{
	struct lw_node *node;
	uint32_t hwc[3];
	int ret;

	lw_tflite_hwc(&numbers->dims, hwc);
	if (hwc[0] > LW_MAX_DIM || hwc[1] > LW_MAX_DIM || hwc[2] > LW_MAX_DIM)
		return lw_tflite_refuse(op, "constant '%s' is %ux%ux%u; at most %d each expected",
					numbers->like.name, hwc[0], hwc[1],
					hwc[2], LW_MAX_DIM);
	ret = lw_tflite_derive(op, &numbers->like, hwc[0], hwc[1], hwc[2],
			       value);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_CONSTANT, NULL, 0, *value,
				     &node);
	if (ret)
		return ret;
	node->constant = numbers->real;
	numbers->real = NULL;
	return 0;
}

int lw_tflite_hold(struct lw_tflite_op *op,
		   const struct lw_tflite_tensor *tensor,
		   struct lw_value **value)
{
	struct lw_tflite_numbers numbers;
	int ret;

	*value = lw_tflite_known(op, tensor);
	if (*value)
		return 0;
	ret = lw_tflite_numbers(op, tensor, &numbers);
	if (!ret)
		ret = add_constant(op, &numbers, value);
	if (!ret)
		lw_tflite_alias(op, tensor, *value);
	lw_tflite_numbers_release(&numbers);
	return ret;
}

void lw_tflite_numbers_release(struct lw_tflite_numbers *numbers)
{
	free(numbers->real);
	free(numbers->quanta);
}
