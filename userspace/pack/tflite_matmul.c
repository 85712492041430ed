// SPDX-License-Identifier: MIT
/* Products of matrices: batches of them lie along h. */
#include "tflite_view.h"

enum {
	ADJ_X = 0,
	ADJ_Y = 1,
};

struct factor {
	struct lw_value *value;
	struct lw_tflite_dims dims;
};

static int read_factor(struct lw_tflite_op *op, uint32_t i,
		       struct factor *factor)
{
	int ret = lw_tflite_dims(op, lw_tflite_input(op, i), &factor->dims);

	if (ret)
		return ret;
	if (factor->dims.n < 2)
		return lw_tflite_refuse(op, "input %u has %u dimensions; 2 at least expected",
					i, factor->dims.n);
	return lw_tflite_input_value(op, i, &factor->value);
}

/* As many batches as the output has, or one. */
static int spread(struct lw_tflite_op *op, struct factor *factor,
		  const struct lw_tflite_dims *out)
{
	struct lw_tflite_dims dims = *out, whole = *out;
	uint32_t i, more = out->n - factor->dims.n, batches = out->n - 2;

	for (i = 0; i < out->n; i++) {
		dims.d[i] = i < more ? 1 : factor->dims.d[i - more];
		if (i < batches && dims.d[i] != 1 && dims.d[i] != out->d[i])
			return lw_tflite_refuse(op, "dimension %u of an input is %u, of its output %u",
						i, dims.d[i], out->d[i]);
	}
	whole.d[out->n - 2] = dims.d[out->n - 2];
	whole.d[out->n - 1] = dims.d[out->n - 1];
	if (lw_tflite_product(&dims, 0, batches) == 1 ||
	    lw_tflite_product(&dims, 0, batches) ==
		    lw_tflite_product(out, 0, batches))
		return 0;
	return lw_tflite_repeat(op, &factor->value, &dims, &whole);
}

static int multiply(struct lw_tflite_op *op, struct factor factors[2],
		    const struct lw_tflite_dims *out)
{
	struct lw_value *in[2], *product;
	struct lw_node *node;
	uint32_t i;
	int ret = lw_tflite_output_value(op, &product);

	for (i = 0; i < 2 && !ret; i++) {
		ret = lw_tflite_keeps_type(op, factors[i].value, product);
		if (!ret)
			ret = spread(op, &factors[i], out);
		in[i] = factors[i].value;
	}
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_MATMUL, in, 2, product, &node);
	if (ret)
		return ret;
	node->transpose_a = lw_fb_u8(&op->source->options, ADJ_X, 0);
	node->transpose_b = lw_fb_u8(&op->source->options, ADJ_Y, 0);
	return 0;
}

int lw_tflite_batch_matmul(struct lw_tflite_op *op)
{
	struct factor factors[2] = { 0 };
	struct lw_tflite_dims out;
	int ret = lw_tflite_dims(op, lw_tflite_output(op), &out);

	if (!ret)
		ret = read_factor(op, 0, &factors[0]);
	if (!ret)
		ret = read_factor(op, 1, &factors[1]);
	if (!ret && (out.n < factors[0].dims.n || out.n < factors[1].dims.n))
		ret = lw_tflite_refuse(op, "its output has fewer dimensions than an input");
	return ret ? ret : multiply(op, factors, &out);
}
