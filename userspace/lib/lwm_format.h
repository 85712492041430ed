/* SPDX-License-Identifier: MIT */
/* The package as stored: shared by its reader and its writer. */
#ifndef LW_LWM_FORMAT_H
#define LW_LWM_FORMAT_H

#include "lwm.h"
#include "lwm.pb-c.h"

#define LWM_VERSION 1
/* Bits of struct lwm_prelude.features that this version knows. */
#define LWM_FEATURES 0
#define LWM_MAX_HEADER (1u << 20)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "numbers are used as they are stored");

/**
 * struct lwm_prelude - the first bytes of a package
 * @magic: LWM_MAGIC
 * @checksum: XXH3-64 from @version to the end of the stored header
 * @version: LWM_VERSION
 * @header_coding: enum lwm_coding of the header
 * @features: a reader that does not know a bit refuses the package
 * @file_size: bytes of the whole package
 * @header_stored: bytes of the header as stored; it follows
 * @header_size: decoded bytes of it
 */
struct lwm_prelude {
	uint8_t magic[8];
	uint64_t checksum;
	uint16_t version;
	uint16_t header_coding;
	uint32_t features;
	uint64_t file_size;
	uint32_t header_stored;
	uint32_t header_size;
};

_Static_assert(sizeof(struct lwm_prelude) == 40, "layout of the prelude");

/*
 * As PNG's: a byte that is not ASCII, line ends of both kinds and an end of
 * text, so that a transfer as text is noticed.
 */
#define LWM_MAGIC "\x8bLWM\r\n\x1a\n"

/**
 * lwm_check_prelude() - verify what a package starts with
 * @prelude: gets it
 * @data: as many bytes as the package has, at most sizeof(*prelude)
 * @size: bytes that the package has
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, -EBADMSG, -EOPNOTSUPP.
 */
int lwm_check_prelude(struct lwm_prelude *prelude, const void *data,
		      uint64_t size, struct lwnpu_error *error);

/**
 * lwm_parse() - verify all of a package that can be verified undecoded
 * @header: gets the header, free with lwm__header__free_unpacked(header, NULL)
 * @data: the package
 * @size: its bytes
 * @error: filled in on failure, may be NULL
 *
 * Prelude, checksums of header and blobs, possible sizes of both.
 *
 * Return: 0, -EBADMSG, -EOPNOTSUPP, -ENOMEM.
 */
int lwm_parse(Lwm__Header **header, const uint8_t *data, size_t size,
	      struct lwnpu_error *error);

struct lwm_decoding;

/**
 * lwm_prepare() - make room for a program, and a plan to decode it
 * @decoding: empty; gets all blobs: operations, then segments
 * @package: segments and room for the program are added, to be released in any
 *	case
 * @header: from lwm_parse()
 * @blobs: the first one's bytes
 * @error: filled in on failure
 *
 * Return: 0, -EBADMSG, -ENOMEM.
 */
int lwm_prepare(struct lwm_decoding *decoding, struct lwm_package *package,
		const Lwm__Header *header, const uint8_t *blobs,
		struct lwnpu_error *error);

/* Where the first blob starts. */
static inline uint64_t lwm_blobs_start(const struct lwm_prelude *prelude)
{
	return sizeof(*prelude) + (uint64_t)prelude->header_stored;
}

/* The checksum that belongs in the prelude of these bytes. */
uint64_t lwm_header_xxh3(const uint8_t *data);

/* The checksum of a blob's stored bytes. */
uint32_t lwm_blob_xxh3(const uint8_t *stored, size_t size);

/* The checksum of decoded operations and weights. */
uint64_t lwm_program_xxh3(const struct lw_program *program);

/**
 * lwm_dims_shape() - rows, columns and channels as dims say
 * @io: its dims and nchw are read
 * @shape: gets h, w, c; a dimension that is missing is 1
 *
 * Return: false if dims do not say: there are fewer than 2 or more than 4.
 */
bool lwm_dims_shape(const struct lwm_io *io, uint32_t shape[3]);

/**
 * lwm_check() - verify what a package says about its program
 * @package: program.info is filled in
 * @error: filled in on failure, may be NULL
 *
 * The program is valid, inputs and outputs are the regions that it binds,
 * layers are in it, names are text.
 *
 * Return: 0 or -EINVAL.
 */
int lwm_check(struct lwm_package *package, struct lwnpu_error *error);

#endif /* LW_LWM_FORMAT_H */
