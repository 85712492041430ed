// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "channels.h"

static uint32_t find(const struct lw_channels *channels, uint32_t id)
{
	while (channels->group[id] != id)
		id = channels->group[id];
	return id;
}

static void tie(struct lw_channels *channels, const struct lw_value *a,
		const struct lw_value *b)
{
	uint32_t i = find(channels, a->id), j = find(channels, b->id);

	channels->group[i] = j;
	channels->fixed[j] |= channels->fixed[i];
}

static void fix(struct lw_channels *channels, const struct lw_value *value)
{
	channels->fixed[find(channels, value->id)] = true;
}

/* Nodes whose output channel c is a function of input channel c alone. */
static bool keeps_channels(const struct lw_node *node)
{
	switch (node->kind) {
	case LW_NODE_DWCONV:
	case LW_NODE_POOL:
	case LW_NODE_ADD:
	case LW_NODE_MUL:
	case LW_NODE_AFFINE:
	case LW_NODE_UNARY:
	case LW_NODE_RESIZE:
	case LW_NODE_REQUANT:
		return true;
	case LW_NODE_SLICE:
		return node->out->c == node->in[0]->c;
	case LW_NODE_PAD:
		return !node->pad_channels_before && !node->pad_channels_after;
	default:
		return false;
	}
}

static void visit(struct lw_channels *channels, const struct lw_node *node)
{
	bool keeps = keeps_channels(node);
	uint32_t i;

	if (lw_is_plain_conv(node))
		return;
	/* One channel that broadcasts is a group of its own, and stays. */
	for (i = 0; i < node->n_in; i++)
		if (keeps && node->in[i]->c == node->out->c)
			tie(channels, node->in[i], node->out);
		else
			fix(channels, node->in[i]);
	if (!keeps)
		fix(channels, node->out);
}

static void count(struct lw_channels *channels, const struct lw_graph *graph)
{
	const struct lw_node *node;
	uint32_t i;

	for (i = 0; i < graph->n_values; i++)
		channels->group[i] = find(channels, i);
	for (i = 0; i < graph->n_nodes; i++) {
		node = graph->nodes[i];
		if (!lw_is_plain_conv(node))
			continue;
		channels->written[channels->group[node->out->id]]++;
		channels->read[channels->group[node->in[0]->id]]++;
	}
}

int lw_channels_find(struct lw_channels *channels,
		     const struct lw_graph *graph)
{
	size_t n = (size_t)graph->n_values + 1;
	uint32_t i;

	channels->group = calloc(n, sizeof(*channels->group));
	channels->fixed = calloc(n, sizeof(*channels->fixed));
	channels->written = calloc(n, sizeof(*channels->written));
	channels->read = calloc(n, sizeof(*channels->read));
	if (!channels->group || !channels->fixed || !channels->written ||
	    !channels->read)
		return -ENOMEM;
	for (i = 0; i < graph->n_values; i++)
		channels->group[i] = i;
	for (i = 0; i < graph->n_inputs; i++)
		fix(channels, graph->inputs[i].value);
	for (i = 0; i < graph->n_outputs; i++)
		fix(channels, graph->outputs[i].value);
	for (i = 0; i < graph->n_nodes; i++)
		visit(channels, graph->nodes[i]);
	count(channels, graph);
	return 0;
}

void lw_channels_release(struct lw_channels *channels)
{
	free(channels->group);
	free(channels->fixed);
	free(channels->written);
	free(channels->read);
}

/*
 * Of an array [rows][all][size] keeps the @n entries of each row that @keep
 * names, where they are: what stays is moved to the front.
 */
static void keep_entries(void *array, size_t rows, size_t all, size_t size,
			 const uint32_t *keep, uint32_t n)
{
	unsigned char *to = array;
	size_t row;
	uint32_t i;

	for (row = 0; array && row < rows; row++)
		for (i = 0; i < n; i++, to += size)
			memmove(to, (unsigned char *)array +
				(row * all + keep[i]) * size, size);
}

static void keep_outputs(struct lw_weights *w, const uint32_t *keep, uint32_t n)
{
	size_t each = (size_t)w->kh * w->kw * w->i;

	keep_entries(w->real, 1, w->o, each * sizeof(*w->real), keep, n);
	keep_entries(w->q, 1, w->o, each * sizeof(*w->q), keep, n);
	keep_entries(w->scale, 1, w->o, sizeof(*w->scale), keep, n);
	keep_entries(w->bias, 1, w->o, sizeof(*w->bias), keep, n);
	keep_entries(w->bias_q, 1, w->o, sizeof(*w->bias_q), keep, n);
	w->o = n;
}

static void keep_inputs(struct lw_weights *w, const uint32_t *keep, uint32_t n)
{
	size_t rows = (size_t)w->o * w->kh * w->kw;

	keep_entries(w->real, rows, w->i, sizeof(*w->real), keep, n);
	keep_entries(w->q, rows, w->i, sizeof(*w->q), keep, n);
	w->i = n;
}

/* A node within the group: what it has for each channel. */
static void keep_own(struct lw_node *node, const uint32_t *keep, uint32_t n)
{
	uint32_t all = node->in[0]->c;

	if (node->weights)
		keep_outputs(node->weights, keep, n);
	keep_entries(node->alphas, 1, all, sizeof(*node->alphas), keep, n);
	if (node->n_tables > 1) {
		keep_entries(node->tables, 1, all, sizeof(*node->tables), keep,
			     n);
		node->n_tables = n;
	}
}

void lw_channels_keep(struct lw_graph *graph,
		      const struct lw_channels *channels, uint32_t group,
		      const uint32_t *keep, uint32_t n)
{
	struct lw_node *node;
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++) {
		node = graph->nodes[i];
		if (!lw_is_plain_conv(node)) {
			if (channels->group[node->out->id] == group)
				keep_own(node, keep, n);
			continue;
		}
		if (channels->group[node->out->id] == group)
			keep_outputs(node->weights, keep, n);
		if (channels->group[node->in[0]->id] == group)
			keep_inputs(node->weights, keep, n);
	}
	for (i = 0; i < graph->n_values; i++)
		if (channels->group[i] == group)
			graph->values[i]->c = n;
}
