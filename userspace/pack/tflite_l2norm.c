// SPDX-License-Identifier: MIT
/*
 * Vectors divided by their length.
 *
 * The sum of squares has far more bits than a byte, so it is made on several
 * levels, each a quarter of the one before: the first that does not saturate
 * has 6 to 8 bits of it. Its inverse root, a byte, multiplies the vector; all
 * other levels add nothing. That is within one of the exact quotient: the root
 * errs by less than 0.6 %.
 */
#include "tflite_table.h"
#include "tflite_view.h"

enum { L2_NORM_ACTIVATION = 0 };

#define LEAST_LEVEL (-3) /* where the square of one quantum is 64 */
#define SATURATED 255
/* The inverse root of a byte b is ROOT / sqrt(b): 255 for the least of 64. */
#define ROOT (255.0f * 8)

struct level {
	int number;
	struct lw_value *squares, *root, *full;
};

static int32_t root_of(const struct lw_tflite_table *table, int32_t x,
		       uint32_t c)
{
	(void)table;
	(void)c;
	if (x == SATURATED)
		return 0;
	return x ? lw_tflite_rounded(ROOT / sqrtf((float)x)) : SATURATED;
}

/* 255 below zero, unless the level is full: that silences the one behind. */
static int32_t is_full(const struct lw_tflite_table *table, int32_t x,
		       uint32_t c)
{
	(void)table;
	(void)c;
	return x == SATURATED ? 0 : -SATURATED;
}

static int make(struct lw_tflite_op *op, const struct lw_value *shape,
		uint32_t c, float scale, int32_t zero_point,
		struct lw_value **value)
{
	int ret = lw_tflite_derive(op, shape, shape->h, 1, c, value);

	if (ret)
		return ret;
	(*value)->scale = scale;
	(*value)->zero_point = zero_point;
	return 0;
}

static int add_squares(struct lw_tflite_op *op, struct lw_value *rows,
		       struct level *level)
{
	struct lw_value *in[2] = { rows, rows };
	struct lw_node *node;
	int ret = make(op, rows, 1, ldexpf(rows->scale * rows->scale,
					   2 * level->number), 0,
		       &level->squares);

	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_MATMUL, in, 2, level->squares,
				     &node);
	if (!ret)
		node->transpose_b = true;
	return ret;
}

/* A table of the sum. In real numbers the first level is all there is. */
static int add_table(struct lw_tflite_op *op, const struct level *level,
		     lw_tflite_rule *rule, struct lw_value *out)
{
	struct lw_value *in = level->squares;
	struct lw_tflite_table table = { 0 };
	int ret = lw_tflite_node(op, LW_NODE_UNARY, &in, 1, out, &table.node);

	if (ret)
		return ret;
	if (level->number == LEAST_LEVEL && rule == root_of) {
		table.node->unary = LW_UNARY_RSQRT;
	} else {
		table.node->unary = LW_UNARY_SCALED;
		table.node->alpha = 0;
	}
	return lw_tflite_set_tables(op, &table, 1, rule);
}

static int add_pair(struct lw_tflite_op *op, enum lw_node_kind kind,
		    struct lw_value *a, struct lw_value *b,
		    struct lw_value *out)
{
	struct lw_value *in[2] = { a, b };
	struct lw_node *node;

	return lw_tflite_node(op, kind, in, 2, out, &node);
}

/* The inverse root, if the level is the one that counts, else zero. */
static int add_level(struct lw_tflite_op *op, struct lw_value *rows,
		     const struct level *before, struct level *level)
{
	float scale = ldexpf(1 / (rows->scale * ROOT), -level->number);
	struct lw_value *silenced;
	int ret = add_squares(op, rows, level);

	if (!ret)
		ret = make(op, rows, 1, scale, 0, &level->root);
	if (!ret)
		ret = make(op, rows, 1, scale / 2, SATURATED, &level->full);
	if (!ret)
		ret = add_table(op, level, root_of, level->root);
	if (!ret)
		ret = add_table(op, level, is_full, level->full);
	if (ret || !before)
		return ret;
	before->full->scale = scale;
	ret = make(op, rows, 1, scale, 0, &silenced);
	if (!ret)
		ret = add_pair(op, LW_NODE_ADD, level->root, before->full,
			       silenced);
	level->root = silenced;
	return ret;
}

