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

#endif /* LW_NODE_CHECK_H */
