// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The checker: rules of the operations that say which places they read. */
#include "lwnpu_check_private.h"

/* Parts of the way from a pixel to the next. */
#define LW_FRACTIONS 2048

struct lwnpu_digits lwnpu_reorder_digits(const struct lwnpu_op *op)
{
	const struct lwnpu_reorder *p = &op->reorder;

	return (struct lwnpu_digits) {
		.size = { p->size0, p->size1, p->size2,
			  p->size3, p->size4, p->size5 },
		.stride = { p->stride0, p->stride1, p->stride2,
			    p->stride3, p->stride4, p->stride5 },
	};
}

/* A tensor fits a region, so its elements fit 32 bits, and so do numbers. */
int lw_check_reorder(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	struct lwnpu_digits digits = lwnpu_reorder_digits(op);
	u64 elements = lw_tensor_elements(&op->out);
	u64 product = 1, last = 0;
	u32 d;

	for (d = 0; d < LWNPU_DIGITS; d++) {
		product *= digits.size[d];
		last += (u64)(digits.size[d] - 1) * digits.stride[d];
		if (product > elements)
			break;
	}
	if (product != elements)
		return lw_check_refuse(check, LWNPU_CHECK_SHAPE,
				       "size0 x ... x size5", product,
				       elements);
	elements = lw_tensor_elements(&op->in[0]);
	if (last >= elements)
		return lw_check_refuse(check, LWNPU_CHECK_EXTENT,
				       "(size0 - 1) x stride0 + ...", last,
				       elements - 1);
	return 0;
}

/* Bits of 2^-24 and 1, between which a fraction in single precision lies. */
#define LW_LEAST_FRACTION 0x33800000
#define LW_REAL_ONE 0x3f800000

/* An entry of a table of RESIZE: places to read, and a fraction. */
static int lw_check_position(struct lw_check *check, const char *field,
			     const u8 *entry, u32 in)
{
	bool real = check->op->resize.mode == LWNPU_RESIZE_REAL;
	u32 first = lw_load_u32(entry), index = first & 0xffff;
	u32 second = first >> 16, fraction = second;

	if (real) {
		fraction = lw_load_u32(entry + 4);
		if (fraction && (fraction < LW_LEAST_FRACTION ||
				 fraction >= LW_REAL_ONE))
			return lw_check_refuse(check, LWNPU_CHECK_FLOAT, field,
					       fraction, 0);
	} else {
		second = index + !!fraction;
		if (fraction >= LW_FRACTIONS)
			return lw_check_refuse(check, LWNPU_CHECK_RANGE, field,
					       fraction, LW_FRACTIONS - 1);
	}
	index = second > index ? second : index;
	if (index >= in)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE, field, index,
				       in - 1);
	return 0;
}

static int lw_check_positions(struct lw_check *check, const char *field,
			      u32 offset, u32 out, u32 in)
{
	u32 size = check->op->resize.mode == LWNPU_RESIZE_REAL ? 8 : 4, i;
	int err = lw_check_stream(check, field, offset, (u64)size * out);

	for (i = 0; !err && i < out; i++)
		err = lw_check_position(check, field, check->weights + offset +
					(u64)size * i, in);
	return err;
}

int lw_check_resize(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	bool real = op->resize.mode == LWNPU_RESIZE_REAL;
	int err;

	err = lw_check_equal(check, "out.c", op->out.c, op->in[0].c);
	if (!err)
		err = lw_check_real_scale(check, "in_scale",
					  op->resize.in_scale, real);
	if (!err)
		err = lw_check_real_scale(check, "out_scale",
					  op->resize.out_scale, real);
	if (err)
		return err;
	err = lw_check_positions(check, "rows", op->resize.rows, op->out.h,
				 op->in[0].h);
	if (err)
		return err;
	return lw_check_positions(check, "columns", op->resize.columns,
				  op->out.w, op->in[0].w);
}
