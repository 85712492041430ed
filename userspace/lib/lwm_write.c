// SPDX-License-Identifier: MIT
/* From a package to its bytes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "coding.h"
#include "file.h"
#include "lwm_format.h"

/**
 * struct writer - a package as it is put together
 * @codings: set of codings to try
 * @error: of the caller
 * @header: points into the arrays below and into the package
 * @ops: blob of the operations
 * @blobs: of the segments
 * @segments: the header's
 * @ios: the header's, inputs and then outputs
 * @layers: the header's
 * @segment_list: pointers to @segments, as protobuf-c wants them
 * @io_list: pointers to @ios
 * @layer_list: pointers to @layers
 * @stored: bytes from the first blob on
 * @stored_size: how many so far
 * @coded: lwm_coding_room() for the largest blob
 */
struct writer {
	unsigned int codings;
	struct lwnpu_error *error;
	Lwm__Header header;
	Lwm__Blob ops;
	Lwm__Blob *blobs;
	Lwm__Segment *segments;
	Lwm__Io *ios;
	Lwm__Layer *layers;
	Lwm__Segment **segment_list;
	Lwm__Io **io_list;
	Lwm__Layer **layer_list;
	uint8_t *stored;
	size_t stored_size;
	uint8_t *coded;
};

static int no_memory(struct lwnpu_error *error)
{
	return lw_fail(error, -ENOMEM, "no memory to write the package");
}

static int check_segments(const struct lwm_package *package,
			  struct lwnpu_error *error)
{
	const struct lwm_segment *segment;
	uint64_t at = 0;
	uint32_t i;

	for (i = 0; i < package->n_segments; i++) {
		segment = &package->segments[i];
		if (segment->offset != at || !segment->size)
			return lw_fail(error, -EINVAL,
				       "segment %s: %u bytes at %u, expected some at %" PRIu64,
				       segment->name, segment->size,
				       segment->offset, at);
		at += segment->size;
	}
	if (at != package->program.weights_size || at > LWNPU_MAX_REGION_SIZE)
		return lw_fail(error, -EINVAL,
			       "segments end at %" PRIu64 ", expected %zu and at most %llu",
			       at, package->program.weights_size,
			       LWNPU_MAX_REGION_SIZE);
	return 0;
}

static size_t ops_size(const struct lwm_package *package)
{
	return (size_t)package->program.n_ops * LWNPU_OP_SIZE;
}

/* Room for all blobs stored raw, and for the largest of them. */
static int allocate_blobs(struct writer *writer,
			  const struct lwm_package *package)
{
	size_t total = lwm_align(ops_size(package)), most = total;
	uint32_t i;

	for (i = 0; i < package->n_segments; i++) {
		total += lwm_align(package->segments[i].size);
		if (most < package->segments[i].size)
			most = package->segments[i].size;
	}
	writer->stored = calloc(1, total);
	writer->coded = malloc(lwm_coding_room(most));
	return writer->stored && writer->coded ? 0 : no_memory(writer->error);
}

static int allocate_header(struct writer *writer,
			   const struct lwm_package *package)
{
	size_t segments = package->n_segments + 1;
	size_t ios = (size_t)package->n_inputs + package->n_outputs + 1;
	size_t layers = package->n_layers + 1;

	writer->blobs = calloc(segments, sizeof(*writer->blobs));
	writer->segments = calloc(segments, sizeof(*writer->segments));
	writer->segment_list = calloc(segments, sizeof(*writer->segment_list));
	writer->ios = calloc(ios, sizeof(*writer->ios));
	writer->io_list = calloc(ios, sizeof(*writer->io_list));
	writer->layers = calloc(layers, sizeof(*writer->layers));
	writer->layer_list = calloc(layers, sizeof(*writer->layer_list));
	if (writer->blobs && writer->segments && writer->segment_list &&
	    writer->ios && writer->io_list && writer->layers &&
	    writer->layer_list)
		return 0;
	return no_memory(writer->error);
}

static void release(struct writer *writer)
{
	free(writer->blobs);
	free(writer->segments);
	free(writer->segment_list);
	free(writer->ios);
	free(writer->io_list);
	free(writer->layers);
	free(writer->layer_list);
	free(writer->stored);
	free(writer->coded);
}

/* Stores the smallest coded form, the first of equals. */
static int store(struct writer *writer, Lwm__Blob *blob, const uint8_t *data,
		 size_t size)
{
	size_t coded_size, best = size, room = lwm_coding_room(size);
	uint8_t *at;
	unsigned int coding;
	int ret;

	lwm__blob__init(blob);
	blob->offset = lwm_align(writer->stored_size);
	blob->size = size;
	at = writer->stored + blob->offset;
	memcpy(at, data, size);
	for (coding = LWM_RAW + 1; coding < LWM_CODINGS; coding++) {
		if (!(writer->codings & (1u << coding)))
			continue;
		ret = lwm_codecs[coding].encode(data, size, writer->coded,
						room, &coded_size);
		if (ret == -ENOMEM)
			return no_memory(writer->error);
		if (ret || coded_size >= best)
			continue;
		memset(at, 0, best);
		memcpy(at, writer->coded, coded_size);
		best = coded_size;
		blob->coding = (Lwm__Coding)coding;
	}
	blob->stored_size = best;
	blob->stored_xxh3 = XXH3_64bits(at, best);
	writer->stored_size = blob->offset + best;
	return 0;
}

static char *text(char *name)
{
	return name ? name : (char *)protobuf_c_empty_string;
}

