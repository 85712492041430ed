// SPDX-License-Identifier: MIT
/* Pruning of whole channels: which may go, and what is left of a graph. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "channels.h"

/*
 * first -> depthwise -> inner -> add with first's output -> last: two groups,
 * of 16 channels each, that may lose some; input and output may not.
 */
static struct lw_graph *make(void)
{
	struct lw_graph *graph = build_graph(6, 6, 3);
	struct lw_node *first, *node;

	first = build_conv(graph, LW_NODE_CONV, "first", graph->values[0],
			   (struct build_conv){ .o = 16, .kernel = 3,
						.bias = true });
	first->act_lo = 0;
	node = build_conv(graph, LW_NODE_DWCONV, "dw", first->out,
			  (struct build_conv){ .kernel = 1, .bias = true });
	node = build_conv(graph, LW_NODE_CONV, "inner", node->out,
			  (struct build_conv){ .o = 16 });
	node->act_lo = 0;
	node = build_conv(graph, LW_NODE_CONV, "back", node->out,
			  (struct build_conv){ .o = 16 });
	node = build_join(graph, LW_NODE_ADD, "add",
			  (struct lw_value *[]){ first->out, node->out }, 2, 4,
			  4, 16);
	node = build_conv(graph, LW_NODE_CONV, "last", node->out,
			  (struct build_conv){ .o = 10, .bias = true });
	build_output(graph, node->out);
	return graph;
}

static void prune(struct lw_graph *graph, enum lw_pattern pattern,
		  float sparsity, struct lw_report *report)
{
	struct lw_pack_options options = { .pattern = pattern,
					   .sparsity = sparsity };
	struct lwnpu_error error = { 0 };

	if (lw_pass_prune(graph, &options, report, &error))
		fail_msg("%s", error.message);
	if (lw_graph_check(graph, &error))
		fail_msg("%s", error.message);
}

static void test_groups(void **state)
{
	struct lw_graph *graph = make();
	struct lw_channels channels = { 0 };
	uint32_t first, inner;

	(void)state;
	assert_int_equal(lw_channels_find(&channels, graph), 0);
	first = channels.group[graph->nodes[0]->out->id];
	inner = channels.group[graph->nodes[2]->out->id];
	assert_int_equal(channels.group[graph->nodes[1]->out->id], first);
	assert_int_equal(channels.group[graph->nodes[3]->out->id], first);
	assert_int_equal(channels.group[graph->nodes[4]->out->id], first);
	assert_int_not_equal(first, inner);
	assert_false(channels.fixed[first]);
	assert_false(channels.fixed[inner]);
	assert_true(channels.fixed[channels.group[graph->values[0]->id]]);
	assert_true(channels.fixed[channels.group[graph->nodes[5]->out->id]]);
	assert_int_equal(channels.written[first], 2);
	assert_int_equal(channels.read[first], 2);
	lw_channels_release(&channels);
	lw_graph_free(graph);
}

static void test_tensors_become_narrow(void **state)
{
	struct lw_graph *graph = make();
	struct lw_report report = { 0 };

	(void)state;
	prune(graph, LW_PATTERN_FILTERS, 0.5f, &report);
	assert_int_equal(graph->nodes[0]->out->c, 8);
	assert_int_equal(graph->nodes[0]->weights->o, 8);
	assert_int_equal(graph->nodes[1]->weights->o, 8);
	assert_int_equal(graph->nodes[2]->weights->o, 8);
	assert_int_equal(graph->nodes[2]->weights->i, 8);
	assert_int_equal(graph->nodes[5]->weights->i, 8);
	assert_int_equal(graph->nodes[5]->weights->o, 10);
	assert_int_equal(report.n, 5);
	assert_string_equal(report.row[2].layer, "inner");
	assert_int_equal(report.row[2].bytes_before, 4 * 256);
	assert_int_equal(report.row[2].bytes_after, 4 * 64);
	lw_report_free(&report);
	lw_graph_free(graph);
}

