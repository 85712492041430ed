// SPDX-License-Identifier: MIT
/*
 * Kernels, strides, dilations and padding that are too long for the operation,
 * as those of a spectrogram. Several taps of a kernel become channels, each
 * group of them one tap of a shorter kernel.
 */
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "graph_private.h"

/**
 * struct wide - such a convolution along one axis, and what becomes of it
 * @along_h: rows, else columns
 * @size: rows or columns of the image
 * @pad: before it
 * @taps: old ones in a new one
 * @step: rows or columns from one group of taps to the next
 * @n: groups that are made
 * @kernel: the new one, in groups
 * @stride: in groups
 * @dilation: in groups
 * @spread: rows or columns from one old tap to the next
 */
struct wide {
	bool along_h;
	uint32_t size, pad, taps, step, n, kernel, stride, dilation, spread;
};

static bool is_long(uint32_t n)
{
	return n > LW_MAX_KERNEL;
}

/*
 * Taps for which @wide has the old kernel: a stride's, which are read once; or
 * as few as a kernel needs; or all of it.
 */
static void choose(struct wide *wide)
{
	uint32_t kernel = wide->kernel, fewest = kernel / LW_MAX_KERNEL + 1;

	if (wide->spread == 1 && wide->stride > 1 && wide->stride < kernel &&
	    !is_long((kernel - 1) / wide->stride + 1)) {
		wide->step = wide->stride;
		wide->taps = wide->stride;
	} else if (!is_long(wide->stride) &&
		   fewest <= LW_MAX_KERNEL / wide->spread) {
		wide->step = 1;
		wide->taps = fewest;
	} else {
		wide->step = wide->stride;
		wide->taps = kernel;
	}
	wide->kernel = (kernel - 1) / wide->taps + 1;
	wide->stride /= wide->step;
	wide->dilation = wide->kernel == 1 ? 1 :
		wide->taps * wide->spread / wide->step;
}

/* Rows or columns that are read, with those of the padding. */
static uint64_t reach(const struct wide *wide)
{
	return ((uint64_t)wide->n - 1) * wide->step +
	       ((uint64_t)wide->taps - 1) * wide->spread + 1;
}

static bool measure(const struct lw_node *node, bool along_h,
		    struct wide *wide)
{
	const struct lw_window *w = &node->window;
	const struct lw_value *in = node->in[0];
	uint32_t out = along_h ? node->out->h : node->out->w;
	uint64_t n, channels, others = along_h ? in->w : in->h;

	*wide = (struct wide){
		.along_h = along_h,
		.size = along_h ? in->h : in->w,
		.pad = along_h ? w->pad_top : w->pad_left,
		.kernel = along_h ? w->kernel_h : w->kernel_w,
		.stride = along_h ? w->stride_h : w->stride_w,
		.spread = along_h ? w->dilation_h : w->dilation_w,
	};
	if (!is_long(wide->kernel) && !is_long(wide->pad) &&
	    !is_long(wide->stride) && !is_long(wide->spread))
		return false;
	choose(wide);
	n = ((uint64_t)out - 1) * wide->stride +
	    ((uint64_t)wide->kernel - 1) * wide->dilation + 1;
	channels = (uint64_t)in->c * wide->taps;
	if (n > LW_MAX_DIM || channels > LW_MAX_DIM ||
	    n * channels > LW_MAX_ELEMENTS / others)
		return false;
	wide->n = n;
	return reach(wide) <= LW_MAX_DIM && reach(wide) > wide->pad;
}

/* Weight (kh, kw, i) of the old kernel, in the new one. */
static size_t place(const struct wide *wide, const struct lw_weights *to,
		    uint32_t kh, uint32_t kw, uint32_t i)
{
	uint32_t at = wide->along_h ? kh : kw;
	uint32_t channels = to->i / wide->taps;

	*(wide->along_h ? &kh : &kw) = at / wide->taps;
	return ((size_t)kh * to->kw + kw) * to->i +
	       at % wide->taps * channels + i;
}

static void copy_weights(const struct wide *wide, const struct lw_weights *from,
			 struct lw_weights *to)
{
	size_t per = (size_t)to->kh * to->kw * to->i, k = 0, at;
	uint32_t o, kh, kw, i;

	for (o = 0; o < from->o; o++)
		for (kh = 0; kh < from->kh; kh++)
			for (kw = 0; kw < from->kw; kw++)
				for (i = 0; i < from->i; i++, k++) {
					at = o * per +
					     place(wide, to, kh, kw, i);
					to->real[at] = from->real[k];
					if (to->q)
						to->q[at] = from->q[k];
				}
}

