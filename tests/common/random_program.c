// SPDX-License-Identifier: MIT
/* Random programs: where tensors lie, and the chain of operations. */
#include "random_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator.h"

#define LW_GEN_STEPS 6

bool lw_gen_overlap(const struct lwnpu_tensor *a, const struct lwnpu_tensor *b)
{
	return a->region == b->region && a->offset < lw_tensor_end(b) &&
	       b->offset < lw_tensor_end(a);
}

static void *lw_gen_grow(void *data, size_t size)
{
	data = realloc(data, size);
	if (!data)
		abort();
	return data;
}

uint32_t lw_gen_stream(struct lw_gen *gen, const void *bytes, size_t size)
{
	size_t start = (gen->weights_size + 3) / 4 * 4 +
		       4 * lw_random_below(&gen->random, 4);

	gen->weights = lw_gen_grow(gen->weights, start + size + 1);
	lw_random_fill(&gen->random, gen->weights + gen->weights_size,
		       start - gen->weights_size);
	memcpy(gen->weights + start, bytes, size);
	gen->weights_size = start + size;
	return start;
}

void lw_gen_emit(struct lw_gen *gen, const struct lwnpu_op *op)
{
	gen->ops = lw_gen_grow(gen->ops, (gen->n_ops + 1) * sizeof(*op));
	gen->ops[gen->n_ops++] = *op;
}

void lw_gen_written(struct lw_gen *gen, const struct lwnpu_tensor *tensor)
{
	if (tensor->region != LWNPU_REGION_ARENA &&
	    gen->direction[tensor->region] == LWNPU_OUT)
		return;
	if (gen->n_live < LW_GEN_LIVE)
		gen->live[gen->n_live++] = *tensor;
}

uint32_t lw_gen_side(struct lw_gen *gen)
{
	static const uint8_t sides[] = { 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11,
					 13, 15, 16, 17, 19, 31, 32, 33, 40 };

	return LW_RANDOM_PICK(&gen->random, sides);
}

uint32_t lw_gen_channels(struct lw_gen *gen)
{
	static const uint8_t channels[] = { 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9,
					    12, 13, 16, 16, 17, 20, 24, 31,
					    32, 33, 40, 64 };

	return LW_RANDOM_PICK(&gen->random, channels);
}

/* Bytes that nobody touches, most often none. */
static uint32_t lw_gen_gap(struct lw_gen *gen)
{
	if (lw_random_chance(&gen->random, 70))
		return 0;
	return 4 * lw_random_below(&gen->random, 9);
}

static struct lwnpu_tensor lw_gen_tensor(struct lw_gen *gen, uint32_t h,
					 uint32_t w, uint32_t c)
{
	static const uint8_t zero_points[] = { 0, 0, 1, 3, 127, 128, 128, 255 };
	struct lwnpu_tensor tensor = { .h = h, .w = w, .c = c };
	uint32_t row = w * LWNPU_LANES;

	tensor.row_pitch = row + lw_gen_gap(gen);
	if (h == 1 && lw_random_chance(&gen->random, 20))
		tensor.row_pitch = 4 * lw_random_below(&gen->random, 1000);
	if (h > 1)
		row = tensor.row_pitch;
	tensor.plane_pitch = h * row + lw_gen_gap(gen);
	if (c <= LWNPU_LANES && lw_random_chance(&gen->random, 20))
		tensor.plane_pitch = 4 * lw_random_below(&gen->random, 1000);
	tensor.zero_point = lw_random_chance(&gen->random, 70) ?
			    LW_RANDOM_PICK(&gen->random, zero_points) :
			    lw_random_below(&gen->random, 256);
	return tensor;
}

/* Inputs have even numbers and outputs odd ones; some stay unused. */
static uint8_t lw_gen_region(struct lw_gen *gen, uint8_t direction)
{
	uint8_t r = LWNPU_REGION_IO + (direction == LWNPU_OUT) +
		    2 * lw_random_below(&gen->random, LW_GEN_REGIONS / 2 - 1);

	gen->direction[r] = direction;
	return r;
}

/* Most often past what is there already, else anywhere. */
static void lw_gen_place(struct lw_gen *gen, struct lwnpu_tensor *tensor,
			 uint32_t fresh_percent)
{
	uint32_t used = gen->used[tensor->region];

	tensor->offset = used + lw_gen_gap(gen);
	if (!lw_random_chance(&gen->random, fresh_percent))
		tensor->offset = 4 * lw_random_below(&gen->random,
						     used / 4 + 1);
	if (lw_tensor_end(tensor) > used)
		gen->used[tensor->region] = lw_tensor_end(tensor);
}

