// SPDX-License-Identifier: MIT
/* The float interpreter against definitions written out one number at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "../common/near.h"
#include "interpreter.h"

static double at(const struct lw_value *v, const float *x, int64_t y,
		 int64_t column, uint32_t c)
{
	if (y < 0 || column < 0 || y >= v->h || column >= v->w)
		return 0;
	return x[(y * v->w + column) * v->c + c];
}

static double convolve(const struct lw_node *node, const float *in, uint32_t y,
		       uint32_t x, uint32_t o)
{
	const struct lw_window *w = &node->window;
	const struct lw_weights *k = node->weights;
	double sum = k->bias ? k->bias[o] : 0;
	uint32_t ky, kx, i, first;

	first = node->kind == LW_NODE_DWCONV ? o :
		o / (k->o / node->groups) * k->i;
	for (ky = 0; ky < k->kh; ky++)
		for (kx = 0; kx < k->kw; kx++)
			for (i = 0; i < k->i; i++)
				sum += k->real[((o * k->kh + ky) * k->kw + kx) *
					       k->i + i] *
				       at(node->in[0], in,
					  (int64_t)y * w->stride_h - w->pad_top +
					  ky * w->dilation_h,
					  (int64_t)x * w->stride_w -
					  w->pad_left + kx * w->dilation_w,
					  first + i);
	return sum;
}

static void check_convolution(enum lw_node_kind kind, uint32_t h, uint32_t w,
			      uint32_t c, struct build_conv conv)
{
	struct lw_graph *graph = build_graph(h, w, c);
	struct lw_node *node = build_conv(graph, kind, "n", graph->values[0],
					  conv);
	float *in = build_numbers(graph->values[0]), *out;
	const struct lw_value *v = node->out;
	size_t n = lw_value_size(v), i;
	double *expected = malloc(n * sizeof(*expected));

	build_output(graph, node->out);
	out = build_run(graph, in);
	for (i = 0; i < n; i++)
		expected[i] = convolve(node, in, i / v->c / v->w,
				       i / v->c % v->w, i % v->c);
	assert_near(out, expected, n);
	free(expected);
	free(in);
	free(out);
	lw_graph_free(graph);
}

static void test_convolutions(void **state)
{
	uint32_t seed = time(NULL), i;

	(void)state;
	print_message("seed %u\n", seed);
	build_seed(seed);
	for (i = 0; i < 200; i++) {
		struct build_conv conv = build_random_conv(5);
		uint32_t c = conv.groups * (1 + build_random_below(5));
		uint32_t h = 10 + build_random_below(8);

		check_convolution(LW_NODE_CONV, h, 19 - h / 2, c, conv);
		check_convolution(LW_NODE_DWCONV, h, 19 - h / 2, c, conv);
	}
}

/* More patches than fit into the scratch at once, and a patch above it all. */
static void test_large_convolutions(void **state)
{
	(void)state;
	check_convolution(LW_NODE_CONV, 40, 40, 32,
			  (struct build_conv){ .o = 3, .kernel = 5, .pad = 2 });
	/* Enough outputs that one is large: the error is measured by it. */
	check_convolution(LW_NODE_CONV, 12, 12, 1000,
			  (struct build_conv){ .o = 16, .kernel = 12 });
}

static void test_kernel_larger_than_image(void **state)
{
	(void)state;
	check_convolution(LW_NODE_CONV, 1, 1, 3,
			  (struct build_conv){ .o = 4, .kernel = 3,
					       .pad = 1 });
	check_convolution(LW_NODE_DWCONV, 2, 2, 3,
			  (struct build_conv){ .kernel = 5, .pad = 4,
					       .dilation = 2 });
}

static double pool(const struct lw_node *node, const float *in, uint32_t y,
		   uint32_t x, uint32_t c)
{
	const struct lw_window *w = &node->window;
	const struct lw_value *v = node->in[0];
	double sum = 0, max = -INFINITY, n = 0;
	int64_t iy, ix;
	uint32_t ky, kx;

	for (ky = 0; ky < w->kernel_h; ky++)
		for (kx = 0; kx < w->kernel_w; kx++) {
			iy = (int64_t)y * w->stride_h + ky - w->pad_top;
			ix = (int64_t)x * w->stride_w + kx - w->pad_left;
			if (iy < 0 || ix < 0 || iy >= v->h || ix >= v->w)
				continue;
			sum += at(v, in, iy, ix, c);
			max = fmax(max, at(v, in, iy, ix, c));
			n++;
		}
	if (node->pool == LW_POOL_MAX)
		return max;
	return sum / (node->count_pad ? w->kernel_h * w->kernel_w : n);
}

