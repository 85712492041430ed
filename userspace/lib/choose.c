// SPDX-License-Identifier: MIT
/* Which coding a blob gets. */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "coding.h"
#include "context.h"

/* With each slice some hundred bytes are lost. */
#define SLICE_SIZE (128u << 10)

/**
 * struct profile - what is best
 * @name: for people and options
 * @max_cost: ns that decoding a byte may take, UINT32_MAX: any time
 * @byte: ns that a stored byte is worth, UINT32_MAX: more than all time
 */
struct profile {
	const char *name;
	uint32_t max_cost;
	uint32_t byte;
};

/* A byte less saves 2 us where packages come in at half a MB/s. */
static const struct profile profiles[LWM_PROFILES] = {
	[LWM_SMALL] = { "small", UINT32_MAX, UINT32_MAX },
	[LWM_BALANCED] = { "balanced", UINT32_MAX, 2000 },
	[LWM_FAST] = { "fast", 10, UINT32_MAX },
};

const char *lwm_profile_name(unsigned int profile)
{
	return profile < LWM_PROFILES ? profiles[profile].name : NULL;
}

static uint32_t cost_of(enum lwm_coding coding, const struct lwm_stream *stream)
{
	return stream->layout.kind == LWM_BYTES ? lwm_codecs[coding].bytes_cost :
						  lwm_codecs[coding].cost;
}

/* In ns, or just in bytes. */
static uint64_t price(const struct profile *profile, enum lwm_coding coding,
		      const struct lwm_stream *stream, size_t coded_size)
{
	if (profile->byte == UINT32_MAX)
		return coded_size;
	return (uint64_t)coded_size * profile->byte +
	       (uint64_t)stream->size * cost_of(coding, stream);
}

static void prepare_chain(struct lwm_stream *stream, struct lwm_chain *chain)
{
	stream->models = &chain->trial;
	/* A chain cannot be cut, but it can end. */
	stream->goes_on = chain->size && chain->size < stream->slice_size &&
			  lw_context_teaches(stream);
	if (stream->goes_on)
		chain->trial = chain->models;
}

/* Blobs of weights without slices hand on what they learned. */
static void extend_chain(const struct lwm_stream *stream,
			 struct lwm_chain *chain)
{
	if (stream->layout.kind == LWM_BYTES)
		return;
	if (!lw_context_teaches(stream)) {
		chain->size = 0;
		return;
	}
	chain->size = stream->size + (stream->goes_on ? chain->size : 0);
	chain->models = chain->trial;
}

static bool may_use(const struct lwm_choice *choice, enum lwm_coding coding,
		    const struct lwm_stream *stream)
{
	return choice->codings & 1u << coding &&
	       cost_of(coding, stream) <= profiles[choice->profile].max_cost;
}

/* The coded form at @out, if it is better than the best one so far. */
struct best {
	uint8_t *out;
	enum lwm_coding coding;
	size_t size;
	uint64_t price;
};

static int try_coding(enum lwm_coding coding, const struct profile *profile,
		      const struct lwm_stream *stream, uint8_t *trial,
		      size_t room, struct best *best)
{
	const struct lwm_codec *codec = &lwm_codecs[coding];
	uint64_t cost;
	size_t n;
	int ret;

	ret = codec->encode(stream, trial, room, &n);
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	cost = price(profile, coding, stream, n);
	if (n > stream->size || stream->size > (uint64_t)n * codec->max_ratio ||
	    cost >= best->price)
		return 0;
	memcpy(best->out, trial, n);
	best->coding = coding;
	best->size = n;
	best->price = cost;
	return 0;
}

int lwm_encode(const struct lwm_choice *choice, struct lwm_stream *stream,
	       struct lwm_chain *chain, uint8_t *out, enum lwm_coding *coding,
	       size_t *coded_size)
{
	const struct profile *profile = &profiles[choice->profile];
	/* zstd wants room for its worst case, whatever the result. */
	size_t room = ZSTD_compressBound(stream->size);
	uint8_t *trial = malloc(room);
	struct best best = {
		out, LWM_RAW, stream->size,
		price(profile, LWM_RAW, stream, stream->size),
	};
	unsigned int i;
	int ret = 0;

	if (!trial)
		return -ENOMEM;
	memcpy(out, stream->data, stream->size);
	stream->slice_size = choice->slice_size ? choice->slice_size :
						  SLICE_SIZE;
	prepare_chain(stream, chain);
	for (i = LWM_RAW + 1; i < LWM_CODINGS && !ret; i++)
		if (may_use(choice, i, stream))
			ret = try_coding(i, profile, stream, trial, room, &best);
	free(trial);
	if (ret)
		return ret;
	if (best.coding == LWM_CONTEXT)
		extend_chain(stream, chain);
	*coding = best.coding;
	*coded_size = best.size;
	return 0;
}