/* A tensor in region 0, now and then over what is there already. */
static void lw_gen_constant(struct lw_gen *gen, struct lwnpu_tensor *tensor)
{
	size_t size = lw_tensor_end(tensor);
	uint8_t *bytes;

	if (size <= gen->weights_size && lw_random_chance(&gen->random, 20)) {
		size = (gen->weights_size - size) / LWNPU_LANES;
		tensor->offset = LWNPU_LANES *
				 lw_random_below(&gen->random, size + 1);
		return;
	}
	bytes = lw_gen_grow(NULL, size);
	lw_random_fill(&gen->random, bytes, size);
	tensor->offset = lw_gen_stream(gen, bytes, size);
	free(bytes);
}

static struct lwnpu_tensor lw_gen_new_in(struct lw_gen *gen, uint32_t h,
					 uint32_t w, uint32_t c)
{
	struct lwnpu_tensor tensor = lw_gen_tensor(gen, h, w, c);

	if (lw_random_chance(&gen->random, 20)) {
		lw_gen_constant(gen, &tensor);
	} else {
		tensor.region = lw_gen_region(gen, LWNPU_IN);
		lw_gen_place(gen, &tensor, 80);
	}
	lw_gen_written(gen, &tensor);
	return tensor;
}

struct lwnpu_tensor lw_gen_view(const struct lwnpu_tensor *tensor,
				uint32_t first, uint32_t c)
{
	struct lwnpu_tensor view = *tensor;

	view.offset += first / LWNPU_LANES * tensor->plane_pitch;
	view.c = c;
	return view;
}

/* Part of the channels, of the rows, of the columns. */
static struct lwnpu_tensor lw_gen_part(struct lw_gen *gen,
				       const struct lwnpu_tensor *tensor)
{
	struct lwnpu_tensor part = *tensor;
	uint32_t first, y, x;

	if (lw_random_chance(&gen->random, 60)) {
		first = lw_random_below(&gen->random,
					lw_tensor_planes(tensor)) *
			LWNPU_LANES;
		part = lw_gen_view(tensor, first,
				   1 + lw_random_below(&gen->random,
						       tensor->c - first));
	}
	if (tensor->h > 1 && lw_random_chance(&gen->random, 40)) {
		y = lw_random_below(&gen->random, tensor->h);
		x = lw_random_below(&gen->random, tensor->w);
		part.offset += y * tensor->row_pitch + x * LWNPU_LANES;
		part.h = 1 + lw_random_below(&gen->random, tensor->h - y);
		part.w = 1 + lw_random_below(&gen->random, tensor->w - x);
	}
	return part;
}

struct lwnpu_tensor lw_gen_in(struct lw_gen *gen)
{
	struct lwnpu_tensor tensor;
	uint32_t h, w, c;

	if (!gen->n_live || lw_random_chance(&gen->random, 25)) {
		h = lw_gen_side(gen);
		w = lw_gen_side(gen);
		c = lw_gen_channels(gen);
		tensor = lw_gen_new_in(gen, h, w, c);
	} else {
		/* The latest half the time, so that chains are made. */
		tensor = gen->live[lw_random_chance(&gen->random, 50) ?
				   gen->n_live - 1 :
				   lw_random_below(&gen->random, gen->n_live)];
	}
	if (lw_random_chance(&gen->random, 25))
		tensor = lw_gen_part(gen, &tensor);
	return tensor;
}

struct lwnpu_tensor lw_gen_in_sized(struct lw_gen *gen, uint32_t h, uint32_t w,
				    uint32_t c,
				    const struct lwnpu_tensor *avoid)
{
	const struct lwnpu_tensor *live;
	uint32_t i;

	for (i = 0; i < gen->n_live; i++) {
		live = &gen->live[i];
		if (live->h == h && live->w == w && live->c == c &&
		    !(avoid && lw_gen_overlap(live, avoid)) &&
		    lw_random_chance(&gen->random, 70))
			return *live;
	}
	return lw_gen_new_in(gen, h, w, c);
}

/* What lay where @tensor is written is gone. */
static void lw_gen_forget(struct lw_gen *gen,
			  const struct lwnpu_tensor *tensor)
{
	uint32_t i = 0;

	while (i < gen->n_live) {
		if (lw_gen_overlap(&gen->live[i], tensor))
			gen->live[i] = gen->live[--gen->n_live];
		else
			i++;
	}
}

