// SPDX-License-Identifier: MIT
/*
 * The larger or the smaller of two numbers. LiteRT compares bytes, whatever
 * they stand for.
 */
#include "tflite_binary.h"
#include "tflite_view.h"

static int32_t larger(const struct lw_tflite_table *table, int32_t x,
		      uint32_t c)
{
	return x > table->constant[c] ? x : table->constant[c];
}

static int32_t smaller(const struct lw_tflite_table *table, int32_t x,
		       uint32_t c)
{
	return x < table->constant[c] ? x : table->constant[c];
}

/* Two rows of all pixels of both become one: their maximum. */
static int add_maximum(struct lw_tflite_op *op, struct lw_value *const value[2],
		       struct lw_value **out)
{
	const uint32_t row[3] = { 1, value[0]->h * value[0]->w, value[0]->c };
	struct lw_value *rows[2], *both;
	struct lw_node *node;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < 2 && !ret; i++)
		ret = lw_tflite_view(op, value[i], row, &rows[i]);
	if (!ret)
		ret = lw_tflite_derive(op, value[0], 2, row[1], row[2], &both);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_CONCAT, rows, 2, both, &node);
	if (ret)
		return ret;
	node->axis = LW_AXIS_H;
	ret = lw_tflite_derive(op, value[0], 1, row[1], row[2], out);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_POOL, &both, 1, *out, &node);
	if (ret)
		return ret;
	node->pool = LW_POOL_MAX;
	node->window = (struct lw_window){ 2, 1, 1, 1, 1, 1, 0, 0, 0, 0 };
	return 0;
}

/* Both in the output's shape. */
static int spread(struct lw_tflite_pair *pair, uint32_t i)
{
	struct lw_tflite_op *op = pair->op;
	struct lw_tflite_dims dims;
	uint32_t hwc[3];
	int ret;

	if (lw_value_size(pair->value[i]) !=
	    lw_tflite_product(&pair->out, 0, pair->out.n)) {
		ret = lw_tflite_operand_dims(pair, i, &dims);
		return ret ? ret : lw_tflite_repeat(op, &pair->value[i], &dims,
						    &pair->out);
	}
	lw_tflite_hwc(&pair->out, hwc);
	return lw_tflite_view(op, pair->value[i], hwc, &pair->value[i]);
}

static int join(struct lw_tflite_pair *pair, bool smallest)
{
	struct lw_tflite_op *op = pair->op;
	struct lw_value *out = NULL;
	uint32_t i;
	int ret = lw_tflite_keeps_quanta(op, pair->value[0], pair->value[1]);

	for (i = 0; i < 2 && !ret; i++) {
		ret = spread(pair, i);
		if (!ret && smallest)
			ret = lw_tflite_negated(op, &pair->value[i]);
	}
	if (!ret)
		ret = add_maximum(op, pair->value, &out);
	if (!ret && smallest)
		ret = lw_tflite_negated(op, &out);
	return ret ? ret : lw_tflite_deliver(op, out, lw_tflite_output(op));
}

static int join_larger(struct lw_tflite_pair *pair)
{
	return join(pair, false);
}

static int join_smaller(struct lw_tflite_pair *pair)
{
	return join(pair, true);
}

int lw_tflite_maximum(struct lw_tflite_op *op)
{
	static const struct lw_tflite_arithmetic how = {
		.behind = LW_UNARY_MAXIMUM,
		.before = LW_UNARY_MAXIMUM,
		.rule = larger,
		.join = join_larger,
		.one_scale = true,
	};

	return lw_tflite_binary(op, &how);
}

int lw_tflite_minimum(struct lw_tflite_op *op)
{
	static const struct lw_tflite_arithmetic how = {
		.behind = LW_UNARY_MINIMUM,
		.before = LW_UNARY_MINIMUM,
		.rule = smaller,
		.join = join_smaller,
		.one_scale = true,
	};

	return lw_tflite_binary(op, &how);
}
