// SPDX-License-Identifier: MIT
/* Quantisation after training: ranges, scales, weights, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "quantise.h"

#define IMAGES 16

static const enum lw_range ranges[] = {
	LW_RANGE_MINMAX, LW_RANGE_MSE, LW_RANGE_PERCENTILE, LW_RANGE_ENTROPY,
};

#define RANGES (sizeof(ranges) / sizeof(*ranges))

static void quantise(struct lw_graph *graph, const struct lw_dataset *dataset,
		     enum lw_range range, struct lw_report *report)
{
	struct lw_pack_options options = { .calibration = dataset,
					   .range = range,
					   .percentile = 99.99f };
	struct lwnpu_error error = { 0 };

	if (lw_pass_quantise(graph, &options, report, &error))
		fail_msg("%s", error.message);
	assert_true(graph->quantised);
	assert_int_equal(lw_graph_check(graph, &error), 0);
}

/* Quantises a graph with random inputs. */
static void quantise_random(struct lw_graph *graph, enum lw_range range)
{
	struct lw_dataset dataset = build_dataset(graph, IMAGES);

	quantise(graph, &dataset, range, NULL);
	free(dataset.data);
}

static struct lw_graph *make(void)
{
	struct lw_graph *graph = build_graph(8, 8, 3);
	struct lw_node *conv, *dw, *add;

	conv = build_conv(graph, LW_NODE_CONV, "conv", graph->values[0],
			  (struct build_conv){ .o = 8, .kernel = 3, .pad = 1,
					       .bias = true });
	conv->act_lo = 0;
	dw = build_conv(graph, LW_NODE_DWCONV, "dw", conv->out,
			(struct build_conv){ .kernel = 3, .pad = 1 });
	add = lw_graph_node(graph, LW_NODE_ADD, "add",
			    (struct lw_value *[]){ conv->out, dw->out }, 2,
			    lw_graph_value(graph, "add.out", 8, 8, 8));
	build_output(graph, add->out);
	return graph;
}

static void test_result_is_near(void **state)
{
	size_t r, i;

	(void)state;
	for (r = 0; r < RANGES; r++) {
		struct lw_graph *graph = make();
		struct lw_dataset dataset = build_dataset(graph, IMAGES);
		struct lw_report report = { 0 };

		quantise(graph, &dataset, ranges[r], &report);
		assert_int_equal(report.n, 2);
		assert_string_equal(report.row[1].layer, "dw");
		assert_int_equal(report.row[0].bytes_before, 4 * (216 + 8));
		assert_int_equal(report.row[0].bytes_after, 216 + 8 * 8);
		for (i = 0; i < report.n; i++)
			assert_true(report.row[i].error > 1e-4 &&
				    report.row[i].error < 0.03);
		lw_report_free(&report);
		free(dataset.data);
		lw_graph_free(graph);
	}
}

static void test_constants_agree(void **state)
{
	struct lw_graph *graph = make(), *before = lw_graph_copy(graph);
	const struct lw_weights *w, *old;
	const struct lw_node *node;
	float scale;
	uint32_t n, o, i, per;

	(void)state;
	quantise_random(graph, LW_RANGE_MINMAX);
	for (n = 0; n < 2; n++) {
		node = graph->nodes[n];
		w = node->weights;
		old = before->nodes[n]->weights;
		per = w->kh * w->kw * w->i;
		for (o = 0; o < w->o; o++) {
			for (i = o * per; i < (o + 1) * per; i++) {
				assert_true(w->q[i] >= -127);
				assert_true(w->real[i] ==
					    w->scale[o] * w->q[i]);
				assert_true(fabsf(w->real[i] - old->real[i]) <=
					    w->scale[o] * 0.501f);
			}
			if (!w->bias)
				continue;
			scale = node->in[0]->scale * w->scale[o];
			assert_true(w->bias[o] == scale * w->bias_q[o]);
			assert_true(fabsf(w->bias[o] - old->bias[o]) <=
				    scale * 0.501f);
		}
	}
	lw_graph_free(graph);
	lw_graph_free(before);
}

