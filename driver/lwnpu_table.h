/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * lwnpu_ops.def as data, for code that walks over the fields of any operation.
 * Freestanding, like everything that includes it.
 */
#ifndef LWNPU_TABLE_H
#define LWNPU_TABLE_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include <linux/errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __s16 s16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
#define U32_MAX ((u32)~0U)
#define S32_MAX ((s32)(U32_MAX >> 1))
#define S32_MIN ((s32)(-S32_MAX - 1))
#endif

#include "lwnpu_isa.h"

#define LW_COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum lw_type {
	LW_TYPE_u8,
	LW_TYPE_u16,
	LW_TYPE_u32,
	LW_TYPE_s16,
	LW_TYPE_s32,
	LW_TYPE_f32,
};

enum lw_role {
	LW_ROLE_IMM,
	LW_ROLE_RQ,
	LW_ROLE_WEIGHTS,
	LW_ROLE_LENGTH,
	LW_ROLE_SCALE,
	LW_ROLE_ENUM,
};

/**
 * struct lw_field - a parameter of an operation
 * @name: as in lwnpu_ops.def
 * @min: least value
 * @max: greatest value
 * @offset: of its first byte in struct lwnpu_op.raw
 * @size: bytes
 * @type: enum lw_type
 * @role: enum lw_role
 */
struct lw_field {
	const char *name;
	s64 min;
	s64 max;
	u8 offset;
	u8 size;
	u8 type;
	u8 role;
};

/**
 * struct lw_op_desc - an operation
 * @name: in lower case
 * @fields: its parameters in the order of their offsets
 * @n_fields: how many
 * @tensors: the tensor slots used, LWNPU_T_IN0 | …
 * @size: bytes of the parameters; those past them are zero
 */
struct lw_op_desc {
	const char *name;
	const struct lw_field *fields;
	u32 n_fields;
	u32 tensors;
	u32 size;
};

/**
 * lw_op_describe() - find an operation
 * @opcode: any value
 *
 * Return: its description, or NULL if there is no such operation.
 */
const struct lw_op_desc *lw_op_describe(u32 opcode);

/**
 * lw_field_get() - value of a parameter
 * @op: an operation that has @field
 * @field: from its description
 *
 * Return: the value; for f32 its bits.
 */
s64 lw_field_get(const struct lwnpu_op *op, const struct lw_field *field);

static inline u32 lw_tensor_planes(const struct lwnpu_tensor *tensor)
{
	return (tensor->c + LWNPU_LANES - 1) / LWNPU_LANES;
}

/* One past the last byte; at most 2^50, as the pitches have 32 bits. */
static inline u64 lw_tensor_end(const struct lwnpu_tensor *tensor)
{
	return (u64)tensor->offset +
	       (u64)(lw_tensor_planes(tensor) - 1) * tensor->plane_pitch +
	       (u64)(tensor->h - 1) * tensor->row_pitch +
	       (u64)tensor->w * LWNPU_LANES;
}

static inline u64 lw_tensor_elements(const struct lwnpu_tensor *tensor)
{
	return (u64)tensor->h * tensor->w * tensor->c;
}

#endif /* LWNPU_TABLE_H */