static int write_segments(struct writer *writer, struct lwm_package *package)
{
	struct lwm_segment *segment;
	Lwm__Segment *stored;
	uint32_t i;
	int ret;

	for (i = 0; i < package->n_segments; i++) {
		segment = &package->segments[i];
		stored = writer->segment_list[i] = &writer->segments[i];
		lwm__segment__init(stored);
		stored->name = text(segment->name);
		stored->blob = &writer->blobs[i];
		ret = store(writer, stored->blob,
			    package->program.weights + segment->offset,
			    segment->size);
		if (ret)
			return ret;
	}
	writer->header.n_segments = package->n_segments;
	writer->header.segments = writer->segment_list;
	return 0;
}

static void write_io(Lwm__Io *stored, struct lwm_io *io)
{
	lwm__io__init(stored);
	stored->name = text(io->name);
	stored->region = io->region;
	stored->h = io->h;
	stored->w = io->w;
	stored->c = io->c;
	stored->scale = io->scale;
	stored->zero_point = io->zero_point;
	stored->is_signed = io->is_signed;
	stored->n_dims = io->n_dims;
	stored->dims = io->dims;
	stored->nchw = io->nchw;
	stored->norm_scale = io->norm_scale;
	stored->n_mean = io->norm_channels;
	stored->mean = io->mean;
	stored->n_std = io->norm_channels;
	stored->std = io->std;
}

static void write_ios(struct writer *writer, struct lwm_package *package)
{
	uint32_t i, n_inputs = package->n_inputs;

	for (i = 0; i < n_inputs + package->n_outputs; i++) {
		writer->io_list[i] = &writer->ios[i];
		write_io(&writer->ios[i],
			 i < n_inputs ? &package->inputs[i] :
					&package->outputs[i - n_inputs]);
	}
	writer->header.n_inputs = n_inputs;
	writer->header.inputs = writer->io_list;
	writer->header.n_outputs = package->n_outputs;
	writer->header.outputs = writer->io_list + n_inputs;
}

static void write_layers(struct writer *writer,
			 const struct lwm_package *package)
{
	Lwm__Layer *stored;
	uint32_t i;

	for (i = 0; i < package->n_layers; i++) {
		stored = writer->layer_list[i] = &writer->layers[i];
		lwm__layer__init(stored);
		stored->name = text(package->layers[i].name);
		stored->first_op = package->layers[i].first_op;
		stored->n_ops = package->layers[i].n_ops;
		stored->macs = package->layers[i].macs;
		stored->nonzero_macs = package->layers[i].nonzero_macs;
	}
	writer->header.n_layers = package->n_layers;
	writer->header.layers = writer->layer_list;
}

static int write_header(struct writer *writer, struct lwm_package *package)
{
	int ret;

	lwm__header__init(&writer->header);
	writer->header.source = text(package->source);
	writer->header.producer = text(package->producer);
	writer->header.ops = &writer->ops;
	ret = store(writer, &writer->ops,
		    (const uint8_t *)package->program.ops, ops_size(package));
	if (!ret)
		ret = write_segments(writer, package);
	if (ret)
		return ret;
	write_ios(writer, package);
	write_layers(writer, package);
	writer->header.program_xxh3 = lwm_program_xxh3(&package->program);
	return 0;
}

/* Prelude, header and blobs as one piece. */
static int assemble(struct writer *writer, void **data, size_t *size)
{
	struct lwm_prelude prelude = { .version = LWM_VERSION };
	size_t header_size, start;
	uint8_t *bytes;

	header_size = lwm__header__get_packed_size(&writer->header);
	if (header_size > LWM_MAX_HEADER)
		return lw_fail(writer->error, -EINVAL,
			       "header has %zu bytes, expected at most %u",
			       header_size, LWM_MAX_HEADER);
	memcpy(prelude.magic, LWM_MAGIC, sizeof(prelude.magic));
	prelude.header_size = header_size;
	start = lwm_blobs_start(&prelude);
	prelude.file_size = start + writer->stored_size;
	bytes = calloc(1, prelude.file_size);
	if (!bytes)
		return no_memory(writer->error);
	memcpy(bytes, &prelude, sizeof(prelude));
	lwm__header__pack(&writer->header, bytes + sizeof(prelude));
	memcpy(bytes + start, writer->stored, writer->stored_size);
	prelude.checksum = lwm_header_xxh3(bytes);
	memcpy(bytes, &prelude, sizeof(prelude));
	*data = bytes;
	*size = prelude.file_size;
	return 0;
}

static void note_codings(struct lwm_package *package,
			 const struct writer *writer)
{
	uint32_t i;

	for (i = 0; i < package->n_segments; i++) {
		package->segments[i].coding =
			(enum lwm_coding)writer->blobs[i].coding;
		package->segments[i].coded_size = writer->blobs[i].stored_size;
	}
}

int lwm_write_memory(struct lwm_package *package, unsigned int codings,
		     void **data, size_t *size, struct lwnpu_error *error)
{
	struct writer writer = { .codings = codings, .error = error };
	int ret;

	ret = check_segments(package, error);
	if (!ret)
		ret = lwm_check(package, error);
	if (ret)
		return ret;
	ret = allocate_blobs(&writer, package);
	if (!ret)
		ret = allocate_header(&writer, package);
	if (!ret)
		ret = write_header(&writer, package);
	if (!ret)
		ret = assemble(&writer, data, size);
	if (!ret)
		note_codings(package, &writer);
	release(&writer);
	return ret;
}

int lwm_write_file(struct lwm_package *package, unsigned int codings,
		   const char *path, struct lwnpu_error *error)
{
	size_t size;
	void *data;
	int ret;

	ret = lwm_write_memory(package, codings, &data, &size, error);
	if (ret)
		return lw_fail_at(error, path);
	ret = lw_file_write(path, data, size, error);
	free(data);
	return ret;
}
