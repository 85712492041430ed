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

/* Nearer to a neighbour than this is on it, in single precision. */
#define LEAST_FRACTION 0x1p-24f

/**
 * struct real_entry - the same in single precision
 * @index: row or column
 * @next: another
 * @fraction: of the way from the one to the other
 */
struct real_entry {
	uint16_t index, next;
	float fraction;
};

/* onnxruntime halves the last of @size, and adds the halves. */
static struct real_entry real_entry(float position, uint32_t size)
{
	uint32_t index = position;
	float fraction = position - index;

	if (index + 1 >= size)
		return (struct real_entry){ index, index, 0.5f };
	return (struct real_entry){
		index, index + 1, fraction < LEAST_FRACTION ? 0 : fraction
	};
}

/* Whether places lie between rows and columns, and onnxruntime's rule holds. */
static bool is_real(const struct lw_node *node)
{
	const uint32_t n[2] = { node->out->h, node->out->w };

	for (int axis = 0; axis < 2; axis++)
		for (uint32_t i = 0; i < n[axis]; i++)
			if (truncf(node->position[axis][i]) !=
			    node->position[axis][i])
				return node->rule == LW_RULE_ONNXRUNTIME;
	return false;
}

/* @size: of the axis, for a table in single precision; 0: in integers. */
static int add_table(struct lw_lowering *lower, const float *position,
		     uint32_t n, uint32_t size, uint32_t *offset)
{
	struct real_entry *table = malloc(n * sizeof(*table));
	uint32_t *words = (uint32_t *)table, i;
	int ret;

	if (!table)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		if (size)
			table[i] = real_entry(position[i], size);
		else
			words[i] = entry(position[i]);
	ret = lw_region0_constant(&lower->region0, table,
				  n * (size ? sizeof(*table) : sizeof(*words)),
				  offset);
	free(table);
	return ret;
}

static int set_real(struct lw_lowering *lower, const struct lw_node *node,
		    struct lwnpu_resize *resize)
{
	resize->mode = LWNPU_RESIZE_REAL;
	resize->in_scale = lw_float_bits(node->in[0]->scale);
	resize->out_scale = lw_float_bits(node->out->scale);
	return lw_lower_real_scales(lower, node);
}

int lw_lower_resize(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_value *v = node->out;
	struct lwnpu_resize resize = { 0 };
	struct lw_view in = *lw_lower_view(lower, node->in[0]);
	bool real = is_real(node);
	struct lwnpu_op *op;
	int ret;

	if (real)
		ret = set_real(lower, node, &resize);
	else
		ret = lw_lower_in_scale_of(lower, node->in[0], v, &in);
	if (!ret)
		ret = add_table(lower, node->position[0], v->h,
				real ? node->in[0]->h : 0, &resize.rows);
	if (!ret)
		ret = add_table(lower, node->position[1], v->w,
				real ? node->in[0]->w : 0, &resize.columns);
	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_RESIZE, &in, NULL,
			 lw_lower_view(lower, v));
	if (!op)
		return -ENOMEM;
	op->resize = resize;
	return 0;
}
