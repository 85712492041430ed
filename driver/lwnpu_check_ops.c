// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The checker: rules of the operations on single places. */
#include "lwnpu_check_private.h"

/* Coordinates fit 32 bits with a margin for the signed 16-bit start. */
#define LW_MAX_COORDINATE (S32_MAX - 65536)
#define LW_F32_ONE 0x3f800000
#define LW_TABLE_SIZE 256

static int lw_check_same_image(struct lw_check *check)
{
	const struct lwnpu_tensor *in = &check->op->in[0];
	const struct lwnpu_tensor *out = &check->op->out;
	int err;

	err = lw_check_equal(check, "out.h", out->h, in->h);
	if (err)
		return err;
	return lw_check_equal(check, "out.w", out->w, in->w);
}

static int lw_check_same_shape(struct lw_check *check)
{
	int err = lw_check_same_image(check);

	if (err)
		return err;
	return lw_check_equal(check, "out.c", check->op->out.c,
			      check->op->in[0].c);
}

/* The sum fits 32 bits for all inputs, and so does the zero point on top. */
static int lw_check_add_range(struct lw_check *check)
{
	const struct lwnpu_add *add = &check->op->add;
	s64 multipliers[] = { add->mul0, add->mul1 };
	s64 least = add->bias, most = add->bias;
	u32 i;

	for (i = 0; i < LW_COUNT(multipliers); i++) {
		if (multipliers[i] < 0)
			least += 255 * multipliers[i];
		else
			most += 255 * multipliers[i];
	}
	if (least < S32_MIN)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE,
				       "in[0] x mul0 + in[1] x mul1 + bias",
				       least, S32_MIN);
	if (most > S32_MAX - 255)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE,
				       "in[0] x mul0 + in[1] x mul1 + bias",
				       most, S32_MAX - 255);
	return 0;
}

/* A size of an input that is repeated if it is 1. */
static int lw_check_broadcast(struct lw_check *check, const char *field,
			      u32 got, u32 expected)
{
	return got == 1 ? 0 : lw_check_equal(check, field, got, expected);
}

static int lw_check_pair(struct lw_check *check)
{
	static const char *const names[][3] = {
		{ "in[0].h", "in[0].w", "in[0].c" },
		{ "in[1].h", "in[1].w", "in[1].c" },
	};
	const struct lwnpu_tensor *out = &check->op->out;
	const struct lwnpu_tensor *in;
	u32 i;
	int err;

	for (i = 0; i < LW_COUNT(names); i++) {
		in = &check->op->in[i];
		err = lw_check_broadcast(check, names[i][0], in->h, out->h);
		if (err)
			return err;
		err = lw_check_broadcast(check, names[i][1], in->w, out->w);
		if (err)
			return err;
		err = lw_check_broadcast(check, names[i][2], in->c, out->c);
		if (err)
			return err;
	}
	return 0;
}

int lw_check_add(struct lw_check *check)
{
	int err = lw_check_pair(check);

	return err ? err : lw_check_add_range(check);
}

int lw_check_mul(struct lw_check *check)
{
	return lw_check_pair(check);
}

static int lw_check_steps(struct lw_check *check, const char *field, u32 out,
			  u32 stride)
{
	u64 last = (u64)(out - 1) * stride;

	if (last > LW_MAX_COORDINATE)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE, field, last,
				       LW_MAX_COORDINATE);
	return 0;
}

int lw_check_copy(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	const struct lwnpu_copy *copy = &op->copy;
	u32 last_in = copy->lane_in + (u32)copy->channels;
	int err;

	if (last_in > op->in[0].c)
		return lw_check_refuse(check, LWNPU_CHECK_SHAPE, "channels",
				       last_in, op->in[0].c);
	err = lw_check_equal(check, "out.c", op->out.c,
			     copy->lane_out + (u32)copy->channels);
	if (err)
		return err;
	err = lw_check_steps(check, "stride_h", op->out.h, copy->stride_h);
	if (err)
		return err;
	return lw_check_steps(check, "stride_w", op->out.w, copy->stride_w);
}

int lw_check_lut(struct lw_check *check)
{
	const struct lwnpu_lut *lut = &check->op->lut;
	u32 tables = lut->pitch ? check->op->out.c : 1;
	int err = lw_check_same_shape(check);

	if (err)
		return err;
	if (lut->pitch && lut->pitch != LW_TABLE_SIZE)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE, "pitch",
				       lut->pitch, LW_TABLE_SIZE);
	return lw_check_stream(check, "table", lut->table,
			       LW_TABLE_SIZE * tables);
}

int lw_check_softmax(struct lw_check *check)
{
	u32 offset = check->op->softmax.table;
	u32 i, bits;
	int err;

	err = lw_check_same_shape(check);
	if (err)
		return err;
	err = lw_check_stream(check, "table", offset, 256 * 4);
	if (err)
		return err;
	for (i = 0; i < 256; i++) {
		bits = lw_load_u32(check->weights + offset + 4 * i);
		if (bits > LW_F32_ONE || (!i && bits != LW_F32_ONE))
			return lw_check_refuse(check, LWNPU_CHECK_FLOAT,
					       "table", bits, LW_F32_ONE);
	}
	return 0;
}

int lw_check_matmul(struct lw_check *check)
{
	const struct lwnpu_op *op = check->op;
	const struct lwnpu_tensor *a = &op->in[0], *b = &op->in[1];
	bool turn_a = op->matmul.transpose_a, turn_b = op->matmul.transpose_b;
	int err;

	err = lw_check_broadcast(check, "in[0].h", a->h, op->out.h);
	if (err)
		return err;
	err = lw_check_broadcast(check, "in[1].h", b->h, op->out.h);
	if (err)
		return err;
	err = lw_check_equal(check, "out.w", op->out.w, turn_a ? a->c : a->w);
	if (err)
		return err;
	err = lw_check_equal(check, "out.c", op->out.c, turn_b ? b->w : b->c);
	if (err)
		return err;
	return lw_check_equal(check, turn_b ? "in[1].c" : "in[1].w",
			      turn_b ? b->c : b->w, turn_a ? a->w : a->c);
}

/* Forward, and not past the end: so a program terminates. */
int lw_check_gate(struct lw_check *check)
{
	const struct lwnpu_gate *gate = &check->op->gate;
	u32 behind = check->n_ops - 1 - check->index;

	if (gate->skip > behind)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE, "skip",
				       gate->skip, behind);
	if (gate->mode == LWNPU_GATE_MARGIN &&
	    lw_tensor_elements(&check->op->in[0]) < 2)
		return lw_check_refuse(check, LWNPU_CHECK_SHAPE, "in[0]", 1, 2);
	if (check->info.n_gates == LWNPU_MAX_GATES)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE,
				       "number of gates", LWNPU_MAX_GATES + 1,
				       LWNPU_MAX_GATES);
	check->info.n_gates++;
	return 0;
}
