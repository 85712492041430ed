// SPDX-License-Identifier: MIT
/* Reorderings as digits: chains of them against what they do one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../common/build_graph.h"
#include "digits.h"

static uint32_t source(const struct lw_digits *digits, uint32_t k)
{
	uint32_t from = 0, i;

	for (i = digits->n; i--; k /= digits->size[i])
		from += k % digits->size[i] * digits->stride[i];
	return from;
}

static uint32_t elements(const struct lw_digits *digits)
{
	uint32_t i, n = 1;

	for (i = 0; i < digits->n; i++)
		n *= digits->size[i];
	return n;
}

/* Splits @n elements into digits of 2, 3 and 5, in any order. */
static struct lw_digits random_split(uint32_t n)
{
	static const uint32_t primes[] = { 2, 3, 5 };
	struct lw_digits digits = { 0 };
	uint32_t i, weight = 1;

	while (n > 1 && digits.n < LW_MAX_SIZES) {
		uint32_t p = primes[build_random_below(3)];

		if (n % p)
			continue;
		/* At times two primes, at the end what is left. */
		if (n % (p * p) == 0 && build_random_below(2))
			p *= p;
		if (digits.n == LW_MAX_SIZES - 1)
			p = n;
		n /= p;
		digits.size[digits.n] = p;
		digits.stride[digits.n++] = weight;
		weight *= p;
	}
	for (i = digits.n; i-- > 1;) {
		uint32_t j = build_random_below(i + 1);
		uint32_t size = digits.size[i], stride = digits.stride[i];

		digits.size[i] = digits.size[j];
		digits.stride[i] = digits.stride[j];
		digits.size[j] = size;
		digits.stride[j] = stride;
	}
	return digits;
}

static void test_chains(void **state)
{
	uint32_t seed = time(NULL), i, k, n, said = 0;
	struct lw_digits a, b, both;

	(void)state;
	print_message("seed %u\n", seed);
	build_seed(seed);
	for (i = 0; i < 5000; i++) {
		n = 2 * (1 + build_random_below(2)) *
		    (build_random_below(2) ? 3 : 5) *
		    (build_random_below(2) ? 6 : 4);
		a = random_split(n);
		b = random_split(n);
		/* A repetition, or a part. */
		if (b.n < LW_MAX_SIZES && build_random_below(2)) {
			b.size[b.n] = 2;
			b.stride[b.n++] = 0;
		} else if (build_random_below(3) == 0) {
			b.size[0] = 1;
		}
		if (!lw_digits_chain(&a, &b, &both))
			continue;
		said++;
		assert_int_equal(elements(&both), elements(&b));
		for (k = 0; k < elements(&b); k++)
			assert_int_equal(source(&both, k),
					 source(&a, source(&b, k)));
	}
	/* Many chains cannot be said, but not most. */
	assert_in_range(said, 1500, 5000);
}

static void check_chain(struct lw_digits a, struct lw_digits b,
			struct lw_digits expected)
{
	struct lw_digits both;

	assert_true(lw_digits_chain(&a, &b, &both));
	assert_int_equal(both.n, expected.n);
	assert_memory_equal(both.size, expected.size, 4 * both.n);
	assert_memory_equal(both.stride, expected.stride, 4 * both.n);
}

static void test_fewest_digits(void **state)
{
	const struct lw_digits transpose = { 2, { 4, 6 }, { 1, 4 } };
	const struct lw_digits back = { 2, { 6, 4 }, { 1, 6 } };
	const struct lw_digits same = { 3, { 2, 3, 4 }, { 12, 4, 1 } };
	const struct lw_digits whole = { 1, { 24 }, { 1 } };

	(void)state;
	check_chain(transpose, back, whole);
	check_chain(same, same, whole);
	check_chain(same, transpose, transpose);
	check_chain(transpose, same, transpose);
	check_chain(whole, (struct lw_digits){ 3, { 2, 3, 4 }, { 0, 0, 1 } },
		    (struct lw_digits){ 2, { 6, 4 }, { 0, 1 } });
	check_chain((struct lw_digits){ 2, { 1, 1 }, { 5, 7 } },
		    (struct lw_digits){ 1, { 1 }, { 9 } },
		    (struct lw_digits){ 1, { 1 }, { 1 } });
}

/* Five by five does not count on in twos. */
static void test_chains_that_digits_cannot_say(void **state)
{
	const struct lw_digits a = { 2, { 5, 2 }, { 1, 5 } };
	const struct lw_digits b = { 2, { 5, 2 }, { 1, 5 } };
	const struct lw_digits carries = { 2, { 2, 2 }, { 1, 1 } };
	struct lw_digits both;

	(void)state;
	assert_false(lw_digits_chain(&a, &b, &both));
	assert_false(lw_digits_chain(&a, &carries, &both));
}

static void test_nodes_as_digits(void **state)
{
	struct lw_graph *graph = build_graph(2, 3, 4);
	struct lw_node *node = build_node(graph, LW_NODE_FLATTEN, "n",
					  graph->values[0], 1, 1, 24);
	struct lw_digits digits;

	(void)state;
	assert_true(lw_digits_of(node, &digits));
	assert_true(lw_digits_keep(&digits, graph->values[0]));
	node->nchw = true;
	assert_true(lw_digits_of(node, &digits));
	assert_false(lw_digits_keep(&digits, graph->values[0]));
	assert_int_equal(digits.n, 2);
	assert_int_equal(source(&digits, 7), 5);
	node->kind = LW_NODE_REORDER;
	node->n_sizes = 1;
	node->size[0] = 12;
	node->stride[0] = 1;
	assert_true(lw_digits_of(node, &digits));
	assert_false(lw_digits_keep(&digits, graph->values[0]));
	node->kind = LW_NODE_SLICE;
	assert_false(lw_digits_of(node, &digits));
	lw_graph_free(graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_fewest_digits),
		cmocka_unit_test(test_chains_that_digits_cannot_say),
		cmocka_unit_test(test_nodes_as_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
