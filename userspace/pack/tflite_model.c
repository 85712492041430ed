// SPDX-License-Identifier: MIT
/* Reads the structure of a TFLite model; numbers of fields are its schema's. */
#include <stdlib.h>

#include "graph.h"
#include "tflite_sparse.h"

/* Constants may be this sparse. */
#define MAX_GROWTH 64

enum {
	MODEL_VERSION = 0,
	MODEL_OPERATOR_CODES = 1,
	MODEL_SUBGRAPHS = 2,
	MODEL_BUFFERS = 4,

	CODE_DEPRECATED = 0,
	CODE_CUSTOM = 1,
	CODE_BUILTIN = 3,

	SUBGRAPH_TENSORS = 0,
	SUBGRAPH_INPUTS = 1,
	SUBGRAPH_OUTPUTS = 2,
	SUBGRAPH_OPERATORS = 3,

	TENSOR_SHAPE = 0,
	TENSOR_TYPE = 1,
	TENSOR_BUFFER = 2,
	TENSOR_NAME = 3,
	TENSOR_QUANTIZATION = 4,
	TENSOR_IS_VARIABLE = 5,
	TENSOR_SPARSITY = 6,

	QUANTIZATION_SCALE = 2,
	QUANTIZATION_ZERO_POINT = 3,
	QUANTIZATION_AXIS = 6,

	BUFFER_DATA = 0,
	BUFFER_OFFSET = 1,

	OPERATOR_CODE = 0,
	OPERATOR_INPUTS = 1,
	OPERATOR_OUTPUTS = 2,
	OPERATOR_OPTIONS_TYPE = 3,
	OPERATOR_OPTIONS = 4,
	OPERATOR_CUSTOM_OPTIONS = 5,
};

const char *lw_tflite_type_name(unsigned int type)
{
	switch (type) {
#define TYPE_NAME(number, name, size) \
	case number: \
		return #name;
		LW_TFLITE_TYPES(TYPE_NAME)
#undef TYPE_NAME
	}
	return "an unknown type";
}

uint32_t lw_tflite_type_size(unsigned int type)
{
	switch (type) {
#define TYPE_SIZE(number, name, size) \
	case number: \
		return size;
		LW_TFLITE_TYPES(TYPE_SIZE)
#undef TYPE_SIZE
	}
	return 0;
}

void lw_tflite_text(char *text, size_t size, const struct lw_fb_vector *string)
{
	uint32_t i;

	for (i = 0; i < string->n && i < size - 1; i++) {
		uint8_t c = string->data[i];

		text[i] = c >= ' ' && c <= '~' ? c : '?';
	}
	text[i] = '\0';
}

int lw_tflite_damage(const struct lw_fb *fb, struct lwnpu_error *error)
{
	if (!fb->damage)
		return 0;
	return lw_fail(error, -EBADMSG, "damaged TFLite model: %s at byte %zu",
		       fb->damage, fb->where);
}

/* Parts of a model on the way to struct lw_tflite_model. */
struct parts {
	struct lw_fb_table subgraph;
	struct lw_fb_vector codes;
	struct lw_fb_vector buffers;
};

static int read_constant(struct lw_tflite_model *model,
			 const struct parts *parts, uint32_t buffer,
			 struct lw_tflite_tensor *tensor,
			 struct lwnpu_error *error)
{
	struct lw_fb_table table;
	struct lw_fb_vector data;

	/* Buffer 0 is the empty one; old models leave the list out. */
	if (!buffer)
		return 0;
	if (buffer >= parts->buffers.n)
		return lw_fail(error, -EBADMSG,
			       "tensor '%s' is in buffer %u of %u",
			       tensor->name, buffer, parts->buffers.n);
	table = lw_fb_item(&model->fb, &parts->buffers, buffer);
	if (lw_fb_u64(&table, BUFFER_OFFSET, 0) > 1)
		return lw_fail(error, -EOPNOTSUPP,
			       "tensor '%s' is stored outside the flatbuffer",
			       tensor->name);
	data = lw_fb_vector(&table, BUFFER_DATA, 1);
	if (data.n) {
		tensor->data = data.data;
		tensor->size = data.n;
	}
	return 0;
}

