// SPDX-License-Identifier: MIT
/*
 * Runs models' graphs in floating point, for tests that compare them.
 *
 *	float_run [--round] MODEL IN OUT [MODEL IN OUT]...
 *
 * IN is raw float32, any number of images, each all of the model's inputs one
 * after the other in their own layout; OUT gets, for each image, all outputs.
 * With --round activations take only the numbers that their quanta can tell
 * apart. Prints the shape of each output; of a model that is refused or fails,
 * why, on standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "import.h"
#include "interpreter.h"

/* Between [h][w][c] and the layout of a port. */
static void copy_port(const struct lw_port *port, float *to, const float *from,
		      bool from_port)
{
	const struct lw_value *v = port->value;
	size_t pixels = (size_t)v->h * v->w;
	size_t i, c, inner, outer;

	for (i = 0; i < pixels; i++) {
		for (c = 0; c < v->c; c++) {
			inner = i * v->c + c;
			outer = port->nchw ? c * pixels + i : inner;
			if (from_port)
				to[inner] = from[outer];
			else
				to[outer] = from[inner];
		}
	}
}

/* Floats of all inputs, or outputs. */
static size_t ports_size(const struct lw_port *ports, uint32_t n)
{
	size_t size = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		size += lw_value_size(ports[i].value);
	return size;
}

/* @in: room for the inputs of an image, one after the other. */
static void run_image(struct lw_interpreter *interpreter,
		      const struct lw_graph *graph, const float *image,
		      float *in, const float **inputs, float *out)
{
	const struct lw_port *port;
	uint32_t i;

	for (i = 0; i < graph->n_inputs; i++) {
		port = &graph->inputs[i];
		copy_port(port, in, image, true);
		inputs[i] = in;
		image += lw_value_size(port->value);
		in += lw_value_size(port->value);
	}
	lw_interpreter_run(interpreter, inputs, NULL, NULL);
	for (i = 0; i < graph->n_outputs; i++) {
		port = &graph->outputs[i];
		copy_port(port, out,
			  lw_interpreter_value(interpreter, port->value),
			  false);
		out += lw_value_size(port->value);
	}
}

static int run_images(const struct lw_graph *graph, bool round,
		      const float *image, size_t n, float *out,
		      struct lwnpu_error *error)
{
	size_t in_size = ports_size(graph->inputs, graph->n_inputs);
	size_t out_size = ports_size(graph->outputs, graph->n_outputs);
	const float **inputs = calloc(graph->n_inputs, sizeof(*inputs));
	float *in = calloc(in_size, sizeof(*in));
	struct lw_interpreter *interpreter = NULL;
	int ret = 0;

	if (!inputs || !in)
		ret = lw_fail(error, -ENOMEM, "out of memory");
	if (!ret)
		ret = lw_interpreter_new(&interpreter, graph, error);
	if (!ret)
		lw_interpreter_round(interpreter, round);
	for (; n && !ret; n--, image += in_size, out += out_size)
		run_image(interpreter, graph, image, in, inputs, out);
	lw_interpreter_free(interpreter);
	free(inputs);
	free(in);
	return ret;
}

static int run_file(const struct lw_graph *graph, bool round,
		    const char *in_path, const char *out_path,
		    struct lwnpu_error *error)
{
	size_t image = ports_size(graph->inputs, graph->n_inputs) *
		       sizeof(float);
	size_t size, n, out_size;
	float *out = NULL;
	void *in;
	int ret;

	ret = lw_file_read(in_path, (size_t)1 << 30, &in, &size, error);
	if (ret)
		return ret;
	n = size / image;
	out_size = n * ports_size(graph->outputs, graph->n_outputs) *
		   sizeof(float);
	if (size % image)
		ret = lw_fail(error, -EINVAL,
			      "%s: %zu bytes, not a multiple of %zu", in_path,
			      size, image);
	if (!ret) {
		out = malloc(out_size ? out_size : 1);
		if (!out)
			ret = lw_fail(error, -ENOMEM, "out of memory");
	}
	if (!ret)
		ret = run_images(graph, round, in, n, out, error);
	if (!ret)
		ret = lw_file_write(out_path, out, out_size, error);
	free(out);
	free(in);
	return ret;
}

static void print_outputs(const struct lw_graph *graph, const char *path)
{
	uint32_t i, k;

	for (i = 0; i < graph->n_outputs; i++) {
		const struct lw_port *port = &graph->outputs[i];

		printf("%s: %s", path, port->value->name);
		for (k = 0; k < port->n_dims; k++)
			printf(" %u", port->dims[k]);
		printf("\n");
	}
}

static int run_model(bool round, char **paths)
{
	struct lw_refusals refusals = { 0 };
	struct lwnpu_error error = { 0 };
	struct lw_graph *graph;
	uint32_t i;
	int ret = lw_import_file(&graph, paths[0], NULL, &refusals, &error);

	if (!ret) {
		ret = run_file(graph, round, paths[1], paths[2], &error);
		print_outputs(graph, paths[0]);
		lw_graph_free(graph);
	}
	if (ret)
		fprintf(stderr, "%s\n", error.message);
	for (i = 0; i < refusals.n; i++)
		fprintf(stderr, "%s (%s): %s\n", refusals.item[i].node,
			refusals.item[i].op, refusals.item[i].reason);
	lw_refusals_free(&refusals);
	return ret;
}

int main(int argc, char **argv)
{
	bool round = argc > 1 && !strcmp(argv[1], "--round");
	int first = 1 + round, failed = 0, i;

	if (argc <= first || (argc - first) % 3) {
		fprintf(stderr, "usage: %s [--round] MODEL IN OUT...\n",
			argv[0]);
		return 2;
	}
	for (i = first; i < argc; i += 3)
		failed |= !!run_model(round, argv + i);
	return failed;
}
