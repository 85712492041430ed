// SPDX-License-Identifier: MIT
/*
 * Resize: rows and columns at other places, by RESIZE where they are nearest or
 * linear between two; by a matrix along each dimension for everything else.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_weights.h"

enum mode { MODE_NEAREST, MODE_LINEAR, MODE_CUBIC };
enum coordinates { HALF_PIXEL, HALF_PIXEL_SYMMETRIC, PYTORCH_HALF_PIXEL,
		   ALIGN_CORNERS, ASYMMETRIC, TF_CROP_AND_RESIZE };
enum rounding { ROUND_PREFER_FLOOR, ROUND_PREFER_CEIL, ROUND_FLOOR,
		ROUND_CEIL };

/**
 * struct resize - what a Resize says
 * @mode, @coordinates, @rounding: its strings
 * @antialias: kernels grow where the image shrinks
 * @exclude: places outside the input weigh nothing
 * @a: coefficient of cubic interpolation
 * @extrapolation: what stands outside of a crop
 * @size: of the result
 * @scale: by dimension
 * @roi: begin and end of a crop by dimension, as shares of the input
 */
struct resize {
	enum mode mode;
	enum coordinates coordinates;
	enum rounding rounding;
	bool antialias, exclude;
	float a, extrapolation;
	uint32_t size[ONNX_MAX_DIMS];
	double scale[ONNX_MAX_DIMS];
	float roi[ONNX_MAX_DIMS][2];
};

/* Which of some words, ended by NULL, an attribute is; the first if absent. */
static int read_word(struct onnx_node *node, const char *name,
		     const char *const *words)
{
	int i;

	for (i = 0; words[i]; i++)
		if (lw_onnx_string_is(node, name, words[0], words[i]))
			return i;
	lw_onnx_refuse(node, "%s is unknown", name);
	return 0;
}

static void read_words(struct onnx_node *node, struct resize *r)
{
	static const char *const modes[] = { "nearest", "linear", "cubic",
					     NULL };
	static const char *const coordinates[] = {
		"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
		"align_corners", "asymmetric", "tf_crop_and_resize", NULL
	};
	static const char *const roundings[] = {
		"round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL
	};

	r->mode = read_word(node, "mode", modes);
	r->coordinates = read_word(node, "coordinate_transformation_mode",
				   coordinates);
	r->rounding = read_word(node, "nearest_mode", roundings);
	r->antialias = lw_onnx_int_in(node, "antialias", 0, 0, 1);
	r->exclude = lw_onnx_int_in(node, "exclude_outside", 0, 0, 1);
	r->a = lw_onnx_float(node, "cubic_coeff_a", -0.75f);
	r->extrapolation = lw_onnx_float(node, "extrapolation_value", 0);
	if (!isfinite(r->a) || !isfinite(r->extrapolation))
		lw_onnx_refuse(node, "a coefficient is not finite");
	if (node->im->opset == 10) {
		r->coordinates = ASYMMETRIC;
		r->rounding = ROUND_FLOOR;
	}
}

/* A constant input of real numbers; NULL if it is left out or empty. */
static const float *read_reals(struct onnx_node *node, uint32_t i, size_t n,
			       const char *what)
{
	const struct onnx_value *in = lw_onnx_in(node, i);
	bool right;
	size_t k;

	if (!in || (in->state == ONNX_CONSTANT && !in->constant->n))
		return NULL;
	right = in->state == ONNX_CONSTANT && in->constant->real &&
		in->constant->n == n;
	for (k = 0; right && k < n; k++)
		right = isfinite(in->constant->real[k]);
	if (!right)
		lw_onnx_refuse(node, "%s must be %zu constant real numbers",
			       what, n);
	return right ? in->constant->real : NULL;
}

/* One scale for all, so that the image keeps its proportions. */
static void keep_ratio(struct onnx_node *node, struct resize *r,
		       const struct onnx_shape *in, const uint32_t *dim,
		       size_t n)
{
	static const char *const policies[] = { "stretch", "not_larger",
						"not_smaller", NULL };
	int policy = read_word(node, "keep_aspect_ratio_policy", policies);
	double scale = n ? r->scale[dim[0]] : 1;
	size_t i;

	for (i = 0; i < n && policy; i++)
		scale = policy == 1 ? fmin(scale, r->scale[dim[i]]) :
				      fmax(scale, r->scale[dim[i]]);
	for (i = 0; i < n && policy; i++) {
		r->scale[dim[i]] = scale;
		r->size[dim[i]] = floor(scale * in->dim[dim[i]] + 0.5);
	}
}

