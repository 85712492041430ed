// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The checker: what holds for every operation. lwnpu_check_index.c,
 * lwnpu_check_ops.c and lwnpu_check_window.c have the rules of each.
 */
#include "lwnpu_check_private.h"

struct lw_tensor_names {
	const char *tensor;
	const char *offset;
	const char *row_pitch;
	const char *plane_pitch;
	const char *h;
	const char *w;
	const char *c;
	const char *region;
};

#define LW_TENSOR_NAMES(name) { \
		name, name ".offset", name ".row_pitch", \
		name ".plane_pitch", name ".h", name ".w", name ".c", \
		name ".region" \
	}

/* In the order of the bits LWNPU_T_IN0, LWNPU_T_IN1, LWNPU_T_OUT. */
static const struct lw_tensor_names lw_tensor_names[] = {
	LW_TENSOR_NAMES("in[0]"),
	LW_TENSOR_NAMES("in[1]"),
	LW_TENSOR_NAMES("out"),
};

#define LWNPU_OP(name, NAME, number, tensors, doc) [number] = lw_check_##name,
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
static int (*const lw_check_rules[])(struct lw_check *check) = {
#include "lwnpu_ops.def"
};

#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

int lw_check_refuse(struct lw_check *check, enum lwnpu_check_reason reason,
		    const char *field, u64 got, u64 expected)
{
	check->error->op = check->index;
	check->error->reason = reason;
	check->error->field = field;
	check->error->got = got;
	check->error->expected = expected;
	return -EINVAL;
}

int lw_check_equal(struct lw_check *check, const char *field, u32 got,
		   u32 expected)
{
	if (got != expected)
		return lw_check_refuse(check, LWNPU_CHECK_SHAPE, field, got,
				       expected);
	return 0;
}

int lw_check_stream(struct lw_check *check, const char *field, u32 offset,
		    u64 size)
{
	struct lwnpu_region_info *region =
		&check->info.region[LWNPU_REGION_WEIGHTS];
	u64 end = offset + size;

	if (end > check->weights_size)
		return lw_check_refuse(check, LWNPU_CHECK_EXTENT, field, end,
				       check->weights_size);
	region->direction = LWNPU_IN;
	if (end > region->size)
		region->size = end;
	return 0;
}

int lw_check_real_scale(struct lw_check *check, const char *field, u32 bits,
			bool real)
{
	if (real && !lw_check_is_real_scale(bits))
		return lw_check_refuse(check, LWNPU_CHECK_FLOAT, field, bits,
				       0);
	if (!real && bits)
		return lw_check_refuse(check, LWNPU_CHECK_RESERVED, field,
				       bits, 0);
	return 0;
}

static const struct lwnpu_tensor *lw_op_tensor(const struct lwnpu_op *op,
					       u32 slot)
{
	return slot < 2 ? &op->in[slot] : &op->out;
}

static bool lw_is_zero(const void *bytes, u32 size)
{
	const u8 *byte = bytes;
	u8 any = 0;

	while (size--)
		any |= *byte++;
	return !any;
}

static int lw_check_sizes(struct lw_check *check,
			  const struct lwnpu_tensor *tensor,
			  const struct lw_tensor_names *names)
{
	if (!tensor->h)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE, names->h, 0,
				       1);
	if (!tensor->w)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE, names->w, 0,
				       1);
	if (!tensor->c)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE, names->c, 0,
				       1);
	return 0;
}

/* No two words of a tensor share a byte. */
static int lw_check_pitches(struct lw_check *check,
			    const struct lwnpu_tensor *tensor,
			    const struct lw_tensor_names *names)
{
	u64 row = (u64)tensor->w * LWNPU_LANES;

	if (tensor->offset % LWNPU_LANES)
		return lw_check_refuse(check, LWNPU_CHECK_ALIGNMENT,
				       names->offset, tensor->offset, 0);
	if (tensor->row_pitch % LWNPU_LANES)
		return lw_check_refuse(check, LWNPU_CHECK_ALIGNMENT,
				       names->row_pitch, tensor->row_pitch, 0);
	if (tensor->plane_pitch % LWNPU_LANES)
		return lw_check_refuse(check, LWNPU_CHECK_ALIGNMENT,
				       names->plane_pitch, tensor->plane_pitch,
				       0);
	if (tensor->h > 1) {
		if (tensor->row_pitch < row)
			return lw_check_refuse(check, LWNPU_CHECK_PITCH,
					       names->row_pitch,
					       tensor->row_pitch, row);
		row = tensor->row_pitch;
	}
	if (tensor->c > LWNPU_LANES && tensor->plane_pitch < tensor->h * row)
		return lw_check_refuse(check, LWNPU_CHECK_PITCH,
				       names->plane_pitch, tensor->plane_pitch,
				       tensor->h * row);
	return 0;
}

