/* SPDX-License-Identifier: MIT */
/* Canonical Huffman coding of bytes; the format is in docs/lwm.md. */
#ifndef LW_HUFFMAN_H
#define LW_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

/* The longest code: a decoder needs one look-up in a table of 2^12. */
#define LW_HUFFMAN_MAX_BITS 12

/**
 * lw_huffman_lengths() - the best code lengths of at most LW_HUFFMAN_MAX_BITS
 * @count: how often each byte occurs, at least one of them at all
 * @length: gets the length of each byte's code, 0 where it has none; at least
 *	two have one, and the code is complete (its Kraft sum is 1)
 */
void lw_huffman_lengths(const uint64_t count[256], uint8_t length[256]);

/**
 * lw_huffman_encode() - encode bytes
 * @data: the bytes
 * @size: how many, at least 1
 * @out: gets the code lengths and the codes
 * @room: bytes at @out
 *
 * Return: bytes written, or 0 if they do not fit in @room.
 */
size_t lw_huffman_encode(const uint8_t *data, size_t size, uint8_t *out,
			 size_t room);

/**
 * lw_huffman_decode() - the reverse
 * @data: what lw_huffman_encode() wrote, or anything
 * @size: its length; no byte past it is read
 * @out: gets the bytes
 * @out_size: how many there are
 *
 * Return: NULL, or what is wrong with @data, a static string; then the
 * contents of @out are unspecified.
 */
const char *lw_huffman_decode(const uint8_t *data, size_t size, uint8_t *out,
			      size_t out_size);

#endif /* LW_HUFFMAN_H */
