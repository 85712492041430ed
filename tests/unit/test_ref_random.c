// SPDX-License-Identifier: MIT
/* Random programs on the reference engine, against a model of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../common/naive.h"
#include "../common/random_program.h"

#define PROGRAMS 1500

static void test_random_programs(void **state)
{
	struct lw_program program;
	struct lw_trial trial;
	struct lw_naive memory;
	uint64_t seed;
	uint32_t r;

	(void)state;
	for (seed = 0; seed < PROGRAMS; seed++) {
		lw_random_program(&program, seed);
		assert_int_equal(lw_trial_open(&trial, &lw_ref_engine, NULL,
					       &program, seed, NULL), 0);
		lw_naive_run(&trial, seed, &memory);
		assert_int_equal(lw_trial_run(&trial, seed, NULL), 0);
		for (r = LWNPU_REGION_IO; r < program.info.n_regions; r++) {
			size_t size = program.info.region[r].size;

			if (!size || !memcmp(memory.region[r],
					     trial.memory[r], size))
				continue;
			fail_msg("seed %llu: region %u differs",
				 (unsigned long long)seed, r);
		}
		lw_naive_free(&memory);
		lw_trial_close(&trial);
		lw_program_release(&program);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
