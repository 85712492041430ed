// SPDX-License-Identifier: MIT
/* Lowering of operations that move windows of pixels: COPY, POOL. */
#include <string.h>

#include "lower.h"

/* Words that a work-item of the copy kernel should move. */
#define COPY_WORDS 512

uint32_t lw_cl_copy_rows(uint32_t width, uint32_t height)
{
	uint32_t rows = COPY_WORDS / width + 1;

	return rows < height ? rows : height;
}

static void set_lanes(struct lw_copy_params *params, const struct lwnpu_op *op)
{
	const struct lwnpu_copy *copy = &op->copy;

	params->in_planes = lw_cl_words(copy->lane_in + copy->channels);
	params->first_mask = ~0U << 8 * copy->lane_out;
	params->last_mask = lw_cl_lanes(op->out.c);
	params->shift = copy->lane_in - copy->lane_out;
}

int lw_cl_copy(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	const struct lwnpu_copy *copy = &op->copy;
	struct lw_copy_params params = {
		.in = lw_cl_view(&op->in[0]),
		.out = lw_cl_view(&op->out),
		.in_height = op->in[0].h,
		.in_width = op->in[0].w,
		.height = op->out.h,
		.width = op->out.w,
		.planes = lw_cl_words(op->out.c),
		.rows = lw_cl_copy_rows(op->out.w, op->out.h),
		.start_h = copy->start_h,
		.start_w = copy->start_w,
		.stride_h = copy->stride_h,
		.stride_w = copy->stride_w,
		.phases = 1,
		.phases_w = 1,
		.fill = lw_cl_splat(copy->fill),
	};
	struct lw_cl_call call = {
		.kernel = LW_CL_copy,
		.params = &params,
		.size = sizeof(params),
		.in = { op->in[0].region },
		.out = op->out.region,
	};

	set_lanes(&params, op);
	if (copy->lane_in || copy->lane_out) {
		call.kernel = LW_CL_copy_lanes;
		params.rows = 1;
	}
	call.global[0] = params.planes;
	call.global[1] = 1;
	call.global[2] = (params.height + params.rows - 1) / params.rows;
	return lw_cl_launch(lower, &call);
}

int lw_cl_pool(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	const struct lwnpu_pool *pool = &op->pool;
	struct lw_pool_params params = {
		.in = lw_cl_view(&op->in[0]),
		.out = lw_cl_view(&op->out),
		.in_height = op->in[0].h,
		.in_width = op->in[0].w,
		.height = op->out.h,
		.width = op->out.w,
		.planes = lw_cl_words(op->out.c),
		.kernel_h = pool->kernel_h,
		.kernel_w = pool->kernel_w,
		.stride_h = pool->stride_h,
		.stride_w = pool->stride_w,
		.pad_top = pool->pad_top,
		.pad_left = pool->pad_left,
		.last_mask = lw_cl_lanes(op->out.c),
		.mode = pool->mode,
		.vectors = pool->vectors,
		.zero = pool->mode == LWNPU_POOL_AVERAGE ?
			pool->zero : op->in[0].zero_point,
		.area = pool->whole ?
			(float)pool->kernel_h * (float)pool->kernel_w : 0,
		.lo = pool->lo,
		.hi = pool->hi,
		.zero_point = op->out.zero_point,
	};
	struct lw_cl_call call = {
		.kernel = LW_CL_pool,
		.params = &params,
		.size = sizeof(params),
		.in = { op->in[0].region },
		.out = op->out.region,
		.global = { params.planes, op->out.h, 1 },
	};
	int ret = 0;

	memcpy(&params.scale, &pool->scale, 4);
	memcpy(&params.out_scale, &pool->out_scale, 4);
	if (pool->mode == LWNPU_POOL_REAL || pool->mode == LWNPU_POOL_REDUCE)
		ret = lw_cl_check_division(lower, "POOL");
	return ret ? ret : lw_cl_launch(lower, &call);
}
