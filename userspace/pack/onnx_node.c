// SPDX-License-Identifier: MIT
/* What operators read and make. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_import.h"

int lw_onnx_refuse(struct onnx_node *node, const char *format, ...)
{
	char reason[256];
	va_list args;

	if (node->status)
		return node->status;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	node->status = lw_refuse(node->im->refusals, node->label,
				 node->proto->op_type ? node->proto->op_type :
							"", "%s", reason);
	if (!node->status)
		node->status = 1;
	return node->status;
}

struct onnx_value *lw_onnx_in(const struct onnx_node *node, uint32_t i)
{
	return i < node->n_in ? node->in[i] : NULL;
}

struct onnx_value *lw_onnx_activation(struct onnx_node *node, uint32_t i)
{
	struct onnx_value *in = lw_onnx_in(node, i);

	if (!in)
		lw_onnx_refuse(node, "input %u is missing", i);
	else if (in->state != ONNX_ACTIVATION)
		lw_onnx_refuse(node, "input %u is a constant", i);
	else if (in->type != ONNX_FLOAT)
		lw_onnx_refuse(node, "input %u is %s, expected float", i,
			       lw_onnx_type_name(in->type));
	return node->status ? NULL : in;
}

const struct onnx_value *lw_onnx_constant(struct onnx_node *node, uint32_t i)
{
	const struct onnx_value *in = lw_onnx_in(node, i);

	if (!in)
		lw_onnx_refuse(node, "input %u is missing", i);
	else if (in->state != ONNX_CONSTANT)
		lw_onnx_refuse(node, "input %u is not a constant", i);
	else if (!in->constant->real)
		lw_onnx_refuse(node, "input %u is %s, expected float", i,
			       lw_onnx_type_name(in->type));
	return node->status ? NULL : in;
}

const int8_t *lw_onnx_channels_first(uint32_t n_dims)
{
	static const int8_t line[] = { ONNX_UNIT, ONNX_C, ONNX_W };
	static const int8_t image[] = { ONNX_UNIT, ONNX_C, ONNX_H, ONNX_W };

	return n_dims == 3 ? line : image;
}

bool lw_onnx_fits(const struct onnx_shape *shape, const int8_t *axis)
{
	uint32_t i;

	for (i = 0; i < shape->n; i++)
		if (shape->dim[i] > 1 && shape->axis[i] != axis[i])
			return false;
	return true;
}

struct onnx_value *lw_onnx_image(struct onnx_node *node, uint32_t i)
{
	struct onnx_value *in = lw_onnx_activation(node, i);

	if (!in)
		return NULL;
	if (in->shape.n != 3 && in->shape.n != 4)
		lw_onnx_refuse(node, "input of %u dimensions, expected 3 or 4",
			       in->shape.n);
	else if (!lw_onnx_fits(&in->shape,
			       lw_onnx_channels_first(in->shape.n)))
		lw_onnx_refuse(node, "input is not [1, channels, height, width]");
	return node->status ? NULL : in;
}

bool lw_onnx_sizes(const struct onnx_shape *shape, uint32_t size[3])
{
	uint64_t n = 1;
	uint32_t i;

	size[ONNX_H] = size[ONNX_W] = size[ONNX_C] = 1;
	for (i = 0; i < shape->n; i++) {
		if (!shape->dim[i] || shape->dim[i] > LW_MAX_DIM)
			return true;
		n *= shape->dim[i];
		if (n > LW_MAX_ELEMENTS)
			return true;
		if (shape->dim[i] == 1)
			continue;
		if (shape->axis[i] == ONNX_UNIT || size[shape->axis[i]] > 1)
			return true;
		size[shape->axis[i]] = shape->dim[i];
	}
	return false;
}

static int reserve_raw(struct onnx_import *im)
{
	uint32_t n = im->n_raw ? im->n_raw * 2 : 64;
	bool *raw;

	if (im->graph->n_values < im->n_raw)
		return 0;
	raw = realloc(im->raw, n * sizeof(*raw));
	if (!raw)
		return -ENOMEM;
	memset(raw + im->n_raw, 0, (n - im->n_raw) * sizeof(*raw));
	im->raw = raw;
	im->n_raw = n;
	return 0;
}

struct lw_value *lw_onnx_value(struct onnx_import *im, const char *name,
			       const uint32_t size[3])
{
	if (reserve_raw(im))
		return NULL;
	return lw_graph_value(im->graph, name, size[ONNX_H], size[ONNX_W],
			      size[ONNX_C]);
}

struct onnx_value *lw_onnx_define(struct onnx_node *node, uint32_t i,
				  const struct onnx_shape *shape)
{
	struct onnx_value *out = i < node->n_out ? node->out[i] : NULL;
	uint32_t size[3];

	if (node->status)
		return NULL;
	if (!out) {
		lw_onnx_refuse(node, "output %u is missing", i);
		return NULL;
	}
	if (lw_onnx_sizes(shape, size)) {
		lw_onnx_refuse(node, "a dimension of its output is not 1 to %d, or it holds more than %u numbers",
			       LW_MAX_DIM, LW_MAX_ELEMENTS);
		return NULL;
	}
	out->value = lw_onnx_value(node->im, out->name, size);
	if (!out->value) {
		node->status = -ENOMEM;
		return NULL;
	}
	out->state = ONNX_ACTIVATION;
	out->type = ONNX_FLOAT;
	out->shape = *shape;
	return out;
}

int lw_onnx_alias(struct onnx_node *node, const struct onnx_value *in,
		  const struct onnx_shape *shape)
{
	struct onnx_value *out = node->n_out ? node->out[0] : NULL;

	if (node->status)
		return node->status;
	if (!out)
		return lw_onnx_refuse(node, "output 0 is missing");
	out->state = in->state;
	out->type = in->type;
	out->constant = in->constant;
	out->value = in->value;
	out->rounded = in->rounded;
	out->shape = *shape;
	return 0;
}

int lw_onnx_define_constant(struct onnx_node *node, int32_t type,
			    const struct onnx_shape *shape,
			    const struct onnx_constant *constant)
{
	struct onnx_value *out = node->n_out ? node->out[0] : NULL;

	if (node->status)
		return node->status;
	if (!out)
		return lw_onnx_refuse(node, "output 0 is missing");
	out->state = ONNX_CONSTANT;
	out->type = type;
	out->shape = *shape;
	out->constant = constant;
	return 0;
}

/*
 * A value that is quantised later must not have been read before: the reader
 * saw numbers that were not rounded.
 */
