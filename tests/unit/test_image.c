// SPDX-License-Identifier: MIT
/* PNG and JPEG, made here with the libraries that others write them with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>
#include <png.h>

#include "../../userspace/lwctl/image.h"
#include "../common/random.h"

/**
 * struct bytes - a file in memory
 * @data: malloc()ed
 * @size: how many
 */
struct bytes {
	unsigned char *data;
	unsigned long size;
};

/* A picture with edges and slopes. */
static uint8_t *make_picture(uint32_t w, uint32_t h, uint32_t c)
{
	uint8_t *data = malloc((size_t)w * h * c);

	assert_non_null(data);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			for (uint32_t k = 0; k < c; k++)
				data[(y * w + x) * c + k] =
					10 * x + 5 * y + 60 * k + (x > y) * 40;
	return data;
}

static struct bytes encode_png(const uint8_t *data, uint32_t w, uint32_t h,
			       uint32_t format)
{
	png_image png = { .version = PNG_IMAGE_VERSION, .width = w, .height = h,
			  .format = format };
	png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
	struct bytes file = { malloc(size), 0 };

	assert_non_null(file.data);
	assert_true(png_image_write_to_memory(&png, file.data, &size, 0, data,
					      0, NULL));
	file.size = size;
	return file;
}

static struct bytes encode_jpeg(const uint8_t *data, uint32_t w, uint32_t h,
				int c, J_COLOR_SPACE space, bool progressive)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr handler;
	struct bytes file = { NULL, 0 };

	jpeg.err = jpeg_std_error(&handler);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &file.data, &file.size);
	jpeg.image_width = w;
	jpeg.image_height = h;
	jpeg.input_components = c;
	jpeg.in_color_space = space;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, 100, TRUE);
	if (progressive)
		jpeg_simple_progression(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < h) {
		JSAMPROW row = (JSAMPROW)data + jpeg.next_scanline * w * c;

		jpeg_write_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	return file;
}

static struct lw_image decode(const struct bytes *file)
{
	struct lwnpu_error error;
	struct lw_image image;

	if (lw_image_decode(&image, file->data, file->size, &error))
		fail_msg("%s", error.message);
	return image;
}

static void png_colour(void **state)
{
	uint8_t *data = make_picture(13, 7, 3);
	struct bytes file = encode_png(data, 13, 7, PNG_FORMAT_RGB);
	struct lw_image image = decode(&file);

	(void)state;
	assert_int_equal(image.w, 13);
	assert_int_equal(image.h, 7);
	assert_int_equal(image.c, 3);
	assert_memory_equal(image.data, data, 13 * 7 * 3);
	lw_image_release(&image);
	free(file.data);
	free(data);
}

static void png_gray(void **state)
{
	uint8_t *data = make_picture(5, 4, 1);
	struct bytes file = encode_png(data, 5, 4, PNG_FORMAT_GRAY);
	struct lw_image image = decode(&file);

	(void)state;
	for (int i = 0; i < 20; i++)
		for (int k = 0; k < 3; k++)
			assert_int_equal(image.data[3 * i + k], data[i]);
	lw_image_gray(&image);
	assert_int_equal(image.c, 1);
	assert_memory_equal(image.data, data, 20);
	lw_image_release(&image);
	free(file.data);
	free(data);
}

/* Transparent is black, half transparent is half as bright. */
static void png_alpha(void **state)
{
	const uint8_t data[] = { 200, 100, 50, 255, 200, 100, 50, 0,
				 200, 100, 50, 128 };
	const uint8_t expected[] = { 200, 100, 50, 0, 0, 0, 100, 50, 25 };
	struct bytes file = encode_png(data, 3, 1, PNG_FORMAT_RGBA);
	struct lw_image image = decode(&file);

	(void)state;
	assert_memory_equal(image.data, expected, sizeof(expected));
	lw_image_release(&image);
	free(file.data);
}

static void check_close(const struct lw_image *image, const uint8_t *data,
			size_t n, int tolerance)
{
	for (size_t i = 0; i < n; i++)
		assert_in_range(image->data[i] - data[i] + 256, 256 - tolerance,
				256 + tolerance);
}

