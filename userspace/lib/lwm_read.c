// SPDX-License-Identifier: MIT
/* From the bytes of a package to the package. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "file.h"
#include "lwm_format.h"

/* Of region 0 in memory: a cache line. */
#define ALIGNMENT 64

static int no_memory(struct lwnpu_error *error)
{
	return lw_fail(error, -ENOMEM, "no memory to read the package");
}

/* Rows, columns and channels stand for themselves only where dims do not. */
static int read_shape(struct lwm_io *io, const Lwm__Io *stored,
		      struct lwnpu_error *error)
{
	uint32_t shape[3];

	io->h = stored->h;
	io->w = stored->w;
	io->c = stored->c;
	if (!lwm_dims_shape(io, shape))
		return 0;
	if (io->h == shape[0] && io->w == shape[1] && io->c == shape[2])
		return lw_fail(error, -EBADMSG,
			       "input or output %s: h, w, c repeat its dims, expected none",
			       io->name);
	if (!io->h && !io->w && !io->c) {
		io->h = shape[0];
		io->w = shape[1];
		io->c = shape[2];
	}
	return 0;
}

static int read_io(struct lwm_io *io, const Lwm__Io *stored, uint32_t region,
		   struct lwnpu_error *error)
{
	if (stored->n_dims > LWM_MAX_DIMS ||
	    stored->n_mean > LWM_MAX_IMAGE_CHANNELS ||
	    stored->n_mean != stored->n_std)
		return lw_fail(error, -EBADMSG,
			       "input or output %s: %zu dims, %zu mean, %zu std, expected at most %d, and at most %d of both",
			       stored->name, stored->n_dims, stored->n_mean,
			       stored->n_std, LWM_MAX_DIMS,
			       LWM_MAX_IMAGE_CHANNELS);
	if (stored->zero_point > UINT8_MAX)
		return lw_fail(error, -EBADMSG,
			       "input or output %s: zero point is %u, expected at most 255",
			       stored->name, stored->zero_point);
	*io = (struct lwm_io){
		.name = strdup(stored->name),
		.region = region,
		.scale = stored->scale,
		.zero_point = stored->zero_point,
		.is_signed = stored->is_signed,
		.n_dims = stored->n_dims,
		.nchw = stored->nchw,
		.norm_channels = stored->n_mean,
		.norm_scale = stored->norm_scale,
	};
	if (!io->name)
		return no_memory(error);
	if (stored->n_dims)
		memcpy(io->dims, stored->dims,
		       stored->n_dims * sizeof(*io->dims));
	if (stored->n_mean) {
		memcpy(io->mean, stored->mean,
		       stored->n_mean * sizeof(*io->mean));
		memcpy(io->std, stored->std, stored->n_std * sizeof(*io->std));
	}
	return read_shape(io, stored, error);
}

static int read_ios(struct lwm_io **ios, uint32_t *n, Lwm__Io **stored,
		    size_t n_stored, uint32_t region,
		    struct lwnpu_error *error)
{
	int ret = 0;

	*ios = calloc(n_stored + 1, sizeof(**ios));
	if (!*ios)
		return no_memory(error);
	for (; *n < n_stored && !ret; ++*n)
		ret = read_io(&(*ios)[*n], stored[*n], region + *n, error);
	return ret;
}

static int read_layers(struct lwm_package *package, const Lwm__Header *header,
		       struct lwnpu_error *error)
{
	const Lwm__Layer *stored;
	uint32_t i, at = 0;

