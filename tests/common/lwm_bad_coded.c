// SPDX-License-Identifier: MIT
/* Packages with a blob in a coding of our own that is wrong. */
#include <string.h>

#include "lwm_samples.h"

/* Sets the first bits of the Huffman blob. */
static void huffman_start(struct lwm_image *image, uint32_t bits)
{
	uint8_t *bytes = lwm_image_bytes(image, SEGMENT(image, 1));

	bytes[0] = bits >> 24;
	bytes[1] = bits >> 16;
	bytes[2] = bits >> 8;
	bytes[3] = bits;
}

/* 110, a run of 257: 00000000 100000001. */
static void huffman_run(struct lwm_image *image)
{
	huffman_start(image, 0xc0101000);
}

/* 111 1101: 13 bits. */
static void huffman_length(struct lwm_image *image)
{
	huffman_start(image, 0xfa000000);
}

/* 111 0001, 0, 0: three codes of 1 bit; 110, a run of 253. */
static void huffman_full(struct lwm_image *image)
{
	huffman_start(image, 0xe2601fa0);
}

/* 0: a code of 8 bits; 110, a run of 255. */
static void huffman_incomplete(struct lwm_image *image)
{
	huffman_start(image, 0x601fe000);
}

static void huffman_fill(struct lwm_image *image)
{
	image->blobs[image->size - 1] |= 1;
}

static uint8_t *segment_bytes(const struct lwm_image *image, size_t i)
{
	return lwm_image_bytes(image, SEGMENT(image, i));
}

static void shorten(struct lwm_image *image)
{
	size_t last = image->header->n_segments - 1;

	lwm_image_resize(image, SEGMENT(image, last)->stored_size - 1);
}

static void lengthen(struct lwm_image *image)
{
	size_t last = image->header->n_segments - 1;

	lwm_image_resize(image, SEGMENT(image, last)->stored_size + 1);
}

/*
 * rANS: the sample's first segment is one slice, of 256 bytes: two bytes that
 * say so, two of its coded size, the number of states, the table.
 */
#define RANS_SIZE 0
#define RANS_STATES 4
#define RANS_TABLE 5

static void rans_size(struct lwm_image *image)
{
	segment_bytes(image, 0)[RANS_SIZE] = 0xff;
	segment_bytes(image, 0)[RANS_SIZE + 1] = 0x02;
}

/* A second slice, of which there is nothing. */
static void rans_sizes(struct lwm_image *image)
{
	segment_bytes(image, 0)[RANS_SIZE] = 0xff;
	segment_bytes(image, 0)[RANS_SIZE + 1] = 0x01;
}

/* The size in three bytes, of which the last is zero. */
static void rans_varint(struct lwm_image *image)
{
	segment_bytes(image, 0)[RANS_SIZE + 1] |= 0x80;
	segment_bytes(image, 0)[RANS_SIZE + 2] = 0;
}

static void rans_states(struct lwm_image *image)
{
	segment_bytes(image, 0)[RANS_STATES] = 4;
}

static void rans_table(struct lwm_image *image, uint8_t first, uint8_t second,
		       uint8_t third)
{
	uint8_t *table = segment_bytes(image, 0) + RANS_TABLE;

	table[0] = first;
	table[1] = second;
	table[2] = third;
}

/* 1111 110010: level 50. */
static void rans_level(struct lwm_image *image)
{
	rans_table(image, 0xfc, 0x80, 0);
}

/* 110, a run of 257: 00000000 100000001. */
static void rans_run(struct lwm_image *image)
{
	rans_table(image, 0xc0, 0x10, 0x10);
}

/* 110, a run of 256. */
static void rans_empty(struct lwm_image *image)
{
	rans_table(image, 0xc0, 0x10, 0x00);
}

/* 110, a run of 255; 0; then a bit that is not zero. */
static void rans_fill(struct lwm_image *image)
{
	rans_table(image, 0xc0, 0x3f, 0xc1);
}

/* One symbol, in one state that is 0; words behind it. */
static void rans_state(struct lwm_image *image)
{
	rans_table(image, 0xc0, 0x3f, 0xc0);
	memset(segment_bytes(image, 0) + RANS_TABLE + 3, 0, 4);
}

static void rans_words(struct lwm_image *image)
{
	rans_state(image);
	segment_bytes(image, 0)[RANS_TABLE + 5] = 1;
}

/* The last word that the slice needs. */
static void rans_end(struct lwm_image *image)
{
	segment_bytes(image, 0)[SEGMENT(image, 0)->stored_size - 2] ^= 1;
}

