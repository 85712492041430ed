/* SPDX-License-Identifier: MIT */
/* Small valid packages, and packages put together without any check. */
#ifndef LWM_SAMPLES_H
#define LWM_SAMPLES_H

#include "lwm.h"
#include "lwm_format.h"

/* What lwm_write_memory() takes, the smallest of a set of codings. */
#define SMALLEST(set) (&(const struct lwm_choice){ .codings = (set) })

/**
 * struct lwm_sample - a package with a name
 * @name: of its golden file, good-NAME.lwm
 * @choice: to write it with
 * @make: fill in a package; nonzero when memory is short
 */
struct lwm_sample {
	const char *name;
	struct lwm_choice choice;
	int (*make)(struct lwm_package *package);
};

/* Ends with a NULL name. */
extern const struct lwm_sample lwm_samples[];

/* A valid package of random sizes, names and contents. */
int lwm_sample_random(struct lwm_package *package, uint64_t seed);

/**
 * struct lwm_image - a package taken apart, to be changed and sealed again
 * @header: the header
 * @blobs: all bytes from the first blob on
 * @size: how many
 */
struct lwm_image {
	Lwm__Header *header;
	uint8_t *blobs;
	size_t size;
};

/* Fails as lwm_parse() does. */
int lwm_image_open(struct lwm_image *image, const void *data, size_t size);

/* Where a blob of the header is, NULL if that is not inside the file. */
uint8_t *lwm_image_bytes(const struct lwm_image *image, const Lwm__Blob *blob);

/* The last blob's length, bytes past the old end being zero. */
int lwm_image_resize(struct lwm_image *image, size_t size);

/* Sets the checksum of every blob that lies inside the file. */
void lwm_image_sum(struct lwm_image *image);

/* Prelude, raw header and blobs, whatever they say. */
int lwm_image_seal(const struct lwm_image *image, uint8_t **data,
		   size_t *size);

void lwm_image_close(struct lwm_image *image);

/**
 * struct lwm_image_fault - a fault of an intact file: of the header, of a blob
 * @name: of its golden file, bad-NAME.lwm
 * @apply: makes it
 * @sample: in which
 */
struct lwm_image_fault {
	const char *name;
	void (*apply)(struct lwm_image *image);
	const char *sample;
};

/*
 * Faults of the header and the program; of blobs in codings of others, and of
 * our own. A NULL name ends each.
 */
extern const struct lwm_image_fault lwm_header_faults[];
extern const struct lwm_image_fault lwm_library_faults[];
extern const struct lwm_image_fault lwm_coded_faults[];

#define SEGMENT(image, i) ((image)->header->segments[i])

/**
 * lwm_bad() - a package with one fault
 * @index: from 0 on
 * @data: gets malloc()ed bytes
 * @size: gets how many
 *
 * Return: the fault's name (its golden file is bad-NAME.lwm), or NULL if there
 * are no more.
 */
const char *lwm_bad(unsigned int index, uint8_t **data, size_t *size);

#endif /* LWM_SAMPLES_H */
