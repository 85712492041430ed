// SPDX-License-Identifier: MIT
/* Streams of small jobs on the OpenCL engine, which two threads may share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../opencl/kernels.h"
#include "../common/random_program.h"
#include "../common/trial.h"
#include "decode.h"

#define PROGRAMS 60
#define RUNS 4
#define REPEATS 10
/* Some of each 512 are tried with both threads, whatever is faster. */
#define LONG_STREAM 3000

static const struct lw_engine_ops *const ops = &lw_opencl_engine;

static int start(void **state)
{
	struct lwnpu_error error;

	if (!ops->open(state, NULL, &error))
		return 0;
	print_message("%s\n", error.message);
	return -1;
}

static int stop(void **state)
{
	ops->close(*state);
	return 0;
}

/*
 * The first program from @seed on that can be shared: its buffers are not
 * copied to the device, and not more than one launch takes.
 */
static uint64_t open_shareable(struct lw_trial *trial, void *engine,
			       struct lw_program *program, uint64_t seed)
{
	for (;; seed++) {
		bool apart;

		lw_random_program(program, seed);
		apart = program->info.n_regions >
			  LWNPU_REGION_IO + LW_CL_WALK_BUFFERS;
		lw_trial_must_open(trial, ops, engine, program, seed);
		for (uint32_t r = 0; r < program->info.n_regions; r++)
			apart |= trial->foreign[r];
		if (!apart)
			return seed;
		lw_trial_close(trial);
		lw_program_release(program);
	}
}

static uint64_t compare_stream(void *engine, uint64_t seed)
{
	struct lw_trial trial, ref;
	struct lw_program program;
	struct lwnpu_error error;

	seed = open_shareable(&trial, engine, &program, seed);
	lw_trial_must_open(&ref, &lw_ref_engine, NULL, &program, seed);
	for (uint64_t run = 0; run < RUNS; run++) {
		lw_trial_must_run(&ref, run);
		/* Once more, since the reference took time between. */
		for (int i = 0; i < REPEATS; i++)
			lw_trial_must_run(&trial, run);
		if (lw_trial_compare(&trial, &ref, &error))
			fail_msg("seed %llu, run %llu: %s",
				 (unsigned long long)seed,
				 (unsigned long long)run, error.message);
	}
	lw_trial_close(&ref);
	lw_trial_close(&trial);
	lw_program_release(&program);
	return seed;
}

static void streams_give_the_bytes_of_ref(void **state)
{
	uint64_t seed = 0;

	for (int i = 0; i < PROGRAMS; i++)
		seed = compare_stream(*state, seed) + 1;
}

static double seconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec + time.tv_nsec * 1e-9;
}

/* Time that other threads use for jobs, @pause microseconds after each other. */
static double others_time(void *engine, unsigned int jobs, unsigned int pause)
{
	struct lw_program program;
	struct lw_trial trial;
	double all, own;

	open_shareable(&trial, engine, &program, 0);
	lw_trial_must_run(&trial, 0);
	usleep(10000);
	own = seconds(CLOCK_THREAD_CPUTIME_ID);
	all = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned int i = 0; i < jobs; i++) {
		lw_trial_must_run(&trial, i);
		if (pause)
			usleep(pause);
	}
	all = seconds(CLOCK_PROCESS_CPUTIME_ID) - all;
	own = seconds(CLOCK_THREAD_CPUTIME_ID) - own;
	lw_trial_close(&trial);
	lw_program_release(&program);
	return all - own;
}

static void streams_alone_wake_the_other_thread(void **state)
{
	double stream, single;

	if (lwm_cpus() < 2)
		skip();
	stream = others_time(*state, LONG_STREAM, 0);
	single = others_time(*state, 100, 5000);
	print_message("others' time: %.2f ms of a stream, %.2f ms of single jobs\n",
		      stream * 1e3, single * 1e3);
	assert_true(stream > 1e-4);
	assert_true(single < 1e-4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(streams_give_the_bytes_of_ref,
						start, stop),
		cmocka_unit_test_setup_teardown(
			streams_alone_wake_the_other_thread, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