static void test_scale_of_a_range(void **state)
{
	struct lw_value value = { .name = NULL };

	(void)state;
	lw_set_scale(&value, -1, 1.55f);
	assert_true(fabsf(value.scale - 0.01f) < 1e-8f);
	assert_int_equal(value.zero_point, 100);
	assert_true(value.quantised && !value.is_signed);
	lw_set_scale(&value, 0, 255);
	assert_true(value.scale == 1 && value.zero_point == 0);
	lw_set_scale(&value, -255, 0);
	assert_true(value.scale == 1 && value.zero_point == 255);
	lw_set_scale(&value, -3e38f, 3e38f);
	assert_true(isfinite(value.scale));
	assert_int_equal(value.zero_point, 128);
}

static void test_empty_ranges(void **state)
{
	struct lw_value value = { .name = NULL };

	(void)state;
	lw_set_scale(&value, 0, 0);
	assert_true(value.scale == 1.0f / 255 && value.zero_point == 0);
	lw_set_scale(&value, -1e-45f, 0);
	assert_true(value.scale == 1.0f / 255 && value.zero_point == 0);
}

static void test_all_inputs_zero(void **state)
{
	size_t r;

	(void)state;
	for (r = 0; r < RANGES; r++) {
		struct lw_graph *graph = make();
		struct lw_dataset dataset = build_dataset(graph, IMAGES);

		memset(dataset.data, 0,
		       dataset.n * dataset.size * sizeof(float));
		quantise(graph, &dataset, ranges[r], NULL);
		free(dataset.data);
		lw_graph_free(graph);
	}
}

static void test_pruned_weights_stay_zero(void **state)
{
	struct lw_graph *graph = make();
	struct lw_weights *w = graph->nodes[0]->weights;
	size_t i;

	(void)state;
	for (i = 0; i < 216; i += 3)
		w->real[i] = 0;
	quantise_random(graph, LW_RANGE_MSE);
	for (i = 0; i < 216; i += 3)
		assert_int_equal(w->q[i], 0);
	lw_graph_free(graph);
}

/* Channels of nothing, or of nearly nothing, keep their bias. */
static void test_channels_without_weights(void **state)
{
	struct lw_graph *graph = make();
	struct lw_weights *w = graph->nodes[0]->weights;
	uint32_t o, i;

	(void)state;
	memset(w->real, 0, 4 * 27 * sizeof(*w->real));
	for (i = 4 * 27; i < 6 * 27; i++)
		w->real[i] = 1e-30f;
	memcpy(w->bias, (float[]){ 0, 0.3f, -1e-6f, 70, 0.3f, 0, 0, 0 }, 32);
	quantise_random(graph, LW_RANGE_MSE);
	assert_true(w->scale[0] == 1);
	for (o = 0; o < 8; o++) {
		static const float bias[] = { 0, 0.3f, -1e-6f, 70, 0.3f };

		assert_true(isfinite(w->scale[o]) && w->scale[o] > 0);
		assert_true(graph->values[0]->scale * w->scale[o] /
			    graph->nodes[0]->out->scale > 1e-15f);
		if (o < 5)
			assert_true(fabsf(w->bias[o] - bias[o]) <=
				    1e-5f * fabsf(bias[o]));
	}
	lw_graph_free(graph);
}

static void test_known_ranges(void **state)
{
	static const struct {
		enum lw_unary_kind unary;
		float scale;
		int zero_point;
	} known[] = {
		{ LW_UNARY_SIGMOID, 1.0f / 256, 0 },
		{ LW_UNARY_TANH, 1.0f / 128, 128 },
	};
	struct lw_graph *graph;
	struct lw_node *node;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		graph = build_graph(2, 2, 4);
		node = build_node(graph, LW_NODE_UNARY, "u", graph->values[0],
				  2, 2, 4);
		node->unary = known[i].unary;
		/* What only moves the numbers has their scale. */
		node = build_node(graph, LW_NODE_FLATTEN, "f", node->out, 1, 1,
				  16);
		build_output(graph, node->out);
		quantise_random(graph, LW_RANGE_MSE);
		assert_true(node->out->scale == known[i].scale);
		assert_int_equal(node->out->zero_point, known[i].zero_point);
		lw_graph_free(graph);
	}
	graph = build_graph(1, 1, 4);
	node = build_node(graph, LW_NODE_SOFTMAX, "s", graph->values[0], 1, 1,
			  4);
	build_output(graph, node->out);
	quantise_random(graph, LW_RANGE_MINMAX);
	assert_true(node->out->scale == 1.0f / 256);
	assert_int_equal(node->out->zero_point, 0);
	lw_graph_free(graph);
}

