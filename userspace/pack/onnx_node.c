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

bool lw_onnx_is_activation(const struct onnx_node *node, uint32_t i)
{
	const struct onnx_value *in = lw_onnx_in(node, i);

	return in && in->state == ONNX_ACTIVATION;
}

struct onnx_value *lw_onnx_movable(struct onnx_node *node, uint32_t i)
{
	struct onnx_value *in = lw_onnx_in(node, i);

	if (!in)
		lw_onnx_refuse(node, "input %u is missing", i);
	else if (in->state == ONNX_TEST)
		lw_onnx_refuse(node, "input %u is a test, which only If may read",
			       i);
	else if (in->state != ONNX_ACTIVATION)
		lw_onnx_refuse(node, "input %u is a constant", i);
	return node->status ? NULL : in;
}

struct onnx_value *lw_onnx_activation(struct onnx_node *node, uint32_t i)
{
	struct onnx_value *in = lw_onnx_movable(node, i);

	if (in && in->type != ONNX_FLOAT)
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

int lw_onnx_result(struct onnx_node *node, uint32_t i,
		   const struct onnx_value *value)
{
	struct onnx_value *out = i < node->n_out ? node->out[i] : NULL;
	enum onnx_origin origin;
	const char *name;

	if (node->status)
		return node->status;
	if (!value)
		return node->status = -EINVAL;
	if (!out)
		return lw_onnx_refuse(node, "output %u is missing", i);
	name = out->name;
	origin = out->origin;
	*out = *value;
	out->name = name;
	out->origin = origin;
	return 0;
}

int lw_onnx_define_constant(struct onnx_node *node, uint32_t i, int32_t type,
			    const struct onnx_shape *shape,
			    const struct onnx_constant *constant)
{
	const struct onnx_value value = {
		.state = ONNX_CONSTANT,
		.type = type,
		.shape = *shape,
		.constant = constant,
	};

	return lw_onnx_result(node, i, &value);
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
