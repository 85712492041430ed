// SPDX-License-Identifier: MIT
#include "slices.h"
#include "varint.h"

_Static_assert(LW_SLICE_SIZES_MAX == 2 * LW_VARINT_MAX, "two numbers");

size_t lw_put_slice_sizes(uint8_t *out, size_t size, size_t coded_size)
{
	size_t n = lw_put_varint(out, size);

	return n + lw_put_varint(out + n, coded_size);
}

int lw_split_slices(const struct lwm_piece *whole, struct lwm_pieces *pieces,
		    const char **wrong)
{
	const uint8_t *at = whole->coded, *end = at + whole->coded_size;
	struct lwm_piece piece = *whole;
	uint32_t size, coded_size;
	size_t left;

	for (left = whole->size; left; left -= size) {
		if (!lw_get_varint(&at, end, &size) ||
		    !lw_get_varint(&at, end, &coded_size) ||
		    coded_size > (size_t)(end - at)) {
			*wrong = "slice goes past the end";
			return -EBADMSG;
		}
		if (!size || size > left) {
			*wrong = "slices are not the decoded size";
			return -EBADMSG;
		}
		piece.coded = at;
		piece.coded_size = coded_size;
		piece.size = size;
		if (lwm_pieces_add(pieces, &piece)) {
			*wrong = "no memory";
			return -ENOMEM;
		}
		piece.out += size;
		at += coded_size;
	}
	if (at == end)
		return 0;
	*wrong = "bytes are left over";
	return -EBADMSG;
}
