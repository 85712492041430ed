// SPDX-License-Identifier: MIT
/*
 * rANS: a state takes in symbols, more the rarer they are, and gives out words
 * of 16 bits when it gets too large. A decoder goes the other way: so symbols
 * are encoded from the last to the first. Several states take turns, so that a
 * processor works on all of them at a time.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "rans.h"
#include "slices.h"

#define SYMBOLS LW_RANS_SYMBOLS
#define TOTAL LW_RANS_TOTAL
/* States are between this and 2^16 times it. */
#define LEAST (1u << 16)
#define MAX_STATES 8

/* Number of states, table, states. */
#define MAX_HEAD (1 + LW_RANS_MAX_TABLE + 4 * MAX_STATES)

static unsigned int choose_states_log2(size_t size)
{
	return size < 512 ? 0 : size < 4096 ? 1 : size < 32768 ? 2 : 3;
}

/* Encodes to the words that end at @end; returns where they start. */
static uint16_t *encode_words(const uint8_t *data, size_t size,
			      const uint16_t frequency[SYMBOLS],
			      uint32_t *states, unsigned int n_states,
			      uint16_t *end)
{
	uint16_t first[SYMBOLS];
	uint32_t f, *state;
	unsigned int i;
	size_t at;

	for (i = 0, f = 0; i < SYMBOLS; f += frequency[i++])
		first[i] = f;
	for (i = 0; i < n_states; i++)
		states[i] = LEAST;
	for (at = size; at--;) {
		state = &states[at & (n_states - 1)];
		f = frequency[data[at]];
		if (*state >> (32 - LW_RANS_BITS) >= f) {
			*--end = htole16(*state);
			*state >>= 16;
		}
		*state = *state / f << LW_RANS_BITS | (*state % f +
						       first[data[at]]);
	}
	return end;
}

/* Number of states, table, states; returns bytes. */
static size_t put_head(uint8_t *head, unsigned int log2,
		       const uint8_t level[SYMBOLS], const uint32_t *states)
{
	size_t n = 1;
	uint32_t state;
	unsigned int i;

	head[0] = log2;
	n += lw_rans_put_levels(level, head + n);
	for (i = 0; i < 1u << log2; i++, n += sizeof(state)) {
		state = htole32(states[i]);
		memcpy(head + n, &state, sizeof(state));
	}
	return n;
}

/* Appends a slice. */
static int encode_slice(const uint8_t *data, size_t size, uint16_t *scratch,
		       uint8_t *out, size_t room, size_t *coded_size)
{
	uint8_t level[SYMBOLS], head[MAX_HEAD], sizes[LW_SLICE_SIZES_MAX];
	unsigned int log2 = choose_states_log2(size);
	uint32_t count[SYMBOLS] = { 0 }, states[MAX_STATES];
	size_t at, n_words, n_head, n_sizes;
	uint16_t frequency[SYMBOLS], *words;

	for (at = 0; at < size; at++)
		count[data[at]]++;
	lw_rans_levels(count, level);
	lw_rans_frequencies(level, frequency);
	words = encode_words(data, size, frequency, states, 1u << log2,
			     scratch + size);
	n_words = sizeof(*words) * (scratch + size - words);
	n_head = put_head(head, log2, level, states);
	n_sizes = lw_put_slice_sizes(sizes, size, n_head + n_words);
	if (n_sizes + n_head + n_words > room - *coded_size)
		return -ENOSPC;
	out += *coded_size;
	memcpy(out, sizes, n_sizes);
	memcpy(out + n_sizes, head, n_head);
	memcpy(out + n_sizes + n_head, words, n_words);
	*coded_size += n_sizes + n_head + n_words;
	return 0;
}

/* Bytes of the stream's mask, which are not like its weights. */
static size_t mask_size(const struct lwm_stream *stream)
{
	const struct lwm_layout *layout = &stream->layout;
	uint64_t size = ((uint64_t)layout->rows * layout->row + 31) / 32 * 4;

	return layout->kind == LWM_BLOCKS && size < stream->size ? size : 0;
}

/* The first @mask bytes have slices of their own. */
static int encode_slices(const struct lwm_stream *stream, size_t mask,
			uint16_t *scratch, uint8_t *out, size_t room,
			size_t *coded_size)
{
	size_t most = lw_slice_size(stream), at, n;
	int ret;

	*coded_size = 0;
	for (at = 0; at < stream->size; at += n) {
		n = (at < mask ? mask : stream->size) - at;
		if (n > most)
			n = most;
		ret = encode_slice(stream->data + at, n, scratch, out, room,
				  coded_size);
		if (ret)
			return ret;
	}
	return 0;
}

/* One table may be cheaper than two that fit better: both are tried. */
int lw_rans_encode(const struct lwm_stream *stream, uint8_t *out, size_t room,
		   size_t *coded_size)
{
	size_t most = lw_slice_size(stream);
	uint16_t *scratch = malloc(sizeof(*scratch) * (stream->size < most ?
						       stream->size : most));
	size_t mask = mask_size(stream), apart;
	int ret;

	if (!scratch)
		return -ENOMEM;
	ret = encode_slices(stream, 0, scratch, out, room, coded_size);
	if (mask) {
		if (!ret)
			room = *coded_size;
		if (!encode_slices(stream, mask, scratch, out, room, &apart)) {
			*coded_size = apart;
			ret = 0;
		} else if (!ret) {
			ret = encode_slices(stream, 0, scratch, out, room,
					   coded_size);
		}
	}
	free(scratch);
	return ret;
}

