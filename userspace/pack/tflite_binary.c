// SPDX-License-Identifier: MIT
/*
 * Operators of two tensors, number by number. Dimensions of 1 stand for any.
 * A constant number, or one for each channel, makes a function of one number.
 */
#include <stdlib.h>

#include "tflite_binary.h"
#include "tflite_view.h"

enum { ACTIVATION = 0 };

int lw_tflite_operand_dims(const struct lw_tflite_pair *pair, uint32_t i,
			   struct lw_tflite_dims *dims)
{
	struct lw_tflite_dims own = pair->numbers.dims;
	uint32_t k, more;
	int ret = 0;

	if (pair->value[i])
		ret = lw_tflite_dims(pair->op, lw_tflite_input(pair->op, i),
				     &own);
	if (ret)
		return ret;
	if (own.n > pair->out.n)
		return lw_tflite_refuse(pair->op, "input %u has %u dimensions, the output %u",
					i, own.n, pair->out.n);
	*dims = pair->out;
	more = pair->out.n - own.n;
	for (k = 0; k < pair->out.n; k++) {
		dims->d[k] = k < more ? 1 : own.d[k - more];
		if (dims->d[k] != 1 && dims->d[k] != pair->out.d[k])
			return lw_tflite_refuse(pair->op, "dimension %u of input %u is %u, of the output %u",
						k, i, dims->d[k],
						pair->out.d[k]);
	}
	return 0;
}

/* Whether h of a value is that of the output, or 1. */
static bool has_whole_rows(const struct lw_tflite_dims *dims,
			   const struct lw_tflite_dims *out)
{
	uint32_t n = out->n > 2 ? out->n - 2 : 0;
	uint32_t rows = lw_tflite_product(dims, 0, n);

	return rows == 1 || rows == lw_tflite_product(out, 0, n);
}

/* An operand of which nodes can do the rest of the repeating. */
static int repeat(struct lw_tflite_pair *pair, uint32_t i)
{
	struct lw_tflite_dims dims;
	int ret = lw_tflite_operand_dims(pair, i, &dims);

	if (ret || has_whole_rows(&dims, &pair->out))
		return ret;
	return lw_tflite_repeat(pair->op, &pair->value[i], &dims, &pair->out);
}

int lw_tflite_pair_node(struct lw_tflite_pair *pair, struct lw_value *out)
{
	struct lw_tflite_op *op = pair->op;
	struct lw_node *node;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < 2 && !ret; i++) {
		ret = lw_tflite_keeps_type(op, pair->value[i], out);
		if (!ret)
			ret = repeat(pair, i);
	}
	if (!ret)
		ret = lw_tflite_node(op, pair->how->kind, pair->value, 2, out,
				     &node);
	if (ret)
		return ret;
	node->subtract = pair->how->subtract;
	return lw_tflite_activation(op, lw_fb_u8(&op->source->options,
						 ACTIVATION, 0), node);
}

static int add_node(struct lw_tflite_pair *pair)
{
	struct lw_value *out;
	int ret;

	if (pair->how->join)
		return pair->how->join(pair);
	ret = lw_tflite_output_value(pair->op, &out);
	return ret ? ret : lw_tflite_pair_node(pair, out);
}

/* XNNPACK's sum and product of a byte and a constant one. */
static int32_t sum(const struct lw_tflite_table *table, int32_t x, uint32_t c)
{
	const struct lw_sum *s = &table->sum;
	int64_t whole = (int64_t)x * s->mul[0] +
			(int64_t)table->constant[c] * s->mul[1];

	return (int32_t)((whole + (1ll << (s->shift - 1))) >> s->shift);
}

static int32_t product(const struct lw_tflite_table *table, int32_t x,
		       uint32_t c)
{
	return lw_tflite_rounded((float)(x * table->constant[c]) *
				 table->scale);
}

static int prepare_table(const struct lw_tflite_pair *pair, bool behind,
			 struct lw_tflite_table *table)
{
	const struct lw_value *in = table->node->in[0];
	const struct lw_value *out = table->node->out;
	const struct lw_value *like = &pair->numbers.like;
	float ratio = in->scale / out->scale;
	float second = like->scale / out->scale;

	if (!in->quantised)
		return 0;
	table->constant = pair->numbers.quanta;
	table->scale = (in->scale * like->scale) / out->scale;
	if (pair->how->prepare)
		return pair->how->prepare(pair, behind, table);
	if (pair->how->kind != LW_NODE_ADD)
		return 0;
	if (!lw_sum(&table->sum, ratio, second))
		return lw_tflite_refuse(pair->op, "an input's scale is %g times the output's, at most 2^19",
					fmaxf(ratio, second));
	if (pair->how->subtract)
		table->sum.mul[behind] = -table->sum.mul[behind];
	return 0;
}

static int set_numbers(const struct lw_tflite_pair *pair, bool behind,
		       struct lw_node *node)
{
	float sign = pair->how->subtract && behind ? -1 : 1;
	size_t i, n = pair->numbers.n;

	node->alpha = sign * pair->numbers.real[0];
	if (n == 1)
		return 0;
	node->alphas = calloc(n, sizeof(*node->alphas));
	if (!node->alphas)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		node->alphas[i] = sign * pair->numbers.real[i];
	return 0;
}

