// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "npy.h"

#define MAGIC "\x93NUMPY"
#define MAGIC_SIZE 6
#define MAX_HEADER 65536
#define MAX_FILE ((size_t)1 << 31)
/* Magic, version, length and header end at a multiple of this. */
#define ALIGNMENT 64
#define HEADER_ROOM 512

/**
 * struct text - the header, as far as it is not parsed
 * @at: next character
 * @end: behind the last
 */
struct text {
	const char *at;
	const char *end;
};

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

static const char *type_name(char kind, size_t size)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].kind == kind && types[i].size == size)
			return types[i].name;
	return NULL;
}

const char *lw_npy_type_name(const struct lw_npy *array)
{
	return type_name(array->kind, array->item_size);
}

static void skip_spaces(struct text *text)
{
	while (text->at < text->end && (*text->at == ' ' || *text->at == '\n'))
		text->at++;
}

/* The next character other than a space, taken if it is @c. */
static bool take(struct text *text, char c)
{
	skip_spaces(text);
	if (text->at == text->end || *text->at != c)
		return false;
	text->at++;
	return true;
}

static bool take_word(struct text *text, const char *word)
{
	size_t length = strlen(word);

	skip_spaces(text);
	if ((size_t)(text->end - text->at) < length ||
	    memcmp(text->at, word, length))
		return false;
	text->at += length;
	return true;
}

/* 'name' or "name", without escapes. */
static bool take_string(struct text *text, char *string, size_t room)
{
	size_t n = 0;
	char quote;

	skip_spaces(text);
	if (text->at == text->end || (*text->at != '\'' && *text->at != '"'))
		return false;
	quote = *text->at++;
	while (text->at < text->end && *text->at != quote) {
		if (n + 1 == room)
			return false;
		string[n++] = *text->at++;
	}
	string[n] = 0;
	return take(text, quote);
}

static bool take_number(struct text *text, size_t *number)
{
	const char *start;

	skip_spaces(text);
	start = text->at;
	*number = 0;
	for (; text->at < text->end && *text->at >= '0' && *text->at <= '9';
	     text->at++)
		if (lw_mul(*number, 10, number) ||
		    lw_add(*number, *text->at - '0', number))
			return false;
	return text->at > start;
}

/* "(2, 3)", "(2,)", "()" */
static bool take_shape(struct text *text, struct lw_npy *array)
{
	bool comma = false;

	if (!take(text, '('))
		return false;
	array->n_dims = 0;
	while (!take(text, ')')) {
		if (array->n_dims && !comma)
			return false;
		if (array->n_dims == LW_NPY_MAX_DIMS ||
		    !take_number(text, &array->dims[array->n_dims++]))
			return false;
		comma = take(text, ',');
	}
	return array->n_dims != 1 || comma;
}

static int set_type(struct lw_npy *array, const char *descr,
		    struct lwnpu_error *error)
{
	size_t size = 0;

	if (strlen(descr) == 3 && strchr("<|", descr[0])) {
		array->kind = descr[1];
		size = descr[2] - '0';
		array->item_size = size;
	}
	if (!size || !lw_npy_type_name(array) || (descr[0] == '|' && size > 1))
		return lw_fail(error, -EOPNOTSUPP,
			       "element type \"%s\", expected little-endian real numbers of 4 or 8 bytes, or integers",
			       descr);
	return 0;
}

static int bad_header(struct lwnpu_error *error, const char *expected)
{
	return lw_fail(error, -EBADMSG, ".npy header: expected %s", expected);
}

static int take_order(struct text *text, bool *fortran,
		      struct lwnpu_error *error)
{
	*fortran = take_word(text, "True");
	if (*fortran || take_word(text, "False"))
		return 0;
	return bad_header(error, "True or False as fortran_order");
}

/**
 * struct header - what the dictionary has said so far
 * @array: type and shape
 * @fortran: elements are in Fortran order
 * @descr: the entry was there
 * @order: the entry was there
 * @shape: the entry was there
 */
struct header {
	struct lw_npy *array;
	bool fortran;
	bool descr, order, shape;
};

static bool first(bool *seen)
{
	bool before = *seen;

	*seen = true;
	return !before;
}

static int parse_entry(struct header *header, struct text *text,
		       struct lwnpu_error *error)
{
	char key[16], descr[16];

	if (!take_string(text, key, sizeof(key)) || !take(text, ':'))
		return bad_header(error, "a key and a value");
	if (!strcmp(key, "descr") && first(&header->descr)) {
		if (!take_string(text, descr, sizeof(descr)))
			return bad_header(error, "a simple type as descr");
		return set_type(header->array, descr, error);
	}
	if (!strcmp(key, "fortran_order") && first(&header->order))
		return take_order(text, &header->fortran, error);
	if (!strcmp(key, "shape") && first(&header->shape)) {
		if (!take_shape(text, header->array))
			return bad_header(error, "at most 8 sizes as shape");
		return 0;
	}
	return bad_header(error, "descr, fortran_order and shape, once each");
}

/* "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" */
static int parse_header(struct lw_npy *array, struct text *text,
			struct lwnpu_error *error)
{
	struct header header = { .array = array };
	bool comma = true;
	int ret;

	if (!take(text, '{'))
		return bad_header(error, "a dictionary");
	while (!take(text, '}')) {
		if (!comma)
			return bad_header(error, "a comma between entries");
		ret = parse_entry(&header, text, error);
		if (ret)
			return ret;
		comma = take(text, ',');
	}
	skip_spaces(text);
	if (!header.descr || !header.order || !header.shape ||
	    text->at != text->end)
		return bad_header(error,
				  "descr, fortran_order and shape, and no more");
	if (header.fortran && array->n_dims > 1)
		return lw_fail(error, -EOPNOTSUPP,
			       "elements in Fortran order, expected C order (numpy.ascontiguousarray)");
	return 0;
}

/* Finds the header of a version 1, 2 or 3 file; *data is where it ends. */
static int find_header(const uint8_t *file, size_t size, struct text *text,
		       size_t *data, struct lwnpu_error *error)
{
	size_t length, start;

	if (size < 10 || memcmp(file, MAGIC, MAGIC_SIZE))
		return lw_fail(error, -EBADMSG, "not a .npy array");
	if (file[6] < 1 || file[6] > 3 || file[7])
		return lw_fail(error, -EOPNOTSUPP,
			       ".npy version %u.%u, expected 1.0, 2.0 or 3.0",
			       file[6], file[7]);
	length = file[8] | file[9] << 8;
	start = 10;
	if (file[6] > 1) {
		if (size < 12)
			return lw_fail(error, -EBADMSG, ".npy file ends early");
		length |= (size_t)file[10] << 16 | (size_t)file[11] << 24;
		start = 12;
	}
	if (length > MAX_HEADER || length > size - start)
		return lw_fail(error, -EBADMSG,
			       ".npy header of %zu bytes, expected at most %zu",
			       length,
			       size - start < MAX_HEADER ? size - start :
							   MAX_HEADER);
	text->at = (const char *)file + start;
	text->end = text->at + length;
	*data = start + length;
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
	struct text text = { 0 };
	size_t data = 0;
	int ret;

	ret = find_header(file, size, &text, &data, error);
	if (!ret)
		ret = parse_header(&parsed, &text, error);
	if (!ret)
		ret = check_size(&parsed, size - data, error);
	if (ret)
		return ret;
	parsed.data = (const uint8_t *)file + data;
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