static void note_reading(struct onnx_node *node, const struct onnx_value *in)
{
	if (in->rounded)
		return;
	if (in->value->quantised)
		lw_onnx_refuse(node, "reads '%s' without its QuantizeLinear",
			       in->name);
	node->im->raw[in->value->id] = true;
}

struct lw_node *lw_onnx_emit_many(struct onnx_node *node,
				  enum lw_node_kind kind,
				  struct onnx_value *const *in, uint32_t n_in,
				  struct onnx_value *out)
{
	struct lw_value **value;
	struct lw_node *made = NULL;
	uint32_t i;

	if (node->status || !out)
		return NULL;
	if (node->im->graph->n_nodes == LW_MAX_NODES) {
		lw_onnx_refuse(node, "more than %d nodes", LW_MAX_NODES);
		return NULL;
	}
	value = calloc(n_in, sizeof(*value));
	for (i = 0; value && i < n_in; i++) {
		note_reading(node, in[i]);
		value[i] = in[i]->value;
	}
	if (value)
		made = lw_graph_node(node->im->graph, kind, node->label, value,
				     n_in, out->value);
	if (!made)
		node->status = -ENOMEM;
	free(value);
	return node->status ? NULL : made;
}

struct lw_node *lw_onnx_emit(struct onnx_node *node, enum lw_node_kind kind,
			     struct onnx_value *in, struct onnx_value *out)
{
	return lw_onnx_emit_many(node, kind, &in, 1, out);
}

void lw_onnx_same_scale(struct onnx_value *out, const struct onnx_value *in)
{
	if (!in->rounded)
		return;
	out->rounded = true;
	out->value->quantised = true;
	out->value->is_signed = in->value->is_signed;
	out->value->scale = in->value->scale;
	out->value->zero_point = in->value->zero_point;
}

struct lw_weights *lw_onnx_weights(struct onnx_node *node, uint32_t o,
				   uint32_t kh, uint32_t kw, uint32_t i,
				   bool bias)
{
	struct lw_weights *weights;
	size_t n;

	if (node->status)
		return NULL;
	if (lw_mul(o, kh, &n) || lw_mul(n, kw, &n) || lw_mul(n, i, &n) ||
	    n > LW_MAX_ELEMENTS) {
		lw_onnx_refuse(node, "more than %u weights", LW_MAX_ELEMENTS);
		return NULL;
	}
	/* Real and quantised weights; biases and scales. */
	if (lw_onnx_charge(node->im, n * 5 + (size_t)o * 16)) {
		lw_onnx_refuse(node,
			       "the model's weights take more memory than its size explains");
		return NULL;
	}
	weights = lw_weights_new(o, kh, kw, i, bias);
	if (!weights)
		node->status = -ENOMEM;
	return weights;
}
