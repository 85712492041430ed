// SPDX-License-Identifier: MIT
/* A package in memory. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lwm_format.h"

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
	for (i = 0; i < package->n_segments; i++)
		free(package->segments[i].name);
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
			   sizeof(prelude) - start + prelude.header_size);
}

uint64_t lwm_program_xxh3(const struct lw_program *program)
{
	uint64_t ops = XXH3_64bits(program->ops,
				   (size_t)program->n_ops * LWNPU_OP_SIZE);

	return XXH3_64bits_withSeed(program->weights, program->weights_size,
				    ops);
}
