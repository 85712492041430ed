// SPDX-License-Identifier: MIT
/* Lowering of operations on two tensors, with broadcasting: ADD, MUL. */
#include <string.h>

#include "lower.h"

static bool is_point(const struct lwnpu_tensor *in,
		     const struct lwnpu_tensor *out)
{
	if (in->h == 1 && in->w == 1 && in->c == 1)
		return true;
	return in->w == 1 && (out->w > 1 || in->h < out->h);
}

static void set_operand(struct lw_pair_params *params, unsigned int i,
			const struct lwnpu_tensor *in,
			const struct lwnpu_tensor *out)
{
	params->in[i] = lw_cl_view(in);
	if (in->h == 1)
		params->in[i].row = 0;
	if (in->c == 1)
		params->in[i].plane = 0;
	params->point[i] = is_point(in, out);
	params->splat[i] = in->c == 1 && out->c > 1;
	params->broadcast |= params->point[i] | params->splat[i];
}

/* Adds the launch; @params has what the operation itself needs. */
static int launch_pair(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		       enum lw_cl_kernel kernel, struct lw_pair_params *params)
{
	struct lw_cl_extent extent = lw_cl_extent(op, 2, false);
	struct lw_cl_call call = lw_cl_element_call(op, &extent);

	set_operand(params, 0, &op->in[0], &op->out);
	set_operand(params, 1, &op->in[1], &op->out);
	params->out = lw_cl_view(&op->out);
	params->width = extent.width;
	params->height = extent.height;
	params->planes = extent.planes;
	params->last_mask = lw_cl_lanes(op->out.c);
	params->zero_point = lw_cl_splat(op->out.zero_point);
	call.kernel = kernel;
	call.params = params;
	call.size = sizeof(*params);
	return lw_cl_launch(lower, &call);
}

int lw_cl_add(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct lw_pair_params params = {
		.multiplier = { op->add.mul0, op->add.mul1 },
		.bias = op->add.bias,
		.shift = op->add.shift,
		.lo = op->add.lo - op->out.zero_point,
		.hi = op->add.hi - op->out.zero_point,
	};

	return launch_pair(lower, op, LW_CL_add, &params);
}

int lw_cl_mul(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct lw_pair_params params = {
		.zero = { op->in[0].zero_point, op->in[1].zero_point },
		.lo = op->mul.lo - op->out.zero_point,
		.hi = op->mul.hi - op->out.zero_point,
	};

	memcpy(&params.scale, &op->mul.scale, sizeof(params.scale));
	return launch_pair(lower, op, LW_CL_mul, &params);
}
