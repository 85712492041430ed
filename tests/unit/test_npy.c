// SPDX-License-Identifier: MIT
/* .npy arrays: what is read, what is refused, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../userspace/lwctl/npy.h"

#define MAX_BYTES 1024

/* Bytes of a file: magic, version, header length, header, elements. */
static size_t make_file(uint8_t *file, int version, const char *header,
			const void *elements, size_t size)
{
	size_t length = strlen(header), at = 8;

	memcpy(file, "\x93NUMPY", 6);
	file[6] = version;
	file[7] = 0;
	file[at++] = length & 0xff;
	file[at++] = length >> 8;
	if (version > 1) {
		file[at++] = 0;
		file[at++] = 0;
	}
	memcpy(file + at, header, length);
	if (size)
		memcpy(file + at + length, elements, size);
	return at + length + size;
}

/* Parses a heap copy of exactly these bytes, so that reading past shows. */
static int parse(struct lw_npy *array, const uint8_t *file, size_t size,
		 struct lwnpu_error *error)
{
	uint8_t *copy = malloc(size + 1);
	int ret;

	assert_non_null(copy);
	copy = realloc(copy, size ? size : 1);
	memcpy(copy, file, size);
	ret = lw_npy_parse(array, copy, size, error);
	if (ret)
		free(copy);
	return ret;
}

static struct lw_npy parse_good(int version, const char *header,
				const void *elements, size_t size)
{
	uint8_t file[MAX_BYTES];
	struct lwnpu_error error;
	struct lw_npy array;

	size = make_file(file, version, header, elements, size);
	if (parse(&array, file, size, &error))
		fail_msg("%s: %s", header, error.message);
	return array;
}

static void versions_and_spellings(void **state)
{
	static const char *const headers[] = {
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
		"{\"shape\":(2,3,),\"descr\":\"<f4\",\"fortran_order\":False}",
		"  { 'fortran_order' : False , 'shape' : ( 2 , 3 ) , 'descr' : '<f4' }   \n",
	};
	const float elements[6] = { 1, 2, 3, 4, 5, -6.5f };

	(void)state;
	for (int version = 1; version <= 3; version++) {
		for (int i = 0; i < 4; i++) {
			struct lw_npy array = parse_good(version, headers[i],
							 elements,
							 sizeof(elements));

			assert_int_equal(array.n_dims, 2);
			assert_int_equal(array.dims[0], 2);
			assert_int_equal(array.dims[1], 3);
			assert_int_equal(array.count, 6);
			assert_string_equal(lw_npy_type_name(&array),
					    "float32");
			assert_true(lw_npy_real(&array, 5) == -6.5f);
			lw_npy_release(&array);
		}
	}
}

static void element_types(void **state)
{
	static const struct {
		const char *descr, *name;
		uint8_t bytes[8];
		size_t size;
		int64_t value;
	} types[] = {
		{ "|b1", "bool", { 1 }, 1, 1 },
		{ "|u1", "uint8", { 0xfe }, 1, 254 },
		{ "<u1", "uint8", { 0xfe }, 1, 254 },
		{ "|i1", "int8", { 0xfe }, 1, -2 },
		{ "<i2", "int16", { 0xfe, 0xff }, 2, -2 },
		{ "<u2", "uint16", { 0xfe, 0xff }, 2, 65534 },
		{ "<i4", "int32", { 0, 0, 0, 0x80 }, 4, INT32_MIN },
		{ "<u4", "uint32", { 0, 0, 0, 0x80 }, 4, 0x80000000 },
		{ "<i8", "int64", { 1, 0, 0, 0, 0, 0, 0, 0x80 }, 8,
		  INT64_MIN + 1 },
		{ "<u8", "uint64", { 5 }, 8, 5 },
	};
	char header[128];

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct lw_npy array;

		snprintf(header, sizeof(header),
			 "{'descr': '%s', 'fortran_order': True, 'shape': ()}",
			 types[i].descr);
		array = parse_good(1, header, types[i].bytes, types[i].size);
		assert_string_equal(lw_npy_type_name(&array), types[i].name);
		assert_true(lw_npy_is_integer(&array));
		assert_int_equal(array.count, 1);
		assert_true(lw_npy_integer(&array, 0) == types[i].value);
		lw_npy_release(&array);
	}
}

static void doubles(void **state)
{
	const double elements[2] = { 0.1, -3e300 };
	struct lw_npy array = parse_good(
		1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
		elements, sizeof(elements));

	(void)state;
	assert_false(lw_npy_is_integer(&array));
	assert_true(lw_npy_real(&array, 0) == 0.1f);
	assert_true(lw_npy_real(&array, 1) == -(float)__builtin_inff());
	lw_npy_release(&array);
}

