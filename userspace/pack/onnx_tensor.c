// SPDX-License-Identifier: MIT
/* Constant tensors of ONNX: decoded to floats or to 64-bit integers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_import.h"

/* How a type's elements are stored. */
struct element {
	const char *name;
	unsigned int bits;	/* in raw_data; 0: not supported */
	bool is_signed;
	bool is_real;
	enum { IN_FLOATS, IN_INT32S, IN_INT64S, IN_DOUBLES, IN_UINT64S } field;
};

static const struct element elements[] = {
	[ONNX_FLOAT] = { "float", 32, true, true, IN_FLOATS },
	[ONNX_UINT8] = { "uint8", 8, false, false, IN_INT32S },
	[ONNX_INT8] = { "int8", 8, true, false, IN_INT32S },
	[ONNX_UINT16] = { "uint16", 16, false, false, IN_INT32S },
	[ONNX_INT16] = { "int16", 16, true, false, IN_INT32S },
	[ONNX_INT32] = { "int32", 32, true, false, IN_INT32S },
	[ONNX_INT64] = { "int64", 64, true, false, IN_INT64S },
	[8] = { .name = "string" },
	[ONNX_BOOL] = { "bool", 8, false, false, IN_INT32S },
	[ONNX_FLOAT16] = { "float16", 16, true, true, IN_INT32S },
	[ONNX_DOUBLE] = { "double", 64, true, true, IN_DOUBLES },
	[ONNX_UINT32] = { "uint32", 32, false, false, IN_UINT64S },
	[13] = { .name = "uint64" },
	[14] = { .name = "complex64" },
	[15] = { .name = "complex128" },
	[ONNX_BFLOAT16] = { "bfloat16", 16, true, true, IN_INT32S },
	[17] = { .name = "float8e4m3fn" },
	[18] = { .name = "float8e4m3fnuz" },
	[19] = { .name = "float8e5m2" },
	[20] = { .name = "float8e5m2fnuz" },
	[ONNX_UINT4] = { "uint4", 4, false, false, IN_INT32S },
	[ONNX_INT4] = { "int4", 4, true, false, IN_INT32S },
	[23] = { .name = "float4e2m1" },
	[24] = { .name = "float8e8m0" },
	[ONNX_UINT2] = { "uint2", 2, false, false, IN_INT32S },
	[ONNX_INT2] = { "int2", 2, true, false, IN_INT32S },
};

#define N_ELEMENTS (sizeof(elements) / sizeof(*elements))

static const struct element *find_element(int32_t type)
{
	return type > 0 && (size_t)type < N_ELEMENTS ? &elements[type] : NULL;
}

const char *lw_onnx_type_name(int32_t type)
{
	const struct element *element = find_element(type);

	return element && element->name ? element->name : "an unknown type";
}

bool lw_onnx_is_real(int32_t type)
{
	const struct element *element = find_element(type);

	return element && element->is_real;
}

bool lw_onnx_type_range(int32_t type, int64_t *lo, int64_t *hi)
{
	const struct element *e = find_element(type);

	if (!e || !e->bits || e->is_real || e->bits > 32 || type == ONNX_BOOL)
		return false;
	*lo = e->is_signed ? -((int64_t)1 << (e->bits - 1)) : 0;
	*hi = ((int64_t)1 << (e->bits - e->is_signed)) - 1;
	return true;
}

/* The lowest @bits bits as a number. */
static int64_t extend(uint64_t x, unsigned int bits, bool is_signed)
{
	unsigned int unused = 64 - bits;

	return is_signed ? (int64_t)(x << unused) >> unused :
			   (int64_t)(x << unused >> unused);
}

