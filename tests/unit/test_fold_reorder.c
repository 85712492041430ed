// SPDX-License-Identifier: MIT
/* Folding of what reorders numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../common/fold_rig.h"

/* Sizes and strides; a stride of 0 repeats. */
struct order {
	uint32_t n, size[LW_MAX_SIZES], stride[LW_MAX_SIZES];
};

static struct lw_node *reorder(struct lw_graph *graph, struct lw_value *in,
			       uint32_t h, uint32_t w, uint32_t c,
			       struct order order)
{
	struct lw_node *node = build_node(graph, LW_NODE_REORDER, "reorder", in,
					  h, w, c);

	node->n_sizes = order.n;
	memcpy(node->size, order.size, sizeof(order.size));
	memcpy(node->stride, order.stride, sizeof(order.stride));
	return node;
}

static void check_flatten(bool nchw, bool quantised)
{
	struct lw_graph *graph = build_graph(3, 2, 4);
	struct lw_node *node;

	node = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 5, .kernel = 2,
					       .pad = 1 });
	if (quantised) {
		build_scale(graph->values[0], 0.01f, 128);
		build_quantise(node, 1.0f / 64);
	}
	node = build_node(graph, LW_NODE_FLATTEN, "flatten", node->out, 1, 1,
			  4 * 3 * 5);
	node->nchw = nchw;
	if (quantised)
		build_scale(node->out, 0.05f, 100);
	node = build_conv(graph, LW_NODE_CONV, "fc", node->out,
			  (struct build_conv){ .o = 7, .bias = true });
	if (quantised) {
		build_quantise(node, 1.0f / 64);
		build_scale(node->out, 0.05f, 100);
	}
	fold_check(graph, node->out, 2);
	assert_int_equal(graph->nodes[1]->weights->kh, 4);
	assert_int_equal(graph->nodes[1]->weights->kw, 3);
	assert_int_equal(graph->nodes[1]->weights->i, 5);
	if (quantised)
		assert_true(graph->nodes[1]->weights->q[17] ==
			    graph->nodes[1]->weights->real[17] * 64);
	lw_graph_free(graph);
}

static void test_flatten_and_fully_connected(void **state)
{
	(void)state;
	check_flatten(false, false);
	check_flatten(true, false);
	check_flatten(true, true);
}

static void test_two_layers_read_one_flatten(void **state)
{
	struct lw_graph *graph = build_graph(3, 2, 4);
	struct lw_node *flatten, *a, *b, *add;

	(void)state;
	flatten = build_node(graph, LW_NODE_FLATTEN, "flatten",
			     graph->values[0], 1, 1, 24);
	flatten->nchw = true;
	a = build_conv(graph, LW_NODE_CONV, "a", flatten->out,
		       (struct build_conv){ .o = 7 });
	b = build_conv(graph, LW_NODE_CONV, "b", flatten->out,
		       (struct build_conv){ .o = 7 });
	add = lw_graph_node(graph, LW_NODE_ADD, "add",
			    (struct lw_value *[]){ a->out, b->out }, 2,
			    lw_graph_value(graph, "o", 1, 1, 7));
	fold_check(graph, add->out, 3);
	lw_graph_free(graph);
}

static void test_flatten_of_one_pixel(void **state)
{
	struct lw_graph *graph = build_graph(1, 1, 6);
	struct lw_node *node;

	(void)state;
	node = build_node(graph, LW_NODE_FLATTEN, "flatten", graph->values[0],
			  1, 1, 6);
	node = build_node(graph, LW_NODE_SOFTMAX, "softmax", node->out, 1, 1,
			  6);
	fold_check(graph, node->out, 1);
	lw_graph_free(graph);
}

/* h w c to c h w, and back by way of another shape. */
static void test_transpose_and_back(void **state)
{
	struct lw_graph *graph = build_graph(3, 4, 5);
	struct lw_value *v = graph->values[0];

	(void)state;
	v = reorder(graph, v, 5, 3, 4,
		    (struct order){ 2, { 5, 12 }, { 1, 5 } })->out;
	v = reorder(graph, v, 1, 20, 3,
		    (struct order){ 1, { 60 }, { 1 } })->out;
	v = reorder(graph, v, 3, 4, 5,
		    (struct order){ 2, { 12, 5 }, { 1, 12 } })->out;
	v = build_node(graph, LW_NODE_SOFTMAX, "softmax", v, 3, 4, 5)->out;
	fold_check(graph, v, 1);
	lw_graph_free(graph);
}

