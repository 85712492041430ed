// SPDX-License-Identifier: MIT
/* Ranges of activations, from running the float model on calibration inputs. */
#include <stdlib.h>

#include "quantise.h"

static struct lw_seen *seen_of(struct lw_calibration *calibration,
			       const struct lw_value *value)
{
	return &calibration->seen[calibration->group[value->id]];
}

static void observe_range(void *data, const struct lw_value *value,
			  const float *real)
{
	struct lw_calibration *calibration = data;
	struct lw_seen *seen = seen_of(calibration, value);
	size_t i, n = lw_value_size(value);
	float lo = seen->lo, hi = seen->hi;
	bool finite = true;

	for (i = 0; i < n; i++) {
		finite &= isfinite(real[i]) != 0;
		lo = real[i] < lo ? real[i] : lo;
		hi = real[i] > hi ? real[i] : hi;
	}
	seen->lo = lo;
	seen->hi = hi;
	if (!finite && !calibration->broken)
		calibration->broken = value;
}

static void observe_bins(void *data, const struct lw_value *value,
			 const float *real)
{
	struct lw_seen *seen = seen_of(data, value);
	size_t i, n = lw_value_size(value);
	double per_bin;
	int bin;

	if (!seen->bins)
		return;
	per_bin = LW_RANGE_BINS / ((double)seen->hi - seen->lo);
	for (i = 0; i < n; i++) {
		if (real[i] == 0)
			continue;
		bin = ((double)real[i] - seen->lo) * per_bin;
		seen->bins[bin < LW_RANGE_BINS ? bin : LW_RANGE_BINS - 1]++;
	}
}

/* Runs all inputs of the data set. */
static int run(struct lw_calibration *calibration, lw_observer *observe,
	       struct lwnpu_error *error)
{
	const struct lw_pack_options *options = calibration->options;
	const struct lw_dataset *dataset = options->calibration;
	uint32_t i;

	for (i = 0; i < dataset->n; i++) {
		lw_interpreter_run_sample(calibration->interpreter,
					  dataset->data + i * dataset->size,
					  observe, calibration);
		if (calibration->broken)
			return lw_fail(error, -EINVAL,
				       "calibration input %u: tensor '%s' holds a number that is not finite",
				       i, calibration->broken->name);
		calibration->pass++;
		if (options->progress)
			options->progress(options->progress_data, "calibrate",
					  (float)calibration->pass /
					  calibration->passes);
	}
	return 0;
}

static int allocate(struct lw_calibration *calibration,
		    struct lwnpu_error *error)
{
	size_t n = (size_t)calibration->graph->n_values + 1;

	calibration->group = calloc(n, sizeof(*calibration->group));
	calibration->seen = calloc(n, sizeof(*calibration->seen));
	if (!calibration->group || !calibration->seen)
		return lw_fail(error, -ENOMEM, "no memory to calibrate");
	return lw_interpreter_new(&calibration->interpreter,
				  calibration->graph, error);
}

/* Histograms for groups that have a scale to be chosen, and a range. */
static int allocate_bins(struct lw_calibration *calibration)
{
	const struct lw_graph *graph = calibration->graph;
	struct lw_seen *seen;
	uint32_t i;

	for (i = 0; i < graph->n_values; i++) {
		seen = &calibration->seen[i];
		if (calibration->group[i] != i ||
		    graph->values[i]->quantised || !(seen->lo < seen->hi))
			continue;
		seen->bins = calloc(LW_RANGE_BINS, sizeof(*seen->bins));
		if (!seen->bins)
			return -ENOMEM;
	}
	return 0;
}

int lw_calibrate(struct lw_calibration *calibration, struct lwnpu_error *error)
{
	const struct lw_pack_options *options = calibration->options;
	uint32_t i;
	int ret;

	calibration->passes = (uint64_t)options->calibration->n *
			      (options->range == LW_RANGE_MINMAX ? 1 : 2);
	ret = allocate(calibration, error);
	if (ret)
		return ret;
	lw_group_values(calibration->graph, calibration->group);
	ret = run(calibration, observe_range, error);
	if (ret || options->range == LW_RANGE_MINMAX)
		return ret;
	if (allocate_bins(calibration))
		return lw_fail(error, -ENOMEM, "no memory to calibrate");
	ret = run(calibration, observe_bins, error);
	for (i = 0; i < calibration->graph->n_values && !ret; i++)
		if (calibration->seen[i].bins)
			lw_range_choose(&calibration->seen[i], options);
	return ret;
}

void lw_calibration_release(struct lw_calibration *calibration)
{
	uint32_t i;

	for (i = 0; calibration->seen && i < calibration->graph->n_values; i++)
		free(calibration->seen[i].bins);
	free(calibration->seen);
	free(calibration->group);
	lw_interpreter_free(calibration->interpreter);
}
