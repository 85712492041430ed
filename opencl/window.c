// SPDX-License-Identifier: MIT
/* Windows of convolutions over images. */
#include "lower_conv.h"

/* Of the output pixels that a tap adds to, modulo the step. */
static uint32_t tap_phase(const struct lw_cl_axis *axis, uint32_t tap)
{
	int32_t place = (int32_t)(tap * axis->dilation) - (int32_t)axis->pad;
	int32_t step = axis->step, phase = place % step;

	return phase < 0 ? phase + step : phase;
}

/* Input pixel of position 0. */
static int32_t tap_origin(const struct lw_cl_axis *axis, uint32_t tap)
{
	int32_t place = (int32_t)(tap * axis->dilation) - (int32_t)axis->pad;

	if (!axis->transposed)
		return place;
	return ((int32_t)tap_phase(axis, tap) - place) / (int32_t)axis->step;
}

uint32_t lw_cl_axis_positions(const struct lw_cl_axis *axis, uint32_t phase)
{
	return (axis->out - phase + axis->step - 1) / axis->step;
}

/* From a tap's first input pixel to its last. */
static int32_t axis_travel(const struct lw_cl_axis *axis, uint32_t phase)
{
	return (lw_cl_axis_positions(axis, phase) - 1) * axis->stride;
}

/* Whether a tap reads the image at any position. */
static bool tap_reaches(const struct lw_cl_axis *axis, uint32_t tap)
{
	uint32_t phase = tap_phase(axis, tap);
	int32_t origin = tap_origin(axis, tap);

	return phase < axis->out_phases && origin < (int32_t)axis->in &&
	       origin + axis_travel(axis, phase) >= 0;
}

void lw_cl_axis_init(struct lw_cl_axis *axis)
{
	bool found = false;

	/* The stride of a single output pixel is without effect. */
	if (axis->out == 1)
		axis->stride = 1;
	axis->out_phases = axis->step < axis->out ? axis->step : axis->out;
	for (uint32_t tap = 0; tap < axis->taps; tap++) {
		int32_t origin = tap_origin(axis, tap);

		if (!tap_reaches(axis, tap))
			continue;
		if (!found || origin < axis->first)
			axis->first = origin;
		if (!found || origin > axis->last)
			axis->last = origin;
		found = true;
	}
	axis->phases = axis->last - axis->first + 1;
	if (axis->phases > axis->stride)
		axis->phases = axis->stride;
}

static bool axis_is_inside(const struct lw_cl_axis *axis)
{
	return axis->stride == 1 && axis->first >= 0 &&
	       axis->last + axis_travel(axis, 0) < (int32_t)axis->in;
}

/* Pixels of one phase that windows use. */
static size_t axis_length(const struct lw_cl_axis *axis)
{
	return lw_cl_axis_positions(axis, 0) +
	       (axis->last - axis->first) / axis->stride;
}

/*
 * Tiles of positions read whole vectors, so they need the arena's slack, and
 * waste the time for the pixels between the ends of rows.
 */
static bool reads_in_place(const struct lwnpu_op *op,
			   const struct lw_cl_window *window, bool few)
{
	const struct lwnpu_tensor *in = &op->in[0];
	uint32_t width = lw_cl_axis_positions(&window->w, 0);

	if (!axis_is_inside(&window->h) || !axis_is_inside(&window->w))
		return false;
	if (few)
		return true;
	return in->region == LWNPU_REGION_ARENA &&
	       (lw_cl_axis_positions(&window->h, 0) == 1 ||
		in->row_pitch / 4 <= 3U * width / 2);
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
		.global = { params.planes, params.phases,
			    (height + params.rows - 1) / params.rows },
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
	uint32_t height = lw_cl_axis_positions(&window->h, 0);
	int ret = 0;

	window->copied = !reads_in_place(op, window, few);
	if (window->copied)
		ret = copy_image(lower, op, window);
	else
		window->image = lw_cl_view(&op->in[0]);
	window->positions = lw_cl_axis_positions(&window->w, 0);
	if (height > 1 || few)
		window->positions += (size_t)window->image.row * (height - 1);
	return ret;
}

size_t lw_cl_window_phases(const struct lw_cl_window *window)
{
	return (size_t)window->h.out_phases * window->w.out_phases;
}

/* From a position to the input of two taps. */
static size_t tap_offset(const struct lw_cl_window *window, uint32_t tap_h,
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

bool lw_cl_window_tap(const struct lw_cl_window *window, uint32_t tap_h,
		      uint32_t tap_w, size_t *offset, size_t *phase)
{
	const struct lw_cl_axis *h = &window->h, *w = &window->w;

	if (!tap_reaches(h, tap_h) || !tap_reaches(w, tap_w))
		return false;
	*offset = tap_offset(window, tap_h, tap_w);
	*phase = (size_t)tap_phase(h, tap_h) * w->out_phases +
		 tap_phase(w, tap_w);
	return true;
}
