// SPDX-License-Identifier: MIT
/* The interpreter's nodes with a window: convolutions and pooling. */
#include <cblas.h>
#include <string.h>

#include "interpreter.h"

/* Patches are made for as many output pixels as fit into this many floats. */
#define PATCH_FLOATS (1u << 17)

/* Taps of a window that lie inside the image, along one axis. */
struct taps {
	int64_t origin;
	uint32_t begin, end;
};

static struct taps find_taps(uint32_t at, uint32_t size, uint32_t kernel,
			     uint32_t stride, uint32_t dilation, uint32_t pad)
{
	struct taps taps = { .origin = (int64_t)at * stride - pad };
	int64_t d = dilation;
	int64_t begin = taps.origin < 0 ? (-taps.origin + d - 1) / d : 0;
	int64_t end = taps.origin >= size ? 0 :
		      (size - taps.origin + d - 1) / d;

	taps.begin = begin < kernel ? begin : kernel;
	taps.end = end < kernel ? end : kernel;
	if (taps.end < taps.begin)
		taps.end = taps.begin;
	return taps;
}

static struct taps row_taps(const struct lw_node *node, uint32_t y)
{
	const struct lw_window *w = &node->window;

	return find_taps(y, node->in[0]->h, w->kernel_h, w->stride_h,
			 w->dilation_h, w->pad_top);
}

static struct taps column_taps(const struct lw_node *node, uint32_t x)
{
	const struct lw_window *w = &node->window;

	return find_taps(x, node->in[0]->w, w->kernel_w, w->stride_w,
			 w->dilation_w, w->pad_left);
}

/* All channels of the pixel under a tap. */
static const float *pixel(const struct lw_node *node, const float *in,
			  const struct taps *row, uint32_t ky,
			  const struct taps *column, uint32_t kx)
{
	int64_t y = row->origin + (int64_t)ky * node->window.dilation_h;
	int64_t x = column->origin + (int64_t)kx * node->window.dilation_w;

	return in + (y * node->in[0]->w + x) * node->in[0]->c;
}

static size_t patch_size(const struct lw_node *node)
{
	const struct lw_weights *w = node->weights;

	return (size_t)w->kh * w->kw * w->i;
}

/* Each output pixel reads one input pixel, in the same order. */
static bool is_pointwise(const struct lw_node *node)
{
	const struct lw_window *w = &node->window;

	return w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 &&
	       w->stride_w == 1 && !w->pad_top && !w->pad_left &&
	       !w->pad_bottom && !w->pad_right;
}

size_t lw_conv_scratch(const struct lw_node *node)
{
	size_t patch = patch_size(node);

	if (is_pointwise(node))
		return 0;
	return patch > PATCH_FLOATS ? patch : PATCH_FLOATS;
}

static void make_patch(const struct lw_node *node, const float *in,
		       uint32_t group, size_t at, float *patch)
{
	const struct lw_weights *w = node->weights;
	struct taps row = row_taps(node, at / node->out->w);
	struct taps column = column_taps(node, at % node->out->w);
	uint32_t ky, kx;

	memset(patch, 0, patch_size(node) * sizeof(*patch));
	for (ky = row.begin; ky < row.end; ky++)
		for (kx = column.begin; kx < column.end; kx++)
			memcpy(patch + ((size_t)ky * w->kw + kx) * w->i,
			       pixel(node, in, &row, ky, &column, kx) +
			       (size_t)group * w->i, w->i * sizeof(*patch));
}

/* out[n][outputs of the group] += patches x weights, transposed. */
static void multiply(const struct lw_node *node, uint32_t group, size_t n,
		     const float *patches, size_t pitch, float *out)
{
	const struct lw_weights *w = node->weights;
	size_t depth = patch_size(node);
	uint32_t o = w->o / node->groups;

	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, o, depth, 1,
		    patches, pitch, w->real + group * o * depth, depth, 1,
		    out + group * o, node->out->c);
}

