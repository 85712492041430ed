// SPDX-License-Identifier: MIT
/* From a TFLite model to a graph: operator by operator, then its ports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tflite_import.h"

/* Operators may share constants, within reason. */
#define MAX_SHARING 16

/* The code of operators that have a name. */
#define CUSTOM 32

static int damaged(struct lw_tflite_op *op, const char *what,
		   const struct lw_tflite_tensor *tensor)
{
	return lw_fail(op->import->error, -EBADMSG, "%s '%s' %s '%s'",
		       op->kind, op->name, what, tensor->name);
}

/* A constant without numbers has no bytes: RESHAPE to a scalar has one. */
static bool is_empty(const struct lw_tflite_tensor *tensor)
{
	uint32_t i;

	for (i = 0; i < tensor->n_dims && i < LW_TFLITE_MAX_DIMS; i++)
		if (!tensor->dims[i])
			return true;
	return false;
}

/* What it reads is constant, or was written before. */
static int check_reads(struct lw_tflite_op *op, uint32_t least)
{
	const struct lw_fb_vector *inputs = &op->source->inputs;
	struct lw_tflite_tensor *tensor;
	uint32_t i;

	for (i = 0; i < inputs->n; i++) {
		tensor = lw_tflite_input(op, i);
		if (!tensor && i < least)
			return lw_fail(op->import->error, -EBADMSG,
				       "%s '%s' has no input %u", op->kind,
				       op->name, i);
		if (!tensor || tensor->data ||
		    op->import->written[lw_tflite_index(inputs, i)])
			continue;
		if (!tensor->variable && !is_empty(tensor))
			return damaged(op, "reads, before it is written,",
				       tensor);
	}
	return 0;
}

static int check_writes(struct lw_tflite_op *op)
{
	const struct lw_fb_vector *outputs = &op->source->outputs;
	uint32_t i;

	for (i = 0; i < outputs->n; i++) {
		uint32_t index = lw_tflite_index(outputs, i);
		struct lw_tflite_tensor *tensor =
			&op->import->model->tensors[index];

		if (op->import->written[index])
			return damaged(op, "writes, a second time,", tensor);
		if (tensor->data)
			return damaged(op, "writes the constant", tensor);
		op->import->written[index] = true;
	}
	return 0;
}

static int check_form(struct lw_tflite_op *op,
		      const struct lw_tflite_builtin *builtin)
{
	const struct lw_tflite_operator *source = op->source;

	if (source->inputs.n < builtin->least ||
	    source->inputs.n > builtin->most || !source->outputs.n ||
	    source->outputs.n > builtin->outputs)
		return lw_fail(op->import->error, -EBADMSG,
			       "%s '%s' has %u inputs and %u outputs; %u to %u and 1 to %u expected",
			       op->kind, op->name, source->inputs.n,
			       source->outputs.n, builtin->least,
			       builtin->most, builtin->outputs);
	if (builtin->options && source->options_type &&
	    source->options_type != builtin->options)
		return lw_fail(op->import->error, -EBADMSG,
			       "%s '%s' has options of type %u; %u expected",
			       op->kind, op->name, source->options_type,
			       builtin->options);
	return 0;
}

static int refuse_variables(struct lw_tflite_op *op)
{
	struct lw_tflite_tensor *tensor;
	uint32_t i;

	for (i = 0; i < op->source->inputs.n; i++) {
		tensor = lw_tflite_input(op, i);
		if (tensor && tensor->variable)
			return lw_tflite_refuse(op, "it reads the variable '%s'",
						tensor->name);
	}
	return 0;
}

/*
 * Converters compute the shapes of models with a dynamic batch. For one image
 * all shapes are known, and nothing else may read such a tensor.
 */
static bool makes_indices(const struct lw_tflite_op *op)
{
	uint32_t i;

	for (i = 0; i < op->source->outputs.n; i++) {
		uint8_t type = lw_tflite_output_at(op, i)->type;

		if (type != LW_TFLITE_INT32 && type != LW_TFLITE_INT64)
			return false;
	}
	return true;
}

static int import_builtin(struct lw_tflite_op *op,
			  const struct lw_tflite_builtin *builtin)
{
	int ret = check_reads(op, builtin ? builtin->least : 0);

	if (!ret)
		ret = check_writes(op);
	if (ret)
		return ret;
	if (!builtin || !builtin->import)
		return lw_tflite_refuse(op, "the operator is not supported%s%s",
					builtin && builtin->limits ? ": " : "",
					builtin && builtin->limits ?
						builtin->limits : "");
	ret = check_form(op, builtin);
	if (!ret)
		ret = refuse_variables(op);
	if (!ret && !makes_indices(op))
		ret = lw_tflite_each_image(op, builtin);
	if (!op->import->model->fb.damage)
		return ret;
	return lw_tflite_damage(&op->import->model->fb, op->import->error);
}

