// SPDX-License-Identifier: MIT
/* lwctl verify: the same bytes on two devices. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "eval.h"
#include "file.h"
#include "lwctl.h"
#include "model.h"

#define DEFAULT_COUNT 10
#define MAX_COUNT 1000000
#define MAX_FILE ((size_t)1 << 31)

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
	struct lwnpu_buffer *outputs;
};

/**
 * struct comparison - the command at work
 * @side: two
 * @package: what both have loaded
 * @inputs: of the next run
 * @samples: given inputs, or NULL
 */
struct comparison {
	struct side side[2];
	const struct lwm_package *package;
	struct lwnpu_buffer *inputs;
	struct lw_samples *samples;
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

/* Buffers for quantised inputs or outputs. */
static struct lwnpu_buffer *make_buffers(const struct lwm_io *ios, uint32_t n)
{
	struct lwnpu_buffer *buffers = calloc(n, sizeof(*buffers));

	for (uint32_t i = 0; buffers && i < n; i++) {
		buffers[i].size = lw_io_elements(&ios[i]);
		buffers[i].type = LWNPU_QUANT;
		buffers[i].data = malloc(buffers[i].size);
		if (!buffers[i].data) {
			while (i--)
				free(buffers[i].data);
			free(buffers);
			return NULL;
		}
	}
	return buffers;
}

static void free_buffers(struct lwnpu_buffer *buffers, uint32_t n)
{
	for (uint32_t i = 0; buffers && i < n; i++)
		free(buffers[i].data);
	free(buffers);
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
	side->outputs = make_buffers(package->outputs, package->n_outputs);
	if (!side->outputs)
		return lw_fail(error, -ENOMEM, "out of memory for outputs");
	return 0;
}

static int load_samples(struct comparison *c, const struct verify *verify,
			struct lwnpu_error *error)
{
	int ret;

	if (!verify->n_inputs)
		return 0;
	if (c->package->n_inputs != 1)
		return lw_fail(error, -EOPNOTSUPP,
			       "%s: has %u inputs, expected one with --input",
			       verify->model, c->package->n_inputs);
	ret = lw_samples_new(&c->samples, &c->package->inputs[0], error);
	for (size_t i = 0; i < verify->n_inputs && !ret; i++)
		ret = lw_samples_add(c->samples, verify->inputs[i], error);
	return ret;
}

static int load(struct comparison *c, const struct verify *verify,
		struct lwnpu_error *error)
{
	size_t size;
	void *data;
	int ret;

	ret = lw_file_read(verify->model, MAX_FILE, &data, &size, error);
	if (ret)
		return ret;
	for (int i = 0; i < 2 && !ret; i++)
		ret = load_side(&c->side[i], data, size, verify->model, error);
	free(data);
	if (ret)
		return ret;
	c->package = lw_model_package(c->side[0].model);
	c->inputs = make_buffers(c->package->inputs, c->package->n_inputs);
	if (!c->inputs)
		return lw_fail(error, -ENOMEM, "out of memory for inputs");
	return load_samples(c, verify, error);
}

static void release_side(struct side *side)
{
	if (side->model)
		free_buffers(side->outputs, lwnpu_model_outputs(side->model));
	lwnpu_model_free(side->model);
	lwnpu_device_close(side->device);
}

static void release(struct comparison *c)
{
	if (c->package)
		free_buffers(c->inputs, c->package->n_inputs);
	lw_samples_free(c->samples);
	release_side(&c->side[0]);
	release_side(&c->side[1]);
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void randomise(struct comparison *c, uint64_t *state)
{
	for (uint32_t i = 0; i < c->package->n_inputs; i++) {
		uint8_t *bytes = c->inputs[i].data;

		for (size_t k = 0; k < c->inputs[i].size; k++)
			bytes[k] = next_random(state);
	}
}

static int report_difference(const struct comparison *c, uint64_t run,
			     uint32_t output, size_t at,
			     struct lwnpu_error *error)
{
	const struct lwm_io *io = &c->package->outputs[output];
	const uint8_t *a = c->side[0].outputs[output].data;
	const uint8_t *b = c->side[1].outputs[output].data;

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
					  c->side[i].outputs, error);

		if (ret)
			return ret;
	}
	for (uint32_t o = 0; o < c->package->n_outputs; o++) {
		const uint8_t *a = c->side[0].outputs[o].data;
		const uint8_t *b = c->side[1].outputs[o].data;

		for (size_t k = 0; k < c->side[0].outputs[o].size; k++)
			if (a[k] != b[k])
				return report_difference(c, run, o, k, error);
	}
	return 0;
}

static int compare_samples(struct comparison *c, struct lwnpu_error *error)
{
	size_t n = lw_samples_count(c->samples);
	struct lw_sample sample;
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		ret = lw_samples_read(c->samples, i, &sample, error);
		if (!ret)
			ret = compare_run(c,
					  &(struct lwnpu_buffer){
						  sample.data, sample.size,
						  sample.type },
					  i, error);
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
		randomise(c, &state);
		ret = compare_run(c, c->inputs, i, error);
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
	uint64_t n = c->samples ? lw_samples_count(c->samples) : verify->count;
	char seed[48] = "";

	if (lwctl_json())
		return lwctl_print_json(json_pack(
			"{s:b, s:I, s:[o, o], s:I}", "equal", 1, "inputs",
			(json_int_t)n, "devices",
			lwctl_json_string(verify->devices[0]),
			lwctl_json_string(verify->devices[1]), "seed",
			(json_int_t)verify->seed));
	if (!c->samples)
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
		ret = c.samples ? compare_samples(&c, &error) :
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
