// SPDX-License-Identifier: MIT
/* lwctl verify: the same bytes on two devices. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "eval.h"
#include "lwctl.h"
#include "model.h"

#define DEFAULT_COUNT 10
#define MAX_COUNT 1000000

enum { KEY_DEVICES = 1, KEY_INPUT, KEY_COUNT, KEY_SEED };

static const struct argp_option options[] = {
	{ "devices", KEY_DEVICES, "A,B", 0,
	  "The devices to compare (see lwctl devices)", 0 },
	{ "input", KEY_INPUT, "FILE", 0,
	  "Array, image or folder, as for lwctl submit; without it inputs are random bytes", 0 },
	{ "count", KEY_COUNT, "N", 0, "Random inputs (10)", 0 },
	{ "seed", KEY_SEED, "S", 0, "Of random inputs, to repeat them", 0 },
	{ 0 }
};

/* The command line; @devices is cut at its comma. */
struct verify {
	const char *model;
	const char **inputs;
	size_t n_inputs;
	char *devices[2];
	uint64_t count, seed;
};

/**
 * struct side - the model on one of the devices
 * @name: the device
 * @device: open
 * @model: loaded
 * @outputs: of the last run, quantised
 */
struct side {
	const char *name;
	struct lwnpu_device *device;
	struct lwnpu_model *model;
	struct lw_buffers outputs;
};

/**
 * struct comparison - the command at work
 * @side: two
 * @package: what both have loaded
 * @inputs: random ones of the next run, where none are given
 * @feed: given inputs
 */
struct comparison {
	struct side side[2];
	const struct lwm_package *package;
	struct lw_buffers inputs;
	struct lw_feed feed;
};

static error_t parse_devices(struct verify *verify, char *arg)
{
	char *comma = strchr(arg, ',');

	if (!comma || comma == arg || !comma[1])
		return lwctl_usage("--devices: \"%s\", expected two names, as in ref,opencl",
				   arg);
	*comma = 0;
	verify->devices[0] = arg;
	verify->devices[1] = comma + 1;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct verify *verify = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		verify->inputs = calloc(state->argc, sizeof(*verify->inputs));
		return verify->inputs ? 0 : ENOMEM;
	case ARGP_KEY_ARG:
		if (!verify->model)
			verify->model = arg;
		else
			verify->inputs[verify->n_inputs++] = arg;
		return 0;
	case KEY_INPUT:
		verify->inputs[verify->n_inputs++] = arg;
		return 0;
	case KEY_DEVICES:
		return parse_devices(verify, arg);
	case KEY_COUNT:
		if (!lwctl_parse_integer(arg, MAX_COUNT, &verify->count) ||
		    !verify->count)
			return lwctl_usage("--count: \"%s\", expected 1 to %d",
					   arg, MAX_COUNT);
		return 0;
	case KEY_SEED:
		if (!lwctl_parse_integer(arg, INT64_MAX, &verify->seed))
			return lwctl_usage("--seed: \"%s\", expected a number",
					   arg);
		return 0;
	case ARGP_KEY_END:
		if (!verify->model)
			return lwctl_usage("verify: expected MODEL.lwm");
		if (!verify->devices[0])
			return lwctl_usage("verify: expected --devices A,B");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int open_devices(struct comparison *c, const struct verify *verify,
			struct lwnpu_error *error)
{
	int ret = 0;

	for (int i = 0; i < 2 && !ret; i++) {
		c->side[i].name = verify->devices[i];
		ret = lwnpu_device_open(&c->side[i].device, c->side[i].name,
					error);
	}
	return ret;
}

static int load_side(struct side *side, const void *data, size_t size,
		     const char *path, struct lwnpu_error *error)
{
	const struct lwm_package *package;
	int ret;

	ret = lwnpu_model_load_memory(&side->model, side->device, data, size,
				      error);
	if (ret)
		return lw_fail_at(error, path);
	package = lw_model_package(side->model);
	return lw_buffers_init(&side->outputs, package->outputs,
			       package->n_outputs, LWNPU_QUANT, error);
}

static int load(struct comparison *c, const struct verify *verify,
		struct lwnpu_error *error)
{
	size_t size;
	void *data;
	int ret;

	ret = lwm_load(verify->model, &data, &size, error);
	if (ret)
		return ret;
	for (int i = 0; i < 2 && !ret; i++)
		ret = load_side(&c->side[i], data, size, verify->model, error);
	free(data);
	if (ret)
		return ret;
	c->package = lw_model_package(c->side[0].model);
	if (verify->n_inputs)
		return lw_feed_open(&c->feed, c->package->inputs,
				    c->package->n_inputs, verify->inputs,
				    verify->n_inputs, error);
	return lw_buffers_init(&c->inputs, c->package->inputs,
			       c->package->n_inputs, LWNPU_QUANT, error);
}

static void release_side(struct side *side)
{
	lw_buffers_release(&side->outputs);
	lwnpu_model_free(side->model);
	lwnpu_device_close(side->device);
}

static void release(struct comparison *c)
{
	lw_buffers_release(&c->inputs);
	lw_feed_release(&c->feed);
	release_side(&c->side[0]);
	release_side(&c->side[1]);
}

static int report_difference(const struct comparison *c, uint64_t run,
			     uint32_t output, size_t at,
			     struct lwnpu_error *error)
{
	const struct lwm_io *io = &c->package->outputs[output];
	const uint8_t *a = c->side[0].outputs.buffer[output].data;
	const uint8_t *b = c->side[1].outputs.buffer[output].data;

	return lw_fail(error, -EILSEQ,
		       "input %" PRIu64 ": output \"%s\" differs first at row %zu, column %zu, channel %zu: %d on %s, %d on %s",
		       run, io->name, at / io->c / io->w, at / io->c % io->w,
		       at % io->c, io->is_signed ? (int8_t)a[at] : a[at],
		       c->side[0].name, io->is_signed ? (int8_t)b[at] : b[at],
		       c->side[1].name);
}

static int compare_run(const struct comparison *c,
		       const struct lwnpu_buffer *inputs, uint64_t run,
		       struct lwnpu_error *error)
{
	for (int i = 0; i < 2; i++) {
		int ret = lwnpu_model_run(c->side[i].model, inputs,
					  c->side[i].outputs.buffer, error);

		if (ret)
			return ret;
	}
	for (uint32_t o = 0; o < c->package->n_outputs; o++) {
		const uint8_t *a = c->side[0].outputs.buffer[o].data;
		const uint8_t *b = c->side[1].outputs.buffer[o].data;

		for (size_t k = 0; k < c->side[0].outputs.buffer[o].size; k++)
			if (a[k] != b[k])
				return report_difference(c, run, o, k, error);
	}
	return 0;
}

static int compare_given(struct comparison *c, struct lwnpu_error *error)
{
	size_t n = lw_feed_count(&c->feed);
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		ret = lw_feed_read(&c->feed, i, error);
		if (!ret)
			ret = compare_run(c, c->feed.buffers, i, error);
		lwctl_progress(NULL, "verifying", (float)(i + 1) / n);
	}
	return ret;
}

