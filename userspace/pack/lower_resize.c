// SPDX-License-Identifier: MIT
/* Lowering of rows and columns at other places. */
#include <stdlib.h>

#include "lower.h"

/* Parts of the way from a row or column to the next. */
#define FRACTIONS 2048

/* An index and a fraction, rounded as XNNPACK does. */
static uint32_t entry(float position)
{
	uint32_t index = position;
	uint32_t fraction = lrintf((position - index) * FRACTIONS);

	return (index + fraction / FRACTIONS) | fraction % FRACTIONS << 16;
}

static int add_table(struct lw_lowering *lower, const float *position,
		     uint32_t n, uint32_t *offset)
{
	uint32_t *table = malloc(n * sizeof(*table));
	int ret;

	if (!table)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		table[i] = entry(position[i]);
	ret = lw_region0_constant(&lower->region0, table, n * sizeof(*table),
				  offset);
	free(table);
	return ret;
}

int lw_lower_resize(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_value *v = node->out;
	struct lwnpu_resize resize;
	struct lwnpu_op *op;
	struct lw_view in;
	int ret;

	ret = lw_lower_in_scale_of(lower, node->in[0], v, &in);
	if (!ret)
		ret = add_table(lower, node->position[0], v->h, &resize.rows);
	if (!ret)
		ret = add_table(lower, node->position[1], v->w,
				&resize.columns);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_RESIZE, &in, NULL,
			 lw_lower_view(lower, v));
	if (!op)
		return -ENOMEM;
	op->resize = resize;
	return 0;
}
