/* SPDX-License-Identifier: MIT */
/* Probabilities of bits, learned and mixed; see docs/lwm.md, context. */
#ifndef LW_CONTEXT_MIX_H
#define LW_CONTEXT_MIX_H

#include "range_coder.h"

/* A slot: the probability of a 1 in 22 bits, and its uses in 10. */
#define LW_SLOT_START (1u << 31)
#define LW_SLOT_USES 500u
/* The least probability of a bit, in 1/65536. */
#define LW_MIX_LEAST 32
/* The most contexts that a mixer takes. */
#define LW_MIX_INPUTS 6
/* Where a mixer's weights start, in 1/65536. */
#define LW_MIX_START 19660

/* 256 x ln(p / (1 - p)) by the upper 12 bits of p. */
extern int16_t lw_mix_stretch[4096];
/* The reverse, of numbers from -2048 on, in 1/65536. */
extern uint16_t lw_mix_squash[4096];
/* How far to go to what was seen, by uses so far, in 1/8192. */
extern uint16_t lw_mix_rate[LW_SLOT_USES + 1];

/** lw_mix_init() - make the tables; any thread may, any number of times */
void lw_mix_init(void);

static inline void lw_slots_start(uint32_t *slots, size_t n)
{
	while (n--)
		*slots++ = LW_SLOT_START;
}

static inline void lw_mixer_start(int32_t *weights, size_t n)
{
	while (n--)
		*weights++ = LW_MIX_START;
}

static inline void lw_slot_learn(uint32_t *slot, unsigned int bit)
{
	uint32_t uses = *slot & 1023, certain = (bit << 22) - bit;
	int32_t off = (int32_t)(certain - (*slot >> 10)) >> 3;

	*slot += (uint32_t)(off * lw_mix_rate[uses]) & ~1023u;
	*slot += uses < LW_SLOT_USES;
}

/** lw_slot_bit() - code a bit by one slot, and learn from it */
static inline unsigned int lw_slot_bit(struct lw_range_coder *range, uint32_t *slot,
				       unsigned int bit)
{
	uint32_t one = *slot >> 16;

	one = one < LW_MIX_LEAST ? LW_MIX_LEAST : one;
	one = one > 65536 - LW_MIX_LEAST ? 65536 - LW_MIX_LEAST : one;
	bit = lw_range_bit(range, one, bit);
	lw_slot_learn(slot, bit);
	return bit;
}

/**
 * lw_mix_bit() - code a bit by several slots, and learn from it
 * @range: the coder
 * @slots: one of each context
 * @n: how many, a constant
 * @weights: of the mixer, one of each context
 * @bit: encoding: the bit
 *
 * Return: the bit.
 */
static inline __attribute__((always_inline)) unsigned int
lw_mix_bit(struct lw_range_coder *range, uint32_t *const *slots, unsigned int n,
	   int32_t *weights, unsigned int bit)
{
	int32_t input[LW_MIX_INPUTS], one, error;
	unsigned int i;
	int64_t sum = 0;
	uint32_t step;

#pragma GCC unroll 6
	for (i = 0; i < n; i++) {
		input[i] = lw_mix_stretch[*slots[i] >> 20];
		sum += (int64_t)input[i] * weights[i];
	}
	sum >>= 16;
	sum = sum > 2047 ? 2047 : sum;
	sum = sum < -2047 ? -2047 : sum;
	one = lw_mix_squash[sum + 2048];
	bit = lw_range_bit(range, one, bit);
	error = (int32_t)(bit << 16) - one;
#pragma GCC unroll 6
	for (i = 0; i < n; i++) {
		/* Wraps around, rather than be undefined. */
		step = (input[i] * error) >> 15;
		weights[i] = (int32_t)((uint32_t)weights[i] + step);
		lw_slot_learn(slots[i], bit);
	}
	return bit;
}

#endif /* LW_CONTEXT_MIX_H */
