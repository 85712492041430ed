// SPDX-License-Identifier: MIT
/* Lowering: a packed graph gives what the graph gives with rounding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/lower_rig.h"

static struct lw_node *concat(struct lw_graph *graph, const char *name,
			      struct lw_value *a, struct lw_value *b,
			      enum lw_axis axis)
{
	struct lw_value *in[2] = { a, b };
	struct lw_node *node;

	node = build_join(graph, LW_NODE_CONCAT, name, in, 2,
			  axis == LW_AXIS_H ? a->h + b->h : a->h,
			  axis == LW_AXIS_W ? a->w + b->w : a->w,
			  axis == LW_AXIS_C ? a->c + b->c : a->c);
	node->axis = axis;
	return rig_scaled(node);
}

static struct lw_node *slice(struct lw_graph *graph, const char *name,
			     struct lw_value *in, const uint32_t first[3],
			     const uint32_t step[3])
{
	const uint32_t size[3] = { in->h, in->w, in->c };
	uint32_t n[3];
	struct lw_node *node;

	for (int i = 0; i < 3; i++)
		n[i] = (size[i] - first[i] + step[i] - 1) / step[i];
	node = rig_scaled(build_node(graph, LW_NODE_SLICE, name, in, n[0], n[1],
				 n[2]));
	memcpy(node->start, first, sizeof(node->start));
	memcpy(node->step, step, sizeof(node->step));
	return node;
}

static void test_convolutions(void **state)
{
	static const struct build_conv how[] = {
		{ .o = 8 },
		{ .o = 5, .kernel = 3, .pad = 1, .stride = 2 },
		{ .o = 6, .kernel = 3, .pad = 2, .dilation = 2 },
		{ .o = 12, .kernel = 3, .groups = 6 },
		{ .o = 8, .kernel = 1, .pad = 2 },
		{ .o = 4, .kernel = 1, .stride = 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		struct lw_graph *graph = rig_graph(7, 9, 6);

		build_output(graph, rig_conv(graph, LW_NODE_CONV, "conv",
					 rig_input(graph), how[i])->out);
		assert_int_equal(rig_check(graph), how[i].kernel == 1 && how[i].pad ?
					       2 : 1);
	}
}

static void test_transposed_convolutions(void **state)
{
	static const struct build_conv how[] = {
		{ .o = 8 },
		{ .o = 5, .kernel = 3, .pad = 1, .stride = 2 },
		{ .o = 6, .kernel = 2, .stride = 3 },
		{ .o = 6, .kernel = 3, .pad = 2, .dilation = 2 },
		{ .o = 12, .kernel = 3, .groups = 6 },
		{ .o = 9, .kernel = 3, .groups = 3, .bias = true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		struct lw_graph *graph = rig_graph(5, 4, 6);
		struct lw_node *node = rig_conv(graph, LW_NODE_TCONV, "tconv",
						rig_input(graph), how[i]);

		/* Zeros of the input are not at byte 0. */
		build_scale(rig_input(graph), RIG_SCALE, 64);
		build_output(graph, node->out);
		assert_int_equal(rig_check(graph), 1);
	}
}

static void test_end_of_transposed_convolution(void **state)
{
	struct lw_graph *graph = rig_graph(5, 4, 4);
	struct lw_node *node;

	(void)state;
	node = rig_conv(graph, LW_NODE_TCONV, "tconv", rig_input(graph),
			(struct build_conv){ .o = 4, .kernel = 3,
					     .stride = 2 });
	node->out->h++;
	build_output(graph, node->out);
	assert_int_equal(rig_check(graph), 1);
	graph = rig_graph(5, 4, 4);
	node = rig_conv(graph, LW_NODE_TCONV, "tconv", rig_input(graph),
			(struct build_conv){ .o = 4, .kernel = 3,
					     .stride = 2 });
	node->out->w += 2;
	build_output(graph, node->out);
	rig_refuse(graph, -EOPNOTSUPP, "tconv: an output of 11");
}

static void test_groups_of_words(void **state)
{
	struct lw_graph *graph = rig_graph(5, 5, 16);

	(void)state;
	build_output(graph, rig_conv(graph, LW_NODE_CONV, "conv", rig_input(graph),
				 (struct build_conv){ .o = 8, .kernel = 3,
						      .groups = 2 })->out);
	assert_int_equal(rig_check(graph), 1);
}

static void test_depthwise_and_pools(void **state)
{
	struct lw_graph *graph = rig_graph(8, 8, 7);
	struct lw_node *dw, *max, *mean;

	(void)state;
	dw = rig_conv(graph, LW_NODE_DWCONV, "dw", rig_input(graph),
		  (struct build_conv){ .kernel = 3, .pad = 1 });
	max = rig_scaled(build_node(graph, LW_NODE_POOL, "max", dw->out, 4, 4, 7));
	max->window = (struct lw_window){ 2, 2, 2, 2, 1, 1, 0, 0, 0, 0 };
	mean = rig_scaled(build_node(graph, LW_NODE_POOL, "mean", max->out, 1, 1,
				 7));
	mean->pool = LW_POOL_AVERAGE;
	mean->window = (struct lw_window){ 4, 4, 1, 1, 1, 1, 0, 0, 0, 0 };
	build_output(graph, mean->out);
	assert_int_equal(rig_check_near(graph, RIG_SCALE), 3);
}

