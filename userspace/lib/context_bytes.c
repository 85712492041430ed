// SPDX-License-Identifier: MIT
/*
 * Bytes in columns by context: numbers of several bytes, records, text. Each
 * byte is eight bits, the most significant first, by the bits so far and by the
 * bytes before and above.
 */
#include <errno.h>
#include <stdlib.h>

#include "context_bytes.h"

#define CONTEXTS 6
/* Sets of slots have so many bits of index; enough for the bytes there are. */
#define MIN_BITS 12
#define MAX_BITS 16
#define SLOTS_PER_BYTE 64
/* Text has no columns; bytes so far back still tell something. */
#define TEXT_DISTANCE 5

/* Slots of each context, 2^bits of them, and a mixer. */
struct models {
	unsigned int bits;
	uint32_t *slots;
	int32_t mix[CONTEXTS];
};

/*
 * Slots of the four bits that follow @prefix; contexts share them by chance,
 * but there are enough.
 */
static uint32_t *find_slots(struct models *models, unsigned int i,
			    uint32_t context, uint32_t prefix)
{
	uint32_t hash = (context ^ i << 28) * 0x9e3779b1u;

	hash = (hash ^ hash >> 15) + prefix;
	hash *= 0x85ebca77u;
	return models->slots + ((size_t)i << models->bits) +
	       (hash >> (36 - models->bits) << 4);
}

/* Four bits of a byte. */
static unsigned int code_half(struct lw_range_coder *range, struct models *models,
			      const uint32_t context[CONTEXTS],
			      uint32_t prefix, unsigned int half)
{
	uint32_t *base[CONTEXTS], *slots[CONTEXTS];
	unsigned int i, bits = 1;

	for (i = 0; i < CONTEXTS; i++)
		base[i] = find_slots(models, i, context[i], prefix);
	while (bits < 16) {
		for (i = 0; i < CONTEXTS; i++)
			slots[i] = base[i] + bits;
		bits = bits << 1 | lw_mix_bit(range, slots, CONTEXTS,
					      models->mix, half >> 3 & 1);
		half <<= 1;
	}
	return bits & 15;
}

static unsigned int code_byte(struct lw_range_coder *range, struct models *models,
			      const uint32_t context[CONTEXTS],
			      unsigned int byte)
{
	unsigned int high = code_half(range, models, context, 0, byte >> 4);

	return high << 4 | code_half(range, models, context, 16 + high,
				     byte & 15);
}

static uint32_t byte_at(const uint8_t *bytes, size_t at, size_t back)
{
	return at >= back ? bytes[at - back] : 0;
}

static int start(struct models *models, size_t n)
{
	size_t slots;

	models->bits = MIN_BITS;
	while (models->bits < MAX_BITS &&
	       (size_t)1 << models->bits < SLOTS_PER_BYTE * n)
		models->bits++;
	slots = (size_t)CONTEXTS << models->bits;
	models->slots = malloc(slots * sizeof(*models->slots));
	if (!models->slots)
		return -ENOMEM;
	lw_mix_init();
	lw_slots_start(models->slots, slots);
	lw_mixer_start(models->mix, CONTEXTS);
	return 0;
}

int lw_code_bytes(struct lw_range_coder *range, uint32_t stride, uint8_t *bytes,
		  size_t n)
{
	const size_t distance = stride > 1 ? stride : TEXT_DISTANCE;
	struct models models;
	uint32_t column, b1, b2, up, up2;
	unsigned int byte;
	size_t i;

	if (start(&models, n))
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		column = i % stride;
		b1 = byte_at(bytes, i, 1);
		b2 = byte_at(bytes, i, 2);
		up = byte_at(bytes, i, distance);
		up2 = byte_at(bytes, i, 2 * distance);
		byte = code_byte(range, &models, (const uint32_t[CONTEXTS]){
			column,
			column << 8 | up,
			column << 8 | b1,
			b1 << 8 | b2,
			column << 16 | up << 8 | up2,
			(column & 3) << 16 | b1 << 8 | up,
		}, range->encoding ? bytes[i] : 0);
		if (!range->encoding)
			bytes[i] = byte;
	}
	free(models.slots);
	return 0;
}
