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