static void check_pool(enum lw_pool_kind kind, bool count_pad)
{
	struct lw_graph *graph = build_graph(9, 7, 5);
	struct lw_node *node = build_node(graph, LW_NODE_POOL, "n",
					  graph->values[0], 5, 7, 5);
	float *in = build_numbers(graph->values[0]), *out;
	double expected[5 * 7 * 5];
	size_t i;

	node->pool = kind;
	node->count_pad = count_pad;
	node->window = (struct lw_window){ 3, 2, 2, 1, 1, 1, 2, 1, 0, 0 };
	build_output(graph, node->out);
	out = build_run(graph, in);
	for (i = 0; i < 5 * 7 * 5; i++)
		expected[i] = pool(node, in, i / 35, i / 5 % 7, i % 5);
	assert_near(out, expected, 5 * 7 * 5);
	free(in);
	free(out);
	lw_graph_free(graph);
}

static void test_pools(void **state)
{
	(void)state;
	check_pool(LW_POOL_MAX, false);
	check_pool(LW_POOL_AVERAGE, false);
	check_pool(LW_POOL_AVERAGE, true);
}

static void test_bounds_of_identity(void **state)
{
	struct lw_graph *graph = build_graph(1, 5, 1);
	struct lw_node *node = build_node(graph, LW_NODE_UNARY, "n",
					  graph->values[0], 1, 5, 1);

	(void)state;
	node->act_lo = -1;
	node->act_hi = 2;
	near_run(graph, node, (float[]){ -4, -1, 0, 1, 4 },
		 (double[]){ -1, -1, 0, 1, 2 });
}

static void test_softmax_of_large_numbers(void **state)
{
	struct lw_graph *graph = build_graph(1, 2, 3);
	const double e = exp(1), sum = 1 + e + e * e;

	(void)state;
	near_run(graph, build_node(graph, LW_NODE_SOFTMAX, "n",
				   graph->values[0], 1, 2, 3),
		 (float[]){ 1000, 1001, 1002, -7, -7, -7 },
		 (double[]){ 1 / sum, e / sum, e * e / sum,
			     1.0 / 3, 1.0 / 3, 1.0 / 3 });
}

static void test_flatten(void **state)
{
	const float in[] = { 1, 2, 3, 4, 5, 6 };
	struct lw_graph *graph = build_graph(1, 3, 2);
	struct lw_node *node = build_node(graph, LW_NODE_FLATTEN, "n",
					  graph->values[0], 1, 1, 6);

	(void)state;
	near_run(graph, node, in, (double[]){ 1, 2, 3, 4, 5, 6 });
	graph = build_graph(1, 3, 2);
	node = build_node(graph, LW_NODE_FLATTEN, "n", graph->values[0], 1, 1,
			  6);
	node->nchw = true;
	near_run(graph, node, in, (double[]){ 1, 3, 5, 2, 4, 6 });
}

static void test_pad(void **state)
{
	struct lw_graph *graph = build_graph(1, 2, 1);
	struct lw_node *node = build_node(graph, LW_NODE_PAD, "n",
					  graph->values[0], 2, 3, 3);

	(void)state;
	node->fill = 9;
	node->window.pad_top = 1;
	node->window.pad_right = 1;
	node->pad_channels_before = 1;
	node->pad_channels_after = 1;
	near_run(graph, node, (float[]){ 1, 2 },
		 (double[]){ 9, 9, 9, 9, 9, 9, 9, 9, 9,
			     9, 1, 9, 9, 2, 9, 9, 9, 9 });
}

