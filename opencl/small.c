// SPDX-License-Identifier: MIT
/*
 * Small programs run in the calling thread, on PoCL's device "basic": to wake
 * the threads of the other one takes longer than such a program.
 */
#include "twin.h"

/*
 * Work is counted in products of convolutions, of which a thread with AVX-512
 * does a million in 5 to 6 us in KWS, ResNet-8, MobileNetV2. So these take about
 * 270 us, of which two threads would save less than they take to wake up and to
 * get from each other's caches what the other has written.
 */
#define SMALL_WORK 50000000
/* A product of a depthwise convolution, which uses one lane in four. */
#define DEPTHWISE_WORK 11
/* A byte of another operation. */
#define BYTE_WORK 8
/* An operation: to begin it, to pad its input. */
#define OP_WORK 350000

static uint64_t pixels(const struct lwnpu_tensor *tensor)
{
	return (uint64_t)tensor->h * tensor->w;
}

/* Each byte of weights meets each pixel once. */
static uint64_t op_work(const struct lwnpu_op *op)
{
	switch (op->opcode) {
	case LWNPU_OP_CONV:
		return op->conv.weights_len * pixels(&op->out);
	case LWNPU_OP_DWCONV:
		return op->dwconv.weights_len * pixels(&op->out) *
		       DEPTHWISE_WORK;
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
		work += op_work(&program->ops[i]) + OP_WORK;
	return work < SMALL_WORK;
}

static int open_small(struct lw_cl_engine *engine,
		      const struct lw_cl_device *basic,
		      struct lwnpu_error *error)
{
	struct lw_cl_engine *small = NULL;
	int ret = lw_cl_engine_open(&small, basic, error);

	if (!ret && engine->device.units > 1)
		ret = lw_cl_twin_open(small, error);
	if (!ret)
		engine->small = small;
	else
		lw_cl_engine_close(small);
	return ret;
}

int lw_cl_small_open(struct lw_cl_engine *engine, struct lwnpu_error *error)
{
	struct lw_cl_device basic;
	int ret = 0;

	if (engine->is_chosen)
		return 0;
	lw_cl_lock(engine);
	if (!engine->small && lw_cl_find_basic(&engine->device, &basic))
		ret = open_small(engine, &basic, error);
	lw_cl_unlock(engine);
	return ret;
}

int lw_cl_small(struct lw_cl_engine *engine, const struct lw_program *program,
		struct lw_cl_engine **result, struct lwnpu_error *error)
{
	int ret;

	*result = engine;
	if (engine->is_chosen ||
	    (engine->device.units > 1 && !is_small(program)))
		return 0;
	ret = lw_cl_small_open(engine, error);
	/* Once it is there, it stays. */
	if (!ret && engine->small)
		*result = engine->small;
	return ret;
}
