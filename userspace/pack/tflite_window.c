// SPDX-License-Identifier: MIT
/* Operators whose window slides over an image: convolutions and pools. */
#include <stdlib.h>

#include "tflite_import.h"

enum {
	/* Of both convolutions; then these, from the activation on. */
	CONV_PADDING = 0,
	CONV_STRIDE_W = 1,
	CONV_STRIDE_H = 2,
	CONV_ACTIVATION = 3,
	DEPTHWISE_ACTIVATION = 4,
	DILATION_W_BEHIND = 1,
	DILATION_H_BEHIND = 2,

	POOL_PADDING = 0,
	POOL_STRIDE_W = 1,
	POOL_STRIDE_H = 2,
	POOL_KERNEL_W = 3,
	POOL_KERNEL_H = 4,
	POOL_ACTIVATION = 5,

	PADDING_SAME = 0,
	PADDING_VALID = 1,
};

/* One direction of a window: size, stride, dilation; pads and output follow. */
struct span {
	int32_t kernel, stride, dilation;
	uint32_t before, after, out;
};

static int place_span(struct lw_tflite_op *op, struct span *span,
		      unsigned int padding, uint32_t in, const char *direction)
{
	int64_t reach, total;

	if (span->kernel < 1 || span->kernel > LW_MAX_DIM ||
	    span->stride < 1 || span->stride > LW_MAX_DIM ||
	    span->dilation < 1 || span->dilation > LW_MAX_DIM)
		return lw_tflite_refuse(op, "its %s has kernel %d, stride %d, dilation %d; 1 to %d expected",
					direction, span->kernel, span->stride,
					span->dilation, LW_MAX_DIM);
	reach = (int64_t)(span->kernel - 1) * span->dilation + 1;
	if (padding == PADDING_VALID) {
		if (reach > in)
			return lw_tflite_refuse(op, "its %s has a kernel that reaches over %lld of %u",
						direction, (long long)reach,
						in);
		span->out = (uint32_t)((in - reach) / span->stride + 1);
		return 0;
	}
	span->out = (in - 1) / span->stride + 1;
	total = (int64_t)(span->out - 1) * span->stride + reach - in;
	if (total < 0)
		total = 0;
	if (total > LW_MAX_DIM)
		return lw_tflite_refuse(op, "its %s has %lld of padding; at most %d expected",
					direction, (long long)total,
					LW_MAX_DIM);
	span->before = (uint32_t)(total / 2);
	span->after = (uint32_t)(total - total / 2);
	return 0;
}

/* Pads and the output's size, which the model states too. */
static int place_window(struct lw_tflite_op *op, struct span *h, struct span *w,
			unsigned int padding, const struct lw_value *in,
			const struct lw_value *out)
{
	int ret;

	if (padding != PADDING_SAME && padding != PADDING_VALID)
		return lw_tflite_refuse(op, "its padding is %u; 0 (same) or 1 (valid) expected",
					padding);
	ret = place_span(op, h, padding, in->h, "height");
	if (!ret)
		ret = place_span(op, w, padding, in->w, "width");
	if (ret)
		return ret;
	if (h->out != out->h || w->out != out->w)
		return lw_tflite_refuse(op, "its output has %ux%u pixels; %ux%u expected",
					out->h, out->w, h->out, w->out);
	return 0;
}

static struct lw_window window_of(const struct span *h, const struct span *w)
{
	return (struct lw_window){
		.kernel_h = h->kernel,
		.kernel_w = w->kernel,
		.stride_h = h->stride,
		.stride_w = w->stride,
		.dilation_h = h->dilation,
		.dilation_w = w->dilation,
		.pad_top = h->before,
		.pad_left = w->before,
		.pad_bottom = h->after,
		.pad_right = w->after,
	};
}

static int read_values(struct lw_tflite_op *op, struct lw_value **in,
		       struct lw_value **out)
{
	int ret = lw_tflite_input_value(op, 0, in);

	if (!ret)
		ret = lw_tflite_output_value(op, out);
	return ret ? ret : lw_tflite_keeps_type(op, *in, *out);
}

