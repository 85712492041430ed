/* SPDX-License-Identifier: MIT */
/* What CONV and TCONV have in common. */
#ifndef LW_REF_CONV_H
#define LW_REF_CONV_H

#include "ref.h"

/* Walks over the blocks of a weight stream in their order. */
struct lw_ref_blocks {
	const uint8_t *mask;
	const int8_t *next;
	size_t index;
};

/* The next block's 4 weights, or NULL: a zero block that is not stored. */
const int8_t *lw_ref_next_block(struct lw_ref_blocks *blocks);

/* Input planes of a group. */
static inline uint32_t lw_ref_group_planes(const struct lwnpu_op *op)
{
	return (op->in[0].c + LWNPU_LANES - 1) / LWNPU_LANES / op->conv.groups;
}

/* The first plane that output channel @o reads. */
static inline uint32_t lw_ref_first_plane(const struct lwnpu_op *op, uint32_t o)
{
	return o / (op->out.c / op->conv.groups) * lw_ref_group_planes(op);
}

/* Adds to one row of accumulators; @blocks are those of output channel @o. */
typedef void lw_ref_conv_row_function(const struct lw_ref_job *job,
				      const struct lwnpu_op *op, uint32_t o,
				      uint32_t y, struct lw_ref_blocks *blocks);

/* Each row from its bias to its bytes. */
void lw_ref_conv_rows(const struct lw_ref_job *job, const struct lwnpu_op *op,
		      lw_ref_conv_row_function *add_row);

#endif /* LW_REF_CONV_H */
