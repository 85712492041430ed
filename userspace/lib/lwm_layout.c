// SPDX-License-Identifier: MIT
/* How the bytes of segments are laid out, as the program says. */
#include "coding.h"
#include "lwm_format.h"

/* CONV and TCONV: a row of taps of words for each output channel. */
static struct lwm_layout rows_of(const struct lwnpu_op *op, uint32_t taps,
				 uint32_t groups, bool sparse)
{
	uint32_t words = (op->in[0].c / groups + LWNPU_LANES - 1) / LWNPU_LANES;

	return (struct lwm_layout){
		.kind = sparse ? LWM_BLOCKS : LWM_ROWS,
		.rows = op->out.c,
		.row = taps * words,
		.step = words,
	};
}

/* DWCONV: taps of one word for each word of channels. */
static struct lwm_layout lanes_of(const struct lwnpu_op *op, uint32_t taps)
{
	return (struct lwm_layout){
		.kind = LWM_LANES,
		.rows = (op->out.c + LWNPU_LANES - 1) / LWNPU_LANES,
		.row = taps,
		.step = 1,
	};
}

/* Whether the operation has a stream of weights there. */
static bool layout_of(const struct lwnpu_op *op, uint32_t offset,
		      struct lwm_layout *layout)
{
	switch (op->opcode) {
	case LWNPU_OP_CONV:
		*layout = rows_of(op, op->conv.kernel_h * op->conv.kernel_w,
				  op->conv.groups, op->conv.sparse);
		return op->conv.weights == offset;
	case LWNPU_OP_TCONV:
		*layout = rows_of(op, op->tconv.kernel_h * op->tconv.kernel_w,
				  op->tconv.groups, op->tconv.sparse);
		return op->tconv.weights == offset;
	case LWNPU_OP_DWCONV:
		*layout = lanes_of(op, op->dwconv.kernel_h *
				   op->dwconv.kernel_w);
		return op->dwconv.weights == offset;
	default:
		return false;
	}
}

struct lwm_layout lwm_segment_layout(const struct lwm_package *package,
				     uint32_t index)
{
	const struct lw_program *program = &package->program;
	struct lwm_layout layout;
	uint32_t i;

	for (i = 0; i < program->n_ops; i++)
		if (layout_of(&program->ops[i],
			      package->segments[index].offset, &layout))
			return layout;
	/* Numbers of 32 bits, most of them. */
	return (struct lwm_layout){ .kind = LWM_BYTES, .stride = 4 };
}
