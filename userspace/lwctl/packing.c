// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "model.h"
#include "packing.h"
#include "report.h"

/* One number for all channels, or one for each. */
static void spread(float *numbers, uint32_t n, uint32_t channels, float missing)
{
	for (uint32_t i = n; i < channels; i++)
		numbers[i] = n ? numbers[0] : missing;
}

static bool norm_given(const struct lw_packing_request *request)
{
	return request->n_mean || request->n_std || request->scaled;
}

/* Completes --mean, --std and --scale; they may be left out. */
static void complete_norm(struct lw_packing_request *request)
{
	struct lw_pack_options *options = &request->options;
	uint32_t n = request->n_mean > request->n_std ? request->n_mean :
							request->n_std;

	if (!n)
		n = 1;
	spread(options->mean, request->n_mean, n, 0);
	spread(options->std, request->n_std, n, 1);
	if (!request->scaled)
		options->norm_scale = 1;
	options->norm_channels = n;
}

/*
 * Bytes given to a float model are images, by default from 0 to 255. Bytes
 * given to a quantised model are its quantised input, unless it is said how
 * images become real numbers.
 */
static int set_inputs(struct lw_packing *packing,
		      struct lw_packing_request *request,
		      struct lwnpu_error *error)
{
	const struct lw_graph *graph = packing->graph;
	bool set = graph->quantised && !norm_given(request);

	packing->inputs = calloc(graph->n_inputs, sizeof(*packing->inputs));
	if (!packing->inputs)
		return lw_fail(error, -ENOMEM, "out of memory for inputs");
	if (!set)
		complete_norm(request);
	for (uint32_t i = 0; i < graph->n_inputs; i++) {
		lw_io_of_port(&packing->inputs[i], &graph->inputs[i]);
		set |= lw_set_norm(&packing->inputs[i], &request->options);
	}
	if (set)
		return 0;
	return lw_fail(error, -EDOM,
		       "--mean, --std: %u numbers, expected 1 or %u, one per channel",
		       request->options.norm_channels,
		       graph->inputs[0].value->c);
}

static int read_calib(struct lw_packing *packing,
		      const struct lw_packing_request *request, bool *bytes,
		      struct lwnpu_error *error)
{
	struct lw_feed feed;
	int ret;

	if (!request->n_calib)
		return 0;
	ret = lw_feed_open(&feed, packing->inputs, packing->graph->n_inputs,
			   request->calib, request->n_calib, error);
	if (ret)
		lw_fail_at(error, "--calib");
	else
		ret = lw_feed_dataset(&feed, &packing->calib, error);
	if (!ret) {
		*bytes |= lw_feed_has_bytes(&feed);
		if (!request->quiet)
			lw_feed_note_resized(&feed);
	}
	lw_feed_release(&feed);
	return ret;
}

static int read_eval(struct lw_packing *packing,
		     const struct lw_packing_request *request, bool *bytes,
		     struct lwnpu_error *error)
{
	const struct lwm_io *output = &packing->output;
	size_t n;
	int ret;

	if (!request->n_eval)
		return 0;
	ret = lw_feed_open(&packing->eval, packing->inputs,
			   packing->graph->n_inputs, request->eval,
			   request->n_eval, error);
	if (ret)
		return lw_fail_at(error, "--eval");
	*bytes |= lw_feed_has_bytes(&packing->eval);
	n = lw_feed_count(&packing->eval);
	if (request->labels)
		ret = lw_labels_read(&packing->labels, request->labels, n,
				     lw_io_elements(output), error);
	if (!ret && request->float_output)
		ret = lw_outputs_init(&packing->floats, output, n, LWNPU_F32,
				      error);
	return ret;
}

static bool is_float(const struct lw_graph *graph)
{
	for (uint32_t i = 0; i < graph->n_values; i++)
		if (graph->values[i]->quantised)
			return false;
	return true;
}

/* What a model that is not quantised throughout lacks. */
static int refuse_real(const struct lw_graph *graph, const char *model,
		       struct lwnpu_error *error)
{
	const struct lw_value *real = NULL;

	for (uint32_t i = 0; i < graph->n_values && !real; i++)
		if (!graph->values[i]->quantised)
			real = graph->values[i];
	if (is_float(graph) || !real)
		return lw_fail(error, -EDOM,
			       "%s: is %s, expected --calib with inputs to calibrate with",
			       model, real ? "a float model" :
			       "quantised only in parts");
	return lw_fail(error, -EDOM,
		       "%s: is quantised only in parts, expected --calib with inputs to calibrate with: \"%s\" has no scale",
		       model, real->name);
}

int lw_packing_open(struct lw_packing *packing,
		    struct lw_packing_request *request,
		    struct lwnpu_error *error)
{
	struct lw_graph *graph;
	bool bytes = false;
	int ret;

