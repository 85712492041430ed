// SPDX-License-Identifier: MIT
/* Lowering of what moves numbers, by operations or by views. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/lower_rig.h"

/* A reordering into digits of these sizes and strides. */
static struct lw_node *reorder(struct lw_graph *graph, struct lw_value *in,
			       uint32_t h, uint32_t w, uint32_t c, uint32_t n,
			       const uint32_t *size, const uint32_t *stride)
{
	struct lw_node *node = rig_scaled(build_node(graph, LW_NODE_REORDER,
						     "reorder", in, h, w, c));

	node->n_sizes = n;
	memcpy(node->size, size, n * sizeof(*size));
	memcpy(node->stride, stride, n * sizeof(*stride));
	return node;
}

static struct lw_node *reshape(struct lw_graph *graph, struct lw_value *in,
			       uint32_t h, uint32_t w, uint32_t c)
{
	return reorder(graph, in, h, w, c, 1, (uint32_t[]){ h * w * c },
		       (uint32_t[]){ 1 });
}

static struct lw_node *pointwise(struct lw_graph *graph, const char *name,
				 struct lw_value *in, uint32_t o)
{
	return rig_conv(graph, LW_NODE_CONV, name, in,
			(struct build_conv){ .o = o });
}

static void test_reorders(void **state)
{
	struct lw_graph *graph = rig_graph(4, 6, 7);

	(void)state;
	build_output(graph, reorder(graph, rig_input(graph), 7, 6, 4, 3,
				    (uint32_t[]){ 7, 6, 4 },
				    (uint32_t[]){ 1, 7, 42 })->out);
	build_output(graph, reshape(graph, rig_input(graph), 2, 3, 28)->out);
	/* A part, and again. */
	build_output(graph, reorder(graph, rig_input(graph), 1, 2, 9, 2,
				    (uint32_t[]){ 2, 9 },
				    (uint32_t[]){ 0, 1 })->out);
	assert_int_equal(rig_check(graph), 3);
}

static void test_flatten_in_both_orders(void **state)
{
	(void)state;
	for (int nchw = 0; nchw < 2; nchw++) {
		struct lw_graph *graph = rig_graph(3, 2, 5);
		struct lw_node *flat;

		flat = rig_scaled(build_node(graph, LW_NODE_FLATTEN, "flat",
					     rig_input(graph), 1, 1, 30));
		flat->nchw = nchw;
		build_output(graph, flat->out);
		assert_int_equal(rig_check(graph), 1);
	}
}

/* A digit of the operation has 16 bits. */
static void test_more_elements_than_a_digit_holds(void **state)
{
	struct lw_graph *graph = rig_graph(300, 301, 3);

	(void)state;
	build_output(graph, reshape(graph, rig_input(graph), 301, 100, 9)->out);
	assert_int_equal(rig_check(graph), 1);
}

static void test_too_many_digits_of_that_size(void **state)
{
	struct lw_graph *graph = rig_graph(300, 300, 32);

	(void)state;
	build_output(graph, reorder(graph, rig_input(graph), 1600, 1800, 1, 6,
				    (uint32_t[]){ 2, 2, 2, 2, 2, 90000 },
				    (uint32_t[]){ 1, 2, 4, 8, 16, 32 })->out);
	rig_refuse(graph, -EOPNOTSUPP, "reorder: a reordering that takes more");
}

/*
 * Rows and columns alone change: neither what nobody else reads nor what others
 * read, too, nor what is written in place needs an operation.
 */
static void test_reshapes_are_views(void **state)
{
	struct lw_graph *graph = rig_graph(4, 6, 7);
	struct lw_value *a, *b, *c;

	(void)state;
	a = pointwise(graph, "a", rig_input(graph), 7)->out;
	b = reshape(graph, a, 3, 8, 7)->out;
	c = rig_pair(graph, LW_NODE_ADD, "sum", b, b)->out;
	c = reshape(graph, c, 2, 12, 7)->out;
	c = rig_pair(graph, LW_NODE_ADD, "more", c,
		     reshape(graph, a, 2, 12, 7)->out)->out;
	build_output(graph, reshape(graph, c, 24, 1, 7)->out);
	assert_int_equal(rig_check(graph), 3);
}

/* Rows that are not next to each other; an input that is an output. */
static void test_reshapes_that_are_no_views(void **state)
{
	struct lw_graph *graph = rig_graph(4, 6, 8);
	struct lw_node *slice;

	(void)state;
	slice = rig_scaled(build_node(graph, LW_NODE_SLICE, "slice",
				      rig_input(graph), 4, 3, 8));
	slice->start[1] = 2;
	build_output(graph, pointwise(graph, "a",
				      reshape(graph, slice->out, 2, 6, 8)->out,
				      3)->out);
	build_output(graph, reshape(graph, rig_input(graph), 6, 4, 8)->out);
	assert_int_equal(rig_check(graph), 3);
}

static void test_reshape_beside_what_it_reads(void **state)
{
	struct lw_graph *graph = rig_graph(4, 4, 8);
	struct lw_value *a = pointwise(graph, "a", rig_input(graph), 8)->out;
	struct lw_value *in[2] = { a, reshape(graph, a, 4, 4, 8)->out };
	struct lw_node *both = build_join(graph, LW_NODE_CONCAT, "both", in, 2,
					  4, 4, 16);

	(void)state;
	both->axis = LW_AXIS_C;
	build_output(graph, rig_scaled(both)->out);
	rig_check(graph);
}

