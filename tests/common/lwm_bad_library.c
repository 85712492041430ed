// SPDX-License-Identifier: MIT
/* Packages with a blob of zstd or DEFLATE that is wrong. */
#include <string.h>

#include "lwm_samples.h"

/* By hand: a frame of one block that repeats one byte 256 times. */
static const uint8_t frame[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x00, 0x00, 0x03, 0x08, 0x00, 0x80,
};

/* The packages have one segment. */
static uint8_t *segment_bytes(const struct lwm_image *image)
{
	return lwm_image_bytes(image, SEGMENT(image, 0));
}

static void recode(struct lwm_image *image, Lwm__Coding coding,
		   const uint8_t *bytes, size_t size)
{
	Lwm__Blob *blob = SEGMENT(image, 0);

	lwm_image_resize(image, size);
	memcpy(lwm_image_bytes(image, blob), bytes, size);
	blob->coding = coding;
}

static void zstd_frame(struct lwm_image *image)
{
	recode(image, LWM__CODING__ZSTD, frame, sizeof(frame));
}

static void size_over_zstd(struct lwm_image *image)
{
	zstd_frame(image);
	SEGMENT(image, 0)->size = 32768 * sizeof(frame) + 1;
}

static void zstd_magic(struct lwm_image *image)
{
	zstd_frame(image);
	segment_bytes(image)[0] = 0x27;
}

static void zstd_size(struct lwm_image *image)
{
	zstd_frame(image);
	segment_bytes(image)[5] = 1;
}

static void zstd_trailing(struct lwm_image *image)
{
	zstd_frame(image);
	lwm_image_resize(image, sizeof(frame) + 1);
}

/* The block ends after 255 bytes. */
static void zstd_block(struct lwm_image *image)
{
	zstd_frame(image);
	segment_bytes(image)[7] = 0xfb;
	segment_bytes(image)[8] = 0x07;
}

/*
 * By hand: a slice of 256 bytes, in 5: a last block of fixed codes, a zero, a
 * match of length 227 + 28 and distance 1, the end.
 */
static const uint8_t slice[] = {
	0x80, 0x02, 0x05, 0x63, 0x18, 0xe1, 0x00, 0x00,
};

#define DEFLATE_SIZE 2
#define DEFLATE_BLOCK 3
#define DEFLATE_MATCH 5

static uint8_t *deflate_slice(struct lwm_image *image)
{
	recode(image, LWM__CODING__DEFLATE, slice, sizeof(slice));
	return segment_bytes(image);
}

static void size_over_deflate(struct lwm_image *image)
{
	deflate_slice(image);
	SEGMENT(image, 0)->size = 1032 * sizeof(slice) + 1;
}

static void deflate_slices(struct lwm_image *image)
{
	deflate_slice(image)[DEFLATE_SIZE]++;
}

static void deflate_block(struct lwm_image *image)
{
	deflate_slice(image)[DEFLATE_BLOCK] |= 6;
}

/* A match of 3 bytes before there are any. */
static void deflate_distance(struct lwm_image *image)
{
	uint8_t *bytes = deflate_slice(image);

	bytes[DEFLATE_BLOCK] = 3;
	bytes[DEFLATE_BLOCK + 1] = 2;
}

static void deflate_more(struct lwm_image *image)
{
	deflate_slice(image)[DEFLATE_MATCH] = 0xe9;
}

static void deflate_less(struct lwm_image *image)
{
	deflate_slice(image)[DEFLATE_MATCH] = 0xd9;
}

static void deflate_short(struct lwm_image *image)
{
	deflate_slice(image)[DEFLATE_SIZE]--;
	lwm_image_resize(image, sizeof(slice) - 1);
}

static void deflate_long(struct lwm_image *image)
{
	deflate_slice(image)[DEFLATE_SIZE]++;
	lwm_image_resize(image, sizeof(slice) + 1);
}

const struct lwm_image_fault lwm_library_faults[] = {
	{ "size-over-zstd", size_over_zstd, "lut" },
	{ "zstd-magic", zstd_magic, "lut" },
	{ "zstd-size", zstd_size, "lut" },
	{ "zstd-trailing", zstd_trailing, "lut" },
	{ "zstd-block", zstd_block, "lut" },
	{ "size-over-deflate", size_over_deflate, "lut" },
	{ "deflate-slices", deflate_slices, "lut" },
	{ "deflate-block", deflate_block, "lut" },
	{ "deflate-distance", deflate_distance, "lut" },
	{ "deflate-more", deflate_more, "lut" },
	{ "deflate-less", deflate_less, "lut" },
	{ "deflate-short", deflate_short, "lut" },
	{ "deflate-long", deflate_long, "lut" },
	{ NULL, NULL, NULL },
};
