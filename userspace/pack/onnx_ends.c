// SPDX-License-Identifier: MIT
/*
 * Which nodes of a model are read when it is to end at given tensors; and where
 * it could end before what was refused.
 */
#include <stdlib.h>

#include "onnx_import.h"

static bool makes_wanted(const struct onnx_import *im,
			 const Lw__Onnx__NodeProto *node)
{
	const struct onnx_value *value;
	size_t i;

	for (i = 0; i < node->n_output; i++) {
		value = lw_onnx_find(im, node->output[i]);
		if (value && value->wanted)
			return true;
	}
	return false;
}

static void want_inputs(const struct onnx_import *im,
			const Lw__Onnx__NodeProto *node)
{
	struct onnx_value *value;
	size_t i;

	for (i = 0; i < node->n_input; i++) {
		value = lw_onnx_find(im, node->input[i]);
		if (value)
			value->wanted = true;
	}
}

static bool has_graph(const Lw__Onnx__NodeProto *node)
{
	size_t i;

	for (i = 0; i < node->n_attribute; i++)
		if (node->attribute[i]->has_g)
			return true;
	return false;
}

static int want_ends(struct onnx_import *im)
{
	const struct lw_import_options *options = im->options;
	struct onnx_value *value;
	size_t i;

	for (i = 0; i < options->n_ends; i++) {
		value = lw_onnx_find(im, options->ends[i]);
		if (!value)
			return lw_fail(im->error, -EDOM,
				       "the model has no tensor \"%s\" to end at",
				       options->ends[i]);
		value->wanted = true;
	}
	return 0;
}

static int check_inputs(struct onnx_import *im,
			const struct onnx_scope *scope)
{
	uint32_t i;

	for (i = 0; i < scope->n_values; i++)
		if (scope->values[i].origin == ONNX_INPUT &&
		    scope->values[i].wanted)
			return 0;
	return lw_fail(im->error, -EDOM,
		       "\"%s\" needs no input of the model",
		       im->options->ends[0]);
}

int lw_onnx_want(struct onnx_import *im, struct onnx_scope *scope)
{
	const Lw__Onnx__GraphProto *graph = scope->proto;
	int ret = want_ends(im);
	bool all = false;
	size_t i;

	if (ret)
		return ret;
	scope->wanted = calloc(graph->n_node + 1, sizeof(*scope->wanted));
	if (!scope->wanted)
		return -ENOMEM;
	for (i = graph->n_node; i--;) {
		scope->wanted[i] = all || makes_wanted(im, graph->node[i]);
		if (!scope->wanted[i])
			continue;
		want_inputs(im, graph->node[i]);
		/* Graphs in a node may use any name. */
		all = all || has_graph(graph->node[i]);
	}
	for (i = 0; all && i < scope->n_values; i++)
		scope->values[i].wanted = true;
	return check_inputs(im, scope);
}

static bool is_refused(const struct onnx_import *im,
		       const Lw__Onnx__NodeProto *node)
{
	const struct onnx_value *value;
	size_t i;

	for (i = 0; i < node->n_output; i++) {
		value = lw_onnx_find(im, node->output[i]);
		if (value && value->state == ONNX_REFUSED)
			return true;
	}
	return false;
}

/* An activation that some node makes can be an output. */
static int may_end(const struct onnx_import *im, const char *name)
{
	const struct onnx_value *value = name ? lw_onnx_find(im, name) : NULL;

	if (!value || value->state != ONNX_ACTIVATION ||
	    value->type != ONNX_FLOAT || value->origin == ONNX_INPUT)
		return 0;
	return lw_refusals_end(im->refusals, name);
}

int lw_onnx_tell_ends(const struct onnx_import *im)
{
	const Lw__Onnx__GraphProto *graph = im->scope->proto;
	size_t i, k;
	int ret = 0;

	for (i = 0; i < graph->n_node && !ret; i++)
		if (is_refused(im, graph->node[i]))
			for (k = 0; k < graph->node[i]->n_input && !ret; k++)
				ret = may_end(im, graph->node[i]->input[k]);
	/* Outputs of the model that are sound stay so. */
	for (i = 0; i < graph->n_output && !ret && im->refusals->n_ends; i++)
		ret = may_end(im, graph->output[i]->name);
	return ret;
}
