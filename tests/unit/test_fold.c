// SPDX-License-Identifier: MIT
/* Folding into convolutions: what goes, and that results stay as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../common/fold_rig.h"
#include "interpreter.h"

static struct lw_node *relu(struct lw_graph *graph, struct lw_value *in)
{
	struct lw_node *node = build_node(graph, LW_NODE_UNARY, "relu", in,
					  in->h, in->w, in->c);

	node->act_lo = 0;
	return node;
}

static void test_batch_norm_after_convolution(void **state)
{
	struct lw_graph *graph = build_graph(6, 6, 4);
	struct lw_node *node;

	(void)state;
	node = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 5, .kernel = 3, .pad = 1 });
	node = build_affine(graph, "bn", node->out);
	node = relu(graph, node->out);
	node = build_conv(graph, LW_NODE_DWCONV, "dw", node->out,
			  (struct build_conv){ .kernel = 2, .bias = true });
	node = build_affine(graph, "bn2", node->out);
	fold_check(graph, node->out, 2);
	assert_int_equal(graph->nodes[0]->kind, LW_NODE_CONV);
	assert_true(graph->nodes[0]->act_lo == 0);
	assert_string_equal(graph->outputs[0].value->name, "bn2.out");
	lw_graph_free(graph);
}

static void test_batch_norm_before_convolution(void **state)
{
	struct lw_graph *graph = build_graph(6, 6, 4);
	struct lw_node *node;

	(void)state;
	node = build_affine(graph, "bn", graph->values[0]);
	node = build_conv(graph, LW_NODE_CONV, "conv", node->out,
			  (struct build_conv){ .o = 6, .kernel = 3,
					       .groups = 2 });
	fold_check(graph, node->out, 1);
	lw_graph_free(graph);
	graph = build_graph(6, 6, 4);
	node = build_affine(graph, "bn", graph->values[0]);
	node = build_conv(graph, LW_NODE_DWCONV, "dw", node->out,
			  (struct build_conv){ .kernel = 3 });
	fold_check(graph, node->out, 1);
	lw_graph_free(graph);
}

/* Not every result of a transposed one has all weights in it. */
static void test_batch_norm_beside_transposed_convolution(void **state)
{
	const struct build_conv conv = { .o = 5, .kernel = 3, .stride = 2 };

	(void)state;
	for (int bias = 0; bias < 2; bias++) {
		struct lw_graph *graph = build_graph(3, 4, 4);
		struct lw_node *node;

		node = build_affine(graph, "before", graph->values[0]);
		if (!bias)
			memset(node->weights->bias, 0, 4 * sizeof(float));
		node = build_conv(graph, LW_NODE_TCONV, "tconv", node->out,
				  conv);
		node = build_affine(graph, "after", node->out);
		lw_graph_free(fold_check(graph, node->out, 1 + bias));
	}
}

/* The border of a padded image is not what the batch norm makes of zeros. */
static void test_batch_norm_before_padding_stays(void **state)
{
	struct lw_graph *graph = build_graph(6, 6, 4);
	struct lw_node *node;

	(void)state;
	node = build_affine(graph, "bn", graph->values[0]);
	node = build_conv(graph, LW_NODE_CONV, "conv", node->out,
			  (struct build_conv){ .o = 6, .kernel = 3,
					       .pad = 1 });
	fold_check(graph, node->out, 2);
	assert_int_equal(graph->nodes[0]->kind, LW_NODE_DWCONV);
	lw_graph_free(graph);
}

static void test_batch_norm_of_shared_value_stays(void **state)
{
	struct lw_graph *graph = build_graph(6, 6, 4);
	struct lw_node *conv, *bn, *add;

	(void)state;
	conv = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 4 });
	bn = build_affine(graph, "bn", conv->out);
	add = lw_graph_node(graph, LW_NODE_ADD, "add",
			    (struct lw_value *[]){ conv->out, bn->out }, 2,
			    lw_graph_value(graph, "o", 6, 6, 4));
	fold_check(graph, add->out, 3);
	lw_graph_free(graph);
}

static void test_batch_norm_after_relu_stays(void **state)
{
	struct lw_graph *graph = build_graph(6, 6, 4);
	struct lw_node *node;

	(void)state;
	node = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 4 });
	node = relu(graph, node->out);
	node = build_affine(graph, "bn", node->out);
	fold_check(graph, node->out, 2);
	lw_graph_free(graph);
}

