// SPDX-License-Identifier: MIT
/*
 * Rows of weights by context. Of a weight is coded whether it is zero; how many
 * bits its magnitude has; the bits after the first, leading ones by what was
 * seen; the sign. Contexts are neighbours: in the row, in the tap of the kernel
 * before, in the rows above; and mean magnitudes of its row and its column.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context_weights.h"

/* Words of zeros on both sides of a row, for those who look there. */
#define MARGIN 2
/* Uses that the mean of the row before counts for. */
#define ROW_USES 3
/* Bits of a magnitude that are learned. */
#define LEADING 3
/* Where means of rows start, in 1/256. */
#define FIRST_MEAN (20 << 8)
/* Steps of shares of words that are there. */
#define SHARES 15

/**
 * struct state - where the coder is
 * @range: it
 * @models: what has been learned
 * @rows: what is coded
 * @weights: the next word's
 * @left: words that are left there
 * @r: number of the row
 * @now: its weights, all words; zeros before and behind it
 * @above: the row's before, and the one's before that
 * @there: whether its words are there; the same of the rows before
 * @column: mean magnitude of each weight in the rows so far, in 1/64
 * @words: how often each word was there in the rows so far
 * @mean: mean magnitude of the weights of the row so far, or of each lane's, in
 *	1/256
 * @uses: weights that the mean is of
 * @in_row: words of the row that are there
 */
struct state {
	struct lw_range_coder *range;
	struct lw_weight_models *models;
	const struct lw_rows *rows;
	uint8_t *weights;
	uint64_t left;
	uint32_t r;
	int8_t *now, *above[2];
	uint8_t *there, *there_above[2];
	uint16_t *column;
	uint32_t *words;
	uint16_t mean[4];
	uint16_t uses[4];
	uint32_t in_row;
};

/* What a weight is coded by. */
struct contexts {
	uint32_t *nodes[3];
	uint32_t *sign[3];
};

void lw_weight_models_start(struct lw_weight_models *models)
{
	const size_t slots = offsetof(struct lw_weight_models, node_mix);

	lw_mix_init();
	lw_slots_start((uint32_t *)models, slots / sizeof(uint32_t));
	lw_mixer_start(models->node_mix[0],
		       (sizeof(*models) - slots) / sizeof(int32_t));
}

/* Two steps for each doubling; of a mean in 1/16 below 2048. */
static inline unsigned int level(uint32_t mean)
{
	unsigned int bits = 31 - __builtin_clz(2 * mean + 1);

	return 2 * bits - (bits > 0) + (bits > 1 && mean >> (bits - 2) & 1);
}

/* Without branches: signs of weights cannot be foreseen. */
static inline unsigned int sign(int weight)
{
	return (weight < 0) | (weight > 0) << 1;
}

static unsigned int code_node(struct state *s, const struct contexts *c,
			      unsigned int node, unsigned int bit)
{
	uint32_t *const slots[3] = {
		c->nodes[0] + node, c->nodes[1] + node, c->nodes[2] + node,
	};

	return lw_mix_bit(s->range, slots, 3, s->models->node_mix[node], bit);
}

/* A magnitude of @length bits, of which the first is 1. */
static unsigned int code_magnitude(struct state *s, unsigned int length,
				   unsigned int magnitude)
{
	unsigned int left = length - 1, n = left < LEADING ? left : LEADING;
	unsigned int prefix = 1;

	for (; n; n--) {
		left--;
		prefix = prefix << 1 |
			 lw_slot_bit(s->range,
				     &s->models->leading[length][prefix],
				     magnitude >> left & 1);
	}
	if (!left)
		return prefix;
	return prefix << left |
	       lw_range_bits(s->range, left, magnitude & ((1u << left) - 1));
}

/* @not_zero: that is known. */
static int code_weight(struct state *s, const struct contexts *c, bool not_zero,
		       int weight)
{
	unsigned int magnitude = abs(weight), length, node = 1;
	int i, negative;

	if (!not_zero && !code_node(s, c, 0, magnitude != 0))
		return 0;
	length = 32 - __builtin_clz(magnitude | 1);
	for (i = 2; i >= 0; i--)
		node = node << 1 | code_node(s, c, node, (length - 1) >> i & 1);
	length = node - 7;
	if (length == 8)
		return INT8_MIN;
	magnitude = code_magnitude(s, length, magnitude);
	negative = lw_mix_bit(s->range, c->sign, 3, s->models->sign_mix,
			      weight < 0);
	return ((int)magnitude ^ -negative) + negative;
}

static void look_around(const struct state *s, uint32_t at, struct contexts *c)
{
	const uint32_t step = 4 * s->rows->step;
	struct lw_weight_models *m = s->models;
	const int8_t *w = s->now + at;
	int up = s->above[0][at], up2 = s->above[1][at];
	int tap = at >= step ? *(w - step) : 0;
	unsigned int lane = s->rows->lanes ? at % 4 : 0;
	unsigned int tap_level = level(16 * abs(tap));

	c->nodes[0] = m->by_means[level(s->mean[lane] >> 4)]
				 [s->r ? level(s->column[at] >> 2) :
					 LW_LEVELS - 1];
	c->nodes[1] = m->by_before[level(8 * abs(w[-1]) + 4 * abs(w[-2]) +
					 4 * abs(w[-4]))];
	c->nodes[2] = m->by_around[tap_level]
				  [level(10 * abs(up) + 6 * abs(up2))];
	c->sign[0] = &m->sign_before[9 * sign(w[-1]) + 3 * sign(w[-2]) +
				     sign(w[-4])];
	c->sign[1] = &m->sign_around[9 * sign(tap) + 3 * sign(up) + sign(up2)];
	c->sign[2] = &m->sign_tap[tap_level][sign(tap)];
}

