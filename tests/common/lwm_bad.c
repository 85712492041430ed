// SPDX-License-Identifier: MIT
/* Packages with one fault each. */
#include <stdlib.h>
#include <string.h>

#include "lwm_samples.h"

/* Faults in the file as a whole: change bytes, return the new size. */

static size_t empty(uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	return 0;
}

static size_t short_prelude(uint8_t *data, size_t size)
{
	(void)data;
	return size < 39 ? size : 39;
}

static size_t half(uint8_t *data, size_t size)
{
	(void)data;
	return size / 2;
}

/* The caller left room for one byte more. */
static size_t byte_after_end(uint8_t *data, size_t size)
{
	data[size] = 0;
	return size + 1;
}

static size_t no_magic(uint8_t *data, size_t size)
{
	data[0] &= 0x7f;
	return size;
}

/* As a transfer as text does it. */
static size_t line_ends(uint8_t *data, size_t size)
{
	size_t from, to = 0;

	for (from = 0; from < size; from++) {
		if (data[from] != '\r' || data[from + 1] != '\n')
			data[to++] = data[from];
	}
	return to;
}

/* Makes the checksum right again, where the header is inside the file. */
static size_t sum_header(uint8_t *data, size_t size)
{
	uint64_t checksum = lwm_header_xxh3(data);

	memcpy(data + offsetof(struct lwm_prelude, checksum), &checksum, 8);
	return size;
}

static struct lwm_prelude get_prelude(const uint8_t *data)
{
	struct lwm_prelude prelude;

	memcpy(&prelude, data, sizeof(prelude));
	return prelude;
}

static size_t set_prelude(uint8_t *data, size_t size,
			  const struct lwm_prelude *prelude)
{
	memcpy(data, prelude, sizeof(*prelude));
	return prelude->header_stored < size ? sum_header(data, size) : size;
}

#define PRELUDE_FAULT(name, field, value) \
static size_t name(uint8_t *data, size_t size) \
{ \
	struct lwm_prelude prelude = get_prelude(data); \
	prelude.field = value; \
	return set_prelude(data, size, &prelude); \
}

PRELUDE_FAULT(version, version, 2)
PRELUDE_FAULT(feature, features, 0x80000001)
PRELUDE_FAULT(header_coding, header_coding, LWM_CODINGS)
PRELUDE_FAULT(header_no_zstd, header_coding, LWM_ZSTD)
PRELUDE_FAULT(header_too_large, header_size, LWM_MAX_HEADER + 1)
PRELUDE_FAULT(header_past_end, header_stored, UINT32_MAX)
PRELUDE_FAULT(header_size_zero, header_size, 0)
PRELUDE_FAULT(header_size_of_raw, header_size, prelude.header_stored - 1)
PRELUDE_FAULT(header_size_over_huffman, header_size,
	      8 * prelude.header_stored + 1)
PRELUDE_FAULT(header_size_less, header_size, prelude.header_size - 9)
PRELUDE_FAULT(header_size_more, header_size, prelude.header_size + 9)

static size_t header_flip(uint8_t *data, size_t size)
{
	data[sizeof(struct lwm_prelude) + 3] ^= 0x20;
	return size;
}

static size_t blob_flip(uint8_t *data, size_t size)
{
	data[size - 100] ^= 1;
	return size;
}

/* Changes one byte of the header and corrects its checksum. */
static size_t header_byte(uint8_t *data, size_t size, size_t at, uint8_t value)
{
	data[sizeof(struct lwm_prelude) + at] = value;
	return sum_header(data, size);
}

/* A table of code lengths that starts with 111 1101: 13 bits. */
static size_t header_huffman(uint8_t *data, size_t size)
{
	return header_byte(data, size, 0, 0xfa);
}

/* The first field's tag gets the wire type of a fixed 32-bit number. */
static size_t header_garbage(uint8_t *data, size_t size)
{
	return header_byte(data, size, 0, 0x0d);
}

