// SPDX-License-Identifier: MIT
/* Lowering of what acts on single elements: ADD, tables, softmax. */
#include <string.h>

#include "lower.h"

static int add_lut(struct lw_lowering *lower, const struct lw_view *in,
		   const struct lw_view *out, const uint8_t table[256])
{
	uint32_t offset;
	struct lwnpu_op *op;
	int ret;

	ret = lw_region0_constant(&lower->region0, table, 256, &offset);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_LUT, in, NULL, out);
	if (!op)
		return -ENOMEM;
	op->lut.table = offset;
	return 0;
}

/* The rule of every requantisation, for the byte q. */
static uint8_t requantise(int q, const struct lw_value *from,
			  const struct lw_value *to, float lo, float hi)
{
	float x = (float)(q - from->zero_point) * (from->scale / to->scale);
	float least = (float)lw_quantise(lo, to) - (float)to->zero_point;
	float most = (float)lw_quantise(hi, to) - (float)to->zero_point;

	return lrintf(fminf(fmaxf(x, least), most)) + to->zero_point;
}

static int lower_bounds(struct lw_lowering *lower, const struct lw_view *in,
			const struct lw_view *out, const struct lw_value *from,
			const struct lw_value *to, float lo, float hi)
{
	uint8_t table[256];

	for (int q = 0; q < 256; q++)
		table[q] = requantise(q, from, to, lo, hi);
	return add_lut(lower, in, out, table);
}

int lw_lower_requantise(struct lw_lowering *lower, const struct lw_view *in,
			const struct lw_view *out, const struct lw_value *from,
			const struct lw_value *to)
{
	return lower_bounds(lower, in, out, from, to, -INFINITY, INFINITY);
}

/* The tables that a node brings along, within its bounds. */
static int lower_tables(struct lw_lowering *lower, const struct lw_node *node)
{
	uint8_t lo = lw_quantise(node->act_lo, node->out);
	uint8_t hi = lw_quantise(node->act_hi, node->out);
	uint8_t table[256];

	if (node->n_tables != 1)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: a table for each channel", node->name);
	for (int q = 0; q < 256; q++) {
		uint8_t y = node->tables[0][q];

		table[q] = y < lo ? lo : y > hi ? hi : y;
	}
	return add_lut(lower, lw_lower_view(lower, node->in[0]),
		       lw_lower_view(lower, node->out), table);
}

int lw_lower_requant(struct lw_lowering *lower, const struct lw_node *node)
{
	if (node->tables)
		return lower_tables(lower, node);
	return lower_bounds(lower, lw_lower_view(lower, node->in[0]),
			    lw_lower_view(lower, node->out), node->in[0],
			    node->out, node->act_lo, node->act_hi);
}

int lw_lower_unary(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_value *in = node->in[0];
	uint8_t table[256];

	if (node->tables)
		return lower_tables(lower, node);
	if (node->alphas)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: a slope for each channel", node->name);
	if (node->unary == LW_UNARY_IDENTITY)
		return lw_lower_requant(lower, node);
	for (int q = 0; q < 256; q++) {
		float x = in->scale * (float)(q - in->zero_point);
		float y = lw_unary(node, x, 0);

		table[q] = lw_quantise(fminf(fmaxf(y, node->act_lo),
					     node->act_hi), node->out);
	}
	return add_lut(lower, lw_lower_view(lower, in),
		       lw_lower_view(lower, node->out), table);
}

/*
 * XNNPACK's addition: both ratios of scales as integers with the larger one
 * in 20 bits. A ratio below 2^-11 is kept with fewer bits.
 */
static int set_add(struct lw_lowering *lower, const struct lw_node *node,
		   struct lwnpu_add *add)
{
	const struct lw_value *a = node->in[0], *b = node->in[1];
	float ratio0 = a->scale / node->out->scale;
	float ratio1 = b->scale / node->out->scale;
	int sign = node->subtract ? -1 : 1;
	int shift = 20 - (int)floorf(log2f(fmaxf(ratio0, ratio1)));

	if (shift < 1)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: an input's scale is %g times the output's, at most 2^19",
			       node->name, fmaxf(ratio0, ratio1));
	if (shift > 31)
		shift = 31;
	add->mul0 = lrint(ldexp(ratio0, shift));
	add->mul1 = lrint(ldexp(ratio1, shift)) * sign;
	add->bias = (1u << (shift - 1)) -
		    (uint32_t)add->mul0 * (uint32_t)a->zero_point -
		    (uint32_t)add->mul1 * (uint32_t)b->zero_point;
	add->shift = shift;
	add->lo = lw_quantise(node->act_lo, node->out);
	add->hi = lw_quantise(node->act_hi, node->out);
	return 0;
}

int lw_lower_add(struct lw_lowering *lower, const struct lw_node *node)
{
	struct lwnpu_add add = { 0 };
	struct lwnpu_op *op;
	int ret;

	for (int i = 0; i < 2; i++)
		if (lw_value_size(node->in[i]) !=
		    lw_value_size(node->out))
			return lw_fail(lower->error, -EOPNOTSUPP,
				       "%s: addition of tensors of two shapes",
				       node->name);
	ret = set_add(lower, node, &add);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_ADD,
			 lw_lower_view(lower, node->in[0]),
			 lw_lower_view(lower, node->in[1]),
			 lw_lower_view(lower, node->out));
	if (!op)
		return -ENOMEM;
	op->add = add;
	return 0;
}

int lw_lower_softmax(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_value *in = node->in[0];
	float table[256];
	uint32_t offset;
	struct lwnpu_op *op;
	int ret;

	for (int d = 0; d < 256; d++)
		table[d] = expf(-in->scale * (float)d);
	ret = lw_region0_constant(&lower->region0, table, sizeof(table),
				  &offset);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_SOFTMAX, lw_lower_view(lower, in),
			 NULL, lw_lower_view(lower, node->out));
	if (!op)
		return -ENOMEM;
	op->softmax.table = offset;
	op->softmax.scale = lw_float_bits(node->out->scale);
	return 0;
}

/* Folding leaves none: an affine node is a 1x1 depthwise convolution. */
int lw_lower_affine(struct lw_lowering *lower, const struct lw_node *node)
{
	return lw_fail(lower->error, -EOPNOTSUPP,
		       "%s: a multiplication and addition per channel that was not folded into a convolution",
		       node->name);
}
