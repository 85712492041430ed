// SPDX-License-Identifier: MIT
/* The interpreter: functions of one number or two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "../common/near.h"

struct shape {
	uint32_t h, w, c;
};

static void check_pair(enum lw_node_kind kind, bool subtract, struct shape a,
		       struct shape b)
{
	struct lw_graph *graph = lw_graph_new("test");
	struct lw_value *in[] = { build_input(graph, "a", a.h, a.w, a.c),
				  build_input(graph, "b", b.h, b.w, b.c) };
	struct lw_node *node = build_join(graph, kind, "n", in, 2, 2, 3, 5);
	float *x = build_numbers(in[0]), *y = build_numbers(in[1]);
	double expected[2 * 3 * 5];
	uint32_t i, h, w, c;
	float p, q;

	node->subtract = subtract;
	for (i = 0; i < 30; i++) {
		h = i / 15;
		w = i / 5 % 3;
		c = i % 5;
		p = x[(h % a.h * a.w + w % a.w) * a.c + c % a.c];
		q = y[(h % b.h * b.w + w % b.w) * b.c + c % b.c];
		expected[i] = kind == LW_NODE_MUL ? (double)p * q :
			      subtract		  ? (double)p - q :
						    (double)p + q;
	}
	near_run_all(graph, node, (const float *[]){ x, y }, expected);
	free(x);
	free(y);
}

static void test_sums_differences_products(void **state)
{
	const struct shape whole = { 2, 3, 5 };
	const struct shape part[] = {
		{ 2, 3, 5 }, { 1, 1, 5 }, { 2, 3, 1 }, { 1, 1, 1 },
		{ 2, 1, 5 }, { 1, 3, 5 }, { 1, 3, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(part) / sizeof(*part); i++) {
		check_pair(LW_NODE_ADD, false, whole, part[i]);
		check_pair(LW_NODE_ADD, true, part[i], whole);
		check_pair(LW_NODE_MUL, false, whole, part[i]);
		check_pair(LW_NODE_MUL, false, part[i], whole);
	}
	check_pair(LW_NODE_ADD, true, (struct shape){ 2, 1, 5 },
		   (struct shape){ 1, 3, 1 });
}

struct unary {
	enum lw_unary_kind kind;
	float alpha, beta;
	float x;
	double y;
};

/* Twice each where the formula has two sides. */
static const struct unary unaries[] = {
	{ LW_UNARY_IDENTITY, 0, 0, -4, -4 },
	{ LW_UNARY_SIGMOID, 0, 0, -4, 0.0179862099621 },
	{ LW_UNARY_TANH, 0, 0, 0.5f, 0.462117157260 },
	{ LW_UNARY_HARD_SIGMOID, 0.25f, 0.5f, -1, 0.25 },
	{ LW_UNARY_HARD_SIGMOID, 0.25f, 0.5f, 3, 1 },
	{ LW_UNARY_HARD_SWISH, 0, 0, -1, -1.0 / 3 },
	{ LW_UNARY_LEAKY_RELU, 0.1f, 0, -4, -0.4 },
	{ LW_UNARY_LEAKY_RELU, 0.1f, 0, 4, 4 },
	{ LW_UNARY_THRESHOLDED_RELU, 1, 0, 1, 0 },
	{ LW_UNARY_THRESHOLDED_RELU, 1, 0, 1.5f, 1.5 },
	{ LW_UNARY_ELU, 2, 0, -1, -1.26424111766 },
	{ LW_UNARY_ELU, 2, 0, 3, 3 },
	{ LW_UNARY_SELU, 2, 3, -1, -3.79272335297 },
	{ LW_UNARY_SELU, 2, 3, 3, 9 },
	{ LW_UNARY_CELU, 2, 0, -1, -0.786938680575 },
	{ LW_UNARY_CELU, 2, 0, 3, 3 },
	{ LW_UNARY_GELU, 0, 0, -1, -0.158655253931 },
	{ LW_UNARY_GELU, 0, 0, 2, 1.95449973610 },
	{ LW_UNARY_GELU_TANH, 0, 0, -1, -0.158808009390 },
	{ LW_UNARY_SWISH, 2, 0, 1, 0.880797077978 },
	{ LW_UNARY_MISH, 0, 0, 1, 0.865098388260 },
	{ LW_UNARY_SOFTPLUS, 0, 0, -1, 0.313261687518 },
	{ LW_UNARY_SOFTPLUS, 0, 0, 100, 100 },
	{ LW_UNARY_SOFTSIGN, 0, 0, -3, -0.75 },
	{ LW_UNARY_SHRINK, 1, 0.5f, -2, -1.5 },
	{ LW_UNARY_SHRINK, 1, 0.5f, 2, 1.5 },
	{ LW_UNARY_SHRINK, 1, 0.5f, 0.75f, 0 },
	{ LW_UNARY_EXP, 0, 0, 1, 2.71828182846 },
	{ LW_UNARY_LOG, 0, 0, 2, 0.693147180560 },
	{ LW_UNARY_SQRT, 0, 0, 2, 1.41421356237 },
	{ LW_UNARY_RSQRT, 0, 0, 4, 0.5 },
	{ LW_UNARY_RECIPROCAL, 0, 0, -4, -0.25 },
	{ LW_UNARY_SQUARE, 0, 0, -3, 9 },
	{ LW_UNARY_POW, 1.5f, 0, 4, 8 },
	{ LW_UNARY_ABS, 0, 0, -3, 3 },
	{ LW_UNARY_NEG, 0, 0, -3, 3 },
	{ LW_UNARY_SIGN, 0, 0, -3, -1 },
	{ LW_UNARY_SIGN, 0, 0, 0, 0 },
	{ LW_UNARY_SIGN, 0, 0, 2, 1 },
	{ LW_UNARY_FLOOR, 0, 0, -1.5f, -2 },
	{ LW_UNARY_CEIL, 0, 0, -1.5f, -1 },
	{ LW_UNARY_ROUND, 0, 0, 2.5f, 2 },
	{ LW_UNARY_ERF, 0, 0, 0.5f, 0.520499877813 },
	{ LW_UNARY_SIN, 0, 0, 1, 0.841470984808 },
	{ LW_UNARY_COS, 0, 0, 1, 0.540302305868 },
	{ LW_UNARY_TAN, 0, 0, 1, 1.55740772465 },
	{ LW_UNARY_ASIN, 0, 0, 0.5f, 0.523598775598 },
	{ LW_UNARY_ACOS, 0, 0, 0.5f, 1.04719755120 },
	{ LW_UNARY_ATAN, 0, 0, 1, 0.785398163397 },
	{ LW_UNARY_SINH, 0, 0, 1, 1.17520119364 },
	{ LW_UNARY_COSH, 0, 0, 1, 1.54308063482 },
	{ LW_UNARY_ASINH, 0, 0, 1, 0.881373587020 },
	{ LW_UNARY_ACOSH, 0, 0, 2, 1.31695789692 },
	{ LW_UNARY_ATANH, 0, 0, 0.5f, 0.549306144334 },
	{ LW_UNARY_OFFSET, 2, 0, 3, 5 },
	{ LW_UNARY_REVERSED, 2, 0, 3, -1 },
	{ LW_UNARY_SCALED, 2, 0, 3, 6 },
	{ LW_UNARY_RATIO, 6, 0, 3, 2 },
	{ LW_UNARY_DIVIDED, 6, 0, 3, 0.5 },
	{ LW_UNARY_MAXIMUM, 2, 0, -1, 2 },
	{ LW_UNARY_MINIMUM, 2, 0, 3, 2 },
	{ LW_UNARY_SQUARED_DIFFERENCE, 2, 0, -1, 9 },
};

