// SPDX-License-Identifier: MIT
/*
 * The checker: for every rule a program that is valid but for one thing, and
 * is refused for just that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine.h"

#define TABLE 0
#define BIAS 1024
#define SCALE 1088
#define WEIGHTS 1152
#define WEIGHTS_SIZE 4096

/* A LUT from an input to the arena, and the operation under test after it. */
struct fixture {
	struct lwnpu_op ops[2];
	uint32_t n_ops;
	uint8_t weights[WEIGHTS_SIZE];
	uint64_t weights_size;
	struct lwnpu_program_info info;
	struct lwnpu_check_error error;
};

static bool reasons_seen[32];

static void put_u32(struct fixture *f, uint32_t offset, uint32_t value)
{
	memcpy(f->weights + offset, &value, sizeof(value));
}

static struct lwnpu_tensor tensor(uint8_t region, uint16_t h, uint16_t w,
				  uint16_t c)
{
	return (struct lwnpu_tensor) {
		.row_pitch = 4 * w, .plane_pitch = 4 * w * h, .h = h, .w = w,
		.c = c, .region = region,
	};
}

static int check(struct fixture *f)
{
	return lwnpu_check_program(f->ops, f->n_ops, f->weights,
				   f->weights_size, &f->info, &f->error);
}

/* [8][8][8] to [4][4][6]: 2 words, 3 x 3 kernel, 108 blocks. */
static void set_conv(struct lwnpu_op *op)
{
	op->out = tensor(3, 4, 4, 6);
	op->conv = (struct lwnpu_conv) {
		.weights = WEIGHTS, .weights_len = 4 * 108, .bias = BIAS,
		.scale = SCALE, .groups = 1, .kernel_h = 3, .kernel_w = 3,
		.stride_h = 2, .stride_w = 2, .dilation_h = 1, .dilation_w = 1,
		.pad_top = 1, .pad_left = 1, .lo = 0, .hi = 255,
	};
}

static void set_dwconv(struct lwnpu_op *op)
{
	op->out = tensor(3, 4, 4, 8);
	op->dwconv = (struct lwnpu_dwconv) {
		.weights = WEIGHTS, .weights_len = 72, .bias = BIAS,
		.scale = SCALE, .kernel_h = 3, .kernel_w = 3, .stride_h = 2,
		.stride_w = 2, .dilation_h = 1, .dilation_w = 1, .hi = 255,
	};
}

static void set_pool(struct lwnpu_op *op)
{
	op->out = tensor(3, 4, 4, 8);
	op->pool = (struct lwnpu_pool) {
		.kernel_h = 2, .kernel_w = 2, .stride_h = 2, .stride_w = 2,
		.hi = 255,
	};
}

static void set_add(struct lwnpu_op *op)
{
	op->in[1] = tensor(2, 8, 8, 8);
	op->out = tensor(3, 8, 8, 8);
	op->add = (struct lwnpu_add) {
		.mul0 = 1, .mul1 = -1, .shift = 1, .hi = 255,
	};
}

static void set_copy(struct lwnpu_op *op)
{
	op->out = tensor(3, 5, 5, 7);
	op->copy = (struct lwnpu_copy) {
		.start_h = -1, .start_w = 9, .stride_h = 1, .stride_w = 2,
		.channels = 5, .lane_in = 3, .lane_out = 2, .fill = 9,
	};
}

static void set_lut(struct lwnpu_op *op)
{
	op->out = tensor(3, 8, 8, 8);
	op->lut.table = TABLE;
}

static void set_softmax(struct lwnpu_op *op)
{
	op->out = tensor(3, 8, 8, 8);
	op->softmax = (struct lwnpu_softmax) {
		.table = TABLE, .scale = 0x3b800000,
	};
}

static void (*const set_op[])(struct lwnpu_op *op) = {
#define LWNPU_OP(name, NAME, number, tensors, doc) [number] = set_##name,
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
};

static void fixture_init(struct fixture *f, uint32_t opcode)
{
	uint32_t i, n = opcode == LWNPU_OP_CONV ? 6 : 8;

	memset(f, 0, sizeof(*f));
	f->n_ops = 2;
	f->weights_size = sizeof(f->weights);
	put_u32(f, TABLE, 0x3f800000);
	for (i = 0; i < n; i++) {
		put_u32(f, BIAS + 4 * i, i - 4);
		put_u32(f, SCALE + 4 * i, 0x3c000000 + i);
	}
	f->ops[0].opcode = LWNPU_OP_LUT;
	f->ops[0].in[0] = tensor(2, 8, 8, 8);
	f->ops[0].out = tensor(1, 8, 8, 8);
	f->ops[1].opcode = opcode;
	f->ops[1].in[0] = tensor(1, 8, 8, 8);
	set_op[opcode](&f->ops[1]);
	assert_int_equal(check(f), 0);
}

