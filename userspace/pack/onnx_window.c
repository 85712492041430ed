// SPDX-License-Identifier: MIT
/* Kernels, strides and padding, along one axis at a time. */
#include <string.h>

#include "onnx_make.h"

/* A window along one axis. */
struct slide {
	int64_t size, kernel, stride, dilation, before, after, out;
};

/* Entry @i of a list with an entry per axis of the image. */
static int64_t entry(struct onnx_node *node, const char *name,
		     const struct onnx_list *list, uint32_t n, uint32_t i,
		     int64_t min, int64_t value)
{
	if (!list->given)
		return value;
	if (list->n != n) {
		lw_onnx_refuse(node, "%s has %zu numbers, expected %u", name,
			       list->n, n);
		return value;
	}
	if (list->at[i] < min || list->at[i] > LW_MAX_DIM) {
		lw_onnx_refuse(node, "%s is %lld, expected %lld to %d", name,
			       (long long)list->at[i], (long long)min,
			       LW_MAX_DIM);
		return value;
	}
	return list->at[i];
}

/* Padding so that every stride-th place gets an output. */
static void pad_same(struct slide *s, bool upper)
{
	int64_t reach = (s->kernel - 1) * s->dilation + 1;
	int64_t out = (s->size + s->stride - 1) / s->stride;
	int64_t pads = (out - 1) * s->stride + reach - s->size;

	if (pads < 0)
		pads = 0;
	s->before = upper ? pads / 2 : pads - pads / 2;
	s->after = pads - s->before;
}

/* The number of outputs; ceil_mode's last window may leave the padded image. */
static void count_outputs(struct onnx_node *node, struct slide *s, bool ceil)
{
	int64_t reach = (s->kernel - 1) * s->dilation + 1;
	int64_t room = s->size + s->before + s->after - reach;
	int64_t beyond;

	if (room < 0) {
		lw_onnx_refuse(node, "kernel reaches over %lld of %lld",
			       (long long)reach, (long long)(room + reach));
		return;
	}
	s->out = room / s->stride + 1;
	if (!ceil || room % s->stride == 0 ||
	    s->out * s->stride >= s->size + s->before)
		return;
	beyond = s->out * s->stride - room;
	s->out++;
	s->after += beyond;
	if (lw_onnx_int(node, "count_include_pad", 0))
		lw_onnx_refuse(node, "ceil_mode with count_include_pad");
}

static void set_pads(struct onnx_node *node, struct slide *s, uint32_t n,
		     uint32_t i)
{
	struct onnx_list pads = lw_onnx_ints(node, "pads");

	if (lw_onnx_string_is(node, "auto_pad", "NOTSET", "NOTSET")) {
		s->before = entry(node, "pads", &pads, 2 * n, i, 0, 0);
		s->after = entry(node, "pads", &pads, 2 * n, n + i, 0, 0);
	} else if (lw_onnx_string_is(node, "auto_pad", "", "SAME_UPPER")) {
		pad_same(s, true);
	} else if (lw_onnx_string_is(node, "auto_pad", "", "SAME_LOWER")) {
		pad_same(s, false);
	} else if (!lw_onnx_string_is(node, "auto_pad", "", "VALID")) {
		lw_onnx_refuse(node, "auto_pad is unknown");
	}
}

/* Kernel, stride and dilation along axis @i of the @n of an image. */
static struct slide read_steps(struct onnx_node *node, uint32_t size,
			       uint32_t kernel, uint32_t n, uint32_t i)
{
	struct onnx_list kernels = lw_onnx_ints(node, "kernel_shape");
	struct onnx_list strides = lw_onnx_ints(node, "strides");
	struct onnx_list dilations = lw_onnx_ints(node, "dilations");
	struct slide s = { .size = size };

	s.kernel = entry(node, "kernel_shape", &kernels, n, i, 1, kernel);
	s.stride = entry(node, "strides", &strides, n, i, 1, 1);
	s.dilation = entry(node, "dilations", &dilations, n, i, 1, 1);
	if (!s.kernel || (kernel && s.kernel != kernel))
		lw_onnx_refuse(node, "kernel_shape is %lld, expected %u",
			       (long long)s.kernel, kernel);
	return s;
}

static struct slide read_slide(struct onnx_node *node, uint32_t size,
			       uint32_t kernel, uint32_t n, uint32_t i)
{
	struct slide s = read_steps(node, size, kernel, n, i);

	if (node->status)
		return s;
	set_pads(node, &s, n, i);
	if (!node->status)
		count_outputs(node, &s, lw_onnx_int(node, "ceil_mode", 0));
	return s;
}

