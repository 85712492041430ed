// SPDX-License-Identifier: MIT
/* lwctl bench: how fast things are. */
#include "bench_decode.h"
#include "decode.h"
#include "lwctl.h"

#define RUNS 11
#define MAX_RUNS 10000

enum { KEY_DECODE = 1, KEY_RUNS, KEY_THREADS };

static const struct argp_option options[] = {
	{ "decode", KEY_DECODE, NULL, 0,
	  "How fast the package's weights and operations decode", 0 },
	{ "runs", KEY_RUNS, "N", 0, "The median of N runs counts, 11 by default", 0 },
	{ "threads", KEY_THREADS, "N", 0,
	  "Beside one thread try N, by default one for each processor", 0 },
	{ 0 }
};

/**
 * struct request - the command line
 * @decode: --decode was given
 * @bench: of it
 */
struct request {
	bool decode;
	struct lw_bench_decode bench;
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

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case KEY_DECODE:
		request->decode = true;
		return 0;
	case KEY_RUNS:
		return parse_count("runs", arg, MAX_RUNS, &request->bench.runs);
	case KEY_THREADS:
		return parse_count("threads", arg, LWM_MAX_THREADS,
				   &request->bench.threads);
	case ARGP_KEY_ARG:
		if (request->bench.path)
			return lwctl_usage("\"%s\": expected one package", arg);
		request->bench.path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!request->decode || !request->bench.path)
			return lwctl_usage("bench: expected --decode MODEL.lwm");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int run(int argc, char **argv)
{
	struct request request = {
		.bench = { .runs = RUNS, .threads = lwm_cpus() },
	};
	int status;

	status = lwctl_parse(&lwctl_bench, argc, argv, &request);
	return status ? status : lw_bench_decode(&request.bench);
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "--decode MODEL.lwm",
	.doc = "Measure how fast a package decodes.",
};

const struct lwctl_command lwctl_bench = {
	.name = "bench",
	.text = "measure how fast a package decodes",
	.argp = &argp,
	.run = run,
};