/* Windows of 4, 6 and 9 places: of integers, and of real numbers. */
static void check_average(enum lw_rule rule, float tolerance, uint32_t ops)
{
	struct lw_graph *graph = rig_graph(5, 5, 7);
	struct lw_node *node = build_node(graph, LW_NODE_POOL, "average",
					  rig_input(graph), 5, 5, 7);

	build_scale(node->out, 0.9f * RIG_SCALE, RIG_ZERO);
	node->pool = LW_POOL_AVERAGE;
	node->rule = rule;
	node->window = (struct lw_window){ 3, 3, 1, 1, 1, 1, 1, 1, 1, 1 };
	build_output(graph, node->out);
	assert_int_equal(rig_check_near(graph, tolerance), ops);
}

static void test_averages(void **state)
{
	(void)state;
	check_average(LW_RULE_COMMON, RIG_SCALE, 2);
	check_average(LW_RULE_ONNXRUNTIME, 0, 1);
}

/* Parts at whole words, rows and columns are written in place; others copied. */
static void test_concatenation(void **state)
{
	static const struct {
		uint32_t c0, c1, ops;
		enum lw_axis axis;
	} cases[] = {
		{ 8, 6, 2, LW_AXIS_C }, { 6, 5, 4, LW_AXIS_C },
		{ 8, 8, 2, LW_AXIS_H }, { 5, 5, 2, LW_AXIS_W },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lw_graph *graph = rig_graph(3, 4, 8);
		struct lw_node *a, *b;

		a = rig_conv(graph, LW_NODE_CONV, "a", rig_input(graph),
			 (struct build_conv){ .o = cases[i].c0 });
		b = rig_conv(graph, LW_NODE_CONV, "b", rig_input(graph),
			 (struct build_conv){ .o = cases[i].c1 });
		build_output(graph, concat(graph, "both", a->out, b->out,
					   cases[i].axis)->out);
		assert_in_range(rig_check(graph), cases[i].ops - 1,
				cases[i].ops);
	}
}

static void test_concatenation_of_itself_and_of_an_input(void **state)
{
	struct lw_graph *graph = rig_graph(3, 3, 8);
	struct lw_node *a, *twice;

	(void)state;
	a = rig_conv(graph, LW_NODE_CONV, "a", rig_input(graph),
		 (struct build_conv){ .o = 8 });
	twice = concat(graph, "twice", a->out, a->out, LW_AXIS_C);
	build_output(graph, concat(graph, "all", twice->out, rig_input(graph),
				   LW_AXIS_C)->out);
	rig_check(graph);
}

/* A part that is read again after the whole was written over. */
static void test_part_of_what_is_overwritten(void **state)
{
	struct lw_graph *graph = rig_graph(3, 3, 8);
	struct lw_node *a, *both, *f;

	(void)state;
	a = rig_conv(graph, LW_NODE_CONV, "a", rig_input(graph),
		     (struct build_conv){ .o = 8 });
	both = concat(graph, "both", a->out, rig_input(graph), LW_AXIS_C);
	f = rig_scaled(build_node(graph, LW_NODE_UNARY, "f", both->out, 3, 3,
				  16));
	f->unary = LW_UNARY_NEG;
	build_output(graph, rig_conv(graph, LW_NODE_CONV, "b", f->out,
				     (struct build_conv){ .o = 3 })->out);
	build_output(graph, rig_conv(graph, LW_NODE_CONV, "c", a->out,
				     (struct build_conv){ .o = 3 })->out);
	rig_check(graph);
}