/* Sizes, or scales, for the dimensions @dim. */
static void read_sizes(struct onnx_node *node, struct resize *r,
		       const struct onnx_shape *in, const uint32_t *dim,
		       size_t n)
{
	struct onnx_list sizes = lw_onnx_list(node, "sizes", 3);
	const float *scales = read_reals(node, node->im->opset == 10 ? 1 : 2,
					 n, "scales");
	double size;
	size_t i;

	if (!scales && (!sizes.given || sizes.n != n))
		lw_onnx_refuse(node, "neither scales nor %zu sizes", n);
	for (i = 0; i < n && !node->status; i++) {
		size = scales ? floor((double)scales[i] * in->dim[dim[i]]) :
				(double)sizes.at[i];
		if (!(size >= 1 && size <= LW_MAX_DIM)) {
			lw_onnx_refuse(node, "dimension %u becomes %g, expected 1 to %d",
				       dim[i], size, LW_MAX_DIM);
			return;
		}
		r->size[dim[i]] = size;
		r->scale[dim[i]] = scales ? (double)scales[i] :
					    size / in->dim[dim[i]];
	}
	if (!scales && !node->status)
		keep_ratio(node, r, in, dim, n);
	lw_onnx_ignore(node, "keep_aspect_ratio_policy");
}

static int read_resize(struct onnx_node *node, const struct onnx_shape *in,
		       struct resize *r)
{
	struct onnx_list axes = lw_onnx_ints(node, "axes");
	uint32_t i, n = axes.given ? axes.n : in->n, dim[ONNX_MAX_DIMS];
	const float *roi;

	read_words(node, r);
	if (axes.n > in->n)
		return lw_onnx_refuse(node, "%zu axes of %u dimensions",
				      axes.n, in->n);
	for (i = 0; i < in->n; i++) {
		r->size[i] = in->dim[i];
		r->scale[i] = 1;
		r->roi[i][1] = 1;
	}
	for (i = 0; i < n; i++)
		dim[i] = axes.given ? lw_onnx_dim(node, axes.at[i], in->n) : i;
	if (!node->status)
		read_sizes(node, r, in, dim, n);
	if (r->coordinates != TF_CROP_AND_RESIZE || node->status)
		return node->status;
	roi = read_reals(node, 1, 2 * (size_t)n, "roi");
	for (i = 0; roi && i < n; i++) {
		r->roi[dim[i]][0] = roi[i];
		r->roi[dim[i]][1] = roi[n + i];
	}
	return node->status;
}

/*
 * Where place @x of the result is in a dimension of @size: in single precision
 * and from the left, as onnxruntime does.
 */
static float origin(const struct resize *r, uint32_t dim, uint32_t size,
		    float x)
{
	float scale = r->scale[dim], width = r->scale[dim] * size;
	float last = size - 1;
	const float *roi = r->roi[dim];

	switch (r->coordinates) {
	case ALIGN_CORNERS:
		return width == 1 ? 0 : x * last / (width - 1);
	case ASYMMETRIC:
		return x / scale;
	case TF_CROP_AND_RESIZE:
		return roi[0] * last + (roi[1] - roi[0]) * last *
		       (width == 1 ? 0.5f : x / (width - 1));
	case PYTORCH_HALF_PIXEL:
		return width == 1 ? -0.5f : (x + 0.5f) / scale - 0.5f;
	case HALF_PIXEL_SYMMETRIC:
		return size / 2.0f * (1 - r->size[dim] / width) +
		       (x + 0.5f) / scale - 0.5f;
	default:
		return (x + 0.5f) / scale - 0.5f;
	}
}

static double round_place(enum rounding rounding, double x)
{
	switch (rounding) {
	case ROUND_PREFER_FLOOR:
		return ceil(x - 0.5);
	case ROUND_PREFER_CEIL:
		return floor(x + 0.5);
	case ROUND_FLOOR:
		return floor(x);
	default:
		return ceil(x);
	}
}

static bool is_outside(const struct resize *r, double x, uint32_t size)
{
	return r->coordinates == TF_CROP_AND_RESIZE && (x < 0 || x > size - 1.0);
}

/* Whether a dimension is something else than places between two others. */
static bool needs_matrix(const struct resize *r, uint32_t dim, uint32_t size)
{
	uint32_t i;

	if (r->mode == MODE_CUBIC || (r->antialias && r->mode == MODE_LINEAR))
		return true;
	for (i = 0; i < r->size[dim]; i++)
		if (is_outside(r, origin(r, dim, size, i), size))
			return true;
	return false;
}

