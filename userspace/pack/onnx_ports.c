// SPDX-License-Identifier: MIT
/* Inputs and outputs of an ONNX model. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_import.h"

static int refuse_input(struct onnx_import *im, struct onnx_value *value,
			const char *reason)
{
	value->state = ONNX_REFUSED;
	return lw_refuse(im->refusals, value->name, "input", "%s", reason);
}

static const Lw__Onnx__TensorShapeProto *
input_shape(const Lw__Onnx__ValueInfoProto *proto)
{
	if (!proto->type || !proto->type->tensor_type)
		return NULL;
	return proto->type->tensor_type->shape;
}

/* One image: a first dimension without a number is 1. 1: refused. */
static int read_shape(struct onnx_import *im,
		      const Lw__Onnx__TensorShapeProto *shape,
		      struct onnx_value *value)
{
	const Lw__Onnx__DimensionProto *dim;
	int64_t size;
	uint32_t i;
	int ret;

	value->shape.n = shape->n_dim;
	for (i = 0; i < value->shape.n; i++) {
		dim = shape->dim[i];
		size = dim->has_dim_value ? dim->dim_value : i ? 0 : 1;
		if (!dim->has_dim_value && i) {
			value->state = ONNX_REFUSED;
			ret = lw_refuse(im->refusals, value->name, "input",
					"dimension %u is '%.100s', expected a number: only the first, the batch, may be symbolic",
					i, dim->dim_param ? dim->dim_param :
							    "?");
			return ret ? ret : 1;
		}
		if (size < 1 || size > LW_MAX_DIM || (!i && size != 1)) {
			value->state = ONNX_REFUSED;
			ret = lw_refuse(im->refusals, value->name, "input",
					"dimension %u is %" PRId64
					", expected %s", i, size,
					i ? "1 to 65535" : "a batch of 1");
			return ret ? ret : 1;
		}
		value->shape.dim[i] = size;
	}
	return 0;
}

/*
 * Models converted from channels-last frameworks begin with a Transpose. Sees
 * through quantisation.
 */
static bool is_channels_last(const struct onnx_import *im, const char *name)
{
	static const int64_t perm[] = { 0, 3, 1, 2 };
	const Lw__Onnx__NodeProto *node;
	size_t i, j;

	for (i = 0; i < im->proto->n_node; i++) {
		node = im->proto->node[i];
		if (!node->n_input || strcmp(node->input[0], name) ||
		    !node->op_type || !node->n_output)
			continue;
		if (strstr(node->op_type, "uantizeLinear")) {
			name = node->output[0];
			continue;
		}
		if (strcmp(node->op_type, "Transpose"))
			return false;
		for (j = 0; j < node->n_attribute; j++)
			if (node->attribute[j]->n_ints == 4 &&
			    !memcmp(node->attribute[j]->ints, perm,
				    sizeof(perm)))
				return true;
		return false;
	}
	return false;
}

/* The axes of an input: [1, c], channels first, or last. */
static void set_axes(const struct onnx_import *im, struct onnx_value *value)
{
	static const int8_t vector[] = { ONNX_UNIT, ONNX_C };
	static const int8_t last[] = { ONNX_UNIT, ONNX_H, ONNX_W, ONNX_C };
	const int8_t *axis = vector;

	if (value->shape.n >= 3)
		axis = lw_onnx_channels_first(value->shape.n);
	if (value->shape.n == 4 && is_channels_last(im, value->name))
		axis = last;
	memcpy(value->shape.axis, axis, value->shape.n);
}

/* How an activation is seen from outside; false if it has no such order. */
static bool describe_port(const struct onnx_value *value, struct lw_port *port)
{
	static const int8_t last[] = { ONNX_UNIT, ONNX_H, ONNX_W, ONNX_C };
	const struct onnx_shape *shape = &value->shape;
	uint32_t i;

	port->value = value->value;
	port->n_dims = shape->n;
	for (i = 0; i < shape->n; i++)
		port->dims[i] = shape->dim[i];
	if (shape->n == 3 || shape->n == 4)
		port->nchw = lw_onnx_fits(shape,
					  lw_onnx_channels_first(shape->n));
	if (port->nchw || (shape->n == 4 && lw_onnx_fits(shape, last)))
		return true;
	port->nchw = !lw_onnx_is_hwc(shape);
	return !port->nchw || lw_onnx_is_chw(shape);
}

