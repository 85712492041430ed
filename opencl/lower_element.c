// SPDX-License-Identifier: MIT
/* Lowering of operations that work on single pixels: LUT, SOFTMAX. */
#include <string.h>

#include "lower.h"

static bool same_image(const struct lwnpu_tensor *a,
		       const struct lwnpu_tensor *b)
{
	return a->h == b->h && a->w == b->w;
}

/* Whether an input has a word for each of the output's, without gaps. */
static bool rows_touch(const struct lwnpu_tensor *t,
		       const struct lwnpu_tensor *out)
{
	return same_image(t, out) && (t->h == 1 || t->row_pitch == 4U * t->w);
}

static bool planes_touch(const struct lwnpu_tensor *t,
			 const struct lwnpu_tensor *out)
{
	return t->c == out->c && same_image(t, out) &&
	       (lw_cl_words(t->c) == 1 ||
		t->plane_pitch == 4ULL * t->w * t->h);
}

struct lw_cl_extent lw_cl_extent(const struct lwnpu_op *op, unsigned int n_in,
				 bool by_channel)
{
	const struct lwnpu_tensor *out = &op->out;
	struct lw_cl_extent extent = { out->w, out->h, lw_cl_words(out->c) };
	bool rows = rows_touch(out, out), planes = planes_touch(out, out);

	for (unsigned int i = 0; i < n_in; i++) {
		const struct lwnpu_tensor *in = &op->in[i];
		bool point = in->h == 1 && in->w == 1;

		rows = rows && (point || rows_touch(in, out));
		planes = planes && ((point && in->c == 1) ||
				    planes_touch(in, out));
	}
	if (!rows)
		return extent;
	extent.width *= extent.height;
	extent.height = 1;
	if (!planes || by_channel || out->c % LWNPU_LANES)
		return extent;
	extent.width *= extent.planes;
	extent.planes = 1;
	return extent;
}

struct lw_cl_call lw_cl_element_call(const struct lwnpu_op *op,
				     const struct lw_cl_extent *extent)
{
	struct lw_cl_call call = {
		.in = { op->in[0].region, op->in[1].region },
		.out = op->out.region,
		.global = { extent->planes,
			    (extent->width + LW_CL_CHUNK - 1) / LW_CL_CHUNK,
			    extent->height },
	};

	return call;
}

int lw_cl_lut(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	struct lw_cl_extent extent = lw_cl_extent(op, 1, op->lut.pitch);
	struct lw_cl_call call = lw_cl_element_call(op, &extent);
	struct lw_lut_params params = {
		.in = lw_cl_view(&op->in[0]),
		.out = lw_cl_view(&op->out),
		.width = extent.width,
		.height = extent.height,
		.planes = extent.planes,
		.last_mask = lw_cl_lanes(op->out.c),
		.pitch = op->lut.pitch,
	};
	uint32_t tables = op->lut.pitch ? op->out.c : 1;
	/* Lanes past the last channel have a table, too. */
	uint32_t *table = lw_cl_constants(lower, lw_cl_words(tables) * 256,
					  &params.table);

	if (!table)
		return -ENOMEM;
	memcpy(table, lower->program->weights + op->lut.table, 256 * tables);
	call.kernel = LW_CL_lut;
	call.params = &params;
	call.size = sizeof(params);
	return lw_cl_launch(lower, &call);
}

/* What SOFTMAX asks of a device beyond the engine's other operations. */
static int check_softmax(struct lw_cl_lowering *lower)
{
	const struct lw_cl_device *device = &lower->engine->device;

	if (!device->denormals)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "op %u: SOFTMAX: %s has no denormal numbers",
			       lower->op, device->name);
	return lw_cl_check_division(lower, "SOFTMAX");
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