static int lw_check_region(struct lw_check *check,
			   const struct lwnpu_tensor *tensor,
			   const struct lw_tensor_names *names, u32 direction)
{
	struct lwnpu_region_info *region;
	u64 end = lw_tensor_end(tensor);

	if (tensor->region == LWNPU_REGION_WEIGHTS && direction == LWNPU_IN)
		return lw_check_stream(check, names->tensor, tensor->offset,
				       end - tensor->offset);
	if (tensor->region == LWNPU_REGION_WEIGHTS)
		return lw_check_refuse(check, LWNPU_CHECK_REGION, names->region,
				       tensor->region, LWNPU_REGION_ARENA);
	if (tensor->region >= LWNPU_REGION_MAX)
		return lw_check_refuse(check, LWNPU_CHECK_REGION, names->region,
				       tensor->region, LWNPU_REGION_MAX - 1);
	if (end > LWNPU_MAX_REGION_SIZE)
		return lw_check_refuse(check, LWNPU_CHECK_EXTENT, names->tensor,
				       end, LWNPU_MAX_REGION_SIZE);

	region = &check->info.region[tensor->region];
	if (tensor->region == LWNPU_REGION_ARENA)
		direction = LWNPU_SCRATCH;
	else if (region->direction && region->direction != direction)
		return lw_check_refuse(check, LWNPU_CHECK_DIRECTION,
				       names->region, tensor->region, 0);
	region->direction = direction;
	if (end > region->size)
		region->size = end;
	if (tensor->region >= check->info.n_regions)
		check->info.n_regions = tensor->region + 1;
	return 0;
}

static int lw_check_tensors(struct lw_check *check, u32 tensors)
{
	const struct lw_tensor_names *names;
	const struct lwnpu_tensor *tensor;
	u32 slot;
	int err;

	for (slot = 0; slot < LW_COUNT(lw_tensor_names); slot++) {
		tensor = lw_op_tensor(check->op, slot);
		names = &lw_tensor_names[slot];
		if (!(tensors & (1U << slot))) {
			if (lw_is_zero(tensor, sizeof(*tensor)))
				continue;
			return lw_check_refuse(check, LWNPU_CHECK_RESERVED,
					       names->tensor, 0, 0);
		}
		err = lw_check_sizes(check, tensor, names);
		if (err)
			return err;
		err = lw_check_pitches(check, tensor, names);
		if (err)
			return err;
		err = lw_check_region(check, tensor, names,
				      (1U << slot) == LWNPU_T_OUT ?
				      LWNPU_OUT : LWNPU_IN);
		if (err)
			return err;
	}
	return 0;
}

static bool lw_tensor_same_place(const struct lwnpu_tensor *a,
				 const struct lwnpu_tensor *b)
{
	return a->region == b->region && a->offset == b->offset &&
	       a->row_pitch == b->row_pitch &&
	       a->plane_pitch == b->plane_pitch && a->h == b->h &&
	       a->w == b->w && a->c == b->c;
}

/* Whole extents are compared, so gaps between rows count as part of both. */
static int lw_check_overlap(struct lw_check *check, u32 tensors)
{
	const struct lwnpu_tensor *out = &check->op->out;
	bool in_place = check->op->opcode == LWNPU_OP_ADD ||
			check->op->opcode == LWNPU_OP_MUL ||
			check->op->opcode == LWNPU_OP_LUT;
	const struct lwnpu_tensor *in;
	u32 slot;

	for (slot = 0; slot < 2; slot++) {
		in = &check->op->in[slot];
		if (!(tensors & (1U << slot)) || in->region != out->region)
			continue;
		if (in_place && lw_tensor_same_place(in, out))
			continue;
		if (in->offset < lw_tensor_end(out) &&
		    out->offset < lw_tensor_end(in))
			return lw_check_refuse(check, LWNPU_CHECK_OVERLAP,
					       lw_tensor_names[slot].tensor,
					       in->offset, out->offset);
	}
	return 0;
}

