// SPDX-License-Identifier: MIT
/* A package, verified as far as it can be without decoding a blob. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "coding.h"
#include "decode.h"
#include "lwm_format.h"

int lwm_check_prelude(struct lwm_prelude *prelude, const void *data,
		      uint64_t size, struct lwnpu_error *error)
{
	size_t magic_size = sizeof(prelude->magic);

	if (memcmp(data, LWM_MAGIC, size < magic_size ? size : magic_size))
		return lw_fail(error, -EBADMSG,
			       "not a package: it does not start with the bytes of one");
	if (size < sizeof(*prelude))
		return lw_fail(error, -EBADMSG,
			       "truncated: %" PRIu64 " bytes, expected at least %zu",
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
	if (prelude->header_coding >= LWM_CODINGS)
		return lw_fail(error, -EOPNOTSUPP,
			       "header: coding %u is unknown, known are 0 to %d",
			       prelude->header_coding, LWM_CODINGS - 1);
	if (prelude->file_size != size)
		return lw_fail(error, -EBADMSG,
			       "%s: %" PRIu64 " bytes, its prelude says %" PRIu64,
			       size < prelude->file_size ? "truncated" :
			       "bytes after the end", size, prelude->file_size);
	if (prelude->header_stored > size - sizeof(*prelude))
		return lw_fail(error, -EBADMSG,
			       "header has %u stored bytes, the file %" PRIu64 " behind the prelude",
			       prelude->header_stored, size - sizeof(*prelude));
	if (prelude->header_size > LWM_MAX_HEADER)
		return lw_fail(error, -EBADMSG,
			       "header has %u bytes, expected at most %u",
			       prelude->header_size, LWM_MAX_HEADER);
	return 0;
}

/* Whether a known coding can give so many bytes. */
static int check_sizes(unsigned int coding, uint32_t stored_size,
		       uint32_t size, const char *what,
		       struct lwnpu_error *error)
{
	uint64_t most = (uint64_t)stored_size * lwm_codecs[coding].max_ratio;

	if (!size || size > most)
		return lw_fail(error, -EBADMSG,
			       "%s: decoded size is %u, expected 1 to %" PRIu64 " from %u bytes %s",
			       what, size, most, stored_size,
			       lwm_codecs[coding].name);
	if (coding == LWM_RAW && size != stored_size)
		return lw_fail(error, -EBADMSG,
			       "%s: decoded size is %u, expected %u as it is raw",
			       what, size, stored_size);
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

/* Verified bytes of the header to those that the message is packed in. */
static int decode_header(const struct lwm_prelude *prelude,
			 const uint8_t *stored, uint8_t **packed,
			 struct lwnpu_error *error)
{
	struct lwm_piece blob = {
		.coding = prelude->header_coding,
		.coded = stored,
		.coded_size = prelude->header_stored,
		.size = prelude->header_size,
	};
	struct lwnpu_error mine;
	int ret;

	if (!error)
		error = &mine;
	ret = check_sizes(prelude->header_coding, prelude->header_stored,
			  prelude->header_size, "header", error);
	if (ret)
		return ret;
	*packed = malloc(prelude->header_size);
	if (!*packed)
		return lw_fail(error, -ENOMEM,
			       "no memory for a header of %u bytes",
			       prelude->header_size);
	blob.out = *packed;
	if (!lwm_decode(&blob, error))
		return 0;
	free(*packed);
	return lw_fail_at(error, "header");
}

static int unpack(Lwm__Header **header, const uint8_t *data, size_t size,
		  struct lwnpu_error *error)
{
	/*
	 * No header that a writer makes comes near this bound: each thing in
	 * one has numbers.
	 */
	struct lw_budget budget = { .left = 32 * size + (64u << 10) };
	ProtobufCAllocator allocator = lw_budget_allocator(&budget);

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

	for (i = 0; i < header->n_segments; i++)
		unknown |= has_unknown(&header->segments[i]->base);
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
	if (same) {
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
	size_t at;
	struct lwnpu_error *error;
};

static int check_blob(struct walk *walk, const Lwm__Blob *blob,
		      const char *what)
{
	unsigned int coding;
	uint32_t checksum;
	int ret;

	if (!blob)
		return lw_fail(walk->error, -EBADMSG, "%s: no blob", what);
	coding = blob->coding;
	if (coding >= LWM_CODINGS)
		return lw_fail(walk->error, -EOPNOTSUPP,
			       "%s: coding %u is unknown, known are 0 to %d",
			       what, coding, LWM_CODINGS - 1);
	if (blob->stored_size > walk->size - walk->at)
		return lw_fail(walk->error, -EBADMSG,
			       "%s: %u bytes at %zu go past the end of the file at %zu",
			       what, blob->stored_size, walk->at, walk->size);
	ret = check_sizes(coding, blob->stored_size, blob->size, what,
			  walk->error);
	if (ret)
		return ret;
	checksum = lwm_blob_xxh3(walk->data + walk->at, blob->stored_size);
	if (checksum != blob->stored_xxh3)
		return lw_fail(walk->error, -EBADMSG,
			       "%s: bytes %zu to %zu are damaged: checksum %08x, expected %08x",
			       what, walk->at,
			       walk->at + blob->stored_size - 1, checksum,
			       blob->stored_xxh3);
	walk->at += blob->stored_size;
	return 0;
}

static int check_blobs(struct walk *walk, const Lwm__Header *header)
{
	uint64_t total = 0;
	char what[32];
	size_t i;
	int ret;

	ret = check_blob(walk, header->ops, "operations");
	for (i = 0; !ret && i < header->n_segments; i++) {
		snprintf(what, sizeof(what), "segment %zu", i);
		ret = check_blob(walk, header->segments[i], what);
		if (ret)
			break;
		total += header->segments[i]->size;
		if (total > LWNPU_MAX_REGION_SIZE)
			ret = lw_fail(walk->error, -EBADMSG,
				      "%s: ends at %" PRIu64 " of region 0, expected at most %llu",
				      what, total, LWNPU_MAX_REGION_SIZE);
	}
	if (!ret && walk->at != walk->size)
		ret = lw_fail(walk->error, -EBADMSG,
			      "last blob ends at %zu, expected the end of the file at %zu",
			      walk->at, walk->size);
	return ret;
}

/* From the message's packed bytes to a header in its canonical form. */
static int parse_header(Lwm__Header **header, const uint8_t *packed,
			size_t size, struct lwnpu_error *error)
{
	int ret;

	ret = unpack(header, packed, size, error);
	if (ret)
		return ret;
	ret = check_canonical(*header, packed, size, error);
	if (ret)
		lwm__header__free_unpacked(*header, NULL);
	return ret;
}

int lwm_parse(Lwm__Header **header, const uint8_t *data, size_t size,
	      struct lwnpu_error *error)
{
	struct lwm_prelude prelude;
	struct walk walk;
	uint8_t *packed;
	int ret;

	ret = lwm_check_prelude(&prelude, data, size, error);
	if (!ret)
		ret = check_header_checksum(&prelude, data, error);
	if (!ret)
		ret = decode_header(&prelude, data + sizeof(prelude), &packed,
				    error);
	if (ret)
		return ret;
	ret = parse_header(header, packed, prelude.header_size, error);
	free(packed);
	if (ret)
		return ret;
	walk = (struct walk){
		.data = data,
		.size = size,
		.at = lwm_blobs_start(&prelude),
		.error = error,
	};
	ret = check_blobs(&walk, *header);
	if (ret)
		lwm__header__free_unpacked(*header, NULL);
	return ret;
}
