// SPDX-License-Identifier: MIT
/* Nodes, and what operators are composed of. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

/* Known by the first result of its node. */
static const char *name_of(const struct onnx_node *node)
{
	uint32_t i;

	for (i = 0; i < node->n_out; i++)
		if (node->out[i])
			return node->out[i]->name;
	return node->label;
}

/* A view of a new value of the graph. */
static struct onnx_value *new_value(struct onnx_node *node,
				    const struct onnx_shape *shape,
				    const uint32_t size[3])
{
	struct onnx_value value = {
		.name = name_of(node),
		.state = ONNX_ACTIVATION,
		.type = ONNX_FLOAT,
	};

	value.value = lw_onnx_value(node->im, value.name, size);
	if (!value.value)
		node->status = -ENOMEM;
	return lw_onnx_view(node, &value, shape);
}

struct onnx_value *lw_onnx_new(struct onnx_node *node,
			       const struct onnx_shape *shape,
			       const int8_t *axis)
{
	struct onnx_shape placed = *shape;
	uint32_t size[3];

	if (node->status)
		return NULL;
	if (!lw_onnx_place(&placed, axis, size)) {
		lw_onnx_refuse(node, "a dimension of what it computes is not 1 to %d, or it holds more than %u numbers",
			       LW_MAX_DIM, LW_MAX_ELEMENTS);
		return NULL;
	}
	return new_value(node, &placed, size);
}

struct onnx_value *lw_onnx_new_like(struct onnx_node *node,
				    const struct onnx_value *in)
{
	uint32_t size[3];

	if (node->status || !in)
		return NULL;
	size[ONNX_H] = in->value->h;
	size[ONNX_W] = in->value->w;
	size[ONNX_C] = in->value->c;
	return new_value(node, &in->shape, size);
}

/*
 * A value that gets its scale later has been read before: a model that is
 * quantised in parts reads numbers there that were not rounded.
 */
static void note_reading(struct onnx_node *node, const struct onnx_value *in)
{
	if (in->rounded || in->type != ONNX_FLOAT)
		return;
	if (in->value->quantised)
		node->im->partly = true;
	node->im->raw[in->value->id] = true;
}

struct lw_node *lw_onnx_emit_many(struct onnx_node *node,
				  enum lw_node_kind kind,
				  const struct onnx_value *const *in,
				  uint32_t n_in, struct onnx_value *out)
{
	struct lw_value **value;
	struct lw_node *made = NULL;
	uint32_t i;

	for (i = 0; i < n_in; i++)
		if (!in[i])
			return NULL;
	if (node->status || !out)
		return NULL;
	if (node->im->graph->n_nodes == LW_MAX_NODES) {
		lw_onnx_refuse(node, "more than %d nodes", LW_MAX_NODES);
		return NULL;
	}
	value = calloc((size_t)n_in + 1, sizeof(*value));
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
			     const struct onnx_value *in,
			     struct onnx_value *out)
{
	return lw_onnx_emit_many(node, kind, &in, 1, out);
}

void lw_onnx_same_scale(struct onnx_value *out, const struct onnx_value *in)
{
	out->type = in->type;
	out->rounded = in->rounded;
	if (!in->rounded && in->type == ONNX_FLOAT)
		return;
	out->value->quantised = in->value->quantised;
	out->value->is_signed = in->value->is_signed;
	out->value->scale = in->value->scale;
	out->value->zero_point = in->value->zero_point;
}

void lw_onnx_set_rule(struct lw_node *made, enum lw_rule rule)
{
	if (made->in[0]->quantised)
		made->rule = rule;
}

bool lw_onnx_one_scale(const struct onnx_value *a, const struct onnx_value *b)
{
	return a->type == b->type && (a->rounded || a->type != ONNX_FLOAT) &&
	       a->rounded == b->rounded && a->value->quantised &&
	       b->value->quantised && a->value->scale == b->value->scale &&
	       a->value->zero_point == b->value->zero_point;
}

/* @kind, @alpha, @beta and bounds of @like. */
static struct onnx_value *emit_unary(struct onnx_node *node,
				     const struct onnx_value *in,
				     const struct lw_node *like)
{
	struct onnx_value *out = lw_onnx_new_like(node, in);
	struct lw_node *made = lw_onnx_emit(node, LW_NODE_UNARY, in, out);

	if (!made)
		return NULL;
	made->unary = like->unary;
	made->alpha = like->alpha;
	made->beta = like->beta;
	made->act_lo = like->act_lo;
	made->act_hi = like->act_hi;
	return out;
}

struct onnx_value *lw_onnx_unary(struct onnx_node *node,
				 const struct onnx_value *in,
				 enum lw_unary_kind kind, float alpha,
				 float beta)
{
	return emit_unary(node, in, &(struct lw_node){
		.unary = kind,
		.alpha = alpha,
		.beta = beta,
		.act_lo = -INFINITY,
		.act_hi = INFINITY,
	});
}

struct onnx_value *lw_onnx_clamp(struct onnx_node *node,
				 const struct onnx_value *in, float lo,
				 float hi)
{
	return emit_unary(node, in, &(struct lw_node){
		.unary = LW_UNARY_IDENTITY,
		.act_lo = lo,
		.act_hi = hi,
	});
}

struct onnx_value *lw_onnx_scale(struct onnx_node *node,
				 const struct onnx_value *in, float factor,
				 float offset)
{
	static const struct onnx_shape scalar;

	return lw_onnx_affine(node, in, &scalar, &factor, &offset);
}

static struct onnx_value *combine(struct onnx_node *node,
				  enum lw_node_kind kind, bool subtract,
				  const struct onnx_value *a,
				  const struct onnx_value *b)
{
	struct onnx_pair pair;
	struct lw_node *made;

	if (lw_onnx_pair(node, a, b, &pair))
		return NULL;
	made = lw_onnx_emit_many(node, kind, pair.in, 2, pair.out);
	if (!made)
		return NULL;
	made->subtract = subtract;
	return pair.out;
}

struct onnx_value *lw_onnx_add(struct onnx_node *node,
			       const struct onnx_value *a,
			       const struct onnx_value *b)
{
	return combine(node, LW_NODE_ADD, false, a, b);
}

struct onnx_value *lw_onnx_sub(struct onnx_node *node,
			       const struct onnx_value *a,
			       const struct onnx_value *b)
{
	return combine(node, LW_NODE_ADD, true, a, b);
}

struct onnx_value *lw_onnx_mul(struct onnx_node *node,
			       const struct onnx_value *a,
			       const struct onnx_value *b)
{
	return combine(node, LW_NODE_MUL, false, a, b);
}
