// SPDX-License-Identifier: MIT
/* Pooling. */
#include "onnx_make.h"

static int pool(struct onnx_node *node, const struct onnx_value *in,
		enum lw_pool_kind kind)
{
	struct lw_window window;
	struct onnx_value *out;
	struct lw_node *made;
	uint32_t size[2];

	in = lw_onnx_image(node, in);
	if (!in || lw_onnx_window(node, in, 0, 0, &window, size))
		return node->status;
	if (window.dilation_h != 1 || window.dilation_w != 1)
		return lw_onnx_refuse(node, "dilations are %u and %u, expected 1",
				      window.dilation_h, window.dilation_w);
	out = lw_onnx_new_image(node, in, in->value->c, size);
	made = lw_onnx_emit(node, LW_NODE_POOL, in, out);
	if (!made)
		return node->status;
	made->pool = kind;
	made->window = window;
	if (kind == LW_POOL_AVERAGE) {
		made->count_pad = lw_onnx_int(node, "count_include_pad", 0);
		lw_onnx_set_rule(made, LW_RULE_ONNXRUNTIME);
	} else {
		lw_onnx_same_scale(out, in);
	}
	return lw_onnx_result(node, 0, out);
}

static int max_pool(struct onnx_node *node)
{
	/* The order of the second output, which is refused. */
	lw_onnx_ignore(node, "storage_order");
	return pool(node, lw_onnx_movable(node, 0), LW_POOL_MAX);
}

int lw_onnx_run_max_pool(struct onnx_node *node)
{
	return lw_onnx_each_image(node, max_pool);
}

static int average_pool(struct onnx_node *node)
{
	return pool(node, lw_onnx_activation(node, 0), LW_POOL_AVERAGE);
}

int lw_onnx_run_average_pool(struct onnx_node *node)
{
	return lw_onnx_each_image(node, average_pool);
}

/* All dimensions but batch and channels. */
static bool spatial(struct onnx_node *node, const struct onnx_value *in,
		    bool *over)
{
	uint32_t i;

	if (!in)
		return false;
	if (in->shape.n < 3) {
		lw_onnx_refuse(node, "input of %u dimensions, expected 3 or more",
			       in->shape.n);
		return false;
	}
	for (i = 0; i < in->shape.n; i++)
		over[i] = i >= 2;
	return true;
}

static int global_average_pool(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0), *out;
	const struct lw_graph *graph = node->im->graph;
	uint32_t before = graph->n_nodes;
	bool over[ONNX_MAX_DIMS];

	if (!spatial(node, in, over))
		return node->status;
	out = lw_onnx_mean(node, in, over);
	if (out && graph->n_nodes > before)
		lw_onnx_set_rule(graph->nodes[graph->n_nodes - 1],
				 LW_RULE_ONNXRUNTIME_SUM);
	return lw_onnx_result(node, 0, out);
}

static int global_max_pool(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_movable(node, 0);
	bool over[ONNX_MAX_DIMS];

	if (!spatial(node, in, over))
		return node->status;
	return lw_onnx_result(node, 0, lw_onnx_max(node, in, over));
}

int lw_onnx_run_global_average_pool(struct onnx_node *node)
{
	return lw_onnx_each_image(node, global_average_pool);
}

int lw_onnx_run_global_max_pool(struct onnx_node *node)
{
	return lw_onnx_each_image(node, global_max_pool);
}
