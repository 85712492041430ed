// SPDX-License-Identifier: MIT
/* Windows of convolutions over images. */
#include "lower_conv.h"

/* Input pixel of output pixel 0. */
static int32_t tap_origin(const struct lw_cl_axis *axis, uint32_t tap)
{
	return (int32_t)(tap * axis->dilation) - (int32_t)axis->pad;
}

/* From a tap's first input pixel to its last. */
static int32_t axis_travel(const struct lw_cl_axis *axis)
{
	return (axis->out - 1) * axis->stride;
}

bool lw_cl_axis_reaches(const struct lw_cl_axis *axis, uint32_t tap)
{
	int32_t origin = tap_origin(axis, tap);

	return origin < (int32_t)axis->in && origin + axis_travel(axis) >= 0;
}

void lw_cl_axis_init(struct lw_cl_axis *axis)
{
	bool found = false;

	/* The stride of a single output pixel is without effect. */
	if (axis->out == 1)
		axis->stride = 1;
	for (uint32_t tap = 0; tap < axis->taps; tap++) {
		if (!lw_cl_axis_reaches(axis, tap))
			continue;
		axis->last = tap_origin(axis, tap);
		if (!found)
			axis->first = axis->last;
		found = true;
	}
	axis->phases = axis->last - axis->first + 1;
	if (axis->phases > axis->stride)
		axis->phases = axis->stride;
}

static bool axis_is_inside(const struct lw_cl_axis *axis)
{
	return axis->stride == 1 && axis->first >= 0 &&
	       axis->last + axis_travel(axis) < (int32_t)axis->in;
}

/* Pixels of one phase that windows use. */
static size_t axis_length(const struct lw_cl_axis *axis)
{
	return axis->out + (axis->last - axis->first) / axis->stride;
}

/*
 * Tiles of positions read whole vectors, so they need the arena's slack, and
 * waste the time for the pixels between the ends of rows.
 */
static bool reads_in_place(const struct lwnpu_op *op,
			   const struct lw_cl_window *window, bool few)
{
	const struct lwnpu_tensor *in = &op->in[0];

	if (!axis_is_inside(&window->h) || !axis_is_inside(&window->w))
		return false;
	if (few)
		return true;
	return in->region == LWNPU_REGION_ARENA &&
	       (op->out.h == 1 || in->row_pitch / 4 <= 3U * op->out.w / 2);
}

static int launch_copy(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		       const struct lw_cl_window *window)
{
	const struct lwnpu_tensor *in = &op->in[0];
	uint32_t height = axis_length(&window->h);
	struct lw_copy_params params = {
		.in = lw_cl_view(in),
		.out = window->image,
		.in_height = in->h,
		.in_width = in->w,
		.height = height,
		.width = axis_length(&window->w),
		.planes = lw_cl_words(in->c),
		.rows = lw_cl_copy_rows(window->image.row, height),
		.start_h = window->h.first,
		.start_w = window->w.first,
		.stride_h = window->h.stride,
		.stride_w = window->w.stride,
		.phases = window->h.phases * window->w.phases,
		.phases_w = window->w.phases,
		.phase_pitch = window->phase_pitch,
		.fill = lw_cl_splat(in->zero_point),
		.last_mask = ~0U,
	};
	struct lw_cl_call call = {
		.kernel = LW_CL_copy,
		.params = &params,
		.size = sizeof(params),
		.in = { in->region },
		.out = LWNPU_REGION_ARENA,
		.global = { (height + params.rows - 1) / params.rows,
			    params.planes, params.phases },
	};

	return lw_cl_launch(lower, &call);
}

static int copy_image(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		      struct lw_cl_window *window)
{
	size_t row = axis_length(&window->w), plane, words;
	int ret;

	if (lw_mul(row, axis_length(&window->h), &window->phase_pitch) ||
	    lw_mul(window->phase_pitch, window->h.phases * window->w.phases,
		   &plane) ||
	    lw_mul(plane, lw_cl_words(op->in[0].c), &words))
		words = SIZE_MAX;
	ret = lw_cl_scratch(lower, words);
	if (ret)
		return ret;
	window->image.first = lower->scratch;
	window->image.row = row;
	window->image.plane = plane;
	return launch_copy(lower, op, window);
}

int lw_cl_window_place(struct lw_cl_lowering *lower, const struct lwnpu_op *op,
		       struct lw_cl_window *window, bool few)
{
	int ret = 0;

	window->copied = !reads_in_place(op, window, few);
	if (window->copied)
		ret = copy_image(lower, op, window);
	else
		window->image = lw_cl_view(&op->in[0]);
	if (op->out.h == 1 && !few)
		window->positions = op->out.w;
	else
		window->positions = (size_t)window->image.row *
				    (op->out.h - 1) + op->out.w;
	return ret;
}

size_t lw_cl_window_offset(const struct lw_cl_window *window, uint32_t tap_h,
			   uint32_t tap_w)
{
	const struct lw_cl_axis *h = &window->h, *w = &window->w;
	uint32_t y = tap_origin(h, tap_h), x = tap_origin(w, tap_w);
	size_t phase;

	if (!window->copied)
		return (size_t)y * window->image.row + x;
	y -= h->first;
	x -= w->first;
	phase = (size_t)(y % h->stride) * w->phases + x % w->stride;
	return phase * window->phase_pitch +
	       (size_t)(y / h->stride) * window->image.row + x / w->stride;
}
