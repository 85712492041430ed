// SPDX-License-Identifier: MIT
/* The reference engine: cases whose answer is known by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../common/run_ref.h"

/*
 * A program of one operation, 1x1x1 unless a test makes it larger. The weights
 * hold what the operations below point at: zeros at 0, a bias at 16, a
 * multiplier at 32, a table of 256 bytes or floats at 64.
 */
struct one {
	struct lwnpu_op op;
	struct {
		int8_t weights[16];
		int32_t bias[4];
		float scale[8];
		float table[256];
	} data;
};

static struct one one_op(uint32_t opcode)
{
	const struct lwnpu_tensor tensor = {
		.row_pitch = 4, .plane_pitch = 4, .h = 1, .w = 1, .c = 1,
		.region = 2,
	};
	struct one one = { .op = { .opcode = opcode } };

	one.op.in[0] = tensor;
	one.op.out = tensor;
	one.op.out.region = 3;
	return one;
}

static void one_run_all(struct one *one, const uint8_t *in, size_t in_size,
			uint8_t *out, size_t out_size)
{
	struct lw_program program = {
		.ops = &one->op,
		.n_ops = 1,
		.weights = (uint8_t *)&one->data,
		.weights_size = sizeof(one->data),
	};

	lw_run_ref(&program, in, in_size, out, out_size);
}

static int one_run(struct one *one, const uint8_t *in, size_t in_size)
{
	uint8_t out[4] = { 0 };

	one_run_all(one, in, in_size, out, sizeof(out));
	return out[0];
}

/* An accumulator through a convolution whose weights are zero. */
static int one_requantise(int32_t acc, float scale, int zero, int lo, int hi)
{
	static const uint8_t in[4];
	struct one one = one_op(LWNPU_OP_CONV);

	one.op.out.zero_point = zero;
	one.op.conv = (struct lwnpu_conv) {
		.weights = 0, .weights_len = 4, .bias = 16, .scale = 32,
		.groups = 1, .kernel_h = 1, .kernel_w = 1, .stride_h = 1,
		.stride_w = 1, .dilation_h = 1, .dilation_w = 1, .lo = lo,
		.hi = hi,
	};
	one.data.bias[0] = acc;
	one.data.scale[0] = scale;
	return one_run(&one, in, sizeof(in));
}

static void test_requantise(void **state)
{
	(void)state;
	/* Halves go to even. */
	assert_int_equal(one_requantise(1, 0.5f, 10, 0, 255), 10);
	assert_int_equal(one_requantise(3, 0.5f, 10, 0, 255), 12);
	assert_int_equal(one_requantise(5, 0.5f, 10, 0, 255), 12);
	assert_int_equal(one_requantise(-1, 0.5f, 10, 0, 255), 10);
	assert_int_equal(one_requantise(-3, 0.5f, 10, 0, 255), 8);
	/* 2^24 + 1 becomes 2^24 before it is multiplied: then it is a half. */
	assert_int_equal(one_requantise(16777217, 0x1p-25f, 0, 0, 255), 0);
	assert_int_equal(one_requantise(16777219, 0x1p-25f, 0, 0, 255), 1);
	/* The product is rounded to 24 bits: 25 x 0.1f is a half in single. */
	assert_int_equal(one_requantise(25, 0.1f, 0, 0, 255), 2);
	/* Bounds, far values, both ends of the accumulator. */
	assert_int_equal(one_requantise(1000, 1, 100, 7, 250), 250);
	assert_int_equal(one_requantise(-1000, 1, 100, 7, 250), 7);
	assert_int_equal(one_requantise(INT32_MAX, 0x1.fffffep+127f, 3, 0, 255),
			 255);
	assert_int_equal(one_requantise(INT32_MIN, 0x1.fffffep+127f, 3, 0, 255),
			 0);
	assert_int_equal(one_requantise(INT32_MAX, 0x1p-126f, 3, 0, 255), 3);
	assert_int_equal(one_requantise(0, 1, 200, 201, 255), 201);
}

