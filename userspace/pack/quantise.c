// SPDX-License-Identifier: MIT
/* The quantisation pass: from a float model to bytes. */
#include <stdlib.h>

#include "correct.h"
#include "quantise.h"

/* The least scale of a sum, against that of an input. */
#define FINEST_SUM 0x1p-18f

/* Below this a range is as good as empty: products of scales would vanish. */
#define LEAST_SCALE 0x1p-60f

void lw_set_scale(struct lw_value *value, float lo, float hi)
{
	float scale = ((double)hi - lo) / 255;

	if (scale < LEAST_SCALE) {
		scale = 1.0f / 255;
		lo = 0;
	}
	value->quantised = true;
	value->is_signed = false;
	value->scale = scale;
	value->zero_point = lrintf(fminf(fmaxf(-lo / scale, 0), 255));
	value->lo = lo;
	value->hi = hi;
}

static bool needs_scales(const struct lw_graph *graph)
{
	uint32_t i;

	for (i = 0; i < graph->n_values; i++)
		if (!graph->values[i]->quantised)
			return true;
	return false;
}

int lw_dataset_check(const struct lw_graph *graph,
		     const struct lw_dataset *dataset,
		     struct lwnpu_error *error)
{
	size_t size = 0;
	uint32_t i;

	if (!dataset || !dataset->n)
		return lw_fail(error, -EINVAL,
			       "model is float: give calibration inputs (--calib)");
	for (i = 0; i < graph->n_inputs; i++)
		size += lw_value_size(graph->inputs[i].value);
	if (dataset->size != size)
		return lw_fail(error, -EINVAL,
			       "calibration samples hold %zu numbers, expected %zu of the model's %u inputs",
			       dataset->size, size, graph->n_inputs);
	return 0;
}

static void set_scales(const struct lw_calibration *calibration)
{
	struct lw_graph *graph = calibration->graph;
	struct lw_value *value, *first;
	uint32_t i, group;

	for (i = 0; i < graph->n_values; i++) {
		value = graph->values[i];
		group = calibration->group[i];
		first = graph->values[group];
		if (!first->quantised)
			lw_set_scale(first, calibration->seen[group].lo,
				     calibration->seen[group].hi);
		if (value->quantised)
			continue;
		value->quantised = true;
		value->is_signed = first->is_signed;
		value->scale = first->scale;
		value->zero_point = first->zero_point;
	}
}

/*
 * A sum that hardly differs from zero, of numbers that cancel out, has no finer
 * scale than what the addition's multipliers can say.
 */
static void coarsen_sums(const struct lw_calibration *calibration,
			 const struct lw_graph *before)
{
	struct lw_graph *graph = calibration->graph;
	const struct lw_node *node;
	uint32_t i, k, group;
	float least;

	for (i = 0; i < graph->n_nodes; i++) {
		node = graph->nodes[i];
		if (node->kind != LW_NODE_ADD ||
		    before->values[node->out->id]->quantised)
			continue;
		least = FINEST_SUM * fmaxf(node->in[0]->scale,
					   node->in[1]->scale);
		if (node->out->scale >= least)
			continue;
		group = calibration->group[node->out->id];
		for (k = 0; k < graph->n_values; k++)
			if (calibration->group[k] == group)
				graph->values[k]->scale = least;
	}
}

static int set_activations(struct lw_graph *graph,
			   const struct lw_graph *before,
			   const struct lw_pack_options *options,
			   struct lwnpu_error *error)
{
	struct lw_calibration calibration = {
		.graph = graph,
		.options = options,
	};
	int ret = lw_calibrate(&calibration, error);

	if (!ret) {
		set_scales(&calibration);
		coarsen_sums(&calibration, before);
	}
	lw_calibration_release(&calibration);
	return ret;
}

static int set_weights(struct lw_graph *graph, struct lwnpu_error *error)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; i < graph->n_nodes && !ret; i++)
		if (lw_has_bytes(graph->nodes[i]))
			ret = lw_quantise_weights(graph->nodes[i]);
	graph->quantised = !ret;
	return ret ? lw_fail(error, ret, "no memory to quantise") : 0;
}

/* From a float model, of which @before is a copy. */
static int quantise(struct lw_graph *graph, struct lw_graph *before,
		    const struct lw_pack_options *options,
		    struct lw_report *report, struct lwnpu_error *error)
{
	int ret = set_activations(graph, before, options, error);

	if (!ret)
		ret = set_weights(graph, error);
	if (!ret)
		ret = lw_correct(graph, before, options, error);
	if (!ret)
		ret = lw_quantise_report(report, before, graph,
					 options->calibration, error);
	if (!ret && options->sensitivity)
		ret = lw_sensitivity_report(report, before, graph, options,
					    error);
	return ret;
}

int lw_pass_quantise(struct lw_graph *graph,
		     const struct lw_pack_options *options,
		     struct lw_report *report, struct lwnpu_error *error)
{
	struct lw_graph *before;
	int ret;

	ret = lw_graph_check(graph, error);
	if (ret)
		return ret;
	if (!needs_scales(graph))
		return set_weights(graph, error);
	ret = lw_dataset_check(graph, options->calibration, error);
	if (ret)
		return ret;
	before = lw_graph_copy(graph);
	if (!before)
		return lw_fail(error, -ENOMEM, "no memory to quantise");
	ret = quantise(graph, before, options, report, error);
	lw_graph_free(before);
	return ret;
}
