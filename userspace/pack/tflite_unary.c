// SPDX-License-Identifier: MIT
/* Functions of one number. */
#include <stdlib.h>

#include "tflite_table.h"

enum {
	LEAKY_RELU_ALPHA = 0,
	GELU_APPROXIMATE = 0,
};

static int add_unary(struct lw_tflite_op *op, enum lw_unary_kind kind,
		     struct lw_node **node)
{
	struct lw_value *in, *out;
	int ret = lw_tflite_through(op, &in, &out);

	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_UNARY, &in, 1, out, node);
	if (!ret)
		(*node)->unary = kind;
	return ret;
}

static int function(struct lw_tflite_op *op, enum lw_unary_kind kind,
		    lw_tflite_rule *rule)
{
	struct lw_tflite_table table = { 0 };
	int ret = add_unary(op, kind, &table.node);

	if (ret)
		return ret;
	table.node->alpha = 1;
	return lw_tflite_set_tables(op, &table, 1, rule);
}

static float ratio(const struct lw_node *node)
{
	return node->in[0]->scale / node->out->scale;
}

static int clamp(struct lw_tflite_op *op, float lo, float hi)
{
	struct lw_tflite_table table = { 0 };
	int ret = add_unary(op, LW_UNARY_IDENTITY, &table.node);

	if (ret)
		return ret;
	table.node->act_lo = lo;
	table.node->act_hi = hi;
	if (lw_tflite_same_quanta(table.node->in[0], table.node->out))
		return 0;
	table.factor = lw_tflite_factor(ratio(table.node));
	return lw_tflite_set_tables(op, &table, 1, lw_tflite_rescale);
}

int lw_tflite_relu(struct lw_tflite_op *op)
{
	return clamp(op, 0, INFINITY);
}

int lw_tflite_relu6(struct lw_tflite_op *op)
{
	return clamp(op, 0, 6);
}

int lw_tflite_relu_n1_to_1(struct lw_tflite_op *op)
{
	return clamp(op, -1, 1);
}

int lw_tflite_relu_0_to_1(struct lw_tflite_op *op)
{
	return clamp(op, 0, 1);
}

int lw_tflite_logistic(struct lw_tflite_op *op)
{
	return function(op, LW_UNARY_SIGMOID, lw_tflite_to_even);
}

int lw_tflite_tanh(struct lw_tflite_op *op)
{
	return function(op, LW_UNARY_TANH, lw_tflite_to_even);
}

int lw_tflite_elu(struct lw_tflite_op *op)
{
	return function(op, LW_UNARY_ELU, lw_tflite_to_even);
}

int lw_tflite_gelu(struct lw_tflite_op *op)
{
	bool approximate = lw_fb_u8(&op->source->options, GELU_APPROXIMATE, 0);

	return function(op, approximate ? LW_UNARY_GELU_TANH : LW_UNARY_GELU,
			lw_tflite_half_away);
}

int lw_tflite_exp(struct lw_tflite_op *op)
{
	return function(op, LW_UNARY_EXP, lw_tflite_half_away);
}

/* LiteRT gives the least byte for what has no logarithm. */
static int32_t logarithm(const struct lw_tflite_table *table, int32_t x,
			 uint32_t c)
{
	return x > 0 ? lw_tflite_half_away(table, x, c) : INT16_MIN;
}

int lw_tflite_log(struct lw_tflite_op *op)
{
	return function(op, LW_UNARY_LOG, logarithm);
}

int lw_tflite_sqrt(struct lw_tflite_op *op)
{
	return function(op, LW_UNARY_SQRT, lw_tflite_down);
}

int lw_tflite_square(struct lw_tflite_op *op)
{
	return function(op, LW_UNARY_SQUARE, lw_tflite_half_away);
}

