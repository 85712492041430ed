// SPDX-License-Identifier: MIT
/* Small TFLite models for tests. */
#include <stdlib.h>

#include "tflite_builder.h"

void tfl_begin(struct tfl *t)
{
	/* Buffer 0 is the empty one; it is made last. */
	*t = (struct tfl){ .n_buffers = 1 };
}

void tfl_free(struct tfl *t)
{
	fbb_free(&t->fbb);
}

static uint32_t append(uint32_t *list, uint32_t *n, uint32_t object)
{
	if (*n == TFL_MAX)
		abort();
	list[*n] = object;
	return (*n)++;
}

static uint32_t add_buffer(struct tfl *t, const void *data, uint32_t size)
{
	uint32_t vector = fbb_vector(&t->fbb, data, size, 1, 16);

	fbb_begin(&t->fbb);
	fbb_ref(&t->fbb, 0, vector);
	return append(t->buffers, &t->n_buffers, fbb_end(&t->fbb));
}

static uint32_t make_quantization(struct tfl *t, const struct tfl_tensor *is)
{
	int64_t zeros[TFL_MAX];
	uint32_t scale, zero, i;

	if (is->n_scales > TFL_MAX)
		abort();
	for (i = 0; i < is->n_scales; i++)
		zeros[i] = is->zero;
	scale = fbb_vector(&t->fbb, is->scale, is->n_scales, 4, 4);
	zero = fbb_vector(&t->fbb, zeros, is->n_scales, 8, 8);
	fbb_begin(&t->fbb);
	fbb_ref(&t->fbb, 2, scale);
	fbb_ref(&t->fbb, 3, zero);
	if (is->axis)
		fbb_u32(&t->fbb, 6, is->axis);
	return fbb_end(&t->fbb);
}

int32_t tfl_add_tensor(struct tfl *t, const struct tfl_tensor *is)
{
	struct fbb *b = &t->fbb;
	uint32_t buffer = is->data ? add_buffer(t, is->data, is->size) : 0;
	uint32_t name = is->name ? fbb_string(b, is->name) : 0;
	uint32_t quantization = is->n_scales ? make_quantization(t, is) : 0;
	uint32_t n_dims = 0;
	uint32_t shape;

	while (is->dims[n_dims])
		n_dims++;
	shape = fbb_vector(b, is->dims, n_dims, 4, 4);
	fbb_begin(b);
	fbb_ref(b, 0, shape);
	if (buffer)
		fbb_u32(b, 2, buffer);
	if (name)
		fbb_ref(b, 3, name);
	if (quantization)
		fbb_ref(b, 4, quantization);
	if (is->type)
		fbb_u8(b, 1, is->type);
	return (int32_t)append(t->tensors, &t->n_tensors, fbb_end(b));
}

static uint32_t find_code(struct tfl *t, int code)
{
	uint32_t i;

	for (i = 0; i < t->n_codes; i++)
		if (t->code_numbers[i] == code)
			return i;
	fbb_begin(&t->fbb);
	/* The version that has int8, for runtimes; RESHAPE has but one. */
	fbb_u32(&t->fbb, 2, code == TFL_RESHAPE ? 1 : 2);
	fbb_u32(&t->fbb, 3, (uint32_t)code);
	fbb_u8(&t->fbb, 0, code < 127 ? (uint8_t)code : 127);
	append(t->codes, &t->n_codes, fbb_end(&t->fbb));
	t->code_numbers[i] = code;
	return i;
}

void tfl_add_operator(struct tfl *t, int code,
		      const int32_t *inputs, int32_t output,
		      enum tfl_options type, uint32_t options)
{
	struct fbb *b = &t->fbb;
	uint32_t index = find_code(t, code);
	uint32_t n = 0, in, out;

	while (inputs[n] != -2)
		n++;
	in = fbb_vector(b, inputs, n, 4, 4);
	out = fbb_vector(b, &output, 1, 4, 4);
	fbb_begin(b);
	fbb_u32(b, 0, index);
	fbb_ref(b, 1, in);
	fbb_ref(b, 2, out);
	if (options) {
		fbb_ref(b, 4, options);
		fbb_u8(b, 3, type);
	}
	append(t->operators, &t->n_operators, fbb_end(b));
}

uint32_t tfl_conv_options(struct tfl *t, enum tfl_padding padding,
			  uint32_t stride, unsigned int activation,
			  uint32_t multiplier)
{
	struct fbb *b = &t->fbb;

	fbb_begin(b);
	fbb_u32(b, 1, stride);
	fbb_u32(b, 2, stride);
	if (multiplier)
		fbb_u32(b, 3, multiplier);
	fbb_u8(b, multiplier ? 4 : 3, (uint8_t)activation);
	fbb_u8(b, 0, padding);
	return fbb_end(b);
}

uint32_t tfl_pool_options(struct tfl *t, enum tfl_padding padding,
			  uint32_t stride, uint32_t kernel)
{
	struct fbb *b = &t->fbb;

	fbb_begin(b);
	fbb_u32(b, 1, stride);
	fbb_u32(b, 2, stride);
	fbb_u32(b, 3, kernel);
	fbb_u32(b, 4, kernel);
	fbb_u8(b, 0, padding);
	return fbb_end(b);
}

uint32_t tfl_u8_options(struct tfl *t, uint8_t value)
{
	fbb_begin(&t->fbb);
	fbb_u8(&t->fbb, 0, value);
	return fbb_end(&t->fbb);
}

uint32_t tfl_f32_options(struct tfl *t, float value)
{
	fbb_begin(&t->fbb);
	fbb_f32(&t->fbb, 0, value);
	return fbb_end(&t->fbb);
}

const uint8_t *tfl_finish(struct tfl *t, int32_t input, int32_t output,
			  size_t *size)
{
	struct fbb *b = &t->fbb;
	uint32_t tensors = fbb_tables(b, t->tensors, t->n_tensors);
	uint32_t operators = fbb_tables(b, t->operators, t->n_operators);
	uint32_t inputs = fbb_vector(b, &input, 1, 4, 4);
	uint32_t outputs = fbb_vector(b, &output, 1, 4, 4);
	uint32_t codes = fbb_tables(b, t->codes, t->n_codes);
	uint32_t buffers, graph, graphs;

	fbb_begin(b);
	t->buffers[0] = fbb_end(b);
	buffers = fbb_tables(b, t->buffers, t->n_buffers);
	fbb_begin(b);
	fbb_ref(b, 0, tensors);
	fbb_ref(b, 1, inputs);
	fbb_ref(b, 2, outputs);
	fbb_ref(b, 3, operators);
	graph = fbb_end(b);
	graphs = fbb_tables(b, &graph, 1);
	fbb_begin(b);
	fbb_u32(b, 0, 3);
	fbb_ref(b, 1, codes);
	fbb_ref(b, 2, graphs);
	fbb_ref(b, 4, buffers);
	return fbb_finish(b, fbb_end(b), "TFL3", size);
}
