// SPDX-License-Identifier: MIT
/* lwctl bench: how fast things are. */
#include <stdlib.h>

#include "bench_decode.h"
#include "bench_run.h"
#include "decode.h"
#include "lwctl.h"

#define DECODE_RUNS 11
#define MAX_RUNS 10000
#define DEFAULT_SECONDS 2.0f
#define MAX_SECONDS 3600.0f

enum { KEY_DECODE = 1, KEY_DEVICE, KEY_RUNS, KEY_SECONDS, KEY_THREADS };

static const struct argp_option options[] = {
	{ "device", KEY_DEVICE, "NAME", 0,
	  "Where to run, see lwctl devices; may be repeated", 0 },
	{ "seconds", KEY_SECONDS, "S", 0,
	  "How long each package runs on each device, 2 by default", 0 },
	{ "threads", KEY_THREADS, "N", 0,
	  "Processors that each may use, by default all; with --decode, those that are tried beside one", 0 },
	{ "decode", KEY_DECODE, NULL, 0,
	  "Measure instead how fast a package's weights and operations decode", 0 },
	{ "runs", KEY_RUNS, "N", 0,
	  "With --decode: the median of N runs counts, 11 by default", 0 },
	{ 0 }
};

/**
 * struct request - the command line
 * @decode: --decode was given
 * @runs: after --runs, or 0
 * @run: else
 */
struct request {
	bool decode;
	unsigned int runs;
	struct lw_bench_run run;
};

static error_t parse_count(const char *option, const char *arg, uint64_t max,
			   unsigned int *count)
{
	uint64_t number;

	if (!lwctl_parse_integer(arg, max, &number) || !number)
		return lwctl_usage("--%s: \"%s\", expected 1 to %lu", option,
				   arg, (unsigned long)max);
	*count = number;
	return 0;
}

static error_t parse_seconds(float *seconds, const char *arg)
{
	if (lwctl_parse_number(arg, seconds) && *seconds > 0 &&
	    *seconds <= MAX_SECONDS)
		return 0;
	return lwctl_usage("--seconds: \"%s\", expected a number above 0, at most %.0f",
			   arg, MAX_SECONDS);
}

static error_t check(const struct request *request)
{
	const struct lw_bench_run *run = &request->run;

	if (!run->n_packages)
		return lwctl_usage("bench: expected MODEL.lwm");
	if (!request->decode)
		return request->runs ?
			lwctl_usage("--runs: expected --decode with it") : 0;
	if (run->n_packages > 1)
		return lwctl_usage("\"%s\": expected one package",
				   run->packages[1]);
	if (run->n_devices)
		return lwctl_usage("--device: not for --decode");
	if (run->seconds)
		return lwctl_usage("--seconds: not for --decode, expected --runs");
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;
	struct lw_bench_run *run = &request->run;

	switch (key) {
	case ARGP_KEY_INIT:
		run->packages = calloc(state->argc, sizeof(*run->packages));
		run->devices = calloc(state->argc, sizeof(*run->devices));
		return run->packages && run->devices ? 0 : ENOMEM;
	case KEY_DECODE:
		request->decode = true;
		return 0;
	case KEY_DEVICE:
		run->devices[run->n_devices++] = arg;
		return 0;
	case KEY_RUNS:
		return parse_count("runs", arg, MAX_RUNS, &request->runs);
	case KEY_SECONDS:
		return parse_seconds(&run->seconds, arg);
	case KEY_THREADS:
		return parse_count("threads", arg, LWM_MAX_THREADS,
				   &run->threads);
	case ARGP_KEY_ARG:
		run->packages[run->n_packages++] = arg;
		return 0;
	case ARGP_KEY_END:
		return check(request);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int measure(struct request *request)
{
	struct lw_bench_run *run = &request->run;
	const struct lw_bench_decode decode = {
		.path = run->packages[0],
		.runs = request->runs ? request->runs : DECODE_RUNS,
		.threads = run->threads ? run->threads : lwm_cpus(),
	};

	if (request->decode)
		return lw_bench_decode(&decode);
	if (!run->seconds)
		run->seconds = DEFAULT_SECONDS;
	return lw_bench_run(run);
}

static int run(int argc, char **argv)
{
	struct request request = { 0 };
	int status;

	status = lwctl_parse(&lwctl_bench, argc, argv, &request);
	if (!status)
		status = measure(&request);
	free(request.run.packages);
	free(request.run.devices);
	return status;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "MODEL.lwm...\n--decode MODEL.lwm",
	.doc = "Measure how fast packages run, or how fast one decodes.",
};

const struct lwctl_command lwctl_bench = {
	.name = "bench",
	.text = "measure how fast packages run, or decode",
	.argp = &argp,
	.run = run,
};