/* Channels that nothing reads, or whose filters are zero, cost nothing. */
static void test_what_is_nothing_goes_first(void **state)
{
	static const enum lw_pattern patterns[] = { LW_PATTERN_FILTERS,
						    LW_PATTERN_CHANNELS };
	size_t p;

	(void)state;
	for (p = 0; p < 2; p++) {
		struct lw_graph *graph = make();
		struct lw_weights *inner = graph->nodes[2]->weights;
		struct lw_weights *back = graph->nodes[3]->weights;
		float *input = build_numbers(graph->values[0]);
		float *before, *after;
		uint32_t c, o;

		for (c = 1; c < 16; c += 4)
			for (o = 0; o < 16; o++) {
				inner->real[c * 16 + o] = 0;
				back->real[o * 16 + c] = 0;
			}
		/* Only inner's group: the other is fixed by an output. */
		build_output(graph, graph->nodes[0]->out);
		before = build_run(graph, input);
		prune(graph, patterns[p], 0.25f, NULL);
		assert_int_equal(graph->nodes[2]->out->c, 12);
		assert_int_equal(graph->nodes[0]->out->c, 16);
		after = build_run(graph, input);
		for (c = 0; c < 4 * 4 * 10; c++)
			assert_true(fabsf(after[c] - before[c]) < 1e-5f);
		free(before);
		free(after);
		free(input);
		lw_graph_free(graph);
	}
}

/* What stays is whole words, so a little share of few channels is none. */
static void test_words_stay_whole(void **state)
{
	struct lw_graph *graph = make();

	(void)state;
	prune(graph, LW_PATTERN_FILTERS, 0.2f, NULL);
	assert_int_equal(graph->nodes[0]->out->c, 16);
	prune(graph, LW_PATTERN_FILTERS, 0.9f, NULL);
	assert_int_equal(graph->nodes[0]->out->c, 4);
	lw_graph_free(graph);
}

static void test_quantised_weights_follow(void **state)
{
	struct lw_graph *graph = make();
	const struct lw_weights *w;
	uint32_t n, o, k;

	(void)state;
	for (n = 0; n < graph->n_nodes; n++)
		if (graph->nodes[n]->weights)
			build_quantise(graph->nodes[n], 0.01f);
	prune(graph, LW_PATTERN_CHANNELS, 0.5f, NULL);
	for (n = 0; n < graph->n_nodes; n++) {
		w = graph->nodes[n]->weights;
		if (!w)
			continue;
		for (o = 0; o < w->o; o++)
			for (k = 0; k < w->kh * w->kw * w->i; k++) {
				size_t at = (size_t)o * w->kh * w->kw * w->i + k;

				assert_true(fabsf(w->real[at] -
						  w->scale[o] * w->q[at]) <
					    1e-6f);
			}
	}
	lw_graph_free(graph);
}

static void test_two_of_four(void **state)
{
	struct lw_graph *graph = build_graph(2, 2, 10);
	struct lw_pack_options options = { .pattern = LW_PATTERN_2_OF_4 };
	struct lw_node *node;
	const float *real;
	uint32_t row, i;

	(void)state;
	node = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 4, .kernel = 2 });
	build_output(graph, node->out);
	real = node->weights->real;
	node->weights->real[0] = node->weights->real[1] = 0.5f;
	node->weights->real[2] = node->weights->real[3] = 0.5f;
	assert_int_equal(lw_pass_prune(graph, &options, NULL, NULL), 0);
	/* Equal ones: the first two stay. */
	assert_true(real[0] != 0 && real[1] != 0 && !real[2] && !real[3]);
	for (row = 0; row < 16; row++) {
		const float *at = real + row * 10;

		for (i = 0; i < 8; i += 4)
			assert_int_equal((at[i] == 0) + (at[i + 1] == 0) +
					 (at[i + 2] == 0) + (at[i + 3] == 0), 2);
		/* The last two have no others to yield to. */
		assert_true(at[8] != 0 && at[9] != 0);
	}
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_tensors_become_narrow),
		cmocka_unit_test(test_what_is_nothing_goes_first),
		cmocka_unit_test(test_words_stay_whole),
		cmocka_unit_test(test_quantised_weights_follow),
		cmocka_unit_test(test_two_of_four),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
