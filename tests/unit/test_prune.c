// SPDX-License-Identifier: MIT
/* Pruning: how many weights go, and which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/build_graph.h"

/*
 * first (3 channels), conv, depthwise, conv with 10 channels a group, and
 * transposed.
 */
static struct lw_graph *make(void)
{
	struct lw_graph *graph = build_graph(4, 4, 3);
	struct lw_node *node;

	node = build_conv(graph, LW_NODE_CONV, "first", graph->values[0],
			  (struct build_conv){ .o = 8, .kernel = 3 });
	node = build_conv(graph, LW_NODE_CONV, "conv", node->out,
			  (struct build_conv){ .o = 20, .kernel = 2,
					       .bias = true });
	node = build_conv(graph, LW_NODE_DWCONV, "dw", node->out,
			  (struct build_conv){ .kernel = 1 });
	node = build_conv(graph, LW_NODE_CONV, "last", node->out,
			  (struct build_conv){ .o = 6, .groups = 2 });
	node = build_conv(graph, LW_NODE_TCONV, "transposed", node->out,
			  (struct build_conv){ .o = 4, .kernel = 2,
					       .stride = 2 });
	build_output(graph, node->out);
	return graph;
}

static size_t size_of(const struct lw_node *node)
{
	const struct lw_weights *w = node->weights;

	return (size_t)w->o * w->kh * w->kw * w->i;
}

static size_t zeros(const struct lw_node *node)
{
	size_t i, n = 0;

	for (i = 0; i < size_of(node); i++)
		n += node->weights->real[i] == 0;
	return n;
}

static void prune(struct lw_graph *graph, float sparsity,
		  enum lw_pattern pattern, struct lw_report *report)
{
	struct lw_pack_options options = { .sparsity = sparsity,
					   .pattern = pattern };
	struct lwnpu_error error = { 0 };

	if (lw_pass_prune(graph, &options, report, &error))
		fail_msg("%s", error.message);
}

static void test_counts_are_exact(void **state)
{
	static const float sparsities[] = { 0.001f, 0.1f, 0.5f, 0.77f, 0.99f };
	struct lw_graph *graph;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sparsities) / sizeof(*sparsities); i++) {
		graph = make();
		prune(graph, sparsities[i], LW_PATTERN_WEIGHTS, NULL);
		assert_int_equal(zeros(graph->nodes[0]), 0);
		assert_int_equal(zeros(graph->nodes[1]),
				 lrint((double)sparsities[i] * 640));
		assert_int_equal(zeros(graph->nodes[2]), 0);
		assert_int_equal(zeros(graph->nodes[3]),
				 lrint((double)sparsities[i] * 60));
		assert_int_equal(zeros(graph->nodes[4]),
				 lrint((double)sparsities[i] * 96));
		lw_graph_free(graph);
	}
}

/* Within an output channel the smallest go, whatever the channel's size. */
static void test_smallest_go(void **state)
{
	struct lw_graph *before = make(), *after = lw_graph_copy(before);
	const float *a = before->nodes[1]->weights->real;
	const float *b = after->nodes[1]->weights->real;
	float gone, kept;
	size_t o, i;

	(void)state;
	prune(after, 0.5f, LW_PATTERN_WEIGHTS, NULL);
	for (o = 0; o < 20; o++) {
		gone = 0;
		kept = INFINITY;
		for (i = o * 32; i < o * 32 + 32; i++) {
			assert_true(b[i] == 0 || b[i] == a[i]);
			if (b[i] == 0)
				gone = fmaxf(gone, fabsf(a[i]));
			else
				kept = fminf(kept, fabsf(a[i]));
		}
		assert_true(gone <= kept);
	}
	lw_graph_free(before);
	lw_graph_free(after);
}

static void test_size_of_channels_does_not_matter(void **state)
{
	struct lw_graph *a = make(), *b = lw_graph_copy(a);
	struct lw_weights *w = b->nodes[1]->weights;
	size_t i;

	(void)state;
	for (i = 0; i < 640; i++)
		w->real[i] *= i / 32 % 2 ? 1024 : 1;
	prune(a, 0.5f, LW_PATTERN_BLOCK4, NULL);
	prune(b, 0.5f, LW_PATTERN_BLOCK4, NULL);
	for (i = 0; i < 640; i++)
		assert_int_equal(w->real[i] == 0,
				 a->nodes[1]->weights->real[i] == 0);
	lw_graph_free(a);
	lw_graph_free(b);
}

/* Zero blocks of a node, and weights that are zero in no zero block. */
static void count_blocks(const struct lw_node *node, size_t *blocks,
			 size_t *strays)
{
	const struct lw_weights *w = node->weights;
	size_t row, rows = (size_t)w->o * w->kh * w->kw;
	uint32_t i, k, n, zero;

	*blocks = *strays = 0;
	for (row = 0; row < rows; row++)
		for (i = 0; i < w->i; i += 4) {
			n = w->i - i < 4 ? w->i - i : 4;
			for (zero = k = 0; k < n; k++)
				zero += w->real[row * w->i + i + k] == 0;
			if (zero == n)
				++*blocks;
			else
				*strays += zero;
		}
}

