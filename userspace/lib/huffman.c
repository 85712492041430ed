// SPDX-License-Identifier: MIT
/*
 * Canonical Huffman coding of bytes: lengths by package-merge, the table of
 * lengths, encoder, table-driven decoder.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "huffman.h"

#define SYMBOLS 256
#define MAX_BITS LW_HUFFMAN_MAX_BITS
#define TABLE_SIZE (1 << MAX_BITS)
/* The length that the first entry of the table of lengths is relative to. */
#define FIRST_LENGTH 8
/* Codes taken from one load of 57 bits. */
#define CODES_PER_LOAD 4

_Static_assert(CODES_PER_LOAD * MAX_BITS <= 57, "codes must fit one load");

struct leaf {
	uint64_t count;
	uint8_t symbol;
};

static int compare_leaves(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return x->symbol - y->symbol;
}

/* A complete code needs two symbols: one that never occurs may be added. */
static unsigned int sort_leaves(const uint64_t count[SYMBOLS],
				struct leaf leaf[SYMBOLS])
{
	unsigned int symbol, n = 0;

	for (symbol = 0; symbol < SYMBOLS; symbol++) {
		if (count[symbol])
			leaf[n++] = (struct leaf){ count[symbol], symbol };
	}
	if (n == 1) {
		leaf[1] = (struct leaf){ 0, leaf[0].symbol ^ 1 };
		n = 2;
	}
	qsort(leaf, n, sizeof(*leaf), compare_leaves);
	return n;
}

/* A list of package-merge: leaves, and pairs of the list before, by weight. */
struct merge_list {
	unsigned int n;
	uint64_t weight[2 * SYMBOLS];
	bool is_leaf[2 * SYMBOLS];
};

static void merge(const struct leaf *leaf, unsigned int n_leaves,
		  const struct merge_list *before, struct merge_list *list)
{
	unsigned int i = 0, pair = 0, n_pairs = before ? before->n / 2 : 0;
	uint64_t weight;

	for (list->n = 0; list->n < n_leaves + n_pairs; list->n++) {
		weight = UINT64_MAX;
		if (pair < n_pairs)
			weight = before->weight[2 * pair] +
				 before->weight[2 * pair + 1];
		list->is_leaf[list->n] = i < n_leaves &&
					 leaf[i].count <= weight;
		if (list->is_leaf[list->n])
			weight = leaf[i++].count;
		else
			pair++;
		list->weight[list->n] = weight;
	}
}

/*
 * Package-merge (Larmore and Hirschberg): the cheapest 2n - 2 items of the
 * last list name each symbol as often as its code has bits. The leaves among
 * the first items of a list are always the lightest symbols, so that counts
 * are enough to walk back from list to list.
 */
void lw_huffman_lengths(const uint64_t count[SYMBOLS], uint8_t length[SYMBOLS])
{
	struct merge_list list[MAX_BITS];
	struct leaf leaf[SYMBOLS];
	unsigned int n_leaves, level, taken, leaves, i;

	memset(length, 0, SYMBOLS);
	n_leaves = sort_leaves(count, leaf);
	for (level = 0; level < MAX_BITS; level++)
		merge(leaf, n_leaves, level ? &list[level - 1] : NULL,
		      &list[level]);
	taken = 2 * n_leaves - 2;
	while (level--) {
		leaves = 0;
		for (i = 0; i < taken; i++)
			leaves += list[level].is_leaf[i];
		for (i = 0; i < leaves; i++)
			length[leaf[i].symbol]++;
		taken = 2 * (taken - leaves);
	}
}

static unsigned int absent_run(const uint8_t length[SYMBOLS],
			       unsigned int symbol)
{
	unsigned int n = 0;

	while (symbol + n < SYMBOLS && !length[symbol + n])
		n++;
	return n;
}

static void put_lengths(struct lw_bit_writer *writer,
			const uint8_t length[SYMBOLS])
{
	unsigned int symbol, run;
	int before = FIRST_LENGTH, step;

	for (symbol = 0; symbol < SYMBOLS; symbol += run) {
		run = absent_run(length, symbol);
		if (run) {
			lw_put_bits(writer, 6, 3);
			lw_put_gamma(writer, run);
			continue;
		}
		step = length[symbol] - before;
		before = length[symbol];
		run = 1;
		if (!step) {
			lw_put_bits(writer, 0, 1);
		} else if (step == 1 || step == -1) {
			lw_put_bits(writer, step == 1 ? 4 : 5, 3);
		} else {
			lw_put_bits(writer, 7, 3);
			lw_put_bits(writer, before, 4);
		}
	}
}

