/* SPDX-License-Identifier: MIT */
/* A part of lw_graph_check(). */
#ifndef LW_NODE_CHECK_H
#define LW_NODE_CHECK_H

#include "graph.h"

#define NODE_FORMAT "node '%s' (%s): "
#define NODE_ARGS(node) (node)->name, lw_node_kind_name((node)->kind)
#define SHAPE_FORMAT "%" PRIu32 "x%" PRIu32 "x%" PRIu32
#define SHAPE_ARGS(value) (value)->h, (value)->w, (value)->c

/**
 * lw_node_check() - what the kind of a node asks of it
 * @node: of a kind that exists, its inputs and output are the graph's, with
 *	shapes within the limits
 * @error: names the node
 *
 * Return: 0 or -EINVAL.
 */
int lw_node_check(const struct lw_node *node, struct lwnpu_error *error);

/* Parts of it: each returns 0 or -EINVAL. */
int lw_node_check_inputs(const struct lw_node *node, uint32_t n,
			 struct lwnpu_error *error);
/* The output has this shape. */
int lw_node_check_shape(const struct lw_node *node, uint64_t h, uint64_t w,
			uint64_t c, struct lwnpu_error *error);
/* One input, and the output has its shape. */
int lw_node_check_same(const struct lw_node *node, struct lwnpu_error *error);
/* An array, which may be NULL. */
int lw_node_check_finite(const struct lw_node *node, const char *what,
			 const float *array, size_t n,
			 struct lwnpu_error *error);

/* lw_node_check_NAME() of each node kind of LW_NODES. */
#define LW_NODE_CHECK_DECLARE(name, NAME, text) \
	int lw_node_check_##name(const struct lw_node *node, \
				 struct lwnpu_error *error);
LW_NODES(LW_NODE_CHECK_DECLARE)
#undef LW_NODE_CHECK_DECLARE

/**
 * lw_graph_check_gates() - what nodes skipped by a gate write is read only
 *	among them or by the gate's MERGE
 * @graph: nodes are sound, one by one
 */
int lw_graph_check_gates(const struct lw_graph *graph,
			 struct lwnpu_error *error);

#endif /* LW_NODE_CHECK_H */
