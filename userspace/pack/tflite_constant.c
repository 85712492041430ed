// SPDX-License-Identifier: MIT
/* Constants of operators, and lists of integers. */
#include "tflite_import.h"

static bool count(const struct lw_tflite_tensor *tensor, uint32_t first,
		  size_t *n)
{
	uint32_t i;

	*n = 1;
	if (tensor->n_dims > LW_TFLITE_MAX_DIMS)
		return false;
	for (i = first; i < tensor->n_dims; i++)
		if (tensor->dims[i] < 0 || lw_mul(*n, tensor->dims[i], n))
			return false;
	return true;
}

bool lw_tflite_elements(const struct lw_tflite_tensor *tensor, size_t *n)
{
	return count(tensor, 0, n);
}

bool lw_tflite_image_elements(const struct lw_tflite_tensor *tensor, size_t *n)
{
	return tensor->n_dims && tensor->dims[0] <= 1 && count(tensor, 1, n);
}

int lw_tflite_constant(struct lw_tflite_op *op,
		       const struct lw_tflite_tensor *tensor, const char *what)
{
	size_t n, bytes;

	if (!tensor->data)
		return lw_tflite_refuse(op, "its %s, '%s', is no constant",
					what, tensor->name);
	if (tensor->sparse)
		return lw_tflite_refuse(op, "its %s, '%s', is sparse; dense expected",
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

int lw_tflite_axis(struct lw_tflite_op *op, int64_t axis, uint32_t n_dims,
		   uint32_t *result)
{
	if (axis < -(int64_t)n_dims || axis >= n_dims)
		return lw_tflite_refuse(op, "axis %lld of a tensor with %u dimensions",
					(long long)axis, n_dims);
	*result = (uint32_t)(axis < 0 ? axis + n_dims : axis);
	return 0;
}