static int replace_weights(const struct wide *wide, struct lw_node *node)
{
	struct lw_weights *old = node->weights, *made;

	made = lw_weights_new(old->o, wide->along_h ? wide->kernel : old->kh,
			      wide->along_h ? old->kw : wide->kernel,
			      old->i * wide->taps, false);
	if (!made)
		return -ENOMEM;
	if (old->q) {
		made->q = calloc((size_t)made->o * made->kh * made->kw,
				 made->i);
		if (!made->q) {
			lw_weights_free(made);
			return -ENOMEM;
		}
	}
	copy_weights(wide, old, made);
	made->scale = old->scale;
	made->bias = old->bias;
	made->bias_q = old->bias_q;
	old->scale = old->bias = NULL;
	old->bias_q = NULL;
	lw_weights_free(old);
	node->weights = made;
	return 0;
}

/* A node before @node that makes what this reads from now on. */
static struct lw_node *insert(struct lw_graph *graph, struct lw_node *node,
			      enum lw_node_kind kind, uint32_t h, uint32_t w,
			      uint32_t c)
{
	struct lw_value *in = node->in[0];
	struct lw_value *out = lw_graph_value(graph, in->name, h, w, c);
	struct lw_node *made;

	if (!out)
		return NULL;
	lw_fold_take_scale(out, in);
	made = lw_graph_node(graph, kind, node->name, &in, 1, out);
	if (!made)
		return NULL;
	lw_fold_move_before(graph, node);
	node->in[0] = out;
	return made;
}

static int insert_along(struct lw_graph *graph, struct lw_node *node,
			const struct wide *wide, enum lw_node_kind kind,
			uint32_t size, struct lw_node **made)
{
	const struct lw_value *in = node->in[0];

	*made = insert(graph, node, kind, wide->along_h ? size : in->h,
		       wide->along_h ? in->w : size, in->c);
	return *made ? 0 : -ENOMEM;
}

/* The image becomes what is read of it, with its padding. */
static int fit(struct lw_graph *graph, struct lw_node *node,
	       const struct wide *wide)
{
	uint32_t want = reach(wide), size = wide->size;
	struct lw_window *w;
	struct lw_node *made;

	if (size > want - wide->pad) {
		size = want - wide->pad;
		if (insert_along(graph, node, wide, LW_NODE_SLICE, size, &made))
			return -ENOMEM;
	}
	if (size == want)
		return 0;
	if (insert_along(graph, node, wide, LW_NODE_PAD, want, &made))
		return -ENOMEM;
	w = &made->window;
	*(wide->along_h ? &w->pad_top : &w->pad_left) = wide->pad;
	*(wide->along_h ? &w->pad_bottom : &w->pad_right) =
		want - size - wide->pad;
	return 0;
}

/* Then taps become channels; where groups of them overlap, they are repeated. */
static int gather(struct lw_graph *graph, struct lw_node *node,
		  const struct wide *wide)
{
	const struct lw_value *in = node->in[0];
	uint32_t c = in->c, row = in->w * c;
	const uint32_t size[] = {
		wide->along_h ? wide->n : in->h,
		wide->along_h ? in->w : wide->n, wide->taps, c,
	};
	const uint32_t stride[] = {
		wide->along_h ? wide->step * row : row,
		wide->along_h ? c : wide->step * c,
		wide->spread * (wide->along_h ? row : c), 1,
	};
	struct lw_node *made = insert(graph, node, LW_NODE_REORDER, size[0],
				      size[1], wide->taps * c);

	if (!made)
		return -ENOMEM;
	made->n_sizes = 4;
	memcpy(made->size, size, sizeof(size));
	memcpy(made->stride, stride, sizeof(stride));
	return 0;
}

static void set_window(struct lw_window *w, const struct wide *wide)
{
	if (wide->along_h) {
		w->kernel_h = wide->kernel;
		w->stride_h = wide->stride;
		w->dilation_h = wide->dilation;
		w->pad_top = w->pad_bottom = 0;
	} else {
		w->kernel_w = wide->kernel;
		w->stride_w = wide->stride;
		w->dilation_w = wide->dilation;
		w->pad_left = w->pad_right = 0;
	}
}

int lw_fold_window(struct lw_folding *folding, struct lw_node *node)
{
	struct lw_graph *graph = folding->graph;
	struct wide wide;

	if (node->kind != LW_NODE_CONV || node->groups != 1 ||
	    graph->n_nodes + 3 > LW_MAX_NODES ||
	    (!measure(node, true, &wide) && !measure(node, false, &wide)))
		return 0;
	if (fit(graph, node, &wide) || gather(graph, node, &wide) ||
	    replace_weights(&wide, node))
		return -ENOMEM;
	set_window(&node->window, &wide);
	return 1;
}
