/* SPDX-License-Identifier: MIT */
/* Arrays in NumPy's format .npy. */
#ifndef LW_NPY_H
#define LW_NPY_H

#include "error.h"

#define LW_NPY_MAX_DIMS 8

/**
 * struct lw_npy - an array in C order
 * @kind: 'f' real, 'i' signed, 'u' unsigned, 'b' boolean
 * @item_size: bytes of an element, little-endian
 * @n_dims: of its shape
 * @dims: the shape
 * @count: elements
 * @data: the elements, inside @file; they need not be aligned
 * @file: malloc()ed
 */
struct lw_npy {
	char kind;
	size_t item_size;
	uint32_t n_dims;
	size_t dims[LW_NPY_MAX_DIMS];
	size_t count;
	const uint8_t *data;
	void *file;
};

/**
 * lw_npy_parse() - take a file's bytes as an array
 * @array: filled in on success
 * @file: the bytes, malloc()ed; owned by @array on success
 * @size: how many
 * @error: filled in on failure, may be NULL
 *
 * Return: 0; -EBADMSG damaged or no .npy; -EOPNOTSUPP a type, byte order or
 * element order that is not read here.
 */
int lw_npy_parse(struct lw_npy *array, void *file, size_t size,
		 struct lwnpu_error *error);

/** lw_npy_read() - the same of a file; the message starts with its name */
int lw_npy_read(struct lw_npy *array, const char *path,
		struct lwnpu_error *error);

void lw_npy_release(struct lw_npy *array);

/** lw_npy_is_integer() - elements are integers or booleans */
bool lw_npy_is_integer(const struct lw_npy *array);

/** lw_npy_is_byte() - they are integers or booleans of one byte */
static inline bool lw_npy_is_byte(const struct lw_npy *array)
{
	return array->item_size == 1 && lw_npy_is_integer(array);
}

/** lw_npy_integer() - element @i of an array of integers */
int64_t lw_npy_integer(const struct lw_npy *array, size_t i);

/** lw_npy_real() - element @i of an array of real numbers */
float lw_npy_real(const struct lw_npy *array, size_t i);

/** lw_npy_type_name() - NumPy's name of the element type, "float32" */
const char *lw_npy_type_name(const struct lw_npy *array);

/**
 * lw_npy_shape() - a shape as Python writes it, "(2, 3)"
 * @dims: the shape
 * @n_dims: its length
 * @text: gets the text, cut to @size
 */
void lw_npy_shape(const size_t *dims, uint32_t n_dims, char *text,
		  size_t size);

/**
 * lw_npy_write() - write an array, whole or not at all
 * @array: @file is not used
 * @path: the file's name
 * @error: filled in on failure, may be NULL; the message names @path
 *
 * Return: 0 or a negative errno value.
 */
int lw_npy_write(const struct lw_npy *array, const char *path,
		 struct lwnpu_error *error);

#endif /* LW_NPY_H */
