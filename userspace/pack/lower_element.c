// SPDX-License-Identifier: MIT
/* Lowering of sums, products, matrix products and softmax. */
#include "lower.h"

static int set_add(struct lw_lowering *lower, const struct lw_node *node,
		   struct lwnpu_add *add)
{
	const struct lw_value *a = node->in[0], *b = node->in[1];
	float ratio0 = a->scale / node->out->scale;
	float ratio1 = b->scale / node->out->scale;
	struct lw_sum sum;

	if (!lw_sum(&sum, ratio0, ratio1))
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: an input's scale is %g times the output's, at most 2^19",
			       node->name, fmaxf(ratio0, ratio1));
	add->mul0 = sum.mul[0];
	add->mul1 = node->subtract ? -sum.mul[1] : sum.mul[1];
	add->bias = (1u << (sum.shift - 1)) -
		    (uint32_t)add->mul0 * (uint32_t)a->zero_point -
		    (uint32_t)add->mul1 * (uint32_t)b->zero_point;
	add->shift = sum.shift;
	add->lo = lw_quantise(node->act_lo, node->out);
	add->hi = lw_quantise(node->act_hi, node->out);
	return 0;
}

static struct lwnpu_op *pair_op(struct lw_lowering *lower, uint32_t opcode,
				const struct lw_node *node)
{
	return lw_lower_op(lower, opcode, lw_lower_view(lower, node->in[0]),
			   lw_lower_view(lower, node->in[1]),
			   lw_lower_view(lower, node->out));
}

int lw_lower_add(struct lw_lowering *lower, const struct lw_node *node)
{
	struct lwnpu_add add = { 0 };
	struct lwnpu_op *op;
	int ret = set_add(lower, node, &add);

	if (ret)
		return ret;
	op = pair_op(lower, LWNPU_OP_ADD, node);
	if (!op)
		return -ENOMEM;
	op->add = add;
	return 0;
}

static int product_scale(struct lw_lowering *lower, const struct lw_node *node,
			 uint32_t *bits)
{
	float scale;
	int ret;

	ret = lw_lower_scale(lower, node, node->in[0]->scale,
			     node->in[1]->scale, &scale);
	*bits = lw_float_bits(scale);
	return ret;
}

int lw_lower_mul(struct lw_lowering *lower, const struct lw_node *node)
{
	struct lwnpu_op *op;
	uint32_t scale;
	int ret = product_scale(lower, node, &scale);

	if (ret)
		return ret;
	op = pair_op(lower, LWNPU_OP_MUL, node);
	if (!op)
		return -ENOMEM;
	op->mul.scale = scale;
	op->mul.lo = lw_quantise(node->act_lo, node->out);
	op->mul.hi = lw_quantise(node->act_hi, node->out);
	return 0;
}

int lw_lower_matmul(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_value *a = node->in[0];
	struct lwnpu_op *op;
	uint32_t scale;
	int ret = product_scale(lower, node, &scale);

	if (ret)
		return ret;
	op = pair_op(lower, LWNPU_OP_MATMUL, node);
	if (!op)
		return -ENOMEM;
	op->matmul.scale = scale;
	op->matmul.lo = lw_quantise(node->act_lo, node->out);
	op->matmul.hi = lw_quantise(node->act_hi, node->out);
	op->matmul.transpose_a = node->transpose_a;
	op->matmul.transpose_b = node->transpose_b;
	lower->layer->macs = lw_value_size(node->out) *
			     (node->transpose_a ? a->w : a->c);
	lower->layer->nonzero_macs = lower->layer->macs;
	return 0;
}

static float softmax_scale(const struct lw_node *node)
{
	float scale = node->out->scale, parts = floorf(1 / scale);

	return node->rule == LW_RULE_ONNXRUNTIME && parts ? 1 / parts : scale;
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
	op->softmax.scale = lw_float_bits(softmax_scale(node));
	return 0;
}