/* The output's size, and what is cut off before it, of a transposed window. */
static struct slide read_transposed(struct onnx_node *node, uint32_t size,
				    uint32_t kernel, uint32_t n, uint32_t i)
{
	struct onnx_list shape = lw_onnx_ints(node, "output_shape");
	struct onnx_list more = lw_onnx_ints(node, "output_padding");
	bool same, upper = lw_onnx_string_is(node, "auto_pad", "NOTSET",
					     "SAME_UPPER");
	struct slide s = read_steps(node, size, kernel, n, i);
	int64_t whole, cut;

	if (node->status)
		return s;
	same = upper || lw_onnx_string_is(node, "auto_pad", "", "SAME_LOWER");
	whole = (s.size - 1) * s.stride + (s.kernel - 1) * s.dilation + 1 +
		entry(node, "output_padding", &more, n, i, 0, 0);
	if (!shape.given && !same) {
		set_pads(node, &s, n, i);
		s.out = whole - s.before - s.after;
		s.after = 0;
		return s;
	}
	lw_onnx_ignore(node, "pads");
	s.out = same ? s.size * s.stride : 0;
	s.out = entry(node, "output_shape", &shape, n, i, 1, s.out);
	cut = whole - s.out;
	/* Halves; what is left over is cut off before, or after for upper. */
	s.before = upper ? cut >> 1 : cut - (cut >> 1);
	if (s.before < 0)
		lw_onnx_refuse(node, "its output reaches %lld before its input",
			       (long long)-s.before);
	return s;
}

typedef struct slide (*read_fn)(struct onnx_node *node, uint32_t size,
				uint32_t kernel, uint32_t n, uint32_t i);

/* Along both axes, or along the width of a line. */
static int read_window(struct onnx_node *node, const struct onnx_value *in,
		       uint32_t kh, uint32_t kw, read_fn read,
		       struct lw_window *window, uint32_t size[2])
{
	struct slide h = { 1, 1, 1, 1, 0, 0, in->value->h }, w;
	uint32_t n = in->shape.n - 2;

	if (n == 2)
		h = read(node, in->value->h, kh, n, 0);
	w = read(node, in->value->w, kw, n, n - 1);
	if (h.out < 1 || w.out < 1 || h.out > LW_MAX_DIM || w.out > LW_MAX_DIM)
		lw_onnx_refuse(node, "an output of %lld x %lld, expected 1 to %d",
			       (long long)h.out, (long long)w.out, LW_MAX_DIM);
	if (node->status)
		return node->status;
	*window = (struct lw_window){
		.kernel_h = h.kernel,
		.kernel_w = w.kernel,
		.stride_h = h.stride,
		.stride_w = w.stride,
		.dilation_h = h.dilation,
		.dilation_w = w.dilation,
		.pad_top = h.before,
		.pad_left = w.before,
		.pad_bottom = h.after,
		.pad_right = w.after,
	};
	size[0] = h.out;
	size[1] = w.out;
	return 0;
}

int lw_onnx_window(struct onnx_node *node, const struct onnx_value *in,
		   uint32_t kh, uint32_t kw, struct lw_window *window,
		   uint32_t size[2])
{
	return read_window(node, in, kh, kw, read_slide, window, size);
}

int lw_onnx_transposed_window(struct onnx_node *node,
			      const struct onnx_value *in, uint32_t kh,
			      uint32_t kw, struct lw_window *window,
			      uint32_t size[2])
{
	return read_window(node, in, kh, kw, read_transposed, window, size);
}

const int8_t *lw_onnx_image_axes(uint32_t n_dims)
{
	static const int8_t line[] = { ONNX_H, ONNX_C, ONNX_W };
	static const int8_t image[] = { ONNX_UNIT, ONNX_C, ONNX_H, ONNX_W };

	return n_dims == 3 ? line : image;
}

struct onnx_value *lw_onnx_image(struct onnx_node *node,
				 const struct onnx_value *in)
{
	if (node->status || !in)
		return NULL;
	if (in->shape.n != 3 && in->shape.n != 4)
		lw_onnx_refuse(node, "input of %u dimensions, expected 3 or 4",
			       in->shape.n);
	else if (in->shape.n == 4 && in->shape.dim[0] != 1)
		lw_onnx_refuse(node, "a batch of %u images, expected 1",
			       in->shape.dim[0]);
	if (node->status)
		return NULL;
	return lw_onnx_lay(node, in, lw_onnx_image_axes(in->shape.n));
}

struct onnx_value *lw_onnx_new_image(struct onnx_node *node,
				     const struct onnx_value *in, uint32_t c,
				     const uint32_t size[2])
{
	struct onnx_shape shape;

	if (node->status || !in)
		return NULL;
	shape = in->shape;
	shape.dim[1] = c;
	if (shape.n == 4)
		shape.dim[2] = size[0];
	shape.dim[shape.n - 1] = size[1];
	return lw_onnx_new(node, &shape, lw_onnx_image_axes(shape.n));
}