	package->layers = calloc(header->n_layers + 1,
				 sizeof(*package->layers));
	if (!package->layers)
		return no_memory(error);
	for (i = 0; i < header->n_layers; i++) {
		stored = header->layers[i];
		if (stored->zero_macs > stored->macs)
			return lw_fail(error, -EBADMSG,
				       "layer %s: %" PRIu64 " multiply-accumulates are zero, expected at most %" PRIu64,
				       stored->name, stored->zero_macs,
				       stored->macs);
		package->layers[i] = (struct lwm_layer){
			.name = strdup(stored->name),
			.first_op = at,
			.n_ops = stored->n_ops,
			.macs = stored->macs,
			.nonzero_macs = stored->macs - stored->zero_macs,
		};
		package->n_layers++;
		at += stored->n_ops;
		if (!package->layers[i].name)
			return no_memory(error);
	}
	return 0;
}

static int read_segments(struct lwm_package *package,
			 const Lwm__Header *header, struct lwnpu_error *error)
{
	const Lwm__Blob *stored;
	uint32_t i, offset = 0;

	package->segments = calloc(header->n_segments + 1,
				   sizeof(*package->segments));
	if (!package->segments)
		return no_memory(error);
	for (i = 0; i < header->n_segments; i++) {
		stored = header->segments[i];
		package->segments[i] = (struct lwm_segment){
			.offset = offset,
			.size = stored->size,
			.coding = (enum lwm_coding)stored->coding,
			.coded_size = stored->stored_size,
		};
		package->n_segments++;
		offset += stored->size;
	}
	package->program.weights_size = offset;
	return 0;
}

/* Says which blob it is that the error is about. */
static int fail_blob(struct lwnpu_error *error, uint32_t index)
{
	char what[32];

	snprintf(what, sizeof(what), "segment %u", index - 1);
	return lw_fail_at(error, index ? what : "operations");
}

/* Adds the blob at *@at to what is to be decoded, and moves on behind it. */
static int add_blob(struct lwm_decoding *decoding, uint32_t index,
		    const Lwm__Blob *blob, const uint8_t **at, uint8_t *out,
		    struct lwnpu_error *error)
{
	const struct lwm_piece whole = {
		.coding = (enum lwm_coding)blob->coding,
		.blob = index,
		.coded = *at,
		.coded_size = blob->stored_size,
		.out = out,
		.size = blob->size,
	};

	*at += blob->stored_size;
	return lwm_decoding_add(decoding, &whole, error);
}

static int allocate_program(struct lw_program *program,
			    const Lwm__Header *header,
			    struct lwnpu_error *error)
{
	size_t room = (program->weights_size + ALIGNMENT - 1) / ALIGNMENT *
		      ALIGNMENT;
	const Lwm__Blob *ops = header->ops;

	if (ops->size % LWNPU_OP_SIZE ||
	    ops->size / LWNPU_OP_SIZE > LWNPU_MAX_OPS)
		return lw_fail(error, -EBADMSG,
			       "operations: decoded size is %u, expected a multiple of %d up to %d",
			       ops->size, LWNPU_OP_SIZE,
			       LWNPU_OP_SIZE * LWNPU_MAX_OPS);
	program->ops = malloc(ops->size);
	if (!program->ops)
		return no_memory(error);
	program->n_ops = ops->size / LWNPU_OP_SIZE;
	if (!room)
		return 0;
	program->weights = aligned_alloc(ALIGNMENT, room);
	if (!program->weights)
		return no_memory(error);
	memset(program->weights + program->weights_size, 0,
	       room - program->weights_size);
	return 0;
}

int lwm_prepare(struct lwm_decoding *decoding, struct lwm_package *package,
		const Lwm__Header *header, const uint8_t *blobs,
		struct lwnpu_error *error)
{
	struct lw_program *program = &package->program;
	uint32_t i;
	int ret;

	ret = read_segments(package, header, error);
	if (!ret)
		ret = allocate_program(program, header, error);
	if (ret)
		return ret;
	ret = add_blob(decoding, 0, header->ops, &blobs,
		       (uint8_t *)program->ops, error);
	for (i = 0; i < header->n_segments && !ret; i++)
		ret = add_blob(decoding, i + 1, header->segments[i], &blobs,
			       program->weights + package->segments[i].offset,
			       error);
	return ret ? fail_blob(error, i) : 0;
}

