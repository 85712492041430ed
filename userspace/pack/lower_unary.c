// SPDX-License-Identifier: MIT
/* Lowering of functions of one number, to tables. */
#include <stdlib.h>

#include "lower.h"

static int add_lut(struct lw_lowering *lower, const struct lw_view *in,
		   const struct lw_view *out, uint32_t n,
		   const uint8_t (*tables)[256])
{
	uint32_t offset;
	struct lwnpu_op *op;
	int ret;

	ret = lw_region0_constant(&lower->region0, tables, n * sizeof(*tables),
				  &offset);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_LUT, in, NULL, out);
	if (!op)
		return -ENOMEM;
	op->lut.table = offset;
	op->lut.pitch = n > 1 ? sizeof(*tables) : 0;
	return 0;
}

/* @x in units of @to's scale, less the zero point: rounded, within bounds. */
static uint8_t nearest(float x, const struct lw_value *to, float lo, float hi)
{
	float least = (float)lw_quantise(lo, to) - (float)to->zero_point;
	float most = (float)lw_quantise(hi, to) - (float)to->zero_point;

	return lrintf(fminf(fmaxf(x, least), most)) + to->zero_point;
}

/* The rule of every requantisation, for the byte q. */
static uint8_t requantise(int q, const struct lw_value *from,
			  const struct lw_value *to, float lo, float hi)
{
	return nearest((float)(q - from->zero_point) *
		       (from->scale / to->scale), to, lo, hi);
}

int lw_lower_requantise(struct lw_lowering *lower, const struct lw_view *in,
			const struct lw_view *out, const struct lw_value *from,
			const struct lw_value *to)
{
	uint8_t table[1][256];

	for (int q = 0; q < 256; q++)
		table[0][q] = requantise(q, from, to, -INFINITY, INFINITY);
	return add_lut(lower, in, out, 1, table);
}

/* The function of a node without its bounds. */
static float function(const struct lw_node *node, float x, uint32_t c)
{
	const struct lw_weights *w = node->weights;

	if (node->kind == LW_NODE_AFFINE)
		return x * w->real[c] + (w->bias ? w->bias[c] : 0);
	return lw_unary(node, x, c);
}

/* The byte for byte q in channel c, or in all channels with one table. */
static uint8_t look_up(const struct lw_node *node, int q, uint32_t c)
{
	const struct lw_value *in = node->in[0], *out = node->out;
	uint8_t lo = lw_quantise(node->act_lo, out);
	uint8_t hi = lw_quantise(node->act_hi, out);
	float x = in->scale * (float)(q - in->zero_point);
	uint8_t y;

	if (node->tables)
		y = node->tables[c][q];
	else if (node->rule == LW_RULE_ONNXRUNTIME)
		return nearest(x / out->scale, out, node->act_lo, node->act_hi);
	else if (node->kind == LW_NODE_REQUANT ||
		 (node->kind == LW_NODE_UNARY &&
		  node->unary == LW_UNARY_IDENTITY))
		return requantise(q, in, out, node->act_lo, node->act_hi);
	else
		y = lw_quantise(function(node, x, c), out);
	return y < lo ? lo : y > hi ? hi : y;
}

static bool is_uniform(const float *numbers, uint32_t n)
{
	for (uint32_t i = 1; numbers && i < n; i++)
		if (numbers[i] != numbers[0])
			return false;
	return true;
}

/* One for each channel, where they are not all the same. */
static uint32_t tables_of(const struct lw_node *node)
{
	uint32_t c = node->out->c;

	if (node->tables)
		return node->n_tables;
	if (node->weights)
		return is_uniform(node->weights->real, c) &&
		       is_uniform(node->weights->bias, c) ? 1 : c;
	return is_uniform(node->alphas, c) ? 1 : c;
}

static int lower_tables(struct lw_lowering *lower, const struct lw_node *node)
{
	uint32_t n = tables_of(node);
	uint8_t (*tables)[256] = malloc(n * sizeof(*tables));
	int ret;

	if (!tables)
		return -ENOMEM;
	for (uint32_t c = 0; c < n; c++)
		for (int q = 0; q < 256; q++)
			tables[c][q] = look_up(node, q, c);
	ret = add_lut(lower, lw_lower_view(lower, node->in[0]),
		      lw_lower_view(lower, node->out), n,
		      (const uint8_t (*)[256])tables);
	free(tables);
	return ret;
}

int lw_lower_requant(struct lw_lowering *lower, const struct lw_node *node)
{
	return lower_tables(lower, node);
}

int lw_lower_unary(struct lw_lowering *lower, const struct lw_node *node)
{
	return lower_tables(lower, node);
}

/* Folding makes most of them convolutions, which are smaller. */
int lw_lower_affine(struct lw_lowering *lower, const struct lw_node *node)
{
	return lower_tables(lower, node);
}
