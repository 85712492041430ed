// SPDX-License-Identifier: MIT
/*
 * Small programs run in the calling thread, on PoCL's device "basic": to wake
 * the threads of the other one takes longer than such a program.
 */
#include "opencl.h"

/* About 60 us of a thread with AVX-512, 100 us of one with AVX2. */
#define SMALL_WORK 4000000
/* Products that take about as long as a byte of another operation. */
#define BYTE_WORK 8

static uint64_t pixels(const struct lwnpu_tensor *tensor)
{
	return (uint64_t)tensor->h * tensor->w;
}

/* About the number of products; each byte of weights meets each pixel once. */
static uint64_t op_work(const struct lwnpu_op *op)
{
	switch (op->opcode) {
	case LWNPU_OP_CONV:
		return op->conv.weights_len * pixels(&op->out);
	case LWNPU_OP_DWCONV:
		return op->dwconv.weights_len * pixels(&op->out);
	case LWNPU_OP_TCONV:
		return op->tconv.weights_len * pixels(&op->in[0]);
	case LWNPU_OP_MATMUL:
		return pixels(&op->out) * op->out.c * op->in[0].c;
	case LWNPU_OP_GATE:
		return pixels(&op->in[0]) * op->in[0].c * BYTE_WORK;
	default:
		return pixels(&op->out) * op->out.c * BYTE_WORK;
	}
}

static bool is_small(const struct lw_program *program)
{
	uint64_t work = 0;

	for (uint32_t i = 0; i < program->n_ops && work < SMALL_WORK; i++)
		work += op_work(&program->ops[i]);
	return work < SMALL_WORK;
}

int lw_cl_small(struct lw_cl_engine *engine, const struct lw_program *program,
		struct lw_cl_engine **result, struct lwnpu_error *error)
{
	struct lw_cl_device basic;
	int ret = 0;

	*result = engine;
	if (engine->is_chosen ||
	    (engine->device.units > 1 && !is_small(program)))
		return 0;
	lw_cl_lock(engine);
	if (!engine->small && lw_cl_find_basic(&engine->device, &basic))
		ret = lw_cl_engine_open(&engine->small, &basic, error);
	if (engine->small)
		*result = engine->small;
	lw_cl_unlock(engine);
	return ret;
}
