// SPDX-License-Identifier: MIT
/* Folding of batch norms into the convolutions beside them. */
#include <stdlib.h>

#include "fold.h"

static bool has_float_weights(const struct lw_node *node)
{
	return node->weights && !node->weights->q;
}

/* A batch norm whose own result need not exist. */
static bool is_foldable(const struct lw_node *node)
{
	return node && node->kind == LW_NODE_AFFINE && !node->weights->q;
}

static int need_bias(struct lw_weights *w)
{
	if (!w->bias)
		w->bias = calloc(w->o, sizeof(*w->bias));
	return w->bias ? 0 : -ENOMEM;
}

static int report_gone(struct lw_folding *folding, const struct lw_node *node)
{
	return lw_report_add(folding->report, &(struct lw_report_row){
		.pass = "fold",
		.layer = node->name,
		.bytes_before = lw_node_bytes(node),
		.macs_before = lw_node_macs(node),
		.error = NAN,
	});
}

/* m (w x + b) + a = (m w) x + (m b + a) */
static void scale_outputs(struct lw_weights *w, const struct lw_weights *affine)
{
	size_t k, per_output = (size_t)w->kh * w->kw * w->i;
	uint32_t o;

	for (o = 0; o < w->o; o++) {
		for (k = 0; k < per_output; k++)
			w->real[o * per_output + k] *= affine->real[o];
		w->bias[o] *= affine->real[o];
		if (affine->bias)
			w->bias[o] += affine->bias[o];
	}
}

int lw_fold_affine_after(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_graph *graph = folding->graph;
	struct lw_node *conv;
	int ret;

	if (!is_foldable(node) || node->in[0]->quantised ||
	    lw_graph_readers(graph, node->in[0]) != 1)
		return 0;
	conv = lw_graph_producer(graph, node->in[0]);
	if (!conv || !has_float_weights(conv) || !lw_is_unbounded(conv))
		return 0;
	ret = need_bias(conv->weights);
	if (!ret)
		ret = report_gone(folding, node);
	if (ret)
		return ret;
	scale_outputs(conv->weights, node->weights);
	conv->act_lo = node->act_lo;
	conv->act_hi = node->act_hi;
	conv->out = node->out;
	lw_fold_remove(graph, node);
	return 1;
}

static bool adds_nothing(const struct lw_weights *affine)
{
	uint32_t i;

	for (i = 0; affine->bias && i < affine->o; i++)
		if (affine->bias[i] != 0)
			return false;
	return true;
}

/* Every output adds up all places of the kernel. */
static bool is_whole(const struct lw_node *node)
{
	return node->kind != LW_NODE_TCONV && !lw_has_padding(&node->window);
}

/* w (m x + a) + b = (w m) x + (w a + b) */
static void scale_inputs(struct lw_node *conv, const struct lw_weights *affine)
{
	bool depthwise = conv->kind == LW_NODE_DWCONV;
	struct lw_weights *w = conv->weights;
	size_t taps = (size_t)w->kh * w->kw;
	uint32_t o, i, first, from;
	float *real = w->real;
	size_t t;

	for (o = 0; o < w->o; o++) {
		first = depthwise ? o : o / (w->o / conv->groups) * w->i;
		for (t = 0; t < taps; t++)
			for (i = 0; i < w->i; i++, real++) {
				from = first + i;
				if (affine->bias)
					w->bias[o] += *real *
						      affine->bias[from];
				*real *= affine->real[from];
			}
	}
}

int lw_fold_affine_before(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_graph *graph = folding->graph;
	const struct lw_node *affine;
	int ret;

	if (!has_float_weights(node) || node->kind == LW_NODE_AFFINE ||
	    node->in[0]->quantised)
		return 0;
	affine = lw_graph_producer(graph, node->in[0]);
	if (!is_foldable(affine) || !lw_is_unbounded(affine) ||
	    lw_graph_readers(graph, node->in[0]) != 1 ||
	    (!is_whole(node) && !adds_nothing(affine->weights)))
		return 0;
	ret = need_bias(node->weights);
	if (!ret)
		ret = report_gone(folding, affine);
	if (ret)
		return ret;
	scale_inputs(node, affine->weights);
	node->in[0] = affine->in[0];
	lw_fold_remove(graph, affine);
	return 1;
}