static int read_tensor(struct lw_tflite_model *model, const struct parts *parts,
		       const struct lw_fb_table *table,
		       struct lw_tflite_tensor *tensor,
		       struct lwnpu_error *error)
{
	struct lw_fb_table quantization =
		lw_fb_child(table, TENSOR_QUANTIZATION);
	struct lw_fb_vector name = lw_fb_string(table, TENSOR_NAME);
	struct lw_fb_vector shape = lw_fb_vector(table, TENSOR_SHAPE, 4);
	struct lw_fb_table sparsity = lw_fb_child(table, TENSOR_SPARSITY);
	uint32_t i;
	int ret;

	lw_tflite_text(tensor->name, sizeof(tensor->name), &name);
	tensor->type = lw_fb_u8(table, TENSOR_TYPE, 0);
	tensor->n_dims = shape.n;
	for (i = 0; i < shape.n && i < LW_TFLITE_MAX_DIMS; i++)
		tensor->dims[i] = lw_tflite_index(&shape, i);
	tensor->scale = lw_fb_vector(&quantization, QUANTIZATION_SCALE, 4);
	tensor->zero_point =
		lw_fb_vector(&quantization, QUANTIZATION_ZERO_POINT, 8);
	tensor->axis = lw_fb_i32(&quantization, QUANTIZATION_AXIS, 0);
	tensor->variable = lw_fb_u8(table, TENSOR_IS_VARIABLE, 0);
	ret = read_constant(model, parts, lw_fb_i32(table, TENSOR_BUFFER, 0),
			    tensor, error);
	if (!ret && sparsity.size && tensor->data)
		ret = lw_tflite_fill(model, &sparsity, tensor, error);
	return ret;
}

static int read_tensors(struct lw_tflite_model *model,
			const struct parts *parts, struct lwnpu_error *error)
{
	struct lw_fb_vector list =
		lw_fb_vector(&parts->subgraph, SUBGRAPH_TENSORS, 4);
	struct lw_fb_table table;
	uint32_t i;
	int ret;

	if (list.n > LW_TFLITE_MAX_TENSORS)
		return lw_fail(error, -EOPNOTSUPP,
			       "model has %u tensors; at most %u can be packed",
			       list.n, LW_TFLITE_MAX_TENSORS);
	model->tensors = calloc(list.n ? list.n : 1, sizeof(*model->tensors));
	if (!model->tensors)
		return lw_fail(error, -ENOMEM, "out of memory");
	model->n_tensors = list.n;
	for (i = 0; i < list.n; i++) {
		table = lw_fb_item(&model->fb, &list, i);
		ret = read_tensor(model, parts, &table, &model->tensors[i],
				  error);
		if (ret)
			return ret;
	}
	return lw_tflite_damage(&model->fb, error);
}

static int check_indices(const struct lw_tflite_model *model,
			 const struct lw_fb_vector *list, int32_t least,
			 const char *what, struct lwnpu_error *error)
{
	uint32_t i;

	if (list->n > LW_TFLITE_MAX_INPUTS)
		return lw_fail(error, -EOPNOTSUPP,
			       "%s list has %u entries; at most %u can be packed",
			       what, list->n, LW_TFLITE_MAX_INPUTS);
	for (i = 0; i < list->n; i++) {
		int32_t index = lw_tflite_index(list, i);

		if (index < least || index >= (int64_t)model->n_tensors)
			return lw_fail(error, -EBADMSG,
				       "%s %u is tensor %d of %u", what, i,
				       index, model->n_tensors);
	}
	return 0;
}

static int read_operator(struct lw_tflite_model *model,
			 const struct parts *parts,
			 const struct lw_fb_table *table,
			 struct lw_tflite_operator *op,
			 struct lwnpu_error *error)
{
	uint32_t index = lw_fb_i32(table, OPERATOR_CODE, 0);
	struct lw_fb_table code;
	int32_t deprecated;
	int ret;

	if (model->fb.damage)
		return lw_tflite_damage(&model->fb, error);
	if (index >= parts->codes.n)
		return lw_fail(error, -EBADMSG,
			       "operator %td has code %u of %u",
			       op - model->operators, index, parts->codes.n);
	code = lw_fb_item(&model->fb, &parts->codes, index);
	deprecated = (int8_t)lw_fb_u8(&code, CODE_DEPRECATED, 0);
	op->code = lw_fb_i32(&code, CODE_BUILTIN, 0);
	/* Models older than the wide field have their code in the narrow. */
	if (op->code < deprecated)
		op->code = deprecated;
	op->custom = lw_fb_string(&code, CODE_CUSTOM);
	op->inputs = lw_fb_vector(table, OPERATOR_INPUTS, 4);
	op->outputs = lw_fb_vector(table, OPERATOR_OUTPUTS, 4);
	op->options_type = lw_fb_u8(table, OPERATOR_OPTIONS_TYPE, 0);
	op->options = lw_fb_child(table, OPERATOR_OPTIONS);
	op->custom_options = lw_fb_vector(table, OPERATOR_CUSTOM_OPTIONS, 1);
	ret = check_indices(model, &op->inputs, -1, "an operator's input",
			    error);
	if (ret)
		return ret;
	return check_indices(model, &op->outputs, 0, "an operator's output",
			     error);
}