/* Sums wrap around at 32 bits. */
static void test_wrap(void **state)
{
	static const uint8_t in[4] = { 255, 0, 0, 0 };
	struct one one = one_op(LWNPU_OP_CONV);

	(void)state;
	one.op.conv = (struct lwnpu_conv) {
		.weights = 0, .weights_len = 4, .bias = 16, .scale = 32,
		.groups = 1, .kernel_h = 1, .kernel_w = 1, .stride_h = 1,
		.stride_w = 1, .dilation_h = 1, .dilation_w = 1, .hi = 255,
	};
	one.data.weights[0] = -128;
	one.data.bias[0] = INT32_MIN;
	one.data.scale[0] = 0x1p-31f;
	/* -2^31 - 255 x 128 is 2^31 - 32640, 0.99998 of 2^31. */
	assert_int_equal(one_run(&one, in, sizeof(in)), 1);
}

/* 2 and 4 times 1, 10, 100, two columns apart, halved. */
static void test_tconv(void **state)
{
	const uint8_t in[8] = { 3, 9, 9, 9, 5, 9, 9, 9 };
	const uint8_t expected[] = { 11, 20, 112, 30, 210, 10 };
	struct one one = one_op(LWNPU_OP_TCONV);
	uint8_t out[24];
	uint32_t pad, x;

	(void)state;
	one.op.in[0].w = 2;
	one.op.in[0].zero_point = 1;
	one.op.out.zero_point = 10;
	one.op.tconv = (struct lwnpu_tconv) {
		.weights = 0, .weights_len = 12, .bias = 16, .scale = 32,
		.groups = 1, .kernel_h = 1, .kernel_w = 3, .stride_h = 1,
		.stride_w = 2, .dilation_h = 1, .dilation_w = 1, .hi = 255,
	};
	one.data.weights[0] = 1;
	one.data.weights[4] = 10;
	one.data.weights[8] = 100;
	one.data.scale[0] = 0.5f;
	for (pad = 0; pad < 5; pad++) {
		one.op.out.w = 6 - pad;
		one.op.tconv.pad_left = pad;
		one_run_all(&one, in, sizeof(in), out, sizeof(out));
		for (x = 0; x < one.op.out.w; x++)
			assert_int_equal(out[4 * x], expected[pad + x]);
	}
}

static int one_average(uint8_t a, uint8_t b, uint8_t zero)
{
	const uint8_t in[8] = { a, 0, 0, 0, b, 0, 0, 0 };
	struct one one = one_op(LWNPU_OP_POOL);

	one.op.in[0].w = 2;
	one.op.pool = (struct lwnpu_pool) {
		.kernel_h = 1, .kernel_w = 2, .stride_h = 1, .stride_w = 1,
		.mode = LWNPU_POOL_AVERAGE, .hi = 255, .zero = zero,
	};
	return one_run(&one, in, sizeof(in));
}

static void test_average(void **state)
{
	(void)state;
	assert_int_equal(one_average(3, 4, 0), 4);
	assert_int_equal(one_average(3, 5, 0), 4);
	/* Away from the zero of a tensor that was signed. */
	assert_int_equal(one_average(130, 131, 128), 131);
	assert_int_equal(one_average(124, 125, 128), 124);
	assert_int_equal(one_average(255, 255, 128), 255);
	assert_int_equal(one_average(0, 0, 128), 0);
}

/* Of a byte and 11, and of padding if @width is 3. */
static int one_real_average(uint8_t a, uint8_t zero, int width, bool whole)
{
	const uint8_t in[8] = { a, 0, 0, 0, 11, 0, 0, 0 };
	struct one one = one_op(LWNPU_OP_POOL);

	one.op.in[0].w = 2;
	one.op.in[0].zero_point = one.op.out.zero_point = zero;
	one.op.pool = (struct lwnpu_pool) {
		.kernel_h = 1, .kernel_w = width, .stride_h = 1, .stride_w = 1,
		.pad_left = width - 2, .mode = LWNPU_POOL_REAL, .hi = 255,
		.scale = 0x3f000000, .out_scale = 0x3f000000, .whole = whole,
	};
	return one_run(&one, in, sizeof(in));
}