static void run_group(const struct lw_interpreter *interpreter,
		      const struct lw_node *node, uint32_t group)
{
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	size_t depth = patch_size(node);
	size_t tile = interpreter->scratch_size / depth;
	size_t n = (size_t)node->out->h * node->out->w;
	size_t at, i, m;

	if (is_pointwise(node)) {
		multiply(node, group, n, in + (size_t)group * node->weights->i,
			 node->in[0]->c, out);
		return;
	}
	for (at = 0; at < n; at += m) {
		m = n - at < tile ? n - at : tile;
		for (i = 0; i < m; i++)
			make_patch(node, in, group, at + i,
				   interpreter->scratch + i * depth);
		multiply(node, group, m, interpreter->scratch, depth,
			 out + at * node->out->c);
	}
}

void lw_start_at_bias(const struct lw_node *node, float *out)
{
	const float *bias = node->weights->bias;
	size_t n = (size_t)node->out->h * node->out->w;
	uint32_t c = node->out->c;
	size_t i;

	if (!bias) {
		memset(out, 0, n * c * sizeof(*out));
		return;
	}
	for (i = 0; i < n; i++)
		memcpy(out + i * c, bias, c * sizeof(*out));
}

void lw_run_conv(const struct lw_interpreter *interpreter,
		 const struct lw_node *node)
{
	uint32_t group;

	lw_start_at_bias(node, lw_interpreter_out(interpreter, node));
	for (group = 0; group < node->groups; group++)
		run_group(interpreter, node, group);
}

size_t lw_dwconv_scratch(const struct lw_node *node)
{
	return patch_size(node) * node->weights->o;
}

/* [c][kh][kw] to [kh][kw][c], so that channels are the inner loop. */
static void transpose(const struct lw_weights *w, float *to)
{
	size_t taps = (size_t)w->kh * w->kw;
	size_t c, t;

	for (c = 0; c < w->o; c++)
		for (t = 0; t < taps; t++)
			to[t * w->o + c] = w->real[c * taps + t];
}

void lw_run_dwconv(const struct lw_interpreter *interpreter,
		   const struct lw_node *node)
{
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	const float *tap, *from;
	uint32_t y, x, ky, kx, i, c = node->out->c;
	struct taps row, column;

	transpose(node->weights, interpreter->scratch);
	lw_start_at_bias(node, out);
	for (y = 0; y < node->out->h; y++) {
		row = row_taps(node, y);
		for (x = 0; x < node->out->w; x++, out += c) {
			column = column_taps(node, x);
			for (ky = row.begin; ky < row.end; ky++)
				for (kx = column.begin; kx < column.end; kx++) {
					from = pixel(node, in, &row, ky,
						     &column, kx);
					tap = interpreter->scratch +
					      ((size_t)ky *
					       node->window.kernel_w + kx) * c;
					for (i = 0; i < c; i++)
						out[i] += tap[i] * from[i];
				}
		}
	}
}

static void pool_pixel(const struct lw_node *node, const float *in,
		       const struct taps *row, const struct taps *column,
		       float *out)
{
	uint32_t ky, kx, i, c = node->out->c;
	bool max = node->pool == LW_POOL_MAX;
	const float *from;

	for (i = 0; i < c; i++)
		out[i] = max ? -INFINITY : 0;
	for (ky = row->begin; ky < row->end; ky++)
		for (kx = column->begin; kx < column->end; kx++) {
			from = pixel(node, in, row, ky, column, kx);
			if (max)
				for (i = 0; i < c; i++)
					out[i] = fmaxf(out[i], from[i]);
			else
				for (i = 0; i < c; i++)
					out[i] += from[i];
		}
}

void lw_run_pool(const struct lw_interpreter *interpreter,
		 const struct lw_node *node)
{
	const struct lw_window *w = &node->window;
	const float *in = lw_interpreter_in(interpreter, node, 0);
	float *out = lw_interpreter_out(interpreter, node);
	uint32_t y, x, i, c = node->out->c;
	struct taps row, column;
	float area;

	for (y = 0; y < node->out->h; y++) {
		row = row_taps(node, y);
		for (x = 0; x < node->out->w; x++, out += c) {
			column = column_taps(node, x);
			pool_pixel(node, in, &row, &column, out);
			if (node->pool == LW_POOL_MAX)
				continue;
			area = node->count_pad ?
			       (float)w->kernel_h * w->kernel_w :
			       (float)(row.end - row.begin) *
			       (column.end - column.begin);
			for (i = 0; i < c; i++)
				out[i] /= area;
		}
	}
}
