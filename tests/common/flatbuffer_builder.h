/* SPDX-License-Identifier: MIT */
/*
 * Writes flatbuffers, back to front, for tests of what reads them. Objects are
 * named by their distance from the end, and are made before what refers to
 * them. Memory that runs short ends the test program.
 */
#ifndef FLATBUFFER_BUILDER_H
#define FLATBUFFER_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#define FBB_MAX_FIELDS 16

/**
 * struct fbb - a buffer that grows towards its start
 * @data: the bytes
 * @capacity: allocated, of which the last @used count
 * @used: so far
 * @table: where the fields of the open table began
 * @fields: [n_fields] of the open table, 0 for an absent one
 * @n_fields: highest number, plus one
 */
struct fbb {
	uint8_t *data;
	size_t capacity, used;
	uint32_t table;
	uint32_t fields[FBB_MAX_FIELDS];
	unsigned int n_fields;
};

void fbb_free(struct fbb *b);

/* Vectors: of scalars (aligned as asked for), of tables, of characters. */
uint32_t fbb_vector(struct fbb *b, const void *data, uint32_t n, size_t size,
		    size_t align);
uint32_t fbb_tables(struct fbb *b, const uint32_t *tables, uint32_t n);
uint32_t fbb_string(struct fbb *b, const char *text);

/* A table: begin, its fields by number, end. */
void fbb_begin(struct fbb *b);
void fbb_u8(struct fbb *b, unsigned int field, uint8_t value);
void fbb_u32(struct fbb *b, unsigned int field, uint32_t value);
void fbb_f32(struct fbb *b, unsigned int field, float value);
void fbb_ref(struct fbb *b, unsigned int field, uint32_t object);
uint32_t fbb_end(struct fbb *b);

/* Header before all; gives the bytes, which fbb_free() releases. */
const uint8_t *fbb_finish(struct fbb *b, uint32_t root, const char *identifier,
			  size_t *size);

#endif /* FLATBUFFER_BUILDER_H */
