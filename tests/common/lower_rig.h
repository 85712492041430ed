/* SPDX-License-Identifier: MIT */
/*
 * Packed graphs against the interpreter with rounding. Scales are powers of two
 * and zero points even, so that the interpreter's real numbers and the
 * program's integers round alike and results can be compared exactly.
 */
#ifndef LOWER_RIG_H
#define LOWER_RIG_H

#include "build_graph.h"
#include "lower.h"

#define RIG_SCALE 0.0625f
#define RIG_ZERO 128
/* The most inputs, and outputs, of a graph. */
#define RIG_PORTS 4

/* A graph of one input, and a node's output, in the rig's scale. */
struct lw_graph *rig_graph(uint32_t h, uint32_t w, uint32_t c);
struct lw_node *rig_scaled(struct lw_node *node);

static inline struct lw_value *rig_input(const struct lw_graph *graph)
{
	return graph->inputs[0].value;
}

/* A convolution with weights in steps of 1/32, as an importer gives it. */
struct lw_node *rig_conv(struct lw_graph *graph, enum lw_node_kind kind,
			 const char *name, struct lw_value *in,
			 struct build_conv how);

/* A node of two inputs; each size is the larger of theirs. */
struct lw_node *rig_pair(struct lw_graph *graph, enum lw_node_kind kind,
			 const char *name, struct lw_value *a,
			 struct lw_value *b);

void rig_lower(const struct lw_graph *graph, struct lwm_package *package);

/* Lowering fails with a text in its message; frees the graph. */
void rig_refuse(struct lw_graph *graph, int code, const char *text);

/* Runs a package's bytes through the library; outputs to be freed. */
void rig_run(struct lwm_package *package, const char *device_name,
	     const float *const *in, float **out);

/*
 * Lowers, runs on the reference engine, compares; frees the graph.
 * Returns the number of operations.
 */
uint32_t rig_check(struct lw_graph *graph);
uint32_t rig_check_near(struct lw_graph *graph, float tolerance);

#endif /* LOWER_RIG_H */
