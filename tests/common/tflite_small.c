// SPDX-License-Identifier: MIT
/* The int8 model of tests/data/small.tflite. */
#include "tflite_builder.h"

#define CHANNELS 8
#define CLASSES 4

/* Bytes that are the same everywhere. */
static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

/**
 * struct layer - constants of a convolution
 * @dims: of the weights
 * @outputs: channels
 * @axis: dimension of the weights that they are
 * @in_scale: of what it reads
 * @unit: half the least scale of its weights
 * @seed: of its numbers
 */
struct layer {
	int32_t dims[5];
	uint32_t outputs, axis;
	float in_scale, unit;
	uint32_t seed;
};

/* Weights and bias; they come after @input in the operator's inputs. */
static void add_constants(struct tfl *t, const struct layer *layer,
			  int32_t input, int32_t inputs[4])
{
	float weight_scale[CHANNELS], bias_scale[CHANNELS];
	int32_t bias[CHANNELS];
	int8_t weights[512];
	uint32_t state = layer->seed, n = 1, i;

	for (i = 0; layer->dims[i]; i++)
		n *= (uint32_t)layer->dims[i];
	for (i = 0; i < n; i++)
		weights[i] = (int8_t)(next(&state) % 255 - 127);
	for (i = 0; i < layer->outputs; i++) {
		weight_scale[i] = (float)(2 + i % 3) * layer->unit;
		bias_scale[i] = layer->in_scale * weight_scale[i];
		bias[i] = (int32_t)(next(&state) % 2001) - 1000;
	}
	inputs[0] = input;
	inputs[1] = tfl_add_tensor(t, &(struct tfl_tensor){
		.type = TFL_INT8,
		.dims = { layer->dims[0], layer->dims[1], layer->dims[2],
			  layer->dims[3] },
		.scale = weight_scale, .n_scales = layer->outputs,
		.axis = layer->axis, .data = weights, .size = n });
	inputs[2] = tfl_add_tensor(t, &(struct tfl_tensor){
		.type = TFL_INT32, .dims = { (int32_t)layer->outputs },
		.scale = bias_scale, .n_scales = layer->outputs, .data = bias,
		.size = layer->outputs * 4 });
	inputs[3] = -2;
}

static int32_t add_value(struct tfl *t, const char *name, int32_t size,
			 int32_t channels, float scale, int64_t zero)
{
	struct tfl_tensor tensor = {
		.name = name, .type = TFL_INT8, .dims = { 1, size, size,
							  channels },
		.scale = &scale, .n_scales = 1, .zero = zero };

	if (!size) {
		tensor.dims[1] = channels;
		tensor.dims[3] = 0;
	}
	return tfl_add_tensor(t, &tensor);
}

static int32_t add_body(struct tfl *t, int32_t image)
{
	const struct layer conv = { { CHANNELS, 3, 3, 3 }, CHANNELS, 0,
				    1.0f / 128, 1.0f / 1024, 1 };
	const struct layer depthwise = { { 1, 3, 3, CHANNELS }, CHANNELS, 3,
					 1.0f / 32, 1.0f / 1024, 2 };
	int32_t inputs[4], first, second, sum;

	first = add_value(t, "conv", 4, CHANNELS, 1.0f / 32, -128);
	add_constants(t, &conv, image, inputs);
	tfl_add_operator(t, TFL_CONV_2D, inputs, first, TFL_CONV_2D_OPTIONS,
			 tfl_conv_options(t, TFL_SAME, 2, TFL_FUSED_RELU, 0));
	second = add_value(t, "depthwise", 4, CHANNELS, 1.0f / 16, 5);
	add_constants(t, &depthwise, first, inputs);
	tfl_add_operator(t, TFL_DEPTHWISE_CONV_2D, inputs, second,
			 TFL_DEPTHWISE_OPTIONS,
			 tfl_conv_options(t, TFL_SAME, 1, TFL_NONE, 1));
	sum = add_value(t, "add", 4, CHANNELS, 1.0f / 20, -20);
	tfl_add_operator(t, TFL_ADD, (int32_t[]){ first, second, -2 }, sum,
			 TFL_ADD_OPTIONS, tfl_u8_options(t, TFL_NONE));
	return sum;
}

const uint8_t *tfl_small(struct tfl *t, size_t *size)
{
	const struct layer dense = { { CLASSES, CHANNELS }, CLASSES, 0,
				     1.0f / 20, 1.0f / 128, 3 };
	const int32_t new_shape[2] = { 1, CHANNELS };
	int32_t inputs[4], image, sum, mean, shape, vector, logits, classes;

	tfl_begin(t);
	/* Made first, so it is the file's end: with its zero, two whole words. */
	image = add_value(t, "picture", 8, 3, 1.0f / 128, 0);
	sum = add_body(t, image);
	mean = add_value(t, "mean", 1, CHANNELS, 1.0f / 20, -20);
	tfl_add_operator(t, TFL_AVERAGE_POOL_2D, (int32_t[]){ sum, -2 }, mean,
			 TFL_POOL_OPTIONS,
			 tfl_pool_options(t, TFL_VALID, 1, 4));
	vector = add_value(t, "vector", 0, CHANNELS, 1.0f / 20, -20);
	shape = tfl_add_tensor(t, &(struct tfl_tensor){
		.type = TFL_INT32, .dims = { 2 }, .data = new_shape,
		.size = sizeof(new_shape) });
	tfl_add_operator(t, TFL_RESHAPE, (int32_t[]){ mean, shape, -2 },
			 vector, TFL_NO_OPTIONS, 0);
	logits = add_value(t, "logits", 0, CLASSES, 1.0f / 16, 3);
	add_constants(t, &dense, vector, inputs);
	tfl_add_operator(t, TFL_FULLY_CONNECTED, inputs, logits,
			 TFL_FULLY_CONNECTED_OPTIONS,
			 tfl_u8_options(t, TFL_NONE));
	classes = add_value(t, "classes", 0, CLASSES, 1.0f / 256, -128);
	tfl_add_operator(t, TFL_SOFTMAX, (int32_t[]){ logits, -2 }, classes,
			 TFL_SOFTMAX_OPTIONS, tfl_f32_options(t, 1));
	return tfl_finish(t, image, classes, size);
}
