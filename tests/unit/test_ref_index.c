// SPDX-License-Identifier: MIT
/* The reference engine: operations that say which places they read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../common/run_ref.h"

static void reorder(const struct lwnpu_tensor *from,
		    const struct lwnpu_tensor *to,
		    const struct lwnpu_reorder *how, const uint8_t *in,
		    uint8_t *out)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_REORDER, .in[0] = *from, .out = *to,
		.reorder = *how,
	};
	struct lw_program program = { .ops = &op, .n_ops = 1 };

	lw_run_ref(&program, in, 64, out, 64);
}

/* 2 rows of 3 columns of 2 channels: the byte says which element it is. */
static const uint8_t numbered[64] = {
	0, 1, 0, 0, 2, 3, 0, 0, 4,  5,	0, 0,
	6, 7, 0, 0, 8, 9, 0, 0, 10, 11, 0, 0,
};

static void test_transpose(void **state)
{
	const struct lwnpu_tensor from = tensor(2, 2, 3, 2);
	const struct lwnpu_tensor to = tensor(3, 2, 3, 2);
	const struct lwnpu_reorder how = {
		.size0 = 1, .size1 = 1, .size2 = 1, .size3 = 2, .size4 = 3,
		.size5 = 2, .stride3 = 1, .stride4 = 2, .stride5 = 6,
	};
	static const uint8_t expected[] = {
		0, 6, 0, 0, 2, 8, 0, 0, 4, 10, 0, 0,
		1, 7, 0, 0, 3, 9, 0, 0, 5, 11, 0, 0,
	};
	uint8_t out[64];

	(void)state;
	memset(out, 0xee, sizeof(out));
	reorder(&from, &to, &how, numbered, out);
	assert_memory_equal(out, expected, sizeof(expected));
	assert_int_equal(out[sizeof(expected)], 0xee);
}

/* To one pixel of 12 channels, in three words. */
static void test_reshape(void **state)
{
	const struct lwnpu_tensor from = tensor(2, 2, 3, 2);
	const struct lwnpu_tensor to = tensor(3, 1, 1, 12);
	const struct lwnpu_reorder how = {
		.size0 = 1, .size1 = 1, .size2 = 1, .size3 = 1, .size4 = 1,
		.size5 = 12, .stride5 = 1,
	};
	uint8_t out[64];
	int i;

	(void)state;
	reorder(&from, &to, &how, numbered, out);
	for (i = 0; i < 12; i++)
		assert_int_equal(out[i], i);
}

/* Channel 0 of each row, twice: three channels in four lanes. */
static void test_repeat(void **state)
{
	const struct lwnpu_tensor from = tensor(2, 2, 3, 2);
	const struct lwnpu_tensor to = tensor(3, 4, 1, 3);
	const struct lwnpu_reorder how = {
		.size0 = 1, .size1 = 1, .size2 = 1, .size3 = 2, .size4 = 2,
		.size5 = 3, .stride0 = 0xffffffff, .stride3 = 6, .stride5 = 2,
	};
	static const uint8_t expected[] = {
		0, 2, 4, 0, 0, 2, 4, 0, 6, 8, 10, 0, 6, 8, 10, 0,
	};
	uint8_t out[64];

	(void)state;
	reorder(&from, &to, &how, numbered, out);
	assert_memory_equal(out, expected, sizeof(expected));
}

static void resize(const struct lwnpu_op *op, uint16_t (*tables)[2], size_t n,
		   const uint8_t *in, uint8_t *out)
{
	struct lwnpu_op copy = *op;
	struct lw_program program = {
		.ops = &copy, .n_ops = 1, .weights = (uint8_t *)tables,
		.weights_size = n * sizeof(tables[0]),
	};

	lw_run_ref(&program, in, 64, out, 64);
}

