// SPDX-License-Identifier: MIT
/* The names that an ONNX graph defines, each once. */
#include <stdlib.h>
#include <string.h>

#include "onnx_import.h"

static int compare_values(const void *a, const void *b)
{
	const struct onnx_value *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (int)x->origin - (int)y->origin;
}

static int compare_name(const void *name, const void *value)
{
	return strcmp(name, ((const struct onnx_value *)value)->name);
}

struct onnx_value *lw_onnx_find(const struct onnx_import *im, const char *name)
{
	return bsearch(name, im->values, im->n_values, sizeof(*im->values),
		       compare_name);
}

static size_t count_names(const Lw__Onnx__GraphProto *graph)
{
	size_t i, n = graph->n_initializer + graph->n_input;

	for (i = 0; i < graph->n_node; i++)
		n += graph->node[i]->n_output;
	return n;
}

static void add_name(struct onnx_import *im, const char *name,
		     enum onnx_origin origin)
{
	if (!name || !*name)
		return;
	im->values[im->n_values].name = name;
	im->values[im->n_values++].origin = origin;
}

static void add_names(struct onnx_import *im)
{
	const Lw__Onnx__GraphProto *graph = im->proto;
	size_t i, j;

	for (i = 0; i < graph->n_initializer; i++)
		add_name(im, graph->initializer[i]->name, ONNX_INITIALIZER);
	for (i = 0; i < graph->n_input; i++)
		add_name(im, graph->input[i]->name, ONNX_INPUT);
	for (i = 0; i < graph->n_node; i++)
		for (j = 0; j < graph->node[i]->n_output; j++)
			add_name(im, graph->node[i]->output[j], ONNX_OUTPUT);
}

/*
 * An input that is an initialiser too is a constant: that is how models of IR
 * version 3 list their weights.
 */
static int unite_names(struct onnx_import *im)
{
	struct onnx_value *last = im->values, *value;
	uint32_t i;

	for (i = 1; i < im->n_values; i++) {
		value = &im->values[i];
		if (strcmp(last->name, value->name)) {
			*++last = *value;
			continue;
		}
		if (last->origin != ONNX_INITIALIZER ||
		    value->origin != ONNX_INPUT)
			return lw_fail(im->error, -EBADMSG,
				       "tensor '%s' is defined more than once",
				       value->name);
	}
	if (im->n_values)
		im->n_values = last - im->values + 1;
	return 0;
}

int lw_onnx_names(struct onnx_import *im)
{
	size_t n = count_names(im->proto);

	if (n > ONNX_MAX_NAMES)
		return lw_fail(im->error, -EBADMSG,
			       "%zu tensors, expected at most %u", n,
			       ONNX_MAX_NAMES);
	im->values = calloc(n ? n : 1, sizeof(*im->values));
	if (!im->values)
		return lw_fail(im->error, -ENOMEM, "out of memory");
	add_names(im);
	qsort(im->values, im->n_values, sizeof(*im->values), compare_values);
	return unite_names(im);
}