static int add_input(struct onnx_import *im, struct onnx_value *value,
		     const Lw__Onnx__ValueInfoProto *proto)
{
	const Lw__Onnx__TensorShapeProto *shape = input_shape(proto);
	struct lw_port port = { 0 };
	uint32_t size[3];
	int ret;

	if (!shape)
		return refuse_input(im, value, "no tensor of known shape");
	if (shape->n_dim < 2 || shape->n_dim > 4)
		return refuse_input(im, value, "expected 2, 3 or 4 dimensions");
	value->type = proto->type->tensor_type->elem_type;
	if (value->type != ONNX_FLOAT && value->type != ONNX_UINT8 &&
	    value->type != ONNX_INT8)
		return refuse_input(im, value,
				    "expected float, uint8 or int8 numbers");
	ret = read_shape(im, shape, value);
	if (ret)
		return ret < 0 ? ret : 0;
	set_axes(im, value);
	if (lw_onnx_sizes(&value->shape, size))
		return refuse_input(im, value, "too many numbers");
	value->value = lw_onnx_value(im, value->name, size);
	if (!value->value)
		return -ENOMEM;
	value->state = ONNX_ACTIVATION;
	describe_port(value, &port);
	if (im->graph->n_inputs == ONNX_MAX_PORTS)
		return lw_fail(im->error, -EBADMSG,
			       "more than %d inputs", ONNX_MAX_PORTS);
	return lw_graph_input(im->graph, &port);
}

int lw_onnx_inputs(struct onnx_import *im)
{
	const Lw__Onnx__ValueInfoProto *proto;
	struct onnx_value *value;
	size_t i;
	int ret = 0;

	for (i = 0; i < im->proto->n_input && !ret; i++) {
		proto = im->proto->input[i];
		if (!proto->name || !*proto->name)
			return lw_fail(im->error, -EBADMSG,
				       "input %zu has no name", i);
		value = lw_onnx_find(im, proto->name);
		if (value->origin == ONNX_INPUT)
			ret = add_input(im, value, proto);
	}
	return ret;
}

static bool is_input(const struct onnx_import *im, const struct lw_value *value)
{
	uint32_t i;

	for (i = 0; i < im->graph->n_inputs; i++)
		if (im->graph->inputs[i].value == value)
			return true;
	return false;
}

/* An output is known by its name, even where that stands for an older value. */
static int name_output(struct onnx_import *im, const struct onnx_value *value)
{
	char *name;

	if (is_input(im, value->value))
		return 0;
	name = strdup(value->name);
	if (!name)
		return -ENOMEM;
	free(value->value->name);
	value->value->name = name;
	return 0;
}

static int add_output(struct onnx_import *im, struct onnx_value *value)
{
	struct lw_port port = { 0 };
	int ret;

	if (value->state == ONNX_REFUSED)
		return 0;
	if (value->state != ONNX_ACTIVATION)
		return lw_refuse(im->refusals, value->name, "output",
				 "it does not depend on an input");
	if (!value->rounded && value->value->quantised &&
	    value->type == ONNX_FLOAT)
		return lw_refuse(im->refusals, value->name, "output",
				 "it is read without its QuantizeLinear");
	if (!describe_port(value, &port))
		return lw_refuse(im->refusals, value->name, "output",
				 "its dimensions are neither in the order c, h, w nor h, w, c");
	ret = name_output(im, value);
	return ret ? ret : lw_graph_output(im->graph, &port);
}

int lw_onnx_outputs(struct onnx_import *im)
{
	const Lw__Onnx__ValueInfoProto *proto;
	struct onnx_value *value;
	size_t i;
	int ret = 0;

	if (im->proto->n_output > ONNX_MAX_PORTS)
		return lw_fail(im->error, -EBADMSG,
			       "%zu outputs, expected at most %d",
			       im->proto->n_output, ONNX_MAX_PORTS);
	for (i = 0; i < im->proto->n_output && !ret; i++) {
		proto = im->proto->output[i];
		value = proto->name ? lw_onnx_find(im, proto->name) : NULL;
		if (!value || value->state == ONNX_UNSEEN)
			return lw_fail(im->error, -EBADMSG,
				       "output '%s' is not in the model",
				       proto->name ? proto->name : "");
		ret = add_output(im, value);
	}
	return ret;
}