static int read_operators(struct lw_tflite_model *model,
			  const struct parts *parts, struct lwnpu_error *error)
{
	struct lw_fb_vector list =
		lw_fb_vector(&parts->subgraph, SUBGRAPH_OPERATORS, 4);
	struct lw_fb_table table;
	uint32_t i;
	int ret;

	if (list.n > LW_MAX_NODES)
		return lw_fail(error, -EOPNOTSUPP,
			       "model has %u operators; at most %u can be packed",
			       list.n, LW_MAX_NODES);
	model->operators = calloc(list.n ? list.n : 1,
				  sizeof(*model->operators));
	if (!model->operators)
		return lw_fail(error, -ENOMEM, "out of memory");
	model->n_operators = list.n;
	for (i = 0; i < list.n; i++) {
		table = lw_fb_item(&model->fb, &list, i);
		ret = read_operator(model, parts, &table, &model->operators[i],
				    error);
		if (ret)
			return ret;
	}
	return lw_tflite_damage(&model->fb, error);
}

static int read_ports(struct lw_tflite_model *model, const struct parts *parts,
		      struct lwnpu_error *error)
{
	int ret;

	model->inputs = lw_fb_vector(&parts->subgraph, SUBGRAPH_INPUTS, 4);
	model->outputs = lw_fb_vector(&parts->subgraph, SUBGRAPH_OUTPUTS, 4);
	ret = lw_tflite_damage(&model->fb, error);
	if (ret)
		return ret;
	if (!model->inputs.n || !model->outputs.n)
		return lw_fail(error, -EBADMSG,
			       "model has %u inputs and %u outputs; at least one of each expected",
			       model->inputs.n, model->outputs.n);
	ret = check_indices(model, &model->inputs, 0, "the model's input",
			    error);
	if (ret)
		return ret;
	return check_indices(model, &model->outputs, 0, "the model's output",
			     error);
}

static int read_root(struct lw_tflite_model *model, struct parts *parts,
		     struct lwnpu_error *error)
{
	struct lw_fb_table root = lw_fb_root(&model->fb, "TFL3");
	uint32_t version = lw_fb_i32(&root, MODEL_VERSION, 0);
	struct lw_fb_vector subgraphs =
		lw_fb_vector(&root, MODEL_SUBGRAPHS, 4);

	if (model->fb.damage)
		return lw_tflite_damage(&model->fb, error);
	if (version != 3)
		return lw_fail(error, -EOPNOTSUPP,
			       "TFLite schema version is %u; 3 expected",
			       version);
	if (!subgraphs.n)
		return lw_fail(error, -EBADMSG, "model has no graph");
	parts->codes = lw_fb_vector(&root, MODEL_OPERATOR_CODES, 4);
	parts->buffers = lw_fb_vector(&root, MODEL_BUFFERS, 4);
	parts->subgraph = lw_fb_item(&model->fb, &subgraphs, 0);
	return lw_tflite_damage(&model->fb, error);
}

int lw_tflite_model_read(struct lw_tflite_model *model, const void *data,
			 size_t size, struct lwnpu_error *error)
{
	struct parts parts;
	int ret;

	*model = (struct lw_tflite_model){ .fb = { data, size, NULL, 0 } };
	if (lw_mul(size, MAX_GROWTH, &model->room) ||
	    model->room > LW_MAX_ELEMENTS)
		model->room = LW_MAX_ELEMENTS;
	ret = read_root(model, &parts, error);
	if (!ret)
		ret = read_tensors(model, &parts, error);
	if (!ret)
		ret = read_operators(model, &parts, error);
	if (!ret)
		ret = read_ports(model, &parts, error);
	if (ret)
		lw_tflite_model_release(model);
	return ret;
}

void lw_tflite_model_release(struct lw_tflite_model *model)
{
	uint32_t i;

	for (i = 0; i < model->n_tensors; i++)
		free(model->tensors[i].filled);
	free(model->tensors);
	free(model->operators);
	free(model->ports);
	*model = (struct lw_tflite_model){ 0 };
}