/*
 * Context: segments 1, 3, 5 are dense, depthwise, sparse weights, the last one
 * is bytes. Kind, row, step, rows of a sparse one, rows of a slice.
 */
#define DENSE 1
#define SPARSE 5
#define BYTES 6

static void context_kind(struct lwm_image *image)
{
	segment_bytes(image, DENSE)[0] |= 8;
}

static void context_head(struct lwm_image *image)
{
	lwm_image_resize(image, 1);
	SEGMENT(image, BYTES)->size = 64;
}

static void context_row(struct lwm_image *image)
{
	segment_bytes(image, DENSE)[1]++;
}

static void context_step(struct lwm_image *image)
{
	segment_bytes(image, DENSE)[2] = segment_bytes(image, DENSE)[1] + 1;
}

static void context_slice_rows(struct lwm_image *image)
{
	segment_bytes(image, DENSE)[3] = 0;
}

static void context_first(struct lwm_image *image)
{
	segment_bytes(image, DENSE)[0] |= 4;
}

static void context_bytes(struct lwm_image *image)
{
	segment_bytes(image, BYTES)[0] |= 4;
}

static void context_stride(struct lwm_image *image)
{
	segment_bytes(image, BYTES)[1] = 0;
}

/* The sparse segment's mask ends before its last row does. */
static void context_rows(struct lwm_image *image)
{
	segment_bytes(image, SPARSE)[3] = 127;
}

/* Its words are more than are said to be there. */
static void context_less(struct lwm_image *image)
{
	segment_bytes(image, SPARSE)[3]++;
	segment_bytes(image, SPARSE)[4]++;
}

static void context_end(struct lwm_image *image)
{
	image->blobs[image->size - 1]++;
}

static void context_slices_go_on(struct lwm_image *image)
{
	segment_bytes(image, DENSE)[0] |= 4;
}

/* 9 rows of 36 words are no whole bytes of the mask. */
static void context_slice_mask(struct lwm_image *image)
{
	segment_bytes(image, SPARSE)[4] = 9;
}

static void context_slice_words(struct lwm_image *image)
{
	segment_bytes(image, SPARSE)[5]--;
}

static void context_slice_size(struct lwm_image *image)
{
	uint8_t *bytes = segment_bytes(image, DENSE);

	bytes[4] = 0xff;
	bytes[5] = 0x7f;
}

const struct lwm_image_fault lwm_coded_faults[] = {
	{ "huffman-run", huffman_run, "conv" },
	{ "huffman-length", huffman_length, "conv" },
	{ "huffman-full", huffman_full, "conv" },
	{ "huffman-incomplete", huffman_incomplete, "conv" },
	{ "huffman-short", shorten, "conv" },
	{ "huffman-long", lengthen, "conv" },
	{ "huffman-fill", huffman_fill, "conv" },
	{ "rans-size", rans_size, "rans" },
	{ "rans-sizes", rans_sizes, "rans" },
	{ "rans-varint", rans_varint, "rans" },
	{ "rans-states", rans_states, "rans" },
	{ "rans-level", rans_level, "rans" },
	{ "rans-run", rans_run, "rans" },
	{ "rans-empty", rans_empty, "rans" },
	{ "rans-fill", rans_fill, "rans" },
	{ "rans-state", rans_state, "rans" },
	{ "rans-words", rans_words, "rans" },
	{ "rans-end", rans_end, "rans" },
	{ "rans-short", shorten, "rans" },
	{ "rans-long", lengthen, "rans" },
	{ "context-kind", context_kind, "context" },
	{ "context-head", context_head, "context" },
	{ "context-row", context_row, "context" },
	{ "context-step", context_step, "context" },
	{ "context-slice-rows", context_slice_rows, "context" },
	{ "context-first", context_first, "context" },
	{ "context-bytes", context_bytes, "context" },
	{ "context-stride", context_stride, "context" },
	{ "context-rows", context_rows, "context" },
	{ "context-less", context_less, "context" },
	{ "context-end", context_end, "context" },
	{ "context-short", shorten, "context" },
	{ "context-long", lengthen, "context" },
	{ "context-slices-go-on", context_slices_go_on, "context-slices" },
	{ "context-slice-mask", context_slice_mask, "context-slices" },
	{ "context-slice-words", context_slice_words, "context-slices" },
	{ "context-slice-size", context_slice_size, "context-slices" },
	{ NULL, NULL, NULL },
};