static void test_real_average(void **state)
{
	(void)state;
	/* Halves are even bytes, whatever the zero point. */
	assert_int_equal(one_real_average(10, 3, 2, false), 10);
	assert_int_equal(one_real_average(10, 4, 2, false), 10);
	assert_int_equal(one_real_average(12, 3, 2, false), 12);
	/* 21 / 2, or 21 / 3. */
	assert_int_equal(one_real_average(10, 0, 3, false), 10);
	assert_int_equal(one_real_average(10, 0, 3, true), 7);
}

static int one_add(uint8_t a, uint8_t b, const struct lwnpu_add *add, int zero)
{
	const uint8_t in[8] = { a, 0, 0, 0, b, 0, 0, 0 };
	struct one one = one_op(LWNPU_OP_ADD);

	one.op.in[1] = one.op.in[0];
	one.op.in[1].offset = 4;
	one.op.out.zero_point = zero;
	one.op.add = *add;
	return one_run(&one, in, sizeof(in));
}

static void test_add(void **state)
{
	/* a + b / 2 with zero points 128, as the packer makes it. */
	const struct lwnpu_add half = {
		.mul0 = 1 << 20, .mul1 = 1 << 19,
		.bias = (1 << 19) - 128 * (1 << 20) - 128 * (1 << 19),
		.shift = 20, .hi = 255,
	};
	/* Each product needs more than 32 signed bits. */
	const struct lwnpu_add wide = {
		.mul0 = 16000000, .bias = INT32_MIN, .shift = 24, .hi = 255,
	};

	(void)state;
	assert_int_equal(one_add(128, 128, &half, 128), 128);
	assert_int_equal(one_add(130, 129, &half, 128), 131);
	assert_int_equal(one_add(130, 127, &half, 128), 130);
	assert_int_equal(one_add(255, 255, &half, 128), 255);
	assert_int_equal(one_add(0, 0, &half, 128), 0);
	/* The shift rounds down: (0 - 2^31) >> 24 is -128. */
	assert_int_equal(one_add(0, 0, &wide, 128), 0);
	assert_int_equal(one_add(255, 0, &wide, 128), 243);
}

static int one_mul(uint8_t a, uint8_t b, float scale)
{
	const uint8_t in[8] = { a, 0, 0, 0, b, 0, 0, 0 };
	struct one one = one_op(LWNPU_OP_MUL);

	one.op.in[0].zero_point = 128;
	one.op.in[1] = one.op.in[0];
	one.op.in[1].offset = 4;
	one.op.in[1].zero_point = 3;
	one.op.out.zero_point = 10;
	one.op.mul.hi = 200;
	memcpy(&one.op.mul.scale, &scale, sizeof(scale));
	return one_run(&one, in, sizeof(in));
}

static void test_mul(void **state)
{
	(void)state;
	/* 3 x 5 / 2 and 3 x 7 / 2 are halves, which go to even. */
	assert_int_equal(one_mul(131, 8, 0.5f), 10 + 8);
	assert_int_equal(one_mul(131, 10, 0.5f), 10 + 10);
	assert_int_equal(one_mul(125, 8, 0.25f), 10 - 4);
	assert_int_equal(one_mul(0, 0, 0.25f), 10 + 96);
	assert_int_equal(one_mul(255, 255, 1), 200);
	assert_int_equal(one_mul(0, 255, 1), 0);
}

/* Sums of a column of 2 and a row of 3, each in one channel, in 2 channels. */
static void test_broadcast(void **state)
{
	const uint8_t in[] = { 10, 99, 99, 99, 20, 99, 99, 99,
			       1, 99, 0, 0, 2, 99, 0, 0, 3, 99, 0, 0 };
	struct one one = one_op(LWNPU_OP_ADD);
	const uint8_t expected[] = { 11, 11, 0, 0, 12, 12, 0, 0, 13, 13, 0, 0,
				     21, 21, 0, 0, 22, 22, 0, 0, 23, 23, 0, 0 };
	uint8_t out[sizeof(expected)];

	(void)state;
	one.op.in[0].h = 2;
	one.op.in[1] = one.op.in[0];
	one.op.in[1].offset = 8;
	one.op.in[1].h = 1;
	one.op.in[1].w = 3;
	one.op.out.h = 2;
	one.op.out.w = 3;
	one.op.out.c = 2;
	one.op.out.row_pitch = 12;
	one.op.add = (struct lwnpu_add) { .mul0 = 1, .mul1 = 1, .hi = 255 };
	one_run_all(&one, in, sizeof(in), out, sizeof(out));
	assert_memory_equal(out, expected, sizeof(out));
}

