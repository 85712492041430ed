// SPDX-License-Identifier: MIT
/*
 * Pack random graphs, with random options, and run them: folding and equalising
 * keep what they compute; each node's bytes follow from the bytes that it
 * reads; where values lie changes nothing; engines agree.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/arguments.h"
#include "../common/follow.h"
#include "../common/random_graph.h"
#include "lower.h"

#define SAMPLES 6
#define MAX_PORTS 32

struct options {
	uint64_t count, seed, nodes;
	const char *device;
};

/* Where packages run: on the reference engine, and on another. */
struct devices {
	struct lwnpu_device *ref, *other;
};

static void release(struct follow_results *results)
{
	uint32_t i;

	for (i = 0; i < results->n; i++)
		free(results->real[i]);
	free(results->real);
	*results = (struct follow_results){ 0 };
}

static int allocate(struct follow_results *results,
		    const struct lw_graph *graph, struct lwnpu_buffer *buffers)
{
	const struct lw_value *v;
	uint32_t i;
	size_t size;

	results->n = graph->n_values;
	results->real = calloc(results->n, sizeof(*results->real));
	for (i = 0; results->real && i < graph->n_outputs; i++) {
		v = graph->outputs[i].value;
		size = lw_value_size(v) * sizeof(float);
		results->real[v->id] = malloc(size);
		if (!results->real[v->id])
			return -ENOMEM;
		buffers[i] = (struct lwnpu_buffer){ results->real[v->id], size,
						    LWNPU_F32 };
	}
	return results->real ? 0 : -ENOMEM;
}

static int run_model(const struct lw_graph *graph, struct lwnpu_device *device,
		     const void *file, size_t size, const float *sample,
		     struct follow_results *results, struct lwnpu_error *error)
{
	struct lwnpu_buffer in[MAX_PORTS], out[MAX_PORTS];
	struct lwnpu_model *model;
	uint32_t i;
	int ret;

	ret = lwnpu_model_load_memory(&model, device, file, size, error);
	if (ret)
		return ret;
	for (i = 0; i < graph->n_inputs; i++) {
		size = lw_value_size(graph->inputs[i].value) * sizeof(float);
		in[i] = (struct lwnpu_buffer){ (float *)sample, size,
					       LWNPU_F32 };
		sample += size / sizeof(float);
	}
	ret = allocate(results, graph, out);
	if (!ret)
		ret = lwnpu_model_run(model, in, out, error);
	lwnpu_model_free(model);
	return ret;
}

/* Lowers a graph and runs it on one device or on both. */
static int run(const struct lw_graph *graph, const struct devices *devices,
	       const float *sample, struct follow_results *ref,
	       struct follow_results *other, struct lwnpu_error *error)
{
	const struct lwm_choice raw = { .codings = 1u << LWM_RAW };
	const struct lw_pack_options options = { 0 };
	struct lwm_package package;
	void *file = NULL;
	size_t size;
	int ret;

	ret = lw_lower(graph, &options, &package, error);
	if (ret)
		return ret;
	ret = lwm_write_memory(&package, &raw, &file, &size, error);
	if (!ret)
		ret = run_model(graph, devices->ref, file, size, sample, ref,
				error);
	if (!ret && other)
		ret = run_model(graph, devices->other, file, size, sample,
				other, error);
	free(file);
	lwm_release(&package);
	return ret;
}

/* Both have the same numbers for every output that they share. */
static int compare(const struct lw_graph *graph, const struct follow_results *a,
		   const struct follow_results *b, const char *what,
		   struct lwnpu_error *error)
{
	const struct lw_value *v;
	uint32_t i;
	size_t k;

	for (i = 0; i < a->n; i++) {
		v = graph->values[i];
		for (k = 0; a->real[i] && b->real[i] && k < lw_value_size(v);
		     k++)
			if (a->real[i][k] != b->real[i][k])
				return lw_fail(error, -EFAULT,
					       "%s: %s[%zu] is %g, not %g",
					       what, v->name, k, b->real[i][k],
					       a->real[i][k]);
	}
	return 0;
}

