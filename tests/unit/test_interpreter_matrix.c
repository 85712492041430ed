// SPDX-License-Identifier: MIT
/* The interpreter: transposed convolutions and matrix products. */
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

/* Adds one input number times one weight where it falls. */
static void spread(const struct lw_node *node, const float *in, double *out,
		   uint32_t y, uint32_t x, uint32_t i, uint32_t tap)
{
	const struct lw_value *v = node->in[0], *to = node->out;
	const struct lw_window *w = &node->window;
	const struct lw_weights *k = node->weights;
	uint32_t per_group = k->o / node->groups, o;
	int64_t at_y = (int64_t)y * w->stride_h - w->pad_top +
		       tap / k->kw * w->dilation_h;
	int64_t at_x = (int64_t)x * w->stride_w - w->pad_left +
		       tap % k->kw * w->dilation_w;

	if (at_y < 0 || at_x < 0 || at_y >= to->h || at_x >= to->w)
		return;
	for (o = i / k->i * per_group; o < (i / k->i + 1) * per_group; o++)
		out[(at_y * to->w + at_x) * to->c + o] +=
			in[((size_t)y * v->w + x) * v->c + i] *
			(double)k->real[(o * k->kh * k->kw + tap) * k->i +
					i % k->i];
}

static void check_tconv(uint32_t h, uint32_t w, uint32_t c,
			struct build_conv conv, uint32_t more)
{
	struct lw_graph *graph = build_graph(h, w, c);
	struct lw_value *v = graph->values[0];
	struct lw_node *node = build_conv(graph, LW_NODE_TCONV, "n", v, conv);
	const struct lw_weights *k = node->weights;
	float *in = build_numbers(v);
	double *expected;
	size_t n, i;
	uint32_t tap;

	/* Past the reach of all kernels there is the bias. */
	node->out->h += more;
	n = lw_value_size(node->out);
	expected = calloc(n, sizeof(*expected));
	for (i = 0; i < n; i++)
		expected[i] = k->bias ? k->bias[i % k->o] : 0;
	for (i = 0; i < lw_value_size(v); i++)
		for (tap = 0; tap < k->kh * k->kw; tap++)
			spread(node, in, expected, i / c / w, i / c % w, i % c,
			       tap);
	near_run(graph, node, in, expected);
	free(expected);
	free(in);
}

static void test_transposed_convolutions(void **state)
{
	uint32_t seed = time(NULL), i;

	(void)state;
	print_message("seed %u\n", seed);
	build_seed(seed);
	for (i = 0; i < 200; i++) {
		struct build_conv conv = build_random_conv(3);
		uint32_t c = conv.groups * (1 + build_random_below(5));

		check_tconv(5 + build_random_below(4), 7, c, conv,
			    build_random_below(3));
	}
}

/* Element [row][column] of a matrix, or of its transpose. */
static double element(const struct lw_value *v, const float *x, uint32_t h,
		      bool transposed, uint32_t row, uint32_t column)
{
	uint32_t at_row = transposed ? column : row;
	uint32_t at_column = transposed ? row : column;

	x += v->h == 1 ? 0 : (size_t)h * v->w * v->c;
	return x[(size_t)at_row * v->c + at_column];
}

static struct lw_value *matrix(struct lw_graph *graph, const char *name,
			       uint32_t h, uint32_t rows, uint32_t columns,
			       bool transposed)
{
	return build_input(graph, name, h, transposed ? columns : rows,
			   transposed ? rows : columns);
}

static void check_matmul(uint32_t ha, uint32_t hb, bool ta, bool tb)
{
	const uint32_t m = 3, k = 5, n = 4, h = ha > hb ? ha : hb;
	struct lw_graph *graph = lw_graph_new("test");
	struct lw_value *v[] = { matrix(graph, "a", ha, m, k, ta),
				 matrix(graph, "b", hb, k, n, tb) };
	struct lw_node *node = build_join(graph, LW_NODE_MATMUL, "n", v, 2, h,
					  m, n);
	float *a = build_numbers(v[0]), *b = build_numbers(v[1]);
	double expected[3 * 3 * 4] = { 0 };
	size_t i, j;

	node->transpose_a = ta;
	node->transpose_b = tb;
	for (i = 0; i < (size_t)h * m * n; i++)
		for (j = 0; j < k; j++)
			expected[i] += element(v[0], a, i / n / m, ta,
					       i / n % m, j) *
				       element(v[1], b, i / n / m, tb, j,
					       i % n);
	near_run_all(graph, node, (const float *[]){ a, b }, expected);
	free(a);
	free(b);
}

static void test_matrix_products(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		check_matmul(1, 1, i & 1, i & 2);
		check_matmul(3, 3, i & 1, i & 2);
		check_matmul(1, 3, i & 1, i & 2);
		check_matmul(3, 1, i & 1, i & 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transposed_convolutions),
		cmocka_unit_test(test_matrix_products),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