static void test_reorderings_become_one(void **state)
{
	struct lw_graph *graph = build_graph(3, 4, 6);
	struct lw_value *v = graph->values[0];

	(void)state;
	v = reorder(graph, v, 4, 3, 6,
		    (struct order){ 3, { 4, 3, 6 }, { 6, 24, 1 } })->out;
	v = reorder(graph, v, 4, 3, 6,
		    (struct order){ 3, { 12, 3, 2 }, { 6, 1, 3 } })->out;
	v = build_node(graph, LW_NODE_FLATTEN, "flatten", v, 1, 1, 72)->out;
	fold_check(graph, v, 1);
	assert_int_equal(graph->nodes[0]->kind, LW_NODE_REORDER);
	lw_graph_free(graph);
}

/* What is read by others stays, and is still not read by the second. */
static void test_shared_reordering(void **state)
{
	struct lw_graph *graph = build_graph(1, 4, 6);
	struct lw_value *v = graph->values[0], *turned;
	struct lw_node *node;

	(void)state;
	turned = reorder(graph, v, 1, 6, 4,
			 (struct order){ 2, { 6, 4 }, { 1, 6 } })->out;
	v = reorder(graph, turned, 1, 4, 6,
		    (struct order){ 2, { 4, 6 }, { 1, 4 } })->out;
	v = reorder(graph, v, 1, 6, 4,
		    (struct order){ 1, { 24 }, { 1 } })->out;
	node = build_join(graph, LW_NODE_ADD, "sum",
			  (struct lw_value *[]){ turned, v }, 2, 1, 6, 4);
	fold_check(graph, node->out, 3);
	lw_graph_free(graph);
}

/* Rounding between them to other quanta must not vanish. */
static void test_reorderings_with_a_change_of_scale(void **state)
{
	struct lw_graph *graph = build_graph(1, 4, 6);
	struct lw_value *v = graph->values[0];

	(void)state;
	build_scale(v, 0.01f, 128);
	v = reorder(graph, v, 1, 6, 4,
		    (struct order){ 2, { 6, 4 }, { 1, 6 } })->out;
	build_scale(v, 0.07f, 128);
	v = reorder(graph, v, 1, 4, 6,
		    (struct order){ 2, { 4, 6 }, { 1, 4 } })->out;
	build_scale(v, 0.01f, 128);
	fold_check(graph, v, 2);
	lw_graph_free(graph);
}

static void check_fully_connected(uint32_t c, struct order order,
				  uint32_t nodes)
{
	struct lw_graph *graph = build_graph(3, 4, 2);
	struct lw_node *node = reorder(graph, graph->values[0], 1, 1, c, order);

	node = build_conv(graph, LW_NODE_CONV, "fc", node->out,
			  (struct build_conv){ .o = 7, .bias = true });
	fold_check(graph, node->out, nodes);
	if (nodes == 1)
		assert_int_equal(graph->nodes[0]->weights->kw, 4);
	lw_graph_free(graph);
}

static void test_reorder_and_fully_connected(void **state)
{
	(void)state;
	/* As flatten does, by columns, and one that is no flatten. */
	check_fully_connected(24, (struct order){ 1, { 24 }, { 1 } }, 1);
	check_fully_connected(24, (struct order){ 2, { 2, 12 }, { 1, 2 } }, 1);
	check_fully_connected(24, (struct order){ 3, { 2, 4, 3 }, { 1, 2, 8 } },
			      1);
	/* A repetition, a part. */
	check_fully_connected(48, (struct order){ 2, { 2, 24 }, { 0, 1 } }, 2);
	check_fully_connected(12, (struct order){ 1, { 12 }, { 1 } }, 2);
	check_fully_connected(24, (struct order){ 2, { 2, 12 }, { 0, 1 } }, 2);
}

static void test_reorder_that_flattens(void **state)
{
	struct lw_graph *graph = build_graph(3, 4, 2);
	struct lw_value *v = graph->values[0];

	(void)state;
	v = reorder(graph, v, 1, 1, 24,
		    (struct order){ 3, { 2, 3, 4 }, { 1, 8, 2 } })->out;
	fold_check(graph, v, 1);
	assert_int_equal(graph->nodes[0]->kind, LW_NODE_FLATTEN);
	assert_true(graph->nodes[0]->nchw);
	lw_graph_free(graph);
}

