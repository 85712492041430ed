// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "tflite_table.h"

/* Of what may be unpacked; a constant of as many channels takes one each. */
#define TABLE_COST 16

int32_t lw_tflite_rounded(float x)
{
	const float far = 1 << 20;

	if (isnan(x))
		return 0;
	return lrintf(fminf(fmaxf(x, -far), far));
}

/* The real result in quanta of the output. */
static float compute(const struct lw_tflite_table *table, int32_t x, uint32_t c)
{
	float y = lw_unary(table->node, table->in * (float)x, c);

	return y * (1.0f / table->out);
}

int32_t lw_tflite_to_even(const struct lw_tflite_table *table, int32_t x,
			  uint32_t c)
{
	return lw_tflite_rounded(compute(table, x, c));
}

int32_t lw_tflite_half_away(const struct lw_tflite_table *table, int32_t x,
			    uint32_t c)
{
	return lw_tflite_rounded(roundf(compute(table, x, c)));
}

int32_t lw_tflite_down(const struct lw_tflite_table *table, int32_t x,
		       uint32_t c)
{
	return lw_tflite_rounded(floorf(compute(table, x, c)));
}

int32_t lw_tflite_rescale(const struct lw_tflite_table *table, int32_t x,
			  uint32_t c)
{
	(void)c;
	return lw_tflite_scale(x, table->factor);
}

bool lw_tflite_factor8(struct lw_tflite_factor *factor, float real)
{
	factor->mantissa = lw_tflite_rounded(256 * real);
	return fabsf(real) >= 0x1p-8f && fabsf(real) <= 0x1p7f;
}

int32_t lw_tflite_rescale8(const struct lw_tflite_table *table, int32_t x,
			   uint32_t c)
{
	const struct lw_tflite_factor *factor =
		x < 0 ? &table->below : &table->factor;

	(void)c;
	return (x * factor->mantissa + (1 << 7)) >> 8;
}

static uint8_t entry(const struct lw_tflite_table *table, int q, uint32_t c,
		     lw_tflite_rule *rule)
{
	const struct lw_node *node = table->node;
	int64_t y = (int64_t)rule(table, q - node->in[0]->zero_point, c) +
		    node->out->zero_point;

	return y < 0 ? 0 : y > 255 ? 255 : y;
}

int lw_tflite_set_tables(struct lw_tflite_op *op,
			 struct lw_tflite_table *table, uint32_t n,
			 lw_tflite_rule *rule)
{
	struct lw_node *node = table->node;
	uint32_t c;
	int q;

	if (!node->in[0]->quantised)
		return 0;
	if (!lw_tflite_may_unpack(op, (size_t)n * TABLE_COST))
		return lw_tflite_refuse(op, "it takes %u tables; the file is too small for so many",
					n);
	table->in = node->in[0]->scale;
	table->out = node->out->scale;
	node->tables = malloc(n * sizeof(*node->tables));
	if (!node->tables)
		return -ENOMEM;
	node->n_tables = n;
	for (c = 0; c < n; c++)
		for (q = 0; q < 256; q++)
			node->tables[c][q] = entry(table, q, c, rule);
	return 0;
}
