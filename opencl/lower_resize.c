// SPDX-License-Identifier: MIT
/* Lowering of RESIZE. */
#include <string.h>

#include "lower.h"

/* The kernel reads four columns at a time: zeros past the last. */
#define COLUMNS 4

/* A table becomes constants. */
static int add_positions(struct lw_cl_lowering *lower, uint32_t offset,
			 uint32_t n, uint32_t *first)
{
	uint32_t *table = lw_cl_constants(lower, (size_t)n + COLUMNS - 1,
					  first);

	if (!table)
		return -ENOMEM;
	memcpy(table, lower->program->weights + offset, 4 * (size_t)n);
	return 0;
}

/* A table in real numbers becomes indices and fractions. */
static int add_real_positions(struct lw_cl_lowering *lower, uint32_t offset,
			      uint32_t n, uint32_t *first, uint32_t *fractions)
{
	const uint8_t *entry = lower->program->weights + offset;
	size_t pitch = (size_t)n + COLUMNS - 1;
	uint32_t *table = lw_cl_constants(lower, 2 * pitch, first);

	if (!table)
		return -ENOMEM;
	*fractions = *first + pitch;
	for (uint32_t i = 0; i < n; i++, entry += 8) {
		memcpy(table + i, entry, 4);
		memcpy(table + pitch + i, entry + 4, 4);
	}
	return 0;
}

static int lower_real(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		      struct lw_cl_call *call, struct lw_resize_params *params)
{
	int ret = lw_cl_check_division(lower, "RESIZE");

	if (!ret)
		ret = add_real_positions(lower, op->resize.rows, op->out.h,
					 &params->rows, &params->row_fractions);
	if (!ret)
		ret = add_real_positions(lower, op->resize.columns, op->out.w,
					 &params->columns,
					 &params->column_fractions);
	if (ret)
		return ret;
	memcpy(&params->in_scale, &op->resize.in_scale, 4);
	memcpy(&params->out_scale, &op->resize.out_scale, 4);
	params->in_zero = op->in[0].zero_point;
	params->zero_point = op->out.zero_point;
	call->kernel = LW_CL_resize_real;
	return lw_cl_launch(lower, call);
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

	if (op->resize.mode == LWNPU_RESIZE_REAL)
		return lower_real(lower, op, &call, &params);
	ret = add_positions(lower, op->resize.rows, out->h, &params.rows);
	if (!ret)
		ret = add_positions(lower, op->resize.columns, out->w,
				    &params.columns);
	return ret ? ret : lw_cl_launch(lower, &call);
}