/*
 * What a number below TOTAL stands for: the symbol in the upper 8 bits, its
 * frequency less 1 and the place in it in 12 each.
 */
static void make_places(const uint16_t frequency[SYMBOLS],
			uint32_t place[TOTAL])
{
	unsigned int symbol, i;

	for (symbol = 0; symbol < SYMBOLS; symbol++)
		for (i = 0; i < frequency[symbol]; i++)
			*place++ = symbol << 24 | (frequency[symbol] - 1) << 12 |
				   i;
}

/* The next symbol; the state may then need a word. */
static inline uint8_t take(uint32_t *state, const uint32_t place[TOTAL])
{
	uint32_t p = place[*state & (TOTAL - 1)];
	uint32_t high = *state >> LW_RANS_BITS;

	*state = high * (p >> 12 & 4095) + high + (p & 4095);
	return p >> 24;
}

/* Without a branch: whether a word is needed cannot be foreseen. */
static inline const uint8_t *refill(uint32_t *state, const uint8_t *at)
{
	uint32_t needed = *state < LEAST;
	uint16_t word;

	memcpy(&word, at, sizeof(word));
	*state = *state << 16 * needed | (le16toh(word) & -needed);
	return at + 2 * needed;
}

/*
 * As many turns of all states as can be taken without a look at the end of the
 * words; returns symbols.
 */
static inline __attribute__((always_inline)) size_t
take_turns(const uint32_t place[TOTAL], uint32_t *states,
	   const unsigned int n_states, const uint8_t **at, const uint8_t *end,
	   uint8_t *out, size_t size)
{
	uint32_t local[MAX_STATES];
	const uint8_t *in = *at;
	unsigned int i;
	size_t done;

	memcpy(local, states, n_states * sizeof(*local));
	for (done = 0; size - done >= n_states &&
	     (size_t)(end - in) >= 2 * n_states; done += n_states) {
#pragma GCC unroll 8
		for (i = 0; i < n_states; i++)
			out[done + i] = take(&local[i], place);
#pragma GCC unroll 8
		for (i = 0; i < n_states; i++)
			in = refill(&local[i], in);
	}
	memcpy(states, local, n_states * sizeof(*local));
	*at = in;
	return done;
}

/* Symbols one by one; false if words are missing. */
static bool take_rest(const uint32_t place[TOTAL], uint32_t *states,
		      unsigned int n_states, const uint8_t **at,
		      const uint8_t *end, uint8_t *out, size_t size)
{
	uint32_t *state;
	size_t i;

	for (i = 0; i < size; i++) {
		state = &states[i & (n_states - 1)];
		out[i] = take(state, place);
		if (*state >= LEAST)
			continue;
		if (end - *at < 2)
			return false;
		*at = refill(state, *at);
	}
	return true;
}

static const char *check_end(const uint32_t *states, unsigned int n_states,
			     const uint8_t *at, const uint8_t *end)
{
	unsigned int i;

	if (at != end)
		return "bytes are left over";
	for (i = 0; i < n_states; i++)
		if (states[i] != LEAST)
			return "states do not end where they started";
	return NULL;
}

static const char *decode_symbols(const struct lwm_piece *piece,
				  const uint8_t *at, const uint8_t *end,
				  unsigned int n_states,
				  const uint32_t place[TOTAL])
{
	uint32_t states[MAX_STATES];
	size_t done = 0;
	unsigned int i;

	if ((size_t)(end - at) < 4 * n_states)
		return "states go past the end";
	for (i = 0; i < n_states; i++, at += 4) {
		memcpy(&states[i], at, 4);
		states[i] = le32toh(states[i]);
		if (states[i] < LEAST)
			return "state is too small";
	}
	if (n_states == 8)
		done = take_turns(place, states, 8, &at, end, piece->out,
				  piece->size);
	else if (n_states == 4)
		done = take_turns(place, states, 4, &at, end, piece->out,
				  piece->size);
	if (!take_rest(place, states, n_states, &at, end, piece->out + done,
		       piece->size - done))
		return "codes go on past the end";
	return check_end(states, n_states, at, end);
}

int lw_rans_decode(const struct lwm_piece *piece,
		   struct lw_weight_models *models, const char **wrong)
{
	const uint8_t *at = piece->coded, *end = at + piece->coded_size;
	uint32_t place[TOTAL];
	uint16_t frequency[SYMBOLS];
	uint8_t level[SYMBOLS];
	unsigned int log2;

	(void)models;
	*wrong = "number of states is not 1, 2, 4 or 8";
	if (at == end || *at > 3)
		return -EBADMSG;
	log2 = *at++;
	*wrong = lw_rans_get_levels(&at, end, level);
	if (*wrong)
		return -EBADMSG;
	lw_rans_frequencies(level, frequency);
	make_places(frequency, place);
	*wrong = decode_symbols(piece, at, end, 1u << log2, place);
	return *wrong ? -EBADMSG : 0;
}
