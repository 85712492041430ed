// SPDX-License-Identifier: MIT
/* Packages taken apart and put together without any check. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

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

static Lwm__Blob *last_blob(const struct lwm_image *image)
{
	Lwm__Header *header = image->header;

	return header->n_segments ?
	       header->segments[header->n_segments - 1]->blob : header->ops;
}

int lwm_image_resize(struct lwm_image *image, size_t size)
{
	Lwm__Blob *last = last_blob(image);
	size_t end = last->offset + last->stored_size;
	uint8_t *blobs = realloc(image->blobs, last->offset + size + 1);

	if (!blobs)
		return -ENOMEM;
	if (last->offset + size > end)
		memset(blobs + end, 0, last->offset + size - end);
	image->blobs = blobs;
	image->size = last->offset + size;
	last->stored_size = size;
	return 0;
}

static void sum_blob(const struct lwm_image *image, Lwm__Blob *blob)
{
	if (blob && blob->offset <= image->size &&
	    blob->stored_size <= image->size - blob->offset)
		blob->stored_xxh3 = XXH3_64bits(image->blobs + blob->offset,
						blob->stored_size);
}

void lwm_image_sum(struct lwm_image *image)
{
	size_t i;

	sum_blob(image, image->header->ops);
	for (i = 0; i < image->header->n_segments; i++)
		sum_blob(image, image->header->segments[i]->blob);
}

int lwm_image_seal(const struct lwm_image *image, uint8_t **data, size_t *size)
{
	struct lwm_prelude prelude = { .version = LWM_VERSION };
	size_t start;

	prelude.header_size = lwm__header__get_packed_size(image->header);
	start = lwm_blobs_start(&prelude);
	memcpy(prelude.magic, LWM_MAGIC, sizeof(prelude.magic));
	prelude.file_size = start + image->size;
	*data = calloc(1, prelude.file_size);
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
