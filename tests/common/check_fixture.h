/* SPDX-License-Identifier: MIT */
/* What the programs of check_cases.def are made from. */
#ifndef CHECK_FIXTURE_H
#define CHECK_FIXTURE_H

#include <stdint.h>
#include <string.h>

#include "lwnpu_check.h"
#include "tensor.h"

/* Where things are in the weights. */
#define TABLE 0
#define BIAS 1024
#define SCALE 1088
#define WEIGHTS 1152
#define ROWS 2048
#define COLUMNS (ROWS + 8)
#define WEIGHTS_SIZE 4096

/*
 * A LUT from an input to the arena, the operation under test after it, and
 * behind a GATE the same LUT again.
 */
struct check_fixture {
	struct lwnpu_op ops[3];
	uint32_t n_ops;
	uint8_t weights[WEIGHTS_SIZE];
	uint64_t weights_size;
};

static inline void put_u32(struct check_fixture *f, uint32_t offset,
			   uint32_t value)
{
	memcpy(f->weights + offset, &value, sizeof(value));
}

/* [8][8][8] to [4][4][6]: 2 words, 3 x 3 kernel, 108 blocks. */
static inline void set_conv(struct lwnpu_op *op)
{
	op->out = tensor(3, 4, 4, 6);
	op->conv = (struct lwnpu_conv) {
		.weights = WEIGHTS, .weights_len = 4 * 108, .bias = BIAS,
		.scale = SCALE, .groups = 1, .kernel_h = 3, .kernel_w = 3,
		.stride_h = 2, .stride_w = 2, .dilation_h = 1, .dilation_w = 1,
		.pad_top = 1, .pad_left = 1, .lo = 0, .hi = 255,
	};
}

/* The same, to [16][16][6]. */
static inline void set_tconv(struct lwnpu_op *op)
{
	set_conv(op);
	op->out = tensor(3, 16, 16, 6);
}

static inline void set_dwconv(struct lwnpu_op *op)
{
	op->out = tensor(3, 4, 4, 8);
	op->dwconv = (struct lwnpu_dwconv) {
		.weights = WEIGHTS, .weights_len = 72, .bias = BIAS,
		.scale = SCALE, .kernel_h = 3, .kernel_w = 3, .stride_h = 2,
		.stride_w = 2, .dilation_h = 1, .dilation_w = 1, .hi = 255,
	};
}

static inline void set_pool(struct lwnpu_op *op)
{
	op->out = tensor(3, 4, 4, 8);
	op->pool = (struct lwnpu_pool) {
		.kernel_h = 2, .kernel_w = 2, .stride_h = 2, .stride_w = 2,
		.hi = 255,
	};
}

static inline void set_reduce(struct lwnpu_op *op)
{
	op->pool.mode = LWNPU_POOL_REDUCE;
	op->pool.scale = 0x3f800000;
	op->pool.out_scale = 0x3f800000;
}

static inline void set_add(struct lwnpu_op *op)
{
	op->in[1] = tensor(2, 8, 8, 8);
	op->out = tensor(3, 8, 8, 8);
	op->add = (struct lwnpu_add) {
		.mul0 = 1, .mul1 = -1, .shift = 1, .hi = 255,
	};
}

static inline void set_mul(struct lwnpu_op *op)
{
	op->in[1] = tensor(2, 8, 8, 8);
	op->out = tensor(3, 8, 8, 8);
	op->mul = (struct lwnpu_mul) { .scale = 0x3b800000, .hi = 255 };
}

static inline void set_copy(struct lwnpu_op *op)
{
	op->out = tensor(3, 5, 5, 7);
	op->copy = (struct lwnpu_copy) {
		.start_h = -1, .start_w = 9, .stride_h = 1, .stride_w = 2,
		.channels = 5, .lane_in = 3, .lane_out = 2, .fill = 9,
	};
}

static inline void set_lut(struct lwnpu_op *op)
{
	op->out = tensor(3, 8, 8, 8);
	op->lut.table = TABLE;
}

static inline void set_softmax(struct lwnpu_op *op)
{
	op->out = tensor(3, 8, 8, 8);
	op->softmax = (struct lwnpu_softmax) {
		.table = TABLE, .scale = 0x3b800000,
	};
}

/* A transposition of rows and columns: [8][8][8] to [8][8][8]. */
static inline void set_reorder(struct lwnpu_op *op)
{
	op->out = tensor(3, 8, 8, 8);
	op->reorder = (struct lwnpu_reorder) {
		.stride0 = 0xffffffff, .stride3 = 8, .stride4 = 64,
		.stride5 = 1, .size0 = 1, .size1 = 1, .size2 = 1, .size3 = 8,
		.size4 = 8, .size5 = 8,
	};
}

/* To [2][3][8]. */
static inline void set_resize(struct lwnpu_op *op)
{
	op->out = tensor(3, 2, 3, 8);
	op->resize = (struct lwnpu_resize) { .rows = ROWS, .columns = COLUMNS };
}

/* The same in real numbers: rows 0 and 7, columns nearly 7, 0 and 0. */
static inline void set_real_resize(struct check_fixture *f, struct lwnpu_op *op)
{
	op->resize = (struct lwnpu_resize) {
		.rows = ROWS, .columns = ROWS + 16, .in_scale = 0x3f800000,
		.out_scale = 0x5f800000, .mode = LWNPU_RESIZE_REAL,
	};
	put_u32(f, ROWS + 4, 0);
	put_u32(f, ROWS + 8, 7 | 7 << 16);
	put_u32(f, ROWS + 16, 6 | 7 << 16);
	put_u32(f, ROWS + 20, 0x3f7fffff);
}

/* [8][8][8] times one [4][8] that is transposed, to [8][8][4]. */
static inline void set_matmul(struct lwnpu_op *op)
{
	op->in[1] = tensor(2, 1, 4, 8);
	op->out = tensor(3, 8, 8, 4);
	op->matmul = (struct lwnpu_matmul) {
		.scale = 0x3c000000, .hi = 255, .transpose_b = 1,
	};
}

static inline void set_gate(struct lwnpu_op *op)
{
	op->gate = (struct lwnpu_gate) { .skip = 1, .threshold = 128 };
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

/**
 * check_fixture_init() - a LUT and then a valid operation
 * @f: filled in
 * @opcode: of the operation
 */
static inline void check_fixture_init(struct check_fixture *f, uint32_t opcode)
{
	uint32_t i, n = 8;

	if (opcode == LWNPU_OP_CONV || opcode == LWNPU_OP_TCONV)
		n = 6;
	memset(f, 0, sizeof(*f));
	f->n_ops = opcode == LWNPU_OP_GATE ? 3 : 2;
	f->weights_size = sizeof(f->weights);
	put_u32(f, TABLE, 0x3f800000);
	for (i = 0; i < n; i++) {
		put_u32(f, BIAS + 4 * i, i - 4);
		put_u32(f, SCALE + 4 * i, 0x3c000000 + i);
	}
	put_u32(f, ROWS + 4, 7);
	put_u32(f, COLUMNS + 8, 6 | 2047 << 16);
	f->ops[0].opcode = LWNPU_OP_LUT;
	f->ops[0].in[0] = tensor(2, 8, 8, 8);
	f->ops[0].out = tensor(1, 8, 8, 8);
	f->ops[2] = f->ops[0];
	f->ops[1].opcode = opcode;
	f->ops[1].in[0] = tensor(1, 8, 8, 8);
	set_op[opcode](&f->ops[1]);
}

#endif /* CHECK_FIXTURE_H */
