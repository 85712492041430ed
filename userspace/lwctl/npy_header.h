/* SPDX-License-Identifier: MIT */
/* The header of a .npy file: a Python dictionary of three entries. */
#ifndef LW_NPY_HEADER_H
#define LW_NPY_HEADER_H

#include "npy.h"

/**
 * lw_npy_parse_header() - read the dictionary
 * @array: gets the element type and the shape
 * @characters: "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
 * @length: how many
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, -EBADMSG or -EOPNOTSUPP as lw_npy_parse().
 */
int lw_npy_parse_header(struct lw_npy *array, const char *characters,
			size_t length, struct lwnpu_error *error);

#endif /* LW_NPY_HEADER_H */