int lw_tflite_weight_dims(struct lw_tflite_op *op, uint32_t n_dims)
{
	const struct lw_tflite_tensor *weights = lw_tflite_input(op, 1);
	uint32_t i;

	if (weights->n_dims != n_dims)
		return lw_tflite_refuse(op, "its weights have %u dimensions; %u expected",
					weights->n_dims, n_dims);
	for (i = 0; i < n_dims; i++)
		if (weights->dims[i] < 1 || weights->dims[i] > LW_MAX_DIM)
			return lw_tflite_refuse(op, "dimension %u of its weights is %d; 1 to %d expected",
						i, weights->dims[i],
						LW_MAX_DIM);
	return 0;
}

int lw_tflite_add_layer(struct lw_tflite_op *op,
			const struct lw_tflite_layer *layer,
			struct lw_weights *weights)
{
	struct lw_value *in = layer->in;
	struct lw_node *node;
	int ret;

	ret = lw_tflite_node(op, layer->transposed ? LW_NODE_TCONV :
			     layer->groups ? LW_NODE_CONV : LW_NODE_DWCONV,
			     &in, 1, layer->out, &node);
	if (ret) {
		lw_weights_free(weights);
		return ret;
	}
	node->weights = weights;
	node->window = layer->window;
	if (layer->groups)
		node->groups = layer->groups;
	return lw_tflite_activation(op, layer->activation, node);
}

int lw_tflite_import_layer(struct lw_tflite_op *op,
			   const struct lw_tflite_layer *layer)
{
	struct lw_weights *weights;
	int16_t *rest;
	int ret;

	if (layer->shape.o != layer->out->c)
		return lw_tflite_refuse(op, "its output has %u channels, its weights make %u",
					layer->out->c, layer->shape.o);
	ret = lw_tflite_weights(op, layer->in, &layer->shape,
				layer->depthwise_order, layer->bias, &weights,
				&rest);
	if (ret)
		return ret;
	if (!rest)
		return lw_tflite_add_layer(op, layer, weights);
	ret = lw_tflite_add_wide(op, layer, weights, rest);
	free(rest);
	return ret;
}

/* The dilated convolution that brackets stand for. */
static int place_bracket(struct lw_tflite_op *op, struct lw_tflite_layer *layer)
{
	const struct lw_tflite_bracket *bracket = op->bracket;
	const int32_t *dims = lw_tflite_input(op, 1)->dims;
	struct lw_window *w = &layer->window;
	int64_t bottom, right;
	int ret = lw_tflite_value(op, bracket->out, &layer->out);

	layer->in = bracket->in;
	if (!ret)
		ret = lw_tflite_keeps_type(op, layer->in, layer->out);
	if (!ret)
		ret = lw_tflite_weight_dims(op, 4);
	if (ret)
		return ret;
	*w = (struct lw_window){ dims[1], dims[2], 1, 1, bracket->block[0],
				 bracket->block[1], bracket->pad[0],
				 bracket->pad[1], 0, 0 };
	bottom = layer->out->h + (int64_t)(w->kernel_h - 1) * w->dilation_h -
		 layer->in->h - w->pad_top;
	right = layer->out->w + (int64_t)(w->kernel_w - 1) * w->dilation_w -
		layer->in->w - w->pad_left;
	if (bottom < 0 || bottom > LW_MAX_DIM || right < 0 ||
	    right > LW_MAX_DIM)
		return lw_tflite_refuse(op, "the convolution of its batches makes %ux%u of %ux%u pixels",
					layer->out->h, layer->out->w,
					layer->in->h, layer->in->w);
	w->pad_bottom = (uint32_t)bottom;
	w->pad_right = (uint32_t)right;
	return 0;
}

/* What both convolutions have; @activation is the place of that field. */
static int read_layer(struct lw_tflite_op *op, uint32_t activation,
		      struct lw_tflite_layer *layer)
{
	const struct lw_fb_table *options = &op->source->options;
	const int32_t *dims = lw_tflite_input(op, 1)->dims;
	struct span h = {
		.stride = lw_fb_i32(options, CONV_STRIDE_H, 0),
		.dilation = lw_fb_i32(options, activation + DILATION_H_BEHIND,
				      1),
	};
	struct span w = {
		.stride = lw_fb_i32(options, CONV_STRIDE_W, 0),
		.dilation = lw_fb_i32(options, activation + DILATION_W_BEHIND,
				      1),
	};
	int ret;

