// SPDX-License-Identifier: MIT
/* Equalised weights, and activations whose statistics are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "quantise.h"

#define IMAGES 16

/* conv, depthwise, conv: channels of very different size between them. */
static struct lw_graph *make(void)
{
	struct lw_graph *graph = build_graph(8, 8, 4);
	struct lw_weights *w;
	struct lw_node *node;
	uint32_t i;

	node = build_conv(graph, LW_NODE_CONV, "first", graph->values[0],
			  (struct build_conv){ .o = 8, .kernel = 3, .pad = 1,
					       .bias = true });
	node->act_lo = 0;
	w = node->weights;
	for (i = 0; i < 8 * 9 * 4; i++)
		w->real[i] *= ldexpf(1, (int)(i / 36) - 4);
	node = build_conv(graph, LW_NODE_DWCONV, "dw", node->out,
			  (struct build_conv){ .kernel = 3, .pad = 1 });
	node->act_lo = 0;
	node = build_conv(graph, LW_NODE_CONV, "last", node->out,
			  (struct build_conv){ .o = 12, .groups = 2,
					       .bias = true });
	build_output(graph, node->out);
	return graph;
}

static float *run_on_ones(const struct lw_graph *graph)
{
	float input[8 * 8 * 4];
	size_t i;

	for (i = 0; i < sizeof(input) / sizeof(*input); i++)
		input[i] = 1 + i % 7;
	return build_run(graph, input);
}

static void equalise(struct lw_graph *graph)
{
	struct lw_pack_options options = { .equalise = true };
	struct lwnpu_error error = { 0 };

	if (lw_pass_equalise(graph, &options, NULL, &error))
		fail_msg("%s", error.message);
}

static float greatest(const float *real, uint32_t from, uint32_t n,
		      uint32_t step)
{
	float most = 0;

	for (uint32_t i = from; n--; i += step)
		most = fmaxf(most, fabsf(real[i]));
	return most;
}

static void test_equalised_weights_are_alike(void **state)
{
	struct lw_graph *graph = make();
	uint32_t c;

	(void)state;
	equalise(graph);
	for (c = 0; c < 8; c++) {
		const float *first = graph->nodes[0]->weights->real;
		const float *dw = graph->nodes[1]->weights->real;
		const float *last = graph->nodes[2]->weights->real;
		float a = greatest(first, c * 36, 36, 1);
		float b = greatest(dw, c * 9, 9, 1);
		/* Outputs 0 to 5 read channels 0 to 3, the others the rest. */
		float d = greatest(last, c / 4 * 24 + c % 4, 6, 4);

		assert_true(a / b > 0.95f && a / b < 1.05f);
		assert_true(b / d > 0.95f && b / d < 1.05f);
	}
	lw_graph_free(graph);
}

static void test_equalising_changes_nothing(void **state)
{
	struct lw_graph *graph = make();
	float *before = run_on_ones(graph), *after;
	uint32_t i;

	(void)state;
	equalise(graph);
	after = run_on_ones(graph);
	for (i = 0; i < 8 * 8 * 12; i++)
		assert_true(fabsf(after[i] - before[i]) <=
			    1e-4f * (1 + fabsf(before[i])));
	free(before);
	free(after);
	lw_graph_free(graph);
}

/* A bound above zero stops a channel from being scaled; so does a reader more. */
static void test_equalising_keeps_off(void **state)
{
	struct lw_graph *graph = make(), *copy;
	uint32_t i;

	(void)state;
	graph->nodes[0]->act_hi = 6;
	build_output(graph, graph->nodes[1]->out);
	copy = lw_graph_copy(graph);
	equalise(graph);
	for (i = 0; i < 8 * 36; i++)
		assert_true(graph->nodes[0]->weights->real[i] ==
			    copy->nodes[0]->weights->real[i]);
	for (i = 0; i < 12 * 4; i++)
		assert_true(graph->nodes[2]->weights->real[i] ==
			    copy->nodes[2]->weights->real[i]);
	lw_graph_free(copy);
	lw_graph_free(graph);
}

/* Mean and deviation of a channel of node @n's output over a data set. */
struct watch {
	const struct lw_value *value;
	uint32_t c;
	double sum, squares, n;
};

static void look(void *data, const struct lw_value *value, const float *real)
{
	struct watch *watch = data;

	if (value != watch->value)
		return;
	for (size_t i = watch->c; i < lw_value_size(value); i += value->c) {
		watch->sum += real[i];
		watch->squares += (double)real[i] * real[i];
		watch->n++;
	}
}

