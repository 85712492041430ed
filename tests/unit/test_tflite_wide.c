// SPDX-License-Identifier: MIT
/*
 * Unsigned weights whose distance to the zero point takes nine bits: what the
 * graph computes is compared with the sums of products of the model's bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import.h"
#include "../common/build_graph.h"
#include "../common/random.h"
#include "../common/tflite_builder.h"

#define SIDE 5
#define ZERO_IN 100

/*
 * A layer on SIDE x SIDE pixels, all scales 1. Weights are in the source's
 * order: [o][k][k][c], depthwise [k][k][o].
 */
struct layer {
	enum tfl_operator code;
	int32_t c, o, k;
	int32_t zero;
	uint8_t *weights;
	int32_t *bias;
};

static size_t weights_per_output(const struct layer *l)
{
	size_t taps = (size_t)l->k * l->k;

	if (l->code == TFL_DEPTHWISE_CONV_2D)
		return taps;
	if (l->code == TFL_FULLY_CONNECTED)
		taps = SIDE * SIDE;
	return taps * l->c;
}

static void *need(void *p)
{
	assert_non_null(p);
	return p;
}

/* Weights of which int8 holds all but some @percent. */
static void make_layer(struct layer *l, struct lw_random *random,
		       uint32_t percent)
{
	size_t n = l->o * weights_per_output(l);
	int32_t o;
	size_t i;

	l->weights = need(malloc(n));
	l->bias = need(calloc(l->o, sizeof(*l->bias)));
	for (i = 0; i < n; i++) {
		int64_t lo = l->zero > 128 ? l->zero - 128 : 0;
		int64_t hi = l->zero < 128 ? l->zero + 127 : 255;

		if (lw_random_chance(random, percent)) {
			lo = 1;
			hi = 254;
		}
		l->weights[i] = (uint8_t)lw_random_between(random, lo, hi);
	}
	for (o = 0; o < l->o; o++)
		l->bias[o] = (int32_t)lw_random_between(random, -999, 999);
}

static void free_layer(struct layer *l)
{
	free(l->weights);
	free(l->bias);
}

static int32_t add_value(struct tfl *t, const char *name, int32_t side,
			 int32_t c, int64_t zero)
{
	static const float scale = 1;

	return tfl_add_tensor(t, &(struct tfl_tensor){
		.name = name, .type = TFL_UINT8, .dims = { 1, side, side, c },
		.scale = &scale, .n_scales = 1, .zero = zero });
}

static void set_weight_dims(const struct layer *l, struct tfl_tensor *tensor)
{
	int32_t dims[] = { l->o, l->k, l->k, l->c };

	if (l->code == TFL_DEPTHWISE_CONV_2D) {
		dims[0] = 1;
		dims[3] = l->o;
	}
	if (l->code == TFL_FULLY_CONNECTED) {
		dims[1] = (int32_t)weights_per_output(l);
		dims[2] = 0;
	}
	memcpy(tensor->dims, dims, sizeof(dims));
}

static uint32_t add_options(struct tfl *t, const struct layer *l)
{
	if (l->code == TFL_FULLY_CONNECTED)
		return tfl_u8_options(t, TFL_NONE);
	return tfl_conv_options(t, TFL_SAME, 1, TFL_NONE,
				l->code == TFL_CONV_2D ? 0 : l->o / l->c);
}

static struct lw_graph *import_layer(const struct layer *l)
{
	static const float scale = 1;
	const enum tfl_options type = l->code == TFL_CONV_2D ?
		TFL_CONV_2D_OPTIONS : l->code == TFL_FULLY_CONNECTED ?
		TFL_FULLY_CONNECTED_OPTIONS : TFL_DEPTHWISE_OPTIONS;
	struct tfl_tensor weights = {
		.name = "weights", .type = TFL_UINT8, .scale = &scale,
		.n_scales = 1, .zero = l->zero, .data = l->weights,
		.size = (uint32_t)(l->o * weights_per_output(l)),
	};
	struct lw_refusals refusals = { 0 };
	struct lwnpu_error error;
	struct lw_graph *graph;
	int32_t in, out, w, b;
	const uint8_t *data;
	struct tfl t;
	size_t size;

	set_weight_dims(l, &weights);
	tfl_begin(&t);
	in = add_value(&t, "in", SIDE, l->c, ZERO_IN);
	out = add_value(&t, "out", l->code == TFL_FULLY_CONNECTED ? 1 : SIDE,
			l->o, 3);
	w = tfl_add_tensor(&t, &weights);
	b = tfl_add_tensor(&t, &(struct tfl_tensor){
		.name = "bias", .type = TFL_INT32, .dims = { l->o },
		.scale = &scale, .n_scales = 1, .data = l->bias,
		.size = (uint32_t)l->o * 4 });
	tfl_add_operator(&t, l->code, (int32_t[]){ in, w, b, -2 }, out, type,
			 add_options(&t, l));
	data = tfl_finish(&t, in, out, &size);
	assert_int_equal(lw_import_tflite(&graph, data, size, NULL, &refusals,
					  &error), 0);
	lw_refusals_free(&refusals);
	tfl_free(&t);
	return graph;
}

