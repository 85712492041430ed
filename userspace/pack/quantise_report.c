// SPDX-License-Identifier: MIT
/* What quantisation did to each layer. */
#include <stdlib.h>

#include "quantise.h"

/* More inputs would not change what the figures tell. */
#define MAX_SAMPLES 8

struct difference {
	double error, signal;
};

static void compare(struct difference *difference, const float *before,
		    const float *after, size_t n)
{
	double d;
	size_t i;

	for (i = 0; i < n; i++) {
		d = (double)after[i] - before[i];
		difference->error += d * d;
		difference->signal += (double)before[i] * before[i];
	}
}

static int measure(struct difference *differences,
		   const struct lw_graph *before, const struct lw_graph *after,
		   const struct lw_dataset *dataset, struct lwnpu_error *error)
{
	struct lw_interpreter *exact = NULL, *rounded = NULL;
	const struct lw_value *value;
	const float *sample;
	uint32_t i, j;
	int ret;

	ret = lw_interpreter_new(&exact, before, error);
	if (!ret)
		ret = lw_interpreter_new(&rounded, after, error);
	if (ret)
		goto out;
	lw_interpreter_round(rounded, true);
	for (i = 0; i < dataset->n && i < MAX_SAMPLES; i++) {
		sample = dataset->data + i * dataset->size;
		lw_interpreter_run_sample(exact, sample, NULL, NULL);
		lw_interpreter_run_sample(rounded, sample, NULL, NULL);
		for (j = 0; j < after->n_values; j++) {
			value = after->values[j];
			compare(&differences[j],
				lw_interpreter_value(exact, value),
				lw_interpreter_value(rounded, value),
				lw_value_size(value));
		}
	}
out:
	lw_interpreter_free(rounded);
	lw_interpreter_free(exact);
	return ret;
}

static int add_rows(struct lw_report *report, const struct lw_graph *before,
		    const struct lw_graph *after,
		    const struct difference *differences)
{
	const struct difference *difference;
	const struct lw_node *node;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < after->n_nodes && !ret; i++) {
		node = after->nodes[i];
		difference = &differences[node->out->id];
		if (!node->weights)
			continue;
		ret = lw_report_add(report, &(struct lw_report_row){
			.pass = "quantise",
			.layer = node->name,
			.bytes_before = lw_node_bytes(before->nodes[i]),
			.bytes_after = lw_node_bytes(node),
			.macs_before = lw_node_macs(before->nodes[i]),
			.macs_after = lw_node_macs(node),
			.error = difference->signal > 0 ?
				 sqrt(difference->error / difference->signal) :
				 NAN,
		});
	}
	return ret;
}

int lw_quantise_report(struct lw_report *report, const struct lw_graph *before,
		       const struct lw_graph *after,
		       const struct lw_dataset *dataset,
		       struct lwnpu_error *error)
{
	struct difference *differences;
	int ret;

	differences = calloc((size_t)after->n_values + 1,
			     sizeof(*differences));
	if (!differences)
		return lw_fail(error, -ENOMEM, "no memory for the report");
	ret = measure(differences, before, after, dataset, error);
	if (!ret && add_rows(report, before, after, differences))
		ret = lw_fail(error, -ENOMEM, "no memory for the report");
	free(differences);
	return ret;
}
