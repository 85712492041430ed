/* SPDX-License-Identifier: MIT */
/* Folding graphs and comparing what they compute. */
#ifndef FOLD_RIG_H
#define FOLD_RIG_H

#include "build_graph.h"

/* Runs a graph with rounding wherever a value is quantised; to be freed. */
float *fold_run(const struct lw_graph *graph, const float *in);

float fold_largest(const float *numbers, size_t n);

/* Two results differ by no more than single precision does of @most. */
void fold_within(const float *a, const float *b, size_t n, float most);

/*
 * Makes a value the output, folds the graph, compares its results with those
 * before, counts nodes. Returns the graph, to be freed.
 */
struct lw_graph *fold_check(struct lw_graph *graph, struct lw_value *out,
			    uint32_t nodes);

#endif /* FOLD_RIG_H */
