// SPDX-License-Identifier: MIT
/* lwctl info, lwctl disasm: what a package holds. */
#include <inttypes.h>
#include <stdio.h>

#include "lwctl.h"
#include "npy.h"
#include "sample.h"
#include "table.h"

/* Of an operation. */
#define MAX_LINE 1024

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char **model = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*model)
			return lwctl_usage("\"%s\": expected one package", arg);
		*model = arg;
		return 0;
	case ARGP_KEY_END:
		if (!*model)
			return lwctl_usage("%s: expected MODEL.lwm", state->name);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Sums over the package's segments and layers. */
struct totals {
	uint64_t coded_bytes;
	uint64_t ops;
	uint64_t macs, nonzero_macs;
};

static struct totals sum(const struct lwm_package *package)
{
	struct totals totals = { 0 };

	for (uint32_t i = 0; i < package->n_segments; i++)
		totals.coded_bytes += package->segments[i].coded_size;
	for (uint32_t i = 0; i < package->n_layers; i++) {
		totals.ops += package->layers[i].n_ops;
		totals.macs += package->layers[i].macs;
		totals.nonzero_macs += package->layers[i].nonzero_macs;
	}
	return totals;
}

static uint64_t arena_size(const struct lwm_package *package)
{
	return package->program.info.region[LWNPU_REGION_ARENA].size;
}

static json_t *json_of_norm(const struct lwm_io *io)
{
	json_t *mean = json_array(), *std = json_array();

	for (uint32_t i = 0; i < io->norm_channels; i++) {
		lwctl_json_append(mean, json_real(io->mean[i]));
		lwctl_json_append(std, json_real(io->std[i]));
	}
	return json_pack("{s:f, s:o, s:o}", "scale", (double)io->norm_scale,
			 "mean", mean, "std", std);
}

static json_t *json_of_io(const struct lwm_io *io)
{
	json_t *shape = json_array(), *object;

	for (uint32_t i = 0; i < io->n_dims; i++)
		lwctl_json_append(shape, json_integer(io->dims[i]));
	object = json_pack("{s:o, s:o, s:s, s:i, s:i, s:i, s:s, s:f, s:i}",
			   "name", lwctl_json_string(io->name), "shape", shape,
			   "layout", io->nchw ? "NCHW" : "NHWC", "height",
			   (int)io->h, "width", (int)io->w, "channels",
			   (int)io->c, "type", io->is_signed ? "int8" : "uint8",
			   "scale", (double)io->scale, "zero_point",
			   io->zero_point - (io->is_signed ? 128 : 0));
	if (io->norm_channels)
		lwctl_json_set(object, "image", json_of_norm(io));
	return object;
}

static json_t *json_of_ios(const struct lwm_io *ios, uint32_t n)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < n; i++)
		lwctl_json_append(array, json_of_io(&ios[i]));
	return array;
}

static json_t *json_of_layers(const struct lwm_package *package)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < package->n_layers; i++) {
		const struct lwm_layer *layer = &package->layers[i];

		lwctl_json_append(
			array,
			json_pack("{s:o, s:I, s:I, s:I, s:I}", "name",
				  lwctl_json_string(layer->name), "first_op",
				  (json_int_t)layer->first_op, "ops",
				  (json_int_t)layer->n_ops, "macs",
				  (json_int_t)layer->macs, "nonzero_macs",
				  (json_int_t)layer->nonzero_macs));
	}
	return array;
}

static int print_json(const struct lwm_package *package)
{
	struct totals totals = sum(package);

	return lwctl_print_json(json_pack(
		"{s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}",
		"source", lwctl_json_string(package->source), "producer",
		lwctl_json_string(package->producer), "ops",
		(json_int_t)package->program.n_ops, "weights",
		(json_int_t)package->program.weights_size, "coded_weights",
		(json_int_t)totals.coded_bytes, "arena",
		(json_int_t)arena_size(package), "macs",
		(json_int_t)totals.macs, "nonzero_macs",
		(json_int_t)totals.nonzero_macs, "inputs",
		json_of_ios(package->inputs, package->n_inputs), "outputs",
		json_of_ios(package->outputs, package->n_outputs), "layers",
		json_of_layers(package), "segments",
		lwctl_json_segments(package)));
}

static void print_io(const char *what, const struct lwm_io *io)
{
	size_t dims[LWM_MAX_DIMS];
	char shape[256];

	for (uint32_t i = 0; i < io->n_dims; i++)
		dims[i] = io->dims[i];
	lw_npy_shape(dims, io->n_dims, shape, sizeof(shape));
	printf("%-9s %s %s, real = %g x (%s %+d)", what, io->name, shape,
	       io->scale, io->is_signed ? "int8" : "uint8",
	       (io->is_signed ? 128 : 0) - io->zero_point);
	if (io->norm_channels)
		printf(", image: (byte x %g - mean) / std", io->norm_scale);
	printf("\n");
}