static void empty_arrays(void **state)
{
	struct lw_npy array = parse_good(
		1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 7)}",
		NULL, 0);

	(void)state;
	assert_int_equal(array.count, 0);
	lw_npy_release(&array);
}

#define TYPE "{'descr': '<f4', "
#define ORDER "'fortran_order': False, "
#define SHAPE "'shape': (2,)}"

static void refused_headers(void **state)
{
	static const struct {
		const char *header, *message;
		int code;
	} cases[] = {
		{ "", "a dictionary", -EBADMSG },
		{ "(2,)", "a dictionary", -EBADMSG },
		{ TYPE ORDER, "a key", -EBADMSG },
		{ TYPE ORDER "}", "and no more", -EBADMSG },
		{ TYPE ORDER SHAPE "}", "and no more", -EBADMSG },
		{ TYPE ORDER "'x': 1, " SHAPE, "once each", -EBADMSG },
		{ TYPE ORDER ORDER SHAPE, "once each", -EBADMSG },
		{ TYPE ORDER "'shape' (2,)}", "a key and a value", -EBADMSG },
		{ TYPE ORDER "'shape: (2,)}", "a key", -EBADMSG },
		{ TYPE ORDER "shape: (2,)}", "a key", -EBADMSG },
		{ TYPE ORDER "'shape': (2)}", "as shape", -EBADMSG },
		{ TYPE ORDER "'shape': 2}", "as shape", -EBADMSG },
		{ TYPE ORDER "'shape': (-2,)}", "as shape", -EBADMSG },
		{ TYPE ORDER "'shape': (2L,)}", "as shape", -EBADMSG },
		{ TYPE ORDER "'shape': (,)}", "as shape", -EBADMSG },
		{ TYPE ORDER "'shape': (2 3)}", "as shape", -EBADMSG },
		{ TYPE ORDER "'shape': (2,,)}", "as shape", -EBADMSG },
		{ TYPE ORDER "'shape': (2,", "as shape", -EBADMSG },
		{ TYPE ORDER "'shape': (1,1,1,1,1,1,1,1,2)}", "as shape",
		  -EBADMSG },
		{ TYPE ORDER "'shape': (18446744073709551618,)}", "as shape",
		  -EBADMSG },
		{ TYPE ORDER "'shape': (4294967296, 4294967296, 2)}",
		  "too large", -EBADMSG },
		{ TYPE ORDER "'shape': (4611686018427387906,)}", "bytes",
		  -EBADMSG },
		{ TYPE ORDER "'shape': (3,)}", "8 bytes of elements",
		  -EBADMSG },
		{ TYPE ORDER "'shape': (1,)}", "8 bytes of elements",
		  -EBADMSG },
		{ TYPE "'fortran_order': 0, " SHAPE, "True or False",
		  -EBADMSG },
		{ TYPE "'fortran_order': True, 'shape': (1, 2)}", "Fortran",
		  -EOPNOTSUPP },
		{ "{'descr': '>f4', " ORDER SHAPE, "\">f4\"", -EOPNOTSUPP },
		{ "{'descr': '|f4', " ORDER SHAPE, "\"|f4\"", -EOPNOTSUPP },
		{ "{'descr': '<f2', " ORDER SHAPE, "\"<f2\"", -EOPNOTSUPP },
		{ "{'descr': '<c8', " ORDER SHAPE, "\"<c8\"", -EOPNOTSUPP },
		{ "{'descr': '|O', " ORDER SHAPE, "\"|O\"", -EOPNOTSUPP },
		{ "{'descr': '<U4', " ORDER SHAPE, "\"<U4\"", -EOPNOTSUPP },
		{ "{'descr': '', " ORDER SHAPE, "\"\"", -EOPNOTSUPP },
		{ "{'descr': [('a', '<f4')], " ORDER SHAPE, "simple type",
		  -EBADMSG },
		{ "{'descr': 'a very long type indeed', " ORDER SHAPE,
		  "simple type", -EBADMSG },
	};
	const float elements[2] = { 1, 2 };
	uint8_t file[MAX_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lwnpu_error error = { 0 };
		struct lw_npy array;
		size_t size = make_file(file, 1, cases[i].header, elements,
					sizeof(elements));

		if (parse(&array, file, size, &error) != cases[i].code ||
		    !strstr(error.message, cases[i].message))
			fail_msg("%s: %d, \"%s\", expected %d, \"%s\"",
				 cases[i].header, error.code, error.message,
				 cases[i].code, cases[i].message);
		assert_null(strchr(error.message, '\n'));
	}
}

