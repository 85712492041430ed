// SPDX-License-Identifier: MIT
/* The table of codings. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "coding.h"
#include "huffman.h"

#define ZSTD_LEVEL 19

static int raw_encode(const uint8_t *data, size_t size, uint8_t *out,
		      size_t room, size_t *coded_size)
{
	if (size > room)
		return -ENOSPC;
	memcpy(out, data, size);
	*coded_size = size;
	return 0;
}

static int raw_decode(const uint8_t *coded, size_t coded_size, uint8_t *out,
		      size_t size, const char **wrong)
{
	if (coded_size != size) {
		*wrong = "stored size is not the decoded size";
		return -EBADMSG;
	}
	memcpy(out, coded, size);
	return 0;
}

static int huffman_encode(const uint8_t *data, size_t size, uint8_t *out,
			  size_t room, size_t *coded_size)
{
	*coded_size = lw_huffman_encode(data, size, out, room);
	return *coded_size ? 0 : -ENOSPC;
}

static int huffman_decode(const uint8_t *coded, size_t coded_size,
			  uint8_t *out, size_t size, const char **wrong)
{
	*wrong = lw_huffman_decode(coded, coded_size, out, size);
	return *wrong ? -EBADMSG : 0;
}

static int zstd_encode(const uint8_t *data, size_t size, uint8_t *out,
		       size_t room, size_t *coded_size)
{
	size_t n = ZSTD_compress(out, room, data, size, ZSTD_LEVEL);

	if (ZSTD_isError(n)) {
		if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
			return -ENOMEM;
		return -ENOSPC;
	}
	*coded_size = n;
	return 0;
}

/* Not every frame that the library knows: no old versions, no skippable ones. */
static bool is_zstd_frame(const uint8_t *coded, size_t coded_size)
{
	uint32_t magic;

	if (coded_size < sizeof(magic))
		return false;
	memcpy(&magic, coded, sizeof(magic));
	return le32toh(magic) == ZSTD_MAGICNUMBER;
}

/* What is wrong with a blob that must be one frame that states its size. */
static const char *check_zstd_frame(const uint8_t *coded, size_t coded_size,
				    size_t size)
{
	if (!is_zstd_frame(coded, coded_size))
		return "no zstd frame";
	if (ZSTD_getFrameContentSize(coded, coded_size) != size)
		return "size in the zstd frame is not the decoded size";
	if (ZSTD_findFrameCompressedSize(coded, coded_size) != coded_size)
		return "zstd frame does not end with the blob";
	return NULL;
}

static int zstd_decode(const uint8_t *coded, size_t coded_size, uint8_t *out,
		       size_t size, const char **wrong)
{
	size_t n;

	*wrong = check_zstd_frame(coded, coded_size, size);
	if (*wrong)
		return -EBADMSG;
	n = ZSTD_decompress(out, size, coded, coded_size);
	if (n == size)
		return 0;
	*wrong = "zstd frame decodes to another size";
	if (!ZSTD_isError(n))
		return -EBADMSG;
	if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation) {
		*wrong = "no memory";
		return -ENOMEM;
	}
	*wrong = "zstd frame is damaged";
	return -EBADMSG;
}

/*
 * Bounds: a Huffman code has at least one bit. A block of a zstd frame gives
 * at most 128 KiB, and takes at least a header of 3 bytes and one byte more.
 */
const struct lwm_codec lwm_codecs[LWM_CODINGS] = {
	[LWM_RAW] = { "raw", 1, raw_encode, raw_decode },
	[LWM_HUFFMAN] = { "huffman", 8, huffman_encode, huffman_decode },
	[LWM_ZSTD] = { "zstd", 32768, zstd_encode, zstd_decode },
};

int lwm_encode(unsigned int codings, const uint8_t *data, size_t size,
	       uint8_t *out, enum lwm_coding *coding, size_t *coded_size)
{
	/* zstd wants room for its worst case, whatever the result. */
	size_t n, room = ZSTD_compressBound(size);
	uint8_t *trial = malloc(room);
	unsigned int i;
	int ret = 0;

	if (!trial)
		return -ENOMEM;
	memcpy(out, data, size);
	*coding = LWM_RAW;
	*coded_size = size;
	for (i = LWM_RAW + 1; i < LWM_CODINGS && ret != -ENOMEM; i++) {
		if (!(codings & (1u << i)))
			continue;
		ret = lwm_codecs[i].encode(data, size, trial, room, &n);
		if (ret || n >= *coded_size)
			continue;
		memcpy(out, trial, n);
		*coding = (enum lwm_coding)i;
		*coded_size = n;
	}
	free(trial);
	return ret == -ENOMEM ? ret : 0;
}

const char *lwm_coding_name(unsigned int coding)
{
	return coding < LWM_CODINGS ? lwm_codecs[coding].name : NULL;
}
