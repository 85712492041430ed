// SPDX-License-Identifier: MIT
/* Folding of what moves numbers: padding, slices, copies, changes of scale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../common/fold_rig.h"

static struct lw_graph *padded(float fill, enum lw_node_kind kind,
			       struct build_conv conv)
{
	struct lw_graph *graph = build_graph(5, 5, 3);
	struct lw_node *pad;

	pad = build_node(graph, LW_NODE_PAD, "pad", graph->values[0], 7, 6, 3);
	pad->fill = fill;
	pad->window.pad_top = 2;
	pad->window.pad_right = 1;
	build_conv(graph, kind, "conv", pad->out, conv);
	return graph;
}

static void test_padding_into_convolution(void **state)
{
	struct build_conv conv = { .o = 4, .kernel = 3, .pad = 1, .stride = 2 };
	struct lw_graph *graph;

	(void)state;
	graph = padded(0, LW_NODE_CONV, conv);
	fold_check(graph, graph->nodes[1]->out, 1);
	assert_int_equal(graph->nodes[0]->window.pad_top, 3);
	assert_int_equal(graph->nodes[0]->window.pad_right, 2);
	lw_graph_free(graph);
	graph = padded(0, LW_NODE_DWCONV, conv);
	lw_graph_free(fold_check(graph, graph->nodes[1]->out, 1));
	graph = padded(0.5f, LW_NODE_CONV, conv);
	lw_graph_free(fold_check(graph, graph->nodes[1]->out, 2));
}

static void check_padded_pool(enum lw_pool_kind kind, enum lw_rule rule,
			      uint32_t pad_top, uint32_t nodes)
{
	struct lw_graph *graph = build_graph(5, 5, 3);
	struct lw_node *node;

	node = build_node(graph, LW_NODE_PAD, "pad", graph->values[0],
			  5 + pad_top, 6, 3);
	node->window.pad_top = pad_top;
	node->window.pad_right = 1;
	node = build_node(graph, LW_NODE_POOL, "pool", node->out, 3 + pad_top,
			  4, 3);
	node->pool = kind;
	node->rule = rule;
	node->window.kernel_h = node->window.kernel_w = 3;
	lw_graph_free(fold_check(graph, node->out, nodes));
}

static void test_padding_into_average(void **state)
{
	(void)state;
	check_padded_pool(LW_POOL_AVERAGE, LW_RULE_COMMON, 2, 1);
	check_padded_pool(LW_POOL_AVERAGE, LW_RULE_ONNXRUNTIME, 2, 1);
	check_padded_pool(LW_POOL_AVERAGE, LW_RULE_ONNXRUNTIME_REDUCE, 2, 2);
	check_padded_pool(LW_POOL_AVERAGE, LW_RULE_COMMON, 3, 2);
	check_padded_pool(LW_POOL_MAX, LW_RULE_COMMON, 2, 2);
}

static void test_slice_of_slice(void **state)
{
	struct lw_graph *graph = build_graph(9, 8, 7);
	struct lw_node *node;

	(void)state;
	node = build_node(graph, LW_NODE_SLICE, "a", graph->values[0], 4, 8, 5);
	node->start[0] = 1;
	node->step[0] = 2;
	node->start[2] = 1;
	node = build_node(graph, LW_NODE_SLICE, "b", node->out, 2, 3, 2);
	node->start[0] = 1;
	node->step[0] = 2;
	node->start[1] = 1;
	node->step[1] = 3;
	node->start[2] = 3;
	fold_check(graph, node->out, 1);
	assert_int_equal(graph->nodes[0]->start[0], 3);
	assert_int_equal(graph->nodes[0]->step[0], 4);
	lw_graph_free(graph);
}

static void test_nothing_is_left_of_identities(void **state)
{
	struct lw_graph *graph = build_graph(4, 4, 3);
	struct lw_node *node;

	(void)state;
	node = build_node(graph, LW_NODE_UNARY, "i", graph->values[0], 4, 4, 3);
	node = build_node(graph, LW_NODE_CONCAT, "concat", node->out, 4, 4, 3);
	node->axis = LW_AXIS_C;
	node = build_node(graph, LW_NODE_SLICE, "slice", node->out, 4, 4, 3);
	node = build_node(graph, LW_NODE_PAD, "pad", node->out, 4, 4, 3);
	node = build_node(graph, LW_NODE_REQUANT, "q", node->out, 4, 4, 3);
	node = build_node(graph, LW_NODE_SOFTMAX, "s", node->out, 4, 4, 3);
	fold_check(graph, node->out, 1);
	assert_ptr_equal(graph->nodes[0]->in[0], graph->inputs[0].value);
	lw_graph_free(graph);
}

/* Float input, QUANTIZE … DEQUANTIZE: the ports take the bytes' scales. */
static void test_conversions_at_the_ports(void **state)
{
	struct lw_graph *graph = build_graph(4, 4, 3);
	struct lw_node *node;

	(void)state;
	node = build_node(graph, LW_NODE_REQUANT, "q", graph->values[0], 4, 4,
			  3);
	build_scale(node->out, 0.01f, 7);
	node = build_node(graph, LW_NODE_SOFTMAX, "s", node->out, 4, 4, 3);
	build_scale(node->out, 1.0f / 256, 0);
	node = build_node(graph, LW_NODE_REQUANT, "d", node->out, 4, 4, 3);
	fold_check(graph, node->out, 1);
	assert_true(graph->inputs[0].value->quantised);
	assert_int_equal(graph->inputs[0].value->zero_point, 7);
	assert_true(graph->outputs[0].value->scale == 1.0f / 256);
	assert_string_equal(graph->outputs[0].value->name, "d.out");
	assert_true(graph->quantised);
	lw_graph_free(graph);
}

