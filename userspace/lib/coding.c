// SPDX-License-Identifier: MIT
/* The table of codings. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "coding.h"
#include "context.h"
#include "deflate.h"
#include "huffman.h"
#include "rans.h"
#include "slices.h"

#define ZSTD_LEVEL 19

static int raw_encode(const struct lwm_stream *stream, uint8_t *out,
		      size_t room, size_t *coded_size)
{
	if (stream->size > room)
		return -ENOSPC;
	memcpy(out, stream->data, stream->size);
	*coded_size = stream->size;
	return 0;
}

static int raw_decode(const struct lwm_piece *piece,
		      struct lw_weight_models *models, const char **wrong)
{
	(void)models;
	if (piece->coded_size != piece->size) {
		*wrong = "stored size is not the decoded size";
		return -EBADMSG;
	}
	memcpy(piece->out, piece->coded, piece->size);
	return 0;
}

static int huffman_encode(const struct lwm_stream *stream, uint8_t *out,
			  size_t room, size_t *coded_size)
{
	*coded_size = lw_huffman_encode(stream->data, stream->size, out, room);
	return *coded_size ? 0 : -ENOSPC;
}

static int huffman_decode(const struct lwm_piece *piece,
			  struct lw_weight_models *models, const char **wrong)
{
	(void)models;
	*wrong = lw_huffman_decode(piece->coded, piece->coded_size, piece->out,
				   piece->size);
	return *wrong ? -EBADMSG : 0;
}

static int zstd_encode(const struct lwm_stream *stream, uint8_t *out,
		       size_t room, size_t *coded_size)
{
	size_t n = ZSTD_compress(out, room, stream->data, stream->size,
				 ZSTD_LEVEL);

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

static int zstd_decode(const struct lwm_piece *piece,
		       struct lw_weight_models *models, const char **wrong)
{
	size_t n;

	(void)models;
	*wrong = check_zstd_frame(piece->coded, piece->coded_size, piece->size);
	if (*wrong)
		return -EBADMSG;
	n = ZSTD_decompress(piece->out, piece->size, piece->coded,
			    piece->coded_size);
	if (n == piece->size)
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
 * Bounds of what can exist: a Huffman code has at least one bit; a block of a
 * zstd frame gives at most 128 KiB, and takes at least a header of 3 bytes and
 * one byte more; a match of DEFLATE gives at most 258 bytes and takes at least
 * 2 bits. The others could give more than they may.
 */
const struct lwm_codec lwm_codecs[LWM_CODINGS] = {
	[LWM_RAW] = { "raw", 1, 0, 0, raw_encode, NULL, raw_decode },
	[LWM_HUFFMAN] = { "huffman", 8, 3, 3, huffman_encode, NULL,
			  huffman_decode },
	[LWM_ZSTD] = { "zstd", 32768, 2, 2, zstd_encode, NULL, zstd_decode },
	[LWM_RANS] = { "rans", 1024, 2, 2, lw_rans_encode, lw_split_slices,
		       lw_rans_decode },
	[LWM_CONTEXT] = { "context", 1024, 100, 240, lw_context_encode,
			  lw_context_split, lw_context_decode },
	[LWM_DEFLATE] = { "deflate", 1032, 4, 4, lw_deflate_encode,
			  lw_split_slices, lw_deflate_decode },
};

const char *lwm_coding_name(unsigned int coding)
{
	return coding < LWM_CODINGS ? lwm_codecs[coding].name : NULL;
}
