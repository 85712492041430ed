// SPDX-License-Identifier: MIT
/* Constant tensors of ONNX: decoded to floats or to 64-bit integers. */
#include <stdlib.h>
#include <string.h>

#include "onnx_import.h"

/* How a type's elements are stored. */
struct element {
	const char *name;
	unsigned int size;	/* in raw_data; 0: not supported */
	bool is_signed;
	enum { IN_FLOATS, IN_INT32S, IN_INT64S, IN_DOUBLES } field;
};

static const struct element elements[] = {
	[ONNX_FLOAT] = { "float", 4, true, IN_FLOATS },
	[ONNX_UINT8] = { "uint8", 1, false, IN_INT32S },
	[ONNX_INT8] = { "int8", 1, true, IN_INT32S },
	[ONNX_UINT16] = { "uint16", 2, false, IN_INT32S },
	[ONNX_INT16] = { "int16", 2, true, IN_INT32S },
	[ONNX_INT32] = { "int32", 4, true, IN_INT32S },
	[ONNX_INT64] = { "int64", 8, true, IN_INT64S },
	[8] = { .name = "string" },
	[ONNX_BOOL] = { "bool", 1, false, IN_INT32S },
	[10] = { .name = "float16" },
	[ONNX_DOUBLE] = { "double", 8, true, IN_DOUBLES },
	[12] = { .name = "uint32" },
	[13] = { .name = "uint64" },
	[14] = { .name = "complex64" },
	[15] = { .name = "complex128" },
	[16] = { .name = "bfloat16" },
};

#define N_ELEMENTS (sizeof(elements) / sizeof(*elements))

const char *lw_onnx_type_name(int32_t type)
{
	if (type > 0 && (size_t)type < N_ELEMENTS && elements[type].name)
		return elements[type].name;
	return "an unknown type";
}

int lw_onnx_charge(struct onnx_import *im, size_t bytes)
{
	if (bytes > im->budget)
		return -EFBIG;
	im->budget -= bytes;
	return 0;
}

struct onnx_constant *lw_onnx_constant_new(struct onnx_import *im, size_t n,
					   bool real)
{
	struct onnx_constant *constant;
	size_t bytes;

	if (lw_mul(n, real ? sizeof(float) : sizeof(int64_t), &bytes) ||
	    lw_add(bytes, sizeof(*constant), &bytes) ||
	    lw_onnx_charge(im, bytes))
		return NULL;
	constant = calloc(1, sizeof(*constant));
	if (!constant)
		return NULL;
	constant->n = n;
	if (real)
		constant->real = calloc(n ? n : 1, sizeof(float));
	else
		constant->whole = calloc(n ? n : 1, sizeof(int64_t));
	if (!constant->real && !constant->whole) {
		free(constant);
		return NULL;
	}
	constant->next = im->constants;
	im->constants = constant;
	return constant;
}

static uint64_t load_le(const uint8_t *at, unsigned int size)
{
	uint64_t bits = 0;

	while (size--)
		bits = bits << 8 | at[size];
	return bits;
}

static float load_real(const uint8_t *at, unsigned int size)
{
	uint64_t bits = load_le(at, size);
	uint32_t low = bits;
	double wide;
	float real;

	if (size == sizeof(wide)) {
		memcpy(&wide, &bits, sizeof(wide));
		return wide;
	}
	memcpy(&real, &low, sizeof(real));
	return real;
}

static int64_t load_whole(const uint8_t *at, const struct element *element)
{
	uint64_t bits = load_le(at, element->size);
	unsigned int unused = 64 - 8 * element->size;

	if (!element->is_signed)
		return bits;
	return (int64_t)(bits << unused) >> unused;
}

static void decode_raw(struct onnx_constant *constant, const uint8_t *at,
		       const struct element *element)
{
	size_t i;

	for (i = 0; i < constant->n; i++, at += element->size)
		if (constant->real)
			constant->real[i] = load_real(at, element->size);
		else
			constant->whole[i] = load_whole(at, element);
}

