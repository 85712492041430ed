// SPDX-License-Identifier: MIT
/* lwctl submit: run a package on inputs. */
#include <stdio.h>
#include <stdlib.h>

#include "job.h"
#include "lwctl.h"
#include "times.h"

#define MAX_TOP 1000
/* More inputs than this are not printed one by one, unless asked for. */
#define FEW_INPUTS 40

enum { KEY_INPUT = 1, KEY_OUTPUT, KEY_LABELS, KEY_DEVICE, KEY_TOP, KEY_NAMES,
       KEY_RAW };

static const struct argp_option options[] = {
	{ "input", KEY_INPUT, "FILE", 0,
	  "Array (.npy), image (PNG, JPEG) or folder of images; may be repeated, and more may follow MODEL.lwm; NAME=FILE for one input of several", 0 },
	{ "output", KEY_OUTPUT, "Y.npy", 0,
	  "Write outputs, float32 in the model's own shape; NAME=Y.npy for one output of several", 0 },
	{ "raw", KEY_RAW, NULL, 0, "Write quantised outputs, as they are", 0 },
	{ "labels", KEY_LABELS, "Y.npy", 0,
	  "Right class of each input; prints the accuracy", 0 },
	{ "device", KEY_DEVICE, "NAME", 0,
	  "ref, opencl, opencl:CHOICE or a node, /dev/lwnpu (see lwctl devices)", 0 },
	{ "top", KEY_TOP, "K", 0, "Print the K best classes of each input", 0 },
	{ "names", KEY_NAMES, "FILE", 0, "Names of the classes, one a line", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct lw_submission *submit = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		submit->inputs = calloc(state->argc, sizeof(*submit->inputs));
		submit->outputs = calloc(state->argc,
					 sizeof(*submit->outputs));
		return submit->inputs && submit->outputs ? 0 : ENOMEM;
	case ARGP_KEY_ARG:
		if (!submit->model)
			submit->model = arg;
		else
			submit->inputs[submit->n_inputs++] = arg;
		return 0;
	case KEY_INPUT:
		submit->inputs[submit->n_inputs++] = arg;
		return 0;
	case KEY_OUTPUT:
		submit->outputs[submit->n_outputs++] = arg;
		return 0;
	case KEY_RAW:
		submit->raw = true;
		return 0;
	case KEY_LABELS:
		submit->labels = arg;
		return 0;
	case KEY_NAMES:
		submit->names = arg;
		return 0;
	case KEY_DEVICE:
		submit->device = arg;
		return 0;
	case KEY_TOP:
		if (!lwctl_parse_integer(arg, MAX_TOP, &submit->top) ||
		    !submit->top)
			return lwctl_usage("--top: \"%s\", expected 1 to %d",
					   arg, MAX_TOP);
		return 0;
	case ARGP_KEY_END:
		if (!submit->model)
			return lwctl_usage("submit: expected MODEL.lwm");
		if (!submit->n_inputs)
			return lwctl_usage("submit: expected --input");
		if (submit->raw && !submit->n_outputs)
			return lwctl_usage("--raw: expected --output with it");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Sorts job->seconds; milliseconds. */
static void summarise(struct lw_job *job, double *median, double *min)
{
	lw_times_summarise(job->seconds, lw_feed_count(&job->feed), median,
			   min);
	*median *= 1000;
	*min *= 1000;
}

static void print_tops(const struct lw_job *job, size_t i)
{
	char name[4096];

	lw_feed_name(&job->feed, i, name, sizeof(name));
	lwctl_print_name(name);
	for (size_t k = 0; k < job->k; k++) {
		uint32_t class = job->top[i * job->k + k];

		printf("%s %u", k ? "," : ":", class);
		if (job->names.n) {
			printf(" ");
			lwctl_print_name(job->names.name[class]);
		}
		printf(" (%.5g)", job->top_value[i * job->k + k]);
	}
	printf("\n");
}

static void print_text(struct lw_job *job, const struct lw_submission *submit)
{
	size_t n = lw_feed_count(&job->feed);
	struct lwnpu_device_info info;
	double median, min;

	lwnpu_device_describe(job->device, &info);
	for (size_t i = 0; i < n && (submit->top || n <= FEW_INPUTS); i++)
		print_tops(job, i);
	summarise(job, &median, &min);
	if (job->score.total)
		printf("accuracy: %.1f %% (%zu of %zu)\n",
		       lw_score_percent(&job->score), job->score.correct,
		       job->score.total);
	printf("latency: median %.3f ms, min %.3f ms, %zu input%s\n", median,
	       min, n, n == 1 ? "" : "s");
	printf("device: %s (%s)\n", info.name, info.description);
}

static json_t *json_of_input(const struct lw_job *job, size_t i)
{
	json_t *top = json_array(), *class;
	char name[4096];

	for (size_t k = 0; k < job->k; k++) {
		uint32_t c = job->top[i * job->k + k];

		class = json_pack("{s:I, s:o}", "class", (json_int_t)c, "value",
				  lwctl_json_real(
					  job->top_value[i * job->k + k]));
		if (job->names.n)
			lwctl_json_set(class, "name",
				       lwctl_json_string(job->names.name[c]));
		lwctl_json_append(top, class);
	}
	lw_feed_name(&job->feed, i, name, sizeof(name));
	return json_pack("{s:o, s:o}", "input", lwctl_json_string(name), "top",
			 top);
}

static int print_json(struct lw_job *job, const struct lw_submission *submit)
{
	size_t n = lw_feed_count(&job->feed);
	json_t *results = json_array(), *all;
	struct lwnpu_device_info info;
	double median, min;

	lwnpu_device_describe(job->device, &info);
	summarise(job, &median, &min);
	for (size_t i = 0; i < n; i++)
		lwctl_json_append(results, json_of_input(job, i));
	all = json_pack("{s:o, s:o, s:o, s:o, s:I, s:{s:f, s:f}, s:o}", "model",
			lwctl_json_string(submit->model), "device",
			lwctl_json_string(info.name), "engine",
			lwctl_json_string(info.engine), "description",
			lwctl_json_string(info.description), "inputs",
			(json_int_t)n, "latency_ms", "median", median, "min",
			min, "results", results);
	if (job->score.total)
		lwctl_json_set(all, "accuracy",
			       lwctl_json_score(job->score.correct,
						job->score.total));
	return lwctl_print_json(all);
}

static int submit_run(const struct lw_submission *submit)
{
	struct lw_job job = { 0 };
	struct lwnpu_error error;
	int status = LWCTL_OK;

	if (lwnpu_device_open(&job.device, submit->device, &error))
		status = lwctl_fail(LWCTL_FAILED, &error);
	else if (lw_job_prepare(&job, submit, &error) ||
		 lw_job_run(&job, &error))
		status = lwctl_fail(LWCTL_INPUT, &error);
	else if (lw_job_write(&job, &error))
		status = lwctl_fail(LWCTL_FAILED, &error);
	else if (lwctl_json())
		status = print_json(&job, submit);
	else
		print_text(&job, submit);
	lw_job_release(&job);
	return status;
}

static int run(int argc, char **argv)
{
	struct lw_submission submit = { 0 };
	int status;

	status = lwctl_parse(&lwctl_submit, argc, argv, &submit);
	if (!status)
		status = submit_run(&submit);
	free(submit.inputs);
	free(submit.outputs);
	return status;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "MODEL.lwm [FILE...]",
	.doc = "Run a package on arrays or images.",
};

const struct lwctl_command lwctl_submit = {
	.name = "submit",
	.text = "run a package on arrays or images",
	.argp = &argp,
	.run = run,
};