/* Of two pixels, 10 and 21: places between them, and halves go up. */
static void test_interpolate(void **state)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_RESIZE, .in[0] = tensor(2, 1, 2, 1),
		.out = tensor(3, 1, 6, 1), .resize.columns = 4,
	};
	/* 0, 11 / 2048, 5.5 less a little, 5.5, 11 less a little, 11 */
	uint16_t tables[][2] = {
		{ 0, 0 },
		{ 0, 0 }, { 0, 1 }, { 0, 1023 }, { 0, 1024 }, { 0, 2047 },
		{ 1, 0 },
	};
	static const uint8_t in[64] = { 10, 0, 0, 0, 21 };
	static const uint8_t expected[] = { 10, 10, 15, 16, 21, 21 };
	uint8_t out[64];
	int i;

	(void)state;
	resize(&op, tables, 7, in, out);
	for (i = 0; i < 6; i++)
		assert_int_equal(out[4 * i], expected[i]);
}

struct real_entry {
	uint16_t near, far;
	float fraction;
};

/* The same pixels as real numbers: halves are even less the zero point. */
static void test_interpolate_real(void **state)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_RESIZE, .in[0] = tensor(2, 1, 2, 1),
		.out = tensor(3, 1, 5, 1),
		.resize = {
			.columns = 8, .mode = LWNPU_RESIZE_REAL,
			.in_scale = 0x3f800000, .out_scale = 0x3f800000,
		},
	};
	/* 10, 15.5, nearly 21, 21 of two halves, 18.25 by another pair */
	struct real_entry tables[] = {
		{ 0, 0, 0 },
		{ 0, 1, 0 }, { 0, 1, 0.5f }, { 0, 1, 0x1.fffffep-1f },
		{ 1, 1, 0.5f }, { 1, 0, 0.25f },
	};
	static const uint8_t in[64] = { 10, 0, 0, 0, 21 };
	static const uint8_t expected[2][5] = {
		{ 10, 16, 21, 21, 18 }, { 10, 15, 21, 21, 18 },
	};
	uint8_t out[64];
	int zero, i;

	(void)state;
	for (zero = 0; zero < 2; zero++) {
		op.in[0].zero_point = op.out.zero_point = zero;
		resize(&op, (uint16_t (*)[2])tables, 12, in, out);
		for (i = 0; i < 5; i++)
			assert_int_equal(out[4 * i], expected[zero][i]);
	}
	/* Twice the scale. */
	op.resize.out_scale = 0x40000000;
	resize(&op, (uint16_t (*)[2])tables, 12, in, out);
	assert_int_equal(out[4], 1 + 7);
}

/* Of 0, 100; 200, 255 and another channel: a point of each kind. */
static void test_interpolate_both(void **state)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_RESIZE, .in[0] = tensor(2, 2, 2, 2),
		.out = tensor(3, 2, 2, 2), .resize.columns = 8,
	};
	uint16_t tables[][2] = {
		{ 0, 512 }, { 1, 0 },
		{ 0, 1536 }, { 0, 0 },
	};
	static const uint8_t in[64] = {
		0, 255, 9, 9, 100, 255, 9, 9, 200, 255, 9, 9, 255, 255, 9, 9,
	};
	/* 3/4 x 75 + 1/4 x 241.25, 1/4 x 200; 241.25, 200 */
	static const uint8_t expected[] = {
		117, 255, 0, 0, 50, 255, 0, 0, 241, 255, 0, 0, 200, 255, 0, 0,
	};
	uint8_t out[64];

	(void)state;
	resize(&op, tables, 4, in, out);
	assert_memory_equal(out, expected, sizeof(expected));
}

/* Fractions of zero: columns backwards, a row three times. */
static void test_gather(void **state)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_RESIZE, .in[0] = tensor(2, 2, 3, 2),
		.out = tensor(3, 3, 3, 2), .resize.columns = 12,
	};
	uint16_t tables[][2] = {
		{ 1, 0 }, { 1, 0 }, { 1, 0 },
		{ 2, 0 }, { 1, 0 }, { 0, 0 },
	};
	static const uint8_t expected[] = {
		10, 11, 0, 0, 8, 9, 0, 0, 6, 7, 0, 0,
	};
	uint8_t out[64];
	int i;

	(void)state;
	resize(&op, tables, 6, numbered, out);
	for (i = 0; i < 3; i++)
		assert_memory_equal(out + 12 * i, expected, sizeof(expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transpose),
		cmocka_unit_test(test_reshape),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_interpolate),
		cmocka_unit_test(test_interpolate_real),
		cmocka_unit_test(test_interpolate_both),
		cmocka_unit_test(test_gather),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
