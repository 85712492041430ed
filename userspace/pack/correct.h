/* SPDX-License-Identifier: MIT */
/* Correction of what pruning and rounding do to activations' statistics. */
#ifndef LW_CORRECT_H
#define LW_CORRECT_H

#include "pack.h"

/**
 * lw_correct() - give channels back their mean and deviation
 * @after: a model whose weights were changed; convolutions' weights, or their
 *	scales, and biases are corrected
 * @before: the model before, its nodes and values in the same order
 * @options: its calibration inputs, of which a few are run; nothing is done if
 *	it asks for no correction or has none
 * @error: filled in on failure
 *
 * Layer by layer, so that each corrects what those before it have left: of
 * every output channel, before its bounds, let the mean and the standard
 * deviation be those of @before. (Means alone, Nagel et al., arXiv 1906.04721,
 * make pruned models worse: what became smaller by a factor is then covered by
 * constants.)
 *
 * Return: 0; -EINVAL the inputs do not fit; -ENOMEM.
 */
int lw_correct(struct lw_graph *after, const struct lw_graph *before,
	       const struct lw_pack_options *options,
	       struct lwnpu_error *error);

#endif /* LW_CORRECT_H */
