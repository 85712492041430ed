/* SPDX-License-Identifier: MIT */
/* Arithmetic coding of bits, in both directions; see docs/lwm.md, context. */
#ifndef LW_RANGE_CODER_H
#define LW_RANGE_CODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LW_RANGE_MIN (1u << 24)
/* Bytes that a reader looks at past the end: they count as zeros. */
#define LW_RANGE_AHEAD 3

/**
 * struct lw_range_coder - a coder
 * @encoding: bits go in, else they come out
 * @range: of the numbers that mean what has been coded
 * @low: encoding: the least of them; decoding: how far above the least of them
 *	is the one that the bytes say
 * @in: decoding: bytes
 * @out: encoding: bytes
 * @at: bytes read or written
 * @size: of @in, or room at @out; what does not fit is lost
 *
 * Both directions are one code, and so is all that chooses probabilities.
 */
struct lw_range_coder {
	bool encoding;
	uint32_t range;
	uint32_t low;
	const uint8_t *in;
	uint8_t *out;
	size_t at;
	size_t size;
};

static inline void lw_range_start_encode(struct lw_range_coder *r, uint8_t *out,
					 size_t room)
{
	*r = (struct lw_range_coder){
		.encoding = true, .range = UINT32_MAX, .out = out, .size = room,
	};
}

static inline uint32_t lw_range_read(struct lw_range_coder *r)
{
	uint32_t byte = r->at < r->size ? r->in[r->at] : 0;

	r->at++;
	return byte;
}

static inline void lw_range_start_decode(struct lw_range_coder *r, const uint8_t *in,
					 size_t size)
{
	int i;

	*r = (struct lw_range_coder){ .range = UINT32_MAX, .in = in, .size = size };
	for (i = 0; i < 4; i++)
		r->low = r->low << 8 | lw_range_read(r);
}

static inline void lw_range_write(struct lw_range_coder *r)
{
	if (r->at < r->size)
		r->out[r->at] = r->low >> 24;
	r->at++;
}

/* Encoding: takes numbers from @above the least on; a sum may carry. */
static inline void lw_range_raise(struct lw_range_coder *r, uint32_t above)
{
	size_t i = r->at < r->size ? r->at : r->size;

	r->low += above;
	if (r->low >= above)
		return;
	while (i-- && !++r->out[i])
		;
}

static inline void lw_range_normalise(struct lw_range_coder *r)
{
	while (r->range < LW_RANGE_MIN) {
		r->range <<= 8;
		if (r->encoding) {
			lw_range_write(r);
			r->low <<= 8;
		} else {
			r->low = r->low << 8 | lw_range_read(r);
		}
	}
}

/**
 * lw_range_bit() - code a bit
 * @r: the coder
 * @one: probability that it is 1, of 65536, neither 0 nor all
 * @bit: encoding: the bit
 *
 * Return: the bit.
 */
static inline unsigned int lw_range_bit(struct lw_range_coder *r, uint32_t one,
					unsigned int bit)
{
	uint32_t ones = (r->range >> 16) * one, zeros = r->range - ones, is_zero;

	if (!r->encoding)
		bit = r->low < ones;
	/* All its bits are set for a 0: a branch here would be a coin toss. */
	is_zero = bit - 1;
	if (r->encoding)
		lw_range_raise(r, ones & is_zero);
	else
		r->low -= ones & is_zero;
	r->range = (ones & ~is_zero) | (zeros & is_zero);
	lw_range_normalise(r);
	return bit;
}

/**
 * lw_range_bits() - code @n bits, 1 to 8, of even chances
 *
 * Return: the bits.
 */
static inline unsigned int lw_range_bits(struct lw_range_coder *r, unsigned int n,
					 unsigned int bits)
{
	uint32_t step = r->range >> n, last = (1u << n) - 1;

	if (r->encoding) {
		lw_range_raise(r, bits * step);
	} else {
		bits = r->low / step;
		bits = bits < last ? bits : last;
		r->low -= bits * step;
	}
	/* What the division left over belongs to the last. */
	r->range = bits == last ? r->range - last * step : step;
	lw_range_normalise(r);
	return bits;
}

/**
 * lw_range_end_encode() - write the shortest end: one byte
 *
 * Return: bytes in all; more than there is room for: they did not fit.
 */
static inline size_t lw_range_end_encode(struct lw_range_coder *r)
{
	lw_range_raise(r, -r->low & (LW_RANGE_MIN - 1));
	lw_range_write(r);
	return r->at;
}

/**
 * lw_range_end_decode() - whether the bytes end as lw_range_end_encode() ends
 *
 * Return: NULL, or what is wrong.
 */
static inline const char *lw_range_end_decode(const struct lw_range_coder *r)
{
	if (r->at > r->size + LW_RANGE_AHEAD)
		return "codes go on past the end";
	if (r->at < r->size + LW_RANGE_AHEAD)
		return "bytes are left over";
	if (r->low >= LW_RANGE_MIN)
		return "last byte is not the one that ends the codes";
	return NULL;
}

#endif /* LW_RANGE_CODER_H */