static void test_bounds_of_bounds(void **state)
{
	static const float bounds[][4] = {
		{ 0, 6, -1, 0.5f }, { 0, 0.3f, 0.4f, 1 }, { 0.4f, 1, 0, 0.3f },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		struct lw_graph *graph = build_graph(6, 6, 4);
		struct lw_node *node;

		node = build_conv(graph, LW_NODE_CONV, "conv",
				  graph->values[0],
				  (struct build_conv){ .o = 4 });
		node = relu(graph, node->out);
		node->act_lo = bounds[i][0];
		node->act_hi = bounds[i][1];
		node = relu(graph, node->out);
		node->act_lo = bounds[i][2];
		node->act_hi = bounds[i][3];
		fold_check(graph, node->out, 1);
		lw_graph_free(graph);
	}
}

/* conv, Relu, QuantizeLinear: the convolution writes what Relu wrote. */
static void test_relu_of_unquantised_convolution(void **state)
{
	struct lw_graph *graph = build_graph(6, 6, 4);
	struct lw_node *conv, *node;

	(void)state;
	build_scale(graph->values[0], 0.02f, 100);
	conv = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 4, .bias = true });
	build_quantise(conv, 1.0f / 64);
	node = relu(graph, conv->out);
	build_scale(node->out, 0.03f, 3);
	fold_check(graph, node->out, 1);
	assert_true(graph->nodes[0]->out->scale == 0.03f);
	assert_true(graph->nodes[0]->act_lo == 0);
	assert_true(graph->quantised);
	lw_graph_free(graph);
}

static struct lw_graph *quantised_relu(float scale, int32_t zero_point)
{
	struct lw_graph *graph = build_graph(6, 6, 4);
	struct lw_node *conv, *node;

	build_scale(graph->values[0], 0.02f, 100);
	conv = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 4 });
	build_quantise(conv, 1.0f / 64);
	build_scale(conv->out, 0.03f, 90);
	node = relu(graph, conv->out);
	build_scale(node->out, scale, zero_point);
	return graph;
}

static void test_relu_of_quantised_convolution(void **state)
{
	struct lw_graph *graph = quantised_relu(0.03f, 90);

	(void)state;
	lw_graph_free(fold_check(graph, graph->nodes[1]->out, 1));
	/* Rounding twice to different quanta is not rounding once. */
	graph = quantised_relu(0.04f, 90);
	lw_graph_free(fold_check(graph, graph->nodes[1]->out, 2));
	graph = quantised_relu(0.03f, 80);
	lw_graph_free(fold_check(graph, graph->nodes[1]->out, 2));
}

static void test_relu_that_no_byte_is_below(void **state)
{
	struct lw_graph *graph = build_graph(2, 2, 4);
	struct lw_node *node;

	(void)state;
	build_scale(graph->values[0], 0.02f, 0);
	node = build_node(graph, LW_NODE_POOL, "pool", graph->values[0], 2, 2,
			  4);
	build_scale(node->out, 0.02f, 0);
	node = build_node(graph, LW_NODE_SLICE, "slice", node->out, 1, 2, 4);
	build_scale(node->out, 0.02f, 0);
	node = relu(graph, node->out);
	build_scale(node->out, 0.02f, 0);
	fold_check(graph, node->out, 2);
	assert_string_equal(graph->outputs[0].value->name, "relu.out");
	lw_graph_free(graph);
}

/* Appends a random node that folding may know. */
static struct lw_value *random_node(struct lw_graph *graph, struct lw_value *in,
				    uint32_t n)
{
	struct build_conv conv = {
		.o = 1 + build_random_below(6),
		.kernel = 1 + build_random_below(3),
		.pad = build_random_below(2),
		.bias = build_random_below(2),
	};
	struct lw_node *node;
	char name[16];

	snprintf(name, sizeof(name), "n%u", n);
	switch (build_random_below(7)) {
	case 0:
		conv.kernel = in->h < 3 || in->w < 3 ? 1 : conv.kernel;
		return build_conv(graph, LW_NODE_CONV, name, in, conv)->out;
	case 1:
		conv.kernel = in->h < 3 || in->w < 3 ? 1 : conv.kernel;
		return build_conv(graph, LW_NODE_DWCONV, name, in, conv)->out;
	case 2:
		return build_affine(graph, name, in)->out;
	case 3:
		return relu(graph, in)->out;
	case 4:
		node = build_node(graph, LW_NODE_PAD, name, in, in->h + 1,
				  in->w + 2, in->c);
		node->window.pad_top = 1;
		node->window.pad_left = node->window.pad_right = 1;
		return node->out;
	case 5:
		if (lw_value_size(in) > 1000)
			return relu(graph, in)->out;
		node = build_node(graph, LW_NODE_FLATTEN, name, in, 1, 1,
				  in->h * in->w * in->c);
		node->nchw = build_random_below(2);
		return node->out;
	default:
		return lw_graph_node(graph, LW_NODE_ADD, name,
				     (struct lw_value *[]){ in, in }, 2,
				     lw_graph_value(graph, name, in->h, in->w,
						    in->c))->out;
	}
}