/* Weight of output channel @o and input channel @c at row @i, column @j. */
static int32_t weight_at(const struct layer *l, int32_t o, int32_t i, int32_t j,
			 int32_t c)
{
	int32_t k = l->code == TFL_FULLY_CONNECTED ? SIDE : l->k;
	size_t tap = (size_t)i * k + j;

	if (l->code == TFL_DEPTHWISE_CONV_2D)
		return l->weights[tap * l->o + o] - l->zero;
	return l->weights[((size_t)o * k * k + tap) * l->c + c] - l->zero;
}

/* The exact sum at a pixel. */
static int32_t expected_at(const struct layer *l, const float *x, int32_t y,
			   int32_t z, int32_t o)
{
	bool all = l->code == TFL_FULLY_CONNECTED;
	int32_t k = all ? SIDE : l->k, before = all ? 0 : (k - 1) / 2;
	int32_t sum = l->bias[o], i, j, c;

	for (i = 0; i < k; i++)
		for (j = 0; j < k; j++)
			for (c = 0; c < l->c; c++) {
				int32_t row = y + i - before;
				int32_t column = z + j - before;

				if (row < 0 || row >= SIDE || column < 0 ||
				    column >= SIDE ||
				    (l->code == TFL_DEPTHWISE_CONV_2D &&
				     c != o / (l->o / l->c)))
					continue;
				sum += weight_at(l, o, i, j, c) *
				       (int32_t)x[(row * SIDE + column) *
						  l->c + c];
			}
	return sum;
}

/* No scale was changed, and both kinds of weights are the same numbers. */
static void check_weights(const struct lw_weights *w)
{
	size_t per = (size_t)w->kh * w->kw * w->i, k;

	for (k = 0; k < w->o * per; k++) {
		assert_true(w->scale[k / per] == 1);
		assert_true(w->real[k] == w->q[k]);
	}
	for (k = 0; w->bias_q && k < w->o; k++)
		assert_true(w->bias[k] == w->bias_q[k]);
}

static void check_exact(const struct layer *l, struct lw_graph *graph,
			struct lw_random *random)
{
	size_t n = (size_t)SIDE * SIDE * l->c, i;
	int32_t side = l->code == TFL_FULLY_CONNECTED ? 1 : SIDE, y, z, o;
	float *x = need(malloc(n * sizeof(*x)));
	const float *out;
	float *got;

	for (i = 0; i < graph->n_nodes; i++)
		if (graph->nodes[i]->weights)
			check_weights(graph->nodes[i]->weights);
	for (i = 0; i < n; i++)
		x[i] = (float)((int32_t)lw_random_below(random, 256) - ZERO_IN);
	got = build_run(graph, x);
	out = got;
	for (y = 0; y < side; y++)
		for (z = 0; z < side; z++)
			for (o = 0; o < l->o; o++)
				assert_true(*out++ ==
					    expected_at(l, x, y, z, o));
	free(got);
	free(x);
}

static uint32_t count_nodes(const struct lw_graph *graph,
			    enum lw_node_kind kind)
{
	uint32_t i, n = 0;

	for (i = 0; i < graph->n_nodes; i++)
		n += graph->nodes[i]->kind == kind;
	return n;
}

/* One layer as imported, and folded. */
static void try_layer(struct layer *l, struct lw_random *random,
		      uint32_t percent)
{
	const struct lw_pack_options options = { 0 };
	struct lw_report report = { 0 };
	struct lwnpu_error error;
	struct lw_graph *graph;

	make_layer(l, random, percent);
	graph = import_layer(l);
	check_exact(l, graph, random);
	assert_int_equal(lw_pass_fold(graph, &options, &report, &error), 0);
	assert_int_equal(count_nodes(graph, LW_NODE_FLATTEN), 0);
	check_exact(l, graph, random);
	lw_report_free(&report);
	lw_graph_free(graph);
	free_layer(l);
}

static struct lw_random seed(void)
{
	const char *given = getenv("SEED");
	uint64_t number = given ? strtoull(given, NULL, 0) : 20;

	printf("SEED=%llu\n", (unsigned long long)number);
	return lw_random_seed(number);
}

static void test_random_layers(void **state)
{
	static const enum tfl_operator codes[] = {
		TFL_CONV_2D, TFL_DEPTHWISE_CONV_2D, TFL_FULLY_CONNECTED,
	};
	static const uint32_t percents[] = { 0, 1, 5, 30 };
	struct lw_random random = seed();
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		struct layer l = {
			.code = codes[i % 3],
			.c = (int32_t)lw_random_between(&random, 1, 20),
			.o = (int32_t)lw_random_between(&random, 1, 9),
			.k = lw_random_chance(&random, 50) ? 1 : 3,
			.zero = (int32_t)lw_random_between(&random, 1, 255),
		};

		if (l.code == TFL_DEPTHWISE_CONV_2D)
			l.o = l.c;
		try_layer(&l, &random, percents[i / 3 % 4]);
	}
}

