// SPDX-License-Identifier: MIT
/*
 * The table of a slice: a level for each byte, which is the logarithm of its
 * frequency. Frequencies of weights lie on a smooth curve, so that most levels
 * are the one before or close to it. A writer gives up precision where it costs
 * more bits in the table than it saves behind it.
 */
#include <string.h>

#include "bits.h"
#include "rans.h"

#define SYMBOLS LW_RANS_SYMBOLS
#define LEVELS LW_RANS_LEVELS
/* The level that the first one is relative to. */
#define FIRST_LEVEL 25
#define LEVEL_BITS 6

/* Bits of a table in 1/256, as an estimate: runs are not known in advance. */
#define COST_SAME 200
#define COST_STEP (3 * 256)
#define COST_JUMP (10 * 256)
#define COST_ABSENT (7 * 256)
#define COST_STILL_ABSENT 64

/* Bytes in order of their value as signed numbers. */
static unsigned int symbol_at(unsigned int i)
{
	return i ^ 128;
}

/* 2^((level - 1) / 4), times 256. */
static uint32_t level_weight(unsigned int level)
{
	static const uint32_t quarter[4] = { 256, 304, 362, 431 };

	return level ? quarter[(level - 1) % 4] << (level - 1) / 4 : 0;
}

/*
 * Above one of LW_RANS_TOTAL for each, what is left is shared out in proportion
 * to what weights are above it.
 */
void lw_rans_frequencies(const uint8_t level[SYMBOLS],
			 uint16_t frequency[SYMBOLS])
{
	uint64_t sum = 0, above[SYMBOLS], total = 0, so_far = 0, before;
	unsigned int i, rest = LW_RANS_TOTAL;

	for (i = 0; i < SYMBOLS; i++) {
		sum += level_weight(level[i]);
		rest -= level[i] > 0;
	}
	for (i = 0; i < SYMBOLS; i++) {
		above[i] = (uint64_t)level_weight(level[i]) << LW_RANS_BITS;
		above[i] = above[i] > sum ? above[i] - sum : 0;
		total += above[i];
	}
	for (i = 0; i < SYMBOLS; i++) {
		before = so_far * rest / total;
		so_far += above[i];
		frequency[i] = (level[i] > 0) + so_far * rest / total - before;
	}
}

static void put_present(struct lw_bit_writer *writer, int level, int before,
			unsigned int run)
{
	struct lw_bit_writer gamma = { NULL, 0 };

	lw_put_gamma(&gamma, run);
	if (level == before && 4 + gamma.position < run) {
		lw_put_bits(writer, 14, 4);
		lw_put_gamma(writer, run);
	} else if (level == before) {
		while (run--)
			lw_put_bits(writer, 0, 1);
	} else if (level == before + 1 || level == before - 1) {
		lw_put_bits(writer, level > before ? 4 : 5, 3);
	} else {
		lw_put_bits(writer, 15, 4);
		lw_put_bits(writer, level, LEVEL_BITS);
	}
}

static void put_levels(struct lw_bit_writer *writer,
		       const uint8_t level[SYMBOLS])
{
	unsigned int i, run, before = FIRST_LEVEL, now;

	for (i = 0; i < SYMBOLS; i += run) {
		now = level[symbol_at(i)];
		run = 1;
		while ((!now || now == before) && i + run < SYMBOLS &&
		       level[symbol_at(i + run)] == now)
			run++;
		if (!now) {
			lw_put_bits(writer, 6, 3);
			lw_put_gamma(writer, run);
		} else {
			put_present(writer, now, before, run);
			before = now;
		}
	}
}

size_t lw_rans_put_levels(const uint8_t level[SYMBOLS], uint8_t *out)
{
	struct lw_bit_writer writer = { out, 0 };

	memset(out, 0, LW_RANS_MAX_TABLE);
	put_levels(&writer, level);
	return (writer.position + 7) / 8;
}

/* The level of a number of bytes, or 0. */
static const char *get_level(struct lw_bit_reader *reader, int *level,
			     unsigned int *run, bool *absent)
{
	*run = 1;
	*absent = false;
	if (!lw_get_bits(reader, 1))
		return NULL;
	if (!lw_get_bits(reader, 1)) {
		*level += lw_get_bits(reader, 1) ? -1 : 1;
	} else if (!lw_get_bits(reader, 1)) {
		*absent = true;
		*run = lw_get_gamma(reader, 8);
	} else if (!lw_get_bits(reader, 1)) {
		*run = lw_get_gamma(reader, 8);
	} else {
		*level = lw_get_bits(reader, LEVEL_BITS);
	}
	if (*level < 1 || *level > LEVELS)
		return "level in the table is out of range";
	return NULL;
}

