/* SPDX-License-Identifier: MIT */
/* Numbers of up to 32 bits, seven bits to a byte, as in protobuf. */
#ifndef LW_VARINT_H
#define LW_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LW_VARINT_MAX 5

/** lw_put_varint() - write a number; returns its bytes, LW_VARINT_MAX at most */
static inline size_t lw_put_varint(uint8_t *out, uint32_t value)
{
	size_t n = 0;

	for (; value > 127; value >>= 7)
		out[n++] = value | 128;
	out[n++] = value;
	return n;
}

/**
 * lw_get_varint() - read a number
 * @at: where it is; moved behind it
 * @end: nothing is read from there on
 * @value: gets it
 *
 * Return: false if it goes past the end, has more than 32 bits, or is not in
 * its shortest form.
 */
static inline bool lw_get_varint(const uint8_t **at, const uint8_t *end,
				 uint32_t *value)
{
	const uint8_t *byte = *at;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < LW_VARINT_MAX && byte < end; i++, byte++) {
		sum |= (uint64_t)(*byte & 127) << 7 * i;
		if (*byte & 128)
			continue;
		if (sum > UINT32_MAX || (i && !*byte))
			return false;
		*value = sum;
		*at = byte + 1;
		return true;
	}
	return false;
}

#endif /* LW_VARINT_H */
