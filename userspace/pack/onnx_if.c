// SPDX-License-Identifier: MIT
/*
 * If. Where its condition is known, it is one of its graphs. Where it depends
 * on a test it becomes a GATE, which skips the longer of its graphs, and MERGEs
 * of the results; the other graph's nodes run before it in any case.
 */
#include <stdlib.h>

#include "onnx_make.h"

/**
 * struct branch - a graph of an If
 * @proto: owned
 * @scope: its names
 * @out: [n_out of the node] its results; owned
 */
struct branch {
	Lw__Onnx__GraphProto *proto;
	struct onnx_scope scope;
	struct onnx_value *out;
};

static void release(struct onnx_import *im, struct branch *b)
{
	if (b->proto)
		lw__onnx__graph_proto__free_unpacked(b->proto, im->allocator);
	free(b->scope.values);
	free(b->out);
}

static int parse(struct onnx_node *node, const char *name, struct branch *b)
{
	const Lw__Onnx__AttributeProto *attr = lw_onnx_graph_attr(node, name);

	if (!attr)
		return lw_onnx_refuse(node, "%s is missing", name);
	b->proto = lw__onnx__graph_proto__unpack(node->im->allocator,
						 attr->g.len, attr->g.data);
	b->out = calloc(node->n_out + 1, sizeof(*b->out));
	if (!b->proto || !b->out)
		return lw_onnx_refuse(node, "%s is damaged, or too large", name);
	b->scope.proto = b->proto;
	if (b->proto->n_input)
		return lw_onnx_refuse(node, "%s has inputs", name);
	if (b->proto->n_output != node->n_out)
		return lw_onnx_refuse(node, "%s has %zu outputs, expected %u",
				      name, b->proto->n_output, node->n_out);
	return 0;
}

static void take_results(struct onnx_node *node, struct branch *b)
{
	const struct onnx_value *value;
	const char *name;
	uint32_t i;

	for (i = 0; i < node->n_out; i++) {
		name = b->proto->output[i]->name;
		value = name ? lw_onnx_find(node->im, name) : NULL;
		if (!value || value->state == ONNX_UNSEEN ||
		    value->state == ONNX_UNMADE) {
			lw_onnx_refuse(node, "result '%.200s' of a branch is not in the model",
				       name ? name : "");
			return;
		}
		/* Why is known already. */
		if (value->state == ONNX_REFUSED)
			node->status = 1;
		b->out[i] = *value;
	}
}

/* Runs a branch's nodes. */
static void run(struct onnx_node *node, struct branch *b)
{
	struct onnx_import *im = node->im;
	struct onnx_scope *outer = im->scope;
	int ret;

	if (node->status)
		return;
	if (im->depth == ONNX_MAX_DEPTH) {
		lw_onnx_refuse(node, "more than %d branches in each other",
			       ONNX_MAX_DEPTH);
		return;
	}
	im->depth++;
	ret = lw_onnx_run_graph(im, &b->scope);
	if (ret)
		node->status = ret;
	else
		take_results(node, b);
	im->scope = outer;
	im->depth--;
}

static int run_known(struct onnx_node *node, struct branch *branch)
{
	uint32_t i;

	run(node, branch);
	for (i = 0; i < node->n_out && !node->status; i++)
		if (node->out[i])
			lw_onnx_result(node, i, &branch->out[i]);
	return node->status;
}

static struct onnx_value *emit_gate(struct onnx_node *node,
				    const struct onnx_value *test, bool invert)
{
	static const struct onnx_shape scalar;
	struct onnx_value *in = lw_onnx_view(node, test, &scalar);
	struct onnx_value *flag = lw_onnx_new(node, &scalar, NULL);
	struct lw_node *made;

	if (in) {
		in->type = ONNX_FLOAT;
		in->state = ONNX_ACTIVATION;
	}
	made = lw_onnx_emit(node, LW_NODE_GATE, in, flag);
	if (!made)
		return NULL;
	made->gate = test->kind;
	made->threshold = test->threshold;
	made->invert = test->invert != invert;
	flag->rounded = true;
	flag->value->quantised = true;
	flag->value->scale = 1;
	return flag;
}

