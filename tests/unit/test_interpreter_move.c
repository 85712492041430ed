// SPDX-License-Identifier: MIT
/* The interpreter: numbers at other places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "../common/near.h"

static struct lw_node *reorder(struct lw_graph *graph, uint32_t h, uint32_t w,
			       uint32_t c, uint32_t n, const uint32_t *size,
			       const uint32_t *stride)
{
	struct lw_node *node = build_node(graph, LW_NODE_REORDER, "n",
					  graph->values[0], h, w, c);

	node->n_sizes = n;
	memcpy(node->size, size, n * sizeof(*size));
	memcpy(node->stride, stride, n * sizeof(*stride));
	return node;
}

#define NUMBERS(...) __VA_ARGS__
#define CHECK_REORDER(h_in, w_in, c_in, h, w, c, n, size, stride, expected) \
	do { \
		struct lw_graph *g = build_graph(h_in, w_in, c_in); \
		near_run(g, reorder(g, h, w, c, n, (uint32_t[]){ size }, \
				    (uint32_t[]){ stride }), \
			 (float[]){ 0, 1, 2, 3, 4, 5, 6, 7 }, \
			 (double[]){ expected }); \
	} while (0)

static void test_reorders(void **state)
{
	(void)state;
	/* reshape */
	CHECK_REORDER(2, 2, 2, 1, 4, 2, 1, 8, 1,
		      NUMBERS(0, 1, 2, 3, 4, 5, 6, 7));
	/* transpose h w c to c w h */
	CHECK_REORDER(2, 2, 2, 2, 2, 2, 3, NUMBERS(2, 2, 2), NUMBERS(1, 2, 4),
		      NUMBERS(0, 4, 2, 6, 1, 5, 3, 7));
	/* depth to space, blocks of 2 x 2 */
	CHECK_REORDER(1, 2, 4, 2, 4, 1, 4, NUMBERS(1, 2, 2, 2),
		      NUMBERS(8, 2, 4, 1), NUMBERS(0, 1, 4, 5, 2, 3, 6, 7));
	/* shuffle of channels, 2 groups */
	CHECK_REORDER(1, 1, 8, 1, 1, 8, 2, NUMBERS(4, 2), NUMBERS(1, 4),
		      NUMBERS(0, 4, 1, 5, 2, 6, 3, 7));
	/* tile twice along w */
	CHECK_REORDER(1, 2, 2, 1, 4, 2, 2, NUMBERS(2, 4), NUMBERS(0, 1),
		      NUMBERS(0, 1, 2, 3, 0, 1, 2, 3));
	/* six digits */
	CHECK_REORDER(2, 2, 2, 2, 2, 2, 6, NUMBERS(1, 2, 1, 2, 1, 2),
		      NUMBERS(0, 1, 9, 4, 9, 2),
		      NUMBERS(0, 2, 4, 6, 1, 3, 5, 7));
}

static struct lw_node *resize(struct lw_graph *graph, uint32_t h,
			      const float *rows, uint32_t w,
			      const float *columns)
{
	struct lw_node *node = build_node(graph, LW_NODE_RESIZE, "n",
					  graph->values[0], h, w,
					  graph->values[0]->c);

	node->position[0] = build_copy(rows, h);
	node->position[1] = build_copy(columns, w);
	return node;
}

static void test_resize_between_rows_and_columns(void **state)
{
	struct lw_graph *graph = build_graph(2, 2, 2);
	struct lw_node *node = resize(graph, 3, (float[]){ 0, 0.25f, 1 }, 2,
				      (float[]){ 0.5f, 1 });

	(void)state;
	near_run(graph, node, (float[]){ 0, 10, 4, 20, 8, 30, 16, 50 },
		 (double[]){ 2, 15, 4, 20,
			     4.5, 21.25, 7, 27.5,
			     12, 40, 16, 50 });
}

static void test_resize_gathers_and_reverses(void **state)
{
	struct lw_graph *graph = build_graph(1, 4, 1);
	struct lw_node *node = resize(graph, 2, (float[]){ 0, 0 }, 5,
				      (float[]){ 3, 2, 2, 0, 1 });

	(void)state;
	near_run(graph, node, (float[]){ 5, 6, 7, 8 },
		 (double[]){ 8, 7, 7, 5, 6, 8, 7, 7, 5, 6 });
}

static void test_copy_has_positions_of_its_own(void **state)
{
	struct lw_graph *graph = build_graph(1, 2, 1), *copy;
	struct lw_node *node = resize(graph, 1, (float[]){ 0 }, 2,
				      (float[]){ 1, 0.5f });

	(void)state;
	copy = lw_graph_copy(graph);
	assert_non_null(copy);
	node->position[1][0] = 0;
	near_run(copy, copy->nodes[0], (float[]){ 5, 7 }, (double[]){ 7, 6 });
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reorders),
		cmocka_unit_test(test_resize_between_rows_and_columns),
		cmocka_unit_test(test_resize_gathers_and_reverses),
		cmocka_unit_test(test_copy_has_positions_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