static const char *check_table_end(const struct lw_bit_reader *reader)
{
	unsigned int used = reader->position % 8;

	if (reader->position > 8 * (uint64_t)reader->size)
		return "table goes on past the end";
	if (used && (uint8_t)(reader->data[reader->position / 8] << used))
		return "bits after the table are not zero";
	return NULL;
}

const char *lw_rans_get_levels(const uint8_t **at, const uint8_t *end,
			       uint8_t level[SYMBOLS])
{
	struct lw_bit_reader reader = { *at, end - *at, 0 };
	unsigned int i = 0, run, present = 0;
	int now = FIRST_LEVEL;
	const char *wrong;
	bool absent;

	while (i < SYMBOLS) {
		wrong = get_level(&reader, &now, &run, &absent);
		if (wrong)
			return wrong;
		if (!run || run > SYMBOLS - i)
			return "run in the table is too long";
		present += absent ? 0 : run;
		while (run--)
			level[symbol_at(i++)] = absent ? 0 : now;
	}
	if (!present)
		return "table has no symbol";
	wrong = check_table_end(&reader);
	*at += (reader.position + 7) / 8;
	return wrong;
}

/*
 * States of the search: a symbol has a level; or it has none, and the level is
 * the last one before.
 */
#define ABSENT (LEVELS + 1)
#define STATES (2 * LEVELS + 2)

/**
 * struct search - the cheapest levels up to a symbol
 * @cost: by the symbol's state; UINT64_MAX: not possible
 * @from: the state of the symbol before, by each one's state
 */
struct search {
	uint64_t cost[STATES];
	uint8_t from[SYMBOLS][STATES];
};

static uint64_t plus(uint64_t cost, uint64_t more)
{
	return cost > UINT64_MAX - more ? UINT64_MAX : cost + more;
}

/* The cheapest way to a level, from the same, a neighbour, or the best one. */
static uint64_t reach(const uint64_t before[STATES], unsigned int level,
		      unsigned int best, unsigned int *from)
{
	uint64_t least = plus(before[best], COST_JUMP), cost;
	unsigned int state, absent;

	*from = best;
	for (absent = 0; absent <= ABSENT; absent += ABSENT) {
		for (state = level - 1; state <= level + 1; state++) {
			if (!state || state > LEVELS)
				continue;
			cost = plus(before[state + absent],
				    state == level ? COST_SAME : COST_STEP);
			if (cost < least) {
				least = cost;
				*from = state + absent;
			}
		}
	}
	return least;
}

static unsigned int cheapest(const uint64_t cost[STATES])
{
	unsigned int state, best = 1;

	for (state = 1; state < STATES; state++)
		if (cost[state] < cost[best])
			best = state;
	return best;
}

/*
 * Bits of a byte's codes at a level, and what the level takes from all others:
 * logarithms of sums of frequencies that are near 1.
 */
static uint64_t level_cost(uint64_t count, uint64_t total, unsigned int level)
{
	return count * (256 * LW_RANS_BITS - 64 * (level - 1)) +
	       (total * level_weight(level) * 369 >> 20);
}

static void add_symbol(struct search *search, unsigned int i, uint64_t count,
		       uint64_t total)
{
	uint64_t before[STATES], present, absent;
	unsigned int best, level, from;

	memcpy(before, search->cost, sizeof(before));
	best = cheapest(before);
	for (level = 1; level <= LEVELS; level++) {
		present = reach(before, level, best, &from);
		search->cost[level] =
			plus(present, level_cost(count, total, level));
		search->from[i][level] = from;
		present = plus(before[level], COST_ABSENT);
		absent = plus(before[level + ABSENT], COST_STILL_ABSENT);
		search->from[i][level + ABSENT] =
			absent < present ? level + ABSENT : level;
		if (absent > present)
			absent = present;
		search->cost[level + ABSENT] = count ? UINT64_MAX : absent;
	}
}

void lw_rans_levels(const uint32_t count[SYMBOLS], uint8_t level[SYMBOLS])
{
	struct search search;
	unsigned int i, state;
	uint64_t total = 0;

	memset(search.cost, 0xff, sizeof(search.cost));
	search.cost[FIRST_LEVEL] = 0;
	for (i = 0; i < SYMBOLS; i++)
		total += count[i];
	for (i = 0; i < SYMBOLS; i++)
		add_symbol(&search, i, count[symbol_at(i)], total);
	state = cheapest(search.cost);
	for (i = SYMBOLS; i--; state = search.from[i][state])
		level[symbol_at(i)] = state > ABSENT ? 0 : state;
}