/* One table for each of two channels: b - 1 and 2 x b. */
static void test_lut(void **state)
{
	const uint8_t in[] = { 1, 2, 3, 4, 255, 128, 0, 0 };
	const uint8_t expected[] = { 0, 4, 0, 0, 254, 0, 0, 0 };
	struct one one = one_op(LWNPU_OP_LUT);
	uint8_t *tables = (uint8_t *)one.data.table, out[sizeof(in)];
	int i;

	(void)state;
	one.op.in[0].w = one.op.out.w = 2;
	one.op.in[0].c = one.op.out.c = 2;
	one.op.lut.table = offsetof(struct one, data.table) -
			   offsetof(struct one, data);
	one.op.lut.pitch = 256;
	for (i = 0; i < 256; i++) {
		tables[i] = i - 1;
		tables[256 + i] = 2 * i;
	}
	one_run_all(&one, in, sizeof(in), out, sizeof(out));
	assert_memory_equal(out, expected, sizeof(out));
}

static void test_softmax(void **state)
{
	const uint8_t in[4] = { 10, 9, 10, 0 };
	struct one one = one_op(LWNPU_OP_SOFTMAX);
	float scale = 1 / 256.f;
	int i;

	(void)state;
	one.op.in[0].c = 3;
	one.op.out.c = 3;
	one.op.softmax.table = offsetof(struct one, data.table) -
			       offsetof(struct one, data);
	memcpy(&one.op.softmax.scale, &scale, sizeof(scale));
	for (i = 0; i < 256; i++)
		one.data.table[i] = ldexpf(1, -i);
	/* 1 / 2.5 x 256 = 102.4 */
	assert_int_equal(one_run(&one, in, sizeof(in)), 102);
	one.op.out.zero_point = 200;
	assert_int_equal(one_run(&one, in, sizeof(in)), 255);
}

static void test_engine(void **state)
{
	struct one one = one_op(LWNPU_OP_LUT);
	struct lw_program program = {
		.ops = &one.op, .n_ops = 1, .weights = (uint8_t *)&one.data,
		.weights_size = sizeof(one.data),
	};
	uint8_t bytes[4] = { 0 };
	struct lw_binding bindings[4] = { [2] = { bytes, 4 } };
	struct lwnpu_device_info info;
	struct lwnpu_error error;
	void *engine, *loaded, *memory;

	(void)state;
	assert_int_equal(lw_ref_engine.list(&info, 1), 1);
	assert_string_equal(info.name, "ref");
	assert_int_equal(lw_ref_engine.list(NULL, 0), 1);
	assert_int_equal(lw_ref_engine.open(&engine, "other", &error),
			 -ENODEV);
	assert_int_equal(lw_ref_engine.open(&engine, NULL, &error), 0);
	assert_int_equal(lw_program_check(&program, &error), 0);
	assert_int_equal(lw_ref_engine.load(engine, &program, &loaded, &error),
			 0);
	/* A buffer that is missing, then one that is too small. */
	assert_int_equal(lw_ref_engine.run(engine, loaded, bindings, NULL,
					   &error), -EINVAL);
	bindings[3].data = bytes;
	bindings[3].size = 3;
	assert_int_equal(lw_ref_engine.run(engine, loaded, bindings, NULL,
					   &error), -EINVAL);
	assert_string_equal(error.message,
			    "region 3: buffer of 3 bytes, expected at least 4");
	lw_ref_engine.unload(engine, loaded);
	memory = lw_ref_engine.alloc(engine, 100);
	assert_non_null(memory);
	assert_int_equal((uintptr_t)memory % 64, 0);
	lw_ref_engine.free(engine, memory);
	lw_ref_engine.close(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requantise),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_tconv),
		cmocka_unit_test(test_average),
		cmocka_unit_test(test_real_average),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_mul),
		cmocka_unit_test(test_broadcast),
		cmocka_unit_test(test_lut),
		cmocka_unit_test(test_softmax),
		cmocka_unit_test(test_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
