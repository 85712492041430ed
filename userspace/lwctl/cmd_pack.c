// SPDX-License-Identifier: MIT
/* lwctl pack: from a model to a package. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lwctl.h"
#include "packing.h"

enum { KEY_CALIB = 1, KEY_MEAN, KEY_STD, KEY_SCALE, KEY_CODING, KEY_PROFILE,
       KEY_EVAL, KEY_LABELS, KEY_FLOAT_OUTPUT, KEY_DEVICE, KEY_REPORT,
       KEY_LIST_OPS, KEY_SHAPE, KEY_END };

static const struct argp_option options[] = {
	{ "output", 'o', "OUT.lwm", 0, "The package", 0 },
	{ "shape", KEY_SHAPE, "SHAPE", 0,
	  "Dimensions of an ONNX model's input that leaves them open: 1,3,224,224, the batch first; NAME=SHAPE for one input of several", 0 },
	{ "end", KEY_END, "NAME", 0,
	  "Tensor that is an output instead of the model's; what lies behind is left out", 0 },
	{ "calib", KEY_CALIB, "FILE", 0,
	  "Inputs to calibrate a float model with: array (.npy), image or folder; NAME=FILE for one input of several", 0 },
	{ "mean", KEY_MEAN, "A,B,C", 0,
	  "Images: real = (byte x scale - mean) / std; one number, or one per channel", 0 },
	{ "std", KEY_STD, "A,B,C", 0, "Images: see --mean", 0 },
	{ "scale", KEY_SCALE, "S", 0, "Images: see --mean; 1/255 is a number", 0 },
	{ "coding", KEY_CODING, "LIST", 0,
	  "Codings to choose from: raw,huffman,zstd,rans,context,deflate (the default)", 0 },
	{ "profile", KEY_PROFILE, "PROFILE", 0,
	  "What codings are chosen for: small files, fast loading, or balanced (the default)", 0 },
	{ "eval", KEY_EVAL, "FILE", 0, "Inputs to evaluate each stage on", 0 },
	{ "labels", KEY_LABELS, "Y.npy", 0, "Right classes of --eval", 0 },
	{ "float-output", KEY_FLOAT_OUTPUT, "Y.npy", 0,
	  "Write the outputs of the model before packing, in floating point, for --eval", 0 },
	{ "device", KEY_DEVICE, "NAME", 0,
	  "Where the package is evaluated (see lwctl devices)", 0 },
	{ "report", KEY_REPORT, NULL, 0,
	  "Print what each pass did to each layer", 0 },
	{ "list-ops", KEY_LIST_OPS, NULL, 0,
	  "List the operators that models may have, and pack nothing", 0 },
	{ "quiet", 'q', NULL, 0, "Print nothing but errors, --report and --json", 0 },
	{ 0 }
};

static error_t parse_profile(struct lw_pack_options *pack, const char *arg)
{
	unsigned int profile = pack->choice.profile;
	error_t ret = lwctl_parse_choice("--profile", arg, lwm_profile_name,
					 &profile);

	pack->choice.profile = profile;
	return ret;
}

static error_t parse_norm(const char *option, const char *arg, float *numbers,
			  uint32_t *n, bool positive)
{
	*n = lwctl_parse_numbers(arg, numbers, LWM_MAX_IMAGE_CHANNELS);
	if (!*n)
		return lwctl_usage("--%s: \"%s\", expected 1 to %d numbers",
				   option, arg, LWM_MAX_IMAGE_CHANNELS);
	for (uint32_t i = 0; positive && i < *n; i++)
		if (numbers[i] <= 0)
			return lwctl_usage("--%s: \"%s\", expected numbers above 0",
					   option, arg);
	return 0;
}

static error_t parse_scale(struct lw_packing_request *request, const char *arg)
{
	uint32_t n;
	error_t ret = parse_norm("scale", arg, &request->options.norm_scale, &n,
				 true);

	request->scaled = true;
	return ret;
}

/* Cuts @arg in two. */
static error_t parse_shape(struct lw_packing_request *request, char *arg)
{
	struct lw_shape *shape = &request->shapes[request->import.n_shapes++];
	char *sizes = strrchr(arg, '=');
	float dim[LW_MAX_RANK];

	if (sizes) {
		*sizes++ = 0;
		shape->name = arg;
	} else {
		sizes = arg;
	}
	shape->n = lwctl_parse_numbers(sizes, dim, LW_MAX_RANK);
	for (uint32_t i = 0; i < shape->n; i++) {
		shape->dim[i] = dim[i] >= 1 && dim[i] <= LW_MAX_DIM ? dim[i] : 0;
		if (!shape->dim[i] || shape->dim[i] != dim[i])
			shape->n = 0;
	}
	if (!shape->n)
		return lwctl_usage("--shape: \"%s\", expected 1 to %d whole numbers from 1 to %d",
				   sizes, LW_MAX_RANK, LW_MAX_DIM);
	return 0;
}