static void find_largest(void *data, const struct lw_value *value,
			 const float *real)
{
	float *most = data;

	*most = fmaxf(*most, fold_largest(real, lw_value_size(value)));
}

/* Rounding errors are in proportion to all numbers on the way. */
static float largest_on_the_way(const struct lw_graph *graph, const float *in)
{
	struct lw_interpreter *interpreter;
	float most = 0;

	assert_int_equal(lw_interpreter_new(&interpreter, graph, NULL), 0);
	lw_interpreter_run(interpreter, &in, find_largest, &most);
	lw_interpreter_free(interpreter);
	return most;
}

static void test_random_graphs_keep_their_results(void **state)
{
	struct lw_pack_options options = { .sparsity = 0 };
	uint32_t seed = time(NULL), i, n;

	(void)state;
	print_message("seed %u\n", seed);
	build_seed(seed);
	for (i = 0; i < 300; i++) {
		struct lw_graph *graph = build_graph(5, 4, 3);
		struct lw_value *value = graph->values[0];
		float *in = build_numbers(value), *before, *after, most;

		for (n = 0; n < 12; n++)
			value = random_node(graph, value, n);
		build_output(graph, value);
		before = build_run(graph, in);
		most = largest_on_the_way(graph, in);
		assert_int_equal(lw_pass_fold(graph, &options, NULL, NULL), 0);
		after = build_run(graph, in);
		fold_within(before, after, lw_value_size(value), most);
		free(in);
		free(before);
		free(after);
		lw_graph_free(graph);
	}
}

static void test_report_of_batch_norm(void **state)
{
	struct lw_graph *graph = build_graph(6, 6, 4);
	struct lw_pack_options options = { .sparsity = 0 };
	struct lw_report report = { 0 };
	struct lw_node *node;

	(void)state;
	node = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 5 });
	build_output(graph, build_affine(graph, "bn", node->out)->out);
	assert_int_equal(lw_pass_fold(graph, &options, &report, NULL), 0);
	assert_int_equal(report.n, 1);
	assert_string_equal(report.row[0].pass, "fold");
	assert_string_equal(report.row[0].layer, "bn");
	assert_int_equal(report.row[0].bytes_before, 40);
	assert_int_equal(report.row[0].bytes_after, 0);
	lw_report_free(&report);
	lw_graph_free(graph);
}

static struct lw_node *rows(struct lw_graph *graph, struct lw_value *in,
			    uint32_t first, uint32_t n)
{
	struct lw_node *node = build_node(graph, LW_NODE_SLICE, "rows", in, n,
					  in->w, in->c);

	node->start[0] = first;
	return node;
}

/* Two images, one under the other. */
static struct lw_value *each(struct lw_graph *graph, struct lw_value *batch,
			     uint32_t o)
{
	struct lw_value *out[2];
	uint32_t i, h = batch->h / 2;
	struct lw_node *node;

	for (i = 0; i < 2; i++) {
		node = rows(graph, batch, i * h, h);
		out[i] = build_conv(graph, LW_NODE_CONV, "conv", node->out,
				    (struct build_conv){ .o = o, .kernel = 3,
							 .pad = 1 })->out;
	}
	node = build_join(graph, LW_NODE_CONCAT, "both", out, 2, batch->h,
			  batch->w, o);
	node->axis = LW_AXIS_H;
	return node->out;
}

/* Norms and bounds go into the convolutions, and images stay apart. */
static void test_batches(void **state)
{
	struct lw_graph *graph = build_graph(8, 5, 4);
	struct lw_value *v = each(graph, graph->values[0], 6);
	struct lw_node *node;
	uint32_t i;

	(void)state;
	node = relu(graph, build_affine(graph, "bn", v)->out);
	node = build_affine(graph, "bn2", each(graph, node->out, 3));
	/* Rows of two images: no part. */
	fold_check(graph, rows(graph, node->out, 3, 2)->out, 8);
	for (i = 0; i < graph->n_nodes; i++)
		assert_true(graph->nodes[i]->kind == LW_NODE_SLICE ||
			    graph->nodes[i]->kind == LW_NODE_CONV ||
			    graph->nodes[i]->kind == LW_NODE_CONCAT);
	lw_graph_free(graph);
}

