// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* lwnpu_ops.def as data. */
#include "lwnpu_table.h"

#define LWNPU_OP(name, NAME, number, tensors, doc) \
	static const struct lw_field lw_fields_##name[] = {
#define LWNPU_FIELD(op, field_type, field, field_role, least, most, doc) { \
		.name = #field, \
		.min = least, \
		.max = most, \
		.offset = offsetof(struct lwnpu_##op, field), \
		.size = sizeof(LWNPU_TYPE_##field_type), \
		.type = LW_TYPE_##field_type, \
		.role = LW_ROLE_##field_role, \
	},
#define LWNPU_END(name, NAME) };
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

/* The descriptor has no holes, so the size is that of all fields. */
#define LWNPU_OP(op, NAME, number, slots, doc) [number] = { \
		.name = #op, \
		.fields = lw_fields_##op, \
		.n_fields = LW_COUNT(lw_fields_##op), \
		.tensors = slots, \
		.size = 0
#define LWNPU_FIELD(op, type, field, role, min, max, doc) \
	+ sizeof(LWNPU_TYPE_##type)
#define LWNPU_END(name, NAME) },
static const struct lw_op_desc lw_op_descs[] = {
#include "lwnpu_ops.def"
};

#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

const struct lw_op_desc *lw_op_describe(u32 opcode)
{
	if (opcode >= LW_COUNT(lw_op_descs) || !lw_op_descs[opcode].name)
		return NULL;
	return &lw_op_descs[opcode];
}

s64 lw_field_get(const struct lwnpu_op *op, const struct lw_field *field)
{
	const void *value = op->raw + field->offset;

	switch (field->type) {
	case LW_TYPE_u8:
		return *(const u8 *)value;
	case LW_TYPE_u16:
		return *(const u16 *)value;
	case LW_TYPE_s16:
		return *(const s16 *)value;
	case LW_TYPE_s32:
		return *(const s32 *)value;
	default:
		return *(const u32 *)value;
	}
}
