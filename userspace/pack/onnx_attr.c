// SPDX-License-Identifier: MIT
/* Attributes of ONNX nodes, and the constant inputs that replaced some. */
#include <string.h>

#include "onnx_import.h"

/* The numbers of AttributeProto.AttributeType. */
enum { ATTR_FLOAT = 1, ATTR_INT, ATTR_STRING, ATTR_TENSOR, ATTR_GRAPH,
       ATTR_FLOATS, ATTR_INTS };

static bool has_value(const Lw__Onnx__AttributeProto *attr, int32_t type)
{
	switch (type) {
	case ATTR_FLOAT:
		return attr->has_f;
	case ATTR_INT:
		return attr->has_i;
	case ATTR_STRING:
		return attr->has_s;
	case ATTR_TENSOR:
		return attr->t;
	case ATTR_GRAPH:
		return attr->has_g;
	default:
		return true;
	}
}

const Lw__Onnx__AttributeProto *
lw_onnx_attr(struct onnx_node *node, const char *name, int32_t type)
{
	const Lw__Onnx__AttributeProto *attr;
	size_t i;

	for (i = 0; i < node->proto->n_attribute; i++) {
		attr = node->proto->attribute[i];
		if (!attr->name || strcmp(attr->name, name))
			continue;
		node->seen |= 1ull << i;
		if (type && (attr->type != type || !has_value(attr, type))) {
			lw_onnx_refuse(node,
				       "attribute %s has type %d, expected %d",
				       name, attr->type, type);
			return NULL;
		}
		return attr;
	}
	return NULL;
}

void lw_onnx_ignore(struct onnx_node *node, const char *name)
{
	lw_onnx_attr(node, name, 0);
}

int lw_onnx_attrs_done(struct onnx_node *node)
{
	const Lw__Onnx__AttributeProto *attr;
	size_t i;

	for (i = 0; i < node->proto->n_attribute; i++) {
		attr = node->proto->attribute[i];
		if (!(node->seen & 1ull << i))
			return lw_onnx_refuse(node,
					      "attribute %s is not supported",
					      attr->name ? attr->name : "''");
	}
	return node->status;
}

int64_t lw_onnx_int(struct onnx_node *node, const char *name, int64_t value)
{
	const Lw__Onnx__AttributeProto *attr;

	attr = lw_onnx_attr(node, name, ATTR_INT);
	return attr ? attr->i : value;
}

int64_t lw_onnx_int_in(struct onnx_node *node, const char *name, int64_t value,
		       int64_t min, int64_t max)
{
	int64_t i = lw_onnx_int(node, name, value);

	if (i >= min && i <= max)
		return i;
	if (min == max)
		lw_onnx_refuse(node, "%s is %lld, expected %lld", name,
			       (long long)i, (long long)min);
	else
		lw_onnx_refuse(node, "%s is %lld, expected %lld to %lld", name,
			       (long long)i, (long long)min, (long long)max);
	return min;
}

float lw_onnx_float(struct onnx_node *node, const char *name, float value)
{
	const Lw__Onnx__AttributeProto *attr;

	attr = lw_onnx_attr(node, name, ATTR_FLOAT);
	return attr ? attr->f : value;
}

const Lw__Onnx__AttributeProto *lw_onnx_text(struct onnx_node *node,
					     const char *name)
{
	return lw_onnx_attr(node, name, ATTR_STRING);
}

bool lw_onnx_string_is(struct onnx_node *node, const char *name,
		       const char *value, const char *is)
{
	const Lw__Onnx__AttributeProto *attr;

	attr = lw_onnx_text(node, name);
	if (!attr)
		return !strcmp(value, is);
	return attr->s.len == strlen(is) &&
	       !memcmp(attr->s.data, is, attr->s.len);
}

const Lw__Onnx__TensorProto *lw_onnx_tensor_attr(struct onnx_node *node,
						 const char *name)
{
	const Lw__Onnx__AttributeProto *attr;

	attr = lw_onnx_attr(node, name, ATTR_TENSOR);
	return attr ? attr->t : NULL;
}

const Lw__Onnx__AttributeProto *lw_onnx_graph_attr(struct onnx_node *node,
						  const char *name)
{
	return lw_onnx_attr(node, name, ATTR_GRAPH);
}

struct onnx_list lw_onnx_ints(struct onnx_node *node, const char *name)
{
	const Lw__Onnx__AttributeProto *attr;

	attr = lw_onnx_attr(node, name, ATTR_INTS);
	if (!attr)
		return (struct onnx_list){ .given = false };
	return (struct onnx_list){ true, attr->n_ints, attr->ints };
}

struct onnx_list lw_onnx_list(struct onnx_node *node, const char *name,
			      uint32_t input)
{
	const struct onnx_value *value = lw_onnx_in(node, input);

	if (!value)
		return lw_onnx_ints(node, name);
	if (value->state != ONNX_CONSTANT || !value->constant->whole) {
		lw_onnx_refuse(node, "%s must be constant integers", name);
		return (struct onnx_list){ .given = false };
	}
	return (struct onnx_list){ true, value->constant->n,
				   value->constant->whole };
}

float lw_onnx_scalar(struct onnx_node *node, const char *name, uint32_t input,
		     float value)
{
	const struct onnx_value *in = lw_onnx_in(node, input);

	if (!in)
		return lw_onnx_float(node, name, value);
	if (in->state != ONNX_CONSTANT || !in->constant->real ||
	    in->constant->n != 1) {
		lw_onnx_refuse(node, "%s must be a constant real number", name);
		return value;
	}
	return in->constant->real[0];
}

uint32_t lw_onnx_dim(struct onnx_node *node, int64_t dim, uint32_t n)
{
	if (dim >= -(int64_t)n && dim < n)
		return dim < 0 ? dim + n : dim;
	lw_onnx_refuse(node, "axis %lld of a tensor of %u dimensions",
		       (long long)dim, n);
	return 0;
}