	layer->activation = lw_fb_u8(options, activation, 0);
	if (op->bracket)
		return place_bracket(op, layer);
	ret = lw_tflite_image(op, lw_tflite_input(op, 0));
	if (!ret)
		ret = read_values(op, &layer->in, &layer->out);
	if (!ret)
		ret = lw_tflite_weight_dims(op, 4);
	if (ret)
		return ret;
	h.kernel = dims[1];
	w.kernel = dims[2];
	ret = place_window(op, &h, &w, lw_fb_u8(options, CONV_PADDING, 0),
			   layer->in, layer->out);
	layer->window = window_of(&h, &w);
	return ret;
}

int lw_tflite_conv(struct lw_tflite_op *op)
{
	const int32_t *dims = lw_tflite_input(op, 1)->dims;
	struct lw_tflite_layer layer = { .bias = 2 };
	int ret = read_layer(op, CONV_ACTIVATION, &layer);

	if (ret)
		return ret;
	if (layer.in->c % dims[3] || dims[0] % (layer.in->c / dims[3]))
		return lw_tflite_refuse(op, "its weights are %dx%dx%dx%d and its input has %u channels",
					dims[0], dims[1], dims[2], dims[3],
					layer.in->c);
	layer.groups = layer.in->c / dims[3];
	layer.shape = (struct lw_weights){ .o = dims[0], .kh = dims[1],
					   .kw = dims[2], .i = dims[3] };
	return lw_tflite_import_layer(op, &layer);
}

int lw_tflite_depthwise(struct lw_tflite_op *op)
{
	const int32_t *dims = lw_tflite_input(op, 1)->dims;
	struct lw_tflite_layer layer = { .depthwise_order = true, .bias = 2 };
	int ret = read_layer(op, DEPTHWISE_ACTIVATION, &layer);

	if (ret)
		return ret;
	if (dims[0] != 1 || dims[3] % layer.in->c)
		return lw_tflite_refuse(op, "its weights are %dx%dx%dx%d and its input has %u channels",
					dims[0], dims[1], dims[2], dims[3],
					layer.in->c);
	/* Several outputs for each input are groups of one input channel. */
	if ((uint32_t)dims[3] != layer.in->c)
		layer.groups = layer.in->c;
	layer.shape = (struct lw_weights){ .o = dims[3], .kh = dims[1],
					   .kw = dims[2], .i = 1 };
	return lw_tflite_import_layer(op, &layer);
}

static int add_pool(struct lw_tflite_op *op, enum lw_pool_kind kind,
		    struct lw_value *in, struct lw_value *out,
		    const struct lw_window *window, struct lw_node **node)
{
	int ret;

	if (in->c != out->c)
		return lw_tflite_refuse(op, "its input has %u channels, its output %u",
					in->c, out->c);
	ret = lw_tflite_node(op, LW_NODE_POOL, &in, 1, out, node);
	if (ret)
		return ret;
	(*node)->window = *window;
	(*node)->pool = kind;
	return 0;
}

static int pool(struct lw_tflite_op *op, enum lw_pool_kind kind)
{
	const struct lw_fb_table *options = &op->source->options;
	struct span h = {
		.kernel = lw_fb_i32(options, POOL_KERNEL_H, 0),
		.stride = lw_fb_i32(options, POOL_STRIDE_H, 0),
		.dilation = 1,
	};
	struct span w = {
		.kernel = lw_fb_i32(options, POOL_KERNEL_W, 0),
		.stride = lw_fb_i32(options, POOL_STRIDE_W, 0),
		.dilation = 1,
	};
	struct lw_value *in, *out;
	struct lw_window window;
	struct lw_node *node;
	int ret = lw_tflite_image(op, lw_tflite_input(op, 0));

	if (!ret)
		ret = read_values(op, &in, &out);
	if (!ret)
		ret = lw_tflite_keeps_quanta(op, in, out);
	if (!ret)
		ret = place_window(op, &h, &w,
				   lw_fb_u8(options, POOL_PADDING, 0), in, out);
	if (ret)
		return ret;
	window = window_of(&h, &w);
	ret = add_pool(op, kind, in, out, &window, &node);
	if (ret)
		return ret;
	if (kind == LW_POOL_AVERAGE && in->quantised)
		node->rule = LW_RULE_TFLITE;
	node->average_zero = in->is_signed ? 128 : 0;
	return lw_tflite_activation(op, lw_fb_u8(options, POOL_ACTIVATION, 0),
				    node);
}

int lw_tflite_max_pool(struct lw_tflite_op *op)
{
	return pool(op, LW_POOL_MAX);
}

int lw_tflite_average_pool(struct lw_tflite_op *op)
{
	return pool(op, LW_POOL_AVERAGE);
}
