// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "output.h"
#include "sample.h"

int lw_buffers_init(struct lw_buffers *buffers, const struct lwm_io *ios,
		    uint32_t n, enum lwnpu_type type, struct lwnpu_error *error)
{
	size_t item = type == LWNPU_F32 ? sizeof(float) : 1;
	bool full;

	*buffers = (struct lw_buffers){
		.n = n,
		.buffer = calloc(n, sizeof(*buffers->buffer)),
	};
	full = buffers->buffer;
	for (uint32_t i = 0; i < n && full; i++) {
		size_t size = lw_io_elements(&ios[i]) * item;
		void *data = malloc(size);

		full = data;
		buffers->buffer[i] = (struct lwnpu_buffer){ data, size, type };
	}
	return full ? 0 : lw_fail(error, -ENOMEM,
				  "out of memory for %u inputs or outputs", n);
}

void lw_buffers_release(struct lw_buffers *buffers)
{
	for (uint32_t i = 0; buffers->buffer && i < buffers->n; i++)
		free(buffers->buffer[i].data);
	free(buffers->buffer);
	*buffers = (struct lw_buffers){ 0 };
}

int lw_outputs_init(struct lw_outputs *outputs, const struct lwm_io *io,
		    size_t count, enum lwnpu_type type,
		    struct lwnpu_error *error)
{
	struct lw_npy *array = &outputs->array;
	size_t shape[LWM_MAX_DIMS];
	uint32_t n = lw_io_shape(io, shape);

	*outputs = (struct lw_outputs){ io, lw_io_elements(io), { 0 } };
	/* A shape of eight sizes without a batch axis has no room for one. */
	if (n && n < LW_NPY_MAX_DIMS) {
		array->n_dims = n + 1;
		memcpy(array->dims + 1, shape, n * sizeof(shape[0]));
	} else {
		array->n_dims = 2;
		array->dims[1] = outputs->elements;
	}
	array->dims[0] = count;
	array->kind = type == LWNPU_F32 ? 'f' : io->is_signed ? 'i' : 'u';
	array->item_size = type == LWNPU_F32 ? sizeof(float) : 1;
	if (lw_mul(count, outputs->elements, &array->count) ||
	    !(array->file = calloc(array->count, array->item_size)))
		return lw_fail(error, -ENOMEM, "out of memory for %zu outputs",
			       count);
	array->data = array->file;
	return 0;
}

void lw_outputs_release(struct lw_outputs *outputs)
{
	lw_npy_release(&outputs->array);
}

void lw_outputs_put(struct lw_outputs *outputs, size_t i, const void *data)
{
	size_t size = outputs->array.item_size;
	uint8_t *to = outputs->array.file;
	const uint8_t *from = data;

	to += i * outputs->elements * size;
	for (size_t k = 0; k < outputs->elements; k++)
		memcpy(to + lw_io_place(outputs->io, k) * size, from + k * size,
		       size);
}

int lw_outputs_write(const struct lw_outputs *outputs, const char *path,
		     struct lwnpu_error *error)
{
	return lw_npy_write(&outputs->array, path, error);
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void lw_buffers_randomise(struct lw_buffers *buffers, uint64_t *state)
{
	for (uint32_t i = 0; i < buffers->n; i++) {
		uint8_t *bytes = buffers->buffer[i].data;

		for (size_t k = 0; k < buffers->buffer[i].size; k++)
			bytes[k] = next_random(state);
	}
}
