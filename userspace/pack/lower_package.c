// SPDX-License-Identifier: MIT
/* From lowered nodes to a package: program, segments, inputs, outputs. */
#include <stdlib.h>
#include <string.h>

#include "lower.h"

bool lw_set_norm(struct lwm_io *io, const struct lw_pack_options *options)
{
	uint32_t n = options->norm_channels;

	if (!n || (n != 1 && n != io->c))
		return false;
	io->norm_channels = n;
	io->norm_scale = options->norm_scale;
	memcpy(io->mean, options->mean, n * sizeof(*io->mean));
	memcpy(io->std, options->std, n * sizeof(*io->std));
	return true;
}

static int set_io(struct lwm_io *io, const struct lw_port *port,
		  uint32_t region)
{
	const struct lw_value *v = port->value;

	*io = (struct lwm_io){
		.name = strdup(v->name),
		.region = region,
		.h = v->h,
		.w = v->w,
		.c = v->c,
		.scale = v->scale,
		.zero_point = v->zero_point,
		.is_signed = v->is_signed,
		.n_dims = port->n_dims,
		.nchw = port->nchw,
	};
	memcpy(io->dims, port->dims, sizeof(io->dims));
	return io->name ? 0 : -ENOMEM;
}

static int set_ios(struct lwm_package *package, const struct lw_graph *graph,
		   const struct lw_pack_options *options,
		   struct lwnpu_error *error)
{
	uint32_t region = LWNPU_REGION_IO;
	bool set = !options->norm_channels;
	int ret = 0;

	package->inputs = calloc(graph->n_inputs + 1, sizeof(struct lwm_io));
	package->outputs = calloc(graph->n_outputs + 1, sizeof(struct lwm_io));
	if (!package->inputs || !package->outputs)
		return -ENOMEM;
	for (uint32_t i = 0; i < graph->n_inputs && !ret; i++) {
		struct lwm_io *io = &package->inputs[package->n_inputs++];

		ret = set_io(io, &graph->inputs[i], region++);
		set |= lw_set_norm(io, options);
	}
	if (!ret && !set)
		ret = lw_fail(error, -EINVAL,
			      "input %s has %u channels, but there are %u means and deviations",
			      package->inputs[0].name, package->inputs[0].c,
			      options->norm_channels);
	for (uint32_t i = 0; i < graph->n_outputs && !ret; i++)
		ret = set_io(&package->outputs[package->n_outputs++],
			     &graph->outputs[i], region++);
	return ret;
}

/* Streams' segments, and one for all constants behind them. */
static int set_segments(struct lwm_package *package,
			struct lw_region0 *region)
{
	struct lwm_segment *s;

	s = realloc(region->segment,
		    (region->n_segments + 1) * sizeof(*region->segment));
	if (!s)
		return -ENOMEM;
	region->segment = s;
	if (region->constant_size)
		s[region->n_segments++] = (struct lwm_segment){
			.offset = region->stream_size,
			.size = region->constant_size,
		};
	package->segments = s;
	package->n_segments = region->n_segments;
	region->segment = NULL;
	region->n_segments = 0;
	return 0;
}

static int set_weights(struct lw_program *program,
		       const struct lw_region0 *region)
{
	size_t size = (size_t)region->stream_size + region->constant_size;

	/* aligned_alloc() wants a multiple of the alignment. */
	program->weights = aligned_alloc(64, (size + 64) & ~63ul);
	if (!program->weights)
		return -ENOMEM;
	if (region->stream_size)
		memcpy(program->weights, region->stream, region->stream_size);
	if (region->constant_size)
		memcpy(program->weights + region->stream_size,
		       region->constant, region->constant_size);
	program->weights_size = size;
	return 0;
}

static int check_quantised(const struct lw_graph *graph,
			   struct lwnpu_error *error)
{
	for (uint32_t i = 0; i < graph->n_nodes; i++) {
		const struct lw_node *node = graph->nodes[i];
		const struct lw_weights *w = node->weights;

		if (!node->out->quantised)
			return lw_fail(error, -EINVAL,
				       "%s: its output has no scale and zero point; calibrate the model, or quantise all of it",
				       node->name);
		if (w && node->kind != LW_NODE_AFFINE &&
		    (!w->q || !w->scale || (w->bias && !w->bias_q)))
			return lw_fail(error, -EINVAL,
				       "%s: its weights are not quantised",
				       node->name);
	}
	for (uint32_t i = 0; i < graph->n_inputs; i++)
		if (!graph->inputs[i].value->quantised)
			return lw_fail(error, -EINVAL,
				       "input %s has no scale and zero point",
				       graph->inputs[i].value->name);
	return 0;
}

static void release(struct lw_lowering *lower)
{
	lw_region0_release(&lower->region0);
	free(lower->ops);
	free(lower->slots);
	free(lower->buffers);
	free(lower->views);
	free(lower->skipped_by);
}

static int allocate_values(struct lw_lowering *lower)
{
	uint32_t n = lower->graph->n_values;

	lower->views = calloc(n + 1, sizeof(*lower->views));
	lower->skipped_by = calloc(n + 1, sizeof(*lower->skipped_by));
	if (!lower->views || !lower->skipped_by)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		lower->views[i].buffer = UINT32_MAX;
		lower->skipped_by[i] = UINT32_MAX;
	}
	return 0;
}

static int fill_package(struct lw_lowering *lower, struct lwm_package *package,
			const struct lw_pack_options *options)
{
	const struct lw_graph *g = lower->graph;
	int ret;

	package->source = strdup(g->source);
	package->producer = strdup("lwctl " LWNPU_VERSION);
	package->layers = calloc(g->n_nodes + 1, sizeof(*package->layers));
	if (!package->source || !package->producer || !package->layers)
		return -ENOMEM;
	package->n_layers = g->n_nodes;
	ret = lw_lower_nodes(lower, package->layers);
	if (!ret)
		ret = set_ios(package, g, options, lower->error);
	if (!ret)
		ret = set_weights(&package->program, &lower->region0);
	if (!ret)
		ret = set_segments(package, &lower->region0);
	if (ret)
		return ret;
	package->program.ops = lower->ops;
	package->program.n_ops = lower->n_ops;
	lower->ops = NULL;
	return lw_program_check(&package->program, lower->error);
}

int lw_lower(const struct lw_graph *graph,
	     const struct lw_pack_options *options,
	     struct lwm_package *package, struct lwnpu_error *error)
{
	struct lw_lowering lower = { .graph = graph, .error = error };
	struct lwm_package made = { 0 };
	int ret;

	ret = lw_graph_check(graph, error);
	if (!ret)
		ret = check_quantised(graph, error);
	if (ret)
		return ret;
	ret = allocate_values(&lower);
	if (!ret)
		ret = fill_package(&lower, &made, options);
	if (ret == -ENOMEM)
		lw_fail(error, ret, "no memory to lower %s", graph->source);
	if (ret)
		lwm_release(&made);
	else
		*package = made;
	release(&lower);
	return ret;
}
