// SPDX-License-Identifier: MIT
/* A package in memory. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lwm_format.h"
#include "lwnpu_table.h"

static void release_ios(struct lwm_io *ios, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		free(ios[i].name);
	free(ios);
}

void lwm_release(struct lwm_package *package)
{
	uint32_t i;

	free(package->source);
	free(package->producer);
	lw_program_release(&package->program);
	free(package->segments);
	release_ios(package->inputs, package->n_inputs);
	release_ios(package->outputs, package->n_outputs);
	for (i = 0; i < package->n_layers; i++)
		free(package->layers[i].name);
	free(package->layers);
	memset(package, 0, sizeof(*package));
}

uint64_t lwm_header_xxh3(const uint8_t *data)
{
	const size_t start = offsetof(struct lwm_prelude, version);
	struct lwm_prelude prelude;

	memcpy(&prelude, data, sizeof(prelude));
	return XXH3_64bits(data + start,
			   sizeof(prelude) - start + prelude.header_stored);
}

uint32_t lwm_blob_xxh3(const uint8_t *stored, size_t size)
{
	return (uint32_t)XXH3_64bits(stored, size);
}

uint64_t lwm_program_xxh3(const struct lw_program *program)
{
	uint64_t ops = XXH3_64bits(program->ops,
				   (size_t)program->n_ops * LWNPU_OP_SIZE);

	return XXH3_64bits_withSeed(program->weights, program->weights_size,
				    ops);
}

bool lwm_dims_shape(const struct lwm_io *io, uint32_t shape[3])
{
	uint32_t i, n = io->n_dims;

	if (n < 2 || n > 4)
		return false;
	shape[0] = shape[1] = shape[2] = 1;
	if (io->nchw) {
		shape[2] = io->dims[1];
		for (i = 2; i < n; i++)
			shape[i - 2] = io->dims[i];
	} else {
		for (i = 1; i < n; i++)
			shape[3 - n + i] = io->dims[i];
	}
	return true;
}

static bool is_inside(const struct lwm_segment *segment, int64_t offset)
{
	return offset >= segment->offset &&
	       offset - segment->offset < segment->size;
}

/* Weight streams are those whose length a field gives. */
static bool op_streams_from(const struct lwnpu_op *op,
			    const struct lwm_segment *segment)
{
	const struct lw_op_desc *desc = lw_op_describe(op->opcode);
	uint32_t i;

	for (i = 1; desc && i < desc->n_fields; i++)
		if (desc->fields[i].role == LW_ROLE_LENGTH &&
		    is_inside(segment, lw_field_get(op, &desc->fields[i - 1])))
			return true;
	return false;
}

static bool op_reads_tensor(const struct lwnpu_op *op,
			    const struct lwm_segment *segment)
{
	uint32_t i;

	for (i = 0; i < LW_COUNT(op->in); i++)
		if (op->in[i].h && op->in[i].region == LWNPU_REGION_WEIGHTS &&
		    is_inside(segment, op->in[i].offset))
			return true;
	return false;
}

const struct lwm_layer *lwm_segment_layer(const struct lwm_package *package,
					  uint32_t index)
{
	const struct lwm_segment *segment = &package->segments[index];
	const struct lwnpu_op *op = package->program.ops;
	const struct lwm_layer *layer;
	uint32_t i, k;

	for (i = 0; i < package->n_layers; i++) {
		layer = &package->layers[i];
		for (k = 0; k < layer->n_ops; k++, op++) {
			if (op_streams_from(op, segment) ||
			    op_reads_tensor(op, segment))
				return layer;
		}
	}
	return NULL;
}