static bool same_scale(const struct lw_value *a, const struct lw_value *b)
{
	return a->scale == b->scale && a->zero_point == b->zero_point;
}

static void test_moves_keep_the_scale(void **state)
{
	struct lw_graph *graph = build_graph(6, 6, 4);
	struct lw_value *in = graph->values[0];
	struct lw_node *pool, *pad, *conv, *concat, *mean;

	(void)state;
	pool = build_node(graph, LW_NODE_POOL, "pool", in, 5, 5, 4);
	pool->pool = LW_POOL_MAX;
	pool->window.kernel_h = pool->window.kernel_w = 2;
	pad = build_node(graph, LW_NODE_PAD, "pad", pool->out, 6, 5, 4);
	pad->fill = -9;
	pad->window.pad_top = 1;
	conv = build_conv(graph, LW_NODE_CONV, "conv", pad->out,
			  (struct build_conv){ .o = 4 });
	concat = lw_graph_node(graph, LW_NODE_CONCAT, "concat",
			       (struct lw_value *[]){ pad->out, conv->out }, 2,
			       lw_graph_value(graph, "o", 6, 5, 8));
	concat->axis = LW_AXIS_C;
	mean = build_node(graph, LW_NODE_POOL, "mean", concat->out, 1, 1, 8);
	mean->pool = LW_POOL_AVERAGE;
	mean->window.kernel_h = 6;
	mean->window.kernel_w = 5;
	build_output(graph, mean->out);
	quantise_random(graph, LW_RANGE_MINMAX);
	assert_true(same_scale(in, pool->out));
	assert_true(same_scale(in, pad->out));
	/* The fill is in the range. */
	assert_true(-in->scale * in->zero_point <= -8.9f);
	/* conv.out is read by concat alone, pad.out is not. */
	assert_true(same_scale(conv->out, concat->out));
	assert_false(same_scale(concat->out, mean->out));
	lw_graph_free(graph);
}

static void test_quantised_model_needs_nothing(void **state)
{
	struct lw_graph *graph = make(), *copy;
	struct lw_pack_options options = { .calibration = NULL };
	struct lw_report report = { 0 };

	(void)state;
	quantise_random(graph, LW_RANGE_MSE);
	copy = lw_graph_copy(graph);
	assert_int_equal(lw_pass_quantise(copy, &options, &report, NULL), 0);
	assert_int_equal(report.n, 0);
	assert_memory_equal(copy->nodes[0]->weights->q,
			    graph->nodes[0]->weights->q, 216);
	lw_graph_free(graph);
	lw_graph_free(copy);
}

static void test_same_inputs_same_bytes(void **state)
{
	struct lw_graph *a = make(), *b = lw_graph_copy(a);
	struct lw_dataset dataset = build_dataset(a, IMAGES);
	uint32_t i;

	(void)state;
	quantise(a, &dataset, LW_RANGE_MSE, NULL);
	quantise(b, &dataset, LW_RANGE_MSE, NULL);
	for (i = 0; i < a->n_values; i++)
		assert_true(same_scale(a->values[i], b->values[i]));
	assert_memory_equal(a->nodes[0]->weights->q, b->nodes[0]->weights->q,
			    216);
	free(dataset.data);
	lw_graph_free(a);
	lw_graph_free(b);
}

struct progress {
	uint32_t calls;
	float last;
};

static void note(void *data, const char *what, float done)
{
	struct progress *progress = data;

	assert_string_equal(what, "calibrate");
	assert_true(done > progress->last && done <= 1);
	progress->calls++;
	progress->last = done;
}

static void test_progress(void **state)
{
	struct lw_graph *graph = make();
	struct lw_dataset dataset = build_dataset(graph, IMAGES);
	struct progress progress = { .calls = 0 };
	struct lw_pack_options options = {
		.calibration = &dataset,
		.range = LW_RANGE_MSE,
		.progress = note,
		.progress_data = &progress,
	};

	(void)state;
	assert_int_equal(lw_pass_quantise(graph, &options, NULL, NULL), 0);
	assert_int_equal(progress.calls, 2 * IMAGES);
	assert_true(progress.last == 1);
	free(dataset.data);
	lw_graph_free(graph);
}