static void expect(struct fixture *f, uint32_t reason, const char *field)
{
	struct lwnpu_program_info before;

	memset(&f->info, 0xa5, sizeof(f->info));
	before = f->info;
	assert_int_equal(check(f), -EINVAL);
	assert_string_equal(lwnpu_check_reason_text(f->error.reason),
			    lwnpu_check_reason_text(reason));
	assert_string_equal(f->error.field, field);
	assert_int_equal(f->error.op,
			 reason == LWNPU_CHECK_PROGRAM_SIZE ? 0 : 1);
	assert_memory_equal(&f->info, &before, sizeof(before));
	reasons_seen[reason] = true;
}

/* @change makes of "op", a valid NAME, or of "f" a program to be refused. */
#define REFUSED(NAME, change, reason, field) do { \
		struct fixture fixture, *f = &fixture; \
		struct lwnpu_op *op = &fixture.ops[1]; \
		fixture_init(f, LWNPU_OP_##NAME); \
		(void)op; \
		change; \
		expect(f, LWNPU_CHECK_##reason, field); \
	} while (0)

#define ACCEPTED(NAME, change) do { \
		struct fixture fixture, *f = &fixture; \
		struct lwnpu_op *op = &fixture.ops[1]; \
		fixture_init(f, LWNPU_OP_##NAME); \
		(void)op; \
		change; \
		assert_int_equal(check(f), 0); \
	} while (0)

static void test_program(void **state)
{
	(void)state;
	REFUSED(LUT, f->n_ops = 0, PROGRAM_SIZE, "n_ops");
	REFUSED(LUT, f->n_ops = LWNPU_MAX_OPS + 1, PROGRAM_SIZE, "n_ops");
	REFUSED(LUT, op->opcode = 0, OPCODE, "opcode");
	REFUSED(LUT, op->opcode = 99, OPCODE, "opcode");
	REFUSED(LUT, op->opcode = 0xffffffff, OPCODE, "opcode");
	REFUSED(LUT, op->reserved = 1, RESERVED, "reserved");
	REFUSED(LUT, op->in[1].zero_point = 1, RESERVED, "in[1]");
	REFUSED(LUT, op->raw[4] = 1, RESERVED, "raw");
	REFUSED(LUT, op->raw[59] = 1, RESERVED, "raw");
	REFUSED(CONV, op->raw[30] = 1, RESERVED, "raw");
	REFUSED(CONV, op->conv.reserved = 1, RESERVED, "reserved");
	REFUSED(ADD, op->add.reserved = 1, RESERVED, "reserved");
	REFUSED(COPY, op->copy.reserved = 1, RESERVED, "reserved");
}

static void test_tensors(void **state)
{
	(void)state;
	REFUSED(LUT, op->in[0].h = 0, RANGE, "in[0].h");
	REFUSED(LUT, op->in[0].w = 0, RANGE, "in[0].w");
	REFUSED(LUT, op->out.c = 0, RANGE, "out.c");
	REFUSED(LUT, op->in[0].offset = 2, ALIGNMENT, "in[0].offset");
	REFUSED(LUT, op->out.row_pitch = 33, ALIGNMENT, "out.row_pitch");
	REFUSED(ADD, op->in[1].plane_pitch = 257, ALIGNMENT,
		"in[1].plane_pitch");
	REFUSED(LUT, op->in[0].row_pitch = 28, PITCH, "in[0].row_pitch");
	REFUSED(LUT, op->in[0].plane_pitch = 252, PITCH, "in[0].plane_pitch");
	REFUSED(LUT, op->in[0].row_pitch = 36, PITCH, "in[0].plane_pitch");
	REFUSED(LUT, op->out.region = 0, REGION, "out.region");
	REFUSED(LUT, op->in[0].region = 0, REGION, "in[0].region");
	REFUSED(LUT, op->in[0].region = LWNPU_REGION_MAX, REGION,
		"in[0].region");
	REFUSED(LUT, op->in[0].offset = 1U << 31, EXTENT, "in[0]");
	REFUSED(LUT, op->in[0].plane_pitch = 1U << 31, EXTENT, "in[0]");
	REFUSED(LUT, op->out.plane_pitch = 0xfffffffc, EXTENT, "out");
	REFUSED(LUT, op->out.region = 2, DIRECTION, "out.region");
	ACCEPTED(LUT, op->in[0].region = 4);
	REFUSED(ADD, op->in[1].region = 3, DIRECTION, "out.region");
}

/* Rows of a one-row image, and planes of up to 4 channels, have no pitch. */
static void test_free_pitches(void **state)
{
	(void)state;
	ACCEPTED(LUT, op->in[0] = op->out = tensor(3, 1, 8, 8);
		 op->in[0].region = 1; op->in[0].row_pitch = 0;
		 op->out.row_pitch = 1U << 31);
	REFUSED(LUT, op->in[0] = op->out = tensor(3, 1, 8, 8);
		op->in[0].region = 1; op->out.row_pitch = 0;
		op->out.plane_pitch = 28, PITCH, "out.plane_pitch");
	ACCEPTED(LUT, op->in[0] = op->out = tensor(3, 8, 8, 4);
		 op->in[0].region = 1; op->in[0].plane_pitch = 0;
		 op->out.plane_pitch = 0xfffffffc);
}

static void test_overlap(void **state)
{
	(void)state;
	ACCEPTED(LUT, op->out = op->in[0]);
	ACCEPTED(LUT, op->out = op->in[0]; op->out.zero_point = 3);
	ACCEPTED(ADD, op->out = op->in[0]);
	ACCEPTED(ADD, op->in[1] = op->out = op->in[0]);
	ACCEPTED(ADD, op->in[1].region = 1; op->out = op->in[1]);
	REFUSED(LUT, op->out = op->in[0]; op->out.offset = 4, OVERLAP,
		"in[0]");
	REFUSED(LUT, op->out = op->in[0]; op->out.plane_pitch = 260, OVERLAP,
		"in[0]");
	REFUSED(ADD, op->out = op->in[0]; op->in[1].region = 1;
		op->in[1].offset = 508, OVERLAP, "in[1]");
	REFUSED(SOFTMAX, op->out = op->in[0], OVERLAP, "in[0]");
	REFUSED(CONV, op->out.region = 1, OVERLAP, "in[0]");
	REFUSED(CONV, op->out.region = 1; op->out.offset = 508, OVERLAP,
		"in[0]");
	ACCEPTED(CONV, op->out.region = 1; op->out.offset = 512);
	ACCEPTED(CONV, op->out.region = 1; op->in[0].offset = 128);
	REFUSED(CONV, op->out.region = 1; op->in[0].offset = 124, OVERLAP,
		"in[0]");
}

static void test_windows(void **state)
{
	(void)state;
	REFUSED(CONV, op->conv.kernel_h = 0, RANGE, "kernel_h");
	REFUSED(CONV, op->conv.stride_w = 0, RANGE, "stride_w");
	REFUSED(CONV, op->conv.dilation_h = 0, RANGE, "dilation_h");
	REFUSED(DWCONV, op->dwconv.stride_h = 0, RANGE, "stride_h");
	REFUSED(POOL, op->pool.kernel_w = 0, RANGE, "kernel_w");
	ACCEPTED(CONV, op->conv.pad_top = 2);
	REFUSED(CONV, op->conv.pad_top = 3, WINDOW, "pad_top");
	ACCEPTED(CONV, op->conv.dilation_w = 127; op->conv.pad_left = 254);
	REFUSED(CONV, op->conv.dilation_w = 127; op->conv.pad_left = 255,
		WINDOW, "pad_left");
	/* (8 + 1 - 1) / 2 + 1 windows start inside the padded image. */
	ACCEPTED(CONV, op->out = tensor(3, 5, 5, 6));
	REFUSED(CONV, op->out = tensor(3, 6, 5, 6), WINDOW, "out.h");
	REFUSED(CONV, op->out = tensor(3, 5, 6, 6), WINDOW, "out.w");
	ACCEPTED(CONV, op->conv.stride_h = 8; op->out = tensor(3, 2, 5, 6));
	REFUSED(CONV, op->conv.stride_h = 9; op->out = tensor(3, 2, 5, 6),
		WINDOW, "out.h");
	REFUSED(DWCONV, op->dwconv.pad_left = 3, WINDOW, "pad_left");
	REFUSED(DWCONV, op->out = tensor(3, 4, 5, 8), WINDOW, "out.w");
	ACCEPTED(POOL, op->pool.pad_top = 1);
	REFUSED(POOL, op->pool.pad_top = 2, WINDOW, "pad_top");
	REFUSED(POOL, op->out = tensor(3, 5, 4, 8), WINDOW, "out.h");
}

static void test_conv(void **state)
{
	(void)state;
	REFUSED(CONV, op->conv.weights_len = 4 * 107, STREAM, "weights_len");
	REFUSED(CONV, op->conv.weights_len = 4 * 109, STREAM, "weights_len");
	REFUSED(CONV, op->conv.weights_len = 0, RANGE, "weights_len");
	REFUSED(CONV, op->conv.weights = 2, ALIGNMENT, "weights");
	REFUSED(CONV, op->conv.weights = 0xfffffffc, EXTENT, "weights_len");
	REFUSED(CONV, op->conv.weights = WEIGHTS_SIZE - 428, EXTENT,
		"weights_len");
	REFUSED(CONV, f->weights_size = WEIGHTS + 431, EXTENT, "weights_len");
	ACCEPTED(CONV, f->weights_size = WEIGHTS + 432);
	REFUSED(CONV, op->conv.bias = BIAS + 1, ALIGNMENT, "bias");
	REFUSED(CONV, op->conv.bias = WEIGHTS_SIZE - 28, EXTENT, "bias");
	REFUSED(CONV, op->conv.scale = WEIGHTS_SIZE - 28, EXTENT, "scale");
	REFUSED(CONV, put_u32(f, BIAS + 24, 1), RESERVED, "bias");
	REFUSED(CONV, put_u32(f, SCALE + 28, 1), RESERVED, "scale");
	REFUSED(CONV, put_u32(f, SCALE + 20, 0), FLOAT, "scale");
	REFUSED(CONV, put_u32(f, SCALE, 0x007fffff), FLOAT, "scale");
	ACCEPTED(CONV, put_u32(f, SCALE, 0x00800000));
	ACCEPTED(CONV, put_u32(f, SCALE, 0x7f7fffff));
	REFUSED(CONV, put_u32(f, SCALE, 0x7f800000), FLOAT, "scale");
	REFUSED(CONV, put_u32(f, SCALE, 0xbf800000), FLOAT, "scale");
	REFUSED(CONV, op->conv.lo = 9; op->conv.hi = 8, ORDER, "lo");
	ACCEPTED(CONV, op->conv.lo = 8; op->conv.hi = 8);
	REFUSED(CONV, op->conv.sparse = 2, RANGE, "sparse");
	REFUSED(CONV, op->conv.groups = 0, RANGE, "groups");
	ACCEPTED(CONV, op->conv.groups = 2; op->conv.weights_len = 216);
	REFUSED(CONV, op->conv.groups = 3, SHAPE, "in[0].c");
	REFUSED(CONV, op->conv.groups = 2; op->out.c = 5, SHAPE, "out.c");
	REFUSED(CONV, op->conv.groups = 2; op->in[0].c = 7, SHAPE, "in[0].c");
}

/* 108 blocks: a mask of 16 bytes, 20 bits of its last word unused. */
static void test_sparse(void **state)
{
	(void)state;
	ACCEPTED(CONV, op->conv.sparse = 1; op->conv.weights_len = 16);
	ACCEPTED(CONV, op->conv.sparse = 1; op->conv.weights_len = 16 + 8;
		 put_u32(f, WEIGHTS, 0x80000000);
		 put_u32(f, WEIGHTS + 12, 1 << 11));
	REFUSED(CONV, op->conv.sparse = 1; op->conv.weights_len = 12, STREAM,
		"weights_len");
	REFUSED(CONV, op->conv.sparse = 1; op->conv.weights_len = 20, STREAM,
		"weights_len");
	REFUSED(CONV, op->conv.sparse = 1; op->conv.weights_len = 16;
		put_u32(f, WEIGHTS, 1), STREAM, "weights_len");
	REFUSED(CONV, op->conv.sparse = 1; op->conv.weights_len = 20;
		put_u32(f, WEIGHTS + 12, 1 << 12), RESERVED, "weights");
	ACCEPTED(CONV, op->conv.sparse = 1; op->conv.weights_len = 16 + 432;
		 memset(f->weights + WEIGHTS, 255, 12);
		 put_u32(f, WEIGHTS + 12, 0xfff));
}

static void test_dwconv(void **state)
{
	(void)state;
	REFUSED(DWCONV, op->out.c = 7, SHAPE, "out.c");
	REFUSED(DWCONV, op->dwconv.weights_len = 68, STREAM, "weights_len");
	REFUSED(DWCONV, op->dwconv.weights = WEIGHTS_SIZE - 68, EXTENT,
		"weights_len");
	REFUSED(DWCONV, put_u32(f, SCALE + 4, 0xffffffff), FLOAT, "scale");
	REFUSED(DWCONV, op->dwconv.lo = 1; op->dwconv.hi = 0, ORDER, "lo");
}

static void test_pool(void **state)
{
	(void)state;
	REFUSED(POOL, op->out.c = 5, SHAPE, "out.c");
	REFUSED(POOL, op->pool.mode = 3, RANGE, "mode");
	REFUSED(POOL, op->pool.scale = 0x3f800000, RESERVED, "scale");
	REFUSED(POOL, op->pool.zero = 128, RESERVED, "zero");
	ACCEPTED(POOL, op->pool.mode = LWNPU_POOL_AVERAGE;
		 op->pool.zero = 128);
	REFUSED(POOL, op->pool.mode = LWNPU_POOL_MEAN, FLOAT, "scale");
	ACCEPTED(POOL, op->pool.mode = LWNPU_POOL_MEAN;
		 op->pool.scale = 0x3e800000);
	REFUSED(POOL, op->pool.lo = 200; op->pool.hi = 100, ORDER, "lo");
	/* 2^23 places at most: 4096 x 2048. */
	ACCEPTED(POOL, op->in[0] = tensor(1, 4096, 2049, 8);
		 op->pool.kernel_h = 65535; op->pool.kernel_w = 2048);
	REFUSED(POOL, op->in[0] = tensor(1, 4096, 2049, 8);
		op->pool.kernel_h = 65535; op->pool.kernel_w = 2049, RANGE,
		"kernel_h x kernel_w");
}

static void test_add(void **state)
{
	static const char sum[] = "in[0] x mul0 + in[1] x mul1 + bias";

	(void)state;
	REFUSED(ADD, op->in[1].h = 7, SHAPE, "in[1].h");
	REFUSED(ADD, op->in[1].w = 7, SHAPE, "in[1].w");
	REFUSED(ADD, op->in[1].c = 7, SHAPE, "in[1].c");
	REFUSED(ADD, op->out.c = 7, SHAPE, "out.c");
	REFUSED(ADD, op->add.shift = 32, RANGE, "shift");
	REFUSED(ADD, op->add.hi = 1; op->add.lo = 2, ORDER, "lo");
	ACCEPTED(ADD, op->add.bias = INT32_MIN + 255);
	REFUSED(ADD, op->add.bias = INT32_MIN + 254, RANGE, sum);
	ACCEPTED(ADD, op->add.bias = INT32_MAX - 510);
	REFUSED(ADD, op->add.bias = INT32_MAX - 509, RANGE, sum);
	ACCEPTED(ADD, op->add.mul0 = 16843007; op->add.mul1 = 0;
		 op->add.bias = INT32_MIN);
	REFUSED(ADD, op->add.mul0 = INT32_MIN, RANGE, sum);
	REFUSED(ADD, op->add.mul1 = INT32_MAX, RANGE, sum);
}

static void test_copy(void **state)
{
	(void)state;
	REFUSED(COPY, op->copy.channels = 6; op->out.c = 8, SHAPE, "channels");
	REFUSED(COPY, op->copy.channels = 0, RANGE, "channels");
	REFUSED(COPY, op->copy.channels = 4, SHAPE, "out.c");
	REFUSED(COPY, op->copy.lane_out = 1, SHAPE, "out.c");
	REFUSED(COPY, op->copy.lane_in = 4, RANGE, "lane_in");
	REFUSED(COPY, op->copy.lane_out = 4, RANGE, "lane_out");
	REFUSED(COPY, op->copy.stride_h = 0, RANGE, "stride_h");
	/* 32767 x 65535 is below 2^31 - 65536, and 32768 x 65535 is not. */
	ACCEPTED(COPY, op->copy.stride_h = 65535;
		 op->out = tensor(3, 32768, 1, 7));
	REFUSED(COPY, op->copy.stride_h = 65535;
		op->out = tensor(3, 32769, 1, 7), RANGE, "stride_h");
	REFUSED(COPY, op->copy.stride_w = 65535;
		op->out = tensor(3, 1, 65535, 7), RANGE, "stride_w");
}

static void test_tables(void **state)
{
	(void)state;
	REFUSED(LUT, op->out.h = 7, SHAPE, "out.h");
	REFUSED(LUT, op->out.w = 7, SHAPE, "out.w");
	ACCEPTED(LUT, op->lut.table = WEIGHTS_SIZE - 256);
	REFUSED(LUT, op->lut.table = WEIGHTS_SIZE - 252, EXTENT, "table");
	REFUSED(LUT, op->lut.table = 1, ALIGNMENT, "table");
	REFUSED(SOFTMAX, op->out.c = 7, SHAPE, "out.c");
	REFUSED(SOFTMAX, op->softmax.scale = 0, FLOAT, "scale");
	REFUSED(SOFTMAX, op->softmax.scale = 0x7fc00000, FLOAT, "scale");
	REFUSED(SOFTMAX, op->softmax.table = WEIGHTS_SIZE - 1020, EXTENT,
		"table");
	REFUSED(SOFTMAX, put_u32(f, TABLE, 0x3f7fffff), FLOAT, "table");
	REFUSED(SOFTMAX, put_u32(f, TABLE + 1020, 0x3f800001), FLOAT, "table");
	REFUSED(SOFTMAX, put_u32(f, TABLE + 8, 0x80000000), FLOAT, "table");
	ACCEPTED(SOFTMAX, put_u32(f, TABLE + 8, 1));
}

static void test_info(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, LWNPU_OP_CONV);
	f.ops[1].out.region = 5;
	f.ops[1].out.offset = 64;
	assert_int_equal(check(&f), 0);
	assert_int_equal(f.info.n_regions, 6);
	assert_int_equal(f.info.region[0].direction, LWNPU_IN);
	assert_int_equal(f.info.region[0].size, WEIGHTS + 432);
	assert_int_equal(f.info.region[1].direction, LWNPU_SCRATCH);
	assert_int_equal(f.info.region[1].size, 8 * 8 * 8);
	assert_int_equal(f.info.region[2].direction, LWNPU_IN);
	assert_int_equal(f.info.region[2].size, 8 * 8 * 8);
	assert_int_equal(f.info.region[3].direction, LWNPU_UNUSED);
	assert_int_equal(f.info.region[5].direction, LWNPU_OUT);
	assert_int_equal(f.info.region[5].size, 64 + 4 * 4 * 8);
}

