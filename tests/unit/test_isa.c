// SPDX-License-Identifier: MIT
/* The table of operations, its document, and the disassembler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/isa_doc.h"
#include "../common/random.h"
#include "lwnpu_check.h"
#include "lwnpu_table.h"

_Static_assert(sizeof(struct lwnpu_op) == LWNPU_OP_SIZE, "operation");
_Static_assert(sizeof(struct lwnpu_tensor) == 20, "tensor");
_Static_assert(offsetof(struct lwnpu_op, raw) == 68, "parameters");
_Static_assert(sizeof(struct lwnpu_region_info) == 16, "region");

static void test_fields(void **state)
{
	const struct lw_op_desc *desc;
	uint32_t opcode, i, end, n = 0;

	(void)state;
	for (opcode = 0; opcode < 256; opcode++) {
		desc = lw_op_describe(opcode);
		if (!desc)
			continue;
		n++;
		for (end = 0, i = 0; i < desc->n_fields; i++) {
			assert_int_equal(desc->fields[i].offset, end);
			end += desc->fields[i].size;
		}
		assert_int_equal(desc->size, end);
		assert_true(end <= sizeof(((struct lwnpu_op *)0)->raw));
	}
#define LWNPU_OP(op, NAME, number, tensors, doc) \
	assert_string_equal(lw_op_describe(number)->name, #op); n--;
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
	assert_int_equal(n, 0);
	assert_null(lw_op_describe(0));
	assert_null(lw_op_describe(0xffffffff));
}

/* Code that serves CONV and TCONV reads the fields of either as CONV's. */
static void test_convolutions(void **state)
{
	const struct lw_op_desc *conv = lw_op_describe(LWNPU_OP_CONV);
	const struct lw_op_desc *tconv = lw_op_describe(LWNPU_OP_TCONV);
	uint32_t i;

	(void)state;
	assert_int_equal(conv->n_fields, tconv->n_fields);
	for (i = 0; i < conv->n_fields; i++) {
		assert_string_equal(conv->fields[i].name,
				    tconv->fields[i].name);
		assert_int_equal(conv->fields[i].offset,
				 tconv->fields[i].offset);
		assert_int_equal(conv->fields[i].type, tconv->fields[i].type);
	}
}

static char *read_text(const char *path)
{
	char *text = calloc(1, 1 << 20);
	FILE *file = fopen(path, "r");

	assert_non_null(text);
	if (!file)
		fail_msg("%s is missing", path);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static void test_document(void **state)
{
	char *expected = NULL, *text = read_text("docs/isa.md");
	FILE *file;
	size_t size;

	(void)state;
	file = open_memstream(&expected, &size);
	assert_non_null(file);
	lw_isa_doc(file);
	fclose(file);
	if (strcmp(text, expected))
		fail_msg("docs/isa.md is not what tests/tools/isa_doc prints");
	free(expected);
	free(text);
}

static const struct lwnpu_op pool = {
	.opcode = LWNPU_OP_POOL,
	.in[0] = { .offset = 0x40, .row_pitch = 40, .plane_pitch = 320, .h = 8,
		   .w = 8, .c = 6, .region = 2, .zero_point = 128 },
	.out = { .row_pitch = 4, .plane_pitch = 4, .h = 1, .w = 1, .c = 6,
		 .region = 1 },
	.pool = { .scale = 0x3c820821, .kernel_h = 8, .kernel_w = 8,
		  .stride_h = 1, .stride_w = 1, .mode = LWNPU_POOL_MEAN,
		  .hi = 255 },
};

static const char pool_text[] =
	"pool out=1:0x0:1x1x6 in0=2:0x40:8x8x6:row=40:zp=128 "
	"scale=0x1.041042p-6 kernel_h=8 kernel_w=8 stride_h=1 stride_w=1 "
	"pad_top=0 pad_left=0 mode=2 lo=0 hi=255 zero=0 out_scale=0x0p0 "
	"whole=0 vectors=0";

static void test_disasm(void **state)
{
	char text[512];
	uint32_t size;

	(void)state;
	assert_int_equal(lwnpu_disasm_op(&pool, text, sizeof(text)),
			 strlen(pool_text));
	assert_string_equal(text, pool_text);
	/* Cut off as snprintf() does, at every length. */
	for (size = 0; size < sizeof(pool_text); size++) {
		memset(text, '#', sizeof(text));
		assert_int_equal(lwnpu_disasm_op(&pool, text, size),
				 strlen(pool_text));
		assert_int_equal(text[size], '#');
		if (!size)
			continue;
		assert_memory_equal(text, pool_text, size - 1);
		assert_int_equal(text[size - 1], '\0');
	}
}

static void test_disasm_float(void **state)
{
	static const uint32_t bits[] = {
		0, 1, 0x007fffff, 0x00800000, 0x3f800000, 0x3f8ccccd,
		0x7f7fffff, 0x7f800000, 0xbf800000, 0x80000000, 0x00400000,
	};
	struct lwnpu_op op = pool;
	char text[512], *field;
	size_t i;
	float value;

	(void)state;
	for (i = 0; i < LW_COUNT(bits); i++) {
		op.pool.scale = bits[i];
		lwnpu_disasm_op(&op, text, sizeof(text));
		field = strstr(text, "scale=");
		assert_non_null(field);
		value = strtof(field + 6, &field);
		assert_memory_equal(&value, &bits[i], sizeof(value));
		assert_int_equal(*field, ' ');
	}
	op.pool.scale = 0x7fc00000;
	lwnpu_disasm_op(&op, text, sizeof(text));
	assert_non_null(strstr(text, "scale=nan "));
}

/* Bytes that a valid operation does not have are shown. */
static void test_disasm_invalid(void **state)
{
	struct lwnpu_op op = { .opcode = 99 };
	char text[1024];

	(void)state;
	lwnpu_disasm_op(&op, text, sizeof(text));
	assert_string_equal(text, "unknown opcode=0x63");
	op.raw[1] = 0x7f;
	op.reserved = 1;
	lwnpu_disasm_op(&op, text, sizeof(text));
	assert_string_equal(text, "unknown opcode=0x63 reserved=01 excess=007f");
	op = pool;
	op.in[1].offset = 0x10;
	op.raw[59] = 3;
	lwnpu_disasm_op(&op, text, sizeof(text));
	assert_non_null(strstr(text, " in1=10 "));
	assert_non_null(strstr(text, "0003"));
}

static void test_disasm_any_bytes(void **state)
{
	struct lw_random random = lw_random_seed(1);
	char text[1024];
	struct lwnpu_op op;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		lw_random_fill(&random, &op, sizeof(op));
		op.opcode = lw_random_below(&random, 20);
		assert_true(lwnpu_disasm_op(&op, text, sizeof(text)) <
			    sizeof(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_convolutions),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_disasm),
		cmocka_unit_test(test_disasm_float),
		cmocka_unit_test(test_disasm_invalid),
		cmocka_unit_test(test_disasm_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
