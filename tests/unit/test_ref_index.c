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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transpose),
		cmocka_unit_test(test_reshape),
		cmocka_unit_test(test_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
