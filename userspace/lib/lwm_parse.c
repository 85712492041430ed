// SPDX-License-Identifier: MIT
/* A package, verified as far as it can be without decoding a blob. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "coding.h"
#include "lwm_format.h"

static int check_prelude(struct lwm_prelude *prelude, const uint8_t *data,
			 size_t size, struct lwnpu_error *error)
{
	size_t magic_size = sizeof(prelude->magic);

	if (memcmp(data, LWM_MAGIC, size < magic_size ? size : magic_size))
		return lw_fail(error, -EBADMSG,
			       "not a package: it does not start with the bytes of one");
	if (size < sizeof(*prelude))
		return lw_fail(error, -EBADMSG,
			       "truncated: %zu bytes, expected at least %zu",
			       size, sizeof(*prelude));
	memcpy(prelude, data, sizeof(*prelude));
	if (prelude->version != LWM_VERSION)
		return lw_fail(error, -EOPNOTSUPP,
			       "format version is %u, expected %u",
			       prelude->version, LWM_VERSION);
	if (prelude->features & ~LWM_FEATURES)
		return lw_fail(error, -EOPNOTSUPP,
			       "features 0x%x are unknown, known are 0x%x",
			       prelude->features & ~LWM_FEATURES, LWM_FEATURES);
	if (prelude->file_size != size)
		return lw_fail(error, -EBADMSG,
			       "%s: %zu bytes, its prelude says %" PRIu64,
			       size < prelude->file_size ? "truncated" :
			       "bytes after the end", size, prelude->file_size);
	if (prelude->reserved)
		return lw_fail(error, -EBADMSG,
			       "reserved field of the prelude is %u, expected 0",
			       prelude->reserved);
	if (prelude->header_size > LWM_MAX_HEADER ||
	    prelude->header_size > size - sizeof(*prelude))
		return lw_fail(error, -EBADMSG,
			       "header has %u bytes, expected at most %u and no more than the file",
			       prelude->header_size, LWM_MAX_HEADER);
	return 0;
}

static int check_header_checksum(const struct lwm_prelude *prelude,
				 const uint8_t *data,
				 struct lwnpu_error *error)
{
	uint64_t checksum = lwm_header_xxh3(data);

	if (checksum == prelude->checksum)
		return 0;
	return lw_fail(error, -EBADMSG,
		       "header is damaged: checksum %016" PRIx64 ", expected %016" PRIx64,
		       checksum, prelude->checksum);
}

/*
 * Two bytes of a header can ask for a structure of a hundred. No header that
 * a writer makes comes near this bound: each thing in one has numbers.
 */
struct budget {
	size_t left;
	bool exceeded;
	bool no_memory;
};

static void *budget_alloc(void *data, size_t size)
{
	struct budget *budget = data;
	void *pointer;

	if (size > budget->left) {
		budget->exceeded = true;
		return NULL;
	}
	budget->left -= size;
	pointer = malloc(size ? size : 1);
	if (!pointer)
		budget->no_memory = true;
	return pointer;
}

static void budget_free(void *data, void *pointer)
{
	(void)data;
	free(pointer);
}

static int unpack(Lwm__Header **header, const uint8_t *data, size_t size,
		  struct lwnpu_error *error)
{
	struct budget budget = { .left = 32 * size + (64u << 10) };
	ProtobufCAllocator allocator = { budget_alloc, budget_free, &budget };

	*header = lwm__header__unpack(&allocator, size, data);
	if (*header)
		return 0;
	if (budget.exceeded)
		return lw_fail(error, -EBADMSG,
			       "header needs more memory than its size allows");
	if (budget.no_memory)
		return lw_fail(error, -ENOMEM,
			       "no memory for a header of %zu bytes", size);
	return lw_fail(error, -EBADMSG,
		       "header is no protobuf message of the right kind");
}

static bool has_unknown(const ProtobufCMessage *message)
{
	return message && message->n_unknown_fields;
}

static bool has_unknown_fields(const Lwm__Header *header)
{
	bool unknown = has_unknown(&header->base) ||
		       (header->ops && has_unknown(&header->ops->base));
	size_t i;

	for (i = 0; i < header->n_segments; i++) {
		unknown |= has_unknown(&header->segments[i]->base);
		if (header->segments[i]->blob)
			unknown |= has_unknown(&header->segments[i]->blob->base);
	}
	for (i = 0; i < header->n_inputs; i++)
		unknown |= has_unknown(&header->inputs[i]->base);
	for (i = 0; i < header->n_outputs; i++)
		unknown |= has_unknown(&header->outputs[i]->base);
	for (i = 0; i < header->n_layers; i++)
		unknown |= has_unknown(&header->layers[i]->base);
	return unknown;
}

/* Nothing hides in a header that packs to the same bytes again. */
static int check_canonical(const Lwm__Header *header, const uint8_t *data,
			   size_t size, struct lwnpu_error *error)
{
	uint8_t *again;
	bool same;

	if (has_unknown_fields(header))
		return lw_fail(error, -EOPNOTSUPP,
			       "header has fields that this version does not know");
	same = lwm__header__get_packed_size(header) == size;
	if (same && size) {
		again = malloc(size);
		if (!again)
			return lw_fail(error, -ENOMEM,
				       "no memory for a header of %zu bytes",
				       size);
		lwm__header__pack(header, again);
		same = !memcmp(again, data, size);
		free(again);
	}
	if (same)
		return 0;
	return lw_fail(error, -EBADMSG,
		       "header is not in its canonical form");
}

