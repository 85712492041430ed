// SPDX-License-Identifier: MIT
/* From the bytes of an ONNX model to a graph. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "onnx_make.h"

/*
 * What a file of a given size may make the importer allocate. A real model is
 * nearly all weights, which the parser only copies. A byte of int8 weights
 * becomes 17: an int64_t, a float, and again a float and a byte in its node; 32
 * if it takes three of its node's. A byte of int4 weights becomes 34.
 */
#define PARSER_BUDGET(size) ((size) * 32 + (16u << 20))
#define CONSTANTS_BUDGET(size) ((size) * 36 + (16u << 20))

static int read_opset(struct onnx_import *im, const Lw__Onnx__ModelProto *model)
{
	const Lw__Onnx__OperatorSetIdProto *set;
	size_t i;

	for (i = 0; i < model->n_opset_import; i++) {
		set = model->opset_import[i];
		if (!set->domain || !*set->domain ||
		    !strcmp(set->domain, "ai.onnx"))
			im->opset = set->version;
	}
	if (im->opset >= ONNX_MIN_OPSET && im->opset <= ONNX_MAX_OPSET)
		return 0;
	return lw_fail(im->error, -EOPNOTSUPP,
		       "operator set version is %" PRId64 ", expected %d to %d",
		       im->opset, ONNX_MIN_OPSET, ONNX_MAX_OPSET);
}

static int read_initializers(struct onnx_import *im,
			     const Lw__Onnx__GraphProto *graph)
{
	const Lw__Onnx__TensorProto *proto;
	struct onnx_value *value;
	const char *why;
	size_t i;
	int ret;

	for (i = 0; i < graph->n_initializer; i++) {
		proto = graph->initializer[i];
		if (!proto->name || !*proto->name)
			return lw_fail(im->error, -EBADMSG,
				       "initializer %zu has no name", i);
		value = lw_onnx_find(im, proto->name);
		ret = lw_onnx_tensor(im, proto, proto->name, value, &why);
		if (ret > 0) {
			value->state = ONNX_REFUSED;
			ret = lw_refuse(im->refusals, proto->name,
					"initializer", "not supported: %s",
					why);
		}
		if (ret)
			return ret;
	}
	if (graph->n_sparse_initializer)
		return lw_refuse(im->refusals, "", "initializer",
				 "sparse initializers are not supported");
	return 0;
}

static int fail_node(const struct onnx_node *node, const char *name,
		     const char *what)
{
	return lw_fail(node->im->error, -EBADMSG,
		       "node '%s': its input '%.200s' %s", node->label, name,
		       what);
}

static int find_inputs(struct onnx_node *node)
{
	struct onnx_value *value;
	const char *name;
	uint32_t i;

	for (i = 0; i < node->n_in; i++) {
		name = node->proto->input[i];
		if (!*name)
			continue;
		value = lw_onnx_find(node->im, name);
		if (!value)
			return fail_node(node, name, "is not in the model");
		if (value->state == ONNX_UNSEEN)
			return fail_node(node, name,
					 "comes from a later node, expected nodes in an order in which they can run");
		node->in[i] = value;
	}
	for (i = 0; i < node->n_out; i++)
		node->out[i] = lw_onnx_find(node->im, node->proto->output[i]);
	return 0;
}

/* True if a node before it was refused, so that nothing is known of its input. */
static bool follows_refusal(const struct onnx_node *node)
{
	uint32_t i;

	for (i = 0; i < node->n_in; i++)
		if (node->in[i] && node->in[i]->state == ONNX_REFUSED)
			return true;
	return false;
}

static int check_counts(struct onnx_node *node)
{
	const struct onnx_op *op = node->op;
	uint32_t i;

	if (node->n_in > op->max_in)
		return lw_onnx_refuse(node, "%u inputs, expected at most %u",
				      node->n_in, op->max_in);
	for (i = 0; i < op->min_in; i++)
		if (i >= node->n_in || !node->in[i])
			return lw_onnx_refuse(node, "input %u is missing", i);
	for (i = 0; i < node->n_in; i++)
		if (node->in[i] && node->in[i]->state == ONNX_UNMADE)
			return lw_onnx_refuse(node, "input %u is an optional result that is not supported",
					      i);
	for (i = op->max_out; i < node->n_out; i++)
		if (node->out[i])
			return lw_onnx_refuse(node,
					      "output %u is not supported", i);
	if (node->proto->n_attribute > 64)
		return lw_onnx_refuse(node, "more than 64 attributes");
	return 0;
}

static int run_op(struct onnx_node *node)
{
	bool constant = true;
	uint32_t i;

	if (check_counts(node))
		return node->status;
	for (i = 0; i < node->n_in; i++)
		if (node->in[i] && node->in[i]->state != ONNX_CONSTANT)
			constant = false;
	if (constant && node->op->fold)
		node->op->fold(node);
	else if (constant)
		lw_onnx_refuse(node, "all its inputs are constants");
	else if (node->op->run)
		node->op->run(node);
	else
		lw_onnx_refuse(node, "its inputs must be constants");
	return node->status ? node->status : lw_onnx_attrs_done(node);
}

static void settle_outputs(struct onnx_node *node, bool refused)
{
	uint32_t i;

	for (i = 0; i < node->n_out; i++) {
		if (!node->out[i])
			continue;
		if (refused)
			node->out[i]->state = ONNX_REFUSED;
		else if (node->out[i]->state == ONNX_UNSEEN)
			node->out[i]->state = ONNX_UNMADE;
	}
}

