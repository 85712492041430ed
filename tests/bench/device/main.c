// SPDX-License-Identifier: MIT
/*
 * device_bench LWNPUD ENGINE NAME=MODEL… LARGE
 *
 * Prints what bench.h says, as JSON. Needs root, and a driver without a device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define CALLS_JOBS 500
#define BUSY_IN_FLIGHT 8
#define TURNS 40
#define RUNS 10
#define ROUND_TRIPS 10
#define LARGE_IN_FLIGHT 8
#define LARGE_JOBS 40
#define LARGE_ROUNDS 4
#define LARGE_WINDOW 4

static void parse(struct bench_options *options, int argc, char **argv)
{
	char *path;

	if (argc < 5)
		bench_fail("usage: device_bench LWNPUD ENGINE NAME=MODEL... LARGE");
	options->lwnpud = argv[1];
	options->engine = argv[2];
	options->large = argv[argc - 1];
	for (int i = 3; i < argc - 1 && options->n_models < 8; i++) {
		path = strchr(argv[i], '=');
		if (!path)
			bench_fail("%s: expected NAME=MODEL", argv[i]);
		*path++ = '\0';
		options->model[options->n_models][0] = argv[i];
		options->model[options->n_models++][1] = path;
	}
}

static json_t *count_calls(const struct bench_options *options)
{
	json_t *calls = json_object();

	for (int i = 0; i < options->n_models; i++) {
		const char *path = options->model[i][1];

		json_object_set_new(calls, options->model[i][0],
			json_pack("{s:o, s:o, s:o}",
				  "in process",
				  bench_calls_in_process(options, path,
							 CALLS_JOBS),
				  "idle",
				  bench_calls(options, path, 1, CALLS_JOBS),
				  "busy",
				  bench_calls(options, path, BUSY_IN_FLIGHT,
					      CALLS_JOBS)));
	}
	return calls;
}

static json_t *time_submit(pid_t daemon)
{
	const uint32_t n_ops[] = { 1, 4096 };
	double seconds[2];

	bench_submit(daemon, n_ops, seconds);
	return json_pack("{s:f, s:f, s:f}", "us_1_op", seconds[0] * 1e6,
			 "us_4096_ops", seconds[1] * 1e6, "ratio",
			 seconds[1] / seconds[0]);
}

/*
 * Seconds a job of both clients, and a round trip. They take turns, each for
 * some times, so that they find the machine in the same state.
 */
static void take_turns(struct bench_client *clients[2], double seconds[3])
{
	double times[3][TURNS * RUNS];

	for (int i = 0; i < TURNS * RUNS; i++)
		times[2][i] = bench_pipe(ROUND_TRIPS);
	for (int turn = 0; turn < TURNS * 2; turn++)
		for (int run = 0; run < RUNS; run++) {
			double begin = bench_seconds();

			bench_client_run(clients[turn % 2], 1);
			times[turn % 2][turn / 2 * RUNS + run] =
				bench_seconds() - begin;
		}
	for (int i = 0; i < 3; i++)
		seconds[i] = bench_typical(times[i], TURNS * RUNS);
}

static json_t *time_latency(const struct bench_options *options,
			    const char *path)
{
	struct bench_client *clients[] = {
		bench_client_open(options->engine, path, 1),
		bench_client_open(bench_node(), path, 1),
	};
	double seconds[3];

	for (int i = 0; i < 2; i++)
		bench_client_run(clients[i], RUNS);
	take_turns(clients, seconds);
	for (int i = 0; i < 2; i++)
		bench_client_close(clients[i]);
	return json_pack("{s:f, s:f, s:f, s:f}",
			 "in_process_us", seconds[0] * 1e6,
			 "device_us", seconds[1] * 1e6,
			 "pipe_us", seconds[2] * 1e6,
			 "round_trips", (seconds[1] - seconds[0]) / seconds[2]);
}

/* Seconds a job, of some that were complete one after the other. */
static int add_windows(const double *ends, double *times)
{
	int n = 0;

	for (int i = LARGE_WINDOW; i < LARGE_JOBS; i++)
		times[n++] = (ends[i] - ends[i - LARGE_WINDOW]) / LARGE_WINDOW;
	return n;
}

static json_t *time_throughput(const struct bench_options *options)
{
	struct bench_client *clients[] = {
		bench_client_open(options->engine, options->large,
				  LARGE_IN_FLIGHT),
		bench_client_open(bench_node(), options->large,
				  LARGE_IN_FLIGHT),
	};
	double times[2][LARGE_ROUNDS * LARGE_JOBS], ends[LARGE_JOBS];
	double seconds[2];
	int n[2] = { 0 };

	for (int round = 0; round <= LARGE_ROUNDS; round++)
		for (int i = 0; i < 2; i++) {
			bench_client_stream(clients[i], LARGE_JOBS, ends);
			/* The first round warms up. */
			if (round)
				n[i] += add_windows(ends, times[i] + n[i]);
		}
	for (int i = 0; i < 2; i++) {
		seconds[i] = bench_typical(times[i], n[i]);
		bench_client_close(clients[i]);
	}
	return json_pack("{s:i, s:f, s:f, s:f}", "in_flight", LARGE_IN_FLIGHT,
			 "in_process_ms", seconds[0] * 1e3,
			 "device_ms", seconds[1] * 1e3, "ratio",
			 seconds[0] / seconds[1]);
}

int main(int argc, char **argv)
{
	struct bench_options options = { 0 };
	json_t *result = json_object(), *latency = json_object();
	pid_t daemon;

	parse(&options, argc, argv);
	json_object_set_new(result, "engine", json_string(options.engine));
	json_object_set_new(result, "calls", count_calls(&options));
	daemon = bench_daemon_start(&options, false);
	bench_daemon_wait(daemon);
	json_object_set_new(result, "submit", time_submit(daemon));
	for (int i = 0; i < options.n_models; i++)
		json_object_set_new(latency, options.model[i][0],
				    time_latency(&options,
						 options.model[i][1]));
	json_object_set_new(result, "latency", latency);
	json_object_set_new(result, "throughput", time_throughput(&options));
	bench_daemon_stop(daemon);
	json_dumpf(result, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(result);
	return fflush(stdout) ? 1 : 0;
}
