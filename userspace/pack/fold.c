// SPDX-License-Identifier: MIT
/* The folding pass: applies its rules until none does, then cleans up. */
#include <stdlib.h>
#include <string.h>

#include "fold.h"

static int (*const rules[])(struct lw_folding *folding,
			    struct lw_node *node) = {
#define LW_FOLD_ENTRY(name, text) lw_fold_##name,
	LW_FOLD_RULES(LW_FOLD_ENTRY)
#undef LW_FOLD_ENTRY
};

void lw_fold_remove(struct lw_graph *graph, const struct lw_node *node)
{
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++)
		if (graph->nodes[i] == node) {
			lw_graph_remove(graph, i);
			return;
		}
}

void lw_fold_remove_unread(struct lw_graph *graph, const struct lw_node *node)
{
	if (!lw_graph_readers(graph, node->out))
		lw_fold_remove(graph, node);
}

void lw_fold_move_before(struct lw_graph *graph, const struct lw_node *other)
{
	struct lw_node *last = graph->nodes[graph->n_nodes - 1];
	uint32_t i = 0;

	while (graph->nodes[i] != other)
		i++;
	memmove(graph->nodes + i + 1, graph->nodes + i,
		(graph->n_nodes - 1 - i) * sizeof(*graph->nodes));
	graph->nodes[i] = last;
}

static int apply_rules(struct lw_folding *folding, struct lw_node *node)
{
	size_t i;
	int ret;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		ret = rules[i](folding, node);
		if (ret)
			return ret;
	}
	return 0;
}

static int apply_everywhere(struct lw_folding *folding)
{
	struct lw_graph *graph = folding->graph;
	bool changed = true;
	uint32_t i;
	int ret;

	while (changed) {
		changed = false;
		for (i = 0; i < graph->n_nodes;) {
			ret = apply_rules(folding, graph->nodes[i]);
			if (ret < 0)
				return ret;
			if (ret)
				changed = true;
			else
				i++;
		}
	}
	return 0;
}

/* Counts nodes and ports that read each value. */
static void count_readers(const struct lw_graph *graph, uint32_t *readers)
{
	uint32_t i, j;

	for (i = 0; i < graph->n_nodes; i++)
		for (j = 0; j < graph->nodes[i]->n_in; j++)
			readers[graph->nodes[i]->in[j]->id]++;
	for (i = 0; i < graph->n_outputs; i++)
		readers[graph->outputs[i].value->id]++;
}

/* Last node first, so that what fed only dead nodes dies with them. */
static void remove_dead_nodes(struct lw_graph *graph, uint32_t *readers)
{
	const struct lw_node *node;
	uint32_t i, j;

	for (i = graph->n_nodes; i-- > 0;) {
		node = graph->nodes[i];
		if (readers[node->out->id])
			continue;
		for (j = 0; j < node->n_in; j++)
			readers[node->in[j]->id]--;
		lw_graph_remove(graph, i);
	}
}

static void remove_dead_values(struct lw_graph *graph, uint32_t *uses)
{
	uint32_t i, n = 0;

	for (i = 0; i < graph->n_nodes; i++)
		uses[graph->nodes[i]->out->id]++;
	for (i = 0; i < graph->n_inputs; i++)
		uses[graph->inputs[i].value->id]++;
	for (i = 0; i < graph->n_values; i++) {
		if (uses[i]) {
			graph->values[i]->id = n;
			graph->values[n++] = graph->values[i];
			continue;
		}
		free(graph->values[i]->name);
		free(graph->values[i]);
	}
	graph->n_values = n;
}

static int remove_dead(struct lw_graph *graph)
{
	uint32_t *readers = calloc((size_t)graph->n_values + 1,
				   sizeof(*readers));

	if (!readers)
		return -ENOMEM;
	count_readers(graph, readers);
	remove_dead_nodes(graph, readers);
	remove_dead_values(graph, readers);
	free(readers);
	return 0;
}

/*
 * A batch norm that found no convolution is a depthwise one of 1x1; between
 * bytes tables are exact, where weights of 8 bits would not be.
 */
static void convert_affine(struct lw_graph *graph)
{
	struct lw_node *node;
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++) {
		node = graph->nodes[i];
		if (node->kind == LW_NODE_AFFINE &&
		    !(node->in[0]->quantised && node->out->quantised))
			node->kind = LW_NODE_DWCONV;
	}
}

static bool is_quantised(const struct lw_graph *graph)
{
	uint32_t i;

	for (i = 0; i < graph->n_values; i++)
		if (!graph->values[i]->quantised)
			return false;
	return lw_graph_has_bytes(graph);
}

int lw_pass_fold(struct lw_graph *graph, const struct lw_pack_options *options,
		 struct lw_report *report, struct lwnpu_error *error)
{
	struct lw_folding folding = { .graph = graph, .report = report };
	int ret;

	(void)options;
	ret = lw_graph_check(graph, error);
	if (ret)
		return ret;
	ret = apply_everywhere(&folding);
	if (!ret)
		ret = remove_dead(graph);
	if (ret)
		return lw_fail(error, ret, "no memory to fold the model");
	convert_affine(graph);
	graph->quantised = is_quantised(graph);
	return lw_graph_check(graph, error);
}
