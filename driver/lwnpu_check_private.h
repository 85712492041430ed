/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Between the parts of the checker. */
#ifndef LWNPU_CHECK_PRIVATE_H
#define LWNPU_CHECK_PRIVATE_H

#include "lwnpu_check.h"
#include "lwnpu_table.h"

/**
 * struct lw_check - a check in progress
 * @op: the operation being checked
 * @index: its index
 * @n_ops: operations of the program
 * @weights: region 0
 * @weights_size: its bytes
 * @info: what is known of the regions so far
 * @error: where a refusal is stored
 */
struct lw_check {
	const struct lwnpu_op *op;
	u32 index;
	u32 n_ops;
	const u8 *weights;
	u64 weights_size;
	struct lwnpu_program_info info;
	struct lwnpu_check_error *error;
};

/**
 * lw_check_refuse() - refuse the program
 * @check: the check
 * @reason: why
 * @field: what is at fault, a static string
 * @got: its value
 * @expected: the bound that it breaks, or 0
 *
 * Return: -EINVAL, so that a rule can end with it.
 */
int lw_check_refuse(struct lw_check *check, enum lwnpu_check_reason reason,
		    const char *field, u64 got, u64 expected);

/**
 * lw_check_equal() - refuse the program unless two sizes agree
 * @check: the check
 * @field: the field at fault if not
 * @got: its value
 * @expected: what it must be
 *
 * Return: 0 or -EINVAL.
 */
int lw_check_equal(struct lw_check *check, const char *field, u32 got,
		   u32 expected);

/**
 * lw_check_stream() - check that a stream lies in region 0
 * @check: the check
 * @field: the field at fault if not
 * @offset: of its first byte
 * @size: bytes, which are then safe to read
 *
 * Return: 0 or -EINVAL.
 */
int lw_check_stream(struct lw_check *check, const char *field, u32 offset,
		    u64 size);

/* The rules of each operation that its table cannot express. */
#define LWNPU_OP(name, NAME, number, tensors, doc) \
	int lw_check_##name(struct lw_check *check);
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

static inline u32 lw_load_u32(const u8 *bytes)
{
	return bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 |
	       (u32)bytes[3] << 24;
}

/*
 * Multipliers are normal numbers: then no product of one with an integer is
 * subnormal, and devices that flush those give the same bytes.
 */
static inline bool lw_check_is_scale(u32 bits)
{
	return bits >= 0x00800000 && bits < 0x7f800000;
}

/*
 * Scales of real numbers are 2^-64 to 2^64: then no sum of 2^23 bytes
 * overflows, and no byte depends on what a device does with subnormals.
 */
static inline bool lw_check_is_real_scale(u32 bits)
{
	return bits >= 0x1f800000 && bits <= 0x5f800000;
}

/**
 * lw_check_real_scale() - check a scale that an operation has if it is real
 * @check: the check
 * @field: its name
 * @bits: its value
 * @real: whether the operation computes with real numbers
 *
 * Return: 0 or -EINVAL.
 */
int lw_check_real_scale(struct lw_check *check, const char *field, u32 bits,
			bool real);

#endif /* LWNPU_CHECK_PRIVATE_H */
