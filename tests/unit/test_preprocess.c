// SPDX-License-Identifier: MIT
/* Inputs made of images, and messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log.h"
#include "pixels.h"
#include "tensor.h"

#include "../common/lut_model.h"
#include "../common/random.h"

#define MAX_BYTES 256

static struct lwnpu_device *device;

static int start(void **state)
{
	(void)state;
	device = lw_open_device("ref");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lwnpu_device_close(device);
	return 0;
}

static struct lw_lut make_lut(uint32_t c, uint32_t norm_channels,
			      bool is_signed)
{
	struct lw_lut lut = lw_lut_identity(is_signed, false, c);

	lut.in_scale = 0.02f;
	lut.norm_channels = norm_channels;
	lut.norm_scale = norm_channels ? 1.0f / 255 : 0;
	for (uint32_t i = 0; i < norm_channels; i++) {
		lut.mean[i] = 0.4f + 0.05f * i;
		lut.std[i] = 0.2f + 0.03f * i;
	}
	return lut;
}

/* An image whose rows end where its memory does, so that no byte is to spare. */
static struct lwnpu_image make_image(struct lw_random *random, uint32_t width,
				     uint32_t height, uint32_t channels,
				     size_t gap)
{
	struct lwnpu_image image = {
		.width = width,
		.height = height,
		.channels = channels,
		.stride = width * channels + gap,
	};
	size_t size = image.stride * height - gap;
	uint8_t *data = malloc(size);

	assert_non_null(data);
	lw_random_fill(random, data, size);
	image.data = data;
	return image;
}

/* The definition, for images of the model's size: [h][w][c] bytes. */
static void define_bytes(uint8_t *bytes, const struct lw_lut *lut,
			 const struct lwnpu_image *image)
{
	for (uint32_t y = 0; y < lut->h; y++) {
		for (uint32_t x = 0; x < lut->w; x++) {
			const uint8_t *p = image->data + y * image->stride +
					   x * image->channels;
			uint8_t rgb[3] = { p[0], p[0], p[0] };

			for (int k = 0; k < 3 && image->channels > 1; k++)
				rgb[k] = image->channels == 3 ? p[k] :
					 (p[k] * p[3] + 127) / 255;
			if (lut->c == 3)
				memcpy(bytes, rgb, 3);
			else if (image->channels == 1)
				*bytes = p[0];
			else
				*bytes = (rgb[0] * 19595 + rgb[1] * 38470 +
					  rgb[2] * 7471 + 32768) >> 16;
			bytes += lut->c;
		}
	}
}

static void define_real(float *real, const struct lw_lut *lut,
			const uint8_t *bytes)
{
	for (size_t i = 0; i < lut->h * lut->w * lut->c; i++) {
		uint32_t k = lut->norm_channels > 1 ? i % lut->c : 0;

		real[i] = lut->norm_channels ?
			  (bytes[i] * lut->norm_scale - lut->mean[k]) /
			  lut->std[k] :
			  lut->in_scale * (bytes[i] - lut->in_zero);
	}
}

/* In each type, @image gives what @real is. */
static void check_types(const struct lw_lut *lut,
			const struct lwnpu_image *image, const float *real)
{
	size_t n = lut->h * lut->w * lut->c;
	size_t native = lut->h * lut->w * ((lut->c + 3) / 4) * 4;
	uint8_t q[MAX_BYTES], data[MAX_BYTES + 1], words[MAX_BYTES] = { 0 };
	struct lwnpu_buffer buffer = { data, n, LWNPU_QUANT };
	struct lwnpu_model *model = lw_lut_load(device, lut);
	float floats[MAX_BYTES];
	struct lwnpu_error error;

	lw_tensor_quantise(q, real, n, lut->in_scale, lut->in_zero);
	lw_interleave(words, q, lut->h * lut->w, lut->c);
	memset(data, 0xee, sizeof(data));
	if (lwnpu_model_preprocess(model, 0, image, &buffer, &error))
		fail_msg("%s", error.message);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(data[i], q[i] ^ (lut->in_signed ? 0x80 : 0));
	assert_int_equal(data[n], 0xee);

	memset(data, 0xee, sizeof(data));
	buffer = (struct lwnpu_buffer){ data, native, LWNPU_NATIVE };
	assert_int_equal(lwnpu_model_preprocess(model, 0, image, &buffer, NULL),
			 0);
	assert_memory_equal(data, words, native);
	assert_int_equal(data[native], 0xee);

	buffer = (struct lwnpu_buffer){ floats, n * sizeof(float), LWNPU_F32 };
	assert_int_equal(lwnpu_model_preprocess(model, 0, image, &buffer, NULL),
			 0);
	assert_memory_equal(floats, real, n * sizeof(float));
	lwnpu_model_free(model);
}

static void channels_and_types(void **state)
{
	static const uint32_t of_model[] = { 1, 3 }, of_image[] = { 1, 3, 4 };
	struct lw_random random = lw_random_seed(1);
	uint8_t bytes[MAX_BYTES];
	float real[MAX_BYTES];

	(void)state;
	print_message("seed 1\n");
	for (int i = 0; i < 36; i++) {
		uint32_t c = of_model[i % 2];
		uint32_t norm[] = { 0, 1, c };
		struct lw_lut lut = make_lut(c, norm[i / 2 % 3], i % 5 == 0);
		struct lwnpu_image image =
			make_image(&random, lut.w, lut.h, of_image[i / 6 % 3],
				   i / 18 * 7);

		define_bytes(bytes, &lut, &image);
		define_real(real, &lut, bytes);
		check_types(&lut, &image, real);
		free((void *)image.data);
	}
}

