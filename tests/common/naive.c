// SPDX-License-Identifier: MIT
/* A program by its formulas: what operations share, and the order of a run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lwnpu_table.h"
#include "naive_memory.h"

static int8_t *conv_dense(const struct lw_naive *memory,
			  const struct lwnpu_op *op)
{
	const uint8_t *stream = memory->region[0] + op->conv.weights;
	uint64_t blocks = lwnpu_conv_blocks(op), i;
	int8_t *dense = calloc(blocks, 4);
	const uint8_t *next = stream;

	assert_non_null(dense);
	if (op->conv.sparse)
		next += (blocks + 31) / 32 * 4;
	for (i = 0; i < blocks; i++) {
		if (op->conv.sparse && !(stream[i / 8] & (1 << i % 8)))
			continue;
		memcpy(dense + i * 4, next, 4);
		next += 4;
	}
	return dense;
}

static bool gate_is_taken(const struct lw_naive *memory,
			  const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *in = &op->in[0];
	uint32_t counts[256] = { 0 };
	int value = 255, second, c, y, x;

	for (c = 0; c < in->c; c++)
		for (y = 0; y < in->h; y++)
			for (x = 0; x < in->w; x++)
				counts[*at(memory, in, c, y, x)]++;
	while (!counts[value])
		value--;
	counts[value]--;
	if (op->gate.mode == LWNPU_GATE_MARGIN) {
		for (second = value; !counts[second];)
			second--;
		value -= second;
	}
	return op->gate.invert ? value < op->gate.threshold :
				 value >= op->gate.threshold;
}

/* It has no output. */
#define lw_naive_gate NULL

static lw_naive_function *const functions[] = {
#define LWNPU_OP(name, NAME, number, tensors, doc) [number] = lw_naive_##name,
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
};

/* Pixel by pixel; lanes past the last channel become zero. */
static void run_op(struct lw_naive *memory, const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *out = &op->out;
	int c, y, x;

	if (op->opcode == LWNPU_OP_CONV || op->opcode == LWNPU_OP_TCONV)
		memory->dense = conv_dense(memory, op);
	for (y = 0; y < out->h; y++) {
		for (x = 0; x < out->w; x++) {
			for (c = 0; c < out->c; c++)
				functions[op->opcode](memory, op, c, y, x,
						      at(memory, out, c, y, x));
			for (; c % 4; c++)
				*at(memory, out, c, y, x) = 0;
		}
	}
	free(memory->dense);
	memory->dense = NULL;
}

void lw_naive_run(const struct lw_trial *trial, uint64_t seed,
		  struct lw_naive *memory)
{
	const struct lw_program *program = trial->program;
	size_t arena = program->info.region[LWNPU_REGION_ARENA].size;
	uint32_t i, r;

	memset(memory, 0, sizeof(*memory));
	memory->region[LWNPU_REGION_WEIGHTS] = program->weights;
	/* Not zero as the engine's: no output may depend on it. */
	memory->region[LWNPU_REGION_ARENA] = malloc(arena + 1);
	assert_non_null(memory->region[LWNPU_REGION_ARENA]);
	memset(memory->region[LWNPU_REGION_ARENA], 0xa5, arena + 1);
	for (r = LWNPU_REGION_IO; r < program->info.n_regions; r++)
		memory->region[r] = lw_trial_bytes(trial, r, seed);
	for (i = 0; i < program->n_ops; i++) {
		const struct lwnpu_op *op = &program->ops[i];

		if (op->opcode != LWNPU_OP_GATE)
			run_op(memory, op);
		else if (gate_is_taken(memory, op))
			i += op->gate.skip;
	}
}

void lw_naive_free(struct lw_naive *memory)
{
	uint32_t r;

	for (r = LWNPU_REGION_ARENA; r < LWNPU_REGION_MAX; r++)
		free(memory->region[r]);
}
