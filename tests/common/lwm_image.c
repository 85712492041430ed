// SPDX-License-Identifier: MIT
/* Packages taken apart and put together without any check. */
#include <stdlib.h>
#include <string.h>

#include "lwm_samples.h"

int lwm_image_open(struct lwm_image *image, const void *data, size_t size)
{
	struct lwm_prelude prelude;
	size_t start;
	int ret;

	ret = lwm_parse(&image->header, data, size, NULL);
	if (ret)
		return ret;
	memcpy(&prelude, data, sizeof(prelude));
	start = lwm_blobs_start(&prelude);
	image->size = size - start;
	image->blobs = malloc(image->size + 1);
	if (!image->blobs) {
		lwm__header__free_unpacked(image->header, NULL);
		return -ENOMEM;
	}
	memcpy(image->blobs, (const uint8_t *)data + start, image->size);
	return 0;
}

/* The blobs in order: operations, then segments; NULL after the last. */
static Lwm__Blob *blob_at(const struct lwm_image *image, size_t index)
{
	Lwm__Header *header = image->header;

	if (!index)
		return header->ops;
	return index <= header->n_segments ? header->segments[index - 1] : NULL;
}

uint8_t *lwm_image_bytes(const struct lwm_image *image, const Lwm__Blob *blob)
{
	size_t i, at = 0;
	Lwm__Blob *b;

	for (i = 0; (b = blob_at(image, i)) && b != blob; i++) {
		if (b->stored_size > image->size - at)
			return NULL;
		at += b->stored_size;
	}
	if (!b || b->stored_size > image->size - at)
		return NULL;
	return image->blobs + at;
}

int lwm_image_resize(struct lwm_image *image, size_t size)
{
	Lwm__Blob *last = blob_at(image, image->header->n_segments);
	size_t at = lwm_image_bytes(image, last) - image->blobs;
	size_t end = at + last->stored_size;
	uint8_t *blobs = realloc(image->blobs, at + size + 1);

	if (!blobs)
		return -ENOMEM;
	if (at + size > end)
		memset(blobs + end, 0, at + size - end);
	image->blobs = blobs;
	image->size = at + size;
	last->stored_size = size;
	return 0;
}

void lwm_image_sum(struct lwm_image *image)
{
	const uint8_t *bytes;
	Lwm__Blob *blob;
	size_t i;

	for (i = 0; (blob = blob_at(image, i)); i++) {
		bytes = lwm_image_bytes(image, blob);
		if (bytes)
			blob->stored_xxh3 = lwm_blob_xxh3(bytes,
							  blob->stored_size);
	}
}

int lwm_image_seal(const struct lwm_image *image, uint8_t **data, size_t *size)
{
	struct lwm_prelude prelude = { .magic = LWM_MAGIC };
	size_t start;

	prelude.version = LWM_VERSION;
	prelude.header_size = lwm__header__get_packed_size(image->header);
	prelude.header_stored = prelude.header_size;
	start = lwm_blobs_start(&prelude);
	prelude.file_size = start + image->size;
	*data = malloc(prelude.file_size);
	if (!*data)
		return -ENOMEM;
	*size = prelude.file_size;
	memcpy(*data, &prelude, sizeof(prelude));
	lwm__header__pack(image->header, *data + sizeof(prelude));
	memcpy(*data + start, image->blobs, image->size);
	prelude.checksum = lwm_header_xxh3(*data);
	memcpy(*data, &prelude, sizeof(prelude));
	return 0;
}

void lwm_image_close(struct lwm_image *image)
{
	lwm__header__free_unpacked(image->header, NULL);
	free(image->blobs);
}