static error_t check_output(const struct lw_packing_request *request,
			    const char *option, const char *path)
{
	const char *read = NULL;

	if (lw_file_is_same(path, request->model))
		read = request->model;
	if (request->labels && lw_file_is_same(path, request->labels))
		read = request->labels;
	for (size_t i = 0; i < request->n_calib; i++)
		if (lw_port_has_file(request->calib[i], path))
			read = request->calib[i];
	for (size_t i = 0; i < request->n_eval; i++)
		if (lw_port_has_file(request->eval[i], path))
			read = request->eval[i];
	if (!read)
		return 0;
	return lwctl_usage("%s: %s is the same file as %s, expected another",
			   option, path, read);
}

/* Nothing that is read, or that is written already, is written over. */
static error_t check_outputs(const struct lw_packing_request *request)
{
	error_t ret = check_output(request, "-o", request->output);

	if (ret || !request->float_output)
		return ret;
	if (lw_file_is_same(request->float_output, request->output))
		return lwctl_usage("--float-output: %s is the same file as %s, expected another",
				   request->float_output, request->output);
	return check_output(request, "--float-output", request->float_output);
}

static error_t check(struct lw_packing_request *request)
{
	if (request->list_ops)
		return 0;
	if (!request->model)
		return lwctl_usage("pack: expected MODEL.onnx or MODEL.tflite");
	if (!request->output)
		return lwctl_usage("pack: expected -o OUT.lwm");
	if (request->labels && !request->n_eval)
		return lwctl_usage("--labels: expected --eval with it");
	if (request->float_output && !request->n_eval)
		return lwctl_usage("--float-output: expected --eval with it");
	if (request->device && !request->labels)
		return lwctl_usage("--device: expected --labels with it");
	if (request->n_eval && !request->labels && !request->float_output)
		return lwctl_usage("--eval: expected --labels or --float-output with it");
	if (request->n_mean > 1 && request->n_std > 1 &&
	    request->n_mean != request->n_std)
		return lwctl_usage("--mean, --std: expected the same number of values");
	return check_outputs(request);
}

