/* SPDX-License-Identifier: MIT */
/* Models of one table look-up, whose answers are easy to know. */
#ifndef LW_LUT_MODEL_H
#define LW_LUT_MODEL_H

#include <stdbool.h>

#include "lwnpu.h"

/**
 * struct lw_lut - what such a model is made of
 * @h: rows
 * @w: columns
 * @c: channels
 * @declared: sides of the input in the package, if not these
 * @in_signed: the input is int8
 * @out_signed: the output is
 * @in_scale: of the input
 * @out_scale: of the output
 * @in_zero: of the input, as unsigned bytes
 * @out_zero: of the output, the same
 * @table: output of each input, the same
 * @exit_at: if not 0, an input with a byte of at least this has that output;
 *	all others go through a gate to @late
 * @late: output of each input behind the gate
 * @norm_channels: of the input, as lwm_io has them: 0, 1 or @c
 * @norm_scale: the same
 * @mean: the same
 * @std: the same
 */
struct lw_lut {
	uint32_t h, w, c;
	uint32_t declared;
	bool in_signed, out_signed;
	float in_scale, out_scale;
	uint8_t in_zero, out_zero;
	uint8_t table[256];
	uint8_t exit_at;
	uint8_t late[256];
	uint32_t norm_channels;
	float norm_scale, mean[4], std[4];
};

/* 3 x 5 x @c, every byte its own answer; scales 0.5, 0.25, zeros 100, 7. */
struct lw_lut lw_lut_identity(bool in_signed, bool out_signed, uint32_t c);

/* As a file; the test fails if that fails. @data is malloc()ed. */
void lw_lut_package(const struct lw_lut *lut, void **data, size_t *size);

/* Loaded; the same. */
struct lwnpu_model *lw_lut_load(struct lwnpu_device *device,
				const struct lw_lut *lut);

/* Opened; the same. */
struct lwnpu_device *lw_open_device(const char *name);

#endif /* LW_LUT_MODEL_H */
