// SPDX-License-Identifier: MIT
/* Writes flatbuffers, back to front. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "flatbuffer_builder.h"

#define MAX_ALIGN 16

void fbb_free(struct fbb *b)
{
	free(b->data);
	*b = (struct fbb){ 0 };
}

/* The next n bytes towards the start. */
static uint8_t *claim(struct fbb *b, size_t n)
{
	size_t capacity = b->capacity ? b->capacity : 1024;
	uint8_t *data;

	while (capacity - b->used < n)
		capacity *= 2;
	if (capacity != b->capacity) {
		data = malloc(capacity);
		if (!data)
			abort();
		if (b->used)
			memcpy(data + capacity - b->used,
			       b->data + b->capacity - b->used, b->used);
		free(b->data);
		b->data = data;
		b->capacity = capacity;
	}
	b->used += n;
	return b->data + b->capacity - b->used;
}

/* Zeros, so that after n more bytes all is aligned. */
static void align_for(struct fbb *b, size_t n, size_t align)
{
	size_t pad = -(b->used + n) & (align - 1);

	memset(claim(b, pad), 0, pad);
}

static void put_u32(struct fbb *b, uint32_t value)
{
	value = htole32(value);
	memcpy(claim(b, sizeof(value)), &value, sizeof(value));
}

static void put_u16(struct fbb *b, uint16_t value)
{
	value = htole16(value);
	memcpy(claim(b, sizeof(value)), &value, sizeof(value));
}

/* An offset, which counts forward from its own place. */
static void put_ref(struct fbb *b, uint32_t object)
{
	put_u32(b, (uint32_t)b->used + 4 - object);
}

uint32_t fbb_vector(struct fbb *b, const void *data, uint32_t n, size_t size,
		    size_t align)
{
	align_for(b, n * size, align < 4 ? 4 : align);
	if (n)
		memcpy(claim(b, n * size), data, n * size);
	put_u32(b, n);
	return (uint32_t)b->used;
}

uint32_t fbb_tables(struct fbb *b, const uint32_t *tables, uint32_t n)
{
	uint32_t i;

	align_for(b, 0, 4);
	for (i = n; i > 0; i--)
		put_ref(b, tables[i - 1]);
	put_u32(b, n);
	return (uint32_t)b->used;
}

uint32_t fbb_string(struct fbb *b, const char *text)
{
	size_t n = strlen(text);

	align_for(b, n + 1, 4);
	memcpy(claim(b, n + 1), text, n + 1);
	put_u32(b, (uint32_t)n);
	return (uint32_t)b->used;
}

void fbb_begin(struct fbb *b)
{
	memset(b->fields, 0, sizeof(b->fields));
	b->n_fields = 0;
	b->table = (uint32_t)b->used;
}

static void note_field(struct fbb *b, unsigned int field)
{
	if (field >= FBB_MAX_FIELDS)
		abort();
	b->fields[field] = (uint32_t)b->used;
	if (b->n_fields <= field)
		b->n_fields = field + 1;
}

void fbb_u8(struct fbb *b, unsigned int field, uint8_t value)
{
	*claim(b, 1) = value;
	note_field(b, field);
}

void fbb_u32(struct fbb *b, unsigned int field, uint32_t value)
{
	align_for(b, 4, 4);
	put_u32(b, value);
	note_field(b, field);
}

void fbb_f32(struct fbb *b, unsigned int field, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	fbb_u32(b, field, bits);
}

void fbb_ref(struct fbb *b, unsigned int field, uint32_t object)
{
	align_for(b, 4, 4);
	put_ref(b, object);
	note_field(b, field);
}

/* The table's start, then its vtable right before it. */
uint32_t fbb_end(struct fbb *b)
{
	uint32_t vtable_size = 4 + 2 * b->n_fields;
	uint32_t table, i;

	align_for(b, 4, 4);
	put_u32(b, vtable_size);
	table = (uint32_t)b->used;
	for (i = b->n_fields; i > 0; i--)
		put_u16(b, b->fields[i - 1] ?
			   (uint16_t)(table - b->fields[i - 1]) : 0);
	put_u16(b, (uint16_t)(table - b->table));
	put_u16(b, (uint16_t)vtable_size);
	return table;
}

const uint8_t *fbb_finish(struct fbb *b, uint32_t root, const char *identifier,
			  size_t *size)
{
	align_for(b, 8, MAX_ALIGN);
	memcpy(claim(b, 4), identifier, 4);
	put_ref(b, root);
	*size = b->used;
	return b->data + b->capacity - b->used;
}