/*
 * Every value is an output, but for those that may be skipped, and flags, which
 * have no bytes.
 */
static int show_all(struct lw_graph *graph)
{
	struct lw_port port = { .n_dims = 3 };
	uint32_t i, first, end = 0, skip = 0;
	struct lw_value *v;

	for (i = 0; i < graph->n_nodes; i++) {
		v = graph->nodes[i]->out;
		if (graph->nodes[i]->kind == LW_NODE_GATE) {
			lw_gate_merges(graph, i, &first, &end);
			skip = first > skip ? first : skip;
			continue;
		}
		if (i < skip || lw_graph_is_output(graph, v))
			continue;
		port.value = v;
		port.dims[0] = v->h;
		port.dims[1] = v->w;
		port.dims[2] = v->c;
		if (lw_graph_output(graph, &port))
			return -ENOMEM;
	}
	return 0;
}

static int check_sample(const struct lw_graph *graph,
			const struct lw_graph *shown,
			const struct devices *devices, const float *sample,
			struct lwnpu_error *error)
{
	struct follow_results ref = { 0 }, other = { 0 }, all = { 0 };
	int ret = run(graph, devices, sample, &ref, &other, error);

	if (!ret)
		ret = compare(graph, &ref, &other, "engines differ", error);
	if (!ret)
		ret = run(shown, devices, sample, &all, NULL, error);
	if (!ret)
		ret = compare(graph, &all, &ref, "places matter", error);
	if (!ret)
		ret = follow_graph(shown, &all, sample, error);
	release(&ref);
	release(&other);
	release(&all);
	return ret;
}

/* Numbers that bytes can tell apart, so that inputs are not rounded. */
static void round_inputs(const struct lw_graph *graph, float *sample)
{
	const struct lw_value *v;
	uint32_t i;
	size_t k;

	for (i = 0; i < graph->n_inputs; i++) {
		v = graph->inputs[i].value;
		for (k = 0; k < lw_value_size(v); k++, sample++)
			*sample = v->scale *
				  (lw_quantise(*sample, v) - v->zero_point);
	}
}

static int check_quantised(const struct lw_graph *graph,
			   const struct lw_dataset *dataset,
			   const struct devices *devices,
			   struct lwnpu_error *error)
{
	struct lw_graph *shown;
	int ret;

	shown = lw_graph_copy(graph);
	if (!shown || show_all(shown)) {
		lw_graph_free(shown);
		return lw_fail(error, -ENOMEM, "out of memory");
	}
	round_inputs(graph, dataset->data);
	ret = check_sample(graph, shown, devices, dataset->data, error);
	lw_graph_free(shown);
	return ret;
}

static void find_largest(void *data, const struct lw_value *v,
			 const float *real)
{
	float *most = data;
	size_t k;

	for (k = 0; k < lw_value_size(v); k++)
		*most = fmaxf(*most, fabsf(real[k]));
}

/* Runs in floating point, with the largest number on the way. */
static int interpret(const struct lw_graph *graph, const float *sample,
		     struct lw_interpreter **interpreter, float *most,
		     struct lwnpu_error *error)
{
	int ret = lw_interpreter_new(interpreter, graph, error);

	if (!ret)
		lw_interpreter_run_sample(*interpreter, sample, find_largest,
					  most);
	return ret;
}

/* Outputs keep their order, but not their ids. */
static int check_fold(struct lw_graph *graph,
		      const struct lw_pack_options *options,
		      struct lwnpu_error *error)
{
	const float *sample = options->calibration->data;
	struct lw_interpreter *before = NULL, *after = NULL;
	struct lw_graph *source = lw_graph_copy(graph);
	const float *a, *b;
	float most = 1e-6f;
	uint32_t i;
	size_t k;
	int ret;

