// SPDX-License-Identifier: MIT
/* Lists of the non-zero blocks of a convolution's weights. */
#include <stdlib.h>
#include <string.h>

#include "lower_conv.h"

/**
 * struct tap - a place of the kernel that reaches the image
 * @block: the first of its blocks, of a channel's
 * @offset: words from a position to its input, of the first group's first word
 * @phase: that it adds to
 */
struct tap {
	size_t block;
	uint32_t offset;
	uint32_t phase;
};

/**
 * struct strip - the blocks of the output channels that share a list
 * @blocks: all of them
 * @lists: where they go
 * @split_pairs: see lw_cl_lists_build()
 * @next: index of the next block of the mask
 * @data: the next block of the stream
 * @width: blocks of one channel
 * @words: a channel's blocks after another's
 * @taps: those that reach the image, by phase
 * @n_taps: how many
 */
struct strip {
	const struct lw_cl_blocks *blocks;
	struct lw_cl_lists *lists;
	bool split_pairs;
	size_t next;
	const uint8_t *data;
	size_t width;
	uint32_t *words;
	struct tap *taps;
	size_t n_taps;
};

static uint32_t next_block(struct strip *strip)
{
	const uint8_t *mask = strip->blocks->mask;
	size_t i = strip->next++;
	uint32_t word;

	if (mask && !(mask[i / 8] >> i % 8 & 1))
		return 0;
	memcpy(&word, strip->data, 4);
	strip->data += 4;
	return word;
}

/* A byte of each of the stream's words is one of the channel's taps. */
static void read_depthwise(const struct strip *strip, uint32_t channel,
			   uint32_t *words)
{
	uint32_t lane = channel % LWNPU_LANES;
	const uint8_t *bytes = strip->blocks->data + lane +
			       channel / LWNPU_LANES * strip->width *
			       LWNPU_LANES;

	for (size_t i = 0; i < strip->width; i++)
		words[i] = (uint32_t)bytes[i * LWNPU_LANES] << 8 * lane;
}

static void read_channel(struct strip *strip, uint32_t channel, uint32_t *words)
{
	if (strip->blocks->depthwise) {
		read_depthwise(strip, channel, words);
		return;
	}
	for (size_t i = 0; i < strip->width; i++)
		words[i] = next_block(strip);
}

static int compare_taps(const void *left, const void *right)
{
	const struct tap *a = left, *b = right;

	if (a->phase != b->phase)
		return a->phase < b->phase ? -1 : 1;
	return a->block < b->block ? -1 : a->block > b->block;
}

static void find_taps(struct strip *strip)
{
	const struct lw_cl_window *window = &strip->blocks->window;
	size_t block = 0, offset, phase;

	for (uint32_t y = 0; y < window->h.taps; y++) {
		for (uint32_t x = 0; x < window->w.taps; x++) {
			if (lw_cl_window_tap(window, y, x, &offset, &phase))
				strip->taps[strip->n_taps++] = (struct tap){
					block, offset, phase
				};
			block += strip->blocks->words;
		}
	}
	if (strip->lists->phases > 1)
		qsort(strip->taps, strip->n_taps, sizeof(*strip->taps),
		      compare_taps);
}

static uint32_t sum_lanes(uint32_t word)
{
	return (int8_t)word + (int8_t)(word >> 8) + (int8_t)(word >> 16) +
	       (int8_t)(word >> 24);
}

/* Moves the second weight of each pair that may overflow to @rest. */
static uint32_t split_word(uint32_t word, uint32_t *rest)
{
	*rest = 0;
	for (unsigned int bit = 0; bit < 32; bit += 16) {
		int a = (int8_t)(word >> bit), b = (int8_t)(word >> (bit + 8));
		uint32_t second = word & 0xff00U << bit;

		if (a + b > 128 || a + b < -128) {
			*rest |= second;
			word &= ~second;
		}
	}
	return word;
}

