/* SPDX-License-Identifier: MIT */
/* Small TFLite models for tests. */
#ifndef TFLITE_BUILDER_H
#define TFLITE_BUILDER_H

#include "flatbuffer_builder.h"

#define TFL_MAX 64

enum tfl_type { TFL_FLOAT32 = 0, TFL_INT32 = 2, TFL_UINT8 = 3, TFL_INT8 = 9 };

/* Some builtin operators, and types of their options, from the schema. */
enum tfl_operator {
	TFL_ADD = 0,
	TFL_AVERAGE_POOL_2D = 1,
	TFL_CONV_2D = 3,
	TFL_DEPTHWISE_CONV_2D = 4,
	TFL_DEQUANTIZE = 6,
	TFL_FULLY_CONNECTED = 9,
	TFL_RELU = 19,
	TFL_RESHAPE = 22,
	TFL_SOFTMAX = 25,
	TFL_QUANTIZE = 114,
};

enum tfl_options {
	TFL_NO_OPTIONS = 0,
	TFL_CONV_2D_OPTIONS = 1,
	TFL_DEPTHWISE_OPTIONS = 2,
	TFL_POOL_OPTIONS = 5,
	TFL_FULLY_CONNECTED_OPTIONS = 8,
	TFL_SOFTMAX_OPTIONS = 9,
	TFL_ADD_OPTIONS = 11,
};

enum tfl_padding { TFL_SAME = 0, TFL_VALID = 1 };
enum tfl_activation { TFL_NONE = 0, TFL_FUSED_RELU = 1, TFL_FUSED_TANH = 4 };

/**
 * struct tfl - a model that is being built
 * @fbb: its bytes
 * @codes: [n_codes] tables
 * @tensors: [n_tensors] tables
 * @buffers: [n_buffers] tables, the first is the empty one
 * @operators: [n_operators] tables
 */
struct tfl {
	struct fbb fbb;
	uint32_t codes[TFL_MAX], tensors[TFL_MAX], buffers[TFL_MAX];
	uint32_t operators[TFL_MAX];
	uint32_t n_codes, n_tensors, n_buffers, n_operators;
	int code_numbers[TFL_MAX];
};

/**
 * struct tfl_tensor - one to add
 * @name: may be NULL
 * @type: enum tfl_type
 * @dims: up to 4, ended by 0
 * @scale: [n_scales]
 * @n_scales: 0 for a float tensor
 * @zero: of all scales
 * @axis: dimension that several scales go along
 * @data: bytes of a constant, or NULL
 * @size: how many
 */
struct tfl_tensor {
	const char *name;
	enum tfl_type type;
	int32_t dims[5];
	const float *scale;
	uint32_t n_scales;
	int64_t zero;
	uint32_t axis;
	const void *data;
	uint32_t size;
};

void tfl_begin(struct tfl *t);
int32_t tfl_add_tensor(struct tfl *t, const struct tfl_tensor *tensor);

/* Adds an operator (enum tfl_operator, or any number); @inputs end with -2. Options are made before. */
void tfl_add_operator(struct tfl *t, int code,
		      const int32_t *inputs, int32_t output,
		      enum tfl_options type, uint32_t options);

/* Options: of convolutions (@multiplier 0: CONV_2D), pools, one number. */
uint32_t tfl_conv_options(struct tfl *t, enum tfl_padding padding,
			  uint32_t stride, unsigned int activation,
			  uint32_t multiplier);
uint32_t tfl_pool_options(struct tfl *t, enum tfl_padding padding,
			  uint32_t stride, uint32_t kernel);
uint32_t tfl_u8_options(struct tfl *t, uint8_t value);
uint32_t tfl_f32_options(struct tfl *t, float value);

/* The bytes of the model; tfl_free() releases them. */
const uint8_t *tfl_finish(struct tfl *t, int32_t input, int32_t output,
			  size_t *size);
void tfl_free(struct tfl *t);

/**
 * tfl_small() - the int8 model of tests/data/small.tflite
 * A convolution, a depthwise one, their sum, average pool, fully connected,
 * softmax, on images of 8x8x3.
 */
const uint8_t *tfl_small(struct tfl *t, size_t *size);

#endif /* TFLITE_BUILDER_H */
