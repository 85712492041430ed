// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "npy.h"
#include "npy_header.h"

#define MAGIC "\x93NUMPY"
#define MAGIC_SIZE 6
#define MAX_HEADER 65536
#define MAX_FILE ((size_t)1 << 31)
/* Magic, version, length and header end at a multiple of this. */
#define ALIGNMENT 64
#define HEADER_ROOM 512

static const struct {
	char kind;
	uint8_t size;
	const char *name;
} types[] = {
	{ 'f', 4, "float32" }, { 'f', 8, "float64" }, { 'b', 1, "bool" },
	{ 'i', 1, "int8" },    { 'i', 2, "int16" },   { 'i', 4, "int32" },
	{ 'i', 8, "int64" },   { 'u', 1, "uint8" },   { 'u', 2, "uint16" },
	{ 'u', 4, "uint32" },  { 'u', 8, "uint64" },
};

const char *lw_npy_type_name(const struct lw_npy *array)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].kind == array->kind &&
		    types[i].size == array->item_size)
			return types[i].name;
	return NULL;
}

/* Finds the header of a version 1, 2 or 3 file, which the elements follow. */
static int find_header(const uint8_t *file, size_t size, size_t *start,
		       size_t *length, struct lwnpu_error *error)
{
	if (size < 10 || memcmp(file, MAGIC, MAGIC_SIZE))
		return lw_fail(error, -EBADMSG, "not a .npy array");
	if (file[6] < 1 || file[6] > 3 || file[7])
		return lw_fail(error, -EOPNOTSUPP,
			       ".npy version %u.%u, expected 1.0, 2.0 or 3.0",
			       file[6], file[7]);
	*length = file[8] | file[9] << 8;
	*start = 10;
	if (file[6] > 1) {
		if (size < 12)
			return lw_fail(error, -EBADMSG, ".npy file ends early");
		*length |= (size_t)file[10] << 16 | (size_t)file[11] << 24;
		*start = 12;
	}
	if (*length > MAX_HEADER || *length > size - *start)
		return lw_fail(error, -EBADMSG,
			       ".npy header of %zu bytes, expected at most %zu",
			       *length,
			       size - *start < MAX_HEADER ? size - *start :
							    MAX_HEADER);
	return 0;
}

static int check_size(struct lw_npy *array, size_t have,
		      struct lwnpu_error *error)
{
	size_t need;

	array->count = 1;
	for (uint32_t i = 0; i < array->n_dims; i++)
		if (lw_mul(array->count, array->dims[i], &array->count))
			return lw_fail(error, -EBADMSG,
				       ".npy shape is too large");
	if (lw_mul(array->count, array->item_size, &need) || need != have)
		return lw_fail(error, -EBADMSG,
			       ".npy file has %zu bytes of elements, expected %zu of %s",
			       have, array->count, lw_npy_type_name(array));
	return 0;
}

int lw_npy_parse(struct lw_npy *array, void *file, size_t size,
		 struct lwnpu_error *error)
{
	struct lw_npy parsed = { .file = file };
	const uint8_t *bytes = file;
	size_t start = 0, length = 0;
	int ret;

	ret = find_header(bytes, size, &start, &length, error);
	if (!ret)
		ret = lw_npy_parse_header(&parsed, (const char *)bytes + start,
					  length, error);
	if (!ret)
		ret = check_size(&parsed, size - start - length, error);
	if (ret)
		return ret;
	parsed.data = bytes + start + length;
	*array = parsed;
	return 0;
}

int lw_npy_read(struct lw_npy *array, const char *path,
		struct lwnpu_error *error)
{
	size_t size;
	void *file;
	int ret;

	ret = lw_file_read(path, MAX_FILE, &file, &size, error);
	if (ret)
		return ret;
	ret = lw_npy_parse(array, file, size, error);
	if (ret) {
		free(file);
		return lw_fail_at(error, path);
	}
	return 0;
}

void lw_npy_release(struct lw_npy *array)
{
	free(array->file);
	memset(array, 0, sizeof(*array));
}

bool lw_npy_is_integer(const struct lw_npy *array)
{
	return array->kind != 'f';
}

static uint64_t element_bits(const struct lw_npy *array, size_t i)
{
	const uint8_t *at = array->data + i * array->item_size;
	uint64_t bits = 0;

	for (size_t k = 0; k < array->item_size; k++)
		bits |= (uint64_t)at[k] << (8 * k);
	return bits;
}

int64_t lw_npy_integer(const struct lw_npy *array, size_t i)
{
	unsigned int unused = 64 - 8 * array->item_size;
	uint64_t bits = element_bits(array, i);

	if (array->kind == 'i')
		return (int64_t)(bits << unused) >> unused;
	return bits;
}

float lw_npy_real(const struct lw_npy *array, size_t i)
{
	uint64_t bits = element_bits(array, i);
	uint32_t single_bits = bits;
	float single;
	double wide;

	if (array->item_size == sizeof(wide)) {
		memcpy(&wide, &bits, sizeof(wide));
		return wide;
	}
	memcpy(&single, &single_bits, sizeof(single));
	return single;
}

void lw_npy_shape(const size_t *dims, uint32_t n_dims, char *text, size_t size)
{
	size_t n = snprintf(text, size, "(");

	for (uint32_t i = 0; i < n_dims && n < size; i++)
		n += snprintf(text + n, size - n, "%s%zu", i ? ", " : "",
			      dims[i]);
	if (n < size)
		snprintf(text + n, size - n, n_dims == 1 ? ",)" : ")");
}

/* Version 1.0; returns its length, a multiple of ALIGNMENT. */
static size_t make_header(const struct lw_npy *array, char *header)
{
	char shape[LW_NPY_MAX_DIMS * 24];
	size_t length, end;

	lw_npy_shape(array->dims, array->n_dims, shape, sizeof(shape));
	memcpy(header, MAGIC "\1\0", 8);
	length = 10 + snprintf(header + 10, HEADER_ROOM - 10,
			       "{'descr': '%c%c%zu', 'fortran_order': False, 'shape': %s, }",
			       array->item_size > 1 ? '<' : '|', array->kind,
			       array->item_size, shape);
	end = (length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	memset(header + length, ' ', end - length);
	header[end - 1] = '\n';
	header[8] = (end - 10) & 0xff;
	header[9] = (end - 10) >> 8;
	return end;
}

int lw_npy_write(const struct lw_npy *array, const char *path,
		 struct lwnpu_error *error)
{
	size_t bytes = array->count * array->item_size;
	char header[HEADER_ROOM];
	size_t header_size = make_header(array, header);
	uint8_t *file;
	int ret;

	file = malloc(header_size + bytes);
	if (!file)
		return lw_fail(error, -ENOMEM, "%s: out of memory for %zu bytes",
			       path, header_size + bytes);
	memcpy(file, header, header_size);
	if (bytes)
		memcpy(file + header_size, array->data, bytes);
	ret = lw_file_write(path, file, header_size + bytes, error);
	free(file);
	return ret;
}