static void assign_codes(const uint8_t length[SYMBOLS], uint16_t code[SYMBOLS])
{
	unsigned int bits, symbol, next = 0;

	for (bits = 1; bits <= MAX_BITS; bits++) {
		next <<= 1;
		for (symbol = 0; symbol < SYMBOLS; symbol++) {
			if (length[symbol] == bits)
				code[symbol] = next++;
		}
	}
}

size_t lw_huffman_encode(const uint8_t *data, size_t size, uint8_t *out,
			 size_t room)
{
	struct lw_bit_writer writer = { NULL, 0 };
	uint64_t count[SYMBOLS] = { 0 };
	uint8_t length[SYMBOLS];
	uint16_t code[SYMBOLS];
	unsigned int symbol;
	size_t i, total;

	for (i = 0; i < size; i++)
		count[data[i]]++;
	lw_huffman_lengths(count, length);
	assign_codes(length, code);

	put_lengths(&writer, length);
	for (symbol = 0; symbol < SYMBOLS; symbol++)
		writer.position += count[symbol] * length[symbol];
	total = (writer.position + 7) / 8;
	if (total > room)
		return 0;

	memset(out, 0, total);
	writer = (struct lw_bit_writer){ out, 0 };
	put_lengths(&writer, length);
	for (i = 0; i < size; i++)
		lw_put_bits(&writer, code[data[i]], length[data[i]]);
	return total;
}

static const char *get_lengths(struct lw_bit_reader *reader,
			       uint8_t length[SYMBOLS])
{
	unsigned int symbol = 0, run, value = FIRST_LENGTH;

	memset(length, 0, SYMBOLS);
	while (symbol < SYMBOLS) {
		if (lw_get_bits(reader, 1)) {
			if (!lw_get_bits(reader, 1)) {
				value += lw_get_bits(reader, 1) ? -1 : 1;
			} else if (lw_get_bits(reader, 1)) {
				value = lw_get_bits(reader, 4);
			} else {
				run = lw_get_gamma(reader, 8);
				if (!run || run > SYMBOLS - symbol)
					return "run in the table of code lengths is too long";
				symbol += run;
				continue;
			}
		}
		if (!value || value > MAX_BITS)
			return "code length is out of range";
		length[symbol++] = value;
	}
	return NULL;
}

struct entry {
	uint8_t symbol;
	uint8_t length;
};

/* Every MAX_BITS bits to the code that they start with. */
static const char *make_table(const uint8_t length[SYMBOLS],
			      struct entry table[TABLE_SIZE])
{
	unsigned int bits, symbol, i, span, next = 0;

	for (bits = 1; bits <= MAX_BITS; bits++) {
		span = TABLE_SIZE >> bits;
		for (symbol = 0; symbol < SYMBOLS; symbol++) {
			if (length[symbol] != bits)
				continue;
			if (span > TABLE_SIZE - next)
				return "more codes than their lengths allow";
			for (i = 0; i < span; i++)
				table[next++] = (struct entry){ symbol, bits };
		}
	}
	return next == TABLE_SIZE ? NULL : "codes are incomplete";
}

static void get_symbols(struct lw_bit_reader *reader,
			const struct entry table[TABLE_SIZE], uint8_t *out,
			size_t out_size)
{
	struct entry entry;
	unsigned int i, n;
	uint64_t bits;
	size_t done;

	for (done = 0; done < out_size; done += n) {
		n = CODES_PER_LOAD;
		if (n > out_size - done)
			n = out_size - done;
		bits = lw_peek_bits(reader);
		for (i = 0; i < n; i++) {
			entry = table[bits >> (64 - MAX_BITS)];
			out[done + i] = entry.symbol;
			bits <<= entry.length;
			reader->position += entry.length;
		}
	}
}

static const char *check_end(const struct lw_bit_reader *reader)
{
	unsigned int used = reader->position % 8;

	if (reader->position > (uint64_t)reader->size * 8)
		return "codes go on past the end";
	if ((reader->position + 7) / 8 != reader->size)
		return "bytes are left over";
	if (used && (uint8_t)(reader->data[reader->size - 1] << used))
		return "bits after the last code are not zero";
	return NULL;
}

const char *lw_huffman_decode(const uint8_t *data, size_t size, uint8_t *out,
			      size_t out_size)
{
	struct lw_bit_reader reader = { data, size, 0 };
	struct entry table[TABLE_SIZE];
	uint8_t length[SYMBOLS];
	const char *wrong;

	wrong = get_lengths(&reader, length);
	if (!wrong)
		wrong = make_table(length, table);
	if (wrong)
		return wrong;
	get_symbols(&reader, table, out, out_size);
	return check_end(&reader);
}