/*
 * An operation is named by its output. Converters join the names of operations
 * that they fuse by semicolons: the first one says enough.
 */
static void set_name(struct lw_tflite_op *op, uint32_t index)
{
	if (op->source->outputs.n) {
		strcpy(op->name, lw_tflite_output(op)->name);
		op->name[strcspn(op->name, ";")] = '\0';
	}
	if (!op->name[0])
		snprintf(op->name, sizeof(op->name), "op %u", index);
}

int lw_tflite_import_at(struct lw_tflite_import *import, uint32_t i,
			const struct lw_tflite_bracket *bracket)
{
	const struct lw_tflite_operator *source = &import->model->operators[i];
	const struct lw_tflite_builtin *builtin =
		lw_tflite_builtin(source->code);
	struct lw_tflite_op op = {
		.import = import,
		.source = source,
		.bracket = bracket,
	};
	char kind[LW_TFLITE_NAME_SIZE];

	if (import->done[i])
		return 0;
	import->done[i] = true;
	if (builtin)
		op.kind = builtin->name;
	else
		op.kind = kind;
	if (!builtin)
		snprintf(kind, sizeof(kind), "builtin operator %d",
			 source->code);
	if (source->code == CUSTOM && source->custom.n) {
		lw_tflite_text(kind, sizeof(kind), &source->custom);
		op.kind = kind;
		builtin = lw_tflite_custom(&source->custom);
	}
	set_name(&op, i);
	return import_builtin(&op, builtin);
}

static int import_operators(struct lw_tflite_import *import)
{
	uint32_t i;
	int ret;

	for (i = 0; i < import->model->n_operators; i++) {
		ret = lw_tflite_import_at(import, i, NULL);
		if (ret && ret != -EOPNOTSUPP)
			return ret;
		import->refused[i] = ret;
	}
	return 0;
}

/* What a reshaping did nothing to has the name of one side of it. */
static int name_port(const struct lw_tflite_import *import,
		     const struct lw_tflite_tensor *tensor,
		     struct lw_value *value)
{
	char *name;

	if (lw_graph_is_input(import->graph, value) ||
	    lw_graph_is_output(import->graph, value))
		return 0;
	name = strdup(tensor->name);
	if (!name)
		return -ENOMEM;
	free(value->name);
	value->name = name;
	return 0;
}

/* A port has its source's own shape, of one image. */
static int add_port(struct lw_tflite_import *import, uint32_t index,
		    bool is_input)
{
	struct lw_tflite_tensor *tensor = &import->model->tensors[index];
	struct lw_tflite_op op = {
		.import = import,
		.kind = is_input ? "model input" : "model output",
	};
	struct lw_value *value;
	struct lw_port port = { .n_dims = tensor->n_dims };
	struct lw_tflite_dims dims;
	uint32_t i;
	int ret;

	strcpy(op.name, tensor->name);
	if (tensor->data && is_input)
		return lw_tflite_refuse(&op, "it is a constant");
	ret = tensor->data ? lw_tflite_hold(&op, tensor, &value) :
			     lw_tflite_value(&op, tensor, &value);
	if (!ret)
		ret = lw_tflite_dims(&op, tensor, &dims);
	if (ret)
		return ret;
	if (lw_tflite_product(&dims, 0, dims.n) != lw_value_size(value))
		return lw_tflite_refuse(&op, "its shape is not of %ux%ux%u elements",
					value->h, value->w, value->c);
	for (i = 0; i < dims.n; i++)
		port.dims[i] = dims.d[i];
	port.value = value;
	ret = name_port(import, tensor, value);
	if (ret)
		return ret;
	return is_input ? lw_graph_input(import->graph, &port) :
			  lw_graph_output(import->graph, &port);
}

static int add_ports(struct lw_tflite_import *import)
{
	const struct lw_tflite_model *model = import->model;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < model->inputs.n && (!ret || ret == -EOPNOTSUPP); i++)
		ret = add_port(import, lw_tflite_index(&model->inputs, i),
			       true);
	for (i = 0; i < model->outputs.n && (!ret || ret == -EOPNOTSUPP); i++)
		ret = add_port(import, lw_tflite_index(&model->outputs, i),
			       false);
	return ret == -EOPNOTSUPP ? 0 : ret;
}

/* Inputs are written; each once. Readers are counted for the handlers. */
static int mark_tensors(struct lw_tflite_import *import)
{
	const struct lw_tflite_model *model = import->model;
	const struct lw_fb_vector *list;
	uint32_t i, k;
	int32_t index;

	for (i = 0; i < model->inputs.n; i++) {
		index = lw_tflite_index(&model->inputs, i);
		if (import->written[index])
			return lw_fail(import->error, -EBADMSG,
				       "tensor '%s' is two inputs of the model",
				       model->tensors[index].name);
		import->written[index] = true;
	}
	for (i = 0; i < model->n_operators; i++) {
		list = &model->operators[i].inputs;
		for (k = 0; k < list->n; k++) {
			index = lw_tflite_index(list, k);
			if (index >= 0)
				import->readers[index]++;
		}
	}
	return 0;
}