/* Sizes that differ are those of lw_image_resize(). */
static void sizes(void **state)
{
	struct lw_random random = lw_random_seed(2);
	float real[MAX_BYTES];

	(void)state;
	print_message("seed 2\n");
	for (int i = 0; i < 50; i++) {
		struct lw_lut lut = make_lut(3, 3, false);
		uint32_t w = lw_random_between(&random, 1, 40);
		uint32_t h = lw_random_between(&random, 1, 40);
		struct lwnpu_image image = make_image(&random, w, h, 3, i % 3);
		struct lw_image copy = { w, h, 3, malloc(w * h * 3) };

		for (uint32_t y = 0; y < h; y++)
			memcpy(copy.data + y * w * 3,
			       image.data + y * image.stride, w * 3);
		assert_int_equal(lw_image_resize(&copy, lut.w, lut.h, NULL), 0);
		define_real(real, &lut, copy.data);
		check_types(&lut, &image, real);
		lw_image_release(&copy);
		free((void *)image.data);
	}
}

static void refuse(const struct lwnpu_model *model, unsigned int index,
		   struct lwnpu_image image, struct lwnpu_buffer buffer,
		   int code, const char *text)
{
	struct lwnpu_error error;

	assert_int_equal(lwnpu_model_preprocess(model, index, &image, &buffer,
						&error), code);
	assert_int_equal(error.code, code);
	if (!strstr(error.message, text))
		fail_msg("\"%s\": expected %s", error.message, text);
	assert_int_equal(lwnpu_model_preprocess(model, index, &image, &buffer,
						NULL), code);
}

static void refusals(void **state)
{
	struct lw_lut rgb = make_lut(3, 3, false), five = make_lut(5, 0, false);
	struct lwnpu_model *model = lw_lut_load(device, &rgb);
	struct lwnpu_model *odd = lw_lut_load(device, &five);
	uint8_t pixels[3 * 5 * 4] = { 0 }, data[75];
	struct lwnpu_image good = { pixels, 5, 3, 3, 15 }, bad;
	struct lwnpu_buffer buffer = { data, 45, LWNPU_QUANT };

	(void)state;
	refuse(model, 1, good, buffer, -EINVAL, "input 1: the model has 1");
	refuse(model, 0, good, (struct lwnpu_buffer){ data, 44, LWNPU_QUANT },
	       -EINVAL, "expected 45");
	refuse(model, 0, good, (struct lwnpu_buffer){ data, 45, 9 }, -EINVAL,
	       "type is 9");
	refuse(odd, 0, good, (struct lwnpu_buffer){ data, 75, LWNPU_QUANT },
	       -EINVAL, "has 5");
	bad = good;
	bad.channels = 2;
	refuse(model, 0, bad, buffer, -EINVAL, "image of 2 channels");
	bad = good;
	bad.data = NULL;
	refuse(model, 0, bad, buffer, -EINVAL, "rows of 0 bytes");
	bad = good;
	bad.stride = 14;
	refuse(model, 0, bad, buffer, -EINVAL, "expected at least 15");
	bad = good;
	bad.height = 0;
	refuse(model, 0, bad, buffer, -EFBIG, "5 x 0");
	bad = good;
	bad.width = 1u << 31;
	bad.stride = SIZE_MAX;
	refuse(model, 0, bad, buffer, -EFBIG, "pixels");
	lwnpu_model_free(model);
	lwnpu_model_free(odd);
}

static struct heard {
	unsigned int count[3];
	char last[LWNPU_ERROR_SIZE];
} heard, other;

static void listen_to(void *data, enum lwnpu_log_level level,
		      const char *message)
{
	struct heard *to = data;

	to->count[level]++;
	snprintf(to->last, sizeof(to->last), "%s", message);
}

static void messages(void **state)
{
	struct lw_lut lut = make_lut(1, 0, false);
	struct lwnpu_device *ref;

	(void)state;
	lw_log(LWNPU_LOG_WARNING, "nobody listens");
	lwnpu_log_set(listen_to, &heard);
	lw_log(LWNPU_LOG_WARNING, "%d\n%s\x1b", 5, "five");
	assert_string_equal(heard.last, "5?five?");
	ref = lw_open_device("ref");
	assert_int_equal(heard.count[LWNPU_LOG_INFO], 1);
	assert_non_null(strstr(heard.last, "device ref: plain C"));
	lwnpu_model_free(lw_lut_load(ref, &lut));
	assert_int_equal(heard.count[LWNPU_LOG_DEBUG], 1);
	assert_non_null(strstr(heard.last, "1 operations"));
	lwnpu_log_set(listen_to, &other);
	lwnpu_device_close(lw_open_device("ref"));
	assert_int_equal(heard.count[LWNPU_LOG_INFO], 1);
	assert_int_equal(other.count[LWNPU_LOG_INFO], 1);
	lwnpu_log_set(NULL, NULL);
	lwnpu_device_close(ref);
	lwnpu_device_close(lw_open_device("ref"));
	assert_int_equal(heard.count[LWNPU_LOG_WARNING], 1);
	assert_int_equal(other.count[LWNPU_LOG_INFO], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channels_and_types),
		cmocka_unit_test(sizes),
		cmocka_unit_test(refusals),
		cmocka_unit_test(messages),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
