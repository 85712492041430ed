// SPDX-License-Identifier: MIT
/*
 * Which operators of a model are read when it is to end at given tensors; and
 * where it could end before what was refused.
 */
#include <stdlib.h>
#include <string.h>

#include "tflite_import.h"

static bool find(const struct lw_tflite_model *model, const char *name,
		 uint32_t *index)
{
	for (*index = 0; *index < model->n_tensors; (*index)++)
		if (!strcmp(model->tensors[*index].name, name))
			return true;
	return false;
}

static int want_ends(const struct lw_tflite_model *model,
		     const struct lw_import_options *options, bool *wanted,
		     struct lwnpu_error *error)
{
	uint32_t index;
	size_t i;

	if (options->n_ends > LW_TFLITE_MAX_INPUTS)
		return lw_fail(error, -EDOM, "%zu ends, expected at most %d",
			       options->n_ends, LW_TFLITE_MAX_INPUTS);
	for (i = 0; i < options->n_ends; i++) {
		if (!find(model, options->ends[i], &index))
			return lw_fail(error, -EDOM,
				       "the model has no tensor \"%s\" to end at",
				       options->ends[i]);
		wanted[index] = true;
	}
	return 0;
}

/* Appends to a vector of tensors, as a flatbuffer has it. */
static void append(struct lw_fb_vector *vector, uint8_t *data, uint32_t index)
{
	uint32_t k;

	for (k = 0; k < 4; k++)
		data[4 * vector->n + k] = index >> 8 * k;
	vector->data = data;
	vector->n++;
}

/* Outputs are the ends, inputs those that they need. */
static int set_ports(struct lw_tflite_model *model,
		     const struct lw_import_options *options,
		     const bool *wanted, struct lwnpu_error *error)
{
	struct lw_fb_vector inputs = { 0 }, outputs = { 0 };
	uint32_t i, index;

	model->ports = malloc(4 * (model->inputs.n + options->n_ends));
	if (!model->ports)
		return lw_fail(error, -ENOMEM, "out of memory");
	for (i = 0; i < model->inputs.n; i++) {
		index = lw_tflite_index(&model->inputs, i);
		if (wanted[index])
			append(&inputs, model->ports, index);
	}
	for (i = 0; i < options->n_ends; i++) {
		find(model, options->ends[i], &index);
		append(&outputs, model->ports + 4 * inputs.n, index);
	}
	if (!inputs.n)
		return lw_fail(error, -EDOM, "\"%s\" needs no input of the model",
			       options->ends[0]);
	model->inputs = inputs;
	model->outputs = outputs;
	return 0;
}

static bool makes_wanted(const struct lw_tflite_operator *op,
			 const bool *wanted)
{
	uint32_t i;

	for (i = 0; i < op->outputs.n; i++)
		if (wanted[lw_tflite_index(&op->outputs, i)])
			return true;
	return false;
}

/* From the last operator on; those that are kept move up. */
static void keep_wanted(struct lw_tflite_model *model, bool *wanted)
{
	struct lw_tflite_operator *op, *end;
	uint32_t i;
	int32_t input;

	end = model->operators + model->n_operators;
	for (op = end; op-- != model->operators;) {
		if (!makes_wanted(op, wanted))
			continue;
		for (i = 0; i < op->inputs.n; i++) {
			input = lw_tflite_index(&op->inputs, i);
			if (input >= 0)
				wanted[input] = true;
		}
		*--end = *op;
	}
	model->n_operators -= end - model->operators;
	memmove(model->operators, end,
		model->n_operators * sizeof(*model->operators));
}

int lw_tflite_end(struct lw_tflite_model *model,
		  const struct lw_import_options *options,
		  struct lwnpu_error *error)
{
	bool *wanted = calloc(model->n_tensors + 1, sizeof(*wanted));
	int ret;

	if (!wanted)
		return lw_fail(error, -ENOMEM, "out of memory");
	ret = want_ends(model, options, wanted, error);
	if (!ret) {
		keep_wanted(model, wanted);
		ret = set_ports(model, options, wanted, error);
	}
	free(wanted);
	return ret;
}

static bool is_activation(const struct lw_tflite_tensor *tensor)
{
	return !tensor->data && (tensor->type == LW_TFLITE_FLOAT32 ||
				 tensor->type == LW_TFLITE_INT8 ||
				 tensor->type == LW_TFLITE_UINT8);
}

/* Of tensors: those that an operator makes that is not lost itself. */
static int may_end(const struct lw_tflite_import *import,
		   const struct lw_fb_vector *tensors, const bool *sound)
{
	int32_t index;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < tensors->n && !ret; i++) {
		index = lw_tflite_index(tensors, i);
		if (index >= 0 && sound[index] &&
		    is_activation(&import->model->tensors[index]))
			ret = lw_refusals_end(import->refusals,
					      import->model->tensors[index].name);
	}
	return ret;
}

static bool is_lost(const struct lw_tflite_operator *op, const bool *lost)
{
	int32_t index;
	uint32_t i;

	for (i = 0; i < op->inputs.n; i++) {
		index = lw_tflite_index(&op->inputs, i);
		if (index >= 0 && lost[index])
			return true;
	}
	return false;
}

int lw_tflite_tell_ends(const struct lw_tflite_import *import)
{
	const struct lw_tflite_model *model = import->model;
	const struct lw_tflite_operator *op;
	bool *lost = calloc(2 * ((size_t)model->n_tensors + 1), sizeof(*lost));
	bool *sound = lost + model->n_tensors + 1;
	bool gone;
	uint32_t i, k;
	int ret = 0;

	if (!lost)
		return -ENOMEM;
	for (i = 0; i < model->n_operators && !ret; i++) {
		op = &model->operators[i];
		gone = import->refused[i] || is_lost(op, lost);
		for (k = 0; k < op->outputs.n; k++)
			(gone ? lost : sound)[lw_tflite_index(&op->outputs,
							      k)] = true;
		if (gone)
			ret = may_end(import, &op->inputs, sound);
	}
	if (!ret && import->refusals->n_ends)
		ret = may_end(import, &model->outputs, sound);
	free(lost);
	return ret;
}
