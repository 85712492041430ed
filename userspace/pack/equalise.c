// SPDX-License-Identifier: MIT
/*
 * The equalisation pass: channels between two convolutions get weights of like
 * size on both sides (cross-layer equalisation, Nagel et al., arXiv 1906.04721).
 *
 * What is linear, or cut off at zero, may be scaled per channel: the layer
 * before divides its weights and bias by s, the layer behind multiplies those
 * that read the channel. With r the largest weights of a channel on each side,
 * s = sqrt(r_before / r_behind) makes them equal.
 */
#include <stdlib.h>

#include "report.h"

/* Chains settle in a few rounds; each visits every pair once. */
#define MAX_ROUNDS 20
#define SETTLED 1.01f
/* Beyond this a channel is as good as unused on one side. */
#define MAX_FACTOR 1024.0f

struct pair {
	struct lw_node *before, *behind;
};

static bool is_layer(const struct lw_node *node)
{
	return node &&
	       (node->kind == LW_NODE_CONV || node->kind == LW_NODE_DWCONV) &&
	       !node->weights->q;
}

/* a x stays what it is for any a above 0. */
static bool is_homogeneous(const struct lw_node *node)
{
	return node->act_hi == INFINITY &&
	       (node->act_lo == 0 || node->act_lo == -INFINITY);
}

static bool find_pair(const struct lw_graph *graph, struct lw_node *behind,
		      struct pair *pair)
{
	struct lw_value *value = behind->in[0];

	if (!is_layer(behind) || value->quantised ||
	    lw_graph_readers(graph, value) != 1)
		return false;
	pair->behind = behind;
	pair->before = lw_graph_producer(graph, value);
	return is_layer(pair->before) && is_homogeneous(pair->before);
}

static size_t per_output(const struct lw_weights *w)
{
	return (size_t)w->kh * w->kw * w->i;
}

static float greatest_of_output(const struct lw_weights *w, uint32_t o)
{
	const float *real = w->real + o * per_output(w);
	float most = 0;
	size_t k;

	for (k = 0; k < per_output(w); k++)
		most = fmaxf(most, fabsf(real[k]));
	return most;
}

/*
 * Outputs that read input channel @c, and its place among their inputs: all of
 * its group's, or of a depthwise layer the one of the same number.
 */
static void readers_of(const struct lw_node *node, uint32_t c, uint32_t *first,
		       uint32_t *n, uint32_t *at)
{
	const struct lw_weights *w = node->weights;

	if (node->kind == LW_NODE_DWCONV) {
		*first = c;
		*n = 1;
		*at = 0;
		return;
	}
	*n = w->o / node->groups;
	*first = c / w->i * *n;
	*at = c % w->i;
}

static float greatest_of_input(const struct lw_node *node, uint32_t c)
{
	const struct lw_weights *w = node->weights;
	uint32_t first, n, at;
	float most = 0;
	size_t k;

	readers_of(node, c, &first, &n, &at);
	for (k = first * per_output(w); k < (first + n) * per_output(w);
	     k += w->i)
		most = fmaxf(most, fabsf(w->real[k + at]));
	return most;
}

static void scale_input(struct lw_node *node, uint32_t c, float factor)
{
	struct lw_weights *w = node->weights;
	uint32_t first, n, at;
	size_t k;

	readers_of(node, c, &first, &n, &at);
	for (k = first * per_output(w); k < (first + n) * per_output(w);
	     k += w->i)
		w->real[k + at] *= factor;
}

static void scale_output(struct lw_weights *w, uint32_t o, float factor)
{
	float *real = w->real + o * per_output(w);
	size_t k;

	for (k = 0; k < per_output(w); k++)
		real[k] *= factor;
	if (w->bias)
		w->bias[o] *= factor;
}

/* Returns how far the farthest channel was from equal, a factor above 1. */
static float equalise(const struct pair *pair)
{
	float farthest = 1;
	uint32_t c;

	for (c = 0; c < pair->before->weights->o; c++) {
		float out = greatest_of_output(pair->before->weights, c);
		float in = greatest_of_input(pair->behind, c);
		float s = sqrtf(out / in);

		if (!(s > 1 / MAX_FACTOR && s < MAX_FACTOR))
			continue;
		scale_output(pair->before->weights, c, 1 / s);
		scale_input(pair->behind, c, s);
		farthest = fmaxf(farthest, fmaxf(s, 1 / s));
	}
	return farthest;
}

static int report_pair(struct lw_report *report, const struct pair *pair,
		       float farthest)
{
	const struct lw_node *node = pair->before;

	return lw_report_add(report, &(struct lw_report_row){
		.pass = "equalise",
		.layer = node->name,
		.bytes_before = lw_node_bytes(node),
		.bytes_after = lw_node_bytes(node),
		.macs_before = lw_node_macs(node),
		.macs_after = lw_node_macs(node),
		.error = farthest - 1,
	});
}

static int run_round(struct lw_graph *graph, struct lw_report *report,
		     float *farthest)
{
	struct pair pair;
	float distance;
	uint32_t i;
	int ret = 0;

	*farthest = 1;
	for (i = 0; i < graph->n_nodes && !ret; i++) {
		if (!find_pair(graph, graph->nodes[i], &pair))
			continue;
		distance = equalise(&pair);
		*farthest = fmaxf(*farthest, distance);
		ret = report_pair(report, &pair, distance);
	}
	return ret;
}

int lw_pass_equalise(struct lw_graph *graph,
		     const struct lw_pack_options *options,
		     struct lw_report *report, struct lwnpu_error *error)
{
	float farthest = SETTLED;
	int round;

	if (!options->equalise)
		return 0;
	for (round = 0; round < MAX_ROUNDS && farthest >= SETTLED; round++)
		if (run_round(graph, round ? NULL : report, &farthest))
			return lw_fail(error, -ENOMEM,
				       "no memory to equalise");
	return 0;
}
