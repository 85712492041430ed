/* SPDX-License-Identifier: MIT */
/* Random float graphs of all kinds of nodes. */
#ifndef RANDOM_GRAPH_H
#define RANDOM_GRAPH_H

#include "build_graph.h"

/*
 * A sound graph with one to three inputs and @n_nodes nodes or a few more; what
 * nothing reads is an output. Numbers stay within what 8 bits can follow.
 * Everything follows from @seed.
 */
struct lw_graph *random_graph(uint64_t seed, uint32_t n_nodes);

#endif /* RANDOM_GRAPH_H */
