/* SPDX-License-Identifier: MIT */
/* Lowering: a program's operations become constants and launches. */
#ifndef LW_CL_LOWER_H
#define LW_CL_LOWER_H

#include "opencl.h"

/* Arguments of every kernel: parameters, constants, in[0], in[1], out. */
#define LW_CL_FIRST_TENSOR 2

/**
 * struct lw_cl_lowering - a program on its way to a struct lw_cl_loaded
 * @engine: where it will run
 * @program: what is lowered
 * @loaded: gets launches
 * @error: filled in on failure
 * @op: index of the operation
 * @tensors_from: byte of region 0 at which @constants start: its first tensor
 * @constants: words of the constants buffer
 * @n_constants: how many
 * @max_constants: room in @constants
 * @max_launches: room in @loaded
 * @scratch: first word, in the arena's buffer, of scratch memory; what is
 *	there lasts from one launch of an operation to its last
 * @n_scratch: words of scratch memory
 * @gate_end: per gate: the operation to go on with if it is taken
 */
struct lw_cl_lowering {
	struct lw_cl_engine *engine;
	const struct lw_program *program;
	struct lw_cl_loaded *loaded;
	struct lwnpu_error *error;
	uint32_t op;
	uint32_t tensors_from;
	uint32_t *constants;
	size_t n_constants;
	size_t max_constants;
	size_t max_launches;
	size_t scratch;
	size_t n_scratch;
	uint32_t gate_end[LWNPU_MAX_GATES];
};

/**
 * lw_cl_lower() - prepare a program
 * @engine: locked
 * @program: checked
 * @loaded: filled in, as far as it goes also on failure
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, -ENOMEM, -EOPNOTSUPP, -EIO.
 */
int lw_cl_lower(struct lw_cl_engine *engine, const struct lw_program *program,
		struct lw_cl_loaded *loaded, struct lwnpu_error *error);

/* lw_cl_conv() and so on: lower one operation. */
#define LWNPU_OP(name, NAME, number, tensors, doc) \
	int lw_cl_##name(struct lw_cl_lowering *lower, \
			 const struct lwnpu_op *op);
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

/* lw_cl_gate_targets() - to be called before each operation, and at the end */
void lw_cl_gate_targets(struct lw_cl_lowering *lower);

/**
 * lw_cl_constants() - room in the constants buffer
 * @lower: the program
 * @words: how many
 * @first: gets the index of the first, a multiple of 16
 *
 * Return: zeroed words, valid until the next call, or NULL (error filled in).
 */
uint32_t *lw_cl_constants(struct lw_cl_lowering *lower, size_t words,
			  uint32_t *first);

/**
 * lw_cl_check_division() - refuse what the device cannot divide exactly
 * @lower: the program
 * @name: of the operation that divides
 *
 * Return: 0 or -EOPNOTSUPP (error filled in).
 */
int lw_cl_check_division(struct lw_cl_lowering *lower, const char *name);

/**
 * lw_cl_scratch() - ask for scratch memory
 * @lower: the program
 * @words: how many
 *
 * Return: 0, or -ENOMEM.
 */
int lw_cl_scratch(struct lw_cl_lowering *lower, size_t words);

/**
 * struct lw_cl_call - a launch to add
 * @kernel: which
 * @params: its struct
 * @size: of @params
 * @in: regions of the inputs
 * @out: region of the output
 * @global: work-items
 */
struct lw_cl_call {
	enum lw_cl_kernel kernel;
	const void *params;
	size_t size;
	uint8_t in[2];
	uint8_t out;
	size_t global[3];
};

/* lw_cl_copy_rows() - rows that a work-item of the copy kernel should move */
uint32_t lw_cl_copy_rows(uint32_t width, uint32_t height);

/* lw_cl_launch() - add a launch; 0, -ENOMEM or -EIO */
int lw_cl_launch(struct lw_cl_lowering *lower, const struct lw_cl_call *call);

/**
 * lw_cl_walk_open() - decide whether the program's launches are steps of a walk
 * @lower: the program, without launches yet
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int lw_cl_walk_open(struct lw_cl_lowering *lower);

/* lw_cl_walk_add() - keep a step's parameters; 0 or -ENOMEM */
int lw_cl_walk_add(struct lw_cl_lowering *lower, const struct lw_cl_call *call,
		   struct lw_step *step);

/* lw_cl_walk_steps() - put the steps into the constants; 0, -ENOMEM or -EIO */
int lw_cl_walk_steps(struct lw_cl_lowering *lower);

/* lw_cl_walk_buffers() - set all arguments but those that jobs bind */
int lw_cl_walk_buffers(struct lw_cl_lowering *lower);

/* The sizes that element-wise kernels walk. */
struct lw_cl_extent {
	uint32_t width;
	uint32_t height;
	uint32_t planes;
};

/**
 * lw_cl_extent() - the output's words, in rows as long as they can be
 * @op: element-wise
 * @n_in: its inputs, of the output's sizes or broadcast
 * @by_channel: planes differ in more than their place
 *
 * Return: contiguous rows as one row, contiguous planes as one plane.
 */
struct lw_cl_extent lw_cl_extent(const struct lwnpu_op *op, unsigned int n_in,
				 bool by_channel);

/* lw_cl_element_call() - all of a launch but kernel and parameters */
struct lw_cl_call lw_cl_element_call(const struct lwnpu_op *op,
				     const struct lw_cl_extent *extent);

/* lw_cl_words() - words that hold so many channels */
static inline uint32_t lw_cl_words(uint32_t channels)
{
	return (channels + LWNPU_LANES - 1) / LWNPU_LANES;
}

/* lw_cl_lanes() - mask of the first lanes of a word, all of them for 0 */
static inline uint32_t lw_cl_lanes(uint32_t channels)
{
	channels %= LWNPU_LANES;
	return channels ? (1U << 8 * channels) - 1 : ~0U;
}

/* lw_cl_splat() - a byte in each lane */
static inline uint32_t lw_cl_splat(uint8_t byte)
{
	return byte * 0x01010101U;
}

static inline struct lw_view lw_cl_view(const struct lwnpu_tensor *tensor)
{
	struct lw_view view = {
		.first = tensor->offset / 4,
		.row = tensor->row_pitch / 4,
		.plane = tensor->plane_pitch / 4,
	};

	return view;
}

#endif /* LW_CL_LOWER_H */