static void refused_preambles(void **state)
{
	uint8_t file[MAX_BYTES], changed[MAX_BYTES];
	struct lwnpu_error error;
	struct lw_npy array;
	size_t size = make_file(file, 1, TYPE ORDER SHAPE, "12345678", 8);

	(void)state;
	memcpy(changed, file, size);
	changed[0] = 0;
	assert_int_equal(parse(&array, changed, size, &error), -EBADMSG);
	memcpy(changed, file, size);
	changed[6] = 4;
	assert_int_equal(parse(&array, changed, size, &error), -EOPNOTSUPP);
	changed[6] = 0;
	assert_int_equal(parse(&array, changed, size, &error), -EOPNOTSUPP);
	memcpy(changed, file, size);
	changed[9] = 0xff;
	assert_int_equal(parse(&array, changed, size, &error), -EBADMSG);
	/* In version 2 the same header's length has four bytes. */
	size = make_file(changed, 2, TYPE ORDER SHAPE, "12345678", 8);
	changed[11] = 0xff;
	assert_int_equal(parse(&array, changed, size, &error), -EBADMSG);
}

static void truncated_and_extended(void **state)
{
	uint8_t file[MAX_BYTES] = { 0 };
	struct lwnpu_error error;
	struct lw_npy array;

	(void)state;
	for (int version = 1; version <= 3; version++) {
		size_t size = make_file(file, version, TYPE ORDER SHAPE,
					"12345678", 8);

		for (size_t n = 0; n < size; n++)
			assert_int_equal(parse(&array, file, n, &error),
					 -EBADMSG);
		assert_int_equal(parse(&array, file, size + 1, &error),
				 -EBADMSG);
		assert_int_equal(parse(&array, file, size, &error), 0);
		lw_npy_release(&array);
	}
}

static void written_arrays(void **state)
{
	static const struct {
		uint32_t n_dims;
		size_t dims[LW_NPY_MAX_DIMS];
		size_t count;
	} shapes[] = {
		{ 0, { 0 }, 1 }, { 1, { 5 }, 5 }, { 2, { 0, 3 }, 0 },
		{ 4, { 2, 1, 3, 1 }, 6 },
		{ 8, { 1, 1, 1, 1, 1, 1, 2, 3 }, 6 },
	};
	const int8_t elements[6] = { 1, -2, 3, -4, 5, -6 };
	char path[] = "/tmp/lwnpu-npy-XXXXXX";
	struct lwnpu_error error;

	(void)state;
	close(mkstemp(path));
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct lw_npy array = { .kind = 'i', .item_size = 1,
					.n_dims = shapes[i].n_dims,
					.count = shapes[i].count,
					.data = (const uint8_t *)elements };
		struct lw_npy back;

		memcpy(array.dims, shapes[i].dims, sizeof(array.dims));
		assert_int_equal(lw_npy_write(&array, path, &error), 0);
		assert_int_equal(lw_npy_read(&back, path, &error), 0);
		assert_int_equal(back.n_dims, array.n_dims);
		for (uint32_t k = 0; k < array.n_dims; k++)
			assert_int_equal(back.dims[k], array.dims[k]);
		assert_int_equal(back.count, array.count);
		assert_int_equal((back.data - (uint8_t *)back.file) % 64, 0);
		for (size_t k = 0; k < array.count; k++)
			assert_int_equal(lw_npy_integer(&back, k),
					 elements[k]);
		lw_npy_release(&back);
	}
	unlink(path);
}

static void files(void **state)
{
	struct lwnpu_error error;
	struct lw_npy array = { .kind = 'u', .item_size = 1 };

	(void)state;
	assert_int_equal(lw_npy_read(&array, "/nowhere/x.npy", &error),
			 -ENOENT);
	assert_true(lw_npy_write(&array, "/nowhere/x.npy", &error) < 0);
	assert_non_null(strstr(error.message, "/nowhere/x.npy"));
}

static void shapes_as_text(void **state)
{
	const size_t dims[] = { 2, 30, 4 };
	char text[32], small[6];

	(void)state;
	lw_npy_shape(dims, 0, text, sizeof(text));
	assert_string_equal(text, "()");
	lw_npy_shape(dims, 1, text, sizeof(text));
	assert_string_equal(text, "(2,)");
	lw_npy_shape(dims, 3, text, sizeof(text));
	assert_string_equal(text, "(2, 30, 4)");
	lw_npy_shape(dims, 3, small, sizeof(small));
	assert_string_equal(small, "(2, 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_and_spellings),
		cmocka_unit_test(element_types),
		cmocka_unit_test(doubles),
		cmocka_unit_test(empty_arrays),
		cmocka_unit_test(refused_headers),
		cmocka_unit_test(refused_preambles),
		cmocka_unit_test(truncated_and_extended),
		cmocka_unit_test(written_arrays),
		cmocka_unit_test(files),
		cmocka_unit_test(shapes_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