static void test_change_of_scale_stays(void **state)
{
	struct lw_graph *graph = build_graph(4, 4, 3);
	struct lw_node *node;

	(void)state;
	build_scale(graph->values[0], 0.01f, 7);
	node = build_node(graph, LW_NODE_REQUANT, "q", graph->values[0], 4, 4,
			  3);
	build_scale(node->out, 0.02f, 7);
	lw_graph_free(fold_check(graph, node->out, 1));
	graph = build_graph(4, 4, 3);
	node = build_node(graph, LW_NODE_REQUANT, "q", graph->values[0], 4, 4,
			  3);
	lw_graph_free(fold_check(graph, node->out, 1));
}

static void test_dead_nodes_go(void **state)
{
	struct lw_graph *graph = build_graph(4, 4, 3);
	struct lw_node *live, *dead;

	(void)state;
	dead = build_conv(graph, LW_NODE_CONV, "dead", graph->values[0],
			  (struct build_conv){ .o = 3 });
	build_conv(graph, LW_NODE_CONV, "dead2", dead->out,
		   (struct build_conv){ .o = 3 });
	live = build_conv(graph, LW_NODE_CONV, "live", graph->values[0],
			  (struct build_conv){ .o = 3 });
	fold_check(graph, live->out, 1);
	assert_string_equal(graph->nodes[0]->name, "live");
	lw_graph_free(graph);
}

static void test_what_moves_constants(void **state)
{
	struct lw_graph *graph = build_graph(4, 3, 2);
	struct lw_node *node = build_constant(graph, "k", 3, 4, 2), *sum;

	(void)state;
	node = build_node(graph, LW_NODE_REORDER, "turn", node->out, 4, 3, 2);
	node->n_sizes = 3;
	memcpy(node->size, (uint32_t[]){ 4, 3, 2 }, 12);
	memcpy(node->stride, (uint32_t[]){ 2, 8, 1 }, 12);
	node = build_node(graph, LW_NODE_SLICE, "rows", node->out, 1, 3, 2);
	node->start[0] = 1;
	sum = build_join(graph, LW_NODE_ADD, "sum", (struct lw_value *[]){
			 graph->values[0], node->out }, 2, 4, 3, 2);
	fold_check(graph, sum->out, 2);
	assert_int_equal(graph->nodes[0]->kind, LW_NODE_CONSTANT);
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padding_into_convolution),
		cmocka_unit_test(test_padding_into_average),
		cmocka_unit_test(test_slice_of_slice),
		cmocka_unit_test(test_nothing_is_left_of_identities),
		cmocka_unit_test(test_conversions_at_the_ports),
		cmocka_unit_test(test_change_of_scale_stays),
		cmocka_unit_test(test_dead_nodes_go),
		cmocka_unit_test(test_what_moves_constants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
