/* SPDX-License-Identifier: MIT */
/* Inside the interpreter, and what only other passes use of it. */
#ifndef LW_INTERPRETER_H
#define LW_INTERPRETER_H

#include "pack.h"

/**
 * struct lw_interpreter - buffers of a graph
 * @graph: not owned
 * @values: by value id: [h][w][c]
 * @scratch: for patches, transposed weights, … of one node at a time
 * @scratch_size: floats in it
 * @round: activations are rounded to their quanta
 */
struct lw_interpreter {
	const struct lw_graph *graph;
	float **values;
	float *scratch;
	size_t scratch_size;
	bool round;
};

/**
 * lw_interpreter_round() - choose whether to round activations
 * With rounding every value that is quantised takes only the numbers that its
 * scale and zero point can tell apart, as it will when the model runs packed.
 */
void lw_interpreter_round(struct lw_interpreter *interpreter, bool round);

/*
 * The steps of lw_interpreter_run_sample(): inputs; then for each node its
 * numbers, and, once these are final, bounds and rounding.
 */
void lw_interpreter_load(struct lw_interpreter *interpreter,
			 const float *sample);
void lw_interpreter_begin(struct lw_interpreter *interpreter,
			  const struct lw_node *node);
void lw_interpreter_end(struct lw_interpreter *interpreter,
			const struct lw_node *node);

static inline float *lw_interpreter_in(const struct lw_interpreter *in,
				       const struct lw_node *node, uint32_t i)
{
	return in->values[node->in[i]->id];
}

static inline float *lw_interpreter_out(const struct lw_interpreter *in,
					const struct lw_node *node)
{
	return in->values[node->out->id];
}

/* Floats of scratch that a node needs. */
size_t lw_conv_scratch(const struct lw_node *node);
size_t lw_dwconv_scratch(const struct lw_node *node);
size_t lw_tconv_scratch(const struct lw_node *node);
size_t lw_resize_scratch(const struct lw_node *node);

/* Sets every output pixel of a convolution to the bias. */
void lw_start_at_bias(const struct lw_node *node, float *out);

/* lw_run_NAME() of each node kind of LW_NODES; bounds are applied after. */
#define LW_RUN_DECLARE(name, NAME, text) \
	void lw_run_##name(const struct lw_interpreter *interpreter, \
			   const struct lw_node *node);
LW_NODES(LW_RUN_DECLARE)
#undef LW_RUN_DECLARE

#endif /* LW_INTERPRETER_H */