static int grow_entries(struct lw_cl_lists *lists)
{
	size_t max = lists->max_entries ? 2 * lists->max_entries : 256;
	uint32_t *grown;

	if (lists->n_entries < lists->max_entries)
		return 0;
	grown = realloc(lists->offsets, max * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	lists->offsets = grown;
	grown = realloc(lists->weights, max * lists->shared * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	lists->weights = grown;
	lists->max_entries = max;
	return 0;
}

/* Appends an entry, unless all its words are zero and @always is not set. */
static int add_entry(struct lw_cl_lists *lists, uint32_t offset,
		     const uint32_t *words, size_t step, bool always)
{
	uint32_t any = always;
	uint32_t *to;
	int ret;

	for (uint32_t i = 0; i < lists->shared && !any; i++)
		any = words[i * step];
	if (!any)
		return 0;
	ret = grow_entries(lists);
	if (ret)
		return ret;
	lists->offsets[lists->n_entries] = offset;
	to = lists->weights + lists->n_entries++ * lists->shared;
	for (uint32_t i = 0; i < lists->shared; i++)
		to[i] = words[i * step];
	return 0;
}

/* One block of each of the strip's channels; its words are used up. */
static int add_blocks(struct strip *strip, size_t i, uint32_t offset)
{
	struct lw_cl_lists *lists = strip->lists;
	uint32_t *words = strip->words + i;
	uint32_t rest[LW_CL_MAX_SHARED];
	int ret;

	if (!strip->split_pairs)
		return add_entry(lists, offset, words, strip->width, false);
	for (uint32_t k = 0; k < lists->shared; k++) {
		uint32_t *word = &words[k * strip->width];

		*word = split_word(*word, &rest[k]);
	}
	ret = add_entry(lists, offset, words, strip->width, false);
	return ret ? ret : add_entry(lists, offset, rest, 1, false);
}

static uint32_t sum_blocks(const uint32_t *words, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += sum_lanes(words[i]);
	return sum;
}

/*
 * Inside the image and outside, a tap reads bytes that hold the zero point.
 * The bias takes it back: of TCONV it does not yet, and of the others it does
 * so also for taps that are left out because they are always outside.
 */
static void add_corrections(struct strip *strip, size_t list,
			    const struct tap *taps, size_t n_taps)
{
	const struct lw_cl_blocks *blocks = strip->blocks;
	uint32_t shared = strip->lists->shared;

	for (uint32_t k = 0; k < shared; k++) {
		const uint32_t *words = strip->words + k * strip->width;
		uint32_t sum = 0;

		if (!blocks->transposed)
			sum = sum_blocks(words, strip->width);
		for (size_t i = 0; i < n_taps; i++)
			sum -= sum_blocks(words + taps[i].block, blocks->words);
		strip->lists->correction[list * shared + k] =
			sum * blocks->zero_point;
	}
}

/* Planes before the first that a channel reads. */
static size_t first_plane(const struct lw_cl_blocks *blocks, uint32_t channel)
{
	return (size_t)(channel / blocks->group) * blocks->words;
}

/* Entries of zeros; nothing else can follow in the strip. */
static int fill_up(struct strip *strip, size_t list, uint32_t multiple)
{
	struct lw_cl_lists *lists = strip->lists;
	const uint32_t zeros[LW_CL_MAX_SHARED] = { 0 };
	int ret = 0;

	while (!ret && (lists->n_entries - lists->starts[list]) % multiple)
		ret = add_entry(lists, lists->offsets[lists->n_entries - 1],
				zeros, 1, true);
	return ret;
}

/* The blocks of some taps, all of one phase. */
static int build_list(struct strip *strip, size_t list, const struct tap *taps,
		      size_t n_taps, uint32_t multiple)
{
	const struct lw_cl_blocks *blocks = strip->blocks;
	struct lw_cl_lists *lists = strip->lists;
	uint32_t channel = list / lists->phases * lists->shared;
	size_t plane = blocks->window.image.plane, base = 0;
	size_t all = (size_t)blocks->window.h.taps * blocks->window.w.taps;
	int ret = 0;

	if (channel < blocks->channels)
		base = first_plane(blocks, channel) * plane;
	if (blocks->transposed || n_taps < all)
		add_corrections(strip, list, taps, n_taps);
	for (size_t i = 0; i < n_taps; i++)
		for (uint32_t w = 0; w < blocks->words && !ret; w++)
			ret = add_blocks(strip, taps[i].block + w,
					 base + taps[i].offset + w * plane);
	if (!ret)
		ret = fill_up(strip, list, multiple);
	if (!ret && lists->n_entries > UINT32_MAX)
		ret = -ENOMEM;
	lists->starts[list + 1] = lists->n_entries;
	return ret;
}

/* The lists of some channels: one for each phase. */
static int build_strip(struct strip *strip, size_t first, uint32_t multiple)
{
	const struct lw_cl_blocks *blocks = strip->blocks;
	struct lw_cl_lists *lists = strip->lists;
	uint32_t channel = first / lists->phases * lists->shared;
	size_t tap = 0, end;
	int ret = 0;

	memset(strip->words, 0, lists->shared * strip->width * 4);
	for (uint32_t k = 0; k < lists->shared; k++)
		if (channel + k < blocks->channels)
			read_channel(strip, channel + k,
				     strip->words + k * strip->width);
	for (size_t phase = 0; phase < lists->phases && !ret; phase++) {
		for (end = tap; end < strip->n_taps; end++)
			if (strip->taps[end].phase != phase)
				break;
		ret = build_list(strip, first + phase, strip->taps + tap,
				 end - tap, multiple);
		tap = end;
	}
	return ret;
}

int lw_cl_lists_build(struct lw_cl_lists *lists,
		      const struct lw_cl_blocks *blocks, uint32_t shared,
		      bool split_pairs, uint32_t multiple)
{
	const struct lw_cl_window *window = &blocks->window;
	uint32_t lanes = lw_cl_words(blocks->channels) * LWNPU_LANES;
	size_t taps = (size_t)window->h.taps * window->w.taps;
	struct strip strip = {
		.blocks = blocks,
		.lists = lists,
		.split_pairs = split_pairs,
		.data = blocks->data,
	};
	int ret = -ENOMEM;

	memset(lists, 0, sizeof(*lists));
	lists->shared = shared;
	lists->phases = lw_cl_window_phases(window);
	lists->n_lists = (lanes + shared - 1) / shared * lists->phases;
	strip.width = taps * blocks->words;
	strip.words = calloc(strip.width, 4 * (size_t)shared);
	strip.taps = calloc(taps, sizeof(*strip.taps));
	lists->starts = calloc(lists->n_lists + 1, 4);
	lists->correction = calloc(lists->n_lists, 4 * (size_t)shared);
	if (!strip.words || !strip.taps || !lists->starts || !lists->correction)
		goto out;
	find_taps(&strip);
	ret = 0;
	for (size_t i = 0; i < lists->n_lists && !ret; i += lists->phases)
		ret = build_strip(&strip, i, multiple);
out:
	free(strip.words);
	free(strip.taps);
	return ret;
}

void lw_cl_lists_free(struct lw_cl_lists *lists)
{
	free(lists->starts);
	free(lists->offsets);
	free(lists->weights);
	free(lists->correction);
	memset(lists, 0, sizeof(*lists));
}