static void test_blocks_go_as_one(void **state)
{
	struct lw_graph *graph = make();
	size_t blocks, strays;

	(void)state;
	prune(graph, 0.6f, LW_PATTERN_BLOCK4, NULL);
	count_blocks(graph->nodes[1], &blocks, &strays);
	assert_int_equal(blocks, 96);
	assert_int_equal(strays, 0);
	/* 10 channels a group: blocks of 4, 4 and 2. */
	count_blocks(graph->nodes[3], &blocks, &strays);
	assert_int_equal(blocks, 11);
	assert_int_equal(strays, 0);
	lw_graph_free(graph);
}

static void test_weakest_block_goes(void **state)
{
	struct lw_graph *graph = build_graph(1, 1, 8);
	struct lw_node *node = build_conv(graph, LW_NODE_CONV, "n",
					  graph->values[0],
					  (struct build_conv){ .o = 1 });
	const float w[] = { 0.9f, 0, 0, 0, 0.5f, 0.5f, 0.5f, 0.5f };

	(void)state;
	build_output(graph, node->out);
	memcpy(node->weights->real, w, sizeof(w));
	prune(graph, 0.5f, LW_PATTERN_BLOCK4, NULL);
	assert_true(node->weights->real[0] == 0);
	assert_true(node->weights->real[7] == 0.5f);
	lw_graph_free(graph);
}

static void test_ties_are_broken_in_order(void **state)
{
	struct lw_graph *graph = make();
	struct lw_weights *w = graph->nodes[1]->weights;
	size_t i;

	(void)state;
	for (i = 0; i < 640; i++)
		w->real[i] = i % 2 ? 1 : -1;
	prune(graph, 0.25f, LW_PATTERN_WEIGHTS, NULL);
	assert_int_equal(zeros(graph->nodes[1]), 160);
	assert_true(w->real[159] == 0 && w->real[160] == -1);
	lw_graph_free(graph);
}

static void test_zeros_count(void **state)
{
	struct lw_graph *graph = make();
	struct lw_weights *w = graph->nodes[1]->weights;

	(void)state;
	memset(w->real, 0, 400 * sizeof(*w->real));
	prune(graph, 0.5f, LW_PATTERN_WEIGHTS, NULL);
	assert_int_equal(zeros(graph->nodes[1]), 400);
	lw_graph_free(graph);
}

static void test_quantised_weights_go_too(void **state)
{
	struct lw_graph *graph = make();
	struct lw_weights *w = graph->nodes[1]->weights;
	size_t i;

	(void)state;
	w->q = malloc(640);
	w->scale = calloc(20, sizeof(*w->scale));
	for (i = 0; i < 640; i++) {
		w->q[i] = 1 + i % 100;
		w->real[i] = w->q[i] * 0.5f;
	}
	prune(graph, 0.5f, LW_PATTERN_WEIGHTS, NULL);
	for (i = 0; i < 640; i++)
		assert_true(w->real[i] == w->q[i] * 0.5f);
	assert_int_equal(zeros(graph->nodes[1]), 320);
	lw_graph_free(graph);
}

static void test_report(void **state)
{
	struct lw_graph *graph = make();
	struct lw_report report = { 0 };

	(void)state;
	prune(graph, 0.5f, LW_PATTERN_BLOCK4, &report);
	assert_int_equal(report.n, 3);
	assert_string_equal(report.row[0].pass, "prune");
	assert_string_equal(report.row[0].layer, "conv");
	assert_int_equal(report.row[0].bytes_before, 4 * 660);
	assert_int_equal(report.row[0].bytes_after, 4 * 660);
	assert_int_equal(report.row[0].macs_before, 640);
	assert_int_equal(report.row[0].macs_after, 320);
	assert_string_equal(report.row[2].layer, "transposed");
	assert_true(report.row[0].error > 0.1 && report.row[0].error < 0.8);
	lw_report_free(&report);
	lw_graph_free(graph);
}

static void test_options(void **state)
{
	static const float bad[] = { 1, -0.1f, 7, NAN };
	struct lw_pack_options options = { .pattern = LW_PATTERN_WEIGHTS };
	struct lw_graph *graph = make();
	struct lw_report report = { 0 };
	struct lwnpu_error error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		options.sparsity = bad[i];
		assert_int_equal(lw_pass_prune(graph, &options, &report,
					       &error), -EINVAL);
		assert_non_null(strstr(error.message, "sparsity"));
	}
	options.sparsity = 0.5f;
	options.pattern = LW_PATTERN_NONE;
	assert_int_equal(lw_pass_prune(graph, &options, &report, &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "pattern"));
	options.sparsity = 0;
	assert_int_equal(lw_pass_prune(graph, &options, &report, &error), 0);
	assert_int_equal(zeros(graph->nodes[1]), 0);
	assert_int_equal(report.n, 0);
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_are_exact),
		cmocka_unit_test(test_smallest_go),
		cmocka_unit_test(test_size_of_channels_does_not_matter),
		cmocka_unit_test(test_blocks_go_as_one),
		cmocka_unit_test(test_weakest_block_goes),
		cmocka_unit_test(test_ties_are_broken_in_order),
		cmocka_unit_test(test_zeros_count),
		cmocka_unit_test(test_quantised_weights_go_too),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
