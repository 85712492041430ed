// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker as the kernel has compiled it. Its rules, one by one, are tested
 * in userspace, where it is the same source.
 */
#include <kunit/test.h>

#include "lwnpu_check.h"

#define LWNPU_KUNIT_TABLE 256

struct lwnpu_kunit_case {
	const char *name;
	void (*change)(struct lwnpu_op *op);
	u32 reason;
	const char *field;
};

static struct lwnpu_tensor lwnpu_kunit_tensor(u8 region)
{
	return (struct lwnpu_tensor) {
		.row_pitch = 32, .plane_pitch = 256, .h = 8, .w = 8, .c = 8,
		.region = region,
	};
}

static void lwnpu_kunit_lut(struct lwnpu_op *op)
{
	memset(op, 0, sizeof(*op));
	op->opcode = LWNPU_OP_LUT;
	op->in[0] = lwnpu_kunit_tensor(LWNPU_REGION_IO);
	op->out = lwnpu_kunit_tensor(LWNPU_REGION_IO + 1);
}

#define LWNPU_KUNIT_CHANGE(name, statement) \
	static void lwnpu_kunit_##name(struct lwnpu_op *op) \
	{ \
		statement; \
	}

LWNPU_KUNIT_CHANGE(nothing, (void)op)
LWNPU_KUNIT_CHANGE(opcode, op->opcode = 99)
LWNPU_KUNIT_CHANGE(reserved, op->raw[59] = 1)
LWNPU_KUNIT_CHANGE(empty, op->in[0].h = 0)
LWNPU_KUNIT_CHANGE(unaligned, op->in[0].offset = 2)
LWNPU_KUNIT_CHANGE(pitch, op->in[0].row_pitch = 28)
LWNPU_KUNIT_CHANGE(far, op->in[0].offset = 1U << 31)
LWNPU_KUNIT_CHANGE(both_ways, op->out.region = LWNPU_REGION_IO)
LWNPU_KUNIT_CHANGE(table, op->lut.table = 4)

static const struct lwnpu_kunit_case lwnpu_kunit_cases[] = {
	{ "valid", lwnpu_kunit_nothing, LWNPU_CHECK_OK, NULL },
	{ "unknown operation", lwnpu_kunit_opcode, LWNPU_CHECK_OPCODE,
	  "opcode" },
	{ "reserved bytes", lwnpu_kunit_reserved, LWNPU_CHECK_RESERVED, "raw" },
	{ "empty tensor", lwnpu_kunit_empty, LWNPU_CHECK_RANGE, "in[0].h" },
	{ "unaligned tensor", lwnpu_kunit_unaligned, LWNPU_CHECK_ALIGNMENT,
	  "in[0].offset" },
	{ "overlapping rows", lwnpu_kunit_pitch, LWNPU_CHECK_PITCH,
	  "in[0].row_pitch" },
	{ "beyond a region", lwnpu_kunit_far, LWNPU_CHECK_EXTENT, "in[0]" },
	{ "reads what it writes", lwnpu_kunit_both_ways,
	  LWNPU_CHECK_DIRECTION, "out.region" },
	{ "beyond the weights", lwnpu_kunit_table, LWNPU_CHECK_EXTENT,
	  "table" },
};

static void lwnpu_kunit_case_name(const struct lwnpu_kunit_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(lwnpu_kunit, lwnpu_kunit_cases, lwnpu_kunit_case_name);

static void lwnpu_kunit_check(struct kunit *test)
{
	const struct lwnpu_kunit_case *c = test->param_value;
	struct lwnpu_check_error error = {};
	struct lwnpu_program_info *info;
	struct lwnpu_op *op;
	u8 *weights;
	int ret;

	/* Of their exact sizes, so that KASAN sees a step too far. */
	op = kunit_kzalloc(test, sizeof(*op), GFP_KERNEL);
	weights = kunit_kzalloc(test, LWNPU_KUNIT_TABLE, GFP_KERNEL);
	info = kunit_kzalloc(test, sizeof(*info), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, op);
	KUNIT_ASSERT_NOT_NULL(test, weights);
	KUNIT_ASSERT_NOT_NULL(test, info);
	lwnpu_kunit_lut(op);
	c->change(op);

	ret = lwnpu_check_program(op, 1, weights, LWNPU_KUNIT_TABLE, info,
				  &error);
	if (c->reason == LWNPU_CHECK_OK) {
		KUNIT_EXPECT_EQ(test, ret, 0);
		KUNIT_EXPECT_EQ(test, info->n_regions, LWNPU_REGION_IO + 2);
		KUNIT_EXPECT_EQ(test, info->region[LWNPU_REGION_IO].size, 512);
		return;
	}
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	KUNIT_EXPECT_STREQ(test, lwnpu_check_reason_text(error.reason),
			   lwnpu_check_reason_text(c->reason));
	KUNIT_EXPECT_STREQ(test, error.field ?: "", c->field);
	KUNIT_EXPECT_EQ(test, info->n_regions, 0);
}

static void lwnpu_kunit_sizes(struct kunit *test)
{
	struct lwnpu_check_error error = {};
	struct lwnpu_program_info info;

	KUNIT_EXPECT_EQ(test, -EINVAL,
			lwnpu_check_program(NULL, 0, NULL, 0, &info, &error));
	KUNIT_EXPECT_EQ(test, error.reason, LWNPU_CHECK_PROGRAM_SIZE);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			lwnpu_check_program(NULL, LWNPU_MAX_OPS + 1, NULL, 0,
					    &info, &error));
	KUNIT_EXPECT_EQ(test, error.reason, LWNPU_CHECK_PROGRAM_SIZE);
}

static struct kunit_case lwnpu_kunit_check_cases[] = {
	KUNIT_CASE_PARAM(lwnpu_kunit_check, lwnpu_kunit_gen_params),
	KUNIT_CASE(lwnpu_kunit_sizes),
	{}
};

static struct kunit_suite lwnpu_kunit_check_suite = {
	.name = "lwnpu_check",
	.test_cases = lwnpu_kunit_check_cases,
};

kunit_test_suite(lwnpu_kunit_check_suite);
