// SPDX-License-Identifier: MIT
/*
 * Run random programs on two engines: every output byte is the same, and
 * nothing else is written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/arguments.h"
#include "../common/random_program.h"
#include "../common/trial.h"

#define RUNS 2

struct engine {
	const char *name;
	const struct lw_engine_ops *ops;
	void *state;
};

/* What all programs had and did. */
struct summary {
	unsigned long failed;
	uint64_t ops;
	uint64_t gates;
	uint64_t taken;
};

struct options {
	uint64_t count, seed;
	char names[2][64];
};

static const struct lw_engine_ops *const all_engines[] = {
	&lw_ref_engine,
	&lw_opencl_engine,
	&lw_drm_engine,
};

/* "NAME" or "NAME:CHOICE" */
static int open_engine(struct engine *engine, const char *name,
		       struct lwnpu_error *error)
{
	size_t length = strcspn(name, ":");
	const char *choice = name[length] ? name + length + 1 : NULL;
	size_t i;

	engine->name = name;
	for (i = 0; i < sizeof(all_engines) / sizeof(all_engines[0]); i++) {
		if (strlen(all_engines[i]->name) != length ||
		    strncmp(all_engines[i]->name, name, length))
			continue;
		engine->ops = all_engines[i];
		return engine->ops->open(&engine->state, choice, error);
	}
	return lw_fail(error, -ENODEV, "%s: no such engine", name);
}

static void close_engine(struct engine *engine)
{
	if (engine->ops)
		engine->ops->close(engine->state);
}

/* More than once, so that what a job leaves behind shows in the next. */
static int compare(const struct engine *engines,
		   const struct lw_program *program, uint64_t seed,
		   struct summary *summary, struct lwnpu_error *error)
{
	struct lw_trial trials[2] = { 0 };
	int err, run, i;

	for (i = 0; i < 2; i++) {
		err = lw_trial_open(&trials[i], engines[i].ops,
				    engines[i].state, program, seed, error);
		if (err)
			goto out;
	}
	for (run = 0; run < RUNS; run++) {
		for (i = 0; i < 2; i++) {
			err = lw_trial_run(&trials[i], seed + run, error);
			if (err)
				goto out;
		}
		err = lw_trial_compare(&trials[0], &trials[1], error);
		if (err)
			goto out;
		summary->gates += program->info.n_gates;
		summary->taken += __builtin_popcountll(trials[0].result.gates);
	}
out:
	for (i = 0; i < 2; i++)
		lw_trial_close(&trials[i]);
	return err;
}

static void report(const struct options *options,
		   const struct lw_program *program, uint64_t seed,
		   const struct lwnpu_error *error)
{
	char text[1024];
	uint32_t i;

	printf("seed %" PRIu64 ": %s\n", seed, error->message);
	for (i = 0; i < program->n_ops; i++) {
		lwnpu_disasm_op(&program->ops[i], text, sizeof(text));
		printf("%3u  %s\n", i, text);
	}
	printf("again: engines --count 1 --seed %" PRIu64 " --engines %s,%s\n",
	       seed, options->names[0], options->names[1]);
}

static bool parse(char **words, struct options *options)
{
	const char *engines = NULL;

	if (!read_arguments(words, (struct argument[]){
			{ "--count", &options->count, NULL },
			{ "--seed", &options->seed, NULL },
			{ "--engines", NULL, &engines },
			{ NULL, NULL, NULL } }))
		return false;
	return !engines || sscanf(engines, "%63[^,],%63[^,]",
				  options->names[0], options->names[1]) == 2;
}

static int run_all(const struct options *options,
		   const struct engine *engines)
{
	struct lwnpu_error error;
	struct lw_program program;
	struct summary summary = { 0 };
	uint64_t i;

	for (i = 0; i < options->count; i++) {
		lw_random_program(&program, options->seed + i);
		summary.ops += program.n_ops;
		if (compare(engines, &program, options->seed + i, &summary,
			    &error)) {
			report(options, &program, options->seed + i, &error);
			summary.failed++;
		}
		lw_program_release(&program);
	}
	printf("%s and %s: %" PRIu64 " programs, %" PRIu64 " operations, %" PRIu64 " of %" PRIu64 " gates taken, seeds from %" PRIu64 ": %lu differ\n",
	       engines[0].name, engines[1].name, options->count, summary.ops,
	       summary.taken, summary.gates, options->seed, summary.failed);
	return summary.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options = {
		.count = 200,
		.seed = time(NULL),
		.names = { "ref", "opencl" },
	};
	struct engine engines[2] = { 0 };
	struct lwnpu_error error;
	int status = EXIT_FAILURE;

	(void)argc;
	if (!parse(argv + 1, &options)) {
		fprintf(stderr,
			"usage: engines [--count N] [--seed S] [--engines A,B]\n");
		return 2;
	}
	if (open_engine(&engines[0], options.names[0], &error) ||
	    open_engine(&engines[1], options.names[1], &error))
		fprintf(stderr, "engines: %s\n", error.message);
	else
		status = run_all(&options, engines);
	close_engine(&engines[0]);
	close_engine(&engines[1]);
	return status;
}