/* The first field becomes number 15. */
static size_t header_unknown_field(uint8_t *data, size_t size)
{
	return header_byte(data, size, 0, 0x7a);
}

/* A zero byte in the first string hides what follows it. */
static size_t header_hidden(uint8_t *data, size_t size)
{
	return header_byte(data, size, 4, 0);
}

static const struct file_fault {
	const char *name;
	size_t (*apply)(uint8_t *data, size_t size);
	const char *sample;
} file_faults[] = {
	{ "empty", empty, "conv" },
	{ "short-prelude", short_prelude, "conv" },
	{ "half", half, "conv" },
	{ "byte-after-end", byte_after_end, "conv" },
	{ "no-magic", no_magic, "conv" },
	{ "line-ends", line_ends, "conv" },
	{ "version", version, "conv" },
	{ "feature", feature, "conv" },
	{ "header-coding", header_coding, "names" },
	{ "header-no-zstd", header_no_zstd, "lut" },
	{ "header-too-large", header_too_large, "names" },
	{ "header-past-end", header_past_end, "names" },
	{ "header-size-zero", header_size_zero, "names" },
	{ "header-size-of-raw", header_size_of_raw, "lut" },
	{ "header-size-over-huffman", header_size_over_huffman, "names" },
	{ "header-size-less", header_size_less, "names" },
	{ "header-size-more", header_size_more, "names" },
	{ "header-flip", header_flip, "names" },
	{ "header-huffman", header_huffman, "names" },
	{ "header-garbage", header_garbage, "lut" },
	{ "header-unknown-field", header_unknown_field, "lut" },
	{ "header-hidden", header_hidden, "lut" },
	{ "blob-flip", blob_flip, "conv" },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int make_good(const char *name, void **data, size_t *size)
{
	const struct lwm_sample *sample = lwm_samples;
	struct lwm_package package;
	int ret;

	while (strcmp(sample->name, name))
		sample++;
	ret = sample->make(&package);
	if (!ret)
		ret = lwm_write_memory(&package, &sample->choice, data, size,
				       NULL);
	lwm_release(&package);
	return ret;
}

static int apply_to_file(const struct file_fault *fault, uint8_t **data,
			 size_t *size)
{
	uint8_t *roomy;
	void *good;

	if (make_good(fault->sample, &good, size))
		return -ENOMEM;
	roomy = realloc(good, *size + 1);
	if (!roomy) {
		free(good);
		return -ENOMEM;
	}
	*size = fault->apply(roomy, *size);
	*data = roomy;
	return 0;
}

static int apply_to_image(const struct lwm_image_fault *fault, uint8_t **data,
			  size_t *size)
{
	struct lwm_image image, changed;
	Lwm__Header header;
	void *good;
	int ret;

	if (make_good(fault->sample, &good, size))
		return -ENOMEM;
	ret = lwm_image_open(&image, good, *size);
	free(good);
	if (ret)
		return ret;
	/* A copy, as a fault may drop what must be freed. */
	header = *image.header;
	changed = image;
	changed.header = &header;
	fault->apply(&changed);
	lwm_image_sum(&changed);
	ret = lwm_image_seal(&changed, data, size);
	image.blobs = changed.blobs;
	lwm_image_close(&image);
	return ret;
}

const char *lwm_bad(unsigned int index, uint8_t **data, size_t *size)
{
	static const struct lwm_image_fault *const lists[] = {
		lwm_header_faults, lwm_library_faults, lwm_coded_faults,
	};
	const struct lwm_image_fault *fault;
	unsigned int i;

	if (index < COUNT(file_faults))
		return apply_to_file(&file_faults[index], data, size) ?
		       NULL : file_faults[index].name;
	index -= COUNT(file_faults);
	for (i = 0; i < COUNT(lists); i++)
		for (fault = lists[i]; fault->name; fault++)
			if (!index--)
				return apply_to_image(fault, data, size) ?
				       NULL : fault->name;
	return NULL;
}
