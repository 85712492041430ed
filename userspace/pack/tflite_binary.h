/* SPDX-License-Identifier: MIT */
/* Operators of two tensors, number by number. */
#ifndef LW_TFLITE_BINARY_H
#define LW_TFLITE_BINARY_H

#include "tflite_table.h"

struct lw_tflite_pair;

/**
 * struct lw_tflite_arithmetic - an operator
 * @kind: its node
 * @subtract: of the node
 * @behind: the function x of a tensor and a constant
 * @before: the function of a constant and a tensor
 * @rule: how that rounds; c is the number of a channel's constant
 * @rule_before: of a constant and a tensor, if that is another
 * @prepare: what the rules need to know, or NULL
 * @join: adds nodes for two activations; NULL: the node of @kind is all
 * @one_scale: of all operands and the result
 */
struct lw_tflite_arithmetic {
	enum lw_node_kind kind;
	bool subtract;
	enum lw_unary_kind behind, before;
	lw_tflite_rule *rule, *rule_before;
	int (*prepare)(const struct lw_tflite_pair *pair, bool behind,
		       struct lw_tflite_table *table);
	int (*join)(struct lw_tflite_pair *pair);
	bool one_scale;
};

/**
 * struct lw_tflite_pair - its operands
 * @op: the operator
 * @how: what it does
 * @out: dimensions of its output
 * @value: activations; NULL: the constant
 * @numbers: the constant, if there is one
 */
struct lw_tflite_pair {
	struct lw_tflite_op *op;
	const struct lw_tflite_arithmetic *how;
	struct lw_tflite_dims out;
	struct lw_value *value[2];
	struct lw_tflite_numbers numbers;
};

/** lw_tflite_binary() - import an operator that does this */
int lw_tflite_binary(struct lw_tflite_op *op,
		     const struct lw_tflite_arithmetic *how);

/** lw_tflite_pair_node() - the node for two activations; @out its result */
int lw_tflite_pair_node(struct lw_tflite_pair *pair, struct lw_value *out);

/** lw_tflite_operand_dims() - with the dimensions of 1 that it lacks */
int lw_tflite_operand_dims(const struct lw_tflite_pair *pair, uint32_t i,
			   struct lw_tflite_dims *dims);

#endif /* LW_TFLITE_BINARY_H */