static int read_program(struct lwm_package *package, const Lwm__Header *header,
			const uint8_t *blobs, struct lwnpu_error *error)
{
	struct lwm_decoding decoding = { 0 };
	uint32_t failed;
	int ret;

	ret = lwm_prepare(&decoding, package, header, blobs, error);
	if (!ret && lwm_decoding_run(&decoding, 0, &failed, error))
		ret = fail_blob(error, failed);
	lwm_decoding_release(&decoding);
	return ret;
}

static int check_program_checksum(const struct lw_program *program,
				  uint64_t expected, struct lwnpu_error *error)
{
	uint64_t checksum = lwm_program_xxh3(program);

	if (checksum == expected)
		return 0;
	return lw_fail(error, -EBADMSG,
		       "decoded program is damaged: checksum %016" PRIx64 ", expected %016" PRIx64,
		       checksum, expected);
}

static int read_package(struct lwm_package *package,
			const Lwm__Header *header, const uint8_t *blobs,
			struct lwnpu_error *error)
{
	int ret;

	package->source = strdup(header->source);
	package->producer = strdup(header->producer);
	if (!package->source || !package->producer)
		return no_memory(error);
	ret = read_ios(&package->inputs, &package->n_inputs, header->inputs,
		       header->n_inputs, LWNPU_REGION_IO, error);
	if (!ret)
		ret = read_ios(&package->outputs, &package->n_outputs,
			       header->outputs, header->n_outputs,
			       LWNPU_REGION_IO + package->n_inputs, error);
	if (!ret)
		ret = read_layers(package, header, error);
	if (!ret)
		ret = read_program(package, header, blobs, error);
	if (!ret)
		ret = check_program_checksum(&package->program,
					     header->program_xxh3, error);
	if (!ret)
		ret = lwm_check(package, error);
	return ret;
}

int lwm_read_memory(struct lwm_package *package, const void *data, size_t size,
		    struct lwnpu_error *error)
{
	struct lwm_package made = { 0 };
	struct lwm_prelude prelude;
	struct lwnpu_error mine;
	Lwm__Header *header;
	int ret;

	if (!error)
		error = &mine;
	ret = lwm_parse(&header, data, size, error);
	if (ret)
		return ret;
	memcpy(&prelude, data, sizeof(prelude));
	ret = read_package(&made, header,
			   (const uint8_t *)data + lwm_blobs_start(&prelude),
			   error);
	lwm__header__free_unpacked(header, NULL);
	if (ret)
		lwm_release(&made);
	else
		*package = made;
	return ret;
}

int lwm_load(const char *path, void **data, size_t *size,
	     struct lwnpu_error *error)
{
	/* A header and two regions' worth of operations and weights. */
	const size_t max = 2 * LWNPU_MAX_REGION_SIZE;
	struct lwm_prelude prelude, checked;
	struct lwnpu_error mine;
	uint64_t file_size;
	size_t n;
	int ret;

	if (!error)
		error = &mine;
	ret = lw_file_peek(path, &prelude, sizeof(prelude), &n, &file_size,
			   error);
	if (ret)
		return ret;
	/* Where it shrinks meanwhile, the rest of the prelude is not there. */
	ret = lwm_check_prelude(&checked, &prelude,
				n < sizeof(prelude) ? n : file_size, error);
	if (ret)
		return lw_fail_at(error, path);
	return lw_file_read(path, max, data, size, error);
}

int lwm_read_file(struct lwm_package *package, const char *path,
		  struct lwnpu_error *error)
{
	struct lwnpu_error mine;
	size_t size;
	void *data;
	int ret;

	if (!error)
		error = &mine;
	ret = lwm_load(path, &data, &size, error);
	if (ret)
		return ret;
	ret = lwm_read_memory(package, data, size, error);
	free(data);
	return ret ? lw_fail_at(error, path) : 0;
}
