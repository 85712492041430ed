/* SPDX-License-Identifier: MIT */
/* Folding: rules that make a graph smaller and keep what it computes. */
#ifndef LW_FOLD_H
#define LW_FOLD_H

#include "report.h"

struct lw_folding {
	struct lw_graph *graph;
	struct lw_report *report;
};

/* The largest kernel and padding of the operations that have a window. */
#define LW_MAX_KERNEL 255

/*
 * A rule looks at one node and the producers of what it reads. It returns 1 if
 * it changed the graph, and then either nodes became fewer or it never applies
 * there again; 0 if it did not apply; -ENOMEM.
 *
 * LW_FOLD_RULES(name, text)
 */
#define LW_FOLD_RULES(X) \
	X(identity, "a node that changes nothing goes") \
	X(bounds, "Relu and Clip become bounds of the node before") \
	X(affine_after, "batch norm goes into the convolution before it") \
	X(affine_before, "batch norm goes into the convolution behind it") \
	X(scale_before, "what moves numbers quantises before, not behind it") \
	X(function_first, "a function comes before a reordering, not behind it") \
	X(reorder_chain, "two reorderings are one") \
	X(matmul_transpose, "a matrix product reads what was transposed as it was") \
	X(constant, "what moves a constant is a constant") \
	X(reorder, "a reordering that flattens is a flatten") \
	X(flatten, "flatten and fully connected become one convolution") \
	X(slice, "a slice of a slice is one slice") \
	X(part, "a slice that is a part of a concatenation is that") \
	X(parts_first, "batch norm and bounds behind a batch go to each image") \
	X(padding, "padding with zeros goes into the window behind it") \
	X(window, "taps of a kernel that is too long become channels")

#define LW_FOLD_DECLARE(name, text) \
	int lw_fold_##name(struct lw_folding *folding, struct lw_node *node);
LW_FOLD_RULES(LW_FOLD_DECLARE)
#undef LW_FOLD_DECLARE

/* Removes a node given by address; the second, if nothing reads its output. */
void lw_fold_remove(struct lw_graph *graph, const struct lw_node *node);
void lw_fold_remove_unread(struct lw_graph *graph, const struct lw_node *node);

/* The last node moves to the place of another, which comes behind it. */
void lw_fold_move_before(struct lw_graph *graph, const struct lw_node *other);

static inline bool lw_is_unbounded(const struct lw_node *node)
{
	return node->act_lo == -INFINITY && node->act_hi == INFINITY;
}

static inline bool lw_has_padding(const struct lw_window *w)
{
	return w->pad_top || w->pad_left || w->pad_bottom || w->pad_right;
}

/* Takes over how another value is quantised. */
static inline void lw_fold_take_scale(struct lw_value *to,
				      const struct lw_value *from)
{
	to->quantised = from->quantised;
	to->is_signed = from->is_signed;
	to->scale = from->scale;
	to->zero_point = from->zero_point;
}

/*
 * Whether a value may vanish: what was computed by way of it goes from or to
 * @kept directly. Rounding to @via's quanta must change nothing.
 */
static inline bool lw_fold_may_skip(const struct lw_value *via,
				    const struct lw_value *kept)
{
	return !via->quantised ||
	       (kept->quantised && via->scale == kept->scale &&
		via->zero_point == kept->zero_point);
}

#endif /* LW_FOLD_H */
