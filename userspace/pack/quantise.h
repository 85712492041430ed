/* SPDX-License-Identifier: MIT */
/* Post-training quantisation: which parts it is made of. */
#ifndef LW_QUANTISE_H
#define LW_QUANTISE_H

#include "interpreter.h"
#include "report.h"

#define LW_RANGE_BINS 2048

/**
 * struct lw_seen - the numbers that a value, or a group of them, took
 * @lo: least, at most 0
 * @hi: greatest, at least 0
 * @bins: histogram over @lo…@hi without exact zeros, which cost nothing at
 *	any scale; NULL: not taken
 */
struct lw_seen {
	float lo, hi;
	double *bins;
};

/**
 * struct lw_calibration - what is known about activations
 * @graph: the float model
 * @options: calibration inputs, kind of range
 * @interpreter: of @graph
 * @group: by value id: id of the value whose scale this one has
 * @seen: by value id; only that of a group's own value counts
 * @pass: inputs run so far, for progress
 * @passes: inputs to run in all
 * @broken: a value that was not finite, or NULL
 */
struct lw_calibration {
	struct lw_graph *graph;
	const struct lw_pack_options *options;
	struct lw_interpreter *interpreter;
	uint32_t *group;
	struct lw_seen *seen;
	uint64_t pass, passes;
	const struct lw_value *broken;
};

/**
 * lw_calibrate() - find the ranges of groups of values
 * @calibration: zeroed but for @graph and @options; gets all else, @seen of
 *	groups with the ranges chosen; lw_calibration_release() in any case
 *
 * Return: 0; -EINVAL a value is not a number; -ENOMEM.
 */
int lw_calibrate(struct lw_calibration *calibration, struct lwnpu_error *error);
void lw_calibration_release(struct lw_calibration *calibration);

/**
 * lw_range_choose() - a range within the extremes, 0 included
 * @seen: with a histogram; its range becomes the one that options->range asks
 *	for: all, the one where rounding to 256 levels and clipping together err
 *	least (mse), the one without the outermost numbers on either side
 *	(percentile, of those that are not zero), or the one that keeps the
 *	distribution best (entropy)
 */
void lw_range_choose(struct lw_seen *seen,
		     const struct lw_pack_options *options);

/**
 * lw_group_values() - which values share a scale
 * Nodes that move numbers, or choose among them, need no requantisation then.
 * Values that are quantised already, and results of functions with a known
 * range, which get their scales here, join only groups that take their scale.
 */
void lw_group_values(struct lw_graph *graph, uint32_t *group);

/* Sets scale and zero point for a range that includes 0. */
void lw_set_scale(struct lw_value *value, float lo, float hi);

/**
 * lw_dataset_check() - are these inputs of this model?
 *
 * Return: 0 or -EINVAL.
 */
int lw_dataset_check(const struct lw_graph *graph,
		     const struct lw_dataset *dataset,
		     struct lwnpu_error *error);

/**
 * lw_quantise_weights() - int8 weights and int32 bias of a convolution
 * Its input and output are quantised. Nothing is changed if q is there.
 *
 * Return: 0 or -ENOMEM.
 */
int lw_quantise_weights(struct lw_node *node);

/* Rounds the bias of an output channel, as far as 32 bits reach. */
void lw_quantise_bias(struct lw_node *node, uint32_t o);

/**
 * lw_quantise_report() - bytes of layers, and errors of their outputs
 * @before: the float model
 * @after: the quantised model, its values and nodes in the same order
 */
int lw_quantise_report(struct lw_report *report, const struct lw_graph *before,
		       const struct lw_graph *after,
		       const struct lw_dataset *dataset,
		       struct lwnpu_error *error);

/**
 * lw_sensitivity_report() - what quantising each layer alone does to outputs
 * @before: the float model; as it was when the call returns
 * @after: the quantised model, its values and nodes in the same order
 */
int lw_sensitivity_report(struct lw_report *report, struct lw_graph *before,
			  const struct lw_graph *after,
			  const struct lw_pack_options *options,
			  struct lwnpu_error *error);

#endif /* LW_QUANTISE_H */