static size_t n_typed(const Lw__Onnx__TensorProto *proto,
		      const struct element *element)
{
	switch (element->field) {
	case IN_FLOATS:
		return proto->n_float_data;
	case IN_INT32S:
		return proto->n_int32_data;
	case IN_INT64S:
		return proto->n_int64_data;
	default:
		return proto->n_double_data;
	}
}

static void decode_typed(struct onnx_constant *constant,
			 const Lw__Onnx__TensorProto *proto,
			 const struct element *element)
{
	size_t i;

	for (i = 0; i < constant->n; i++)
		switch (element->field) {
		case IN_FLOATS:
			constant->real[i] = proto->float_data[i];
			break;
		case IN_INT32S:
			constant->whole[i] = proto->int32_data[i];
			break;
		case IN_INT64S:
			constant->whole[i] = proto->int64_data[i];
			break;
		case IN_DOUBLES:
			constant->real[i] = proto->double_data[i];
			break;
		}
}

static int read_dims(struct onnx_import *im, const Lw__Onnx__TensorProto *proto,
		     const char *name, struct onnx_shape *shape, size_t *n)
{
	uint32_t i;

	if (proto->n_dims > ONNX_MAX_DIMS)
		return lw_fail(im->error, -EBADMSG,
			       "tensor '%s': %zu dimensions, expected at most %d",
			       name, proto->n_dims, ONNX_MAX_DIMS);
	*n = 1;
	shape->n = proto->n_dims;
	for (i = 0; i < shape->n; i++) {
		if (proto->dims[i] < 0 || proto->dims[i] > INT32_MAX ||
		    lw_mul(*n, proto->dims[i], n))
			return lw_fail(im->error, -EBADMSG,
				       "tensor '%s': dimension %u is %lld, expected 0 to %d",
				       name, i, (long long)proto->dims[i],
				       INT32_MAX);
		shape->dim[i] = proto->dims[i];
	}
	return 0;
}

/* The data must hold exactly the numbers that the shape promises. */
static int check_length(struct onnx_import *im,
			const Lw__Onnx__TensorProto *proto, const char *name,
			const struct element *element, size_t n)
{
	size_t typed = n_typed(proto, element);
	size_t bytes;

	if (proto->has_raw_data && proto->raw_data.len) {
		if (typed || lw_mul(n, element->size, &bytes) ||
		    proto->raw_data.len != bytes)
			return lw_fail(im->error, -EBADMSG,
				       "tensor '%s': %zu bytes of raw data, expected %zu x %u bytes and no other data",
				       name, proto->raw_data.len, n,
				       element->size);
		return 0;
	}
	if (typed != n)
		return lw_fail(im->error, -EBADMSG,
			       "tensor '%s': %zu numbers of type %s, expected %zu",
			       name, typed, element->name, n);
	return 0;
}

int lw_onnx_tensor(struct onnx_import *im, const Lw__Onnx__TensorProto *proto,
		   const char *name, struct onnx_value *value,
		   const char **why)
{
	int32_t type = proto->has_data_type ? proto->data_type : 0;
	const struct element *element;
	struct onnx_constant *constant;
	size_t n = 0;
	int ret = read_dims(im, proto, name, &value->shape, &n);

	if (ret)
		return ret;
	if (proto->data_location) {
		*why = "its data is in another file";
		return 1;
	}
	if (type <= 0 || (size_t)type >= N_ELEMENTS || !elements[type].size) {
		*why = lw_onnx_type_name(type);
		return 1;
	}
	element = &elements[type];
	ret = check_length(im, proto, name, element, n);
	if (ret)
		return ret;
	constant = lw_onnx_constant_new(im, n, type == ONNX_FLOAT ||
						       type == ONNX_DOUBLE);
	if (!constant)
		return lw_fail(im->error, -ENOMEM,
			       "tensor '%s': out of memory", name);
	if (proto->has_raw_data && proto->raw_data.len)
		decode_raw(constant, proto->raw_data.data, element);
	else
		decode_typed(constant, proto, element);
	value->state = ONNX_CONSTANT;
	value->type = type;
	value->constant = constant;
	return 0;
}
