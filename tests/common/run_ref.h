/* SPDX-License-Identifier: MIT */
/* A program with one input and one output, on the reference engine. */
#ifndef LW_RUN_REF_H
#define LW_RUN_REF_H

#include "engine.h"
#include "tensor.h"

/**
 * lw_run_ref() - check, load and run a program once; all must go well
 * @program: ops and weights set
 * @in: region 2
 * @in_size: its bytes
 * @out: region 3
 * @out_size: its bytes
 *
 * Return: the gates that were taken.
 */
uint64_t lw_run_ref(struct lw_program *program, const void *in, size_t in_size,
		    void *out, size_t out_size);

#endif /* LW_RUN_REF_H */