static double kernel(const struct resize *r, double x)
{
	double a = r->a;

	x = fabs(x);
	if (r->mode == MODE_LINEAR)
		return fmax(1 - x, 0);
	return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 :
	       x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

/* Weights of the input's places for one at @x. */
static void fill_row(const struct resize *r, double scale, double x,
		     uint32_t size, float *row)
{
	double shrink = r->antialias ? fmin(scale, 1) : 1, sum = 0, weight;
	double base = ceil(x) - 1, reach = r->mode == MODE_CUBIC ? 2 : 1;
	int64_t first = floor(-reach / shrink) + 1, i, at;

	for (i = first; i < 2 - first; i++) {
		at = base + i;
		weight = kernel(r, shrink * (at - x));
		if (r->exclude && (at < 0 || at >= size))
			continue;
		at = at < 0 ? 0 : at >= size ? size - 1 : at;
		row[at] += weight;
		sum += weight;
	}
	for (i = 0; (r->antialias || r->exclude) && sum && i < size; i++)
		row[i] /= sum;
}

static struct onnx_value *by_matrix(struct onnx_node *node,
				    const struct onnx_value *in, uint32_t dim,
				    const struct resize *r)
{
	uint32_t i, at, size = in->shape.dim[dim], n = r->size[dim];
	struct lw_weights *weights;
	double x;

	weights = lw_onnx_weights(node, n, 1, 1, size, true);
	for (i = 0; weights && i < n; i++) {
		float *row = weights->real + (size_t)i * size;

		x = origin(r, dim, size, i);
		at = fmin(fmax(round_place(r->rounding, x), 0), size - 1.0);
		if (is_outside(r, x, size))
			weights->bias[i] = r->extrapolation;
		else if (r->mode == MODE_NEAREST)
			row[at] = 1;
		else
			fill_row(r, r->scale[dim], x, size, row);
	}
	return lw_onnx_map(node, in, dim, weights);
}

static void set_places(const struct resize *r, uint32_t dim, uint32_t size,
		       float *at)
{
	double x;
	uint32_t i;

	for (i = 0; i < r->size[dim]; i++) {
		x = origin(r, dim, size, i);
		if (r->mode == MODE_NEAREST)
			x = round_place(r->rounding, x);
		at[i] = fmin(fmax(x, 0), size - 1.0);
	}
}

/*
 * Of real numbers the order of sums tells: onnxruntime's rows are the first
 * of two dimensions.
 */
static const struct onnx_value *rows_first(struct onnx_node *node,
					   const struct onnx_value *in,
					   const struct onnx_picks *picks)
{
	int8_t axis[ONNX_MAX_DIMS];
	bool columns = false, turned = false;
	uint32_t i;

	if (!in->value->quantised || picks->whole || !lw_onnx_axes(in, axis))
		return in;
	for (i = 0; i < in->shape.n; i++) {
		turned = turned || (columns && picks->at[i] &&
				    axis[i] == ONNX_H);
		columns = columns || (picks->at[i] && axis[i] == ONNX_W);
	}
	for (i = 0; turned && i < in->shape.n; i++)
		if (axis[i] == ONNX_H || axis[i] == ONNX_W)
			axis[i] = axis[i] == ONNX_H ? ONNX_W : ONNX_H;
	return turned ? lw_onnx_lay(node, in, axis) : in;
}

static struct onnx_value *resize(struct onnx_node *node,
				 const struct onnx_value *in,
				 const struct resize *r)
{
	struct onnx_picks picks = { .whole = r->mode == MODE_NEAREST };
	bool matrix[ONNX_MAX_DIMS] = { false };
	struct onnx_value *out;
	uint32_t i, size;

	for (i = 0; i < in->shape.n; i++) {
		size = in->shape.dim[i];
		if (r->size[i] == size && r->scale[i] == 1 &&
		    r->coordinates != TF_CROP_AND_RESIZE)
			continue;
		matrix[i] = needs_matrix(r, i, size);
		if (!matrix[i] &&
		    lw_onnx_pick_room(node, &picks, i, r->size[i]))
			set_places(r, i, size, picks.at[i]);
	}
	out = lw_onnx_pick(node, rows_first(node, in, &picks), &picks);
	lw_onnx_picks_free(&picks);
	for (i = 0; out && i < out->shape.n; i++)
		if (matrix[i])
			out = by_matrix(node, out, i, r);
	return out;
}

int lw_onnx_run_resize(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_movable(node, 0);
	struct resize r = { 0 };

	if (!in || read_resize(node, &in->shape, &r))
		return node->status;
	if (r.mode != MODE_NEAREST || r.coordinates == TF_CROP_AND_RESIZE)
		lw_onnx_activation(node, 0);
	if (node->status)
		return node->status;
	return lw_onnx_result(node, 0, resize(node, in, &r));
}