static void test_message(void **state)
{
	struct fixture f;
	struct lw_program program = { .ops = f.ops, .n_ops = 2,
				      .weights = f.weights,
				      .weights_size = sizeof(f.weights) };
	struct lwnpu_error error;

	(void)state;
	fixture_init(&f, LWNPU_OP_CONV);
	assert_int_equal(lw_program_check(&program, &error), 0);
	assert_memory_equal(&program.info, &f.info, sizeof(f.info));
	f.ops[1].conv.kernel_h = 0;
	assert_int_equal(lw_program_check(&program, &error), -EINVAL);
	assert_int_equal(error.code, -EINVAL);
	assert_string_equal(error.message,
			    "op 1 (conv): kernel_h: value is out of range (got 0, expected at least 1)");
	f.ops[1].opcode = 77;
	assert_int_equal(lw_program_check(&program, &error), -EINVAL);
	assert_string_equal(error.message,
			    "op 1 (unknown): opcode: unknown operation (got 77)");
	program.n_ops = 0;
	assert_int_equal(lw_program_check(&program, &error), -EINVAL);
	assert_string_equal(error.message,
			    "program: n_ops: number of operations is out of range (got 0, expected at least 1)");
}

/* Comes last: the tests above have seen every reason. */
static void test_all_reasons(void **state)
{
	uint32_t n = 0;

	(void)state;
#define COUNT_REASON(NAME, text) n++;
	LWNPU_CHECK_REASONS(COUNT_REASON)
#undef COUNT_REASON
	while (--n > LWNPU_CHECK_OK)
		if (!reasons_seen[n])
			fail_msg("untested: %s", lwnpu_check_reason_text(n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_tensors),
		cmocka_unit_test(test_free_pitches),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_conv),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_dwconv),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_all_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
