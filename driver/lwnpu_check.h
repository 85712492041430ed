/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The checker of programs and the disassembler: freestanding C, compiled
 * unchanged into the module and into userspace. Nothing here allocates, prints,
 * or uses floating point.
 */
#ifndef LWNPU_CHECK_H
#define LWNPU_CHECK_H

#include "lwnpu_isa.h"

/* Limits of every engine; GET_PARAM and liblwnpu report them. */
#define LWNPU_MAX_OPS 65536
#define LWNPU_MAX_REGION_SIZE (1ULL << 31)
/* A bit for each: which way a job went fits a word. */
#define LWNPU_MAX_GATES 64

/**
 * struct lwnpu_region_info - what a job must bind to a region
 * @size: bytes from offset 0 that the program may touch
 * @direction: enum lwnpu_direction
 * @reserved: zero
 */
struct lwnpu_region_info {
	__u64 size;
	__u32 direction;
	__u32 reserved;
};

/**
 * struct lwnpu_program_info - the checker's result for a valid program
 * @n_regions: 1 + the highest region used, at least 2
 * @n_gates: operations that are a GATE, at most LWNPU_MAX_GATES
 * @region: per region; a region below @n_regions may be unused
 */
struct lwnpu_program_info {
	__u32 n_regions;
	__u32 n_gates;
	struct lwnpu_region_info region[LWNPU_REGION_MAX];
};

/**
 * struct lwnpu_check_error - where and why a program is refused
 * @op: index of the operation
 * @reason: enum lwnpu_check_reason
 * @field: static string, the field at fault, "in[0].row_pitch", "kernel_h", …
 * @got: its value
 * @expected: the bound that it broke, where there is one number that says it
 */
struct lwnpu_check_error {
	__u32 op;
	__u32 reason;
	const char *field;
	__u64 got;
	__u64 expected;
};

/**
 * lwnpu_check_program() - decide whether a program may run
 * @ops: the operations; the caller's own copy, nobody else can write to it
 * @n_ops: how many, 1…LWNPU_MAX_OPS
 * @weights: region 0; may be NULL if @weights_size is 0
 * @weights_size: its bytes
 * @info: filled in when the program is valid, else untouched
 * @error: filled in when it is not
 *
 * A valid program terminates, touches only the bytes that @info states, and
 * gives the same output bytes on every engine.
 *
 * Return: 0 or -EINVAL.
 */
int lwnpu_check_program(const struct lwnpu_op *ops, __u32 n_ops,
			const void *weights, __u64 weights_size,
			struct lwnpu_program_info *info,
			struct lwnpu_check_error *error);

/**
 * lwnpu_check_reason_text() - the text of an enum lwnpu_check_reason
 * @reason: any value
 *
 * Return: a static string.
 */
const char *lwnpu_check_reason_text(__u32 reason);

/**
 * lwnpu_disasm_op() - one operation as one line of text, without a newline
 * @op: any bytes, valid or not
 * @buf: gets the text, always terminated when @size > 0
 * @size: of @buf
 *
 * Return: the length of the whole text, as snprintf().
 */
__u32 lwnpu_disasm_op(const struct lwnpu_op *op, char *buf, __u32 size);

/**
 * lwnpu_conv_blocks() - blocks of a convolution's weights, zero ones included
 * @op: a valid CONV or TCONV, or one whose tensors and fields were checked
 *
 * Return: out.c x kernel_h x kernel_w x input words of a group.
 */
__u64 lwnpu_conv_blocks(const struct lwnpu_op *op);

#define LWNPU_DIGITS 6

/**
 * struct lwnpu_digits - the fields of a REORDER as arrays
 * @size: size0, size1, …
 * @stride: stride0, stride1, …
 */
struct lwnpu_digits {
	__u32 size[LWNPU_DIGITS];
	__u32 stride[LWNPU_DIGITS];
};

/**
 * lwnpu_reorder_digits() - the digits of a REORDER's element numbers
 * @op: a REORDER
 *
 * Return: its fields.
 */
struct lwnpu_digits lwnpu_reorder_digits(const struct lwnpu_op *op);

#endif /* LWNPU_CHECK_H */
