// SPDX-License-Identifier: MIT
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "image.h"

#define MAX_FILE ((size_t)1 << 28)
#define PNG_MAGIC "\x89PNG\r\n\x1a\n"
#define JPEG_MAGIC "\xff\xd8\xff"

static bool starts_with(const void *file, size_t size, const char *magic)
{
	return size >= strlen(magic) && !memcmp(file, magic, strlen(magic));
}

bool lw_image_is_known(const void *file, size_t size)
{
	return starts_with(file, size, PNG_MAGIC) ||
	       starts_with(file, size, JPEG_MAGIC);
}

/* libpng does not say whether the file or want of memory was at fault. */
static int png_fail(const png_image *png, struct lwnpu_error *error)
{
	return lw_fail(error, errno == ENOMEM ? -ENOMEM : -EBADMSG, "PNG: %s",
		       png->message);
}

static int png_decode(struct lw_image *image, const void *file, size_t size,
		      struct lwnpu_error *error)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	uint8_t *data = NULL;
	int ret;

	errno = 0;
	if (!png_image_begin_read_from_memory(&png, file, size)) {
		ret = png_fail(&png, error);
		goto out;
	}
	ret = lw_image_check_size(png.width, png.height, error);
	if (ret)
		goto out;
	png.format = PNG_FORMAT_RGBA;
	png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
	data = malloc(PNG_IMAGE_SIZE(png));
	if (!data) {
		ret = lw_fail(error, -ENOMEM, "out of memory for an image");
		goto out;
	}
	if (!png_image_finish_read(&png, NULL, data, 0, NULL)) {
		ret = png_fail(&png, error);
		goto out;
	}
	lw_image_drop_alpha(data, data, (size_t)png.width * png.height);
	*image = (struct lw_image){ png.width, png.height, 3, data };
	data = NULL;
out:
	free(data);
	png_image_free(&png);
	return ret;
}

int lw_image_decode(struct lw_image *image, const void *file, size_t size,
		    struct lwnpu_error *error)
{
	if (starts_with(file, size, PNG_MAGIC))
		return png_decode(image, file, size, error);
	if (starts_with(file, size, JPEG_MAGIC))
		return lw_jpeg_decode(image, file, size, error);
	return lw_fail(error, -EOPNOTSUPP,
		       "neither a PNG nor a JPEG image");
}

int lw_image_read(struct lw_image *image, const char *path,
		  struct lwnpu_error *error)
{
	size_t size;
	void *file;
	int ret;

	ret = lw_file_read(path, MAX_FILE, &file, &size, error);
	if (ret)
		return ret;
	ret = lw_image_decode(image, file, size, error);
	free(file);
	return ret ? lw_fail_at(error, path) : 0;
}
