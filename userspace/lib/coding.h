/* SPDX-License-Identifier: MIT */
/* Codings of the blobs of a package. */
#ifndef LW_CODING_H
#define LW_CODING_H

#include "lwm.h"

/**
 * struct lwm_codec - a coding
 * @name: for people and options
 * @max_ratio: decoded bytes are at most this many times the stored ones, in
 *	every stream that can exist; a reader allocates no more
 * @encode: write the coded form of @size bytes (at least 1) to @out and set
 *	*@coded_size; -ENOSPC if it takes more than @room bytes, or -ENOMEM
 * @decode: decode exactly @size bytes, reading all of @coded_size and nothing
 *	past it; -EBADMSG or -ENOMEM, with what is wrong as a static string
 *
 * The same bytes always get the same coded form from one version of a coding.
 */
struct lwm_codec {
	const char *name;
	uint32_t max_ratio;
	int (*encode)(const uint8_t *data, size_t size, uint8_t *out,
		      size_t room, size_t *coded_size);
	int (*decode)(const uint8_t *coded, size_t coded_size, uint8_t *out,
		      size_t size, const char **wrong);
};

/* Indexed by enum lwm_coding. */
extern const struct lwm_codec lwm_codecs[LWM_CODINGS];

/**
 * lwm_encode() - the smallest coded form, the first of equals
 * @codings: set of codings to try, bit (1 << LWM_HUFFMAN) …; raw always is
 * @data: the bytes
 * @size: how many, at least 1
 * @out: gets the coded form; room for @size bytes
 * @coding: gets which it is
 * @coded_size: gets its bytes
 *
 * Return: 0 or -ENOMEM.
 */
int lwm_encode(unsigned int codings, const uint8_t *data, size_t size,
	       uint8_t *out, enum lwm_coding *coding, size_t *coded_size);

#endif /* LW_CODING_H */
