// SPDX-License-Identifier: MIT
/*
 * The checker: for every rule a program that is valid but for one thing, and
 * is refused for just that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine.h"
#include "../common/check_fixture.h"

struct fixture {
	struct check_fixture made;
	struct lwnpu_program_info info;
	struct lwnpu_check_error error;
};

static bool reasons_seen[32];

static int check(struct fixture *f)
{
	return lwnpu_check_program(f->made.ops, f->made.n_ops, f->made.weights,
				   f->made.weights_size, &f->info, &f->error);
}

static void fixture_init(struct fixture *f, uint32_t opcode)
{
	memset(f, 0, sizeof(*f));
	check_fixture_init(&f->made, opcode);
	assert_int_equal(check(f), 0);
}

static void expect(struct fixture *f, uint32_t reason, const char *field)
{
	struct lwnpu_program_info before;

	memset(&f->info, 0xa5, sizeof(f->info));
	before = f->info;
	assert_int_equal(check(f), -EINVAL);
	assert_string_equal(lwnpu_check_reason_text(f->error.reason),
			    lwnpu_check_reason_text(reason));
	assert_string_equal(f->error.field, field);
	assert_int_equal(f->error.op,
			 reason == LWNPU_CHECK_PROGRAM_SIZE ? 0 : 1);
	assert_memory_equal(&f->info, &before, sizeof(before));
	reasons_seen[reason] = true;
}

/* The changes of check_cases.def speak of "f" and "op". */
#define CHANGE(NAME, change) \
	struct fixture fixture; \
	struct check_fixture *f = &fixture.made; \
	struct lwnpu_op *op = &f->ops[1]; \
	fixture_init(&fixture, LWNPU_OP_##NAME); \
	(void)op; \
	change;

#define CASES(name) static void test_##name(void **state) { (void)state;
#define REFUSED(NAME, change, reason, field) { \
		CHANGE(NAME, change) \
		expect(&fixture, LWNPU_CHECK_##reason, field); \
	}
#define ACCEPTED(NAME, change) { \
		CHANGE(NAME, change) \
		assert_int_equal(check(&fixture), 0); \
	}
#define CASES_END }
#include "../common/check_cases.def"
#undef CASES
#undef REFUSED
#undef ACCEPTED
#undef CASES_END

static void test_info(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, LWNPU_OP_CONV);
	f.made.ops[1].out.region = 5;
	f.made.ops[1].out.offset = 64;
	assert_int_equal(check(&f), 0);
	assert_int_equal(f.info.n_regions, 6);
	assert_int_equal(f.info.region[0].direction, LWNPU_IN);
	assert_int_equal(f.info.region[0].size, WEIGHTS + 432);
	assert_int_equal(f.info.region[1].direction, LWNPU_SCRATCH);
	assert_int_equal(f.info.region[1].size, 8 * 8 * 8);
	assert_int_equal(f.info.region[2].direction, LWNPU_IN);
	assert_int_equal(f.info.region[2].size, 8 * 8 * 8);
	assert_int_equal(f.info.region[3].direction, LWNPU_UNUSED);
	assert_int_equal(f.info.region[5].direction, LWNPU_OUT);
	assert_int_equal(f.info.region[5].size, 64 + 4 * 4 * 8);
}

/* Their number, the place of the last, and one too many. */
static void test_gates(void **state)
{
	struct lwnpu_op ops[LWNPU_MAX_GATES + 2];
	struct lwnpu_program_info info;
	struct lwnpu_check_error error;
	struct fixture f;
	uint32_t i;

	(void)state;
	fixture_init(&f, LWNPU_OP_GATE);
	assert_int_equal(f.info.n_gates, 1);
	for (i = 0; i <= LWNPU_MAX_GATES; i++)
		ops[i] = f.made.ops[1];
	ops[i] = f.made.ops[2];
	assert_int_equal(lwnpu_check_program(ops + 1, i, f.made.weights,
					     f.made.weights_size, &info,
					     &error), 0);
	assert_int_equal(info.n_gates, LWNPU_MAX_GATES);
	assert_int_equal(lwnpu_check_program(ops, i + 1, f.made.weights,
					     f.made.weights_size, &info,
					     &error), -EINVAL);
	assert_int_equal(error.op, LWNPU_MAX_GATES);
	assert_int_equal(error.reason, LWNPU_CHECK_RANGE);
	assert_string_equal(error.field, "number of gates");
}

static void test_message(void **state)
{
	struct fixture f;
	struct lw_program program = { .ops = f.made.ops, .n_ops = 2,
				      .weights = f.made.weights,
				      .weights_size = sizeof(f.made.weights) };
	struct lwnpu_error error;

	(void)state;
	fixture_init(&f, LWNPU_OP_CONV);
	assert_int_equal(lw_program_check(&program, &error), 0);
	assert_memory_equal(&program.info, &f.info, sizeof(f.info));
	f.made.ops[1].conv.kernel_h = 0;
	assert_int_equal(lw_program_check(&program, &error), -EINVAL);
	assert_int_equal(error.code, -EINVAL);
	assert_string_equal(error.message,
			    "op 1 (conv): kernel_h: value is out of range (got 0, expected at least 1)");
	f.made.ops[1].opcode = 77;
	assert_int_equal(lw_program_check(&program, &error), -EINVAL);
	assert_string_equal(error.message,
			    "op 1 (unknown): opcode: unknown operation (got 77)");
	program.n_ops = 0;
	assert_int_equal(lw_program_check(&program, &error), -EINVAL);
	assert_string_equal(error.message,
			    "program: n_ops: number of operations is out of range (got 0, expected at least 1)");
}

/* Comes last: the tests above have seen every reason. */
static void test_all_reasons(void **state)
{
	uint32_t n = 0;

	(void)state;
#define COUNT_REASON(NAME, text) n++;
	LWNPU_CHECK_REASONS(COUNT_REASON)
#undef COUNT_REASON
	while (--n > LWNPU_CHECK_OK)
		if (!reasons_seen[n])
			fail_msg("untested: %s", lwnpu_check_reason_text(n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASES(name) cmocka_unit_test(test_##name),
#define REFUSED(NAME, change, reason, field)
#define ACCEPTED(NAME, change)
#define CASES_END
#include "../common/check_cases.def"
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_gates),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_all_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
