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
	const struct onnx_scope *scope;
	struct onnx_value *value;

	for (scope = im->scope; scope; scope = scope->outer) {
		value = bsearch(name, scope->values, scope->n_values,
				sizeof(*scope->values), compare_name);
		if (value)
			return value;
	}
	return NULL;
}

static size_t count_names(const Lw__Onnx__GraphProto *graph)
{
	size_t i, n = graph->n_initializer + graph->n_input;

	for (i = 0; i < graph->n_node; i++)
		n += graph->node[i]->n_output;
	return n;
}

static void add_name(struct onnx_scope *scope, const char *name,
		     enum onnx_origin origin)
{
	if (!name || !*name)
		return;
	scope->values[scope->n_values].name = name;
	scope->values[scope->n_values++].origin = origin;
}

static void add_names(struct onnx_scope *scope)
{
	const Lw__Onnx__GraphProto *graph = scope->proto;
	size_t i, j;

	for (i = 0; i < graph->n_initializer; i++)
		add_name(scope, graph->initializer[i]->name, ONNX_INITIALIZER);
	for (i = 0; i < graph->n_input; i++)
		add_name(scope, graph->input[i]->name, ONNX_INPUT);
	for (i = 0; i < graph->n_node; i++)
		for (j = 0; j < graph->node[i]->n_output; j++)
			add_name(scope, graph->node[i]->output[j], ONNX_OUTPUT);
}

/*
 * An input that is an initialiser too is a constant: that is how models of IR
 * version 3 list their weights.
 */
static int unite_names(struct onnx_import *im, struct onnx_scope *scope)
{
	struct onnx_value *last = scope->values, *value;
	uint32_t i;

	for (i = 1; i < scope->n_values; i++) {
		value = &scope->values[i];
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
	if (scope->n_values)
		scope->n_values = last - scope->values + 1;
	return 0;
}

int lw_onnx_names(struct onnx_import *im, struct onnx_scope *scope)
{
	size_t n = count_names(scope->proto);

	if (n > ONNX_MAX_NAMES)
		return lw_fail(im->error, -EBADMSG,
			       "%zu tensors, expected at most %u", n,
			       ONNX_MAX_NAMES);
	scope->values = calloc(n ? n : 1, sizeof(*scope->values));
	if (!scope->values)
		return lw_fail(im->error, -ENOMEM, "out of memory");
	add_names(scope);
	qsort(scope->values, scope->n_values, sizeof(*scope->values),
	      compare_values);
	return unite_names(im, scope);
}
