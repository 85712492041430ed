/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * lwnpu programs: the operation descriptor.
 *
 * A program is an array of struct lwnpu_op and the bytes of region 0, its
 * weights. It holds no pointers: every address is a region and an offset. All
 * values are little-endian. Reserved and unused bytes are zero.
 *
 * Errors of a program are found when it is created, by the checker
 * (driver/lwnpu_check.h), never while it runs.
 */
#ifndef _UAPI_LWNPU_ISA_H
#define _UAPI_LWNPU_ISA_H

#include <linux/types.h>

/**
 * enum lwnpu_region - what an address is relative to
 * @LWNPU_REGION_WEIGHTS: part of the program, read-only
 * @LWNPU_REGION_ARENA: scratch memory; its contents at the start of a job are
 *	unspecified, and nothing of it survives the job
 * @LWNPU_REGION_IO: the first region that a job binds; an input (only read)
 *	or an output (only written)
 * @LWNPU_REGION_MAX: regions are numbered below this
 */
enum lwnpu_region {
	LWNPU_REGION_WEIGHTS = 0,
	LWNPU_REGION_ARENA = 1,
	LWNPU_REGION_IO = 2,
	LWNPU_REGION_MAX = 34,
};

/* Channels in a word: a pixel's bytes of 4 channels, [C/4][H][W][4]. */
#define LWNPU_LANES 4

/**
 * struct lwnpu_tensor - an unsigned 8-bit tensor, [C/4][H][W][4]
 * @offset: of the first word in the region, bytes, a multiple of 4
 * @row_pitch: bytes from one row to the next, a multiple of 4, at least 4 x w
 *	(when h is 1 only a multiple of 4)
 * @plane_pitch: bytes from one plane of 4 channels to the next, a multiple of
 *	4 (when there is more than one plane at least h x row_pitch, or 4 x w
 *	if h is 1)
 * @h: rows, at least 1
 * @w: columns, at least 1
 * @c: channels, at least 1
 * @region: region, see enum lwnpu_region; of an output never the weights
 * @zero_point: the byte that stands for the real number 0
 *
 * Windows of CONV, DWCONV and POOL: output place y reads the input places
 * y x stride - pad + k x dilation, k below the kernel. The reach of a kernel is
 * (kernel - 1) x dilation + 1. The padding before the image is smaller than it,
 * and the last window starts inside the image.
 *
 * TCONV goes the other way: input place y adds to the output places
 * y x stride - pad + k x dilation. Its parameters lie where CONV's do, so
 * struct lwnpu_conv serves for both.
 *
 * Broadcasting of ADD and MUL: each of an input's h, w and c is the output's
 * or 1, and then its one row, column or channel is used for all of the output's.
 *
 * Real value = scale x (q - zero_point); scales live in the package, and in
 * the multipliers of each operation. Lanes past @c in the last plane are
 * written as zero by every operation that writes the tensor, and are read by
 * CONV and TCONV like any other lane (its weights there are zero in a sensible program).
 */
struct lwnpu_tensor {
	__u32 offset;
	__u32 row_pitch;
	__u32 plane_pitch;
	__u16 h;
	__u16 w;
	__u16 c;
	__u8 region;
	__u8 zero_point;
};

/* Which tensor slots of struct lwnpu_op an operation uses. */
#define LWNPU_T_IN0 1
#define LWNPU_T_IN1 2
#define LWNPU_T_OUT 4

/**
 * enum lwnpu_pool_mode - what POOL computes
 * @LWNPU_POOL_MAX: maximum
 * @LWNPU_POOL_AVERAGE: average of the same scale, rounded as integers
 * @LWNPU_POOL_MEAN: average with a change of scale
 * @LWNPU_POOL_REAL: average of real numbers, in single precision
 * @LWNPU_POOL_REDUCE: the same as a reduction of rows computes it
 */
enum lwnpu_pool_mode {
	LWNPU_POOL_MAX = 0,
	LWNPU_POOL_AVERAGE = 1,
	LWNPU_POOL_MEAN = 2,
	LWNPU_POOL_REAL = 3,
	LWNPU_POOL_REDUCE = 4,
};

/**
 * enum lwnpu_resize_mode - how RESIZE interpolates
 * @LWNPU_RESIZE_FIXED: bytes of the same scale, in integers
 * @LWNPU_RESIZE_REAL: real numbers, in single precision
 */
