// SPDX-License-Identifier: MIT
/* Lowering of operations that compute the places that they read. */
#include <string.h>

#include "lower.h"

/* Elements that a work-item of REORDER moves. */
#define REORDER_ELEMENTS 2048

/*
 * Digits that count through the input as one do become one, behind others of
 * one value.
 */
static void set_digits(struct lw_reorder_params *params,
		       const struct lwnpu_op *op)
{
	struct lwnpu_digits digits = lwnpu_reorder_digits(op);
	uint32_t to = LWNPU_DIGITS;

	for (uint32_t d = LWNPU_DIGITS; d-- > 0;) {
		if (digits.size[d] == 1)
			continue;
		if (to < LWNPU_DIGITS && digits.stride[d] ==
					 params->size[to] * params->stride[to]) {
			params->size[to] *= digits.size[d];
			continue;
		}
		to--;
		params->size[to] = digits.size[d];
		params->stride[to] = digits.stride[d];
	}
	while (to-- > 0) {
		params->size[to] = 1;
		params->stride[to] = 0;
	}
}

int lw_cl_reorder(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *out = &op->out;
	struct lw_reorder_params params = {
		.in = lw_cl_view(&op->in[0]),
		.out = lw_cl_view(out),
		.in_width = op->in[0].w,
		.in_channels = op->in[0].c,
		.width = out->w,
		.channels = out->c,
		.pixels = (uint32_t)out->h * out->w,
		.run = REORDER_ELEMENTS / out->c + 1,
	};
	struct lw_cl_call call = {
		.kernel = LW_CL_reorder,
		.params = &params,
		.size = sizeof(params),
		.in = { op->in[0].region },
		.out = out->region,
		.global = { (params.pixels + params.run - 1) / params.run, 1,
			    1 },
	};

	set_digits(&params, op);
	return lw_cl_launch(lower, &call);
}

/* A table of RESIZE becomes constants. */
static int add_positions(struct lw_cl_lowering *lower, uint32_t offset,
			 uint32_t n, uint32_t *first)
{
	uint32_t *table = lw_cl_constants(lower, n, first);

	if (!table)
		return -ENOMEM;
	memcpy(table, lower->program->weights + offset, 4 * (size_t)n);
	return 0;
}

int lw_cl_resize(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *out = &op->out;
	struct lw_resize_params params = {
		.in = lw_cl_view(&op->in[0]),
		.out = lw_cl_view(out),
		.width = out->w,
		.height = out->h,
		.planes = lw_cl_words(out->c),
		.last_mask = lw_cl_lanes(out->c),
	};
	struct lw_cl_call call = {
		.kernel = LW_CL_resize,
		.params = &params,
		.size = sizeof(params),
		.in = { op->in[0].region },
		.out = out->region,
		.global = { out->h, params.planes, 1 },
	};
	int ret;

	ret = add_positions(lower, op->resize.rows, out->h, &params.rows);
	if (!ret)
		ret = add_positions(lower, op->resize.columns, out->w,
				    &params.columns);
	return ret ? ret : lw_cl_launch(lower, &call);
}