static int print_layers(const struct lwm_package *package)
{
	static const struct lw_column columns[] = {
		{ "layer", LW_NAME_WIDTH, false },
		{ "ops", 0, true },
		{ "MACs", 0, true },
		{ "non-zero", 0, true },
	};
	struct totals totals = sum(package);
	struct lw_table table;

	lw_table_begin(&table, columns, 4);
	for (uint32_t i = 0; i < package->n_layers; i++) {
		const struct lwm_layer *layer = &package->layers[i];

		lw_table_add(&table, "%s", layer->name);
		lw_table_add(&table, "%u", layer->n_ops);
		lw_table_add(&table, "%" PRIu64, layer->macs);
		lw_table_add(&table, "%" PRIu64, layer->nonzero_macs);
	}
	lw_table_add(&table, "total");
	lw_table_add(&table, "%" PRIu64, totals.ops);
	lw_table_add(&table, "%" PRIu64, totals.macs);
	lw_table_add(&table, "%" PRIu64, totals.nonzero_macs);
	return lw_table_print(&table);
}

static int print_text(const struct lwm_package *package)
{
	struct totals totals = sum(package);
	int status;

	printf("source    %s\nproducer  %s\n", package->source,
	       package->producer);
	for (uint32_t i = 0; i < package->n_inputs; i++)
		print_io("input", &package->inputs[i]);
	for (uint32_t i = 0; i < package->n_outputs; i++)
		print_io("output", &package->outputs[i]);
	printf("program   %u operations, %zu bytes of weights (%" PRIu64
	       " stored), %" PRIu64 " bytes of arena\n",
	       package->program.n_ops, package->program.weights_size,
	       totals.coded_bytes, arena_size(package));
	printf("MACs      %" PRIu64 ", %" PRIu64 " not in zero blocks\n",
	       totals.macs, totals.nonzero_macs);
	printf("\n");
	status = print_layers(package);
	if (status)
		return status;
	printf("\n");
	return lwctl_print_segments(package);
}

static int read_and_print(const struct lwctl_command *command, int argc,
			  char **argv,
			  int (*print)(const struct lwm_package *package))
{
	struct lwm_package package;
	struct lwnpu_error error;
	const char *model = NULL;
	int status;

	status = lwctl_parse(command, argc, argv, &model);
	if (status)
		return status;
	if (lwm_read_file(&package, model, &error))
		return lwctl_fail(LWCTL_INPUT, &error);
	status = print(&package);
	lwm_release(&package);
	return status;
}

static int print_info(const struct lwm_package *package)
{
	return lwctl_json() ? print_json(package) : print_text(package);
}

static int run_info(int argc, char **argv)
{
	return read_and_print(&lwctl_info, argc, argv, print_info);
}

static const struct argp info_argp = {
	.parser = parse,
	.args_doc = "MODEL.lwm",
	.doc = "Describe a package.",
};

const struct lwctl_command lwctl_info = {
	.name = "info",
	.text = "describe a package",
	.argp = &info_argp,
	.run = run_info,
};

static int print_program_json(const struct lw_program *program)
{
	json_t *lines = json_array();
	char line[MAX_LINE];

	for (uint32_t i = 0; i < program->n_ops; i++) {
		lwnpu_disasm_op(&program->ops[i], line, sizeof(line));
		lwctl_json_append(lines, lwctl_json_string(line));
	}
	return lwctl_print_json(json_pack("{s:o}", "ops", lines));
}

static int print_program(const struct lwm_package *package)
{
	const struct lw_program *program = &package->program;
	char line[MAX_LINE];

	if (lwctl_json())
		return print_program_json(program);
	for (uint32_t i = 0; i < program->n_ops; i++) {
		lwnpu_disasm_op(&program->ops[i], line, sizeof(line));
		printf("%5u  %s\n", i, line);
	}
	return LWCTL_OK;
}

static int run_disasm(int argc, char **argv)
{
	return read_and_print(&lwctl_disasm, argc, argv, print_program);
}

static const struct argp disasm_argp = {
	.parser = parse,
	.args_doc = "MODEL.lwm",
	.doc = "Print a package's program.",
};

const struct lwctl_command lwctl_disasm = {
	.name = "disasm",
	.text = "print a package's program",
	.argp = &disasm_argp,
	.run = run_disasm,
};