static void test_slices(void **state)
{
	static const uint32_t cases[][2][3] = {
		{ { 0, 0, 4 }, { 1, 1, 1 } }, { { 1, 2, 0 }, { 1, 1, 1 } },
		{ { 0, 0, 3 }, { 1, 1, 1 } }, { { 1, 0, 0 }, { 2, 2, 1 } },
		{ { 0, 1, 1 }, { 1, 1, 3 } }, { { 2, 2, 8 }, { 1, 1, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lw_graph *graph = rig_graph(5, 6, 11);
		struct lw_node *part = slice(graph, "part", rig_input(graph),
					     cases[i][0], cases[i][1]);
		struct lw_node *of_part = rig_conv(graph, LW_NODE_CONV, "conv",
					       part->out,
					       (struct build_conv){ .o = 3 });

		build_output(graph, part->out);
		build_output(graph, of_part->out);
		rig_check(graph);
	}
}

static void test_padding(void **state)
{
	struct lw_graph *graph = rig_graph(3, 4, 5);
	struct lw_node *pad = rig_scaled(build_node(graph, LW_NODE_PAD, "pad",
						rig_input(graph), 6, 5, 20));

	(void)state;
	pad->window.pad_top = 1;
	pad->window.pad_bottom = 2;
	pad->window.pad_left = 1;
	pad->pad_channels_before = 9;
	pad->pad_channels_after = 6;
	pad->fill = 1.5f;
	build_output(graph, pad->out);
	rig_check(graph);
}

/* Values that die are added in place, others stay as they are. */
static void test_residuals(void **state)
{
	struct lw_graph *graph = rig_graph(6, 6, 8);
	struct lw_value *x = rig_input(graph);

	(void)state;
	for (int i = 0; i < 3; i++) {
		char name[2][8] = { { 'c', '0' + i, 0 }, { 'a', '0' + i, 0 } };
		struct lw_node *c = rig_conv(graph, LW_NODE_CONV, name[0], x,
					 (struct build_conv){ .o = 8 });

		x = rig_pair(graph, LW_NODE_ADD, name[1], x, c->out)->out;
	}
	x = rig_pair(graph, LW_NODE_ADD, "double", x, x)->out;
	build_output(graph, x);
	assert_int_equal(rig_check(graph), 7);
}

static void test_outputs_that_are_read_again(void **state)
{
	struct lw_graph *graph = rig_graph(4, 4, 6);
	struct lw_node *a, *b;

	(void)state;
	a = rig_conv(graph, LW_NODE_CONV, "a", rig_input(graph),
		 (struct build_conv){ .o = 6 });
	b = rig_conv(graph, LW_NODE_CONV, "b", a->out,
		 (struct build_conv){ .o = 4 });
	build_output(graph, a->out);
	build_output(graph, b->out);
	build_output(graph, b->out);
	build_output(graph, rig_input(graph));
	rig_check(graph);
}

static void test_changes_of_scale(void **state)
{
	struct lw_graph *graph = rig_graph(4, 4, 6);
	struct lw_node *max, *requant, *both;

	(void)state;
	max = build_node(graph, LW_NODE_POOL, "max", rig_input(graph), 2, 2, 6);
	max->window = (struct lw_window){ 2, 2, 2, 2, 1, 1, 0, 0, 0, 0 };
	build_scale(max->out, 2 * RIG_SCALE, 100);
	requant = rig_scaled(build_node(graph, LW_NODE_REQUANT, "requant",
				    max->out, 2, 2, 6));
	both = concat(graph, "both", requant->out, max->out, LW_AXIS_C);
	build_output(graph, both->out);
	rig_check(graph);
}

static void test_equal_weights_are_stored_once(void **state)
{
	struct lw_graph *graph = rig_graph(4, 4, 8);
	struct lwm_package package;
	struct lw_node *a, *b;

	(void)state;
	a = rig_conv(graph, LW_NODE_CONV, "a", rig_input(graph),
		 (struct build_conv){ .o = 8 });
	b = rig_conv(graph, LW_NODE_CONV, "b", a->out,
		 (struct build_conv){ .o = 8 });
	memcpy(b->weights->q, a->weights->q, 64);
	build_output(graph, b->out);
	rig_lower(graph, &package);
	assert_int_equal(package.n_segments, 2);
	assert_ptr_equal(lwm_segment_layer(&package, 0), &package.layers[0]);
	assert_null(lwm_segment_layer(&package, 1));
	assert_int_equal(package.program.ops[0].conv.weights,
			 package.program.ops[1].conv.weights);
	lwm_release(&package);
	lw_graph_free(graph);
}

static void test_refusals(void **state)
{
	struct lw_graph *graph = rig_graph(4, 4, 8);
	struct lw_node *node = rig_conv(graph, LW_NODE_CONV, "a", rig_input(graph),
				    (struct build_conv){ .o = 8 });

	(void)state;
	build_output(graph, node->out);
	node->out->quantised = false;
	rig_refuse(graph, -EINVAL, "a: its output has no scale");

	graph = rig_graph(1, 1, 8);
	node = rig_pair(graph, LW_NODE_ADD, "sum", rig_input(graph),
			rig_input(graph));
	build_scale(node->out, 1e-9f, RIG_ZERO);
	build_output(graph, node->out);
	rig_refuse(graph, -EOPNOTSUPP, "sum: an input's scale");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convolutions),
		cmocka_unit_test(test_transposed_convolutions),
		cmocka_unit_test(test_end_of_transposed_convolution),
		cmocka_unit_test(test_groups_of_words),
		cmocka_unit_test(test_depthwise_and_pools),
		cmocka_unit_test(test_averages),
		cmocka_unit_test(test_concatenation),
		cmocka_unit_test(test_concatenation_of_itself_and_of_an_input),
		cmocka_unit_test(test_part_of_what_is_overwritten),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_residuals),
		cmocka_unit_test(test_outputs_that_are_read_again),
		cmocka_unit_test(test_changes_of_scale),
		cmocka_unit_test(test_equal_weights_are_stored_once),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