static int compare_random(struct comparison *c, const struct verify *verify,
			  struct lwnpu_error *error)
{
	uint64_t state = verify->seed;
	int ret = 0;

	for (uint64_t i = 0; i < verify->count && !ret; i++) {
		lw_buffers_randomise(&c->inputs, &state);
		ret = compare_run(c, c->inputs.buffer, i, error);
		lwctl_progress(NULL, "verifying",
			       (float)(i + 1) / verify->count);
	}
	if (ret) {
		char seed[48];

		snprintf(seed, sizeof(seed), "seed %" PRIu64, verify->seed);
		lw_fail_at(error, seed);
	}
	return ret;
}

static int print_result(const struct comparison *c,
			const struct verify *verify)
{
	uint64_t n = c->feed.n ? lw_feed_count(&c->feed) : verify->count;
	char seed[48] = "";

	if (lwctl_json())
		return lwctl_print_json(json_pack(
			"{s:b, s:I, s:[o, o], s:I}", "equal", 1, "inputs",
			(json_int_t)n, "devices",
			lwctl_json_string(verify->devices[0]),
			lwctl_json_string(verify->devices[1]), "seed",
			(json_int_t)verify->seed));
	if (!c->feed.n)
		snprintf(seed, sizeof(seed), " (random, seed %" PRIu64 ")",
			 verify->seed);
	printf("%" PRIu64 " inputs%s: every byte equal on %s and %s\n", n, seed,
	       verify->devices[0], verify->devices[1]);
	return LWCTL_OK;
}

static int verify_run(const struct verify *verify)
{
	struct comparison c = { 0 };
	struct lwnpu_error error;
	int status, ret;

	if (open_devices(&c, verify, &error)) {
		status = lwctl_fail(LWCTL_FAILED, &error);
		goto out;
	}
	ret = load(&c, verify, &error);
	if (!ret)
		ret = c.feed.n ? compare_given(&c, &error) :
				  compare_random(&c, verify, &error);
	if (ret)
		status = lwctl_fail(ret == -EILSEQ ? LWCTL_DIFFER : LWCTL_INPUT,
				    &error);
	else
		status = print_result(&c, verify);
out:
	release(&c);
	return status;
}

static int run(int argc, char **argv)
{
	struct verify verify = {
		.count = DEFAULT_COUNT,
		.seed = time(NULL),
	};
	int status;

	status = lwctl_parse(&lwctl_verify, argc, argv, &verify);
	if (!status)
		status = verify_run(&verify);
	free(verify.inputs);
	return status;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "MODEL.lwm --devices A,B [FILE...]",
	.doc = "Run a package on two devices and compare every byte.",
};

const struct lwctl_command lwctl_verify = {
	.name = "verify",
	.text = "compare two devices, byte for byte",
	.argp = &argp,
	.run = run,
};