/* Relu goes through a reordering into the convolution before it. */
static void test_function_behind_a_reordering(void **state)
{
	struct lw_graph *graph = build_graph(2, 3, 4);
	struct lw_node *node;

	(void)state;
	node = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 8 });
	node = reorder(graph, node->out, 4, 6, 2,
		       (struct order){ 5, { 2, 2, 3, 2, 2 },
				       { 24, 4, 8, 2, 1 } });
	node = build_node(graph, LW_NODE_UNARY, "relu", node->out, 4, 6, 2);
	node->act_lo = 0;
	fold_check(graph, node->out, 2);
	assert_true(graph->nodes[0]->act_lo == 0);
	lw_graph_free(graph);
}

/* Between reorderings that undo each other a function is all that is left. */
static void test_function_between_reorderings(void **state)
{
	struct lw_graph *graph = build_graph(1, 4, 6);
	struct lw_value *v = graph->values[0];
	struct lw_node *node;

	(void)state;
	v = reorder(graph, v, 1, 6, 4,
		    (struct order){ 2, { 6, 4 }, { 1, 6 } })->out;
	node = build_node(graph, LW_NODE_UNARY, "f", v, 1, 6, 4);
	node->unary = LW_UNARY_TANH;
	v = reorder(graph, node->out, 1, 4, 6,
		    (struct order){ 2, { 4, 6 }, { 1, 4 } })->out;
	fold_check(graph, v, 1);
	lw_graph_free(graph);
}

/* Slopes belong to channels; what repeats would be computed more often. */
static void test_functions_that_stay_behind(void **state)
{
	struct lw_graph *graph = build_graph(1, 4, 6);
	struct lw_node *node;

	(void)state;
	node = reorder(graph, graph->values[0], 1, 6, 4,
		       (struct order){ 2, { 6, 4 }, { 1, 6 } });
	node = build_node(graph, LW_NODE_UNARY, "prelu", node->out, 1, 6, 4);
	node->unary = LW_UNARY_LEAKY_RELU;
	node->alphas = build_copy((float[]){ 1, 2, 3, 4 }, 4);
	node = reorder(graph, node->out, 1, 1, 4,
		       (struct order){ 1, { 4 }, { 1 } });
	node = build_node(graph, LW_NODE_UNARY, "f", node->out, 1, 1, 4);
	node->unary = LW_UNARY_TANH;
	fold_check(graph, node->out, 4);
	assert_int_equal(graph->nodes[3]->unary, LW_UNARY_TANH);
	lw_graph_free(graph);
}

static void test_transposes_into_matrix_products(void **state)
{
	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		struct lw_graph *graph = build_graph(2, 3, 5);
		struct lw_value *in = graph->values[0], *v = in;
		struct lw_node *node;

		v = reorder(graph, v, 2, 5, 3,
			    (struct order){ 3, { 2, 5, 3 }, { 15, 1, 5 } })->out;
		node = build_join(graph, LW_NODE_MATMUL, "product",
				  (struct lw_value *[]){ v, twice ? v : in }, 2,
				  2, 5, twice ? 3 : 5);
		if (twice) {
			node->transpose_b = true;
			node->out->c = 5;
		}
		fold_check(graph, node->out, 1);
		assert_true(graph->nodes[0]->transpose_a);
		assert_false(graph->nodes[0]->transpose_b);
		lw_graph_free(graph);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flatten_and_fully_connected),
		cmocka_unit_test(test_two_layers_read_one_flatten),
		cmocka_unit_test(test_flatten_of_one_pixel),
		cmocka_unit_test(test_transpose_and_back),
		cmocka_unit_test(test_reorderings_become_one),
		cmocka_unit_test(test_shared_reordering),
		cmocka_unit_test(test_reorderings_with_a_change_of_scale),
		cmocka_unit_test(test_reorder_and_fully_connected),
		cmocka_unit_test(test_reorder_that_flattens),
		cmocka_unit_test(test_function_behind_a_reordering),
		cmocka_unit_test(test_function_between_reorderings),
		cmocka_unit_test(test_functions_that_stay_behind),
		cmocka_unit_test(test_transposes_into_matrix_products),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
