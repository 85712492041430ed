// SPDX-License-Identifier: MIT
/* Gates: is what they skip read by nobody else? */
#include <inttypes.h>
#include <stdlib.h>

#include "node_check.h"

/**
 * struct readings - where a value is written and read
 * @written: behind this many nodes
 * @n: readings
 * @late_end: behind those as the result of a MERGE whose gate is not taken
 * @other_end: behind all others
 */
struct readings {
	uint32_t written;
	uint32_t n;
	uint32_t late_end, other_end;
};

static void note_readings(const struct lw_graph *graph,
			  struct readings *readings)
{
	const struct lw_node *node;
	struct readings *r;
	uint32_t i, j;

	for (i = 0; i < graph->n_nodes; i++) {
		node = graph->nodes[i];
		readings[node->out->id].written = i + 1;
		for (j = 0; j < node->n_in; j++) {
			r = &readings[node->in[j]->id];
			r->n++;
			if (node->kind == LW_NODE_MERGE && j == 2)
				r->late_end = i + 1;
			else
				r->other_end = i + 1;
		}
	}
	for (i = 0; i < graph->n_outputs; i++) {
		r = &readings[graph->outputs[i].value->id];
		r->n++;
		r->other_end = UINT32_MAX;
	}
}

static bool is_merge_of(const struct lw_graph *graph, uint32_t node,
			const struct lw_value *flag)
{
	return node < graph->n_nodes &&
	       graph->nodes[node]->kind == LW_NODE_MERGE &&
	       graph->nodes[node]->in[0] == flag;
}

void lw_gate_merges(const struct lw_graph *graph, uint32_t gate,
		    uint32_t *first, uint32_t *end)
{
	const struct lw_value *flag = graph->nodes[gate]->out;

	*first = gate + 1;
	while (*first < graph->n_nodes && !is_merge_of(graph, *first, flag))
		(*first)++;
	*end = *first;
	while (is_merge_of(graph, *end, flag))
		(*end)++;
}

static int check_gate(const struct lw_graph *graph, uint32_t gate,
		      const struct readings *readings,
		      struct lwnpu_error *error)
{
	const struct lw_node *node = graph->nodes[gate], *skipped;
	const struct readings *r = &readings[node->out->id];
	uint32_t i, first, end;

	lw_gate_merges(graph, gate, &first, &end);
	if (first == end || r->n != end - first)
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "its flag is for merges alone, that follow each other",
			       NODE_ARGS(node));
	for (i = first; i < end; i++)
		if (readings[graph->nodes[i]->in[1]->id].written > gate)
			return lw_fail(error, -EINVAL, NODE_FORMAT
				       "'%s' is not written before it",
				       NODE_ARGS(node),
				       graph->nodes[i]->in[1]->name);
	for (i = gate + 1; i < first; i++) {
		skipped = graph->nodes[i];
		r = &readings[skipped->out->id];
		if (r->other_end > first || r->late_end > end)
			return lw_fail(error, -EINVAL, NODE_FORMAT
				       "what '%s' writes is read where it may have been skipped",
				       NODE_ARGS(node), skipped->name);
	}
	return 0;
}

static int check_merge(const struct lw_node *node, const bool *is_flag,
		       struct lwnpu_error *error)
{
	if (is_flag[node->in[0]->id])
		return 0;
	return lw_fail(error, -EINVAL, NODE_FORMAT
		       "'%s' is not a gate's flag", NODE_ARGS(node),
		       node->in[0]->name);
}

static int check_all(const struct lw_graph *graph, struct readings *readings,
		     bool *is_flag, struct lwnpu_error *error)
{
	const struct lw_node *node;
	uint32_t i;
	int ret = 0;

	note_readings(graph, readings);
	for (i = 0; i < graph->n_nodes && !ret; i++) {
		node = graph->nodes[i];
		is_flag[node->out->id] = node->kind == LW_NODE_GATE;
		if (node->kind == LW_NODE_GATE)
			ret = check_gate(graph, i, readings, error);
		else if (node->kind == LW_NODE_MERGE)
			ret = check_merge(node, is_flag, error);
	}
	return ret;
}

int lw_graph_check_gates(const struct lw_graph *graph,
			 struct lwnpu_error *error)
{
	struct readings *readings = calloc((size_t)graph->n_values + 1,
					   sizeof(*readings));
	bool *is_flag = calloc((size_t)graph->n_values + 1, sizeof(*is_flag));
	int ret;

	if (readings && is_flag)
		ret = check_all(graph, readings, is_flag, error);
	else
		ret = lw_fail(error, -ENOMEM, "out of memory");
	free(is_flag);
	free(readings);
	return ret;
}
