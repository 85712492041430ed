// SPDX-License-Identifier: MIT
/* Random damage to bytes. */
#include <string.h>

#include "mutation.h"

static size_t place(const struct mutant *m, struct lw_random *random,
		    size_t width)
{
	return m->size > width ?
	       lw_random_below(random, m->size - width + 1) : 0;
}

static size_t length(const struct mutant *m, struct lw_random *random)
{
	size_t most = lw_random_chance(random, 50) ? 16 : m->size;

	most = most < m->size ? most : m->size;
	return most ? 1 + lw_random_below(random, most) : 0;
}

static void flip_bit(struct mutant *m, struct lw_random *random)
{
	if (m->size)
		m->data[place(m, random, 1)] ^= 1 << lw_random_below(random, 8);
}

static void set_byte(struct mutant *m, struct lw_random *random)
{
	if (m->size)
		m->data[place(m, random, 1)] = lw_random_u32(random);
}

/* A number of 1 to 8 bytes as lengths, counts and offsets are. */
static void set_number(struct mutant *m, struct lw_random *random)
{
	static const uint64_t interesting[] = {
		0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
		0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
		0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
		0xffffffffffffffff,
	};
	size_t width = 1u << lw_random_below(random, 4), at;
	uint64_t value = LW_RANDOM_PICK(random, interesting);

	if (m->size < width)
		return;
	if (lw_random_chance(random, 30))
		value = m->size - 2 + lw_random_below(random, 4);
	at = place(m, random, width);
	memcpy(m->data + at, &value, width);
}

static void add_to_number(struct mutant *m, struct lw_random *random)
{
	size_t width = 1u << lw_random_below(random, 3), at;
	uint32_t value;

	if (m->size < 4)
		return;
	at = place(m, random, 4);
	memcpy(&value, m->data + at, 4);
	value += lw_random_between(random, -16, 16);
	memcpy(m->data + at, &value, width);
}

static void copy_block(struct mutant *m, struct lw_random *random)
{
	size_t n = length(m, random), from = place(m, random, n);

	memmove(m->data + place(m, random, n), m->data + from, n);
}

static void fill_block(struct mutant *m, struct lw_random *random)
{
	size_t n = length(m, random);

	memset(m->data + place(m, random, n),
	       lw_random_chance(random, 50) ? 0 : lw_random_u32(random), n);
}

static void insert_block(struct mutant *m, struct lw_random *random)
{
	size_t n = length(m, random), at = place(m, random, 0);

	if (n > m->room - m->size)
		return;
	memmove(m->data + at + n, m->data + at, m->size - at);
	m->size += n;
	memmove(m->data + at, m->data + place(m, random, n), n);
}

static void delete_block(struct mutant *m, struct lw_random *random)
{
	size_t n = length(m, random), at = place(m, random, n);

	memmove(m->data + at, m->data + at + n, m->size - at - n);
	m->size -= n;
}

static void cut_off(struct mutant *m, struct lw_random *random)
{
	m->size -= length(m, random);
}

typedef void mutation(struct mutant *mutant, struct lw_random *random);

/* Those from @insert_block on change the size. */
static mutation *const mutations[] = {
	flip_bit, flip_bit, set_byte, set_number, set_number, add_to_number,
	copy_block, fill_block, insert_block, delete_block, cut_off,
};

#define KEEPING_SIZE 8

void mutate(struct mutant *mutant, struct lw_random *random, bool keep_size)
{
	unsigned int i, n = 1 + lw_random_below(random, 4);
	unsigned int kinds = sizeof(mutations) / sizeof(*mutations);

	if (keep_size)
		kinds = KEEPING_SIZE;
	for (i = 0; i < n; i++)
		mutations[lw_random_below(random, kinds)](mutant, random);
}
