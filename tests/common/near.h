/* SPDX-License-Identifier: MIT */
/* Assertions about graphs and what the interpreter makes of them. */
#ifndef NEAR_H
#define NEAR_H

#include "build_graph.h"

/* Fails where two differ by more than 1e-5 of the greatest. */
void assert_near(const float *got, const double *expected, size_t n);

/*
 * Makes a node's result the graph's output, runs the graph with numbers for its
 * one input, or for each of its inputs, and frees it.
 */
void near_run(struct lw_graph *graph, struct lw_node *node, const float *in,
	      const double *expected);
void near_run_all(struct lw_graph *graph, struct lw_node *node,
		  const float *const *in, const double *expected);

/* lw_graph_check() refuses a graph with a word in its message; frees it. */
void assert_unsound(const char *what, const char *word, struct lw_graph *graph);

#endif /* NEAR_H */
