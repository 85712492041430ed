/* SPDX-License-Identifier: MIT */
/*
 * The packer: a table of passes from a graph to a package.
 */
#ifndef LW_PACK_H
#define LW_PACK_H

#include "graph.h"
#include "lwm.h"

/**
 * struct lw_dataset - what a model may be given
 * @n: samples
 * @size: floats in one: of all the model's inputs
 * @data: [n][size], the model's own real numbers; a sample is each input's
 *	[h][w][c], one after the other
 */
struct lw_dataset {
	uint32_t n;
	size_t size;
	float *data;
};

/*
 * Ranges as seen, with the least squared error, without the outermost numbers,
 * or with the least relative entropy. On ResNet-20, ResNet-8 and KWS the second
 * errs 10 % less, but accuracies do not differ: the first, which calibrates in
 * half the time, is the default.
 */
enum lw_range {
	LW_RANGE_MINMAX,
	LW_RANGE_MSE,
	LW_RANGE_PERCENTILE,
	LW_RANGE_ENTROPY,
};

/*
 * What becomes zero together, or goes: single weights; blocks of 1 output x 4
 * inputs; 2 of every 4 inputs, always; filters by their own weights; channels by
 * the weights that read them.
 */
enum lw_pattern {
	LW_PATTERN_NONE,
	LW_PATTERN_WEIGHTS,
	LW_PATTERN_BLOCK4,
	LW_PATTERN_2_OF_4,
	LW_PATTERN_FILTERS,
	LW_PATTERN_CHANNELS,
};

/**
 * struct lw_pack_options - what the user asks for
 * @calibration: for float models; NULL: only quantised models can be packed
 * @range: how activation ranges are chosen
 * @percentile: LW_RANGE_PERCENTILE: of numbers within the range, 50…100
 * @equalise: make channels between convolutions alike in size
 * @correct: give activations back the means and deviations that pruning and
 *	rounding change
 * @sensitivity: report what each layer alone does to the outputs
 * @sparsity: share of weights (of CONV nodes) that become zero, 0…1 (excl.)
 * @pattern: which
 * @norm_channels: image preprocessing to store in the package, see lwm_io, of
 *	the inputs with this number of channels; 1: of all
 * @norm_scale: see lwm_io
 * @mean: see lwm_io
 * @std: see lwm_io
 * @choice: of codings
 * @progress: called often with a short text and a share done; may be NULL
 * @progress_data: its first argument
 */
struct lw_pack_options {
	const struct lw_dataset *calibration;
	enum lw_range range;
	float percentile;
	bool equalise, correct, sensitivity;
	float sparsity;
	enum lw_pattern pattern;
	uint32_t norm_channels;
	float norm_scale;
	float mean[LWM_MAX_IMAGE_CHANNELS];
	float std[LWM_MAX_IMAGE_CHANNELS];
	struct lwm_choice choice;
	void (*progress)(void *data, const char *what, float done);
	void *progress_data;
};

/**
 * lw_set_norm() - how images become an input's real numbers
 * @io: the input; nothing is set if it has other channels than the means
 *
 * Return: whether it is set.
 */
bool lw_set_norm(struct lwm_io *io, const struct lw_pack_options *options);

/**
 * struct lw_report_row - a layer before and after a pass
 * @pass: the pass's name
 * @layer: the node's name
 * @bytes_before: of its constants
 * @bytes_after: of its constants
 * @macs_before: multiply-accumulates that are not with a zero block
 * @macs_after: multiply-accumulates that are not with a zero block
 * @error: root mean square of the change of its weights (prune) or of its
 *	output (quantise), over the root mean square of the same before; NAN if
 *	not measured
 */
struct lw_report_row {
	const char *pass;
	char *layer;
	uint64_t bytes_before, bytes_after;
	uint64_t macs_before, macs_after;
	double error;
};

struct lw_report {
	uint32_t n;
	struct lw_report_row *row;
};

/**
 * struct lw_pass - one step of packing
 * @name: in reports and options
 * @text: one line for people
 * @run: change the graph, add rows to the report
 */
struct lw_pass {
	const char *name;
	const char *text;
	int (*run)(struct lw_graph *graph, const struct lw_pack_options *options,
		   struct lw_report *report, struct lwnpu_error *error);
};

/* In the order in which lw_pack() runs them; ends with a NULL name. */
extern const struct lw_pass lw_passes[];

int lw_pass_fold(struct lw_graph *graph, const struct lw_pack_options *options,
		 struct lw_report *report, struct lwnpu_error *error);
int lw_pass_equalise(struct lw_graph *graph,
		     const struct lw_pack_options *options,
		     struct lw_report *report, struct lwnpu_error *error);
int lw_pass_prune(struct lw_graph *graph, const struct lw_pack_options *options,
		  struct lw_report *report, struct lwnpu_error *error);
int lw_pass_quantise(struct lw_graph *graph,
		     const struct lw_pack_options *options,
		     struct lw_report *report, struct lwnpu_error *error);

/**
 * lw_pack() - run all passes and lower the result
 * @graph: an imported graph; changed
 * @options: what is asked for
 * @package: filled in on success; release with lwm_release()
 * @report: rows are added; free with lw_report_free() in any case
 * @error: filled in on failure, may be NULL
 *
 * Return: 0; -EINVAL an option does not fit the model; -EOPNOTSUPP a node
 * cannot be lowered; -ENOMEM.
 */
int lw_pack(struct lw_graph *graph, const struct lw_pack_options *options,
	    struct lwm_package *package, struct lw_report *report,
	    struct lwnpu_error *error);

/**
 * lw_lower() - a quantised graph to a package
 * Ops, weights, segments, inputs, outputs, layers; the memory plan of the
 * arena; the program is checked.
 */
int lw_lower(const struct lw_graph *graph,
	     const struct lw_pack_options *options,
	     struct lwm_package *package, struct lwnpu_error *error);

void lw_report_free(struct lw_report *report);

/**
 * lw_interpreter - runs a graph in single-precision floating point
 *
 * Quantised graphs run on their dequantised constants, without rounding of
 * activations.
 */
struct lw_interpreter;

/** lw_interpreter_new() - buffers for a graph, which must not change after */
int lw_interpreter_new(struct lw_interpreter **interpreter,
		       const struct lw_graph *graph, struct lwnpu_error *error);
void lw_interpreter_free(struct lw_interpreter *interpreter);

/* Called after each value is known, inputs included. */
typedef void lw_observer(void *data, const struct lw_value *value,
			 const float *real);

/**
 * lw_interpreter_run() - run the graph once
 * @interpreter: from lw_interpreter_new()
 * @inputs: one [h][w][c] array per input
 * @observe: may be NULL
 * @data: its first argument
 *
 * Results are read with lw_interpreter_value().
 */
void lw_interpreter_run(struct lw_interpreter *interpreter,
			const float *const *inputs, lw_observer *observe,
			void *data);

/** lw_interpreter_run_sample() - the same on a sample of a data set */
void lw_interpreter_run_sample(struct lw_interpreter *interpreter,
			       const float *sample, lw_observer *observe,
			       void *data);

/** lw_interpreter_value() - a value's [h][w][c] numbers of the last run */
const float *lw_interpreter_value(const struct lw_interpreter *interpreter,
				  const struct lw_value *value);

#endif /* LW_PACK_H */
