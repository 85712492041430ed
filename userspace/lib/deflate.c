// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "deflate.h"
#include "slices.h"

/* No header and no checksum: the package has its own. */
#define RAW_STREAM (-MAX_WBITS)

/* Appends a slice; its sizes take up to LW_SLICE_SIZES_MAX bytes. */
static int encode_slice(z_stream *z, const uint8_t *data, size_t size,
			uint8_t *out, size_t room, size_t *coded_size)
{
	size_t n;

	if (room - *coded_size < LW_SLICE_SIZES_MAX)
		return -ENOSPC;
	room -= *coded_size + LW_SLICE_SIZES_MAX;
	out += *coded_size;
	z->next_in = (Bytef *)data;
	z->avail_in = size;
	z->next_out = out + LW_SLICE_SIZES_MAX;
	z->avail_out = room < UINT32_MAX ? room : UINT32_MAX;
	if (deflateReset(z) != Z_OK || deflate(z, Z_FINISH) != Z_STREAM_END)
		return -ENOSPC;
	n = lw_put_slice_sizes(out, size, z->total_out);
	memmove(out + n, out + LW_SLICE_SIZES_MAX, z->total_out);
	*coded_size += n + z->total_out;
	return 0;
}

int lw_deflate_encode(const struct lwm_stream *stream, uint8_t *out,
		      size_t room, size_t *coded_size)
{
	size_t most = lw_slice_size(stream), at, n;
	z_stream z = { 0 };
	int ret = 0;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, RAW_STREAM,
			 MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	*coded_size = 0;
	for (at = 0; at < stream->size && !ret; at += n) {
		n = stream->size - at < most ? stream->size - at : most;
		ret = encode_slice(&z, stream->data + at, n, out, room,
				   coded_size);
	}
	deflateEnd(&z);
	return ret;
}

/* What is wrong after all that could be decoded was. */
static const char *check_end(const z_stream *z, int ret)
{
	if (ret == Z_STREAM_END)
		return z->avail_out ? "decodes to fewer bytes" :
		       z->avail_in ? "bytes are left over" : NULL;
	if (ret != Z_BUF_ERROR && ret != Z_OK)
		return "codes are damaged";
	return z->avail_in ? "decodes to more bytes" :
			     "codes go on past the end";
}

int lw_deflate_decode(const struct lwm_piece *piece,
		      struct lw_weight_models *models, const char **wrong)
{
	z_stream z = {
		.next_in = (Bytef *)piece->coded,
		.avail_in = piece->coded_size,
		.next_out = piece->out,
		.avail_out = piece->size,
	};
	int ret;

	(void)models;
	*wrong = "no memory";
	if (inflateInit2(&z, RAW_STREAM) != Z_OK)
		return -ENOMEM;
	ret = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	if (ret == Z_MEM_ERROR)
		return -ENOMEM;
	*wrong = check_end(&z, ret);
	return *wrong ? -EBADMSG : 0;
}
