// SPDX-License-Identifier: MIT
/* A verifying reader of flatbuffers. */
#include <endian.h>
#include <string.h>

#include "tflite_buffer.h"

uint16_t lw_fb_get_u16(const uint8_t *data)
{
	uint16_t value;

	memcpy(&value, data, sizeof(value));
	return le16toh(value);
}

uint32_t lw_fb_get_u32(const uint8_t *data)
{
	uint32_t value;

	memcpy(&value, data, sizeof(value));
	return le32toh(value);
}

uint64_t lw_fb_get_u64(const uint8_t *data)
{
	uint64_t value;

	memcpy(&value, data, sizeof(value));
	return le64toh(value);
}

float lw_fb_get_f32(const uint8_t *data)
{
	uint32_t bits = lw_fb_get_u32(data);
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void note_damage(struct lw_fb *fb, size_t where, const char *what)
{
	if (fb->damage)
		return;
	fb->damage = what;
	fb->where = where;
}

/* True if n bytes at a place lie in the buffer and all was well so far. */
static bool holds(struct lw_fb *fb, size_t at, size_t n, const char *what)
{
	if (at > fb->size || n > fb->size - at)
		note_damage(fb, at, what);
	return !fb->damage;
}

/* A table begins with the distance back to its vtable: sizes, then places. */
static struct lw_fb_table open_table(struct lw_fb *fb, size_t at)
{
	const struct lw_fb_table absent = { .fb = fb };
	struct lw_fb_table table = { .fb = fb, .at = at };
	uint32_t vtable_size;
	int64_t vtable;

	if (!holds(fb, at, 4, "table beyond the end"))
		return absent;
	vtable = (int64_t)at - (int32_t)lw_fb_get_u32(fb->data + at);
	if (vtable < 0) {
		note_damage(fb, at, "vtable before the start");
		return absent;
	}
	if (!holds(fb, vtable, 4, "vtable beyond the end"))
		return absent;
	vtable_size = lw_fb_get_u16(fb->data + vtable);
	table.size = lw_fb_get_u16(fb->data + vtable + 2);
	if (vtable_size < 4 || vtable_size % 2 || table.size < 4) {
		note_damage(fb, vtable, "vtable with impossible sizes");
		return absent;
	}
	if (!holds(fb, vtable, vtable_size, "vtable beyond the end") ||
	    !holds(fb, at, table.size, "table beyond the end"))
		return absent;
	table.fields = vtable + 4;
	table.n_fields = (vtable_size - 4) / 2;
	return table;
}

struct lw_fb_table lw_fb_root(struct lw_fb *fb, const char *identifier)
{
	const struct lw_fb_table absent = { .fb = fb };

	if (!holds(fb, 0, 8, "header beyond the end"))
		return absent;
	if (memcmp(fb->data + 4, identifier, 4)) {
		note_damage(fb, 4, "wrong file identifier");
		return absent;
	}
	return open_table(fb, lw_fb_get_u32(fb->data));
}

/* Byte of a field of a size; 0, where no field can be, if it is absent. */
static size_t find_field(const struct lw_fb_table *table, unsigned int field,
			 size_t size)
{
	struct lw_fb *fb = table->fb;
	size_t offset;

	if (fb->damage || !table->size || field >= table->n_fields)
		return 0;
	offset = lw_fb_get_u16(fb->data + table->fields + 2 * field);
	if (!offset)
		return 0;
	if (offset < 4 || offset + size > table->size) {
		note_damage(fb, table->fields + 2 * field,
			    "field outside its table");
		return 0;
	}
	return table->at + offset;
}

uint8_t lw_fb_u8(const struct lw_fb_table *table, unsigned int field,
		 uint8_t absent)
{
	size_t at = find_field(table, field, 1);

	return at ? table->fb->data[at] : absent;
}

int32_t lw_fb_i32(const struct lw_fb_table *table, unsigned int field,
		  int32_t absent)
{
	size_t at = find_field(table, field, 4);

	return at ? (int32_t)lw_fb_get_u32(table->fb->data + at) : absent;
}

uint64_t lw_fb_u64(const struct lw_fb_table *table, unsigned int field,
		   uint64_t absent)
{
	size_t at = find_field(table, field, 8);

	return at ? lw_fb_get_u64(table->fb->data + at) : absent;
}

float lw_fb_f32(const struct lw_fb_table *table, unsigned int field,
		float absent)
{
	size_t at = find_field(table, field, 4);

	return at ? lw_fb_get_f32(table->fb->data + at) : absent;
}

/* Where an offset leads: it counts from its own place. */
static size_t follow(const struct lw_fb *fb, size_t at)
{
	return at + lw_fb_get_u32(fb->data + at);
}

struct lw_fb_table lw_fb_child(const struct lw_fb_table *table,
			       unsigned int field)
{
	size_t at = find_field(table, field, 4);

	if (!at)
		return (struct lw_fb_table){ .fb = table->fb };
	return open_table(table->fb, follow(table->fb, at));
}

struct lw_fb_vector lw_fb_vector(const struct lw_fb_table *table,
				 unsigned int field, size_t size)
{
	const struct lw_fb_vector absent = { 0 };
	size_t at = find_field(table, field, 4);
	struct lw_fb *fb = table->fb;
	struct lw_fb_vector vector;
	size_t bytes;

	if (!at)
		return absent;
	at = follow(fb, at);
	if (!holds(fb, at, 4, "vector beyond the end"))
		return absent;
	vector.n = lw_fb_get_u32(fb->data + at);
	if (lw_mul(vector.n, size, &bytes))
		bytes = SIZE_MAX;
	if (!holds(fb, at + 4, bytes, "vector beyond the end"))
		return absent;
	vector.data = fb->data + at + 4;
	return vector;
}

struct lw_fb_vector lw_fb_string(const struct lw_fb_table *table,
				 unsigned int field)
{
	const struct lw_fb_vector absent = { 0 };
	struct lw_fb_vector string = lw_fb_vector(table, field, 1);
	struct lw_fb *fb = table->fb;
	size_t end;

	if (!string.data)
		return absent;
	end = string.data - fb->data + string.n;
	if (!holds(fb, end, 1, "string beyond the end"))
		return absent;
	if (fb->data[end]) {
		note_damage(fb, end, "string without a zero after it");
		return absent;
	}
	return string;
}

struct lw_fb_table lw_fb_item(struct lw_fb *fb,
			      const struct lw_fb_vector *vector, uint32_t i)
{
	if (fb->damage)
		return (struct lw_fb_table){ .fb = fb };
	return open_table(fb, follow(fb, vector->data - fb->data +
					 (size_t)4 * i));
}
