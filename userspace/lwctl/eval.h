/* SPDX-License-Identifier: MIT */
/* Runs of many inputs: a graph in floating point, a package on a device. */
#ifndef LW_EVAL_H
#define LW_EVAL_H

#include "output.h"
#include "sample.h"
#include "score.h"

/**
 * lw_eval_graph() - interpret a graph on inputs
 * @graph: with one input
 * @samples: the inputs
 * @labels: for @score
 * @outputs: gets the first output of each; may be NULL
 * @score: counted up
 * @error: filled in on failure, may be NULL
 */
int lw_eval_graph(const struct lw_graph *graph, struct lw_samples *samples,
		  const struct lw_labels *labels, struct lw_outputs *outputs,
		  struct lw_score *score, struct lwnpu_error *error);

/**
 * lw_eval_package() - run a package on inputs
 * @data: its bytes
 * @size: how many
 * @device: runs it
 * @samples: the inputs
 * @labels: for @score
 * @score: counted up
 * @error: filled in on failure, may be NULL
 */
int lw_eval_package(const void *data, size_t size, struct lwnpu_device *device,
		    struct lw_samples *samples, const struct lw_labels *labels,
		    struct lw_score *score, struct lwnpu_error *error);

/** lw_note_resized() - tell people about images of another size */
void lw_note_resized(const struct lw_samples *samples,
		     const struct lwm_io *input);

/** lw_check_single() - say so if a model has several inputs or outputs */
int lw_check_single(uint32_t n_inputs, uint32_t n_outputs,
		    struct lwnpu_error *error);

/** lw_io_of_port() - an input or output of a graph as a package says it */
void lw_io_of_port(struct lwm_io *io, const struct lw_port *port);

#endif /* LW_EVAL_H */
