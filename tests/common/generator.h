/* SPDX-License-Identifier: MIT */
/* Between the parts of the generator of random programs. */
#ifndef LW_GENERATOR_H
#define LW_GENERATOR_H

#include "engine.h"
#include "lwnpu_table.h"
#include "random.h"

#define LW_GEN_LIVE 64
#define LW_GEN_REGIONS 10

/**
 * struct lw_gen - a program in the making
 * @random: where all choices come from
 * @ops: so far
 * @n_ops: how many
 * @n_gates: of these, GATEs
 * @weights: region 0 so far
 * @weights_size: its bytes
 * @live: tensors that may be read: every word is written, or a constant
 * @n_live: how many
 * @used: bytes placed so far, per region
 * @direction: enum lwnpu_direction per region
 */
struct lw_gen {
	struct lw_random random;
	struct lwnpu_op *ops;
	uint32_t n_ops;
	uint32_t n_gates;
	uint8_t *weights;
	size_t weights_size;
	struct lwnpu_tensor live[LW_GEN_LIVE];
	uint32_t n_live;
	uint32_t used[LW_GEN_REGIONS];
	uint8_t direction[LW_GEN_REGIONS];
};

/* lw_gen_conv(), …: emit an operation of each kind. */
#define LWNPU_OP(name, NAME, number, tensors, doc) \
	void lw_gen_##name(struct lw_gen *gen, bool last);
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

/* Several operations that make one tensor together. */
void lw_gen_concat(struct lw_gen *gen, bool last);
void lw_gen_partial_conv(struct lw_gen *gen, bool last);

bool lw_gen_overlap(const struct lwnpu_tensor *a,
		    const struct lwnpu_tensor *b);

/* A size of a tensor's side, most often small and odd. */
uint32_t lw_gen_side(struct lw_gen *gen);
uint32_t lw_gen_channels(struct lw_gen *gen);

/* A tensor to read: a view of a live one, or a new input. */
struct lwnpu_tensor lw_gen_in(struct lw_gen *gen);

/* A live tensor of just this size that is not @avoid, or a new input. */
struct lwnpu_tensor lw_gen_in_sized(struct lw_gen *gen, uint32_t h, uint32_t w,
				    uint32_t c,
				    const struct lwnpu_tensor *avoid);

/* A place to write that overlaps none of @n_in tensors @in. */
struct lwnpu_tensor lw_gen_out(struct lw_gen *gen, uint32_t h, uint32_t w,
			       uint32_t c, const struct lwnpu_tensor *in,
			       uint32_t n_in, bool last);

/* Channels @first, a multiple of 4, and on. */
struct lwnpu_tensor lw_gen_view(const struct lwnpu_tensor *tensor,
				uint32_t first, uint32_t c);

/* Append an operation; its output is not live before lw_gen_written(). */
void lw_gen_emit(struct lw_gen *gen, const struct lwnpu_op *op);

/* All of @tensor has been written. */
void lw_gen_written(struct lw_gen *gen, const struct lwnpu_tensor *tensor);

/* Append to region 0, at a multiple of 4; gives the offset. */
uint32_t lw_gen_stream(struct lw_gen *gen, const void *bytes, size_t size);

#endif /* LW_GENERATOR_H */
