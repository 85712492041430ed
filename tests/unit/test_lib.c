// SPDX-License-Identifier: MIT
/* The public API over packages made here, and its conversions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device.h"
#include "model.h"
#include "tensor.h"

#include "../common/lut_model.h"
#include "../common/random.h"

#define MAX_ELEMENTS 256

static void run(struct lwnpu_model *model, void *in, enum lwnpu_type in_type,
		void *out, enum lwnpu_type out_type, size_t elements)
{
	struct lwnpu_buffer input = {
		in, elements * (in_type == LWNPU_F32 ? 4 : 1), in_type
	};
	struct lwnpu_buffer output = {
		out, elements * (out_type == LWNPU_F32 ? 4 : 1), out_type
	};
	struct lwnpu_error error;

	if (lwnpu_model_run(model, &input, &output, &error))
		fail_msg("%s", error.message);
}

/* Quantised in, quantised out, for every channel count up to two words. */
static void run_bytes(const char *name)
{
	struct lwnpu_device *device = lw_open_device(name);

	for (uint32_t c = 1; c <= 9; c++) {
		struct lw_lut lut = lw_lut_identity(c & 1, c & 2, c);
		size_t n = lut.h * lut.w * c;
		uint8_t in[MAX_ELEMENTS], out[MAX_ELEMENTS];
		struct lwnpu_model *model;

		for (int i = 0; i < 256; i++)
			lut.table[i] = 7 * i + 3;
		for (size_t i = 0; i < MAX_ELEMENTS; i++)
			in[i] = 31 * i;
		model = lw_lut_load(device, &lut);
		run(model, in, LWNPU_QUANT, out, LWNPU_QUANT, n);
		for (size_t i = 0; i < n; i++) {
			uint8_t q = in[i] ^ (lut.in_signed ? 0x80 : 0);
			uint8_t y = 7 * q + 3;

			assert_int_equal(out[i],
					 y ^ (lut.out_signed ? 0x80 : 0));
		}
		lwnpu_model_free(model);
	}
	lwnpu_device_close(device);
}

static void bytes_on_ref(void **state)
{
	(void)state;
	run_bytes("ref");
}

static void bytes_on_opencl(void **state)
{
	(void)state;
	run_bytes("opencl");
}

static void real_numbers(void **state)
{
	struct lw_lut lut = lw_lut_identity(true, false, 2);
	struct lwnpu_device *device = lw_open_device("ref");
	struct lwnpu_model *model = lw_lut_load(device, &lut);
	size_t n = lut.h * lut.w * lut.c;
	float in[MAX_ELEMENTS], out[MAX_ELEMENTS];

	(void)state;
	/* in.scale 0.5, zero point 100; out.scale 0.25, zero point 7 */
	for (size_t i = 0; i < n; i++)
		in[i] = 0;
	in[0] = 1;		/* 102 */
	in[1] = -60;		/* 0, saturated */
	in[2] = 1000;		/* 255, saturated */
	in[3] = 0.25f;		/* 100.5 rounds to the even 100 */
	in[4] = 0.75f;		/* 101.5 rounds to the even 102 */
	in[5] = NAN;		/* the zero point */
	run(model, in, LWNPU_F32, out, LWNPU_F32, n);
	assert_true(out[0] == 0.25f * (102 - 7));
	assert_true(out[1] == 0.25f * (0 - 7));
	assert_true(out[2] == 0.25f * (255 - 7));
	assert_true(out[3] == 0.25f * (100 - 7));
	assert_true(out[4] == 0.25f * (102 - 7));
	assert_true(out[5] == 0.25f * (100 - 7));
	lwnpu_model_free(model);
	lwnpu_device_close(device);
}

static void descriptions(void **state)
{
	struct lw_lut lut = lw_lut_identity(true, false, 5);
	struct lwnpu_device *device = lw_open_device("ref");
	struct lwnpu_model *model = lw_lut_load(device, &lut);
	struct lwnpu_tensor_info info;

	(void)state;
	assert_int_equal(lwnpu_model_inputs(model), 1);
	assert_int_equal(lwnpu_model_outputs(model), 1);
	assert_int_equal(lwnpu_model_input(model, 0, &info), 0);
	assert_string_equal(info.name, "in");
	assert_int_equal(info.height, 3);
	assert_int_equal(info.width, 5);
	assert_int_equal(info.channels, 5);
	assert_true(info.is_signed);
	assert_true(info.scale == 0.5f);
	assert_int_equal(info.zero_point, 100 - 128);
	assert_int_equal(lwnpu_model_output(model, 0, &info), 0);
	assert_string_equal(info.name, "out");
	assert_false(info.is_signed);
	assert_int_equal(info.zero_point, 7);
	assert_int_equal(lwnpu_model_input(model, 1, &info), -EINVAL);
	assert_int_equal(lwnpu_model_output(model, 1, &info), -EINVAL);
	lwnpu_model_free(model);
	lwnpu_device_close(device);
}