static error_t parse_text(int key, char *arg,
			  struct lw_packing_request *request)
{
	switch (key) {
	case 'o':
		request->output = arg;
		return 0;
	case KEY_END:
		request->ends[request->import.n_ends++] = arg;
		return 0;
	case KEY_CALIB:
		request->calib[request->n_calib++] = arg;
		return 0;
	case KEY_EVAL:
		request->eval[request->n_eval++] = arg;
		return 0;
	case KEY_LABELS:
		request->labels = arg;
		return 0;
	case KEY_FLOAT_OUTPUT:
		request->float_output = arg;
		return 0;
	case KEY_DEVICE:
		request->device = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (request->model)
			return lwctl_usage("\"%s\": expected one model", arg);
		request->model = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct lw_packing_request *request = state->input;
	struct lw_pack_options *pack = &request->options;

	switch (key) {
	case KEY_SHAPE:
		return parse_shape(request, arg);
	case KEY_MEAN:
		return parse_norm("mean", arg, pack->mean, &request->n_mean,
				  false);
	case KEY_STD:
		return parse_norm("std", arg, pack->std, &request->n_std, true);
	case KEY_SCALE:
		return parse_scale(request, arg);
	case KEY_CODING:
		return lwctl_parse_choices("--coding", arg, lwm_coding_name,
					   &pack->choice.codings);
	case KEY_PROFILE:
		return parse_profile(pack, arg);
	case KEY_REPORT:
		request->report = true;
		return 0;
	case KEY_LIST_OPS:
		request->list_ops = true;
		return 0;
	case 'q':
		request->quiet = true;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = request;
		request->calib = calloc(state->argc, sizeof(*request->calib));
		request->eval = calloc(state->argc, sizeof(*request->eval));
		request->shapes = calloc(state->argc, sizeof(*request->shapes));
		request->ends = calloc(state->argc, sizeof(*request->ends));
		request->import.shapes = request->shapes;
		request->import.ends = request->ends;
		return request->calib && request->eval && request->shapes &&
		       request->ends ? 0 : ENOMEM;
	case ARGP_KEY_END:
		return check(request);
	default:
		return parse_text(key, arg, request);
	}
}

/* As many as a line has room for: more may be added one by one. */
static void tell_ends(const struct lw_refusals *refusals)
{
	char text[LWNPU_ERROR_SIZE - 64] = "";
	size_t at = 0;
	int n;

	for (uint32_t i = 0; i < refusals->n_ends; i++) {
		n = snprintf(text + at, sizeof(text) - at, " --end '%s'",
			     refusals->ends[i]);
		if (n < 0 || (size_t)n >= sizeof(text) - at)
			break;
		at += n;
	}
	text[at] = '\0';
	if (at)
		lwctl_note("what comes before can be packed alone:%s", text);
}

/* All nodes that cannot be packed, one a line, before the error itself. */
static int fail_refused(const struct lw_refusals *refusals,
			const struct lwnpu_error *error)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < refusals->n; i++) {
		const struct lw_refusal *r = &refusals->item[i];

		lwctl_note("node \"%s\" (%s): %s", r->node, r->op, r->reason);
		lwctl_json_append(
			array, json_pack("{s:o, s:o, s:o}", "node",
					 lwctl_json_string(r->node), "op",
					 lwctl_json_string(r->op), "reason",
					 lwctl_json_string(r->reason)));
	}
	tell_ends(refusals);
	return lwctl_fail_with(LWCTL_INPUT, error, "refused", array);
}

static int pack_run(struct lw_packing_request *request)
{
	struct lw_packing packing = { 0 };
	struct lwnpu_error error;
	int status, ret;

	if (request->labels &&
	    lwnpu_device_open(&packing.device, request->device, &error))
		return lwctl_fail(LWCTL_FAILED, &error);
	if (!request->quiet)
		request->options.progress = lwctl_progress;
	ret = lw_packing_open(&packing, request, &error);
	if (!ret)
		ret = lw_packing_run(&packing, request, &error);
	lwctl_progress(NULL, "", 1);
	if (!ret && !request->quiet && request->n_calib)
		lw_packing_note(&packing);
	if (packing.refusals.n)
		status = fail_refused(&packing.refusals, &error);
	else if (ret)
		status = lwctl_fail(LWCTL_INPUT, &error);
	else if (lw_packing_write(&packing, request, &error))
		status = lwctl_fail(LWCTL_FAILED, &error);
	else
		status = lw_packing_print(&packing, request);
	lw_packing_release(&packing);
	return status;
}

static int run(int argc, char **argv)
{
	struct lw_packing_request request = {
		.options.choice = {
			.codings = LWM_ALL_CODINGS,
			.profile = LWM_BALANCED,
		},
		.options.correct = true,
	};
	int status;

	status = lwctl_parse(&lwctl_pack, argc, argv, &request);
	if (!status)
		status = request.list_ops ? lwctl_list_ops() :
					    pack_run(&request);
	free(request.calib);
	free(request.eval);
	free(request.shapes);
	free(request.ends);
	return status;
}

static const struct argp_child children[] = {
	{ &lw_pack_techniques, 0, NULL, 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "MODEL -o OUT.lwm\n--list-ops",
	.doc = "Make a package from an ONNX or TFLite model.",
	.children = children,
};

const struct lwctl_command lwctl_pack = {
	.name = "pack",
	.text = "make a package from an ONNX or TFLite model",
	.argp = &argp,
	.run = run,
};
