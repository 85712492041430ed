// SPDX-License-Identifier: MIT
/* rANS coding: tables and frequencies. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/random.h"
#include "rans.h"

#define SYMBOLS LW_RANS_SYMBOLS
#define SEED 90

static struct lw_random numbers;

static uint32_t below(uint32_t n)
{
	return lw_random_below(&numbers, n);
}

static void random_levels(uint8_t level[SYMBOLS])
{
	uint32_t share = below(101), spread = 1 + below(LW_RANS_LEVELS), i;

	for (i = 0; i < SYMBOLS; i++)
		level[i] = below(100) < share ? 1 + below(spread) : 0;
	level[below(SYMBOLS)] = 1 + below(LW_RANS_LEVELS);
}

static void frequencies_are_complete(void **state)
{
	uint16_t frequency[SYMBOLS];
	uint8_t level[SYMBOLS];
	unsigned int trial, i, sum;

	(void)state;
	for (trial = 0; trial < 2000; trial++) {
		random_levels(level);
		lw_rans_frequencies(level, frequency);
		for (i = 0, sum = 0; i < SYMBOLS; i++) {
			assert_int_equal(frequency[i] > 0, level[i] > 0);
			sum += frequency[i];
		}
		assert_int_equal(sum, LW_RANS_TOTAL);
	}
}

/* Four levels up is twice as frequent, where that can be. */
static void frequencies_are_in_proportion(void **state)
{
	uint16_t frequency[SYMBOLS];
	uint8_t level[SYMBOLS];
	unsigned int i;

	(void)state;
	for (i = 0; i < SYMBOLS; i++)
		level[i] = 20 + 4 * (i % 3);
	lw_rans_frequencies(level, frequency);
	for (i = 0; i < SYMBOLS; i++)
		assert_in_range(frequency[i], (4096 * 3 / 7 / 256) << i % 3,
				((4096 * 3 / 7 / 256) << i % 3) + 4);
}

static void tables_round_trip(void **state)
{
	uint8_t level[SYMBOLS], again[SYMBOLS], table[LW_RANS_MAX_TABLE];
	const uint8_t *at;
	unsigned int trial;
	size_t n;

	(void)state;
	for (trial = 0; trial < 2000; trial++) {
		random_levels(level);
		n = lw_rans_put_levels(level, table);
		assert_in_range(n, 1, LW_RANS_MAX_TABLE);
		at = table;
		assert_null(lw_rans_get_levels(&at, table + n, again));
		assert_ptr_equal(at, table + n);
		assert_memory_equal(level, again, sizeof(level));
		at = table;
		assert_non_null(lw_rans_get_levels(&at, table + n - 1, again));
	}
}

/* Bytes that codes take with a table, the table itself included. */
static double cost(const uint32_t count[SYMBOLS], const uint8_t level[SYMBOLS])
{
	uint8_t table[LW_RANS_MAX_TABLE];
	uint16_t frequency[SYMBOLS];
	double bits = 0;
	unsigned int i;

	lw_rans_frequencies(level, frequency);
	for (i = 0; i < SYMBOLS; i++)
		if (count[i])
			bits += count[i] * log2(4096.0 / frequency[i]);
	return bits / 8 + lw_rans_put_levels(level, table);
}

static double entropy(const uint32_t count[SYMBOLS])
{
	double bits = 0, total = 0;
	unsigned int i;

	for (i = 0; i < SYMBOLS; i++)
		total += count[i];
	for (i = 0; i < SYMBOLS; i++)
		if (count[i])
			bits += count[i] * log2(total / count[i]);
	return bits / 8;
}

static void count_weights(uint32_t count[SYMBOLS], unsigned int n,
			  unsigned int spread)
{
	int sum, i;

	memset(count, 0, SYMBOLS * sizeof(*count));
	while (n--) {
		for (i = 0, sum = 0; i < 4; i++)
			sum += (int)below(2 * spread + 1) - (int)spread;
		sum = sum > 127 ? 127 : sum < -128 ? -128 : sum;
		count[(uint8_t)sum]++;
	}
}

/* A table of some 40 bytes comes close to what no table could better. */
static void levels_fit_weights(void **state)
{
	uint32_t count[SYMBOLS];
	uint8_t level[SYMBOLS];
	unsigned int spread, n;

	(void)state;
	for (spread = 1; spread < 40; spread += 3) {
		for (n = 300; n < 300000; n *= 10) {
			count_weights(count, n, spread);
			lw_rans_levels(count, level);
			assert_true(cost(count, level) <
				    1.002 * entropy(count) + 60);
		}
	}
}

/* No change of one level makes it cheaper by more than the estimate errs. */
static void levels_are_near_the_best(void **state)
{
	uint32_t count[SYMBOLS];
	uint8_t level[SYMBOLS], kept;
	unsigned int trial, i;
	double best;

	(void)state;
	for (trial = 0; trial < 20; trial++) {
		count_weights(count, 100 << below(10), 1 + below(40));
		lw_rans_levels(count, level);
		best = cost(count, level);
		for (i = 0; i < SYMBOLS; i++) {
			kept = level[i];
			for (level[i] = count[i] > 0;
			     level[i] <= LW_RANS_LEVELS; level[i]++)
				assert_true(cost(count, level) > best - 6);
			level[i] = kept;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frequencies_are_complete),
		cmocka_unit_test(frequencies_are_in_proportion),
		cmocka_unit_test(tables_round_trip),
		cmocka_unit_test(levels_fit_weights),
		cmocka_unit_test(levels_are_near_the_best),
	};

	numbers = lw_random_seed(SEED);
	print_message("seed %d\n", SEED);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
