// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The disassembler: an operation as a line of text. */
#include "lwnpu_check.h"
#include "lwnpu_table.h"

/* Text so far; @length goes on counting past the end of @buf. */
struct lw_text {
	char *buf;
	u32 size;
	u32 length;
};

static void lw_put_char(struct lw_text *text, char c)
{
	if (text->length + 1 < text->size)
		text->buf[text->length] = c;
	text->length++;
}

static void lw_put(struct lw_text *text, const char *string)
{
	while (*string)
		lw_put_char(text, *string++);
}

static void lw_put_number(struct lw_text *text, u32 value, u32 base)
{
	char digits[10];
	u32 n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		lw_put_char(text, digits[--n]);
}

static void lw_put_decimal(struct lw_text *text, s64 value)
{
	if (value < 0) {
		lw_put_char(text, '-');
		value = -value;
	}
	lw_put_number(text, value, 10);
}

static void lw_put_hex(struct lw_text *text, u32 value)
{
	lw_put(text, "0x");
	lw_put_number(text, value, 16);
}

/* " name=" */
static void lw_put_name(struct lw_text *text, const char *name)
{
	lw_put_char(text, ' ');
	lw_put(text, name);
	lw_put_char(text, '=');
}

/* As printf()'s %a: exact, and made of integers. */
static void lw_put_float(struct lw_text *text, u32 bits)
{
	u32 exponent = (bits >> 23) & 0xff;
	u32 fraction = (bits & 0x7fffff) << 1;

	if (bits >> 31)
		lw_put_char(text, '-');
	if (exponent == 0xff) {
		lw_put(text, fraction ? "nan" : "inf");
		return;
	}
	lw_put(text, exponent ? "0x1" : "0x0");
	if (fraction) {
		lw_put_char(text, '.');
		for (; fraction; fraction = (fraction << 4) & 0xffffff)
			lw_put_number(text, fraction >> 20, 16);
	}
	lw_put_char(text, 'p');
	if (exponent)
		lw_put_decimal(text, (s64)exponent - 127);
	else
		lw_put_decimal(text, bits << 1 ? -126 : 0);
}

static void lw_put_pitch(struct lw_text *text, const char *name, u32 pitch,
			 u32 tight, bool used)
{
	if (used ? pitch == tight : !pitch || pitch == tight)
		return;
	lw_put_char(text, ':');
	lw_put(text, name);
	lw_put_char(text, '=');
	lw_put_decimal(text, pitch);
}

/* " in0=2:0x40:8x8x16:row=40:plane=320:zp=128" */
static void lw_put_tensor(struct lw_text *text, const char *name,
			  const struct lwnpu_tensor *tensor)
{
	u32 row = tensor->w * LWNPU_LANES;

	lw_put_name(text, name);
	lw_put_decimal(text, tensor->region);
	lw_put_char(text, ':');
	lw_put_hex(text, tensor->offset);
	lw_put_char(text, ':');
	lw_put_decimal(text, tensor->h);
	lw_put_char(text, 'x');
	lw_put_decimal(text, tensor->w);
	lw_put_char(text, 'x');
	lw_put_decimal(text, tensor->c);
	lw_put_pitch(text, "row", tensor->row_pitch, row, tensor->h > 1);
	if (tensor->h > 1)
		row = tensor->row_pitch;
	lw_put_pitch(text, "plane", tensor->plane_pitch, tensor->h * row,
		     tensor->c > LWNPU_LANES);
	if (tensor->zero_point) {
		lw_put(text, ":zp=");
		lw_put_decimal(text, tensor->zero_point);
	}
}

static void lw_put_field(struct lw_text *text, const struct lwnpu_op *op,
			 const struct lw_field *field)
{
	s64 value = lw_field_get(op, field);

	/* Nothing to say of a reserved field that is zero, as it must be. */
	if (!field->min && !field->max && !value)
		return;
	lw_put_name(text, field->name);
	if (field->type == LW_TYPE_f32)
		lw_put_float(text, value);
	else if (field->role == LW_ROLE_WEIGHTS)
		lw_put_hex(text, value);
	else
		lw_put_decimal(text, value);
}

/* Bytes that a valid operation has as zero, up to the last that is not. */
static void lw_put_excess(struct lw_text *text, const char *name,
			  const void *bytes, u32 size)
{
	const u8 *byte = bytes;
	u32 i;

	while (size && !byte[size - 1])
		size--;
	if (!size)
		return;
	lw_put_name(text, name);
	for (i = 0; i < size; i++) {
		lw_put_number(text, byte[i] >> 4, 16);
		lw_put_number(text, byte[i] & 15, 16);
	}
}

static void lw_put_slot(struct lw_text *text, const char *name,
			const struct lwnpu_tensor *tensor, bool used)
{
	if (used)
		lw_put_tensor(text, name, tensor);
	else
		lw_put_excess(text, name, tensor, sizeof(*tensor));
}

__u32 lwnpu_disasm_op(const struct lwnpu_op *op, char *buf, __u32 size)
{
	const struct lw_op_desc *desc = lw_op_describe(op->opcode);
	struct lw_text text = { .buf = buf, .size = size };
	u32 tensors = desc ? desc->tensors : 0;
	u32 n_fields = desc ? desc->n_fields : 0;
	u32 used = desc ? desc->size : 0;
	u32 i;

	if (desc) {
		lw_put(&text, desc->name);
	} else {
		lw_put(&text, "unknown opcode=");
		lw_put_hex(&text, op->opcode);
	}
	lw_put_excess(&text, "reserved", &op->reserved, sizeof(op->reserved));
	lw_put_slot(&text, "out", &op->out, tensors & LWNPU_T_OUT);
	lw_put_slot(&text, "in0", &op->in[0], tensors & LWNPU_T_IN0);
	lw_put_slot(&text, "in1", &op->in[1], tensors & LWNPU_T_IN1);
	for (i = 0; i < n_fields; i++)
		lw_put_field(&text, op, &desc->fields[i]);
	lw_put_excess(&text, "excess", op->raw + used, sizeof(op->raw) - used);

	if (size)
		buf[text.length < size ? text.length : size - 1] = '\0';
	return text.length;
}
