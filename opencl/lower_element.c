// SPDX-License-Identifier: MIT
/* Lowering of operations that work on single pixels: ADD, LUT, SOFTMAX. */
#include <string.h>

#include "lower.h"

/* The sizes that element-wise kernels walk. */
struct extent {
	uint32_t width;
	uint32_t height;
	uint32_t planes;
};

static bool rows_touch(const struct lwnpu_tensor *t)
{
	return t->h == 1 || t->row_pitch == 4U * t->w;
}

static bool planes_touch(const struct lwnpu_tensor *t)
{
	return lw_cl_words(t->c) == 1 ||
	       t->plane_pitch == 4ULL * t->w * t->h;
}

/* Contiguous rows are one row, contiguous planes are one plane. */
static struct extent merge_extent(const struct lwnpu_op *op, unsigned int n_in)
{
	const struct lwnpu_tensor *out = &op->out;
	struct extent extent = { out->w, out->h, lw_cl_words(out->c) };
	bool rows = rows_touch(out), planes = planes_touch(out);

	for (unsigned int i = 0; i < n_in; i++) {
		rows = rows && rows_touch(&op->in[i]);
		planes = planes && planes_touch(&op->in[i]);
	}
	if (!rows)
		return extent;
	extent.width *= extent.height;
	extent.height = 1;
	if (!planes || out->c % LWNPU_LANES)
		return extent;
	extent.width *= extent.planes;
	extent.planes = 1;
	return extent;
}

static struct lw_cl_call element_call(const struct lwnpu_op *op,
				      const struct extent *extent)
{
	struct lw_cl_call call = {
		.in = { op->in[0].region, op->in[1].region },
		.out = op->out.region,
		.global = { (extent->width + LW_CL_CHUNK - 1) / LW_CL_CHUNK,
			    extent->height, extent->planes },
	};

	return call;
}

int lw_cl_add(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct extent extent = merge_extent(op, 2);
	struct lw_cl_call call = element_call(op, &extent);
	struct lw_add_params params = {
		.in = { lw_cl_view(&op->in[0]), lw_cl_view(&op->in[1]) },
		.out = lw_cl_view(&op->out),
		.width = extent.width,
		.height = extent.height,
		.planes = extent.planes,
		.last_mask = lw_cl_lanes(op->out.c),
		.multiplier = { op->add.mul0, op->add.mul1 },
		.bias = op->add.bias,
		.shift = op->add.shift,
		.lo = op->add.lo - op->out.zero_point,
		.hi = op->add.hi - op->out.zero_point,
		.zero_point = lw_cl_splat(op->out.zero_point),
	};

	call.kernel = LW_CL_add;
	call.params = &params;
	call.size = sizeof(params);
	return lw_cl_launch(lower, &call);
}

int lw_cl_lut(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct extent extent = merge_extent(op, 1);
	struct lw_cl_call call = element_call(op, &extent);
	struct lw_lut_params params = {
		.in = lw_cl_view(&op->in[0]),
		.out = lw_cl_view(&op->out),
		.width = extent.width,
		.height = extent.height,
		.planes = extent.planes,
		.last_mask = lw_cl_lanes(op->out.c),
	};
	uint32_t *table = lw_cl_constants(lower, 256 / 4, &params.table);

	if (!table)
		return -ENOMEM;
	memcpy(table, lower->program->weights + op->lut.table, 256);
	call.kernel = LW_CL_lut;
	call.params = &params;
	call.size = sizeof(params);
	return lw_cl_launch(lower, &call);
}

/* What SOFTMAX asks of a device beyond the engine's other operations. */
static int check_softmax(struct lw_cl_lowering *lower)
{
	const struct lw_cl_device *device = &lower->engine->device;

	if (!device->exact_divide && !device->has_double)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "op %u: SOFTMAX: %s has no correctly rounded division",
			       lower->op, device->name);
	if (!device->denormals)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "op %u: SOFTMAX: %s has no denormal numbers",
			       lower->op, device->name);
	return 0;
}

int lw_cl_softmax(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct lw_softmax_params params = {
		.in = lw_cl_view(&op->in[0]),
		.out = lw_cl_view(&op->out),
		.width = op->out.w,
		.height = op->out.h,
		.channels = op->out.c,
		.zero_point = op->out.zero_point,
	};
	struct lw_cl_call call = {
		.kernel = LW_CL_softmax,
		.params = &params,
		.size = sizeof(params),
		.in = { op->in[0].region },
		.out = op->out.region,
		.global = { op->out.w, op->out.h, 1 },
	};
	uint32_t *table;
	int ret = check_softmax(lower);

	if (ret)
		return ret;
	table = lw_cl_constants(lower, 256, &params.table);
	if (!table)
		return -ENOMEM;
	memcpy(table, lower->program->weights + op->softmax.table, 256 * 4);
	memcpy(&params.scale, &op->softmax.scale, 4);
	return lw_cl_launch(lower, &call);
}