/* A wrong buffer is refused by name, and outputs keep their bytes. */
static void refuse_buffers(struct lwnpu_model *model, struct lwnpu_buffer in,
			   struct lwnpu_buffer out, const char *expected)
{
	struct lwnpu_error error = { 0 };

	assert_int_equal(lwnpu_model_run(model, &in, &out, &error), -EINVAL);
	assert_int_equal(error.code, -EINVAL);
	assert_non_null(strstr(error.message, expected));
	assert_null(strchr(error.message, '\n'));
	assert_int_equal(lwnpu_model_run(model, &in, &out, NULL), -EINVAL);
}

static void wrong_buffers(void **state)
{
	struct lw_lut lut = lw_lut_identity(false, false, 1);
	struct lwnpu_device *device = lw_open_device("ref");
	struct lwnpu_model *model = lw_lut_load(device, &lut);
	uint8_t in[15] = { 0 }, out[15], before[15];
	struct lwnpu_buffer good_in = { in, 15, LWNPU_QUANT };
	struct lwnpu_buffer good_out = { out, 15, LWNPU_QUANT };

	(void)state;
	memset(out, 0xa5, sizeof(out));
	memset(before, 0xa5, sizeof(before));
	refuse_buffers(model, (struct lwnpu_buffer){ in, 14, LWNPU_QUANT },
		       good_out, "\"in\"");
	refuse_buffers(model, (struct lwnpu_buffer){ in, 15, LWNPU_F32 },
		       good_out, "expected 60");
	refuse_buffers(model, (struct lwnpu_buffer){ NULL, 15, LWNPU_QUANT },
		       good_out, "\"in\"");
	refuse_buffers(model, (struct lwnpu_buffer){ in, 15, 7 }, good_out,
		       "type is 7");
	refuse_buffers(model, good_in,
		       (struct lwnpu_buffer){ out, 16, LWNPU_QUANT },
		       "\"out\"");
	assert_memory_equal(out, before, sizeof(out));
	lwnpu_model_free(model);
	lwnpu_device_close(device);
}

static void wrong_packages(void **state)
{
	struct lwnpu_device *device = lw_open_device("ref");
	struct lwnpu_model *model = NULL;
	struct lwnpu_error error = { 0 };
	char garbage[100] = "not a package";

	(void)state;
	assert_int_equal(lwnpu_model_load_memory(&model, device, garbage,
						 sizeof(garbage), &error),
			 -EBADMSG);
	assert_int_equal(lwnpu_model_load_memory(&model, device, garbage, 0,
						 NULL),
			 -EBADMSG);
	assert_int_equal(lwnpu_model_load_file(&model, device,
					       "/nowhere/x.lwm", &error),
			 -ENOENT);
	assert_non_null(strstr(error.message, "/nowhere/x.lwm"));
	assert_null(model);
	lwnpu_model_free(NULL);
	lwnpu_device_close(device);
}

/* A program that reads one pixel of an input of 256 TiB. */
static void huge_input(void **state)
{
	struct lwnpu_device *device = lw_open_device("ref");
	struct lw_lut lut = lw_lut_identity(false, false, 1);
	struct lwnpu_model *model = NULL;
	struct lwnpu_error error = { 0 };
	void *data;
	size_t size;

	(void)state;
	lut.declared = 65535;
	lw_lut_package(&lut, &data, &size);
	assert_int_equal(lwnpu_model_load_memory(&model, device, data, size,
						 &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "65535 x 65535 x 65535"));
	assert_null(model);
	free(data);
	lwnpu_device_close(device);
}

static void two_models(void **state)
{
	struct lw_lut luts[2] = { lw_lut_identity(false, false, 1),
				     lw_lut_identity(false, false, 1) };
	struct lwnpu_device *device = lw_open_device("ref");
	struct lwnpu_model *models[2];
	uint8_t in[15] = { 40 }, out[15];

	(void)state;
	luts[0].table[40] = 1;
	luts[1].table[40] = 2;
	for (int i = 0; i < 2; i++)
		models[i] = lw_lut_load(device, &luts[i]);
	for (int i = 0; i < 4; i++) {
		run(models[i % 2], in, LWNPU_QUANT, out, LWNPU_QUANT, 15);
		assert_int_equal(out[0], i % 2 ? 2 : 1);
	}
	for (int i = 0; i < 2; i++)
		lwnpu_model_free(models[i]);
	lwnpu_device_close(device);
}

static void check_engine(const char *name, const char *engine)
{
	struct lwnpu_device *device = lw_open_device(name);
	struct lwnpu_device_info info;

	lwnpu_device_describe(device, &info);
	assert_string_equal(info.engine, engine);
	assert_int_not_equal(info.description[0], 0);
	lwnpu_device_close(device);
}

