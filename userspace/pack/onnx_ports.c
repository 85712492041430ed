// SPDX-License-Identifier: MIT
/* Inputs and outputs of an ONNX model. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

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

/*
 * Some exporters write -1 for what has no number. Without one it is what was
 * said, or 1 if it is the batch; else -1.
 */
static int64_t dimension(const Lw__Onnx__DimensionProto *dim, uint32_t i,
			 const struct lw_shape *given)
{
	if (dim->has_dim_value && dim->dim_value != -1)
		return dim->dim_value;
	if (given)
		return given->dim[i];
	return i ? -1 : 1;
}

/* 1: refused. */
static int refuse_dimension(struct onnx_import *im, struct onnx_value *value,
			    const Lw__Onnx__DimensionProto *dim, uint32_t i,
			    int64_t size)
{
	int ret;

	if (size != -1)
		ret = lw_refuse(im->refusals, value->name, "input",
				"dimension %u is %" PRId64
				", expected 1 to %d", i, size, LW_MAX_DIM);
	else
		ret = lw_refuse(im->refusals, value->name, "input",
				"dimension %u is '%.100s', expected a number: only the first, the batch, may be without, unless the shape is given",
				i, dim->dim_param ? dim->dim_param : "?");
	value->state = ONNX_REFUSED;
	return ret ? ret : 1;
}

/* 1: refused. */
static int read_shape(struct onnx_import *im,
		      const Lw__Onnx__TensorShapeProto *shape,
		      struct onnx_value *value)
{
	const struct lw_shape *given = lw_shape_find(im->options, value->name);
	int64_t size;
	uint32_t i;

	if (given && given->n != shape->n_dim)
		return lw_fail(im->error, -EDOM,
			       "input \"%s\" of the model has %zu dimensions, not the %u that were given",
			       value->name, shape->n_dim, given->n);
	value->shape.n = shape->n_dim;
	for (i = 0; i < value->shape.n; i++) {
		size = dimension(shape->dim[i], i, given);
		if (size < 1 || size > LW_MAX_DIM)
			return refuse_dimension(im, value, shape->dim[i], i,
						size);
		value->shape.dim[i] = size;
	}
	return 0;
}

/* The node that reads a value first, behind its quantisation. */
static const Lw__Onnx__NodeProto *first_reader(const struct onnx_import *im,
					       const char *name)
{
	const Lw__Onnx__NodeProto *node;
	size_t i;

	for (i = 0; i < im->scope->proto->n_node; i++) {
		node = im->scope->proto->node[i];
		if (!node->n_input || strcmp(node->input[0], name) ||
		    !node->op_type || !node->n_output)
			continue;
		if (!strstr(node->op_type, "uantizeLinear"))
			return node;
		name = node->output[0];
	}
	return NULL;
}

/* Whether a Transpose makes the last dimension the second. */
static bool makes_channels_first(const Lw__Onnx__NodeProto *node, uint32_t n)
{
	size_t i;

	for (i = 0; i < node->n_attribute; i++)
		if (node->attribute[i]->n_ints == n &&
		    node->attribute[i]->ints[1] == n - 1)
			return true;
	return false;
}

/*
 * Channels are the second dimension, unless what reads the input sees them as
 * the last: Transpose in a model from a channels-last framework, or a product.
 */
static bool is_channels_last(const struct onnx_import *im,
			     const struct onnx_value *value)
{
	static const char *const last[] = { "MatMul", "Gemm",
					    "LayerNormalization",
					    "RMSNormalization" };
	const Lw__Onnx__NodeProto *node = first_reader(im, value->name);
	uint32_t i, n = value->shape.n;

	if (n < 3 || value->shape.dim[0] != 1)
		return true;
	if (!node)
		return false;
	if (!strcmp(node->op_type, "Transpose"))
		return makes_channels_first(node, n);
	for (i = 0; i < sizeof(last) / sizeof(*last); i++)
		if (!strcmp(node->op_type, last[i]))
			return true;
	return false;
}

static void set_axes(const struct onnx_import *im,
		     const struct onnx_value *value, int8_t *axis)
{
	uint32_t n = value->shape.n;

	lw_onnx_axes_last(&value->shape, axis);
	if ((n == 3 || n == 4) && !is_channels_last(im, value))
		memcpy(axis, lw_onnx_image_axes(n), n);
}

/* How an activation is seen from outside; false if it has no such order. */
static bool describe_port(const struct onnx_value *value, struct lw_port *port)
{
	const struct onnx_shape *shape = &value->shape;
	uint32_t i;

	port->value = value->value;
	port->n_dims = shape->n;
	for (i = 0; i < shape->n; i++)
		port->dims[i] = shape->dim[i];
	if (!lw_onnx_is_ordered(value, &port->nchw))
		return false;
	/* Several lines have their channels second, not first. */
	if ((shape->n == 3 || shape->n == 4) && shape->dim[0] == 1)
		port->nchw |= lw_onnx_lies(value, lw_onnx_image_axes(shape->n));
	return true;
}