static int check_outputs(const struct lw_tflite_import *import)
{
	const struct lw_tflite_model *model = import->model;
	uint32_t i;

	for (i = 0; i < model->outputs.n; i++) {
		int32_t index = lw_tflite_index(&model->outputs, i);

		if (!import->written[index] && !model->tensors[index].data)
			return lw_fail(import->error, -EBADMSG,
				       "nothing writes the model's output '%s'",
				       model->tensors[index].name);
	}
	return 0;
}

static int summarise(const struct lw_tflite_import *import, uint32_t before)
{
	const struct lw_refusals *refusals = import->refusals;
	const struct lw_refusal *first;
	int ret;

	if (refusals->n == before)
		return 0;
	ret = lw_tflite_tell_ends(import);
	if (ret)
		return ret;
	first = &refusals->item[before];
	return lw_fail(import->error, -EOPNOTSUPP,
		       "%u of %u operators cannot be packed; first: %s (%s): %s",
		       refusals->n - before, import->model->n_operators,
		       first->node, first->op, first->reason);
}

/* A graph is float or quantised as a whole. */
static int settle_type(struct lw_tflite_import *import)
{
	struct lw_graph *graph = import->graph;
	uint32_t i;

	graph->quantised = graph->n_values && graph->values[0]->quantised;
	for (i = 0; i < graph->n_values; i++)
		if (graph->values[i]->quantised != graph->quantised)
			return lw_fail(import->error, -EOPNOTSUPP,
				       "the model mixes float ('%s') and quantised ('%s') tensors",
				       graph->values[graph->quantised ? i : 0]->name,
				       graph->values[graph->quantised ? 0 : i]->name);
	return 0;
}

/* What the handlers let pass and no graph may have: not finite, too large. */
static int check_graph(const struct lw_tflite_import *import)
{
	int ret = lw_graph_check(import->graph, import->error);

	if (ret != -EINVAL)
		return ret;
	if (import->error)
		import->error->code = -EBADMSG;
	return -EBADMSG;
}

static int make_room(struct lw_tflite_import *import)
{
	size_t n = import->model->n_tensors + 1;

	import->graph = lw_graph_new("TFLite model");
	import->values = calloc(n, sizeof(*import->values));
	import->written = calloc(n, sizeof(*import->written));
	import->readers = calloc(n, sizeof(*import->readers));
	import->done = calloc(import->model->n_operators + 1,
			      sizeof(*import->done));
	import->refused = calloc(import->model->n_operators + 1,
				 sizeof(*import->refused));
	if (!import->graph || !import->values || !import->written ||
	    !import->readers || !import->done || !import->refused)
		return lw_fail(import->error, -ENOMEM, "out of memory");
	return 0;
}

static int import_model(struct lw_tflite_import *import)
{
	uint32_t before = import->refusals->n;
	int ret = make_room(import);

	if (!ret)
		ret = mark_tensors(import);
	if (!ret)
		ret = import_operators(import);
	if (!ret)
		ret = check_outputs(import);
	/* Ports of a refused operator would only be refused again. */
	if (!ret)
		ret = summarise(import, before);
	if (!ret)
		ret = add_ports(import);
	if (!ret)
		ret = summarise(import, before);
	if (!ret)
		ret = settle_type(import);
	return ret ? ret : check_graph(import);
}

/* Of a file of @size bytes, with what its sparse constants leave out. */
static uint64_t allowance(const struct lw_tflite_model *model, size_t size)
{
	uint32_t i;

	for (i = 0; i < model->n_tensors; i++)
		if (model->tensors[i].filled)
			size += model->tensors[i].size;
	if (size > LW_MAX_ELEMENTS / MAX_SHARING)
		return LW_MAX_ELEMENTS;
	return (uint64_t)size * MAX_SHARING;
}

int lw_import_tflite(struct lw_graph **graph, const void *data, size_t size,
		     const struct lw_import_options *options,
		     struct lw_refusals *refusals, struct lwnpu_error *error)
{
	struct lw_tflite_model model;
	struct lw_tflite_import import = {
		.model = &model,
		.refusals = refusals,
		.error = error,
	};
	int ret = lw_tflite_model_read(&model, data, size, error);

	*graph = NULL;
	if (ret)
		return ret;
	import.constants = allowance(&model, size);
	if (options && options->n_ends)
		ret = lw_tflite_end(&model, options, error);
	if (!ret)
		ret = import_model(&import);
	if (ret == -ENOMEM)
		lw_fail(error, ret, "out of memory");
	if (ret)
		lw_graph_free(import.graph);
	else
		*graph = import.graph;
	free(import.values);
	free(import.written);
	free(import.readers);
	free(import.done);
	free(import.refused);
	lw_tflite_model_release(&model);
	return ret;
}
