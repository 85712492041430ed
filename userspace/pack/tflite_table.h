/* SPDX-License-Identifier: MIT */
/*
 * Tables of bytes by LiteRT's own rules, which differ from operator to
 * operator: how a function's result is rounded, and whether it is computed in
 * floating point or fixed point.
 */
#ifndef LW_TFLITE_TABLE_H
#define LW_TFLITE_TABLE_H

#include "tflite_fixed.h"
#include "tflite_import.h"

/**
 * struct lw_tflite_table - a table that is being made
 * @node: UNARY or REQUANT, complete but for its tables
 * @in: scale of what it reads
 * @out: scale of what it writes
 * @factor: for rules with one
 * @below: the same, for numbers below zero, or the other operand
 * @square: of a square
 * @swish: for that rule
 * @constant: [constants] quanta above zero of a second operand
 * @constants: 1 or channels
 * @sum: of an addition
 * @scale: of a product
 */
struct lw_tflite_table {
	struct lw_node *node;
	float in, out;
	struct lw_tflite_factor factor, below, square;
	struct lw_tflite_swish swish;
	const int32_t *constant;
	uint32_t constants;
	struct lw_sum sum;
	float scale;
};

/* Quanta of the output above its zero for quanta of the input above its. */
typedef int32_t lw_tflite_rule(const struct lw_tflite_table *table, int32_t x,
			       uint32_t c);

/* The node's function in floating point, then rounded in one of three ways. */
lw_tflite_rule lw_tflite_to_even, lw_tflite_half_away, lw_tflite_down;
/* A multiplication by the factor, in fixed point. */
lw_tflite_rule lw_tflite_rescale;
/* By the factor, or by the one for numbers below zero, in units of 2^-8. */
lw_tflite_rule lw_tflite_rescale8;

/** lw_tflite_factor8() - such a factor; false: XNNPACK has none of that size */
bool lw_tflite_factor8(struct lw_tflite_factor *factor, float real);

/** lw_tflite_set_tables() - give a node @n tables; nothing in a float model */
int lw_tflite_set_tables(struct lw_tflite_op *op,
			 struct lw_tflite_table *table, uint32_t n,
			 lw_tflite_rule *rule);

/** lw_tflite_rounded() - as an integer; what is none is a number far off */
int32_t lw_tflite_rounded(float x);

#endif /* LW_TFLITE_TABLE_H */
