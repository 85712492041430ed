/* SPDX-License-Identifier: MIT */
/* Slices of a blob that say their own sizes; the format is in docs/lwm.md. */
#ifndef LW_SLICES_H
#define LW_SLICES_H

#include "coding.h"

/* Decoded and coded size. */
#define LW_SLICE_SIZES_MAX 10

/* Codings with such slices are fast: they need not be cut as small. */
static inline size_t lw_slice_size(const struct lwm_stream *stream)
{
	return (size_t)8 * stream->slice_size;
}

/**
 * lw_put_slice_sizes() - write what a slice starts with
 * @out: gets it
 * @size: decoded bytes
 * @coded_size: bytes that follow
 *
 * Return: bytes written, LW_SLICE_SIZES_MAX at most.
 */
size_t lw_put_slice_sizes(uint8_t *out, size_t size, size_t coded_size);

/* As in struct lwm_codec. */
int lw_split_slices(const struct lwm_piece *whole, struct lwm_pieces *pieces,
		    const char **wrong);

#endif /* LW_SLICES_H */
