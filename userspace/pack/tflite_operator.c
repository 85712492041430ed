// SPDX-License-Identifier: MIT
/* What the handlers of operators share: tensors, values, refusals, nodes. */
#include <stdarg.h>
#include <stdio.h>

#include "tflite_import.h"

int lw_tflite_refuse(struct lw_tflite_op *op, const char *format, ...)
{
	char reason[512];
	va_list args;
	int ret;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	ret = lw_refuse(op->import->refusals, op->name, op->kind, "%s", reason);
	return ret ? ret : -EOPNOTSUPP;
}

struct lw_tflite_tensor *lw_tflite_input(const struct lw_tflite_op *op,
					 uint32_t i)
{
	const struct lw_fb_vector *inputs = &op->source->inputs;

	if (i >= inputs->n || lw_tflite_index(inputs, i) < 0)
		return NULL;
	return &op->import->model->tensors[lw_tflite_index(inputs, i)];
}

struct lw_tflite_tensor *lw_tflite_output_at(const struct lw_tflite_op *op,
					     uint32_t i)
{
	const struct lw_fb_vector *outputs = &op->source->outputs;

	return &op->import->model->tensors[lw_tflite_index(outputs, i)];
}

struct lw_tflite_tensor *lw_tflite_output(const struct lw_tflite_op *op)
{
	return lw_tflite_output_at(op, 0);
}

size_t lw_tflite_number(const struct lw_tflite_op *op,
			const struct lw_tflite_tensor *tensor)
{
	return tensor - op->import->model->tensors;
}

struct lw_value *lw_tflite_known(const struct lw_tflite_op *op,
				 const struct lw_tflite_tensor *tensor)
{
	return op->import->values[lw_tflite_number(op, tensor)];
}

uint32_t lw_tflite_readers(const struct lw_tflite_op *op,
			   const struct lw_tflite_tensor *tensor)
{
	return op->import->readers[lw_tflite_number(op, tensor)];
}

bool lw_tflite_is_input(const struct lw_tflite_op *op,
			const struct lw_tflite_tensor *tensor)
{
	const struct lw_fb_vector *inputs = &op->import->model->inputs;
	uint32_t i;

	for (i = 0; i < inputs->n; i++)
		if (lw_tflite_index(inputs, i) == (int32_t)lw_tflite_number(op, tensor))
			return true;
	return false;
}

void lw_tflite_alias(struct lw_tflite_op *op,
		     const struct lw_tflite_tensor *tensor,
		     struct lw_value *value)
{
	op->import->values[lw_tflite_number(op, tensor)] = value;
}

int lw_tflite_input_value(struct lw_tflite_op *op, uint32_t i,
			  struct lw_value **value)
{
	struct lw_tflite_tensor *tensor = lw_tflite_input(op, i);

	if (!tensor)
		return lw_fail(op->import->error, -EBADMSG,
			       "%s '%s' has no input %u", op->kind, op->name,
			       i);
	if (tensor->data)
		return lw_tflite_hold(op, tensor, value);
	return lw_tflite_value(op, tensor, value);
}

int lw_tflite_output_value(struct lw_tflite_op *op, struct lw_value **value)
{
	return lw_tflite_value(op, lw_tflite_output(op), value);
}

int lw_tflite_through(struct lw_tflite_op *op, struct lw_value **in,
		      struct lw_value **out)
{
	int ret = lw_tflite_input_value(op, 0, in);

	if (!ret)
		ret = lw_tflite_output_value(op, out);
	if (!ret)
		ret = lw_tflite_same_shape(op, *in, *out);
	return ret ? ret : lw_tflite_keeps_type(op, *in, *out);
}

int lw_tflite_node(struct lw_tflite_op *op, enum lw_node_kind kind,
		   struct lw_value *const *in, uint32_t n_in,
		   struct lw_value *out, struct lw_node **node)
{
	*node = lw_graph_node(op->import->graph, kind, op->name, in, n_in, out);
	return *node ? 0 : -ENOMEM;
}

int lw_tflite_activation(struct lw_tflite_op *op, unsigned int activation,
			 struct lw_node *node)
{
	static const struct {
		const char *name;
		float lo, hi;
	} known[] = {
		{ "NONE", -INFINITY, INFINITY },
		{ "RELU", 0, INFINITY },
		{ "RELU_N1_TO_1", -1, 1 },
		{ "RELU6", 0, 6 },
	};

	if (activation >= sizeof(known) / sizeof(*known))
		return lw_tflite_refuse(op, "its fused activation is %s (%u); NONE, RELU, RELU_N1_TO_1 or RELU6 expected",
					activation == 4 ? "TANH" :
					activation == 5 ? "SIGN_BIT" :
							  "unknown",
					activation);
	node->act_lo = known[activation].lo;
	node->act_hi = known[activation].hi;
	return 0;
}