/* A 1x1 layer of which one weight, for input channel @c, is -255. */
static struct lw_graph *import_one_wide(enum tfl_operator code, int32_t width,
					int32_t c)
{
	struct layer l = { .code = code, .c = width, .o = width, .k = 1,
			   .zero = 255 };
	int32_t n = code == TFL_CONV_2D ? width * width : width;
	struct lw_graph *graph;

	l.weights = need(malloc(n));
	l.bias = need(calloc(width, sizeof(*l.bias)));
	memset(l.weights, l.zero, n);
	l.weights[c] = 0;
	graph = import_layer(&l);
	free_layer(&l);
	return graph;
}

static void test_only_the_words_needed_are_copied(void **state)
{
	struct lw_graph *graph = import_one_wide(TFL_CONV_2D, 16, 9);
	const struct lw_node *const *nodes =
		(const struct lw_node *const *)graph->nodes;
	const struct lw_weights *w;

	(void)state;
	assert_int_equal(graph->n_nodes, 3);
	assert_int_equal(nodes[0]->kind, LW_NODE_SLICE);
	assert_int_equal(nodes[0]->start[2], 8);
	assert_int_equal(nodes[0]->out->c, 4);
	assert_int_equal(nodes[1]->kind, LW_NODE_CONCAT);
	assert_int_equal(nodes[1]->axis, LW_AXIS_C);
	assert_int_equal(nodes[2]->kind, LW_NODE_CONV);
	w = nodes[2]->weights;
	assert_int_equal(w->i, 20);
	/* -255 = -128 - 127 */
	assert_int_equal(w->q[9], -128);
	assert_int_equal(w->q[16 + 1], -127);
	lw_graph_free(graph);
}

static void test_copies_of_an_image_share_its_word(void **state)
{
	struct lw_graph *graph = import_one_wide(TFL_CONV_2D, 3, 1);

	(void)state;
	assert_int_equal(graph->n_nodes, 2);
	assert_int_equal(graph->nodes[0]->kind, LW_NODE_CONV);
	assert_int_equal(graph->nodes[0]->out->c, 4);
	lw_graph_free(graph);
}

static void test_depthwise_is_cut_at_one_word(void **state)
{
	struct lw_graph *graph = import_one_wide(TFL_DEPTHWISE_CONV_2D, 22, 9);
	const struct lw_node *last = graph->nodes[graph->n_nodes - 1];

	(void)state;
	assert_int_equal(last->kind, LW_NODE_CONCAT);
	assert_int_equal(last->n_in, 3);
	assert_int_equal(last->in[0]->c, 8);
	assert_int_equal(last->in[1]->c, 4);
	assert_int_equal(last->in[2]->c, 10);
	assert_int_equal(count_nodes(graph, LW_NODE_DWCONV), 2);
	assert_int_equal(count_nodes(graph, LW_NODE_CONV), 1);
	lw_graph_free(graph);
}

static void test_minus_128_is_kept(void **state)
{
	struct layer l = { .code = TFL_CONV_2D, .c = 1, .o = 1, .k = 1,
			   .zero = 128 };
	struct lw_graph *graph;

	(void)state;
	l.weights = need(calloc(1, 1));
	l.bias = need(calloc(1, sizeof(*l.bias)));
	graph = import_layer(&l);
	assert_int_equal(graph->n_nodes, 1);
	assert_int_equal(graph->nodes[0]->weights->q[0], -128);
	assert_true(graph->nodes[0]->weights->scale[0] == 1);
	lw_graph_free(graph);
	free_layer(&l);
}

/* One node, and some channel has another scale. */
static void check_rescaled(struct layer *l, uint8_t fill)
{
	size_t n = l->o * weights_per_output(l);
	struct lw_graph *graph;
	const struct lw_weights *w;

	l->weights = need(malloc(n));
	memset(l->weights, fill, n);
	l->bias = need(calloc(l->o, sizeof(*l->bias)));
	graph = import_layer(l);
	assert_int_equal(graph->n_nodes, 1);
	w = graph->nodes[0]->weights;
	assert_int_equal(abs(w->q[0]), 127);
	assert_true(w->scale[0] == (float)(abs(fill - l->zero) / 127.0));
	lw_graph_free(graph);
	free_layer(l);
}

static void test_what_cannot_be_exact_is_rescaled(void **state)
{
	struct layer twice = { .code = TFL_CONV_2D, .c = 4, .o = 4, .k = 1 };
	struct layer groups = { .code = TFL_DEPTHWISE_CONV_2D, .c = 4, .o = 8,
				.k = 3, .zero = 200 };
	struct layer many = { .code = TFL_DEPTHWISE_CONV_2D, .c = 68, .o = 68,
			      .k = 1, .zero = 200 };

	(void)state;
	check_rescaled(&twice, 255);
	check_rescaled(&groups, 1);
	check_rescaled(&many, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_layers),
		cmocka_unit_test(test_only_the_words_needed_are_copied),
		cmocka_unit_test(test_copies_of_an_image_share_its_word),
		cmocka_unit_test(test_depthwise_is_cut_at_one_word),
		cmocka_unit_test(test_minus_128_is_kept),
		cmocka_unit_test(test_what_cannot_be_exact_is_rescaled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