/* A part that others read, or that is no convolution's, keeps its numbers. */
static void test_parts_that_others_read(void **state)
{
	struct lw_graph *graph = build_graph(8, 5, 4);
	struct lw_value *v = each(graph, graph->values[0], 6);
	struct lw_node *node = build_affine(graph, "bn", v);

	(void)state;
	build_output(graph, graph->nodes[1]->out);
	fold_check(graph, node->out, 6);
	assert_int_equal(graph->nodes[5]->kind, LW_NODE_DWCONV);
	lw_graph_free(graph);
}

struct long_kernel {
	uint32_t size, kernel, stride, dilation, pad, nodes;
};

/* A convolution along rows, of bytes, or along columns, of real numbers. */
static void check_long(bool along_h, struct long_kernel k)
{
	uint32_t reach = (k.kernel - 1) * k.dilation + 1;
	uint32_t out = (k.size + 2 * k.pad - reach) / k.stride + 1;
	struct lw_graph *graph = along_h ? build_graph(k.size, 2, 3) :
					   build_graph(2, k.size, 3);
	struct lw_value *in = graph->values[0];
	struct lw_node *node = build_conv(graph, LW_NODE_CONV, "conv", in,
					  (struct build_conv){ .o = 2 });
	struct lw_window *w = &node->window;
	size_t i, n = (size_t)2 * k.kernel * 3;

	*w = along_h ? (struct lw_window){ k.kernel, 1, k.stride, 1, k.dilation,
					   1, k.pad, 0, k.pad, 0 } :
		       (struct lw_window){ 1, k.kernel, 1, k.stride, 1,
					   k.dilation, 0, k.pad, 0, k.pad };
	*(along_h ? &node->out->h : &node->out->w) = out;
	lw_weights_free(node->weights);
	node->weights = lw_weights_new(2, w->kernel_h, w->kernel_w, 3, true);
	assert_non_null(node->weights);
	for (i = 0; i < n; i++)
		node->weights->real[i] = build_random();
	node->weights->bias[1] = 0.5f;
	if (along_h) {
		build_scale(in, 0.01f, 100);
		build_scale(node->out, 0.1f, 128);
		build_quantise(node, 0.01f);
	}
	graph = fold_check(graph, node->out, k.nodes);
	w = &graph->nodes[graph->n_nodes - 1]->window;
	assert_true(w->kernel_h < 256 && w->kernel_w < 256);
	assert_true(w->stride_h < 256 && w->stride_w < 256);
	assert_true(w->dilation_h < 256 && w->dilation_w < 256);
	lw_graph_free(graph);
}

static void test_long_kernels(void **state)
{
	static const struct long_kernel kernels[] = {
		{ 900, 300, 7, 1, 0, 3 },     /* cut off */
		{ 900, 256, 2, 1, 127, 3 },   /* padded */
		{ 909, 301, 7, 1, 3, 4 },     /* both */
		{ 900, 512, 160, 1, 256, 3 },
		{ 1080, 270, 270, 1, 0, 2 },  /* neither */
		{ 1100, 100, 270, 1, 0, 3 },  /* a stride */
		{ 600, 256, 1, 1, 0, 2 },     /* taps that overlap */
		{ 700, 300, 3, 2, 4, 3 },
		{ 700, 3, 1, 256, 256, 3 },   /* a dilation */
		{ 900, 3, 300, 300, 300, 3 },
		{ 40, 3, 2, 1, 300, 3 },      /* nothing but padding is long */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kernels) / sizeof(*kernels); i++) {
		check_long(true, kernels[i]);
		check_long(false, kernels[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_parts_that_others_read),
		cmocka_unit_test(test_long_kernels),
		cmocka_unit_test(test_batch_norm_after_convolution),
		cmocka_unit_test(test_batch_norm_before_convolution),
		cmocka_unit_test(test_batch_norm_beside_transposed_convolution),
		cmocka_unit_test(test_batch_norm_before_padding_stays),
		cmocka_unit_test(test_batch_norm_of_shared_value_stays),
		cmocka_unit_test(test_batch_norm_after_relu_stays),
		cmocka_unit_test(test_bounds_of_bounds),
		cmocka_unit_test(test_relu_of_unquantised_convolution),
		cmocka_unit_test(test_relu_of_quantised_convolution),
		cmocka_unit_test(test_relu_that_no_byte_is_below),
		cmocka_unit_test(test_random_graphs_keep_their_results),
		cmocka_unit_test(test_report_of_batch_norm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
