// SPDX-License-Identifier: MIT
/*
 * Pruning of whole channels: tensors become narrower, and every layer beside
 * them smaller, on any engine.
 *
 * Each group of channels (see channels.h) loses the same share. A channel's
 * worth is the power of its filters (Li et al., arXiv 1608.08710), or of the
 * weights that read it, each beside the average of its layer, summed over the
 * layers of the group. What stays is a multiple of four: a word is never part
 * empty, which would cost what it saves.
 */
#include <stdlib.h>

#include "channels.h"
#include "correct.h"
#include "prune.h"

/* Power of output @c's weights. */
static double power_of_output(const struct lw_weights *w, uint32_t c)
{
	size_t k, each = (size_t)w->kh * w->kw * w->i;
	double sum = 0;

	for (k = c * each; k < (c + 1) * each; k++)
		sum += (double)w->real[k] * w->real[k];
	return sum;
}

/* Power of the weights that read input @c. */
static double power_of_input(const struct lw_weights *w, uint32_t c)
{
	size_t row, rows = (size_t)w->o * w->kh * w->kw;
	double sum = 0, x;

	for (row = 0; row < rows; row++) {
		x = w->real[row * w->i + c];
		sum += x * x;
	}
	return sum;
}

/* Adds one layer's share to the worth of each channel. */
static void add_layer(const struct lw_weights *w, bool inputs, uint32_t n,
		      double *worth, double *power)
{
	double total = 0;
	uint32_t c;

	for (c = 0; c < n; c++) {
		power[c] = inputs ? power_of_input(w, c) :
				    power_of_output(w, c);
		total += power[c];
	}
	for (c = 0; c < n && total > 0; c++)
		worth[c] += power[c] / total;
}

static void weigh(const struct lw_graph *graph,
		  const struct lw_channels *channels, uint32_t group,
		  bool inputs, double *worth, double *power)
{
	uint32_t i, n = graph->values[group]->c;
	const struct lw_value *value;
	const struct lw_node *node;

	for (i = 0; i < graph->n_nodes; i++) {
		node = graph->nodes[i];
		value = inputs ? node->in[0] : node->out;
		if (lw_is_plain_conv(node) &&
		    channels->group[value->id] == group)
			add_layer(node->weights, inputs, n, worth, power);
	}
}

struct ranked {
	double worth;
	uint32_t channel;
};

static int by_worth(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->worth != y->worth)
		return x->worth < y->worth ? 1 : -1;
	return x->channel < y->channel ? -1 : x->channel > y->channel;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The @kept channels of greatest worth, ascending. */
static void choose(struct ranked *ranked, const double *worth, uint32_t n,
		   uint32_t *keep, uint32_t kept)
{
	uint32_t c;

	for (c = 0; c < n; c++)
		ranked[c] = (struct ranked){ worth[c], c };
	qsort(ranked, n, sizeof(*ranked), by_worth);
	for (c = 0; c < kept; c++)
		keep[c] = ranked[c].channel;
	qsort(keep, kept, sizeof(*keep), by_number);
}

/* What reads the channels that go shall do without them. */
static void clear_readers(struct lw_graph *graph,
			  const struct lw_channels *channels, uint32_t group,
			  const bool *stays)
{
	struct lw_weights *w;
	size_t row, rows;
	uint32_t i, c;

	for (i = 0; i < graph->n_nodes; i++) {
		w = graph->nodes[i]->weights;
		if (!lw_is_plain_conv(graph->nodes[i]) ||
		    channels->group[graph->nodes[i]->in[0]->id] != group)
			continue;
		rows = (size_t)w->o * w->kh * w->kw;
		for (row = 0; row < rows; row++)
			for (c = 0; c < w->i; c++)
				if (!stays[c])
					w->real[row * w->i + c] = 0;
	}
}

static uint32_t channels_kept(uint32_t n, float sparsity)
{
	uint32_t kept = n - (uint32_t)(sparsity * n);

	kept = (kept + 3) / 4 * 4;
	return kept < n ? kept : n;
}

/**
 * struct choice - what stays of a group
 * @keep: [@n] channels, ascending; NULL: all
 */
struct choice {
	uint32_t *keep;
	uint32_t n;
};