	ret = lw_import_file(&packing->graph, request->model, &request->import,
			     &packing->refusals, error);
	if (ret)
		return ret;
	graph = packing->graph;
	if (!graph->quantised && !request->n_calib)
		return refuse_real(graph, request->model, error);
	lw_io_of_port(&packing->output, &graph->outputs[0]);
	ret = set_inputs(packing, request, error);
	if (!ret)
		ret = read_calib(packing, request, &bytes, error);
	if (!ret)
		ret = read_eval(packing, request, &bytes, error);
	if (ret)
		return ret;
	/* Real numbers alone say nothing about images. */
	if (!bytes && !norm_given(request))
		request->options.norm_channels = 0;
	if (request->n_calib)
		request->options.calibration = &packing->calib;
	return 0;
}

static struct lw_stage *add_stage(struct lw_packing *packing, const char *name,
				  uint64_t bytes, uint64_t macs)
{
	struct lw_stage *stage = &packing->stages[packing->n_stages++];

	*stage = (struct lw_stage){ .name = name, .bytes = bytes,
				    .macs = macs };
	return stage;
}

static int graph_stage(struct lw_packing *packing, const char *name,
		       const struct lw_graph *graph, struct lw_outputs *outputs,
		       struct lwnpu_error *error)
{
	struct lw_stage *stage;
	uint64_t bytes = 0, macs = 0;

	for (uint32_t i = 0; i < graph->n_nodes; i++) {
		bytes += lw_node_bytes(graph->nodes[i]);
		macs += lw_node_macs(graph->nodes[i]);
	}
	stage = add_stage(packing, name, bytes, macs);
	if (!packing->labels.n && !outputs)
		return 0;
	return lw_eval_graph(graph, &packing->eval, &packing->labels, outputs,
			     &stage->score, error);
}

/* What pruning alone costs: the passes up to it, on a copy. */
static int pruned_stage(struct lw_packing *packing,
			const struct lw_packing_request *request,
			struct lwnpu_error *error)
{
	struct lw_graph *graph;
	int ret = 0;

	if (!request->options.pattern)
		return 0;
	graph = lw_graph_copy(packing->graph);
	if (!graph)
		return lw_fail(error, -ENOMEM, "out of memory for a copy of %s",
			       request->model);
	for (const struct lw_pass *pass = lw_passes; pass->name && !ret;
	     pass++) {
		ret = pass->run(graph, &request->options, NULL, error);
		if (!strcmp(pass->name, "prune"))
			break;
	}
	if (!ret)
		ret = graph_stage(packing, "pruned", graph, NULL, error);
	lw_graph_free(graph);
	return ret;
}

static int package_stages(struct lw_packing *packing, struct lwnpu_error *error)
{
	const struct lwm_package *package = &packing->package;
	struct lw_stage *int8, *coded;
	uint64_t macs = 0;
	int ret = 0;

	for (uint32_t i = 0; i < package->n_layers; i++)
		macs += package->layers[i].nonzero_macs;
	int8 = add_stage(packing, "int8", package->program.weights_size, macs);
	coded = add_stage(packing, "coded", packing->file_size, macs);
	if (packing->labels.n)
		ret = lw_eval_package(packing->file, packing->file_size,
				      packing->device, &packing->eval,
				      &packing->labels, &int8->score, error);
	coded->score = int8->score;
	return ret;
}

int lw_packing_run(struct lw_packing *packing,
		   const struct lw_packing_request *request,
		   struct lwnpu_error *error)
{
	struct lw_outputs *floats =
		request->float_output ? &packing->floats : NULL;
	bool quantised = packing->graph->quantised;
	int ret;

	ret = graph_stage(packing, quantised ? "source" : "float",
			  packing->graph, floats, error);
	if (!ret)
		ret = pruned_stage(packing, request, error);
	if (ret)
		return ret;
	ret = lw_pack(packing->graph, &request->options, &packing->package,
		      &packing->report, error);
	if (!ret)
		ret = lwm_write_memory(&packing->package,
				       &request->options.choice, &packing->file,
				       &packing->file_size, error);
	if (ret)
		return lw_fail_at(error, request->model);
	return package_stages(packing, error);
}

int lw_packing_write(const struct lw_packing *packing,
		     const struct lw_packing_request *request,
		     struct lwnpu_error *error)
{
	int ret;

	if (request->float_output) {
		ret = lw_outputs_write(&packing->floats, request->float_output,
				       error);
		if (ret)
			return ret;
	}
	return lw_file_write(request->output, packing->file,
			     packing->file_size, error);
}

void lw_packing_release(struct lw_packing *packing)
{
	lw_feed_release(&packing->eval);
	free(packing->inputs);
	lw_labels_release(&packing->labels);
	lw_outputs_release(&packing->floats);
	free(packing->calib.data);
	free(packing->file);
	lw_report_free(&packing->report);
	lwm_release(&packing->package);
	lw_refusals_free(&packing->refusals);
	lw_graph_free(packing->graph);
	lwnpu_device_close(packing->device);
}
