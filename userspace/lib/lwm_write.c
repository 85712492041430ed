// SPDX-License-Identifier: MIT
/* From a package to its bytes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "coding.h"
#include "file.h"
#include "lwm_format.h"

/**
 * struct writer - a package as it is put together
 * @choice: codings to choose from
 * @chain: blobs of weights so far
 * @error: of the caller
 * @header: points into the arrays below and into the package
 * @ops: blob of the operations
 * @segments: the header's
 * @ios: the header's, inputs and then outputs
 * @layers: the header's
 * @segment_list: pointers to @segments, as protobuf-c wants them
 * @io_list: pointers to @ios
 * @layer_list: pointers to @layers
 * @stored: bytes from the first blob on, room for all of them raw
 * @stored_size: how many so far
 */
struct writer {
	const struct lwm_choice *choice;
	struct lwm_chain *chain;
	struct lwnpu_error *error;
	Lwm__Header header;
	Lwm__Blob ops;
	Lwm__Blob *segments;
	Lwm__Io *ios;
	Lwm__Layer *layers;
	Lwm__Blob **segment_list;
	Lwm__Io **io_list;
	Lwm__Layer **layer_list;
	uint8_t *stored;
	size_t stored_size;
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
				       "segment %u: %u bytes at %u, expected some at %" PRIu64,
				       i, segment->size, segment->offset, at);
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

static int allocate(struct writer *writer, const struct lwm_package *package)
{
	size_t segments = package->n_segments + 1;
	size_t ios = (size_t)package->n_inputs + package->n_outputs + 1;
	size_t layers = package->n_layers + 1;

	writer->chain = calloc(1, sizeof(*writer->chain));
	writer->stored = malloc(ops_size(package) +
				package->program.weights_size);
	writer->segments = calloc(segments, sizeof(*writer->segments));
	writer->segment_list = calloc(segments, sizeof(*writer->segment_list));
	writer->ios = calloc(ios, sizeof(*writer->ios));
	writer->io_list = calloc(ios, sizeof(*writer->io_list));
	writer->layers = calloc(layers, sizeof(*writer->layers));
	writer->layer_list = calloc(layers, sizeof(*writer->layer_list));
	if (writer->chain && writer->stored && writer->segments && writer->segment_list &&
	    writer->ios && writer->io_list && writer->layers &&
	    writer->layer_list)
		return 0;
	return no_memory(writer->error);
}

static void release(struct writer *writer)
{
	free(writer->chain);
	free(writer->segments);
	free(writer->segment_list);
	free(writer->ios);
	free(writer->io_list);
	free(writer->layers);
	free(writer->layer_list);
	free(writer->stored);
}

/* Appends a blob. */
static int store(struct writer *writer, Lwm__Blob *blob,
		 struct lwm_stream *stream)
{
	uint8_t *at = writer->stored + writer->stored_size;
	enum lwm_coding coding;
	size_t stored_size;

	if (lwm_encode(writer->choice, stream, writer->chain, at, &coding,
		       &stored_size))
		return no_memory(writer->error);
	lwm__blob__init(blob);
	blob->size = stream->size;
	blob->coding = (Lwm__Coding)coding;
	blob->stored_size = stored_size;
	blob->stored_xxh3 = lwm_blob_xxh3(at, stored_size);
	writer->stored_size += stored_size;
	return 0;
}

static char *text(char *name)
{
	return name ? name : (char *)protobuf_c_empty_string;
}

static int write_segments(struct writer *writer, struct lwm_package *package)
{
	const struct lwm_segment *segment;
	struct lwm_stream stream;
	uint32_t i;
	int ret;

	for (i = 0; i < package->n_segments; i++) {
		segment = &package->segments[i];
		writer->segment_list[i] = &writer->segments[i];
		stream = (struct lwm_stream){
			.data = package->program.weights + segment->offset,
			.size = segment->size,
			.layout = lwm_segment_layout(package, i),
		};
		ret = store(writer, &writer->segments[i], &stream);
		if (ret)
			return ret;
	}
	writer->header.n_segments = package->n_segments;
	writer->header.segments = writer->segment_list;
	return 0;
}

