// SPDX-License-Identifier: MIT
/* Lists of the non-zero blocks of a convolution's weights. */
#include <stdlib.h>
#include <string.h>

#include "lower_conv.h"

/**
 * struct strip - the blocks of the output channels that share a list
 * @blocks: all of them
 * @lists: where they go
 * @split_pairs: see lw_cl_lists_build()
 * @next: index of the next block of the mask
 * @data: the next block of the stream
 * @width: blocks of one channel
 * @words: a channel's blocks after another's
 * @offsets: of each block of a channel; UNREACHED for none
 * @n_unreached: how many of those
 */
struct strip {
	const struct lw_cl_blocks *blocks;
	struct lw_cl_lists *lists;
	bool split_pairs;
	size_t next;
	const uint8_t *data;
	size_t width;
	uint32_t *words;
	uint32_t *offsets;
	size_t n_unreached;
};

#define UNREACHED UINT32_MAX

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

/* Offsets within the first group; those of others add a number of planes. */
static void find_offsets(struct strip *strip)
{
	const struct lw_cl_blocks *blocks = strip->blocks;
	const struct lw_cl_window *window = &blocks->window;
	uint32_t *offset = strip->offsets;

	for (uint32_t y = 0; y < window->h.taps; y++) {
		for (uint32_t x = 0; x < window->w.taps; x++) {
			bool reached = lw_cl_axis_reaches(&window->h, y) &&
				       lw_cl_axis_reaches(&window->w, x);
			size_t tap = reached ?
				lw_cl_window_offset(window, y, x) : UNREACHED;

			strip->n_unreached += reached ? 0 : blocks->words;
			for (uint32_t w = 0; w < blocks->words; w++)
				*offset++ = reached ?
					tap + w * window->image.plane :
					UNREACHED;
		}
	}
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
static int add_blocks(struct strip *strip, size_t i, size_t base)
{
	struct lw_cl_lists *lists = strip->lists;
	uint32_t *words = strip->words + i;
	uint32_t rest[LW_CL_MAX_SHARED], offset = strip->offsets[i] + base;
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

static void add_outside(struct strip *strip, uint32_t channel, uint32_t count)
{
	for (uint32_t k = 0; k < count; k++) {
		const uint32_t *words = strip->words + k * strip->width;
		uint32_t sum = 0;

		for (size_t i = 0; i < strip->width; i++)
			if (strip->offsets[i] == UNREACHED)
				sum += sum_lanes(words[i]);
		strip->lists->outside[channel + k] =
			sum * strip->blocks->zero_point;
	}
}

/* Planes before the first that a channel reads. */
static size_t first_plane(const struct lw_cl_blocks *blocks, uint32_t channel)
{
	return (size_t)(channel / blocks->group) * blocks->words;
}

static int build_list(struct strip *strip, size_t list, uint32_t multiple)
{
	const struct lw_cl_blocks *blocks = strip->blocks;
	struct lw_cl_lists *lists = strip->lists;
	uint32_t channel = list * lists->shared;
	uint32_t count = 0;
	size_t base;
	int ret = 0;

	memset(strip->words, 0, lists->shared * strip->width * 4);
	while (count < lists->shared && channel + count < blocks->channels) {
		read_channel(strip, channel + count,
			     strip->words + count * strip->width);
		count++;
	}
	if (strip->n_unreached)
		add_outside(strip, channel, count);
	base = count ? first_plane(blocks, channel) *
		       blocks->window.image.plane : 0;
	for (size_t i = 0; i < strip->width && !ret; i++)
		if (strip->offsets[i] != UNREACHED)
			ret = add_blocks(strip, i, base);
	memset(strip->words, 0, lists->shared * 4);
	while (!ret && (lists->n_entries - lists->starts[list]) % multiple)
		ret = add_entry(lists, lists->offsets[lists->n_entries - 1],
				strip->words, 1, true);
	if (!ret && lists->n_entries > UINT32_MAX)
		ret = -ENOMEM;
	lists->starts[list + 1] = lists->n_entries;
	return ret;
}

int lw_cl_lists_build(struct lw_cl_lists *lists,
		      const struct lw_cl_blocks *blocks, uint32_t shared,
		      bool split_pairs, uint32_t multiple)
{
	const struct lw_cl_window *window = &blocks->window;
	uint32_t lanes = lw_cl_words(blocks->channels) * LWNPU_LANES;
	struct strip strip = {
		.blocks = blocks,
		.lists = lists,
		.split_pairs = split_pairs,
		.data = blocks->data,
	};
	int ret = -ENOMEM;

	memset(lists, 0, sizeof(*lists));
	lists->shared = shared;
	lists->n_lists = (lanes + shared - 1) / shared;
	strip.width = (size_t)window->h.taps * window->w.taps * blocks->words;
	strip.words = calloc(strip.width, 4 * (size_t)shared);
	strip.offsets = calloc(strip.width, 4);
	lists->starts = calloc(lists->n_lists + 1, 4);
	lists->outside = calloc(lanes, 4);
	if (!strip.words || !strip.offsets || !lists->starts || !lists->outside)
		goto out;
	find_offsets(&strip);
	ret = 0;
	for (size_t i = 0; i < lists->n_lists && !ret; i++)
		ret = build_list(&strip, i, multiple);
out:
	free(strip.words);
	free(strip.offsets);
	return ret;
}

void lw_cl_lists_free(struct lw_cl_lists *lists)
{
	free(lists->starts);
	free(lists->offsets);
	free(lists->weights);
	free(lists->outside);
	memset(lists, 0, sizeof(*lists));
}
