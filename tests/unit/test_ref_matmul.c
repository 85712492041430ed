// SPDX-License-Identifier: MIT
/* The reference engine: MATMUL, with sums made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../common/run_ref.h"

#define B_OFFSET 64

/* Both operands are in region 2, the second at B_OFFSET. */
static struct lwnpu_op product(struct lwnpu_tensor a, struct lwnpu_tensor b,
			       struct lwnpu_tensor out)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_MATMUL, .in = { a, b }, .out = out,
		.matmul = { .scale = 0x3f800000, .hi = 255 },
	};

	op.in[1].offset = B_OFFSET;
	return op;
}

static void run(const struct lwnpu_op *op, const uint8_t *in, uint8_t *out)
{
	struct lwnpu_op copy = *op;
	struct lw_program program = { .ops = &copy, .n_ops = 1 };

	memset(out, 0xee, 64);
	lw_run_ref(&program, in, 128, out, 64);
}

/* 1 2 3; 4 5 6 times 1 2; 3 4; 5 6: unused lanes do not count. */
static const uint8_t small[128] = {
	1, 2, 3, 99, 4, 5, 6, 99,
	[B_OFFSET] = 1, 2, 99, 99, 3, 4, 99, 99, 5, 6, 99, 99,
};
static const uint8_t small_product[] = { 22, 28, 0, 0, 49, 64, 0, 0 };

static void test_plain(void **state)
{
	struct lwnpu_op op = product(tensor(2, 1, 2, 3), tensor(2, 1, 3, 2),
				     tensor(3, 1, 2, 2));
	uint8_t out[64];

	(void)state;
	run(&op, small, out);
	assert_memory_equal(out, small_product, sizeof(small_product));
	assert_int_equal(out[sizeof(small_product)], 0xee);
}

static void test_transposed(void **state)
{
	static const uint8_t in[128] = {
		1, 4, 99, 99, 2, 5, 99, 99, 3, 6, 99, 99,
		[B_OFFSET] = 1, 3, 5, 99, 2, 4, 6, 99,
	};
	struct lwnpu_op op = product(tensor(2, 1, 3, 2), tensor(2, 1, 2, 3),
				     tensor(3, 1, 2, 2));
	uint8_t out[64];

	(void)state;
	op.matmul.transpose_a = 1;
	op.matmul.transpose_b = 1;
	run(&op, in, out);
	assert_memory_equal(out, small_product, sizeof(small_product));
}

/* (1 - 2)(1 - 3) + (2 - 2)(3 - 3) + (3 - 2)(5 - 3) = 4, and so on. */
static void test_zero_points(void **state)
{
	struct lwnpu_op op = product(tensor(2, 1, 2, 3), tensor(2, 1, 3, 2),
				     tensor(3, 1, 2, 2));
	static const uint8_t expected[] = { 104, 104, 0, 0, 104, 112, 0, 0 };
	uint8_t out[64];

	(void)state;
	op.in[0].zero_point = 2;
	op.in[1].zero_point = 3;
	op.out.zero_point = 100;
	op.matmul.hi = 112;
	run(&op, small, out);
	/* 2 x -2 + 3 x 0 + 4 x 2 = 4; 2 x -1 + 3 x 1 + 4 x 3 = 13 */
	assert_memory_equal(out, expected, sizeof(expected));
}

/* Two matrices times one, and one times two. */
static void test_batches(void **state)
{
	static const uint8_t in[128] = { 2, 0, 0, 0, 3, [B_OFFSET] = 5 };
	struct lwnpu_op op = product(tensor(2, 2, 1, 1), tensor(2, 1, 1, 1),
				     tensor(3, 2, 1, 1));
	static const uint8_t expected[] = { 10, 0, 0, 0, 15, 0, 0, 0 };
	uint8_t out[64];

	(void)state;
	op.in[1].row_pitch = 0;
	run(&op, in, out);
	assert_memory_equal(out, expected, sizeof(expected));
	op = product(tensor(2, 1, 1, 1), tensor(2, 2, 1, 1),
		     tensor(3, 2, 1, 1));
	op.in[0].offset = B_OFFSET;
	op.in[1].offset = 0;
	run(&op, in, out);
	assert_memory_equal(out, expected, sizeof(expected));
}

/* 33,100 x 255 x 255 is above 2^31: -2,142,639,796 as 32 bits. */
static void test_wrap(void **state)
{
	static uint8_t in[2 * 33100];
	struct lwnpu_op op = product(tensor(2, 1, 1, 33100),
				     tensor(2, 1, 1, 33100),
				     tensor(3, 1, 1, 1));
	struct lw_program program = { .ops = &op, .n_ops = 1 };
	uint8_t out[4];

	(void)state;
	memset(in, 255, sizeof(in));
	op.in[1].offset = 33100;
	op.matmul.transpose_b = 1;
	op.matmul.scale = 0x32000000;
	op.out.zero_point = 200;
	lw_run_ref(&program, in, sizeof(in), out, sizeof(out));
	/* x 2^-27 is -15.96 */
	assert_int_equal(out[0], 184);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_transposed),
		cmocka_unit_test(test_zero_points),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