static int add_input(struct onnx_import *im, struct onnx_value *value,
		     const Lw__Onnx__ValueInfoProto *proto)
{
	const Lw__Onnx__TensorShapeProto *shape = input_shape(proto);
	struct lw_port port = { 0 };
	int8_t axis[ONNX_MAX_DIMS];
	uint32_t size[3];
	int ret;

	if (!shape)
		return refuse_input(im, value, "no tensor of known shape");
	if (shape->n_dim > ONNX_MAX_DIMS)
		return refuse_input(im, value, "expected at most 8 dimensions");
	value->type = proto->type->tensor_type->elem_type;
	if (lw_onnx_is_real(value->type))
		value->type = ONNX_FLOAT;
	if (value->type != ONNX_FLOAT && value->type != ONNX_UINT8 &&
	    value->type != ONNX_INT8)
		return refuse_input(im, value,
				    "expected real, uint8 or int8 numbers");
	ret = read_shape(im, shape, value);
	if (ret)
		return ret < 0 ? ret : 0;
	set_axes(im, value, axis);
	if (!lw_onnx_place(&value->shape, axis, size))
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

	for (i = 0; i < im->scope->proto->n_input && !ret; i++) {
		proto = im->scope->proto->input[i];
		if (!proto->name || !*proto->name)
			return lw_fail(im->error, -EBADMSG,
				       "input %zu has no name", i);
		value = lw_onnx_find(im, proto->name);
		if (value->origin == ONNX_INPUT &&
		    (value->wanted || !im->options->n_ends))
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

static struct onnx_value *order_output(struct onnx_node *node)
{
	int8_t axis[ONNX_MAX_DIMS];

	lw_onnx_axes_last(&node->in[0]->shape, axis);
	return lw_onnx_lay(node, node->in[0], axis);
}

static struct onnx_value *hold_output(struct onnx_node *node)
{
	return lw_onnx_hold(node, lw_onnx_constant(node, 0));
}

/* Makes an output what a node makes of it. */
static int change_output(struct onnx_import *im, struct onnx_value *value,
			 struct onnx_value *(*make)(struct onnx_node *node))
{
	static const Lw__Onnx__NodeProto proto = {
		.op_type = (char *)(uintptr_t)"output",
	};
	struct onnx_node node = {
		.im = im, .proto = &proto, .n_in = 1, .in = &value, .n_out = 1,
		.out = &value
	};

	snprintf(node.label, sizeof(node.label), "%s", value->name);
	lw_onnx_result(&node, 0, make(&node));
	lw_onnx_views_free(node.views);
	return node.status < 0 ? node.status : 0;
}

static int add_output(struct onnx_import *im, struct onnx_value *value)
{
	struct lw_port port = { 0 };
	int ret;

	if (value->state == ONNX_REFUSED)
		return 0;
	if (value->state == ONNX_CONSTANT) {
		ret = change_output(im, value, hold_output);
		if (ret)
			return ret;
	}
	if (value->state != ONNX_ACTIVATION)
		return im->refusals->n ? 0 :
		       lw_refuse(im->refusals, value->name, "output",
				 "no tensor of numbers");
	if (!value->rounded && value->value->quantised &&
	    value->type == ONNX_FLOAT)
		im->partly = true;
	if (!describe_port(value, &port)) {
		ret = change_output(im, value, order_output);
		if (ret || !describe_port(value, &port))
			return ret;
	}
	ret = name_output(im, value);
	return ret ? ret : lw_graph_output(im->graph, &port);
}

int lw_onnx_outputs(struct onnx_import *im)
{
	const Lw__Onnx__GraphProto *proto = im->scope->proto;
	size_t i, ends = im->options->n_ends, n = ends ? ends : proto->n_output;
	struct onnx_value *value;
	const char *name;
	int ret = 0;

	if (n > ONNX_MAX_PORTS)
		return lw_fail(im->error, -EBADMSG,
			       "%zu outputs, expected at most %d", n,
			       ONNX_MAX_PORTS);
	for (i = 0; i < n && !ret; i++) {
		name = ends ? im->options->ends[i] : proto->output[i]->name;
		value = name ? lw_onnx_find(im, name) : NULL;
		if (!value || value->state == ONNX_UNSEEN)
			return lw_fail(im->error, -EBADMSG,
				       "output '%s' is not in the model",
				       name ? name : "");
		ret = add_output(im, value);
	}
	return ret;
}
