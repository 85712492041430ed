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

struct lw_tflite_tensor *lw_tflite_output(const struct lw_tflite_op *op)
{
	const struct lw_fb_vector *outputs = &op->source->outputs;

	return &op->import->model->tensors[lw_tflite_index(outputs, 0)];
}

static size_t number(const struct lw_tflite_op *op,
		     const struct lw_tflite_tensor *tensor)
{
	return tensor - op->import->model->tensors;
}

struct lw_value *lw_tflite_known(const struct lw_tflite_op *op,
				 const struct lw_tflite_tensor *tensor)
{
	return op->import->values[number(op, tensor)];
}

uint32_t lw_tflite_readers(const struct lw_tflite_op *op,
			   const struct lw_tflite_tensor *tensor)
{
	return op->import->readers[number(op, tensor)];
}

bool lw_tflite_is_input(const struct lw_tflite_op *op,
			const struct lw_tflite_tensor *tensor)
{
	const struct lw_fb_vector *inputs = &op->import->model->inputs;
	uint32_t i;

	for (i = 0; i < inputs->n; i++)
		if (lw_tflite_index(inputs, i) == (int32_t)number(op, tensor))
			return true;
	return false;
}

void lw_tflite_alias(struct lw_tflite_op *op,
		     const struct lw_tflite_tensor *tensor,
		     struct lw_value *value)
{
	op->import->values[number(op, tensor)] = value;
}

bool lw_tflite_same_quanta(const struct lw_value *a, const struct lw_value *b)
{
	if (!a->quantised || !b->quantised)
		return a->quantised == b->quantised;
	return a->scale == b->scale && a->zero_point == b->zero_point &&
	       a->is_signed == b->is_signed;
}

int lw_tflite_keeps_type(struct lw_tflite_op *op, const struct lw_value *in,
			 const struct lw_value *out)
{
	if (in->quantised == out->quantised)
		return 0;
	return lw_tflite_refuse(op, "it mixes %s input and %s output",
				in->quantised ? "quantised" : "float",
				out->quantised ? "quantised" : "float");
}

int lw_tflite_keeps_quanta(struct lw_tflite_op *op, const struct lw_value *in,
			   const struct lw_value *out)
{
	int ret = lw_tflite_keeps_type(op, in, out);

	if (ret || lw_tflite_same_quanta(in, out))
		return ret;
	return lw_tflite_refuse(op, "its output has scale %g and zero point %d, its input '%s' %g and %d; equal ones expected",
				out->scale, out->zero_point, in->name,
				in->scale, in->zero_point);
}

int lw_tflite_describe_quanta(struct lw_tflite_op *op,
			      const struct lw_tflite_tensor *tensor,
			      struct lw_value *value)
{
	int64_t zero, least;

	value->quantised = tensor->type != LW_TFLITE_FLOAT32;
	if (!value->quantised)
		return 0;
	if (tensor->type != LW_TFLITE_INT8 && tensor->type != LW_TFLITE_UINT8)
		return lw_tflite_refuse(op, "tensor '%s' is %s; FLOAT32, INT8 or UINT8 expected",
					tensor->name,
					lw_tflite_type_name(tensor->type));
	if (tensor->scale.n != 1 || tensor->zero_point.n != 1)
		return lw_tflite_refuse(op, "tensor '%s' has %u scales and %u zero points; one of each expected",
					tensor->name, tensor->scale.n,
					tensor->zero_point.n);
	value->is_signed = tensor->type == LW_TFLITE_INT8;
	value->scale = lw_fb_get_f32(tensor->scale.data);
	if (!isfinite(value->scale) || value->scale <= 0)
		return lw_tflite_refuse(op, "tensor '%s' has scale %g; a number above zero expected",
					tensor->name, value->scale);
	least = value->is_signed ? -128 : 0;
	zero = (int64_t)lw_fb_get_u64(tensor->zero_point.data);
	if (zero < least || zero > least + 255)
		return lw_tflite_refuse(op, "tensor '%s' has zero point %lld; %lld to %lld expected",
					tensor->name, (long long)zero,
					(long long)least,
					(long long)least + 255);
	value->zero_point = (int32_t)(zero - least);
	return 0;
}

/* [batch, height, width, channels] or [batch, channels] of one image. */
static int describe_shape(struct lw_tflite_op *op,
			  const struct lw_tflite_tensor *tensor,
			  struct lw_value *value)
{
	const int32_t *dims = tensor->dims;
	uint32_t i;

	if (tensor->n_dims != 2 && tensor->n_dims != 4)
		return lw_tflite_refuse(op, "tensor '%s' has %u dimensions; 2 or 4 expected",
					tensor->name, tensor->n_dims);
	if (dims[0] > 1)
		return lw_tflite_refuse(op, "tensor '%s' has a batch of %d; 1 expected",
					tensor->name, dims[0]);
	for (i = 1; i < tensor->n_dims; i++)
		if (dims[i] < 1 || dims[i] > LW_MAX_DIM)
			return lw_tflite_refuse(op, "dimension %u of tensor '%s' is %d; 1 to %d expected",
						i, tensor->name, dims[i],
						LW_MAX_DIM);
	value->h = tensor->n_dims == 4 ? dims[1] : 1;
	value->w = tensor->n_dims == 4 ? dims[2] : 1;
	value->c = dims[tensor->n_dims - 1];
	if ((uint64_t)value->h * value->w > LW_MAX_ELEMENTS / value->c)
		return lw_tflite_refuse(op, "tensor '%s' of %ux%ux%u has more than %u elements",
					tensor->name, value->h, value->w,
					value->c, LW_MAX_ELEMENTS);
	return 0;
}

int lw_tflite_describe(struct lw_tflite_op *op,
		       const struct lw_tflite_tensor *tensor,
		       struct lw_value *value)
{
	int ret = lw_tflite_describe_quanta(op, tensor, value);

	return ret ? ret : describe_shape(op, tensor, value);
}

int lw_tflite_value(struct lw_tflite_op *op,
		    const struct lw_tflite_tensor *tensor,
		    struct lw_value **result)
{
	struct lw_value **known = &op->import->values[number(op, tensor)];
	struct lw_value is = { 0 };
	struct lw_value *value;
	int ret;

	if (!*known) {
		ret = lw_tflite_describe(op, tensor, &is);
		if (ret)
			return ret;
		value = lw_graph_value(op->import->graph, tensor->name, is.h,
				       is.w, is.c);
		if (!value)
			return -ENOMEM;
		value->quantised = is.quantised;
		value->is_signed = is.is_signed;
		value->scale = is.scale;
		value->zero_point = is.zero_point;
		*known = value;
	}
	*result = *known;
	return 0;
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
		return lw_tflite_refuse(op, "input %u, '%s', is a constant; an activation expected",
					i, tensor->name);
	return lw_tflite_value(op, tensor, value);
}

int lw_tflite_output_value(struct lw_tflite_op *op, struct lw_value **value)
{
	return lw_tflite_value(op, lw_tflite_output(op), value);
}

int lw_tflite_derive(struct lw_tflite_op *op, const struct lw_value *like,
		     uint32_t h, uint32_t w, uint32_t c,
		     struct lw_value **value)
{
	struct lw_value *made = lw_graph_value(op->import->graph, like->name,
					       h, w, c);

	if (!made)
		return -ENOMEM;
	made->quantised = like->quantised;
	made->is_signed = like->is_signed;
	made->scale = like->scale;
	made->zero_point = like->zero_point;
	*value = made;
	return 0;
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
