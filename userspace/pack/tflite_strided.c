// SPDX-License-Identifier: MIT
/* Slices with strides, as Python has them. */
#include "tflite_slice.h"

enum {
	STRIDED_SLICE_BEGIN_MASK = 0,
	STRIDED_SLICE_END_MASK = 1,
	STRIDED_SLICE_ELLIPSIS_MASK = 2,
	STRIDED_SLICE_NEW_AXIS_MASK = 3,
	STRIDED_SLICE_SHRINK_AXIS_MASK = 4,
	STRIDED_SLICE_OFFSET = 5,
};

/* Numbers this far off mean the same as all beyond. */
static int64_t near(int64_t bound)
{
	const int64_t far = 2 * LW_MAX_DIM;

	return bound < -far ? -far : bound > far ? far : bound;
}

/* A bound as Python has them: from the end if negative, and cut to size. */
static int64_t resolve(int64_t bound, bool masked, int64_t size, int64_t step)
{
	if (masked)
		return step > 0 ? 0 : size - 1;
	if (bound < 0)
		bound += size;
	if (step > 0)
		return bound < 0 ? 0 : bound > size ? size : bound;
	return bound < -1 ? -1 : bound > size - 1 ? size - 1 : bound;
}

/* What a strided slice says of each dimension, as it is stored. */
struct spec {
	uint32_t n;
	int64_t begin[LW_TFLITE_MAX_DIMS];
	int64_t end[LW_TFLITE_MAX_DIMS];
	int64_t step[LW_TFLITE_MAX_DIMS];
	uint32_t masks[5];
	bool offset;
};

static bool masked(const struct spec *spec, uint32_t mask, uint32_t i)
{
	return spec->masks[mask] >> i & 1;
}

static int set_cut(struct lw_tflite_op *op, const struct spec *spec,
		   uint32_t i, int64_t size, struct lw_tflite_cut *cut)
{
	int64_t step = spec->step[i], end = near(spec->end[i]);
	bool one = masked(spec, STRIDED_SLICE_SHRINK_AXIS_MASK, i);

	if (!step || step < -LW_MAX_DIM || step > LW_MAX_DIM)
		return lw_tflite_refuse(op, "its stride %u is %lld; -%d to %d and not 0 expected",
					i, (long long)step, LW_MAX_DIM,
					LW_MAX_DIM);
	cut->start = resolve(near(spec->begin[i]),
			     masked(spec, STRIDED_SLICE_BEGIN_MASK, i), size,
			     step);
	cut->step = step;
	if (spec->offset)
		end += cut->start;
	if (masked(spec, STRIDED_SLICE_END_MASK, i))
		end = step > 0 ? size : -1;
	else
		end = resolve(end, false, size, step);
	cut->n = end - cut->start;
	if (cut->n && (cut->n > 0) == (step > 0))
		cut->n = (cut->n - (step > 0 ? 1 : -1)) / step + 1;
	if (one)
		cut->n = 1;
	/* One element is in no need of a step, however large. */
	if (cut->n == 1)
		cut->step = 1;
	return 0;
}

static int set_cuts(const struct spec *spec, struct lw_tflite_part *part)
{
	uint32_t i, axis = 0, left = 0;
	int ret = 0;

	for (i = 0; i < spec->n; i++)
		left += !masked(spec, STRIDED_SLICE_NEW_AXIS_MASK, i) &&
			!masked(spec, STRIDED_SLICE_ELLIPSIS_MASK, i);
	for (i = 0; i < spec->n && !ret; i++) {
		if (masked(spec, STRIDED_SLICE_ELLIPSIS_MASK, i)) {
			axis = part->dims.n > left ? part->dims.n - left : 0;
			continue;
		}
		if (masked(spec, STRIDED_SLICE_NEW_AXIS_MASK, i))
			continue;
		left--;
		if (axis >= part->dims.n)
			return lw_tflite_refuse(part->op, "it slices more than the %u dimensions that its input has",
						part->dims.n);
		ret = set_cut(part->op, spec, i, part->dims.d[axis],
			      &part->cuts[axis]);
		axis++;
	}
	return ret;
}

static int read_spec(struct lw_tflite_op *op, struct spec *spec)
{
	const struct lw_fb_table *options = &op->source->options;
	uint32_t i;
	int ret = lw_tflite_list(op, 1, "begin", spec->begin, &spec->n);

	if (!ret)
		ret = lw_tflite_integers(op, 2, "end", spec->end, spec->n);
	if (!ret)
		ret = lw_tflite_integers(op, 3, "strides", spec->step,
					 spec->n);
	for (i = 0; i < 5; i++)
		spec->masks[i] = lw_fb_i32(options, i, 0);
	spec->offset = lw_fb_u8(options, STRIDED_SLICE_OFFSET, 0);
	return ret;
}

int lw_tflite_strided_slice(struct lw_tflite_op *op)
{
	struct spec spec;
	struct lw_tflite_part part;
	int ret = lw_tflite_whole(op, 0, &part);

	if (!ret)
		ret = read_spec(op, &spec);
	if (!ret)
		ret = set_cuts(&spec, &part);
	return ret ? ret : lw_tflite_take(&part, lw_tflite_output(op));
}