struct lwnpu_tensor lw_gen_out(struct lw_gen *gen, uint32_t h, uint32_t w,
			       uint32_t c, const struct lwnpu_tensor *in,
			       uint32_t n_in, bool last)
{
	struct lwnpu_tensor tensor = lw_gen_tensor(gen, h, w, c);
	uint32_t i;

	if (last || lw_random_chance(&gen->random, 20)) {
		tensor.region = lw_gen_region(gen, LWNPU_OUT);
		lw_gen_place(gen, &tensor, 90);
		return tensor;
	}
	tensor.region = LWNPU_REGION_ARENA;
	lw_gen_place(gen, &tensor, 60);
	for (i = 0; i < n_in; i++)
		if (lw_gen_overlap(&tensor, &in[i]))
			break;
	if (i < n_in)
		lw_gen_place(gen, &tensor, 100);
	lw_gen_forget(gen, &tensor);
	return tensor;
}

typedef void lw_gen_step(struct lw_gen *gen, bool last);

static lw_gen_step *const lw_gen_steps[] = {
#define LWNPU_OP(name, NAME, number, tensors, doc) lw_gen_##name,
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
	/* Convolutions have the most cases. */
	lw_gen_conv,
	lw_gen_conv,
	lw_gen_conv,
	lw_gen_dwconv,
	lw_gen_tconv,
	lw_gen_tconv,
	lw_gen_pool,
	lw_gen_concat,
	lw_gen_partial_conv,
};

static void lw_gen_any(struct lw_gen *gen, bool last)
{
	LW_RANDOM_PICK(&gen->random, lw_gen_steps)(gen, last);
}

/*
 * Bytes that were written before the gate are still there behind what it leaves
 * out, old ones or new ones; those written first by what it leaves out are not.
 */
void lw_gen_gate(struct lw_gen *gen, bool last)
{
	uint32_t steps = 1 + lw_random_below(&gen->random, 3);
	uint32_t n_live = gen->n_live, at = gen->n_ops, i;
	struct lwnpu_op op = { .opcode = LWNPU_OP_GATE };
	struct lwnpu_tensor live[LW_GEN_LIVE];

	if (gen->n_gates == LWNPU_MAX_GATES) {
		lw_gen_lut(gen, last);
		return;
	}
	gen->n_gates++;
	memcpy(live, gen->live, sizeof(live));
	op.in[0] = lw_gen_in(gen);
	op.gate.invert = lw_random_below(&gen->random, 2);
	op.gate.mode = lw_tensor_elements(&op.in[0]) > 1 ?
		       lw_random_below(&gen->random, 2) : LWNPU_GATE_MAX;
	op.gate.threshold = lw_random_below(&gen->random, 256);
	if (op.gate.mode == LWNPU_GATE_MARGIN)
		op.gate.threshold /= 64;
	lw_gen_emit(gen, &op);
	for (i = 0; i < steps; i++)
		lw_gen_any(gen, last && i + 1 == steps);
	gen->ops[at].gate.skip = gen->n_ops - at - 1;
	memcpy(gen->live, live, sizeof(live));
	gen->n_live = n_live;
}

static void lw_gen_finish(struct lw_gen *gen, struct lw_program *program)
{
	struct lwnpu_error error;
	char text[1024];
	void *weights;
	uint32_t i;

	if (posix_memalign(&weights, 64, gen->weights_size + 1))
		abort();
	if (gen->weights_size)
		memcpy(weights, gen->weights, gen->weights_size);
	free(gen->weights);
	memset(program, 0, sizeof(*program));
	program->ops = gen->ops;
	program->n_ops = gen->n_ops;
	program->weights = weights;
	program->weights_size = gen->weights_size;
	if (!lw_program_check(program, &error))
		return;
	fprintf(stderr, "generated program is refused: %s\n", error.message);
	for (i = 0; i < program->n_ops; i++) {
		lwnpu_disasm_op(&program->ops[i], text, sizeof(text));
		fprintf(stderr, "%u: %s\n", i, text);
	}
	abort();
}

void lw_random_program(struct lw_program *program, uint64_t seed)
{
	struct lw_gen gen = { .random = lw_random_seed(seed) };
	uint32_t steps = 1 + lw_random_below(&gen.random, LW_GEN_STEPS);
	uint32_t i;

	for (i = 0; i < steps; i++)
		lw_gen_any(&gen, i + 1 == steps);
	lw_gen_finish(&gen, program);
}