static void jpeg_gray(void **state)
{
	uint8_t *data = make_picture(19, 9, 1);

	(void)state;
	for (int progressive = 0; progressive < 2; progressive++) {
		struct bytes file = encode_jpeg(data, 19, 9, 1, JCS_GRAYSCALE,
						progressive);
		struct lw_image image = decode(&file);

		assert_int_equal(image.w, 19);
		assert_int_equal(image.h, 9);
		assert_int_equal(image.c, 3);
		lw_image_gray(&image);
		check_close(&image, data, 19 * 9, 3);
		lw_image_release(&image);
		free(file.data);
	}
	free(data);
}

static void jpeg_colour(void **state)
{
	uint8_t data[16 * 16 * 3];
	struct lw_image image;
	struct bytes file;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i += 3)
		memcpy(data + i, "\xc8\x50\x14", 3);
	file = encode_jpeg(data, 16, 16, 3, JCS_RGB, false);
	image = decode(&file);
	check_close(&image, data, sizeof(data), 3);
	lw_image_release(&image);
	free(file.data);
}

static void refuse(const void *data, size_t size, int code,
		   const char *message)
{
	struct lw_image image = { 0 };
	struct lwnpu_error error = { 0 };
	void *copy = malloc(size ? size : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, data, size);
	ret = lw_image_decode(&image, copy, size, &error);
	free(copy);
	if (ret != code || !strstr(error.message, message) || image.data)
		fail_msg("%zu bytes: %d, \"%s\", expected %d, \"%s\"", size,
			 ret, error.message, code, message);
	assert_null(strchr(error.message, '\n'));
}

static void jpeg_without_colours_of_ours(void **state)
{
	uint8_t *data = make_picture(8, 8, 4);
	struct bytes file = encode_jpeg(data, 8, 8, 4, JCS_CMYK, false);

	(void)state;
	refuse(file.data, file.size, -EBADMSG, "JPEG: ");
	free(file.data);
	free(data);
}

/* A file that ends anywhere before its end marker is refused. */
static void truncated(void **state)
{
	uint8_t *data = make_picture(9, 8, 3);
	struct bytes png = encode_png(data, 9, 8, PNG_FORMAT_RGB);
	struct bytes jpeg = encode_jpeg(data, 9, 8, 3, JCS_RGB, false);

	(void)state;
	for (size_t n = 8; n < png.size - 12; n++)
		refuse(png.data, n, -EBADMSG, "PNG: ");
	for (size_t n = 3; n < jpeg.size - 2; n++)
		refuse(jpeg.data, n, -EBADMSG, "JPEG: ");
	refuse(png.data, 7, -EOPNOTSUPP, "neither");
	refuse(png.data, 0, -EOPNOTSUPP, "neither");
	refuse(jpeg.data, 2, -EOPNOTSUPP, "neither");
	free(jpeg.data);
	free(png.data);
	free(data);
}

/* Random damage: an image or an error, nothing else. */
static void mutated(void **state)
{
	struct lw_random random = lw_random_seed(2);
	uint8_t *data = make_picture(16, 16, 3);
	struct bytes files[] = {
		encode_png(data, 16, 16, PNG_FORMAT_RGB),
		encode_jpeg(data, 16, 16, 3, JCS_RGB, false),
		encode_jpeg(data, 16, 16, 3, JCS_RGB, true),
	};

	(void)state;
	print_message("seed 2\n");
	for (int i = 0; i < 3000; i++) {
		struct bytes *file = &files[i % 3];
		uint8_t *copy = malloc(file->size);
		struct lwnpu_error error = { 0 };
		struct lw_image image;

		assert_non_null(copy);
		memcpy(copy, file->data, file->size);
		for (uint32_t k = lw_random_below(&random, 4) + 1; k; k--)
			copy[lw_random_below(&random, file->size)] =
				lw_random_u32(&random);
		if (!lw_image_decode(&image, copy, file->size, &error))
			lw_image_release(&image);
		else
			assert_int_not_equal(error.message[0], 0);
		free(copy);
	}
	for (int i = 0; i < 3; i++)
		free(files[i].data);
	free(data);
}

/* Sizes are judged before memory is taken for them. */
static void too_large(void **state)
{
	uint8_t *data = make_picture(8, 8, 1);
	struct bytes jpeg = encode_jpeg(data, 8, 8, 1, JCS_GRAYSCALE, false);
	uint8_t *frame = jpeg.data;

	(void)state;
	while (frame[0] != 0xff || frame[1] != 0xc0)
		frame++;
	frame[5] = 0xff; /* height and width, big-endian */
	frame[7] = 0xff;
	refuse(jpeg.data, jpeg.size, -EFBIG, "65288 x 65288");
	free(jpeg.data);
	free(data);
	assert_int_equal(lw_image_check_size(0, 5, NULL), -EFBIG);
	assert_int_equal(lw_image_check_size(16384, 16384, NULL), -EFBIG);
	assert_int_equal(lw_image_check_size(16385, 1, NULL), -EFBIG);
	assert_int_equal(lw_image_check_size(16384, 4096, NULL), 0);
}

