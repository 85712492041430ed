// SPDX-License-Identifier: MIT
/* Random bytes to encode: of each layout, and of none. */
#include <stdlib.h>
#include <string.h>

#include "random_stream.h"

/* What bytes are like: constant, any, few, small numbers, runs. */
struct kind {
	unsigned int kind;
	unsigned int spread;
	uint8_t constant;
	unsigned int zeros;
};

static struct kind random_kind(struct lw_random *random)
{
	return (struct kind){
		.kind = lw_random_below(random, 5),
		.spread = 1 + lw_random_below(random, 60),
		.constant = lw_random_u32(random),
		.zeros = lw_random_chance(random, 50) ?
			 0 : lw_random_below(random, 100),
	};
}

/* About as a bell, in three steps of @spread. */
static uint8_t small_number(struct lw_random *random, unsigned int spread)
{
	int sum = 0, i;

	for (i = 0; i < 3; i++)
		sum += (int)lw_random_below(random, 2 * spread + 1) -
		       (int)spread;
	return sum < -128 ? 128 : sum > 127 ? 127 : sum;
}

static uint8_t random_byte(struct lw_random *random, const struct kind *kind,
			   uint8_t before)
{
	if (lw_random_chance(random, kind->zeros))
		return 0;
	switch (kind->kind) {
	case 0:
		return kind->constant;
	case 1:
		return lw_random_u32(random);
	case 2:
		return kind->constant * lw_random_below(random, 3);
	case 3:
		return small_number(random, kind->spread);
	default:
		return lw_random_chance(random, 90) ? before :
						      lw_random_u32(random);
	}
}

static void fill(struct lw_random *random, uint8_t *data, size_t size)
{
	struct kind kind = random_kind(random);
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = random_byte(random, &kind, i ? data[i - 1] : 0);
}

/* A mask of random words, and for each a word that is not zero. */
static size_t fill_blocks(struct lw_random *random, uint64_t words,
			  uint8_t *data)
{
	uint32_t share = lw_random_below(random, 101);
	uint8_t *to = data + (words + 31) / 32 * 4;
	uint64_t i;

	memset(data, 0, to - data);
	for (i = 0; i < words; i++) {
		if (!lw_random_chance(random, share))
			continue;
		data[i / 8] |= 1 << i % 8;
		fill(random, to, 4);
		if (!(to[0] | to[1] | to[2] | to[3]))
			to[lw_random_below(random, 4)] = 1;
		to += 4;
	}
	return to - data;
}

static struct lwm_layout random_layout(struct lw_random *random, uint32_t max)
{
	struct lwm_layout layout = {
		.kind = (enum lwm_layout_kind)lw_random_below(random, 4),
		.stride = 1 + lw_random_below(random, 9),
		.row = 1 + lw_random_below(random, 1 + max / 64),
	};

	layout.step = 1 + lw_random_below(random, layout.row);
	layout.rows = 1 + lw_random_below(random, 1 + max / 4 / layout.row);
	return layout;
}

struct lwm_stream random_stream(struct lw_random *random, uint32_t max)
{
	struct lwm_layout layout = random_layout(random, max);
	uint64_t words = (uint64_t)layout.rows * layout.row;
	struct lwm_stream stream = {
		.layout = layout,
		.slice_size = 1 + lw_random_below(random, 2 * max),
	};
	/* A mask and all words; bytes take less. */
	uint8_t *data = malloc(5 * words + max + 8);

	stream.data = data;
	if (!data)
		return stream;
	if (layout.kind == LWM_BLOCKS) {
		stream.size = fill_blocks(random, words, data);
	} else {
		stream.size = layout.kind == LWM_BYTES ?
			      1 + lw_random_below(random, max) : 4 * words;
		fill(random, data, stream.size);
	}
	if (lw_random_chance(random, 10))
		stream.layout = random_layout(random, max);
	return stream;
}
