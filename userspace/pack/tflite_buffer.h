/* SPDX-License-Identifier: MIT */
/*
 * A verifying reader of flatbuffers.
 *
 * Nothing in the buffer is trusted: every offset is checked where it is
 * followed. Damage is sticky: the first place is kept, and the accessor and all
 * later ones give what they give for an absent field, so that callers may read
 * on and ask once at the end.
 */
#ifndef LW_TFLITE_BUFFER_H
#define LW_TFLITE_BUFFER_H

#include "error.h"

/**
 * struct lw_fb - a buffer
 * @data: its bytes
 * @size: how many
 * @damage: what is wrong first, or NULL
 * @where: at which byte
 */
struct lw_fb {
	const uint8_t *data;
	size_t size;
	const char *damage;
	size_t where;
};

/**
 * struct lw_fb_table - a table that was checked to lie in its buffer
 * @fb: the buffer
 * @at: byte of the table
 * @size: its length; 0 for an absent table, whose fields are all absent
 * @fields: byte of the first entry of its vtable
 * @n_fields: entries of its vtable
 */
struct lw_fb_table {
	struct lw_fb *fb;
	size_t at;
	uint32_t size;
	size_t fields;
	uint32_t n_fields;
};

/**
 * struct lw_fb_vector - a vector that was checked to lie in its buffer
 * @data: its elements, little-endian and perhaps unaligned; NULL if absent
 * @n: how many
 */
struct lw_fb_vector {
	const uint8_t *data;
	uint32_t n;
};

/** lw_fb_root() - the root table of a buffer that carries an identifier */
struct lw_fb_table lw_fb_root(struct lw_fb *fb, const char *identifier);

/* Scalar fields, by their number in the schema, and their defaults. */
uint8_t lw_fb_u8(const struct lw_fb_table *table, unsigned int field,
		 uint8_t absent);
int32_t lw_fb_i32(const struct lw_fb_table *table, unsigned int field,
		  int32_t absent);
uint64_t lw_fb_u64(const struct lw_fb_table *table, unsigned int field,
		   uint64_t absent);
float lw_fb_f32(const struct lw_fb_table *table, unsigned int field,
		float absent);

/** lw_fb_child() - a table that a field refers to */
struct lw_fb_table lw_fb_child(const struct lw_fb_table *table,
			       unsigned int field);

/** lw_fb_vector() - a vector of elements of a size that a field refers to */
struct lw_fb_vector lw_fb_vector(const struct lw_fb_table *table,
				 unsigned int field, size_t size);

/** lw_fb_string() - the same for a string; a zero byte follows the last */
struct lw_fb_vector lw_fb_string(const struct lw_fb_table *table,
				 unsigned int field);

/** lw_fb_item() - a table of a vector of tables; @i is below its n */
struct lw_fb_table lw_fb_item(struct lw_fb *fb,
			      const struct lw_fb_vector *vector, uint32_t i);

/* Elements of vectors, little-endian, at any address. */
uint16_t lw_fb_get_u16(const uint8_t *data);
uint32_t lw_fb_get_u32(const uint8_t *data);
uint64_t lw_fb_get_u64(const uint8_t *data);
float lw_fb_get_f32(const uint8_t *data);

#endif /* LW_TFLITE_BUFFER_H */