static void write_io(Lwm__Io *stored, struct lwm_io *io)
{
	uint32_t shape[3];

	lwm__io__init(stored);
	stored->name = text(io->name);
	if (!lwm_dims_shape(io, shape) || io->h != shape[0] ||
	    io->w != shape[1] || io->c != shape[2]) {
		stored->h = io->h;
		stored->w = io->w;
		stored->c = io->c;
	}
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
		stored->n_ops = package->layers[i].n_ops;
		stored->macs = package->layers[i].macs;
		stored->zero_macs = package->layers[i].macs -
				    package->layers[i].nonzero_macs;
	}
	writer->header.n_layers = package->n_layers;
	writer->header.layers = writer->layer_list;
}

static int write_header(struct writer *writer, struct lwm_package *package)
{
	struct lwm_stream ops = {
		.data = (const uint8_t *)package->program.ops,
		.size = ops_size(package),
		.layout = { .kind = LWM_BYTES, .stride = LWNPU_OP_SIZE },
	};
	int ret;

	lwm__header__init(&writer->header);
	writer->header.source = text(package->source);
	writer->header.producer = text(package->producer);
	writer->header.ops = &writer->ops;
	ret = store(writer, &writer->ops, &ops);
	if (!ret)
		ret = write_segments(writer, package);
	if (ret)
		return ret;
	write_ios(writer, package);
	write_layers(writer, package);
	writer->header.program_xxh3 = lwm_program_xxh3(&package->program);
	return 0;
}

/* Codes the header to where it belongs in the file. */
static int code_header(const struct writer *writer, uint8_t *out,
		       struct lwm_prelude *prelude)
{
	uint8_t *packed = malloc(prelude->header_size);
	struct lwm_stream stream = {
		.data = packed,
		.size = prelude->header_size,
		.layout = { .kind = LWM_BYTES, .stride = 1 },
	};
	enum lwm_coding coding;
	size_t stored_size;
	int ret;

	if (!packed)
		return no_memory(writer->error);
	lwm__header__pack(&writer->header, packed);
	ret = lwm_encode(writer->choice, &stream, writer->chain, out, &coding,
			 &stored_size);
	free(packed);
	if (ret)
		return no_memory(writer->error);
	prelude->header_coding = coding;
	prelude->header_stored = stored_size;
	return 0;
}

/* Prelude, header and blobs as one piece. */
static int assemble(struct writer *writer, void **data, size_t *size)
{
	struct lwm_prelude prelude = { .magic = LWM_MAGIC };
	size_t header_size;
	uint8_t *bytes;
	int ret;

	header_size = lwm__header__get_packed_size(&writer->header);
	if (header_size > LWM_MAX_HEADER)
		return lw_fail(writer->error, -EINVAL,
			       "header has %zu bytes, expected at most %u",
			       header_size, LWM_MAX_HEADER);
	bytes = malloc(sizeof(prelude) + header_size + writer->stored_size);
	if (!bytes)
		return no_memory(writer->error);
	prelude.version = LWM_VERSION;
	prelude.header_size = header_size;
	ret = code_header(writer, bytes + sizeof(prelude), &prelude);
	if (ret) {
		free(bytes);
		return ret;
	}
	memcpy(bytes + lwm_blobs_start(&prelude), writer->stored,
	       writer->stored_size);
	prelude.file_size = lwm_blobs_start(&prelude) + writer->stored_size;
	memcpy(bytes, &prelude, sizeof(prelude));
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
			(enum lwm_coding)writer->segments[i].coding;
		package->segments[i].coded_size =
			writer->segments[i].stored_size;
	}
}

int lwm_write_memory(struct lwm_package *package,
		     const struct lwm_choice *choice, void **data, size_t *size,
		     struct lwnpu_error *error)
{
	struct writer writer = { .choice = choice, .error = error };
	int ret;

	ret = check_segments(package, error);
	if (!ret)
		ret = lwm_check(package, error);
	if (ret)
		return ret;
	ret = allocate(&writer, package);
	if (!ret)
		ret = write_header(&writer, package);
	if (!ret)
		ret = assemble(&writer, data, size);
	if (!ret)
		note_codings(package, &writer);
	release(&writer);
	return ret;
}

int lwm_write_file(struct lwm_package *package, const struct lwm_choice *choice,
		   const char *path, struct lwnpu_error *error)
{
	size_t size;
	void *data;
	int ret;

	ret = lwm_write_memory(package, choice, &data, &size, error);
	if (ret) {
		lw_fail_at(error, path);
		return ret;
	}
	ret = lw_file_write(path, data, size, error);
	free(data);
	return ret;
}