/* The rows times the inverse root of a level, added to what there is. */
static int add_quotient(struct lw_tflite_op *op, struct lw_value *rows,
			const struct level *level, const struct lw_value *like,
			struct lw_value **sum)
{
	struct lw_value *quotient, *whole;
	int ret = make(op, rows, rows->c, like->scale, like->zero_point,
		       &quotient);

	if (!ret)
		ret = add_pair(op, LW_NODE_MUL, rows, level->root, quotient);
	if (!ret && !*sum)
		*sum = quotient;
	else if (!ret)
		ret = make(op, rows, rows->c, like->scale, like->zero_point,
			   &whole);
	if (ret || *sum == quotient)
		return ret;
	ret = add_pair(op, LW_NODE_ADD, *sum, quotient, whole);
	*sum = whole;
	return ret;
}

static int add_levels(struct lw_tflite_op *op, struct lw_value *rows,
		      const struct lw_value *like, struct lw_value **sum)
{
	double most = (double)rows->c * SATURATED * SATURATED;
	struct level levels[2] = { 0 }, *before = NULL;
	int number, ret = 0;

	for (number = LEAST_LEVEL; !ret; number++) {
		struct level *level = &levels[number & 1];

		*level = (struct level){ .number = number };
		ret = add_level(op, rows, before, level);
		if (!ret)
			ret = add_quotient(op, rows, level, like, sum);
		if (ldexp(most, -2 * number) < SATURATED - 1)
			break;
		before = level;
	}
	return ret;
}

/* In real numbers: x times the inverse root of what is 10^-6 at least. */
static int add_real(struct lw_tflite_op *op, struct lw_value *rows,
		    struct lw_value **out)
{
	struct level level = { 0 };
	struct lw_node *node;
	int ret = add_squares(op, rows, &level);
	struct lw_value *bounded, *in = level.squares;

	if (!ret)
		ret = make(op, rows, 1, 0, 0, &bounded);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_UNARY, &in, 1, bounded, &node);
	if (ret)
		return ret;
	node->unary = LW_UNARY_IDENTITY;
	node->act_lo = 1e-6f;
	ret = make(op, rows, 1, 0, 0, &level.root);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_UNARY, &bounded, 1, level.root,
				     &node);
	if (ret)
		return ret;
	node->unary = LW_UNARY_RSQRT;
	ret = make(op, rows, rows->c, 0, 0, out);
	return ret ? ret : add_pair(op, LW_NODE_MUL, rows, level.root, *out);
}

int lw_tflite_l2_normalization(struct lw_tflite_op *op)
{
	struct lw_value *in, *rows, *sum = NULL, like = { 0 };
	uint32_t hwc[3] = { 0, 1, 0 };
	int ret = lw_tflite_input_value(op, 0, &in);

	if (!ret)
		ret = lw_tflite_describe(op, lw_tflite_output(op), &like);
	if (!ret)
		ret = lw_tflite_keeps_type(op, in, &like);
	if (!ret && lw_fb_u8(&op->source->options, L2_NORM_ACTIVATION, 0))
		ret = lw_tflite_refuse(op, "it has a fused activation; none expected");
	if (ret)
		return ret;
	hwc[0] = in->h * in->w;
	hwc[2] = in->c;
	ret = lw_tflite_view(op, in, hwc, &rows);
	if (!ret && in->quantised)
		ret = add_levels(op, rows, &like, &sum);
	else if (!ret)
		ret = add_real(op, rows, &sum);
	return ret ? ret : lw_tflite_deliver(op, sum, lw_tflite_output(op));
}