static void test_reorder_with_a_change_of_scale(void **state)
{
	struct lw_graph *graph = rig_graph(2, 3, 4);
	struct lw_node *turn = reorder(graph, rig_input(graph), 3, 2, 4, 3,
				       (uint32_t[]){ 3, 2, 4 },
				       (uint32_t[]){ 4, 12, 1 });

	(void)state;
	build_scale(turn->out, RIG_SCALE * 2, 64);
	build_output(graph, reshape(graph, turn->out, 1, 6, 4)->out);
	assert_int_equal(rig_check(graph), 3);
}

/* Halves are rounded up, by the interpreter to even. */
static void check_resize(const float *rows, enum lw_rule rule, float scale,
			 float tolerance, uint32_t ops)
{
	struct lw_graph *graph = rig_graph(3, 4, 5);
	struct lw_node *node = build_node(graph, LW_NODE_RESIZE, "resize",
					  rig_input(graph), 4, 6, 5);

	build_scale(node->out, scale, RIG_ZERO);
	node->rule = rule;
	node->position[0] = build_copy(rows, 4);
	node->position[1] = build_copy((float[]){ 3, 2, 1, 1, 0, 3 }, 6);
	build_output(graph, node->out);
	assert_int_equal(rig_check_near(graph, tolerance), ops);
}

static void test_resize(void **state)
{
	static const float between[] = { 0.25f, 0.99f, 1.5f, 1.9999f };
	static const float at[] = { 0, 2, 2, 1 };

	(void)state;
	check_resize(at, LW_RULE_COMMON, RIG_SCALE, 0, 1);
	check_resize(between, LW_RULE_COMMON, RIG_SCALE, RIG_SCALE, 1);
	check_resize(at, LW_RULE_COMMON, 2 * RIG_SCALE, 0, 2);
	/* With real numbers the scale changes on the way; halves are even. */
	check_resize(at, LW_RULE_ONNXRUNTIME, RIG_SCALE, 0, 1);
	check_resize(between, LW_RULE_ONNXRUNTIME, RIG_SCALE, 0, 1);
	check_resize(between, LW_RULE_ONNXRUNTIME, 2 * RIG_SCALE, 0, 1);
}

/* No operation writes them, and none writes over them. */
static void test_constants(void **state)
{
	struct lw_graph *graph = rig_graph(3, 4, 5);
	struct lw_node *full, *row, *part, *sum, *product, *rows;

	(void)state;
	full = rig_scaled(build_constant(graph, "full", 3, 4, 5));
	row = rig_scaled(build_constant(graph, "row", 1, 1, 5));
	sum = rig_pair(graph, LW_NODE_ADD, "sum", full->out, rig_input(graph));
	product = rig_pair(graph, LW_NODE_MUL, "product", row->out, full->out);
	rows = rig_scaled(build_join(graph, LW_NODE_CONCAT, "rows",
				     (struct lw_value *[]){ full->out,
							    product->out },
				     2, 6, 4, 5));
	part = rig_scaled(build_node(graph, LW_NODE_SLICE, "part", full->out, 1,
				     2, 5));
	part->start[0] = 2;
	build_output(graph, sum->out);
	build_output(graph, rows->out);
	build_output(graph, part->out);
	build_output(graph, row->out);
	/* 2 of a node each, 1 of rows, 2 of outputs that are in the weights. */
	assert_int_equal(rig_check(graph), 5);
}

static void test_a_constant_is_a_segment(void **state)
{
	struct lw_graph *graph = rig_graph(1, 20, 4);
	const struct lwm_layer *layer;
	struct lwm_package package;
	struct lw_value *sum;
	int i;

	(void)state;
	sum = rig_input(graph);
	for (i = 0; i < 2; i++) {
		struct lw_node *c = rig_scaled(build_constant(graph, "c", 1, 20,
							      4));

		memset(c->constant, 0, 80 * sizeof(*c->constant));
		c->constant[7] = RIG_SCALE;
		sum = rig_pair(graph, LW_NODE_ADD, "sum", sum, c->out)->out;
	}
	build_output(graph, sum);
	rig_lower(graph, &package);
	/* Equal ones are stored once. */
	assert_int_equal(package.n_segments, 1);
	assert_int_equal(package.segments[0].size, 80);
	assert_int_equal(package.program.weights[7], RIG_ZERO + 1);
	layer = lwm_segment_layer(&package, 0);
	assert_string_equal(layer->name, "sum");
	lwm_release(&package);
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reorders),
		cmocka_unit_test(test_flatten_in_both_orders),
		cmocka_unit_test(test_more_elements_than_a_digit_holds),
		cmocka_unit_test(test_too_many_digits_of_that_size),
		cmocka_unit_test(test_reshapes_are_views),
		cmocka_unit_test(test_reshapes_that_are_no_views),
		cmocka_unit_test(test_reshape_beside_what_it_reads),
		cmocka_unit_test(test_reorder_with_a_change_of_scale),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_constants),
		cmocka_unit_test(test_a_constant_is_a_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
