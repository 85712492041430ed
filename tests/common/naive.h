/* SPDX-License-Identifier: MIT */
/*
 * A model of programs of its own, to compare engines with: every sum in 64 bits
 * from the formula, one output at a time, requantisation in double precision (a
 * product of two singles is exact there).
 */
#ifndef LW_NAIVE_H
#define LW_NAIVE_H

#include "trial.h"

/**
 * struct lw_naive - the buffers of a run
 * @region: their bytes
 * @dense: weights of the CONV or TCONV that runs: [out channel][row][column]
 *	[lane]
 */
struct lw_naive {
	uint8_t *region[LWNPU_REGION_MAX];
	int8_t *dense;
};

/**
 * lw_naive_run() - run a program on the buffers that a trial has before its run
 * @trial: an open trial
 * @seed: as lw_trial_run()
 * @memory: filled in with what the buffers hold then; free it with
 *	lw_naive_free()
 *
 * A test fails if memory runs out.
 */
void lw_naive_run(const struct lw_trial *trial, uint64_t seed,
		  struct lw_naive *memory);

void lw_naive_free(struct lw_naive *memory);

/* An operation at one place of its output. */
typedef void lw_naive_function(const struct lw_naive *memory,
			       const struct lwnpu_op *op, int c, int y, int x,
			       uint8_t *out);

#define LWNPU_OP(name, NAME, number, tensors, doc) \
	lw_naive_function lw_naive_##name;
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

#endif /* LW_NAIVE_H */