static void learn_means(struct state *s, uint32_t at, int weight)
{
	unsigned int lane = s->rows->lanes ? at % 4 : 0;
	int off = (abs(weight) << 8) - s->mean[lane];

	s->mean[lane] += (off * lw_mix_rate[s->uses[lane]]) >> 13;
	s->uses[lane] += s->uses[lane] < LW_SLOT_USES;
	off = (abs(weight) << 6) - s->column[at];
	if (s->r)
		off >>= s->r < 4 ? 1 : s->r < 16 ? 2 : 3;
	s->column[at] += off;
}

static void code_word(struct state *s, uint32_t word)
{
	bool zeros = s->rows->mask;
	struct contexts contexts;
	uint32_t lane, at;
	int weight;

	for (lane = 0; lane < 4; lane++) {
		at = 4 * word + lane;
		look_around(s, at, &contexts);
		weight = code_weight(s, &contexts, zeros && lane == 3,
				     (int8_t)s->weights[lane]);
		zeros = zeros && !weight;
		s->now[at] = weight;
		if (!s->range->encoding)
			s->weights[lane] = weight;
		learn_means(s, at, weight);
	}
	s->weights += 4;
}

static unsigned int share(uint32_t n, uint32_t of)
{
	return of ? ((uint64_t)n * SHARES + of / 2) / of : (SHARES + 1) / 2;
}

/* Whether a word is there. */
static unsigned int code_presence(struct state *s, uint32_t word,
				  unsigned int bit)
{
	const uint8_t *now = s->there + word, *up = s->there_above[0] + word;
	const uint32_t step = s->rows->step;
	struct lw_weight_models *m = s->models;
	unsigned int tap = word >= step ? *(now - step) : 0;
	unsigned int tap2 = word / 2 >= step ? *(now - 2 * step) : 0;
	unsigned int column = share(s->words[word], s->r);
	unsigned int before = now[-1] << 5 | now[-2] << 4 | now[-3] << 3 |
			      now[-4] << 2 | now[-5] << 1 | now[-6];
	unsigned int around = now[-1] | now[-2] << 1 | up[0] << 2 | tap << 3 |
			      up[-1] << 4 | up[1] << 5 |
			      s->there_above[1][word] << 6 | tap2 << 7;
	uint32_t *const slots[4] = {
		&m->word_before[before],
		&m->word_means[column][share(s->in_row, word)],
		&m->word_around[around],
		&m->word_column[column][up[0] << 2 | now[-1] << 1 | tap],
	};

	bit = lw_mix_bit(s->range, slots, 4, m->word_mix, bit);
	s->there[word] = bit;
	s->words[word] += bit;
	s->in_row += bit;
	return bit;
}

static int code_masked_word(struct state *s, uint32_t word)
{
	uint64_t bit = (uint64_t)s->r * s->rows->row + word;
	uint8_t *byte = s->rows->mask + bit / 8;

	if (!code_presence(s, word, *byte >> bit % 8 & 1)) {
		memset(s->now + 4 * word, 0, 4);
		return 0;
	}
	if (!s->left)
		return -EBADMSG;
	s->left--;
	if (!s->range->encoding)
		*byte |= 1 << bit % 8;
	code_word(s, word);
	return 0;
}

static void next_row(struct state *s)
{
	int8_t *weights = s->above[1];
	uint8_t *there = s->there_above[1];
	unsigned int i;

	s->above[1] = s->above[0];
	s->above[0] = s->now;
	s->now = weights;
	s->there_above[1] = s->there_above[0];
	s->there_above[0] = s->there;
	s->there = there;
	s->in_row = 0;
	for (i = 0; i < 4; i++)
		s->uses[i] = ROW_USES;
}

static int code_all(struct state *s)
{
	uint32_t word;
	int ret;

	for (; s->r < s->rows->rows; s->r++) {
		next_row(s);
		for (word = 0; word < s->rows->row; word++) {
			if (!s->rows->mask) {
				code_word(s, word);
				continue;
			}
			ret = code_masked_word(s, word);
			if (ret)
				return ret;
		}
	}
	return s->rows->mask && s->left ? -EBADMSG : 0;
}

int lw_code_rows(struct lw_range_coder *range, struct lw_weight_models *models,
		 const struct lw_rows *rows, const char **wrong)
{
	/* Of presence, six to the left are looked at. */
	const size_t words = (size_t)rows->row + 8;
	int8_t *weights = calloc(3 * words, 4);
	uint8_t *there = calloc(3 * words, 1);
	uint16_t *column = calloc(4 * words, sizeof(*column));
	struct state s = {
		.range = range, .models = models, .rows = rows,
		.weights = rows->weights, .left = rows->n,
		.column = column, .words = calloc(words, sizeof(*s.words)),
	};
	unsigned int i;
	int ret = -ENOMEM;

	*wrong = "no memory";
	if (!weights || !there || !column || !s.words)
		goto free;
	s.now = weights + 4 * MARGIN;
	s.there = there + 6;
	for (i = 0; i < 2; i++) {
		s.above[i] = s.now + 4 * (i + 1) * words;
		s.there_above[i] = s.there + (i + 1) * words;
	}
	for (i = 0; i < 4; i++)
		s.mean[i] = FIRST_MEAN;
	ret = code_all(&s);
	if (ret)
		*wrong = "blocks are more or fewer than stated";
free:
	free(s.words);
	free(column);
	free(there);
	free(weights);
	return ret;
}