static int choose_group(struct lw_graph *graph,
			const struct lw_channels *channels, uint32_t group,
			bool inputs, struct choice *choice)
{
	uint32_t c, n = graph->values[group]->c;
	double *worth = calloc(n, sizeof(*worth));
	double *power = calloc(n, sizeof(*power));
	struct ranked *ranked = calloc(n, sizeof(*ranked));
	bool *stays = calloc(n, sizeof(*stays));
	int ret = -ENOMEM;

	choice->keep = calloc(n, sizeof(*choice->keep));
	if (worth && power && ranked && stays && choice->keep) {
		weigh(graph, channels, group, inputs, worth, power);
		choose(ranked, worth, n, choice->keep, choice->n);
		for (c = 0; c < choice->n; c++)
			stays[choice->keep[c]] = true;
		clear_readers(graph, channels, group, stays);
		ret = 0;
	}
	free(stays);
	free(ranked);
	free(power);
	free(worth);
	return ret;
}

/* Chooses for all groups; what goes is not read any more, but still there. */
static int choose_all(struct lw_graph *graph,
		      const struct lw_channels *channels,
		      const struct lw_pack_options *options,
		      struct choice *choices)
{
	bool inputs = options->pattern == LW_PATTERN_CHANNELS;
	uint32_t i, c;
	int ret = 0;

	for (i = 0; i < graph->n_values && !ret; i++) {
		if (channels->group[i] != i || channels->fixed[i] ||
		    !channels->written[i] || !channels->read[i])
			continue;
		c = graph->values[i]->c;
		choices[i].n = channels_kept(c, options->sparsity);
		if (choices[i].n < c)
			ret = choose_group(graph, channels, i, inputs,
					   &choices[i]);
	}
	return ret;
}

static void fill_rows(const struct lw_graph *graph, struct lw_report_row *rows)
{
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++)
		rows[i] = (struct lw_report_row){
			.pass = "prune",
			.layer = graph->nodes[i]->name,
			.bytes_before = lw_node_bytes(graph->nodes[i]),
			.macs_before = lw_node_macs(graph->nodes[i]),
			.error = NAN,
		};
}

/* Of the layers that became smaller. */
static int add_rows(const struct lw_graph *graph, struct lw_report_row *rows,
		    struct lw_report *report)
{
	struct lw_report_row *row;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < graph->n_nodes && !ret; i++) {
		row = &rows[i];
		row->bytes_after = lw_node_bytes(graph->nodes[i]);
		row->macs_after = lw_node_macs(graph->nodes[i]);
		if (row->bytes_after < row->bytes_before)
			ret = lw_report_add(report, row);
	}
	return ret;
}

/**
 * struct narrowing - the graph on its way
 * @before: a copy
 * @channels: its groups
 * @choices: by group
 * @rows: by node, of the report
 */
struct narrowing {
	struct lw_graph *before;
	struct lw_channels channels;
	struct choice *choices;
	struct lw_report_row *rows;
};

static int prepare(struct narrowing *narrowing, const struct lw_graph *graph)
{
	narrowing->before = lw_graph_copy(graph);
	narrowing->choices = calloc((size_t)graph->n_values + 1,
				    sizeof(*narrowing->choices));
	narrowing->rows = calloc((size_t)graph->n_nodes + 1,
				 sizeof(*narrowing->rows));
	if (!narrowing->before || !narrowing->choices || !narrowing->rows)
		return -ENOMEM;
	return lw_channels_find(&narrowing->channels, graph);
}

static void release(struct narrowing *narrowing, uint32_t n_values)
{
	uint32_t i;

	for (i = 0; narrowing->choices && i < n_values; i++)
		free(narrowing->choices[i].keep);
	free(narrowing->choices);
	free(narrowing->rows);
	lw_channels_release(&narrowing->channels);
	lw_graph_free(narrowing->before);
}

int lw_prune_channels(struct lw_graph *graph,
		      const struct lw_pack_options *options,
		      struct lw_report *report, struct lwnpu_error *error)
{
	struct narrowing n = { 0 };
	uint32_t i;
	int ret = prepare(&n, graph);

	if (!ret) {
		fill_rows(graph, n.rows);
		ret = choose_all(graph, &n.channels, options, n.choices);
	}
	if (ret)
		lw_fail(error, ret, "no memory to prune");
	else
		ret = lw_correct(graph, n.before, options, error);
	for (i = 0; i < graph->n_values && !ret; i++)
		if (n.choices[i].keep)
			lw_channels_keep(graph, &n.channels, i,
					 n.choices[i].keep, n.choices[i].n);
	if (!ret && add_rows(graph, n.rows, report))
		ret = lw_fail(error, -ENOMEM, "no memory to prune");
	release(&n, graph->n_values);
	return ret;
}