int64_t lw_onnx_wrap(int32_t type, int64_t x)
{
	int64_t lo, hi;

	if (!lw_onnx_type_range(type, &lo, &hi))
		return x;
	return extend(x, elements[type].bits, elements[type].is_signed);
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

/* IEEE's half precision. */
static float from_half(uint32_t bits)
{
	int32_t exponent = bits >> 10 & 31;
	float fraction = bits & 1023, x;

	if (exponent == 31)
		x = fraction ? NAN : INFINITY;
	else if (exponent)
		x = ldexpf(fraction + 1024, exponent - 25);
	else
		x = ldexpf(fraction, -24);
	return bits & 0x8000 ? -x : x;
}

static float real_of_bits(int32_t type, uint64_t bits)
{
	uint32_t low = type == ONNX_BFLOAT16 ? bits << 16 : bits;
	double wide;
	float real;

	if (type == ONNX_FLOAT16)
		return from_half(bits & 0xffff);
	if (type == ONNX_DOUBLE) {
		memcpy(&wide, &bits, sizeof(wide));
		return wide;
	}
	memcpy(&real, &low, sizeof(real));
	return real;
}

/* Elements of less than a byte lie in it from its lowest bits on. */
static void decode_raw(struct onnx_constant *constant, const uint8_t *data,
		       int32_t type)
{
	const struct element *e = &elements[type];
	uint64_t bits;
	size_t i, at;

	for (i = 0; i < constant->n; i++) {
		at = i * e->bits;
		bits = load_le(data + at / 8, (e->bits + 7) / 8) >> at % 8;
		if (constant->real)
			constant->real[i] = real_of_bits(type, bits);
		else
			constant->whole[i] = extend(bits, e->bits,
						    e->is_signed);
	}
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
	case IN_UINT64S:
		return proto->n_uint64_data;
	default:
		return proto->n_double_data;
	}
}

/* A number in int32_data holds as many elements as fit into a byte. */
static unsigned int per_number(const struct element *element)
{
	return element->bits < 8 ? 8 / element->bits : 1;
}

static void decode_int32(struct onnx_constant *constant, size_t i,
			 const Lw__Onnx__TensorProto *proto, int32_t type)
{
	const struct element *e = &elements[type];
	unsigned int per = per_number(e);
	uint64_t bits = (uint32_t)proto->int32_data[i / per];

	if (constant->real)
		constant->real[i] = real_of_bits(type, bits);
	else
		constant->whole[i] = extend(bits >> i % per * e->bits, e->bits,
					    e->is_signed);
}

static void decode_typed(struct onnx_constant *constant,
			 const Lw__Onnx__TensorProto *proto, int32_t type)
{
	size_t i;

	for (i = 0; i < constant->n; i++)
		switch (elements[type].field) {
		case IN_FLOATS:
			constant->real[i] = proto->float_data[i];
			break;
		case IN_INT32S:
			decode_int32(constant, i, proto, type);
			break;
		case IN_INT64S:
			constant->whole[i] = proto->int64_data[i];
			break;
		case IN_UINT64S:
			constant->whole[i] = proto->uint64_data[i];
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
	size_t typed = n_typed(proto, element), bits, bytes;

	if (proto->has_raw_data && proto->raw_data.len) {
		if (lw_mul(n, element->bits, &bits))
			bits = SIZE_MAX;
		bytes = bits / 8 + (bits % 8 > 0);
		if (typed || proto->raw_data.len != bytes)
			return lw_fail(im->error, -EBADMSG,
				       "tensor '%s': %zu bytes of raw data, expected %zu x %u bits and no other data",
				       name, proto->raw_data.len, n,
				       element->bits);
		return 0;
	}
	if (element->field == IN_INT32S && per_number(element) > 1)
		n = n / per_number(element) + (n % per_number(element) > 0);
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
	const struct element *element = find_element(type);
	struct onnx_constant *constant;
	size_t n = 0;
	int ret = read_dims(im, proto, name, &value->shape, &n);

	if (ret)
		return ret;
	if (proto->data_location) {
		*why = "its data is in another file";
		return 1;
	}
	if (!element || !element->bits) {
		*why = lw_onnx_type_name(type);
		return 1;
	}
	ret = check_length(im, proto, name, element, n);
	if (ret)
		return ret;
	constant = lw_onnx_constant_new(im, n, element->is_real);
	if (!constant)
		return lw_fail(im->error, -ENOMEM,
			       "tensor '%s': out of memory", name);
	if (proto->has_raw_data && proto->raw_data.len)
		decode_raw(constant, proto->raw_data.data, type);
	else
		decode_typed(constant, proto, type);
	value->state = ONNX_CONSTANT;
	value->type = type;
	value->constant = constant;
	return 0;
}
