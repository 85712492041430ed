/* SPDX-License-Identifier: MIT */
/* Reorderings as arithmetic on the digits of an element's number. */
#ifndef LW_DIGITS_H
#define LW_DIGITS_H

#include "graph.h"

/* Enough for two reorderings in one; see lw_node for the meaning. */
#define LW_MAX_DIGITS (4 * LW_MAX_SIZES)

struct lw_digits {
	uint32_t n;
	uint32_t size[LW_MAX_DIGITS], stride[LW_MAX_DIGITS];
};

/**
 * lw_digits_of() - what a node does as a reordering
 * @digits: gets the fewest digits that say it
 *
 * Return: whether the node is one: REORDER, FLATTEN.
 */
bool lw_digits_of(const struct lw_node *node, struct lw_digits *digits);

/* Whether they keep all elements of a value in their order. */
bool lw_digits_keep(const struct lw_digits *digits,
		    const struct lw_value *value);

/**
 * lw_digits_chain() - one reordering for two
 * @first: what is done first
 * @then: what is done to its result
 * @both: gets the two in one, in the fewest digits
 *
 * Return: whether digits can say it.
 */
bool lw_digits_chain(const struct lw_digits *first,
		     const struct lw_digits *then, struct lw_digits *both);

#endif /* LW_DIGITS_H */