/* Result @i of the branch that always runs, and the axes that it lies along. */
static struct onnx_value *lay_early(struct onnx_node *node,
				    const struct branch *early, uint32_t i,
				    int8_t *axis)
{
	const struct onnx_value *value = &early->out[i];

	if (value->state != ONNX_ACTIVATION || value->type != ONNX_FLOAT) {
		lw_onnx_refuse(node, "result %u of a branch is no activation of real numbers",
			       i);
		return NULL;
	}
	if (!lw_onnx_axes(value, axis))
		lw_onnx_axes_last(&value->shape, axis);
	return lw_onnx_lay(node, value, axis);
}

static struct onnx_value *lay_late(struct onnx_node *node,
				   const struct branch *late, uint32_t i,
				   const struct onnx_value *early,
				   const int8_t *axis)
{
	const struct onnx_value *value = &late->out[i];
	bool same = value->state == ONNX_ACTIVATION &&
		    value->type == ONNX_FLOAT &&
		    value->shape.n == early->shape.n;
	uint32_t k;

	for (k = 0; same && k < early->shape.n; k++)
		same = value->shape.dim[k] == early->shape.dim[k];
	if (same)
		return lw_onnx_lay(node, value, axis);
	lw_onnx_refuse(node, "results %u of the branches differ in type or shape",
		       i);
	return NULL;
}

/* What was moved in a branch that may be skipped is not there behind it. */
static void forget_moved(struct onnx_import *im, struct onnx_view *before)
{
	struct onnx_view *view;

	while (im->moved != before) {
		view = im->moved;
		im->moved = view->next;
		view->next = NULL;
		lw_onnx_views_free(view);
	}
}

/* Results of both branches and their axes. */
struct merge {
	const struct onnx_value *early, *late;
	int8_t axis[ONNX_MAX_DIMS];
};

static int emit_merges(struct onnx_node *node, const struct onnx_value *flag,
		       const struct merge *merge)
{
	struct onnx_value *out;
	uint32_t i;

	for (i = 0; i < node->n_out && !node->status; i++) {
		const struct onnx_value *in[] = { flag, merge[i].early,
						  merge[i].late };

		out = lw_onnx_new_like(node, in[1]);
		if (!lw_onnx_emit_many(node, LW_NODE_MERGE, in, 3, out))
			break;
		if (lw_onnx_one_scale(in[1], in[2]))
			lw_onnx_same_scale(out, in[1]);
		if (node->out[i])
			lw_onnx_result(node, i, out);
	}
	return node->status;
}

static int run_tested(struct onnx_node *node, struct branch *early,
		      struct branch *late, bool invert)
{
	struct onnx_view *before;
	struct merge *merge;
	struct onnx_value *flag;
	uint32_t i;

	merge = calloc(node->n_out + 1, sizeof(*merge));
	if (!merge)
		return node->status = -ENOMEM;
	run(node, early);
	for (i = 0; i < node->n_out && !node->status; i++)
		merge[i].early = lay_early(node, early, i, merge[i].axis);
	flag = emit_gate(node, node->in[0], invert);
	before = node->im->moved;
	run(node, late);
	for (i = 0; i < node->n_out && !node->status; i++)
		merge[i].late = lay_late(node, late, i, merge[i].early,
					 merge[i].axis);
	emit_merges(node, flag, merge);
	forget_moved(node->im, before);
	free(merge);
	return node->status;
}

static int run_if(struct onnx_node *node, bool known)
{
	struct branch branch[2] = { { 0 } }, *then = branch;
	bool longer;

	if (!parse(node, "then_branch", then) &&
	    !parse(node, "else_branch", then + 1)) {
		longer = then[0].proto->n_node > then[1].proto->n_node;
		if (known)
			run_known(node, then + !node->in[0]->constant->whole[0]);
		else
			run_tested(node, then + longer, then + !longer, longer);
	}
	release(node->im, &branch[0]);
	release(node->im, &branch[1]);
	return node->status;
}

int lw_onnx_fold_if(struct onnx_node *node)
{
	const struct onnx_value *in = node->in[0];

	if (in->type != ONNX_BOOL || in->constant->n != 1)
		return lw_onnx_refuse(node, "the condition is not one bool");
	return run_if(node, true);
}

int lw_onnx_run_if(struct onnx_node *node)
{
	if (!lw_onnx_is_test(node, 0, ONNX_CONDITION))
		return lw_onnx_refuse(node, "the condition is neither a constant nor the comparison of a greatest number, or of a margin, with one");
	return run_if(node, false);
}
