// SPDX-License-Identifier: MIT
/* What a user of lwctl pack should know, though it is no error. */
#include <string.h>

#include "lwctl.h"
#include "packing.h"

/* Of the 256 levels of a tensor, fewer are left than this: it says little. */
#define FEW_LEVELS 8

/* What only moves numbers for a node has the name of the node's output. */
static const struct lw_value *named_source(const struct lw_graph *graph,
					   const struct lw_value *value,
					   const char *name)
{
	const struct lw_node *node = lw_graph_producer(graph, value);

	while (node && node->n_in == 1 && !strcmp(value->name, name)) {
		value = node->in[0];
		node = lw_graph_producer(graph, value);
	}
	return value;
}

/* Tensors whose levels are much finer than those of what they are joined to. */
static void note_parts(const struct lw_graph *graph, const struct lw_node *node)
{
	const struct lw_value *out = node->out;

	for (uint32_t i = 0; i < node->n_in; i++) {
		const struct lw_value *in = node->in[i];
		float levels = 256 * in->scale / out->scale;

		if (levels >= FEW_LEVELS)
			continue;
		lwctl_note("\"%s\" becomes a part of \"%s\" in a scale of %g, which leaves %.0f of its 256 levels; to end at the parts (--end) gives each its own",
			   named_source(graph, in, out->name)->name, out->name,
			   out->scale, fmaxf(levels, 1));
	}
}

void lw_packing_note(const struct lw_packing *packing)
{
	const struct lw_graph *graph = packing->graph;

	for (uint32_t i = 0; i < graph->n_nodes; i++)
		if (graph->nodes[i]->kind == LW_NODE_CONCAT)
			note_parts(graph, graph->nodes[i]);
}
