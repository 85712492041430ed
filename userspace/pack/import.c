// SPDX-License-Identifier: MIT
/* Reads a model file and tells its kind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "import.h"

#define MAX_FILE_SIZE ((size_t)1 << 30)

static int name_source(struct lw_graph *graph, const char *path,
		       struct lwnpu_error *error)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);

	if (!name)
		return lw_fail(error, -ENOMEM, "out of memory");
	free(graph->source);
	graph->source = name;
	return 0;
}

/* A TFLite file has an identifier at its byte 4; an ONNX file has none. */
static bool is_tflite(const void *data, size_t size)
{
	return size >= 8 && !memcmp((const char *)data + 4, "TFL3", 4);
}

const struct lw_shape *lw_shape_find(const struct lw_import_options *options,
				     const char *name)
{
	size_t i;

	for (i = 0; i < options->n_shapes; i++)
		if (!options->shapes[i].name ||
		    !strcmp(options->shapes[i].name, name))
			return &options->shapes[i];
	return NULL;
}

static const struct lw_port *find_input(const struct lw_graph *graph,
					const char *name)
{
	uint32_t i;

	for (i = 0; name && i < graph->n_inputs; i++)
		if (!strcmp(graph->inputs[i].value->name, name))
			return &graph->inputs[i];
	return !name && graph->n_inputs == 1 ? graph->inputs : NULL;
}

static int check_shape(const struct lw_graph *graph,
		       const struct lw_shape *shape, struct lwnpu_error *error)
{
	const struct lw_port *port = find_input(graph, shape->name);
	char is[LW_MAX_RANK * 12] = "";
	uint32_t i, at = 0;

	if (!port && !shape->name)
		return lw_fail(error, -EDOM,
			       "a shape without a name: the model has %u inputs, expected NAME=SHAPE",
			       graph->n_inputs);
	if (!port)
		return lw_fail(error, -EDOM,
			       "a shape for \"%s\", which is no input; the first is \"%s\"",
			       shape->name, graph->inputs[0].value->name);
	if (port->n_dims == shape->n &&
	    !memcmp(port->dims, shape->dim, shape->n * sizeof(*shape->dim)))
		return 0;
	for (i = 0; i < port->n_dims; i++)
		at += sprintf(is + at, "%s%u", i ? "," : "", port->dims[i]);
	return lw_fail(error, -EDOM,
		       "input \"%s\" of the model has the shape %s, not the one that was given",
		       port->value->name, is);
}

int lw_import_file(struct lw_graph **graph, const char *path,
		   const struct lw_import_options *options,
		   struct lw_refusals *refusals, struct lwnpu_error *error)
{
	size_t size, i;
	void *data;
	int ret = lw_file_read(path, MAX_FILE_SIZE, &data, &size, error);

	*graph = NULL;
	if (ret)
		return ret;
	if (is_tflite(data, size))
		ret = lw_import_tflite(graph, data, size, options, refusals,
				       error);
	else
		ret = lw_import_onnx(graph, data, size, options, refusals,
				     error);
	free(data);
	for (i = 0; options && i < options->n_shapes && !ret; i++)
		ret = check_shape(*graph, &options->shapes[i], error);
	if (!ret)
		ret = name_source(*graph, path, error);
	if (!ret)
		return 0;
	lw_graph_free(*graph);
	*graph = NULL;
	lw_fail_at(error, path);
	return ret;
}

bool lw_import_claim(uint32_t i, struct lw_claim *claim)
{
	uint32_t n = 0;

	if (lw_onnx_claim(i, claim))
		return true;
	while (lw_onnx_claim(n, claim))
		n++;
	return lw_tflite_claim(i - n, claim);
}