/* @before: value of the field before, with which some fields make a pair. */
static int lw_check_field(struct lw_check *check, const struct lw_field *field,
			  s64 value, s64 before)
{
	bool reserved = !field->min && !field->max;

	if (value < field->min)
		return lw_check_refuse(check, LWNPU_CHECK_RANGE, field->name,
				       value, field->min);
	if (value > field->max)
		return lw_check_refuse(check, reserved ? LWNPU_CHECK_RESERVED :
				       LWNPU_CHECK_RANGE, field->name, value,
				       field->max);

	switch (field->role) {
	case LW_ROLE_WEIGHTS:
		if (value % LWNPU_LANES)
			return lw_check_refuse(check, LWNPU_CHECK_ALIGNMENT,
					       field->name, value, 0);
		return 0;
	case LW_ROLE_LENGTH:
		return lw_check_stream(check, field->name, before, value);
	case LW_ROLE_SCALE:
		if (!lw_check_is_scale(value))
			return lw_check_refuse(check, LWNPU_CHECK_FLOAT,
					       field->name, value, 0);
		return 0;
	default:
		return 0;
	}
}

static int lw_check_fields(struct lw_check *check,
			   const struct lw_op_desc *desc)
{
	const struct lw_field *field;
	s64 value, before = 0;
	u32 i;
	int err;

	for (i = 0; i < desc->n_fields; i++) {
		field = &desc->fields[i];
		value = lw_field_get(check->op, field);
		err = lw_check_field(check, field, value, before);
		if (err)
			return err;
		if (i && field->role == LW_ROLE_RQ &&
		    field[-1].role == LW_ROLE_RQ && before > value)
			return lw_check_refuse(check, LWNPU_CHECK_ORDER,
					       field[-1].name, before, value);
		before = value;
	}
	if (!lw_is_zero(check->op->raw + desc->size,
			sizeof(check->op->raw) - desc->size))
		return lw_check_refuse(check, LWNPU_CHECK_RESERVED, "raw", 0,
				       0);
	return 0;
}

static int lw_check_op(struct lw_check *check)
{
	const struct lw_op_desc *desc = lw_op_describe(check->op->opcode);
	int err;

	if (!desc)
		return lw_check_refuse(check, LWNPU_CHECK_OPCODE, "opcode",
				       check->op->opcode, 0);
	if (check->op->reserved)
		return lw_check_refuse(check, LWNPU_CHECK_RESERVED, "reserved",
				       check->op->reserved, 0);
	err = lw_check_tensors(check, desc->tensors);
	if (err)
		return err;
	err = lw_check_fields(check, desc);
	if (err)
		return err;
	err = lw_check_rules[check->op->opcode](check);
	if (err)
		return err;
	return lw_check_overlap(check, desc->tensors);
}

int lwnpu_check_program(const struct lwnpu_op *ops, __u32 n_ops,
			const void *weights, __u64 weights_size,
			struct lwnpu_program_info *info,
			struct lwnpu_check_error *error)
{
	struct lw_check check = {
		.n_ops = n_ops,
		.weights = weights,
		.weights_size = weights_size,
		.info.n_regions = LWNPU_REGION_IO,
		.error = error,
	};
	int err;

	if (!n_ops)
		return lw_check_refuse(&check, LWNPU_CHECK_PROGRAM_SIZE,
				       "n_ops", n_ops, 1);
	if (n_ops > LWNPU_MAX_OPS)
		return lw_check_refuse(&check, LWNPU_CHECK_PROGRAM_SIZE,
				       "n_ops", n_ops, LWNPU_MAX_OPS);
	if (weights_size > LWNPU_MAX_REGION_SIZE)
		return lw_check_refuse(&check, LWNPU_CHECK_EXTENT,
				       "weights_size", weights_size,
				       LWNPU_MAX_REGION_SIZE);

	for (; check.index < n_ops; check.index++) {
		check.op = &ops[check.index];
		err = lw_check_op(&check);
		if (err)
			return err;
	}
	*info = check.info;
	return 0;
}

const char *lwnpu_check_reason_text(__u32 reason)
{
	static const char *const texts[] = {
#define LW_CHECK_TEXT(NAME, text) [LWNPU_CHECK_##NAME] = text,
		LWNPU_CHECK_REASONS(LW_CHECK_TEXT)
#undef LW_CHECK_TEXT
	};

	return reason < LW_COUNT(texts) ? texts[reason] : "unknown reason";
}
