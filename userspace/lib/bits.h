/* SPDX-License-Identifier: MIT */
/* Strings of bits, which fill each byte from its most significant one. */
#ifndef LW_BITS_H
#define LW_BITS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * struct lw_bit_writer - a string as it is written
 * @out: bytes, zero from @position on; NULL: bits are only counted
 * @position: bits so far
 */
struct lw_bit_writer {
	uint8_t *out;
	uint64_t position;
};

/* @value has at most @n bits, 1 to 24. */
static inline void lw_put_bits(struct lw_bit_writer *writer, uint32_t value,
			       unsigned int n)
{
	unsigned int used = writer->position % 8 + n;
	uint64_t at = writer->position / 8;
	uint8_t *out;

	writer->position += n;
	if (!writer->out)
		return;
	out = writer->out + at;
	value <<= 32 - used;
	for (; used; value <<= 8, used -= used < 8 ? used : 8)
		*out++ |= value >> 24;
}

/* Elias gamma: as many zeros as @value has bits after its first, then it. */
static inline void lw_put_gamma(struct lw_bit_writer *writer, uint32_t value)
{
	unsigned int zeros = 31 - __builtin_clz(value);

	lw_put_bits(writer, value, 2 * zeros + 1);
}

/**
 * struct lw_bit_reader - a string as it is read
 * @data: bytes
 * @size: how many; behind them are zeros
 * @position: bits so far
 */
struct lw_bit_reader {
	const uint8_t *data;
	size_t size;
	uint64_t position;
};

/* At least 57 bits from the position on, at the top. */
static inline uint64_t lw_peek_bits(const struct lw_bit_reader *reader)
{
	size_t at = reader->position / 8, left;
	uint8_t bytes[8] = { 0 };
	uint64_t bits;

	if (at < reader->size) {
		left = reader->size - at;
		memcpy(bytes, reader->data + at, left < 8 ? left : 8);
	}
	memcpy(&bits, bytes, 8);
	return be64toh(bits) << reader->position % 8;
}

/* @n is 1 to 32. */
static inline uint32_t lw_get_bits(struct lw_bit_reader *reader, unsigned int n)
{
	uint32_t value = lw_peek_bits(reader) >> (64 - n);

	reader->position += n;
	return value;
}

/* A gamma code of at most @max bits after the first; 0 if it has more. */
static inline uint32_t lw_get_gamma(struct lw_bit_reader *reader,
				    unsigned int max)
{
	unsigned int zeros = 0;

	while (zeros <= max && !lw_get_bits(reader, 1))
		zeros++;
	if (zeros > max)
		return 0;
	return zeros ? 1U << zeros | lw_get_bits(reader, zeros) : 1;
}

#endif /* LW_BITS_H */
