// SPDX-License-Identifier: MIT
#include <string.h>

#include "npy_header.h"

/**
 * struct text - the header, as far as it is not parsed
 * @at: next character
 * @end: behind the last
 */
struct text {
	const char *at;
	const char *end;
};

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

int lw_npy_parse_header(struct lw_npy *array, const char *characters,
			size_t length, struct lwnpu_error *error)
{
	struct text text = { characters, characters + length };
	struct header header = { .array = array };
	bool comma = true;
	int ret;

	if (!take(&text, '{'))
		return bad_header(error, "a dictionary");
	while (!take(&text, '}')) {
		if (!comma)
			return bad_header(error, "a comma between entries");
		ret = parse_entry(&header, &text, error);
		if (ret)
			return ret;
		comma = take(&text, ',');
	}
	skip_spaces(&text);
	if (!header.descr || !header.order || !header.shape ||
	    text.at != text.end)
		return bad_header(error,
				  "descr, fortran_order and shape, and no more");
	if (header.fortran && array->n_dims > 1)
		return lw_fail(error, -EOPNOTSUPP,
			       "elements in Fortran order, expected C order (numpy.ascontiguousarray)");
	return 0;
}
