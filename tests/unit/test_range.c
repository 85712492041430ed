// SPDX-License-Identifier: MIT
/* Ranges of activations that a histogram says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "quantise.h"

static void choose(struct lw_seen *seen, enum lw_range range, float percentile)
{
	struct lw_pack_options options = { .range = range,
					   .percentile = percentile };

	lw_range_choose(seen, &options);
}

static struct lw_seen seen_of(float lo, float hi)
{
	struct lw_seen seen = { .lo = lo, .hi = hi };

	seen.bins = calloc(LW_RANGE_BINS, sizeof(*seen.bins));
	assert_non_null(seen.bins);
	return seen;
}

/* One outlier in many numbers is not worth a coarse scale for all. */
static struct lw_seen with_outlier(void)
{
	struct lw_seen seen = seen_of(-1, 63);

	for (int i = 0; i < LW_RANGE_BINS / 32; i++)
		seen.bins[i] = 1000000 * exp(-0.1 * abs(i - 32));
	seen.bins[LW_RANGE_BINS - 1] = 1;
	return seen;
}

static void test_outliers_are_clipped(void **state)
{
	static const enum lw_range ranges[] = { LW_RANGE_MSE,
						LW_RANGE_PERCENTILE,
						LW_RANGE_ENTROPY };
	struct lw_value value = { .name = NULL };

	(void)state;
	for (size_t r = 0; r < sizeof(ranges) / sizeof(*ranges); r++) {
		struct lw_seen seen = with_outlier();

		choose(&seen, ranges[r], 99.999f);
		assert_true(seen.hi < 32 && seen.hi >= 0.9f);
		assert_true(seen.lo < -0.9f);
		lw_set_scale(&value, seen.lo, seen.hi);
		assert_true(value.scale < 0.5f * 64 / 255);
		free(seen.bins);
	}
}

static void test_what_is_even_is_kept(void **state)
{
	static const enum lw_range ranges[] = { LW_RANGE_MINMAX, LW_RANGE_MSE,
						LW_RANGE_PERCENTILE,
						LW_RANGE_ENTROPY };

	(void)state;
	for (size_t r = 0; r < sizeof(ranges) / sizeof(*ranges); r++) {
		struct lw_seen seen = seen_of(-1, 1);

		for (int i = 0; i < LW_RANGE_BINS; i++)
			seen.bins[i] = 10;
		choose(&seen, ranges[r], 99.9f);
		assert_true(seen.lo < -0.97f && seen.hi > 0.97f);
		free(seen.bins);
	}
}

/* 1 % of the numbers at each end, and never past zero. */
static void test_percentile(void **state)
{
	struct lw_seen seen = seen_of(-8, 8);

	(void)state;
	for (int i = 0; i < LW_RANGE_BINS; i++)
		seen.bins[i] = 1;
	choose(&seen, LW_RANGE_PERCENTILE, 99);
	assert_true(fabsf(seen.lo + 7.84f) < 0.02f);
	assert_true(fabsf(seen.hi - 7.84f) < 0.02f);
	seen.lo = -8;
	seen.hi = 8;
	for (int i = 0; i < LW_RANGE_BINS / 2; i++)
		seen.bins[i] = 0;
	choose(&seen, LW_RANGE_PERCENTILE, 99);
	assert_true(seen.lo == 0);
	free(seen.bins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outliers_are_clipped),
		cmocka_unit_test(test_what_is_even_is_kept),
		cmocka_unit_test(test_percentile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
