/* SPDX-License-Identifier: MIT */
/* Small graphs for tests. Out of memory ends the test. */
#ifndef BUILD_GRAPH_H
#define BUILD_GRAPH_H

#include "pack.h"

/* A graph whose input is "in". */
struct lw_graph *build_graph(uint32_t h, uint32_t w, uint32_t c);

/* Appends a node with its output, of which name is "NAME.out". */
struct lw_node *build_node(struct lw_graph *graph, enum lw_node_kind kind,
			   const char *name, struct lw_value *in, uint32_t h,
			   uint32_t w, uint32_t c);

struct build_conv {
	uint32_t o, kernel, stride, dilation, pad, groups;
	bool bias;
};

/*
 * Appends a convolution with random weights, square windows; 0 fields but the
 * pad mean 1. DWCONV: o is not used.
 */
struct lw_node *build_conv(struct lw_graph *graph, enum lw_node_kind kind,
			   const char *name, struct lw_value *in,
			   struct build_conv conv);

/* Appends a per-channel multiplication and addition, random. */
struct lw_node *build_affine(struct lw_graph *graph, const char *name,
			     struct lw_value *in);

void build_output(struct lw_graph *graph, struct lw_value *value);

void build_scale(struct lw_value *value, float scale, int32_t zero_point);

/* Uniform in -1…1, from the state that build_seed() sets. */
float build_random(void);
uint32_t build_random_below(uint32_t n);
void build_seed(uint32_t seed);

/* Numbers for an input, to be freed. */
float *build_numbers(const struct lw_value *value);

/* Runs a graph of one input; the first output's numbers, to be freed. */
float *build_run(const struct lw_graph *graph, const float *input);

#endif /* BUILD_GRAPH_H */