/* A function of one number, with a table for each constant. */
static int add_function(struct lw_tflite_pair *pair, bool behind)
{
	struct lw_value *out, *in = pair->value[!behind];
	struct lw_tflite_op *op = pair->op;
	struct lw_tflite_table table = { 0 };
	lw_tflite_rule *rule = pair->how->rule;
	int ret = lw_tflite_output_value(op, &out);

	if (!ret)
		ret = lw_tflite_keeps_type(op, in, out);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_UNARY, &in, 1, out,
				     &table.node);
	if (ret)
		return ret;
	if (!behind && pair->how->rule_before)
		rule = pair->how->rule_before;
	table.node->unary = behind ? pair->how->behind : pair->how->before;
	if (pair->how->one_scale)
		ret = lw_tflite_keeps_quanta(op, in, out);
	if (!ret && pair->how->one_scale)
		ret = lw_tflite_keeps_quanta(op, &pair->numbers.like, out);
	if (!ret)
		ret = set_numbers(pair, behind, table.node);
	if (!ret)
		ret = lw_tflite_activation(op, lw_fb_u8(&op->source->options,
							ACTIVATION, 0),
					   table.node);
	if (!ret)
		ret = prepare_table(pair, behind, &table);
	return ret ? ret : lw_tflite_set_tables(op, &table,
						(uint32_t)pair->numbers.n,
						rule);
}

/* Batch norm as other importers give it, which folds into convolutions. */
static int add_affine(struct lw_tflite_pair *pair, bool behind)
{
	struct lw_value *out, *in = pair->value[!behind];
	size_t n = pair->numbers.n;
	struct lw_weights *w;
	struct lw_node *node;
	uint32_t c;
	int ret = lw_tflite_output_value(pair->op, &out);

	if (!ret)
		ret = lw_tflite_keeps_type(pair->op, in, out);
	if (!ret)
		ret = lw_tflite_node(pair->op, LW_NODE_AFFINE, &in, 1, out,
				     &node);
	if (ret)
		return ret;
	w = lw_weights_new(out->c, 1, 1, 1, true);
	if (!w)
		return -ENOMEM;
	node->weights = w;
	node->window = (struct lw_window){ 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 };
	for (c = 0; c < out->c; c++) {
		float number = pair->numbers.real[n > 1 ? c : 0];

		if (pair->how->kind == LW_NODE_MUL) {
			w->real[c] = number;
			continue;
		}
		w->real[c] = pair->how->subtract && !behind ? -1 : 1;
		w->bias[c] = pair->how->subtract && behind ? -number : number;
	}
	return lw_tflite_activation(pair->op,
				    lw_fb_u8(&pair->op->source->options,
					     ACTIVATION, 0), node);
}

/* One number, or one for each channel, and the tensor is not repeated. */
static bool is_function(const struct lw_tflite_pair *pair, uint32_t i)
{
	const struct lw_tflite_numbers *numbers = &pair->numbers;
	const struct lw_tflite_dims *dims = &numbers->dims;
	uint32_t c = pair->out.n ? pair->out.d[pair->out.n - 1] : 1;

	if (numbers->n != 1 && (numbers->n != c || dims->d[dims->n - 1] != c))
		return false;
	return lw_value_size(pair->value[i]) ==
	       lw_tflite_product(&pair->out, 0, pair->out.n);
}

static int with_constant(struct lw_tflite_pair *pair)
{
	bool behind = pair->value[0];
	struct lw_value *in = pair->value[!behind];

	if (!is_function(pair, !behind)) {
		int ret = lw_tflite_input_value(pair->op, behind,
						&pair->value[behind]);

		return ret ? ret : add_node(pair);
	}
	if (!in->quantised && !pair->how->join)
		return add_affine(pair, behind);
	return add_function(pair, behind);
}

static int read_pair(struct lw_tflite_op *op, struct lw_tflite_pair *pair)
{
	uint32_t i, constants = 0;
	int ret = lw_tflite_dims(op, lw_tflite_output(op), &pair->out);

	for (i = 0; i < 2 && !ret; i++) {
		struct lw_tflite_tensor *tensor = lw_tflite_input(op, i);

		if (tensor->data && !constants++)
			ret = lw_tflite_numbers(op, tensor, &pair->numbers);
		else
			ret = lw_tflite_input_value(op, i, &pair->value[i]);
	}
	return ret;
}

int lw_tflite_binary(struct lw_tflite_op *op,
		     const struct lw_tflite_arithmetic *how)
{
	struct lw_tflite_pair pair = { .op = op, .how = how };
	struct lw_tflite_dims dims;
	int ret = read_pair(op, &pair);

	if (!ret)
		ret = lw_tflite_operand_dims(&pair, 0, &dims);
	if (!ret)
		ret = lw_tflite_operand_dims(&pair, 1, &dims);
	if (!ret && pair.value[0] && pair.value[1])
		ret = add_node(&pair);
	else if (!ret)
		ret = with_constant(&pair);
	lw_tflite_numbers_release(&pair.numbers);
	return ret;
}

int lw_tflite_add(struct lw_tflite_op *op)
{
	static const struct lw_tflite_arithmetic how = {
		.kind = LW_NODE_ADD,
		.behind = LW_UNARY_OFFSET,
		.before = LW_UNARY_OFFSET,
		.rule = sum,
	};

	return lw_tflite_binary(op, &how);
}

int lw_tflite_sub(struct lw_tflite_op *op)
{
	static const struct lw_tflite_arithmetic how = {
		.kind = LW_NODE_ADD,
		.subtract = true,
		.behind = LW_UNARY_OFFSET,
		.before = LW_UNARY_REVERSED,
		.rule = sum,
	};

	return lw_tflite_binary(op, &how);
}

int lw_tflite_mul(struct lw_tflite_op *op)
{
	static const struct lw_tflite_arithmetic how = {
		.kind = LW_NODE_MUL,
		.behind = LW_UNARY_SCALED,
		.before = LW_UNARY_SCALED,
		.rule = product,
	};

	return lw_tflite_binary(op, &how);
}
