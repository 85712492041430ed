// SPDX-License-Identifier: MIT
/* Huffman coding: optimal lengths, round trips, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/random.h"
#include "huffman.h"

#define MAX_BITS LW_HUFFMAN_MAX_BITS
#define MAX_SYMBOLS 24

#define SEED 20

static struct lw_random numbers;

static uint32_t below(uint32_t n)
{
	return lw_random_below(&numbers, n);
}

static unsigned int kraft(const uint8_t length[256])
{
	unsigned int sum = 0, i;

	for (i = 0; i < 256; i++) {
		assert_true(length[i] <= MAX_BITS);
		sum += length[i] ? 1u << (MAX_BITS - length[i]) : 0;
	}
	return sum;
}

static uint64_t cost(const uint64_t count[256])
{
	uint8_t length[256];
	uint64_t sum = 0;
	unsigned int i;

	lw_huffman_lengths(count, length);
	assert_int_equal(kraft(length), 1 << MAX_BITS);
	for (i = 0; i < 256; i++) {
		assert_true(!count[i] || length[i]);
		sum += count[i] * length[i];
	}
	return sum;
}

static int descending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/*
 * The least cost of a length-limited code, by another way than package-merge:
 * at each depth some of the free nodes become leaves for the most frequent
 * symbols left, and the others split.
 */
static uint64_t best_cost(const uint64_t *count, unsigned int n,
			  unsigned int depth, unsigned int nodes)
{
	static uint64_t known[MAX_BITS + 1][MAX_SYMBOLS + 1][MAX_SYMBOLS + 1];
	uint64_t best = UINT64_MAX / 2, rest = 0, c;
	unsigned int leaves, i;

	if (!depth)
		memset(known, 0, sizeof(known));
	if (!n)
		return 0;
	if (depth == MAX_BITS)
		return n <= nodes ? 0 : best;
	if (nodes > n)
		nodes = n;
	if (known[depth][n][nodes])
		return known[depth][n][nodes] - 1;
	for (i = 0; i < n; i++)
		rest += count[i];
	for (leaves = 0; leaves <= nodes; leaves++) {
		c = rest + best_cost(count + leaves, n - leaves, depth + 1,
				     2 * (nodes - leaves));
		best = c < best ? c : best;
		if (leaves < n)
			rest -= count[leaves];
	}
	known[depth][n][nodes] = best + 1;
	return best;
}

static void check_optimal(const uint64_t *counts, unsigned int n)
{
	uint64_t count[256] = { 0 }, sorted[MAX_SYMBOLS];
	unsigned int i;

	for (i = 0; i < n; i++) {
		count[(i * 37) % 256] = counts[i];
		sorted[i] = counts[i];
	}
	qsort(sorted, n, sizeof(*sorted), descending);
	assert_int_equal(cost(count), best_cost(sorted, n, 0, 1));
}

static void lengths_are_optimal(void **state)
{
	uint64_t count[MAX_SYMBOLS];
	unsigned int trial, i, n;

	(void)state;
	for (trial = 0; trial < 300; trial++) {
		n = 2 + below(MAX_SYMBOLS - 1);
		for (i = 0; i < n; i++)
			count[i] = 1 + below(1u << below(24));
		check_optimal(count, n);
	}
}

/* Unlimited, the rarest of these would need 23 bits. */
static void lengths_are_limited(void **state)
{
	uint64_t count[MAX_SYMBOLS] = { 1, 1 };
	unsigned int i;

	(void)state;
	for (i = 2; i < MAX_SYMBOLS; i++)
		count[i] = count[i - 1] + count[i - 2];
	check_optimal(count, MAX_SYMBOLS);
}

static void lengths_of_all_bytes(void **state)
{
	uint64_t count[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < 256; i++)
		count[i] = 1;
	assert_int_equal(cost(count), 256 * 8);
	count[7] = 1ull << 60;
	cost(count);
}

/* Exact allocations, so that a sanitizer sees a byte too many. */
static void check_round_trip(const uint8_t *data, size_t size)
{
	size_t room = 2 * size + 300, n;
	uint8_t *coded = malloc(room), *exact, *out = malloc(size);

	n = lw_huffman_encode(data, size, coded, room);
	assert_true(n > 0 && size <= 8 * n);
	exact = malloc(n);
	assert_int_equal(lw_huffman_encode(data, size, exact, n), n);
	assert_memory_equal(coded, exact, n);
	assert_int_equal(lw_huffman_encode(data, size, coded, n - 1), 0);
	assert_null(lw_huffman_decode(exact, n, out, size));
	assert_memory_equal(out, data, size);
	free(coded);
	free(exact);
	free(out);
}

static void fill(uint8_t *data, size_t size)
{
	unsigned int spread = 1 + below(256), zeros = below(100);
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = below(100) < zeros ? 0 : below(spread) - spread / 2;
}

static void round_trips(void **state)
{
	uint8_t data[5000];
	unsigned int trial;
	size_t size;

	(void)state;
	for (trial = 0; trial < 500; trial++) {
		size = 1 + below(trial < 100 ? 20 : sizeof(data));
		fill(data, size);
		check_round_trip(data, size);
	}
}

static void round_trip_of_one_value(void **state)
{
	uint8_t data[1000];

	(void)state;
	memset(data, 0x5a, sizeof(data));
	check_round_trip(data, sizeof(data));
	check_round_trip(data, 1);
}

static void truncated_is_refused(void **state)
{
	uint8_t data[700], coded[1200], out[700], *exact;
	size_t n, cut;

	(void)state;
	fill(data, sizeof(data));
	n = lw_huffman_encode(data, sizeof(data), coded, sizeof(coded));
	for (cut = 0; cut < n; cut++) {
		exact = malloc(cut + 1);
		memcpy(exact, coded, cut);
		assert_non_null(lw_huffman_decode(exact, cut, out,
						  sizeof(out)));
		free(exact);
	}
}

static void other_size_is_refused(void **state)
{
	uint8_t data[640], coded[1200], out[700];
	size_t n, size;

	(void)state;
	for (size = 0; size < sizeof(data); size++)
		data[size] = size;
	n = lw_huffman_encode(data, sizeof(data), coded, sizeof(coded));
	assert_null(lw_huffman_decode(coded, n, out, sizeof(data)));
	for (size = 1; size < sizeof(out); size++) {
		if (size != sizeof(data))
			assert_non_null(lw_huffman_decode(coded, n, out, size));
	}
}

/* Whatever the bytes are, nothing but the output is written. */
static void garbage_does_no_harm(void **state)
{
	uint8_t *coded, out[300];
	unsigned int trial, refused = 0;
	size_t i, n, size;

	(void)state;
	for (trial = 0; trial < 20000; trial++) {
		n = below(200);
		size = 1 + below(256);
		coded = malloc(n + 1);
		for (i = 0; i < n; i++)
			coded[i] = lw_random_u32(&numbers);
		memset(out, 0xee, sizeof(out));
		refused += lw_huffman_decode(coded, n, out, size) != NULL;
		for (i = size; i < sizeof(out); i++)
			assert_int_equal(out[i], 0xee);
		free(coded);
	}
	assert_true(refused > 19000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_optimal),
		cmocka_unit_test(lengths_are_limited),
		cmocka_unit_test(lengths_of_all_bytes),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(round_trip_of_one_value),
		cmocka_unit_test(truncated_is_refused),
		cmocka_unit_test(other_size_is_refused),
		cmocka_unit_test(garbage_does_no_harm),
	};

	numbers = lw_random_seed(SEED);
	print_message("seed %d\n", SEED);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