static void luma(void **state)
{
	const uint8_t data[] = { 255, 0, 0, 0, 255, 0, 0, 0, 255,
				 255, 255, 255, 7, 7, 7 };
	const uint8_t expected[] = { 76, 150, 29, 255, 7 };
	struct lw_image image = { 5, 1, 3, malloc(sizeof(data)) };

	(void)state;
	assert_non_null(image.data);
	memcpy(image.data, data, sizeof(data));
	lw_image_gray(&image);
	assert_memory_equal(image.data, expected, sizeof(expected));
	lw_image_gray(&image);
	assert_memory_equal(image.data, expected, sizeof(expected));
	lw_image_release(&image);
}

static void check_resize(const uint8_t *from, uint32_t w, uint32_t h,
			 const uint8_t *to, uint32_t new_w, uint32_t new_h)
{
	struct lw_image image = { w, h, 1, malloc((size_t)w * h) };
	struct lwnpu_error error;

	assert_non_null(image.data);
	memcpy(image.data, from, (size_t)w * h);
	assert_int_equal(lw_image_resize(&image, new_w, new_h, &error), 0);
	assert_int_equal(image.w, new_w);
	assert_int_equal(image.h, new_h);
	assert_memory_equal(image.data, to, (size_t)new_w * new_h);
	lw_image_release(&image);
}

static void resizing(void **state)
{
	const uint8_t square[] = { 10, 20, 30, 40 };
	const uint8_t six[] = { 0, 60, 120, 180, 240, 255 };

	(void)state;
	check_resize(square, 2, 2, square, 2, 2);
	/* Shrinking averages areas, also where they cut pixels. */
	check_resize(square, 2, 2, (uint8_t[]){ 25 }, 1, 1);
	check_resize(square, 2, 2, (uint8_t[]){ 20, 30 }, 2, 1);
	check_resize(six, 6, 1, (uint8_t[]){ 30, 150, 248 }, 3, 1);
	check_resize(six, 3, 1, (uint8_t[]){ 20, 100 }, 2, 1);
	/* Growing interpolates between centres, the border is repeated. */
	check_resize(six, 2, 1, (uint8_t[]){ 0, 15, 45, 60 }, 4, 1);
	check_resize(six, 1, 2, (uint8_t[]){ 0, 15, 45, 60 }, 1, 4);
	check_resize(six + 5, 1, 1, (uint8_t[]){ 255, 255, 255, 255 }, 2, 2);
}

/* A uniform image stays what it is at any size. */
static void resizing_uniform(void **state)
{
	struct lw_random random = lw_random_seed(3);

	(void)state;
	print_message("seed 3\n");
	for (int i = 0; i < 300; i++) {
		uint32_t w = lw_random_between(&random, 1, 70);
		uint32_t h = lw_random_between(&random, 1, 70);
		uint32_t new_w = lw_random_between(&random, 1, 70);
		uint32_t new_h = lw_random_between(&random, 1, 70);
		uint8_t level = i % 3 ? lw_random_below(&random, 256) : 255;
		struct lw_image image = { w, h, 3, malloc(3 * w * h) };

		assert_non_null(image.data);
		memset(image.data, level, 3 * w * h);
		assert_int_equal(lw_image_resize(&image, new_w, new_h, NULL),
				 0);
		for (uint32_t k = 0; k < 3 * new_w * new_h; k++)
			assert_int_equal(image.data[k], level);
		lw_image_release(&image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(png_colour),
		cmocka_unit_test(png_gray),
		cmocka_unit_test(png_alpha),
		cmocka_unit_test(jpeg_gray),
		cmocka_unit_test(jpeg_colour),
		cmocka_unit_test(jpeg_without_colours_of_ours),
		cmocka_unit_test(truncated),
		cmocka_unit_test(mutated),
		cmocka_unit_test(too_large),
		cmocka_unit_test(luma),
		cmocka_unit_test(resizing),
		cmocka_unit_test(resizing_uniform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