	if (!source)
		return lw_fail(error, -ENOMEM, "out of memory");
	ret = lw_pass_fold(graph, options, NULL, error);
	if (!ret)
		ret = lw_pass_equalise(graph, options, NULL, error);
	if (!ret)
		ret = interpret(source, sample, &before, &most, error);
	if (!ret)
		ret = interpret(graph, sample, &after, &most, error);
	for (i = 0; i < graph->n_outputs && !ret; i++) {
		a = lw_interpreter_value(before, source->outputs[i].value);
		b = lw_interpreter_value(after, graph->outputs[i].value);
		for (k = 0; k < lw_value_size(graph->outputs[i].value); k++)
			if (!(fabsf(a[k] - b[k]) <= 1e-4f * most))
				ret = lw_fail(error, -EFAULT,
					      "folded %s[%zu] is %g, not %g",
					      source->outputs[i].value->name, k,
					      b[k], a[k]);
	}
	lw_interpreter_free(before);
	lw_interpreter_free(after);
	lw_graph_free(source);
	return ret;
}

/* Half of the graphs are packed without any pass that could be left out. */
static int check_graph(struct lw_graph *graph, const struct devices *devices,
		       struct lwnpu_error *error)
{
	struct lw_dataset dataset = build_dataset(graph, SAMPLES);
	enum lw_pattern pattern = build_random_below(LW_PATTERN_CHANNELS + 1);
	const struct lw_pack_options options = {
		.calibration = &dataset,
		.range = build_random_below(LW_RANGE_ENTROPY + 1),
		.percentile = 99.9f,
		.equalise = build_random_below(2),
		.correct = build_random_below(2),
		.pattern = pattern,
		.sparsity = pattern ? 0.4f : 0,
	};
	int ret = lw_graph_check(graph, error);

	if (!ret && build_random_below(2)) {
		ret = check_fold(graph, &options, error);
		if (!ret)
			ret = lw_pass_prune(graph, &options, NULL, error);
	}
	if (!ret)
		ret = lw_pass_quantise(graph, &options, NULL, error);
	if (!ret)
		ret = check_quantised(graph, &dataset, devices, error);
	free(dataset.data);
	return ret;
}

static int run_all(const struct options *options,
		   const struct devices *devices)
{
	unsigned long failed = 0, nodes = 0;
	struct lwnpu_error error;
	struct lw_graph *graph;
	uint64_t i, seed;

	for (i = 0; i < options->count; i++) {
		seed = options->seed + i;
		graph = random_graph(seed, options->nodes);
		nodes += graph->n_nodes;
		if (check_graph(graph, devices, &error)) {
			printf("seed %" PRIu64 ": %s\nagain: graphs --count 1 --seed %" PRIu64 " --nodes %" PRIu64 " --device %s\n",
			       seed, error.message, seed, options->nodes,
			       options->device);
			failed++;
		}
		lw_graph_free(graph);
	}
	printf("ref and %s: %" PRIu64 " graphs, %lu nodes, seeds from %" PRIu64 ": %lu differ\n",
	       options->device, options->count, nodes, options->seed, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options = {
		.count = 100,
		.seed = time(NULL),
		.nodes = 9,
		.device = "opencl",
	};
	struct devices devices = { 0 };
	struct lwnpu_error error;
	int status = EXIT_FAILURE;

	(void)argc;
	if (!read_arguments(argv + 1, (struct argument[]){
			{ "--count", &options.count, NULL },
			{ "--seed", &options.seed, NULL },
			{ "--nodes", &options.nodes, NULL },
			{ "--device", NULL, &options.device },
			{ NULL, NULL, NULL } })) {
		fprintf(stderr,
			"usage: graphs [--count N] [--seed S] [--nodes N] [--device NAME]\n");
		return 2;
	}
	if (lwnpu_device_open(&devices.ref, "ref", &error) ||
	    lwnpu_device_open(&devices.other, options.device, &error))
		fprintf(stderr, "graphs: %s\n", error.message);
	else
		status = run_all(&options, &devices);
	lwnpu_device_close(devices.other);
	lwnpu_device_close(devices.ref);
	return status;
}
