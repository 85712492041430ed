// SPDX-License-Identifier: MIT
/* Graphs: making, copying, changing and checking them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "../common/near.h"

/* conv, pool, add (conv + pool), concat, softmax: one of the usual kinds. */
static struct lw_graph *make(void)
{
	struct lw_graph *graph = build_graph(8, 8, 4);
	struct lw_node *conv, *pool, *add, *flatten, *pad;

	conv = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 6, .kernel = 3, .pad = 1,
					       .groups = 2, .bias = true });
	pool = build_node(graph, LW_NODE_POOL, "pool", conv->out, 8, 8, 6);
	pool->pool = LW_POOL_MAX;
	pool->window.kernel_h = pool->window.kernel_w = 3;
	pool->window.pad_top = pool->window.pad_left = 1;
	pool->window.pad_bottom = pool->window.pad_right = 1;
	add = lw_graph_node(graph, LW_NODE_ADD, "add",
			    (struct lw_value *[]){ conv->out, pool->out }, 2,
			    lw_graph_value(graph, "add.out", 8, 8, 6));
	pad = build_node(graph, LW_NODE_PAD, "pad", add->out, 9, 8, 8);
	pad->window.pad_top = 1;
	pad->pad_channels_after = 2;
	flatten = build_node(graph, LW_NODE_FLATTEN, "flatten", pad->out, 1, 1,
			     576);
	build_output(graph, build_node(graph, LW_NODE_SOFTMAX, "softmax",
				       flatten->out, 1, 1, 576)->out);
	return graph;
}

static struct lw_node *find(struct lw_graph *graph, const char *name)
{
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++)
		if (!strcmp(graph->nodes[i]->name, name))
			return graph->nodes[i];
	fail_msg("no node %s", name);
	return NULL;
}

static void test_new_node_does_nothing_special(void **state)
{
	struct lw_graph *graph = build_graph(2, 3, 4);
	struct lw_node *node = build_node(graph, LW_NODE_REQUANT, "n",
					  graph->values[0], 2, 3, 4);

	(void)state;
	assert_true(node->act_lo == -INFINITY && node->act_hi == INFINITY);
	assert_int_equal(node->groups, 1);
	assert_int_equal(node->window.stride_w, 1);
	assert_int_equal(node->step[2], 1);
	lw_graph_free(graph);
}

static void test_many_values_and_nodes(void **state)
{
	struct lw_graph *graph = build_graph(1, 1, 1);
	struct lw_value *value = graph->values[0];
	uint32_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		value = build_node(graph, LW_NODE_REQUANT, "n", value, 1, 1,
				   1)->out;
	build_output(graph, value);
	for (i = 0; i < graph->n_values; i++)
		assert_int_equal(graph->values[i]->id, i);
	assert_int_equal(graph->n_nodes, 1000);
	assert_int_equal(lw_graph_check(graph, NULL), 0);
	lw_graph_free(graph);
}

static void test_copy_is_equal_and_apart(void **state)
{
	struct lw_graph *graph = make(), *copy = lw_graph_copy(graph);
	float *in = build_numbers(graph->values[0]);
	float *a, *b;
	uint32_t i;

	(void)state;
	assert_non_null(copy);
	assert_int_equal(lw_graph_check(copy, NULL), 0);
	assert_int_equal(copy->n_nodes, graph->n_nodes);
	for (i = 0; i < copy->n_nodes; i++) {
		assert_ptr_not_equal(copy->nodes[i], graph->nodes[i]);
		assert_string_equal(copy->nodes[i]->name,
				    graph->nodes[i]->name);
	}
	a = build_run(graph, in);
	lw_graph_free(graph);
	b = build_run(copy, in);
	assert_memory_equal(a, b, 576 * sizeof(*a));
	lw_graph_free(copy);
	free(in);
	free(a);
	free(b);
}

static void test_copy_of_quantised_weights(void **state)
{
	struct lw_graph *graph = make(), *copy;
	struct lw_weights *w = graph->nodes[0]->weights;

	(void)state;
	w->q = calloc(6 * 9 * 2, 1);
	w->scale = calloc(6, sizeof(float));
	w->bias_q = calloc(6, sizeof(int32_t));
	w->q[107] = -5;
	w->scale[5] = 0.5f;
	w->bias_q[5] = -77;
	copy = lw_graph_copy(graph);
	assert_int_equal(copy->nodes[0]->weights->q[107], -5);
	assert_true(copy->nodes[0]->weights->scale[5] == 0.5f);
	assert_int_equal(copy->nodes[0]->weights->bias_q[5], -77);
	lw_graph_free(graph);
	lw_graph_free(copy);
}

