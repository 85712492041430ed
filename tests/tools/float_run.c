// SPDX-License-Identifier: MIT
/*
 * Runs a model's graph in floating point, for tests that compare it.
 *
 *	float_run MODEL IN OUT
 *
 * IN is raw float32, any number of images of the model's one input in its own
 * layout; OUT gets, for each image, all outputs one after the other.
 */
#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "import.h"
#include "pack.h"

static size_t elements(const struct lw_value *value)
{
	return (size_t)value->h * value->w * value->c;
}

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

static size_t outputs_size(const struct lw_graph *graph)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < graph->n_outputs; i++)
		n += elements(graph->outputs[i].value);
	return n;
}

static int run_images(const struct lw_graph *graph, const float *in, size_t n,
		      float *out, struct lwnpu_error *error)
{
	const struct lw_port *input = &graph->inputs[0];
	struct lw_interpreter *interpreter;
	const float *image;
	uint32_t k;
	float *copy;
	int ret = lw_interpreter_new(&interpreter, graph, error);

	if (ret)
		return ret;
	copy = malloc(elements(input->value) * sizeof(*copy));
	if (!copy)
		ret = lw_fail(error, -ENOMEM, "out of memory");
	for (; n && !ret; n--, in += elements(input->value)) {
		copy_port(input, copy, in, true);
		image = copy;
		lw_interpreter_run(interpreter, &image, NULL, NULL);
		for (k = 0; k < graph->n_outputs; k++) {
			const struct lw_port *port = &graph->outputs[k];

			copy_port(port, out,
				  lw_interpreter_value(interpreter,
						       port->value), false);
			out += elements(port->value);
		}
	}
	free(copy);
	lw_interpreter_free(interpreter);
	return ret;
}

static int run_file(const struct lw_graph *graph, const char *in_path,
		    const char *out_path, struct lwnpu_error *error)
{
	size_t size, image, n, out_size;
	float *out = NULL;
	void *in;
	int ret;

	if (graph->n_inputs != 1)
		return lw_fail(error, -EINVAL, "model has %u inputs, not 1",
			       graph->n_inputs);
	ret = lw_file_read(in_path, (size_t)1 << 30, &in, &size, error);
	if (ret)
		return ret;
	image = elements(graph->inputs[0].value) * sizeof(float);
	n = size / image;
	out_size = n * outputs_size(graph) * sizeof(float);
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
		ret = run_images(graph, in, n, out, error);
	if (!ret)
		ret = lw_file_write(out_path, out, out_size, error);
	free(out);
	free(in);
	return ret;
}

int main(int argc, char **argv)
{
	struct lw_refusals refusals = { 0 };
	struct lwnpu_error error = { 0 };
	struct lw_graph *graph;
	uint32_t i;
	int ret;

	if (argc != 4) {
		fprintf(stderr, "usage: %s MODEL IN OUT\n", argv[0]);
		return 2;
	}
	ret = lw_import_file(&graph, argv[1], &refusals, &error);
	if (!ret) {
		ret = run_file(graph, argv[2], argv[3], &error);
		lw_graph_free(graph);
	}
	if (ret)
		fprintf(stderr, "%s\n", error.message);
	for (i = 0; i < refusals.n; i++)
		fprintf(stderr, "%s (%s): %s\n", refusals.item[i].node,
			refusals.item[i].op, refusals.item[i].reason);
	lw_refusals_free(&refusals);
	return !!ret;
}