static void assert_refused(struct lw_graph *graph,
			   const struct lw_dataset *dataset, const char *word)
{
	struct lw_pack_options options = { .calibration = dataset };
	struct lwnpu_error error = { 0 };

	assert_int_equal(lw_pass_quantise(graph, &options, NULL, &error),
			 -EINVAL);
	if (!strstr(error.message, word))
		fail_msg("'%s' does not name '%s'", error.message, word);
}

static void test_unfit_inputs_are_refused(void **state)
{
	struct lw_graph *graph = make();
	struct lw_dataset dataset = build_dataset(graph, IMAGES), wrong = dataset;
	struct lw_port port;

	(void)state;
	assert_refused(graph, NULL, "--calib");
	wrong.n = 0;
	assert_refused(graph, &wrong, "--calib");
	wrong = dataset;
	wrong.size--;
	assert_refused(graph, &wrong, "191");
	dataset.data[dataset.size * 3 + 5] = NAN;
	assert_refused(graph, &dataset, "input 3");
	dataset.data[dataset.size * 3 + 5] = INFINITY;
	assert_refused(graph, &dataset, "input 3");
	port = (struct lw_port){ .n_dims = 0,
				 .value = lw_graph_value(graph, "b", 1, 1, 1) };
	assert_int_equal(lw_graph_input(graph, &port), 0);
	assert_refused(graph, &dataset, "2 inputs");
	free(dataset.data);
	lw_graph_free(graph);
}

/* Samples hold the first input, then the second. */
static void test_several_inputs(void **state)
{
	struct lw_graph *graph = build_graph(2, 3, 4);
	struct lw_value *a = graph->values[0];
	struct lw_value *b = build_input(graph, "b", 1, 1, 4);
	struct lw_node *sum = build_join(graph, LW_NODE_ADD, "sum",
					 (struct lw_value *[]){ a, b }, 2, 2, 3,
					 4);
	struct lw_dataset dataset;
	size_t i, k;

	(void)state;
	build_output(graph, sum->out);
	dataset = build_dataset(graph, IMAGES);
	assert_int_equal(dataset.size, 28);
	for (i = 0; i < dataset.n; i++)
		for (k = 24; k < 28; k++)
			dataset.data[i * 28 + k] = 50 + k - 24;
	quantise(graph, &dataset, LW_RANGE_MINMAX, NULL);
	assert_true(a->hi <= 1 && a->lo >= -1 && a->lo < -0.8f);
	assert_true(b->hi == 53 && b->lo == 0);
	assert_true(sum->out->hi > 52 && sum->out->hi < 54);
	free(dataset.data);
	lw_graph_free(graph);
}

/* Numbers that cancel out leave errors of rounding, or less. */
static void test_sum_of_nearly_nothing(void **state)
{
	struct lw_graph *graph = build_graph(2, 3, 4);
	struct lw_value *in = graph->values[0];
	struct lw_node *almost = build_affine(graph, "almost", in), *sum;
	struct lw_pack_options options = { 0 };
	struct lwm_package package;
	struct lwnpu_error error = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		almost->weights->real[i] = 1;
		almost->weights->bias[i] = 1e-9f;
	}
	sum = build_join(graph, LW_NODE_ADD, "sum",
			 (struct lw_value *[]){ in, almost->out }, 2, 2, 3, 4);
	sum->subtract = true;
	build_output(graph, build_node(graph, LW_NODE_FLATTEN, "flat", sum->out,
				       1, 1, 24)->out);
	quantise_random(graph, LW_RANGE_MINMAX);
	assert_true(sum->out->scale < 1e-6f);
	assert_true(same_scale(sum->out, graph->outputs[0].value));
	if (lw_lower(graph, &options, &package, &error))
		fail_msg("%s", error.message);
	lwm_release(&package);
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result_is_near),
		cmocka_unit_test(test_constants_agree),
		cmocka_unit_test(test_scale_of_a_range),
		cmocka_unit_test(test_empty_ranges),
		cmocka_unit_test(test_all_inputs_zero),
		cmocka_unit_test(test_pruned_weights_stay_zero),
		cmocka_unit_test(test_channels_without_weights),
		cmocka_unit_test(test_known_ranges),
		cmocka_unit_test(test_moves_keep_the_scale),
		cmocka_unit_test(test_quantised_model_needs_nothing),
		cmocka_unit_test(test_same_inputs_same_bytes),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_unfit_inputs_are_refused),
		cmocka_unit_test(test_several_inputs),
		cmocka_unit_test(test_sum_of_nearly_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