static void test_readers_producer_replace_remove(void **state)
{
	struct lw_graph *graph = make();
	struct lw_node *conv = find(graph, "conv"), *pool = find(graph, "pool");
	struct lw_value *before = conv->out;

	(void)state;
	assert_int_equal(lw_graph_readers(graph, conv->out), 2);
	assert_int_equal(lw_graph_readers(graph, graph->outputs[0].value), 1);
	assert_null(lw_graph_producer(graph, graph->values[0]));
	assert_ptr_equal(lw_graph_producer(graph, pool->out), pool);
	lw_graph_replace(graph, pool->out, before);
	assert_int_equal(lw_graph_readers(graph, pool->out), 0);
	assert_int_equal(lw_graph_readers(graph, before), 3);
	assert_ptr_equal(graph->nodes[1], pool);
	lw_graph_remove(graph, 1);
	assert_string_equal(graph->nodes[1]->name, "add");
	assert_int_equal(lw_graph_check(graph, NULL), 0);
	lw_graph_replace(graph, graph->outputs[0].value, before);
	assert_ptr_equal(graph->outputs[0].value, before);
	lw_graph_free(graph);
}

static void test_weights_refuse_sizes(void **state)
{
	struct lw_weights *w = lw_weights_new(3, 1, 2, 5, false);

	(void)state;
	assert_non_null(w);
	assert_null(w->bias);
	assert_true(w->real[29] == 0);
	lw_weights_free(w);
	assert_null(lw_weights_new(0, 1, 1, 1, false));
	assert_null(lw_weights_new(1, 1, 1, 0, true));
	assert_null(lw_weights_new(UINT32_MAX, UINT32_MAX, 2, 1, false));
	assert_null(lw_weights_new(LW_MAX_ELEMENTS, 1, 1, 2, false));
	lw_weights_free(NULL);
	lw_graph_free(NULL);
}

static void test_refusals(void **state)
{
	struct lw_refusals refusals = { 0 };
	uint32_t i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(lw_refuse(&refusals, "node", NULL,
					   "reason %u", i), 0);
	assert_int_equal(refusals.n, 100);
	assert_string_equal(refusals.item[99].node, "node");
	assert_string_equal(refusals.item[99].op, "");
	assert_string_equal(refusals.item[99].reason, "reason 99");
	lw_refusals_free(&refusals);
	assert_int_equal(refusals.n, 0);
}

static void test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(lw_node_kind_name(LW_NODE_CONV), "conv");
	assert_string_equal(lw_node_kind_name(LW_NODE_REQUANT), "requant");
	assert_string_equal(lw_node_kind_name(LW_NODE_KINDS), "unknown");
}