static void test_functions(void **state)
{
	bool seen[LW_UNARY_KINDS] = { false };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unaries) / sizeof(*unaries); i++) {
		const struct unary *u = &unaries[i];
		struct lw_graph *graph = build_graph(1, 1, 1);
		struct lw_node *node = build_node(graph, LW_NODE_UNARY, "n",
						  graph->values[0], 1, 1, 1);

		node->unary = u->kind;
		node->alpha = u->alpha;
		node->beta = u->beta;
		near_run(graph, node, &u->x, &u->y);
		seen[u->kind] = true;
	}
	for (i = 0; i < LW_UNARY_KINDS; i++)
		if (!seen[i])
			fail_msg("function %zu is not tested", i);
}

static void test_a_slope_for_each_channel(void **state)
{
	struct lw_graph *graph = build_graph(1, 2, 3), *copy;
	struct lw_node *node = build_node(graph, LW_NODE_UNARY, "n",
					  graph->values[0], 1, 2, 3);

	(void)state;
	node->unary = LW_UNARY_LEAKY_RELU;
	node->alphas = build_copy((float[]){ 0.5f, 2, 0 }, 3);
	copy = lw_graph_copy(graph);
	node->alphas[0] = 9;
	near_run(copy, copy->nodes[0], (float[]){ -1, -1, -1, 1, -2, 3 },
		 (double[]){ -0.5, -2, 0, 1, -4, 3 });
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_differences_products),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_a_slope_for_each_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
