// SPDX-License-Identifier: MIT
/* Quotients and squared differences. Of 8 bits, one operand is a constant. */
#include <math.h>

#include "tflite_binary.h"

/*
 * Rounded; halves away from zero. TFLite's own kernel shifts by more bits than
 * a number has where the quotient is less than a quantum: it then gives anything.
 */
static int32_t divide(const struct lw_tflite_table *table, int32_t x, int32_t y)
{
	return y ? lw_tflite_rounded(roundf((float)x / (float)y *
					    table->scale)) : 0;
}

static int32_t divided(const struct lw_tflite_table *table, int32_t x,
		       uint32_t c)
{
	return divide(table, x, table->constant[c]);
}

static int32_t divisor(const struct lw_tflite_table *table, int32_t x,
		       uint32_t c)
{
	return divide(table, table->constant[c], x);
}

static int prepare_quotient(const struct lw_tflite_pair *pair, bool behind,
			    struct lw_tflite_table *table)
{
	float a = table->node->in[0]->scale, b = pair->numbers.like.scale;
	float out = table->node->out->scale;
	size_t i;

	for (i = 0; behind && i < pair->numbers.n; i++)
		if (!pair->numbers.quanta[i])
			return lw_tflite_refuse(pair->op, "its constant has a number 0");
	table->scale = behind ? a / (b * out) : b / (a * out);
	return 0;
}

/* The function of two activations, in a value of its own. */
static int combine(struct lw_tflite_pair *pair, enum lw_node_kind kind,
		   bool subtract, struct lw_value *out)
{
	const struct lw_tflite_arithmetic how = {
		.kind = kind, .subtract = subtract,
	};
	struct lw_tflite_pair plain = *pair;

	plain.how = &how;
	return lw_tflite_pair_node(&plain, out);
}

static int refuse_bytes(struct lw_tflite_pair *pair)
{
	if (!pair->value[0]->quantised)
		return 0;
	return lw_tflite_refuse(pair->op, "neither of its operands is a constant number, or one for each channel");
}

static int join_quotient(struct lw_tflite_pair *pair)
{
	struct lw_value *in = pair->value[1], *out;
	struct lw_node *node;
	int ret = refuse_bytes(pair);

	if (!ret)
		ret = lw_tflite_derive(pair->op, in, in->h, in->w, in->c,
				       &pair->value[1]);
	if (!ret)
		ret = lw_tflite_node(pair->op, LW_NODE_UNARY, &in, 1,
				     pair->value[1], &node);
	if (ret)
		return ret;
	node->unary = LW_UNARY_RECIPROCAL;
	ret = lw_tflite_output_value(pair->op, &out);
	return ret ? ret : combine(pair, LW_NODE_MUL, false, out);
}

int lw_tflite_div(struct lw_tflite_op *op)
{
	static const struct lw_tflite_arithmetic how = {
		.behind = LW_UNARY_DIVIDED,
		.before = LW_UNARY_RATIO,
		.rule = divided,
		.rule_before = divisor,
		.prepare = prepare_quotient,
		.join = join_quotient,
	};

	return lw_tflite_binary(op, &how);
}

/* TFLite's own kernel has 7 bits more than bytes for the difference. */
enum { MORE_BITS = 7 };

static int32_t squared(const struct lw_tflite_table *table, int32_t x,
		       uint32_t c)
{
	int32_t a = lw_tflite_scale(x * (1 << MORE_BITS), table->factor);
	int32_t b = lw_tflite_scale(table->constant[c] * (1 << MORE_BITS),
				    table->below);

	return lw_tflite_scale((a - b) * (a - b), table->square);
}

static int prepare_squared(const struct lw_tflite_pair *pair, bool behind,
			   struct lw_tflite_table *table)
{
	double a = table->node->in[0]->scale, b = pair->numbers.like.scale;
	double twice = 2 * fmax(a, b);

	(void)behind;
	table->factor = lw_tflite_factor(a / twice);
	table->below = lw_tflite_factor(b / twice);
	table->square = lw_tflite_factor(twice * twice /
					 ((1 << 2 * MORE_BITS) *
					  (double)table->node->out->scale));
	return 0;
}

static int join_squared(struct lw_tflite_pair *pair)
{
	struct lw_value *out, *difference;
	struct lw_node *node;
	int ret = refuse_bytes(pair);

	if (!ret)
		ret = lw_tflite_output_value(pair->op, &out);
	if (!ret)
		ret = lw_tflite_derive(pair->op, out, out->h, out->w, out->c,
				       &difference);
	if (!ret)
		ret = combine(pair, LW_NODE_ADD, true, difference);
	if (!ret)
		ret = lw_tflite_node(pair->op, LW_NODE_UNARY, &difference, 1,
				     out, &node);
	if (ret)
		return ret;
	node->unary = LW_UNARY_SQUARE;
	return 0;
}

int lw_tflite_squared_difference(struct lw_tflite_op *op)
{
	static const struct lw_tflite_arithmetic how = {
		.behind = LW_UNARY_SQUARED_DIFFERENCE,
		.before = LW_UNARY_SQUARED_DIFFERENCE,
		.rule = squared,
		.prepare = prepare_squared,
		.join = join_squared,
	};

	return lw_tflite_binary(op, &how);
}
