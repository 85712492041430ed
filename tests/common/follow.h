/* SPDX-License-Identifier: MIT */
/* Does each node's result follow from those that it reads? */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "pack.h"

/* A run's outputs as real numbers, by value id; NULL: not an output. */
struct follow_results {
	uint32_t n;
	float **real;
};

/**
 * follow_graph() - compare a package's results with the interpreter's
 * Each node is interpreted on what the package says its inputs are, so that
 * differences do not add up.
 * @graph: quantised
 * @results: of the package; nodes whose result is none are followed by the
 *	interpreter alone
 * @sample: of all inputs, in numbers that bytes can say
 * @error: names the value
 *
 * Return: 0; -EFAULT if a number differs by more than rounding explains.
 */
int follow_graph(const struct lw_graph *graph,
		 const struct follow_results *results, const float *sample,
		 struct lwnpu_error *error);

#endif /* FOLLOW_H */
