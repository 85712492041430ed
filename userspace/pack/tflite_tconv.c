// SPDX-License-Identifier: MIT
/* Transposed convolutions. */
#include "tflite_import.h"

enum {
	PADDING = 0,
	STRIDE_W = 1,
	STRIDE_H = 2,
	ACTIVATION = 3,
	PADDING_SAME = 0,
	WEIGHTS = 1,
	INPUT = 2,
	BIAS = 3,
	CUSTOM_SAME = 1,
	CUSTOM_VALID = 2,
	CUSTOM_INPUT = 0,
	CUSTOM_BIAS = 2,
};

/* One direction; what the kernels reach beyond the output is cropped. */
static int place(struct lw_tflite_op *op, bool same, uint32_t in, uint32_t out,
		 uint32_t kernel, int32_t stride, uint32_t *pad)
{
	int64_t whole;

	if (stride < 1 || stride > LW_MAX_DIM)
		return lw_tflite_refuse(op, "its stride is %d; 1 to %d expected",
					stride, LW_MAX_DIM);
	whole = (int64_t)(in - 1) * stride + kernel;
	*pad = same && whole > out ? (uint32_t)(whole - out) / 2 : 0;
	/* Where its window would lie by itself if nothing said the size. */
	if (same ? (out + stride - 1) / stride != in :
		   out < (int64_t)(in - 1) * stride + 1)
		return lw_tflite_refuse(op, "its output of %u does not go with an input of %u, a kernel of %u and a stride of %d",
					out, in, kernel, stride);
	return 0;
}

/**
 * struct way - how a transposed convolution goes
 * @same: padding
 * @stride_h: along rows
 * @stride_w: along columns
 * @input: number of that input
 */
struct way {
	bool same;
	int32_t stride_h, stride_w;
	uint32_t input;
};

static int read_window(struct lw_tflite_op *op, struct lw_tflite_layer *layer,
		       const struct way *way)
{
	const int32_t *dims = lw_tflite_input(op, WEIGHTS)->dims;
	struct lw_window *w = &layer->window;
	int ret;

	*w = (struct lw_window){
		.kernel_h = dims[1],
		.kernel_w = dims[2],
		.stride_h = way->stride_h,
		.stride_w = way->stride_w,
		.dilation_h = 1,
		.dilation_w = 1,
	};
	ret = place(op, way->same, layer->in->h, layer->out->h, w->kernel_h,
		    way->stride_h, &w->pad_top);
	return ret ? ret : place(op, way->same, layer->in->w, layer->out->w,
				 w->kernel_w, way->stride_w, &w->pad_left);
}

static int import_layer(struct lw_tflite_op *op, const struct way *way,
			struct lw_tflite_layer *layer)
{
	const int32_t *dims = lw_tflite_input(op, WEIGHTS)->dims;
	int ret = lw_tflite_image(op, lw_tflite_input(op, way->input));

	layer->transposed = true;
	layer->groups = 1;
	if (!ret)
		ret = lw_tflite_input_value(op, way->input, &layer->in);
	if (!ret)
		ret = lw_tflite_output_value(op, &layer->out);
	if (!ret)
		ret = lw_tflite_keeps_type(op, layer->in, layer->out);
	if (!ret)
		ret = lw_tflite_weight_dims(op, 4);
	if (!ret)
		ret = read_window(op, layer, way);
	if (ret)
		return ret;
	if ((uint32_t)dims[3] != layer->in->c)
		return lw_tflite_refuse(op, "its weights take %d channels, its input has %u",
					dims[3], layer->in->c);
	layer->shape = (struct lw_weights){ .o = dims[0], .kh = dims[1],
					    .kw = dims[2], .i = dims[3] };
	return lw_tflite_import_layer(op, layer);
}

int lw_tflite_transpose_conv(struct lw_tflite_op *op)
{
	const struct lw_fb_table *options = &op->source->options;
	const struct way way = {
		.same = lw_fb_u8(options, PADDING, 0) == PADDING_SAME,
		.stride_h = lw_fb_i32(options, STRIDE_H, 0),
		.stride_w = lw_fb_i32(options, STRIDE_W, 0),
		.input = INPUT,
	};
	struct lw_tflite_layer layer = {
		.bias = BIAS,
		.activation = lw_fb_u8(options, ACTIVATION, 0),
	};

	return import_layer(op, &way, &layer);
}

/* MediaPipe's: its options are a struct of TfLite, of three numbers. */
int lw_tflite_transpose_conv_bias(struct lw_tflite_op *op)
{
	const struct lw_fb_vector *bytes = &op->source->custom_options;
	const struct lw_fb_vector numbers = { bytes->data, bytes->n / 4 };
	struct lw_tflite_layer layer = { .bias = CUSTOM_BIAS };
	struct way way = { .input = CUSTOM_INPUT };
	int32_t padding;

	if (bytes->n < 12)
		return lw_tflite_refuse(op, "its options are %u bytes; 12 expected",
					bytes->n);
	if (lw_tflite_input(op, CUSTOM_INPUT)->type != LW_TFLITE_FLOAT32)
		return lw_tflite_refuse(op, "its input is %s; FLOAT32 expected",
					lw_tflite_type_name(lw_tflite_input(op, CUSTOM_INPUT)->type));
	padding = lw_tflite_index(&numbers, 0);
	if (padding != CUSTOM_SAME && padding != CUSTOM_VALID)
		return lw_tflite_refuse(op, "its padding is %d; %d (SAME) or %d (VALID) expected",
					padding, CUSTOM_SAME, CUSTOM_VALID);
	way.same = padding == CUSTOM_SAME;
	way.stride_w = lw_tflite_index(&numbers, 1);
	way.stride_h = lw_tflite_index(&numbers, 2);
	return import_layer(op, &way, &layer);
}