/* One thing wrong each, and a word that the message must have. */
#define FAULTS(X) \
	X("conv", find(graph, "conv")->groups = 4) \
	X("conv", find(graph, "conv")->groups = 0) \
	X("conv", find(graph, "conv")->window.kernel_h = 0) \
	X("conv", find(graph, "conv")->window.kernel_w = 2) \
	X("conv", find(graph, "conv")->window.stride_w = 2) \
	X("conv", find(graph, "conv")->window.dilation_h = 70000) \
	X("conv", find(graph, "conv")->window.pad_left = UINT32_MAX) \
	X("conv", find(graph, "conv")->window.dilation_h = 5) \
	X("conv", find(graph, "conv")->weights->i = 3) \
	X("conv", find(graph, "conv")->weights->o = 5) \
	X("conv", find(graph, "conv")->weights->real[3] = NAN) \
	X("conv", find(graph, "conv")->weights->bias[3] = INFINITY) \
	X("conv", (lw_weights_free(find(graph, "conv")->weights), \
		   find(graph, "conv")->weights = NULL)) \
	X("conv", find(graph, "conv")->weights->q = calloc(108, 1)) \
	X("conv", find(graph, "conv")->act_lo = NAN) \
	X("conv", (find(graph, "conv")->act_lo = 2, \
		   find(graph, "conv")->act_hi = 1)) \
	X("conv", find(graph, "conv")->kind = LW_NODE_KINDS) \
	X("conv", find(graph, "conv")->in[0] = find(graph, "pool")->out) \
	X("conv", find(graph, "conv")->in[0] = NULL) \
	X("conv", find(graph, "conv")->out = graph->values[0]) \
	X("conv", find(graph, "conv")->kind = LW_NODE_DWCONV) \
	X("conv", find(graph, "conv")->n_in = 0) \
	X("pool", find(graph, "pool")->out = find(graph, "conv")->out) \
	X("pool", find(graph, "pool")->window.pad_top = 3) \
	X("pool", (find(graph, "pool")->window.pad_top = 4, \
		   find(graph, "pool")->window.pad_bottom = 0, \
		   find(graph, "pool")->out->h = 10)) \
	X("pool", find(graph, "pool")->pool = 2) \
	X("pool", find(graph, "pool")->rule = LW_RULE_TFLITE) \
	X("add", find(graph, "add")->n_in = 1) \
	X("pool", find(graph, "pool")->out->c = 5) \
	X("pad", find(graph, "pad")->fill = NAN) \
	X("pad", find(graph, "pad")->window.pad_bottom = 1) \
	X("pad", find(graph, "pad")->pad_channels_before = UINT32_MAX) \
	X("pad", find(graph, "pad")->kind = LW_NODE_SLICE) \
	X("flatten", find(graph, "flatten")->out->c = 575) \
	X("softmax", find(graph, "softmax")->out->c = 575) \
	X("softmax", graph->outputs[0].dims[3] = 575) \
	X("softmax", graph->outputs[0].n_dims = 9) \
	X("output", graph->outputs[0].value = NULL) \
	X("outputs", graph->n_outputs = 0) \
	X("inputs", graph->n_inputs = 0) \
	X("in", build_scale(graph->values[0], 0, 0)) \
	X("in", build_scale(graph->values[0], NAN, 0)) \
	X("in", build_scale(graph->values[0], 1, 256)) \
	X("in", build_scale(graph->values[0], 1, -1)) \
	X("in", graph->values[0]->h = 0) \
	X("in", graph->values[0]->w = 65536) \
	X("in", graph->values[0]->id = 1) \
	X("in", (graph->values[0]->h = graph->values[0]->w = 65535)) \
	X("quantised", graph->quantised = true)

static void test_check_finds_each_fault(void **state)
{
	struct lw_graph *graph;

	(void)state;
#define CHECK_FAULT(word, ...) \
	graph = make(); \
	__VA_ARGS__; \
	assert_unsound(#__VA_ARGS__, word, graph);
	FAULTS(CHECK_FAULT)
}

static void test_check_accepts(void **state)
{
	struct lw_graph *graph = make();
	struct lwnpu_error error = { 0 };

	(void)state;
	if (lw_graph_check(graph, &error))
		fail_msg("%s", error.message);
	lw_graph_free(graph);
}

static void test_check_of_concat_and_slice(void **state)
{
	struct lw_graph *graph = build_graph(4, 6, 8);
	struct lw_node *slice, *concat;

	(void)state;
	slice = build_node(graph, LW_NODE_SLICE, "slice", graph->values[0], 2,
			   6, 3);
	slice->step[0] = 3;
	slice->step[2] = 3;
	slice->start[2] = 1;
	concat = lw_graph_node(graph, LW_NODE_CONCAT, "concat",
			       (struct lw_value *[]){ slice->out, slice->out },
			       2, lw_graph_value(graph, "o", 2, 12, 3));
	concat->axis = LW_AXIS_W;
	build_output(graph, concat->out);
	assert_int_equal(lw_graph_check(graph, NULL), 0);
	slice->start[2] = 2;
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	slice->start[2] = 1;
	slice->step[1] = 0;
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	slice->step[1] = 1;
	concat->axis = LW_AXIS_H;
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	concat->axis = 3;
	assert_int_equal(lw_graph_check(graph, NULL), -EINVAL);
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_node_does_nothing_special),
		cmocka_unit_test(test_many_values_and_nodes),
		cmocka_unit_test(test_copy_is_equal_and_apart),
		cmocka_unit_test(test_copy_of_quantised_weights),
		cmocka_unit_test(test_readers_producer_replace_remove),
		cmocka_unit_test(test_weights_refuse_sizes),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_kind_names),
		cmocka_unit_test(test_check_accepts),
		cmocka_unit_test(test_check_finds_each_fault),
		cmocka_unit_test(test_check_of_concat_and_slice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
