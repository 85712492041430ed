// SPDX-License-Identifier: MIT
/* The reference engine: GATE, and what it leaves out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../common/run_ref.h"

#define MAX_OPS 8
#define IN_SIZE 64

/**
 * struct gated - a program of gates and of steps
 * @ops: a step writes its index into the pixel of that number
 * @n_ops: how many
 * @tables: the weights: at 256 x i a table of bytes i
 * @out: pixels, 0 where nothing was written
 * @gates: those that were taken
 */
struct gated {
	struct lwnpu_op ops[MAX_OPS];
	uint32_t n_ops;
	uint8_t tables[256 * MAX_OPS];
	uint8_t out[4 * MAX_OPS];
	uint64_t gates;
};

static void add_step(struct gated *gated)
{
	uint32_t i = gated->n_ops++;
	struct lwnpu_op *op = &gated->ops[i];

	memset(gated->tables + 256 * i, i, 256);
	op->opcode = LWNPU_OP_LUT;
	op->in[0] = tensor(2, 1, 1, 1);
	op->out = tensor(3, 1, 1, 1);
	op->out.offset = 4 * i;
	op->lut.table = 256 * i;
}

static void add_gate(struct gated *gated, struct lwnpu_tensor in, uint16_t skip,
		     uint8_t mode, uint8_t threshold, uint8_t invert)
{
	struct lwnpu_op *op = &gated->ops[gated->n_ops++];

	op->opcode = LWNPU_OP_GATE;
	op->in[0] = in;
	op->gate = (struct lwnpu_gate) {
		.skip = skip, .threshold = threshold, .mode = mode,
		.invert = invert,
	};
}

static void run(struct gated *gated, const uint8_t *in)
{
	struct lw_program program = {
		.ops = gated->ops, .n_ops = gated->n_ops,
		.weights = gated->tables,
		.weights_size = sizeof(gated->tables),
	};

	memset(gated->out, 0, sizeof(gated->out));
	gated->gates = lw_run_ref(&program, in, IN_SIZE, gated->out,
				  sizeof(gated->out));
}

/* Whether a gate over @in is taken; the way that it goes shows both times. */
static bool is_taken(struct lwnpu_tensor tested, const uint8_t *in,
		     uint8_t mode, uint8_t threshold, uint8_t invert)
{
	struct gated gated = { 0 };

	add_gate(&gated, tested, 1, mode, threshold, invert);
	add_step(&gated);
	add_step(&gated);
	run(&gated, in);
	assert_int_equal(gated.out[4 * 1], gated.gates ? 0 : 1);
	assert_int_equal(gated.out[4 * 2], 2);
	assert_true(gated.gates < 2);
	return gated.gates;
}

/* Two rows of three columns of two channels; 99s are none of them. */
static const uint8_t bytes[IN_SIZE] = {
	1, 2, 99, 99, 50, 3, 99, 99, 4, 5, 99, 99,
	6, 7, 99, 99, 8, 90, 99, 99, 9, 10, 99, 99,
};

static void test_maximum(void **state)
{
	const struct lwnpu_tensor in = tensor(2, 2, 3, 2);

	(void)state;
	assert_true(is_taken(in, bytes, LWNPU_GATE_MAX, 0, 0));
	assert_true(is_taken(in, bytes, LWNPU_GATE_MAX, 90, 0));
	assert_false(is_taken(in, bytes, LWNPU_GATE_MAX, 91, 0));
	assert_false(is_taken(in, bytes, LWNPU_GATE_MAX, 90, 1));
	assert_true(is_taken(in, bytes, LWNPU_GATE_MAX, 91, 1));
	assert_false(is_taken(in, bytes, LWNPU_GATE_MAX, 0, 1));
}

static void test_margin(void **state)
{
	const struct lwnpu_tensor in = tensor(2, 2, 3, 2);
	static const uint8_t equal[IN_SIZE] = { 7, 3, 0, 0, 7, 1, 0, 0 };
	static const uint8_t least[IN_SIZE] = { 0, 0, 0, 0, 0, 8, 0, 0 };

	(void)state;
	assert_true(is_taken(in, bytes, LWNPU_GATE_MARGIN, 40, 0));
	assert_false(is_taken(in, bytes, LWNPU_GATE_MARGIN, 41, 0));
	assert_true(is_taken(in, bytes, LWNPU_GATE_MARGIN, 41, 1));
	/* The greatest comes twice; the second is the least there is. */
	assert_true(is_taken(tensor(2, 1, 2, 2), equal, LWNPU_GATE_MARGIN, 0,
			     0));
	assert_false(is_taken(tensor(2, 1, 2, 2), equal, LWNPU_GATE_MARGIN, 1,
			      0));
	assert_true(is_taken(tensor(2, 1, 2, 2), least, LWNPU_GATE_MARGIN, 8,
			     0));
	assert_false(is_taken(tensor(2, 1, 2, 2), least, LWNPU_GATE_MARGIN, 9,
			      0));
}

/* 0 is not taken; 2 is, and leaves out 4, which would be; 6 ends it all. */
static void test_several(void **state)
{
	const struct lwnpu_tensor in = tensor(2, 2, 3, 2);
	static const uint8_t written[] = { 0, 1, 0, 0, 0, 5, 0, 0 };
	struct gated gated = { 0 };
	int i;

	(void)state;
	add_gate(&gated, in, 1, LWNPU_GATE_MAX, 255, 0);
	add_step(&gated);
	add_gate(&gated, in, 2, LWNPU_GATE_MAX, 50, 0);
	add_step(&gated);
	add_gate(&gated, in, 1, LWNPU_GATE_MAX, 50, 0);
	add_step(&gated);
	add_gate(&gated, in, 1, LWNPU_GATE_MARGIN, 1, 0);
	add_step(&gated);
	run(&gated, bytes);
	for (i = 0; i < 8; i++)
		assert_int_equal(gated.out[4 * i], written[i]);
	assert_int_equal(gated.gates, 1 << 1 | 1 << 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_margin),
		cmocka_unit_test(test_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
