/* SPDX-License-Identifier: MIT */
/* Repeatable random numbers: xorshift64*, the same on every machine. */
#ifndef LW_RANDOM_H
#define LW_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lw_random {
	uint64_t state;
};

static inline uint32_t lw_random_u32(struct lw_random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return (random->state * 0x2545f4914f6cdd1dULL) >> 32;
}

/* Neighbouring seeds give unrelated sequences. */
static inline struct lw_random lw_random_seed(uint64_t seed)
{
	struct lw_random random;

	seed += 0x9e3779b97f4a7c15ULL;
	seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ULL;
	seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebULL;
	random.state = (seed ^ (seed >> 31)) | 1;
	lw_random_u32(&random);
	return random;
}

/* 0 … n-1 */
static inline uint32_t lw_random_below(struct lw_random *random, uint32_t n)
{
	return ((uint64_t)lw_random_u32(random) * n) >> 32;
}

/* lo … hi */
static inline int64_t lw_random_between(struct lw_random *random, int64_t lo,
					int64_t hi)
{
	uint64_t bits = (uint64_t)lw_random_u32(random) << 32;

	bits |= lw_random_u32(random);
	return lo + (int64_t)(bits % ((uint64_t)(hi - lo) + 1));
}

static inline bool lw_random_chance(struct lw_random *random,
				    uint32_t percent)
{
	return lw_random_below(random, 100) < percent;
}

static inline void lw_random_fill(struct lw_random *random, void *bytes,
				  size_t size)
{
	uint8_t *byte = bytes;

	while (size--)
		*byte++ = lw_random_u32(random);
}

/* One of an array's elements. */
#define LW_RANDOM_PICK(random, array) \
	((array)[lw_random_below(random, sizeof(array) / sizeof((array)[0]))])

#endif /* LW_RANDOM_H */