/* Where the walk over the blobs is. */
struct walk {
	const uint8_t *data;
	size_t size;
	uint64_t start;
	uint64_t at;
	struct lwnpu_error *error;
};

static int check_place(struct walk *walk, const Lwm__Blob *blob,
		       const char *what)
{
	uint64_t offset = lwm_align(walk->at);

	if (blob->offset != offset - walk->start)
		return lw_fail(walk->error, -EBADMSG,
			       "%s: offset is %" PRIu64 ", expected %" PRIu64,
			       what, blob->offset, offset - walk->start);
	if (offset > walk->size || blob->stored_size > walk->size - offset)
		return lw_fail(walk->error, -EBADMSG,
			       "%s: %u bytes at %" PRIu64 " go past the end of the file at %zu",
			       what, blob->stored_size, offset, walk->size);
	for (; walk->at < offset; walk->at++) {
		if (walk->data[walk->at])
			return lw_fail(walk->error, -EBADMSG,
				       "byte %" PRIu64 " before %s is 0x%02x, expected 0",
				       walk->at, what, walk->data[walk->at]);
	}
	return 0;
}

static int check_sizes(const struct walk *walk, const Lwm__Blob *blob,
		       const char *what)
{
	unsigned int coding = blob->coding;
	uint64_t most;

	if (coding >= LWM_CODINGS)
		return lw_fail(walk->error, -EOPNOTSUPP,
			       "%s: coding %u is unknown, known are 0 to %d",
			       what, coding, LWM_CODINGS - 1);
	most = (uint64_t)blob->stored_size * lwm_codecs[coding].max_ratio;
	if (!blob->size || blob->size > most)
		return lw_fail(walk->error, -EBADMSG,
			       "%s: decoded size is %u, expected 1 to %" PRIu64 " from %u bytes %s",
			       what, blob->size, most, blob->stored_size,
			       lwm_codecs[coding].name);
	if (coding == LWM_RAW && blob->size != blob->stored_size)
		return lw_fail(walk->error, -EBADMSG,
			       "%s: decoded size is %u, expected %u as it is raw",
			       what, blob->size, blob->stored_size);
	return 0;
}

static int check_blob(struct walk *walk, const Lwm__Blob *blob,
		      const char *what)
{
	uint64_t checksum;
	int ret;

	if (!blob)
		return lw_fail(walk->error, -EBADMSG, "%s: no blob", what);
	ret = check_place(walk, blob, what);
	if (!ret)
		ret = check_sizes(walk, blob, what);
	if (ret)
		return ret;
	checksum = XXH3_64bits(walk->data + walk->at, blob->stored_size);
	if (checksum != blob->stored_xxh3)
		return lw_fail(walk->error, -EBADMSG,
			       "%s: bytes %" PRIu64 " to %" PRIu64 " are damaged: checksum %016" PRIx64 ", expected %016" PRIx64,
			       what, walk->at,
			       walk->at + blob->stored_size - 1, checksum,
			       blob->stored_xxh3);
	walk->at += blob->stored_size;
	return 0;
}

static int check_blobs(struct walk *walk, const Lwm__Header *header)
{
	char what[LWNPU_ERROR_SIZE / 2];
	const Lwm__Segment *segment;
	uint64_t total = 0;
	size_t i;
	int ret;

	ret = check_blob(walk, header->ops, "operations");
	for (i = 0; !ret && i < header->n_segments; i++) {
		segment = header->segments[i];
		snprintf(what, sizeof(what), "segment %s", segment->name);
		ret = check_blob(walk, segment->blob, what);
		if (ret)
			break;
		total += segment->blob->size;
		if (total > LWNPU_MAX_REGION_SIZE)
			ret = lw_fail(walk->error, -EBADMSG,
				      "%s: ends at %" PRIu64 ", expected at most %llu",
				      what, total, LWNPU_MAX_REGION_SIZE);
	}
	if (!ret && walk->at != walk->size)
		ret = lw_fail(walk->error, -EBADMSG,
			      "last blob ends at %" PRIu64 ", expected the end of the file at %zu",
			      walk->at, walk->size);
	return ret;
}

int lwm_parse(Lwm__Header **header, const uint8_t *data, size_t size,
	      struct lwnpu_error *error)
{
	struct lwm_prelude prelude;
	const uint8_t *packed = data + sizeof(prelude);
	struct walk walk;
	int ret;

	ret = check_prelude(&prelude, data, size, error);
	if (!ret)
		ret = check_header_checksum(&prelude, data, error);
	if (!ret)
		ret = unpack(header, packed, prelude.header_size, error);
	if (ret)
		return ret;
	walk = (struct walk){
		.data = data,
		.size = size,
		.start = lwm_blobs_start(&prelude),
		.at = sizeof(prelude) + prelude.header_size,
		.error = error,
	};
	ret = check_canonical(*header, packed, prelude.header_size, error);
	if (!ret)
		ret = check_blobs(&walk, *header);
	if (ret)
		lwm__header__free_unpacked(*header, NULL);
	return ret;
}