/* LiteRT has no bytes for these. */
#define REAL_FUNCTION(name, KIND) \
	int lw_tflite_##name(struct lw_tflite_op *op) \
	{ \
		return function(op, LW_UNARY_##KIND, lw_tflite_to_even); \
	}

REAL_FUNCTION(floor, FLOOR)
REAL_FUNCTION(ceil, CEIL)
REAL_FUNCTION(round, ROUND)
REAL_FUNCTION(sign, SIGN)
REAL_FUNCTION(sin, SIN)
REAL_FUNCTION(cos, COS)

static int32_t inverse_root(const struct lw_tflite_table *table, int32_t x,
			    uint32_t c)
{
	const int digits = 20;
	struct lw_tflite_factor root, factor = table->factor;

	(void)c;
	if (x <= 0)
		return INT16_MAX;
	root = lw_tflite_inverse_root(x);
	root.shift += digits;
	factor.shift -= digits;
	return lw_tflite_scale(lw_tflite_scale(1, root), factor);
}

int lw_tflite_rsqrt(struct lw_tflite_op *op)
{
	struct lw_tflite_table table = { 0 };
	const struct lw_value *in, *out;
	int ret = add_unary(op, LW_UNARY_RSQRT, &table.node);

	if (ret)
		return ret;
	in = table.node->in[0];
	out = table.node->out;
	if (in->quantised)
		table.factor = lw_tflite_factor(1.0 / (sqrtf(in->scale) *
						       out->scale));
	return lw_tflite_set_tables(op, &table, 1, inverse_root);
}

static int32_t absolute(const struct lw_tflite_table *table, int32_t x,
			uint32_t c)
{
	return lw_tflite_rescale(table, abs(x), c);
}

int lw_tflite_abs(struct lw_tflite_op *op)
{
	struct lw_tflite_table table = { 0 };
	int ret = add_unary(op, LW_UNARY_ABS, &table.node);

	if (ret)
		return ret;
	table.factor = lw_tflite_factor(ratio(table.node));
	return lw_tflite_set_tables(op, &table, 1, absolute);
}

static int32_t hard_swish(const struct lw_tflite_table *table, int32_t x,
			  uint32_t c)
{
	(void)c;
	return lw_tflite_swish_at(&table->swish, x);
}

int lw_tflite_hard_swish(struct lw_tflite_op *op)
{
	struct lw_tflite_table table = { 0 };
	const struct lw_value *in, *out;
	int ret = add_unary(op, LW_UNARY_HARD_SWISH, &table.node);

	if (ret)
		return ret;
	in = table.node->in[0];
	out = table.node->out;
	if (in->quantised && in->scale >= 127 * out->scale)
		return lw_tflite_refuse(op, "its input's scale is %g times its output's; less than 127 expected",
					in->scale / out->scale);
	table.swish = lw_tflite_swish(in->scale, out->scale);
	return lw_tflite_set_tables(op, &table, 1, hard_swish);
}

/* A negation keeps the scale, and changes the sign of the signed byte. */
static int32_t negative(const struct lw_tflite_table *table, int32_t x,
			uint32_t c)
{
	(void)table;
	(void)c;
	return x == INT8_MIN ? x : -x;
}

int lw_tflite_neg(struct lw_tflite_op *op)
{
	struct lw_tflite_table table = { 0 };
	const struct lw_value *in;
	int ret = add_unary(op, LW_UNARY_NEG, &table.node);

	if (ret)
		return ret;
	in = table.node->in[0];
	ret = lw_tflite_keeps_quanta(op, in, table.node->out);
	if (!ret && in->quantised && (!in->is_signed || in->zero_point != 128))
		ret = lw_tflite_refuse(op, "its input has zero point %d; 0 of INT8 expected",
				       in->zero_point - in->is_signed * 128);
	return ret ? ret : lw_tflite_set_tables(op, &table, 1, negative);
}

/* Beyond XNNPACK's limits LiteRT's own kernel runs. */
static int32_t rescale_each(const struct lw_tflite_table *table, int32_t x,
			    uint32_t c)
{
	int32_t y;

	(void)c;
	if (x >= 0)
		return lw_tflite_scale(x, table->factor);
	y = lw_tflite_scale(x, table->below);
	return table->scale < 0 ? -y : y;
}

int lw_tflite_leaky_relu(struct lw_tflite_op *op)
{
	float alpha = lw_fb_f32(&op->source->options, LEAKY_RELU_ALPHA, 0);
	struct lw_tflite_table table = { .scale = alpha };
	lw_tflite_rule *rule = lw_tflite_rescale8;
	float above, below;
	int ret;

	if (!isfinite(alpha))
		return lw_tflite_refuse(op, "its alpha is %g; a finite number expected",
					alpha);
	ret = add_unary(op, LW_UNARY_LEAKY_RELU, &table.node);
	if (ret)
		return ret;
	table.node->alpha = alpha;
	above = ratio(table.node);
	below = above * alpha;
	if (!lw_tflite_factor8(&table.factor, above) ||
	    !lw_tflite_factor8(&table.below, below)) {
		table.factor = lw_tflite_factor(
			(double)table.node->in[0]->scale /
			table.node->out->scale);
		table.below = lw_tflite_factor(
			fabs((double)table.node->in[0]->scale * alpha /
			     table.node->out->scale));
		rule = rescale_each;
	}
	return lw_tflite_set_tables(op, &table, 1, rule);
}
