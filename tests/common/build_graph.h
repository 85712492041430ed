/* SPDX-License-Identifier: MIT */
/* Small graphs for tests. Out of memory ends the test. */
#ifndef BUILD_GRAPH_H
#define BUILD_GRAPH_H

#include "pack.h"

/* A graph whose input is "in". */
struct lw_graph *build_graph(uint32_t h, uint32_t w, uint32_t c);

/* One input more. */
struct lw_value *build_input(struct lw_graph *graph, const char *name,
			     uint32_t h, uint32_t w, uint32_t c);

/* Appends a node with its output, of which the name is "NAME.out". */
struct lw_node *build_node(struct lw_graph *graph, enum lw_node_kind kind,
			   const char *name, struct lw_value *in, uint32_t h,
			   uint32_t w, uint32_t c);

/* The same with several inputs. */
struct lw_node *build_join(struct lw_graph *graph, enum lw_node_kind kind,
			   const char *name, struct lw_value *const *in,
			   uint32_t n_in, uint32_t h, uint32_t w, uint32_t c);

/* A constant of random numbers. */
struct lw_node *build_constant(struct lw_graph *graph, const char *name,
			       uint32_t h, uint32_t w, uint32_t c);

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

/* One with small sizes, its pad less than @pads. */
struct build_conv build_random_conv(uint32_t pads);

/* Rounds a node's weights to bytes, as importers give them. */
void build_quantise(struct lw_node *node, float scale);

/* Appends a per-channel multiplication and addition, random. */
struct lw_node *build_affine(struct lw_graph *graph, const char *name,
			     struct lw_value *in);

void build_output(struct lw_graph *graph, struct lw_value *value);

void build_scale(struct lw_value *value, float scale, int32_t zero_point);

/* Uniform in -1…1, from the state that build_seed() sets. */
float build_random(void);
uint32_t build_random_below(uint32_t n);
void build_seed(uint64_t seed);

/* Numbers for an input, to be freed. */
float *build_numbers(const struct lw_value *value);

/* Samples for all inputs; free the data. */
struct lw_dataset build_dataset(const struct lw_graph *graph, uint32_t n);

/* A copy of numbers, for a node to own. */
float *build_copy(const float *numbers, size_t n);

/* Runs a graph; the first output's numbers, to be freed. */
float *build_run_all(const struct lw_graph *graph, const float *const *inputs);

/* The same with one input. */
float *build_run(const struct lw_graph *graph, const float *input);

#endif /* BUILD_GRAPH_H */
