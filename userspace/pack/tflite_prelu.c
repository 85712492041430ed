// SPDX-License-Identifier: MIT
/* Leaky relu with learnt slopes. */
#include <stdlib.h>

#include "tflite_table.h"

static int32_t slope(const struct lw_tflite_table *table, int32_t x, uint32_t c)
{
	if (x >= 0)
		return lw_tflite_scale(x, table->factor);
	return lw_tflite_scale(x * table->constant[c], table->below);
}

/* One slope, or one for each channel. */
static int check_slopes(struct lw_tflite_op *op,
			const struct lw_tflite_numbers *slopes,
			const struct lw_value *in)
{
	const struct lw_tflite_dims *dims = &slopes->dims;

	if (slopes->n == 1 ||
	    (slopes->n == in->c && dims->d[dims->n - 1] == in->c))
		return 0;
	return lw_tflite_refuse(op, "it has %zu slopes; 1 or %u, one for each channel, expected",
				slopes->n, in->c);
}

static int add_slopes(struct lw_tflite_op *op,
		      const struct lw_tflite_numbers *slopes,
		      struct lw_value *in, struct lw_value *out)
{
	struct lw_tflite_table table = { .constant = slopes->quanta };
	int ret = lw_tflite_node(op, LW_NODE_UNARY, &in, 1, out, &table.node);
	size_t i;

	if (ret)
		return ret;
	table.node->unary = LW_UNARY_LEAKY_RELU;
	table.node->alpha = slopes->real[0];
	if (slopes->n > 1) {
		table.node->alphas = calloc(slopes->n, sizeof(float));
		if (!table.node->alphas)
			return -ENOMEM;
		for (i = 0; i < slopes->n; i++)
			table.node->alphas[i] = slopes->real[i];
	}
	table.factor = lw_tflite_factor(in->scale / out->scale);
	table.below = lw_tflite_factor(in->scale * slopes->like.scale /
				       out->scale);
	return lw_tflite_set_tables(op, &table, (uint32_t)slopes->n, slope);
}

int lw_tflite_prelu(struct lw_tflite_op *op)
{
	struct lw_tflite_numbers slopes = { 0 };
	struct lw_value *in, *out;
	int ret = lw_tflite_through(op, &in, &out);

	if (!ret)
		ret = lw_tflite_numbers(op, lw_tflite_input(op, 1), &slopes);
	if (!ret)
		ret = check_slopes(op, &slopes, in);
	if (!ret)
		ret = add_slopes(op, &slopes, in, out);
	lw_tflite_numbers_release(&slopes);
	return ret;
}
