// SPDX-License-Identifier: MIT
/* Layers whose outputs read all channels of a pixel, or all of an image. */
#include "tflite_view.h"

enum {
	FULLY_CONNECTED_ACTIVATION = 0,
	FULLY_CONNECTED_FORMAT = 1,
	BIAS = 2,
};

static const struct lw_window one_by_one = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 };

/* Rows of as many numbers as the weights take, whatever they were before. */
static int view_rows(struct lw_tflite_op *op, struct lw_value **in,
		     uint32_t inputs)
{
	size_t n = lw_value_size(*in);
	const uint32_t rows[3] = { 1, (uint32_t)(n / inputs), inputs };

	if ((*in)->c == inputs)
		return 0;
	if (n % inputs)
		return lw_tflite_refuse(op, "its weights take %u numbers at a time; its input is %ux%ux%u",
					inputs, (*in)->h, (*in)->w, (*in)->c);
	return lw_tflite_view(op, *in, rows, in);
}

static int add_bias(struct lw_tflite_op *op, const struct lw_value *like,
		    struct lw_value **sum, struct lw_node **node)
{
	struct lw_value *in[2] = { *sum };
	int ret;

	if (like->quantised)
		return lw_tflite_refuse(op, "it has a bias, and its weights are no constant");
	ret = lw_tflite_input_value(op, BIAS, &in[1]);
	if (!ret && lw_value_size(in[1]) != in[0]->c)
		ret = lw_tflite_refuse(op, "its bias has %zu entries; %u expected",
				       lw_value_size(in[1]), in[0]->c);
	if (!ret)
		ret = lw_tflite_derive(op, like, in[0]->h, in[0]->w, in[0]->c,
				       sum);
	return ret ? ret : lw_tflite_node(op, LW_NODE_ADD, in, 2, *sum, node);
}

/* Weights that are computed, too: a product of two matrices. */
static int multiply(struct lw_tflite_op *op,
		    const struct lw_tflite_layer *layer,
		    const struct lw_value *like)
{
	struct lw_value *in[2] = { layer->in }, *out = layer->out;
	struct lw_node *node;
	int ret = lw_tflite_input_value(op, 1, &in[1]);

	if (!ret)
		ret = lw_tflite_keeps_type(op, in[1], like);
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_MATMUL, in, 2, out, &node);
	if (ret)
		return ret;
	node->transpose_b = true;
	if (lw_tflite_input(op, BIAS))
		ret = add_bias(op, like, &out, &node);
	if (!ret)
		ret = lw_tflite_activation(op, layer->activation, node);
	return ret ? ret : lw_tflite_deliver(op, out, lw_tflite_output(op));
}

int lw_tflite_fully_connected(struct lw_tflite_op *op)
{
	const struct lw_fb_table *options = &op->source->options;
	const int32_t *dims = lw_tflite_input(op, 1)->dims;
	unsigned int format = lw_fb_u8(options, FULLY_CONNECTED_FORMAT, 0);
	struct lw_tflite_layer layer = {
		.groups = 1,
		.bias = BIAS,
		.window = one_by_one,
		.activation = lw_fb_u8(options, FULLY_CONNECTED_ACTIVATION, 0),
	};
	struct lw_value like = { .name = lw_tflite_output(op)->name };
	int ret = lw_tflite_input_value(op, 0, &layer.in);

	if (!ret)
		ret = lw_tflite_describe_quanta(op, lw_tflite_output(op),
						&like);
	if (!ret)
		ret = lw_tflite_keeps_type(op, layer.in, &like);
	if (!ret)
		ret = lw_tflite_weight_dims(op, 2);
	if (ret)
		return ret;
	if (format)
		return lw_tflite_refuse(op, "its weights are in format %u; 0 (plain) expected",
					format);
	layer.shape = (struct lw_weights){ .o = dims[0], .kh = 1, .kw = 1,
					   .i = dims[1] };
	ret = view_rows(op, &layer.in, layer.shape.i);
	if (!ret)
		ret = lw_tflite_derive(op, &like, layer.in->h, layer.in->w,
				       layer.shape.o, &layer.out);
	if (!ret && !lw_tflite_input(op, 1)->data)
		return multiply(op, &layer, &like);
	if (!ret)
		ret = lw_tflite_import_layer(op, &layer);
	return ret ? ret : lw_tflite_deliver(op, layer.out,
					     lw_tflite_output(op));
}