enum lwnpu_resize_mode {
	LWNPU_RESIZE_FIXED = 0,
	LWNPU_RESIZE_REAL = 1,
};

/**
 * enum lwnpu_gate_mode - the value that GATE compares
 * @LWNPU_GATE_MAX: the greatest byte
 * @LWNPU_GATE_MARGIN: the greatest byte less the second greatest
 */
enum lwnpu_gate_mode {
	LWNPU_GATE_MAX = 0,
	LWNPU_GATE_MARGIN = 1,
};

/* Numbers of the operations: LWNPU_OP_CONV = 1, … */
enum lwnpu_opcode {
#define LWNPU_OP(name, NAME, number, tensors, doc) LWNPU_OP_##NAME = number,
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
};

typedef __u32 lwnpu_f32;

/* struct lwnpu_conv, … : the parameters of each operation. */
#define LWNPU_TYPE_u8 __u8
#define LWNPU_TYPE_u16 __u16
#define LWNPU_TYPE_u32 __u32
#define LWNPU_TYPE_s16 __s16
#define LWNPU_TYPE_s32 __s32
#define LWNPU_TYPE_f32 lwnpu_f32
#define LWNPU_OP(name, NAME, number, tensors, doc) struct lwnpu_##name {
#define LWNPU_FIELD(name, type, field, role, min, max, doc) \
	LWNPU_TYPE_##type field;
#define LWNPU_END(name, NAME) };
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

/**
 * struct lwnpu_op - an operation, 128 bytes
 * @opcode: enum lwnpu_opcode
 * @reserved: zero
 * @in: input tensors, in[1] all zero where the operation has one
 * @out: the tensor written. It does not overlap an input, except that the
 *	output of ADD, MUL and LUT may be the very same place (region, offset,
 *	pitches and sizes) as an input
 * @raw: the parameters' bytes, zero past the operation's own
 */
struct lwnpu_op {
	__u32 opcode;
	__u32 reserved;
	struct lwnpu_tensor in[2];
	struct lwnpu_tensor out;
	union {
#define LWNPU_OP(name, NAME, number, tensors, doc) struct lwnpu_##name name;
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
		__u8 raw[60];
	};
};

#define LWNPU_OP_SIZE 128

/**
 * enum lwnpu_direction - what a program does with a region
 * @LWNPU_UNUSED: nothing
 * @LWNPU_IN: only reads it
 * @LWNPU_OUT: only writes it
 * @LWNPU_SCRATCH: both; the arena alone
 */
enum lwnpu_direction {
	LWNPU_UNUSED = 0,
	LWNPU_IN = 1,
	LWNPU_OUT = 2,
	LWNPU_SCRATCH = 3,
};

/**
 * enum lwnpu_check_reason - why a program is refused
 *
 * LWNPU_CHECK_REASON(NAME, text): text is a printf-less sentence part; the
 * words "got" and "expected" of struct lwnpu_check_error follow it.
 */
#define LWNPU_CHECK_REASONS(X) \
	X(OK, "valid") \
	X(PROGRAM_SIZE, "number of operations is out of range") \
	X(OPCODE, "unknown operation") \
	X(RESERVED, "reserved or unused bytes are not zero") \
	X(RANGE, "value is out of range") \
	X(ALIGNMENT, "not a multiple of 4") \
	X(REGION, "region is not allowed here") \
	X(DIRECTION, "an input region is written or an output region is read") \
	X(PITCH, "pitch is too small") \
	X(EXTENT, "tensor or stream does not fit its region") \
	X(OVERLAP, "output overlaps an input") \
	X(SHAPE, "sizes do not agree") \
	X(ORDER, "lower bound is above upper bound") \
	X(FLOAT, "not a finite number in range") \
	X(STREAM, "weight stream's length does not agree with its contents") \
	X(WINDOW, "window lies wholly outside the input")

enum lwnpu_check_reason {
#define LWNPU_CHECK_ENUM(NAME, text) LWNPU_CHECK_##NAME,
	LWNPU_CHECK_REASONS(LWNPU_CHECK_ENUM)
#undef LWNPU_CHECK_ENUM
};

#endif /* _UAPI_LWNPU_ISA_H */