static int import_node(struct onnx_node *node)
{
	bool follows;
	int ret = find_inputs(node);

	if (ret)
		return ret;
	follows = follows_refusal(node);
	node->op = lw_onnx_op(node);
	if (node->op && !follows)
		run_op(node);
	if (node->status < 0)
		return lw_fail(node->im->error, node->status,
			       "node '%s': %s", node->label,
			       strerror(-node->status));
	settle_outputs(node, follows || node->status);
	return 0;
}

static int import_proto(struct onnx_import *im,
			const Lw__Onnx__NodeProto *proto, uint32_t index)
{
	struct onnx_node node = {
		.im = im,
		.proto = proto,
		.n_in = proto->n_input,
		.n_out = proto->n_output,
	};
	size_t n = proto->n_input + proto->n_output;
	int ret;

	if (proto->name && *proto->name)
		snprintf(node.label, sizeof(node.label), "%s", proto->name);
	else
		snprintf(node.label, sizeof(node.label), "%.100s#%u",
			 proto->op_type ? proto->op_type : "", index);
	node.in = calloc(n ? n : 1, sizeof(*node.in));
	if (!node.in)
		return lw_fail(im->error, -ENOMEM, "out of memory");
	node.out = node.in + node.n_in;
	ret = import_node(&node);
	lw_onnx_views_free(node.views);
	free(node.in);
	return ret;
}

static int import_nodes(struct onnx_import *im, const struct onnx_scope *scope)
{
	const Lw__Onnx__GraphProto *graph = scope->proto;
	uint32_t i;
	int ret = 0;

	if (graph->n_node > ONNX_MAX_NODES)
		return lw_fail(im->error, -EBADMSG,
			       "%zu nodes, expected at most %u",
			       graph->n_node, ONNX_MAX_NODES);
	for (i = 0; i < graph->n_node && !ret; i++)
		if (!scope->wanted || scope->wanted[i])
			ret = import_proto(im, graph->node[i], i);
	return ret;
}

int lw_onnx_run_graph(struct onnx_import *im, struct onnx_scope *scope)
{
	int ret = lw_onnx_names(im, scope);

	scope->outer = im->scope;
	im->scope = scope;
	if (!ret)
		ret = read_initializers(im, scope->proto);
	if (!ret && !scope->outer && im->options->n_ends)
		ret = lw_onnx_want(im, scope);
	if (!ret && !scope->outer)
		ret = lw_onnx_inputs(im);
	return ret ? ret : import_nodes(im, scope);
}

/* Everything that was refused is known: the graph is sound, or this says why. */
static int finish(struct onnx_import *im)
{
	const struct lw_refusal *first;
	int ret = 0;

	if (!im->refusals->n && im->graph->quantised)
		ret = lw_onnx_finish_quantised(im);
	if (ret)
		return ret;
	if (im->refusals->n) {
		ret = lw_onnx_tell_ends(im);
		if (ret)
			return ret;
		first = im->refusals->item;
		return lw_fail(im->error, -EOPNOTSUPP,
			       "%u node%s cannot be packed; the first is '%s' (%s): %s",
			       im->refusals->n,
			       im->refusals->n == 1 ? "" : "s", first->node,
			       first->op, first->reason);
	}
	ret = lw_graph_check(im->graph, im->error);
	if (ret == -EINVAL) {
		ret = -EBADMSG;
		if (im->error)
			im->error->code = ret;
	}
	return ret;
}

static int import_model(struct onnx_import *im,
			const Lw__Onnx__ModelProto *model,
			struct onnx_scope *scope)
{
	int ret;

	scope->proto = model->graph;
	if (!scope->proto)
		return lw_fail(im->error, -EBADMSG, "no graph in the model");
	ret = read_opset(im, model);
	if (!ret)
		ret = lw_onnx_run_graph(im, scope);
	if (!ret)
		ret = lw_onnx_outputs(im);
	if (!ret)
		ret = finish(im);
	if (ret == -ENOMEM)
		lw_fail(im->error, ret, "out of memory");
	return ret;
}

static void release(struct onnx_import *im)
{
	struct onnx_constant *constant;

	while (im->constants) {
		constant = im->constants;
		im->constants = constant->next;
		free(constant->real);
		free(constant->whole);
		free(constant);
	}
	lw_onnx_views_free(im->moved);
	free(im->raw);
	lw_graph_free(im->graph);
}

int lw_import_onnx(struct lw_graph **graph, const void *data, size_t size,
		   const struct lw_import_options *options,
		   struct lw_refusals *refusals, struct lwnpu_error *error)
{
	static const struct lw_import_options none;
	struct lw_budget budget = { .left = PARSER_BUDGET(size) };
	ProtobufCAllocator allocator = lw_budget_allocator(&budget);
	struct onnx_import im = {
		.options = options ? options : &none,
		.refusals = refusals,
		.error = error,
		.budget = CONSTANTS_BUDGET(size),
		.allocator = &allocator,
	};
	struct onnx_scope scope = { 0 };
	Lw__Onnx__ModelProto *model;
	int ret;

	model = lw__onnx__model_proto__unpack(&allocator, size, data);
	if (budget.no_memory)
		return lw_fail(error, -ENOMEM, "out of memory");
	if (!model)
		return lw_fail(error, -EBADMSG,
			       "damaged, or no ONNX model: its protobuf does not parse");
	im.graph = lw_graph_new("onnx");
	if (im.graph)
		ret = import_model(&im, model, &scope);
	else
		ret = lw_fail(error, -ENOMEM, "out of memory");
	if (!ret) {
		*graph = im.graph;
		im.graph = NULL;
	}
	release(&im);
	free(scope.values);
	free(scope.wanted);
	lw__onnx__model_proto__free_unpacked(model, &allocator);
	return ret;
}