static void device_names(void **state)
{
	static const char *const unknown[] = { "", "re", "reff", "OPENCL", ":",
					       "/dev/null" };
	struct lwnpu_device *device = NULL;
	struct lwnpu_error error;

	(void)state;
	check_engine("ref", "ref");
	setenv("LWNPU_DEVICE", "ref", 1);
	check_engine(NULL, "ref");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(lwnpu_device_open(&device, unknown[i], &error),
				 -ENODEV);
	setenv("LWNPU_DEVICE", "nonsense", 1);
	assert_int_equal(lwnpu_device_open(&device, NULL, &error), -ENODEV);
	assert_non_null(strstr(error.message, "nonsense"));
	unsetenv("LWNPU_DEVICE");
	check_engine(NULL, "opencl");
	assert_int_equal(lwnpu_device_open(&device, "opencl:no such device",
					   &error),
			 -ENODEV);
	assert_null(device);
	lwnpu_device_close(NULL);
}

static void device_list(void **state)
{
	int n = lwnpu_device_list(NULL, 0);
	struct lwnpu_device_info *info;
	struct lwnpu_device *device;

	(void)state;
	assert_true(n >= 2);
	info = calloc(n + 1, sizeof(*info));
	assert_non_null(info);
	assert_int_equal(lwnpu_device_list(info, 1), n);
	assert_string_equal(info[0].name, "ref");
	assert_int_equal(info[1].name[0], 0);
	assert_int_equal(lwnpu_device_list(info, n + 1), n);
	assert_int_equal(info[n].name[0], 0);
	for (int i = 0; i < n; i++) {
		device = lw_open_device(info[i].name);
		lwnpu_device_close(device);
	}
	free(info);
}

/* The definition: round, then clamp. */
static uint8_t define_quantised(float x, float scale, int zero_point)
{
	float v = rintf(x / scale);

	if (isnan(v))
		return zero_point;
	if (v < -zero_point)
		return 0;
	if (v > 255 - zero_point)
		return 255;
	return (int)v + zero_point;
}

static float any_float(struct lw_random *random)
{
	static const float special[] = {
		0.0f, -0.0f, NAN, INFINITY, -INFINITY, 1e-45f, -1e-45f, 3e38f,
		-3e38f, 8388608.5f, 12582912.0f, 2147483648.0f, -2147483904.0f,
	};
	switch (lw_random_below(random, 4)) {
	case 0:
		return LW_RANDOM_PICK(random, special);
	case 1:
		return lw_random_between(random, -600, 600) * 0.5f;
	default:
		return lw_random_between(random, -1000000, 1000000) * 3.7e-4f;
	}
}

static void quantisation(void **state)
{
	static const float scales[] = { 1.0f, 0.1f, 0.5846f, 1e-38f, 1e30f };
	struct lw_random random = lw_random_seed(1);
	float x[100], back[100];
	uint8_t q[100];

	(void)state;
	print_message("seed 1\n");
	for (int trial = 0; trial < 3000; trial++) {
		size_t n = lw_random_below(&random, 99);
		uint8_t zero = lw_random_below(&random, 256);
		float scale = LW_RANDOM_PICK(&random, scales);

		for (size_t i = 0; i < n; i++)
			x[i] = any_float(&random);
		q[n] = 0xa5;
		lw_tensor_quantise(q, x, n, scale, zero);
		assert_int_equal(q[n], 0xa5);
		back[n] = 42;
		lw_tensor_dequantise(back, q, n, scale, zero);
		assert_true(back[n] == 42);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(q[i],
					 define_quantised(x[i], scale, zero));
			assert_true(back[i] == scale * (float)(q[i] - zero));
		}
	}
}

/* Every place of every lane; lanes past the last channel stay as they are. */
static void interleaving(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 13; c++) {
		for (size_t pixels = 1; pixels <= 7; pixels++) {
			uint32_t planes = (c + 3) / 4;
			uint8_t bytes[13 * 7], back[13 * 7 + 1];
			uint8_t words[16 * 7 + 1];

			for (size_t i = 0; i < pixels * c; i++)
				bytes[i] = i + 1;
			memset(words, 0xee, sizeof(words));
			memset(back, 0xdd, sizeof(back));
			lw_interleave(words, bytes, pixels, c);
			for (uint32_t k = 0; k < planes * 4; k++)
				for (size_t i = 0; i < pixels; i++)
					assert_int_equal(
						words[(k / 4 * pixels + i) * 4 +
						      k % 4],
						k < c ? bytes[i * c + k] :
							0xee);
			assert_int_equal(words[planes * 4 * pixels], 0xee);
			lw_deinterleave(back, words, pixels, c);
			assert_memory_equal(back, bytes, pixels * c);
			assert_int_equal(back[pixels * c], 0xdd);
		}
	}
}

static void version(void **state)
{
	(void)state;
	assert_string_equal(lwnpu_version(), LWNPU_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_on_ref),
		cmocka_unit_test(bytes_on_opencl),
		cmocka_unit_test(real_numbers),
		cmocka_unit_test(descriptions),
		cmocka_unit_test(wrong_buffers),
		cmocka_unit_test(wrong_packages),
		cmocka_unit_test(huge_input),
		cmocka_unit_test(two_models),
		cmocka_unit_test(device_names),
		cmocka_unit_test(device_list),
		cmocka_unit_test(quantisation),
		cmocka_unit_test(interleaving),
		cmocka_unit_test(version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
