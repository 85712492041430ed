// SPDX-License-Identifier: MIT
/* Folding of what is known beforehand. */
#include <stdlib.h>

#include "fold.h"
#include "interpreter.h"

static bool only_moves(const struct lw_node *node)
{
	return node->kind == LW_NODE_REORDER || node->kind == LW_NODE_FLATTEN ||
	       node->kind == LW_NODE_SLICE;
}

static int move(const struct lw_graph *graph, const struct lw_node *node,
		float *from, float *to)
{
	struct lw_interpreter interpreter = { .graph = graph };

	interpreter.values = calloc(graph->n_values,
				    sizeof(*interpreter.values));
	if (!interpreter.values)
		return -ENOMEM;
	interpreter.values[node->in[0]->id] = from;
	interpreter.values[node->out->id] = to;
	lw_interpreter_begin(&interpreter, node);
	free(interpreter.values);
	return 0;
}

int lw_fold_constant(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_graph *graph = folding->graph;
	struct lw_node *before;
	float *moved;

	if (!only_moves(node) || !lw_is_unbounded(node))
		return 0;
	before = lw_graph_producer(graph, node->in[0]);
	if (!before || before->kind != LW_NODE_CONSTANT ||
	    !lw_fold_may_skip(node->in[0], node->out))
		return 0;
	moved = malloc(lw_value_size(node->out) * sizeof(*moved));
	if (!moved || move(graph, node, before->constant, moved)) {
		free(moved);
		return -ENOMEM;
	}
	node->kind = LW_NODE_CONSTANT;
	node->constant = moved;
	node->n_in = 0;
	lw_fold_remove_unread(graph, before);
	return 1;
}
