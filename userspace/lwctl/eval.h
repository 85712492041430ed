/* SPDX-License-Identifier: MIT */
/* Runs of many inputs: a graph in floating point, a package on a device. */
#ifndef LW_EVAL_H
#define LW_EVAL_H

#include "feed.h"
#include "output.h"
#include "score.h"

/**
 * lw_eval_graph() - interpret a graph on inputs
 * @graph: the model
 * @feed: its inputs
 * @labels: for @score, of its first output
 * @outputs: gets the first output of each; may be NULL
 * @score: counted up
 * @error: filled in on failure, may be NULL
 */
int lw_eval_graph(const struct lw_graph *graph, struct lw_feed *feed,
		  const struct lw_labels *labels, struct lw_outputs *outputs,
		  struct lw_score *score, struct lwnpu_error *error);

/**
 * lw_eval_package() - run a package on inputs
 * @data: its bytes
 * @size: how many
 * @device: runs it
 * @feed: its inputs
 * @labels: for @score, of its first output
 * @score: counted up
 * @error: filled in on failure, may be NULL
 */
int lw_eval_package(const void *data, size_t size, struct lwnpu_device *device,
		    struct lw_feed *feed, const struct lw_labels *labels,
		    struct lw_score *score, struct lwnpu_error *error);

/** lw_io_of_port() - an input or output of a graph as a package says it */
void lw_io_of_port(struct lwm_io *io, const struct lw_port *port);

#endif /* LW_EVAL_H */
