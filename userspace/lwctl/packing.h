/* SPDX-License-Identifier: MIT */
/* The work of lwctl pack. */
#ifndef LW_PACKING_H
#define LW_PACKING_H

#include <argp.h>

#include "eval.h"
#include "import.h"
#include "pack.h"

/**
 * struct lw_packing_request - the command line
 * @model: .onnx or .tflite
 * @output: .lwm
 * @import: what is said of @model
 * @shapes: its shapes
 * @ends: its ends
 * @calib: files of inputs, as lw_feed_open()
 * @n_calib: how many, 0 without calibration
 * @eval: the same to evaluate on
 * @n_eval: how many, or 0
 * @labels: of @eval, or NULL
 * @float_output: .npy of the float interpretation of @eval, or NULL
 * @device: that runs the package on @eval, or NULL
 * @options: for lw_pack(); calibration is not set yet
 * @n_mean: numbers after --mean, 0 if it was not given
 * @n_std: numbers after --std, 0 if it was not given
 * @scaled: --scale was given
 * @report: print what each pass did to each layer
 * @list_ops: only list the operators that can be packed
 * @quiet: print nothing
 */
struct lw_packing_request {
	const char *model, *output;
	struct lw_import_options import;
	struct lw_shape *shapes;
	const char **ends;
	const char **calib, **eval;
	size_t n_calib, n_eval;
	const char *labels, *float_output, *device;
	struct lw_pack_options options;
	uint32_t n_mean, n_std;
	bool scaled, report, list_ops, quiet;
};

/* Options that say how a model is made small; its input is the request. */
extern const struct argp lw_pack_techniques;

/* Names of its --pattern, from LW_PATTERN_WEIGHTS on, and of its --range. */
const char *lw_pattern_name(unsigned int i);
const char *lw_range_name(unsigned int i);

#define LW_MAX_STAGES 4

/**
 * struct lw_stage - the model after a step
 * @name: "float", "pruned", "int8", "coded"
 * @bytes: of constants; of the file for the last
 * @macs: multiply-accumulates that are not with a block of zeros
 * @score: on the evaluation inputs
 */
struct lw_stage {
	const char *name;
	uint64_t bytes, macs;
	struct lw_score score;
};

/**
 * struct lw_packing - a packing at work, and its result
 * @device: that runs the package on the evaluation inputs, or NULL
 * @graph: the model
 * @refusals: its nodes that cannot be packed
 * @inputs: its inputs, as a package says them
 * @output: its first output
 * @calib: calibration inputs
 * @eval: evaluation inputs
 * @labels: of @eval
 * @floats: outputs of the float interpretation
 * @package: the result
 * @report: what each pass did
 * @file: the package's bytes
 * @file_size: how many
 * @stages: what became of the model
 * @n_stages: how many
 */
struct lw_packing {
	struct lwnpu_device *device;
	struct lw_graph *graph;
	struct lw_refusals refusals;
	struct lwm_io *inputs, output;
	struct lw_dataset calib;
	struct lw_feed eval;
	struct lw_labels labels;
	struct lw_outputs floats;
	struct lwm_package package;
	struct lw_report report;
	void *file;
	size_t file_size;
	struct lw_stage stages[LW_MAX_STAGES];
	uint32_t n_stages;
};

/**
 * lw_packing_open() - read the model and everything else that is asked for
 * @packing: zeroed but for its device, which has to be there if the request
 *	has labels; release with lw_packing_release() in any case
 * @request: the command line; its options are completed
 * @error: filled in on failure
 *
 * Return: 0; -EDOM if the command line does not fit the model; the errors of
 * importing and reading.
 */
int lw_packing_open(struct lw_packing *packing,
		    struct lw_packing_request *request,
		    struct lwnpu_error *error);

/** lw_packing_run() - pack, and evaluate each stage */
int lw_packing_run(struct lw_packing *packing,
		   const struct lw_packing_request *request,
		   struct lwnpu_error *error);

/** lw_packing_write() - write what was asked for */
int lw_packing_write(const struct lw_packing *packing,
		     const struct lw_packing_request *request,
		     struct lwnpu_error *error);

/** lw_packing_print() - what was asked for; returns an enum lwctl_status */
int lw_packing_print(const struct lw_packing *packing,
		     const struct lw_packing_request *request);

/** lw_packing_note() - say what costs accuracy, after packing a float model */
void lw_packing_note(const struct lw_packing *packing);

void lw_packing_release(struct lw_packing *packing);

#endif /* LW_PACKING_H */