static void test_slice(void **state)
{
	struct lw_graph *graph = build_graph(2, 3, 2);
	struct lw_node *node = build_node(graph, LW_NODE_SLICE, "n",
					  graph->values[0], 1, 2, 1);

	(void)state;
	node->start[0] = 1;
	node->start[2] = 1;
	node->step[1] = 2;
	near_run(graph, node,
		 (float[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
		 (double[]){ 8, 12 });
}

static void check_concat(enum lw_axis axis, uint32_t h, uint32_t w, uint32_t c,
			 const double *expected)
{
	struct lw_graph *graph = build_graph(2, 2, 2);
	struct lw_value *in = graph->values[0];
	struct lw_node *node;

	node = lw_graph_node(graph, LW_NODE_CONCAT, "n",
			     (struct lw_value *[]){ in, in }, 2,
			     lw_graph_value(graph, "o", h, w, c));
	node->axis = axis;
	near_run(graph, node, (float[]){ 1, 2, 3, 4, 5, 6, 7, 8 }, expected);
}

static void test_concat(void **state)
{
	(void)state;
	check_concat(LW_AXIS_H, 4, 2, 2,
		     (double[]){ 1, 2, 3, 4, 5, 6, 7, 8,
				 1, 2, 3, 4, 5, 6, 7, 8 });
	check_concat(LW_AXIS_W, 2, 4, 2,
		     (double[]){ 1, 2, 3, 4, 1, 2, 3, 4,
				 5, 6, 7, 8, 5, 6, 7, 8 });
	check_concat(LW_AXIS_C, 2, 2, 4,
		     (double[]){ 1, 2, 1, 2, 3, 4, 3, 4,
				 5, 6, 5, 6, 7, 8, 7, 8 });
}

static void test_add_affine_and_bounds(void **state)
{
	struct lw_graph *graph = build_graph(1, 2, 2);
	struct lw_node *affine = build_affine(graph, "a", graph->values[0]);
	struct lw_node *add;

	(void)state;
	memcpy(affine->weights->real, (float[]){ 2, -1 }, 8);
	memcpy(affine->weights->bias, (float[]){ 0.5f, 10 }, 8);
	affine->act_hi = 9;
	add = lw_graph_node(graph, LW_NODE_ADD, "n",
			    (struct lw_value *[]){ graph->values[0],
						   affine->out }, 2,
			    lw_graph_value(graph, "o", 1, 2, 2));
	add->act_lo = 0;
	near_run(graph, add, (float[]){ -2, 0.5f, 3, 4 },
		 (double[]){ 0, 9.5, 9.5, 10 });
}

struct trace {
	char text[64];
	double sum;
};

static void observe(void *data, const struct lw_value *value,
		    const float *real)
{
	struct trace *trace = data;

	strcat(strcat(trace->text, value->name), " ");
	trace->sum += real[0];
}

static void test_observer_sees_every_value_in_order(void **state)
{
	struct lw_graph *graph = build_graph(1, 1, 1);
	struct lw_interpreter *interpreter;
	struct trace trace = { .sum = 0 };
	const float in = 2, *input = &in;
	struct lw_value *value;

	(void)state;
	value = build_node(graph, LW_NODE_REQUANT, "a", graph->values[0], 1, 1,
			   1)->out;
	value = build_node(graph, LW_NODE_REQUANT, "b", value, 1, 1, 1)->out;
	build_output(graph, value);
	assert_int_equal(lw_interpreter_new(&interpreter, graph, NULL), 0);
	lw_interpreter_run(interpreter, &input, observe, &trace);
	assert_string_equal(trace.text, "in a.out b.out ");
	assert_true(trace.sum == 6);
	lw_interpreter_free(interpreter);
	lw_graph_free(graph);
}

static void test_rounding_to_quanta(void **state)
{
	struct lw_graph *graph = build_graph(1, 4, 1);
	struct lw_interpreter *interpreter;
	const float in[] = { -3, 0.74f, 0.76f, 1000 }, *input = in;
	const float *out;

	(void)state;
	build_scale(graph->values[0], 0.5f, 2);
	build_output(graph, build_node(graph, LW_NODE_REQUANT, "n",
				       graph->values[0], 1, 4, 1)->out);
	assert_int_equal(lw_interpreter_new(&interpreter, graph, NULL), 0);
	out = lw_interpreter_value(interpreter, graph->outputs[0].value);
	lw_interpreter_run(interpreter, &input, NULL, NULL);
	assert_memory_equal(out, in, sizeof(in));
	lw_interpreter_round(interpreter, true);
	lw_interpreter_run(interpreter, &input, NULL, NULL);
	assert_memory_equal(out, ((float[]){ -1, 0.5f, 1, 126.5f }),
			    sizeof(in));
	lw_interpreter_free(interpreter);
	lw_graph_free(graph);
}

static void test_unsound_graph_is_refused(void **state)
{
	struct lw_graph *graph = build_graph(1, 1, 1);
	struct lw_interpreter *interpreter;

	(void)state;
	assert_int_equal(lw_interpreter_new(&interpreter, graph, NULL),
			 -EINVAL);
	lw_graph_free(graph);
	lw_interpreter_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convolutions),
		cmocka_unit_test(test_large_convolutions),
		cmocka_unit_test(test_kernel_larger_than_image),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_bounds_of_identity),
		cmocka_unit_test(test_softmax_of_large_numbers),
		cmocka_unit_test(test_flatten),
		cmocka_unit_test(test_pad),
		cmocka_unit_test(test_slice),
		cmocka_unit_test(test_concat),
		cmocka_unit_test(test_add_affine_and_bounds),
		cmocka_unit_test(test_observer_sees_every_value_in_order),
		cmocka_unit_test(test_rounding_to_quanta),
		cmocka_unit_test(test_unsound_graph_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