static void measure(const struct lw_graph *graph, uint32_t node, uint32_t c,
		    const struct lw_dataset *dataset, double *mean,
		    double *deviation)
{
	struct watch watch = { .value = graph->nodes[node]->out, .c = c };
	struct lw_interpreter *interpreter;

	assert_int_equal(lw_interpreter_new(&interpreter, graph, NULL), 0);
	for (uint32_t i = 0; i < dataset->n; i++)
		lw_interpreter_run_sample(interpreter, dataset->data +
					  i * dataset->size, look, &watch);
	lw_interpreter_free(interpreter);
	*mean = watch.sum / watch.n;
	*deviation = sqrt(watch.squares / watch.n - *mean * *mean);
}

static void prune(struct lw_graph *graph, const struct lw_dataset *dataset,
		  bool correct)
{
	struct lw_pack_options options = {
		.calibration = dataset,
		.sparsity = 0.5f,
		.pattern = LW_PATTERN_WEIGHTS,
		.correct = correct,
	};
	struct lwnpu_error error = { 0 };

	if (lw_pass_prune(graph, &options, NULL, &error))
		fail_msg("%s", error.message);
}

/* All layers without bounds, so that their outputs are what is corrected. */
static struct lw_graph *make_linear(void)
{
	struct lw_graph *graph = make();

	for (uint32_t i = 0; i < graph->n_nodes; i++)
		graph->nodes[i]->act_lo = -INFINITY;
	return graph;
}

static void test_correction_keeps_statistics(void **state)
{
	struct lw_graph *graph = make_linear(), *plain, *before;
	struct lw_dataset dataset = build_dataset(graph, IMAGES);
	double mean, deviation, m, d, worst_plain = 0, worst = 0;
	uint32_t c;

	(void)state;
	before = lw_graph_copy(graph);
	plain = lw_graph_copy(graph);
	prune(plain, &dataset, false);
	prune(graph, &dataset, true);
	for (c = 0; c < 12; c++) {
		measure(before, 2, c, &dataset, &mean, &deviation);
		measure(plain, 2, c, &dataset, &m, &d);
		worst_plain = fmax(worst_plain, fabs(d / deviation - 1));
		measure(graph, 2, c, &dataset, &m, &d);
		worst = fmax(worst, fabs(d / deviation - 1));
		assert_true(fabs(m - mean) < 1e-3 * (1 + fabs(mean)));
	}
	assert_true(worst < 1e-3);
	assert_true(worst_plain > 0.01);
	free(dataset.data);
	lw_graph_free(plain);
	lw_graph_free(before);
	lw_graph_free(graph);
}

static void test_quantised_correction_is_consistent(void **state)
{
	struct lw_graph *graph = make();
	struct lw_dataset dataset = build_dataset(graph, IMAGES);
	struct lw_pack_options options = { .calibration = &dataset,
					   .correct = true };
	struct lwnpu_error error = { 0 };
	uint32_t n, o, k;

	(void)state;
	if (lw_pass_quantise(graph, &options, NULL, &error))
		fail_msg("%s", error.message);
	for (n = 0; n < graph->n_nodes; n++) {
		const struct lw_weights *w = graph->nodes[n]->weights;
		uint32_t each = w->kh * w->kw * w->i;
		float in = graph->nodes[n]->in[0]->scale;

		assert_non_null(w->bias_q);
		for (o = 0; o < w->o; o++) {
			assert_true(fabsf(w->bias[o] - w->bias_q[o] * in *
					  w->scale[o]) <=
				    0.51f * in * w->scale[o]);
			for (k = o * each; k < (o + 1) * each; k++)
				assert_true(fabsf(w->real[k] -
						  w->scale[o] * w->q[k]) <=
					    1e-5f * fabsf(w->real[k]));
		}
	}
	free(dataset.data);
	lw_graph_free(graph);
}

static void test_correction_wants_its_inputs(void **state)
{
	struct lw_graph *graph = make();
	struct lw_dataset dataset = build_dataset(graph, 1);
	struct lw_pack_options options = {
		.calibration = &dataset,
		.sparsity = 0.5f,
		.pattern = LW_PATTERN_WEIGHTS,
		.correct = true,
	};
	struct lwnpu_error error = { 0 };

	(void)state;
	dataset.size--;
	assert_int_equal(lw_pass_prune(graph, &options, NULL, &error),
			 -EINVAL);
	free(dataset.data);
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equalised_weights_are_alike),
		cmocka_unit_test(test_equalising_changes_nothing),
		cmocka_unit_test(test_equalising_keeps_off),
		cmocka_unit_test(test_correction_keeps_statistics),
		cmocka_unit_test(test_quantised_correction_is_consistent),
		cmocka_unit_test(test_correction_wants_its_inputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
