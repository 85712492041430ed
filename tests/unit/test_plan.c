// SPDX-License-Identifier: MIT
/* The arena's plan: nothing that lives together shares bytes, little is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "../common/random.h"
#include "lower.h"

#define MAX_BUFFERS 60

static bool live_together(const struct lw_buffer *a, const struct lw_buffer *b)
{
	return a->first <= b->last && b->first <= a->last;
}

static void assert_apart(const struct lw_buffer *b, uint32_t n, uint64_t arena)
{
	for (uint32_t i = 0; i < n; i++) {
		if (b[i].region != LWNPU_REGION_ARENA)
			continue;
		assert_int_equal(b[i].offset % 64, 0);
		assert_true(b[i].offset + b[i].size <= arena);
		for (uint32_t j = 0; j < i; j++)
			if (b[j].region == LWNPU_REGION_ARENA &&
			    live_together(&b[i], &b[j]))
				assert_true(b[i].offset + b[i].size <=
						    b[j].offset ||
					    b[j].offset + b[j].size <=
						    b[i].offset);
	}
}

static void test_random_lifetimes(void **state)
{
	uint64_t seed = time(NULL);
	struct lw_random random = lw_random_seed(seed);

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (int trial = 0; trial < 200; trial++) {
		uint32_t n = 1 + lw_random_below(&random, MAX_BUFFERS);
		struct lw_buffer b[MAX_BUFFERS];
		uint64_t arena;

		for (uint32_t i = 0; i < n; i++) {
			uint32_t first = lw_random_below(&random, n);

			b[i] = (struct lw_buffer){
				.size = 1 + lw_random_below(&random, 5000),
				.first = first,
				.last = first + lw_random_below(&random, 9),
				.region = lw_random_below(&random, 8) ?
					LWNPU_REGION_ARENA : LWNPU_REGION_IO,
			};
		}
		assert_int_equal(lw_plan(b, n, &arena), 0);
		assert_apart(b, n, arena);
	}
}

/* A chain needs the two largest neighbours, however long it is. */
static void test_chain_is_planned_without_loss(void **state)
{
	static const uint64_t size[] = { 640, 64, 1280, 2560, 128, 1920, 64 };
	enum { N = sizeof(size) / sizeof(*size) };
	struct lw_buffer b[N];
	uint64_t arena;

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		b[i] = (struct lw_buffer){ .size = size[i], .first = i,
					   .last = i + 1,
					   .region = LWNPU_REGION_ARENA };
	assert_int_equal(lw_plan(b, N, &arena), 0);
	assert_apart(b, N, arena);
	assert_int_equal(arena, 1280 + 2560);
}

static void test_unused_buffers_take_nothing(void **state)
{
	struct lw_buffer b = { .size = 64, .first = UINT32_MAX,
			       .region = LWNPU_REGION_ARENA };
	uint64_t arena = 1;

	(void)state;
	assert_int_equal(lw_plan(&b, 1, &arena), 0);
	assert_int_equal(arena, 0);
	assert_int_equal(lw_plan(NULL, 0, &arena), 0);
	assert_int_equal(arena, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_lifetimes),
		cmocka_unit_test(test_chain_is_planned_without_loss),
		cmocka_unit_test(test_unused_buffers_take_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
