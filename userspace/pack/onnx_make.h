/* SPDX-License-Identifier: MIT */
/*
 * What the ONNX importer's operators are made of: views of activations, and
 * nodes that make new ones. Functions that return a value return NULL once
 * something was refused, and pass on the NULL that they are given, so that
 * only the last result needs a look.
 */
#ifndef LW_ONNX_MAKE_H
#define LW_ONNX_MAKE_H

#include "onnx_import.h"

/**
 * struct onnx_view - a value that is no name of the model
 * @next: all of an import
 * @value: it
 * @of: what lw_onnx_lay() moved the numbers of, else NULL
 * @from: its shape then
 * @rounded: and whether it was
 */
struct onnx_view {
	struct onnx_view *next;
	struct onnx_value value;
	const struct lw_value *of;
	struct onnx_shape from;
	bool rounded;
};

void lw_onnx_views_free(struct onnx_view *views);

/* onnx_view.c: the same numbers in other dimensions, without a node. */

/* Numbers of a shape; UINT64_MAX if they are more than that. */
uint64_t lw_onnx_count(const struct onnx_shape *shape);
/*
 * Factors of an activation whose dimensions lie along these axes, one
 * ONNX_… for each dimension, in their order; @size gets its h, w and c. False
 * if a size is out of range.
 */
bool lw_onnx_place(struct onnx_shape *shape, const int8_t *axis,
		   uint32_t size[3]);
/* Whether the numbers of a value lie as lw_onnx_place() would have it. */
bool lw_onnx_lies(const struct onnx_value *in, const int8_t *axis);
/*
 * The axis of each dimension, ONNX_UNIT where it is 1; false if a dimension
 * lies along several or dimensions along one are in another order.
 */
bool lw_onnx_axes(const struct onnx_value *in, int8_t *axis);
/* Axes for dimensions in their order: the last is c, the one before it w. */
void lw_onnx_axes_last(const struct onnx_shape *shape, int8_t *axis);

/* A value that stands for another, in another shape. */
struct onnx_value *lw_onnx_view(struct onnx_node *node,
				const struct onnx_value *in,
				const struct onnx_shape *shape);
struct onnx_value *lw_onnx_permute(struct onnx_node *node,
				   const struct onnx_value *in,
				   const uint32_t *perm);
/* Reshape: the numbers in their order in other dimensions. */
struct onnx_value *lw_onnx_regroup(struct onnx_node *node,
				   const struct onnx_value *in,
				   const struct onnx_shape *shape);
/* Broadcasts to dimensions that must fit. */
struct onnx_value *lw_onnx_expand(struct onnx_node *node,
				  const struct onnx_value *in,
				  const struct onnx_shape *shape);

/* onnx_lay.c */

/*
 * The value, or one with its numbers moved, so that its dimensions lie along
 * these axes, in their order.
 */
struct onnx_value *lw_onnx_lay(struct onnx_node *node,
			       const struct onnx_value *in,
			       const int8_t *axis);
/* Whether its dimensions, in their order, are those of h x w x c, or c x h x w. */
bool lw_onnx_is_ordered(const struct onnx_value *in, bool *channels_first);
/*
 * The value with @dim along w; the dimensions behind it along c, as many as fit
 * there; others along h.
 */
struct onnx_value *lw_onnx_lay_around(struct onnx_node *node,
				      const struct onnx_value *in,
				      uint32_t dim);
/*
 * The value with the marked dimensions, and no others, along c. @over may be
 * all false: then c is 1.
 */
struct onnx_value *lw_onnx_lay_over(struct onnx_node *node,
				    const struct onnx_value *in,
				    const bool *over);

/* onnx_make.c: nodes. */

/* A new activation along these axes. */
struct onnx_value *lw_onnx_new(struct onnx_node *node,
			       const struct onnx_shape *shape,
			       const int8_t *axis);
/* A new activation whose numbers lie as those of another. */
struct onnx_value *lw_onnx_new_like(struct onnx_node *node,
				    const struct onnx_value *in);
/* Adds a node to the graph; NULL on failure. */
struct lw_node *lw_onnx_emit(struct onnx_node *node, enum lw_node_kind kind,
			     const struct onnx_value *in,
			     struct onnx_value *out);
struct lw_node *lw_onnx_emit_many(struct onnx_node *node,
				  enum lw_node_kind kind,
				  const struct onnx_value *const *in,
				  uint32_t n_in, struct onnx_value *out);
/* A node that only moves numbers: its output has its input's scale. */
void lw_onnx_same_scale(struct onnx_value *out, const struct onnx_value *in);
/* A node of whose bytes, if it reads bytes, onnxruntime has its own rule. */
void lw_onnx_set_rule(struct lw_node *made, enum lw_rule rule);
/* Whether two values have one scale and zero point. */
bool lw_onnx_one_scale(const struct onnx_value *a, const struct onnx_value *b);

/* A function of each number. */
struct onnx_value *lw_onnx_unary(struct onnx_node *node,
				 const struct onnx_value *in,
				 enum lw_unary_kind kind, float alpha,
				 float beta);
struct onnx_value *lw_onnx_clamp(struct onnx_node *node,
				 const struct onnx_value *in, float lo,
				 float hi);
/* in x factor + offset */
struct onnx_value *lw_onnx_scale(struct onnx_node *node,
				 const struct onnx_value *in, float factor,
				 float offset);
struct onnx_value *lw_onnx_add(struct onnx_node *node,
			       const struct onnx_value *a,
			       const struct onnx_value *b);
struct onnx_value *lw_onnx_sub(struct onnx_node *node,
			       const struct onnx_value *a,
			       const struct onnx_value *b);
struct onnx_value *lw_onnx_mul(struct onnx_node *node,
			       const struct onnx_value *a,
			       const struct onnx_value *b);

/* onnx_arith.c */

/* A function of each number whose parameter has numbers of the shape. */
struct onnx_value *lw_onnx_unary_of(struct onnx_node *node,
				    const struct onnx_value *in,
				    enum lw_unary_kind kind,
				    const struct onnx_shape *shape,
				    const float *alpha);
/* Joins an activation with one or a constant. */
typedef struct onnx_value *(*onnx_join_fn)(struct onnx_node *node,
					   const struct onnx_value *a,
					   const struct onnx_value *b);
/* All inputs joined, the first activation with one after the other. */
const struct onnx_value *lw_onnx_all_inputs(struct onnx_node *node,
					    onnx_join_fn join);

/* onnx_matmul.c: of matrices, the last two dimensions; batches before them. */
struct onnx_value *lw_onnx_product(struct onnx_node *node,
				   const struct onnx_value *a,
				   const struct onnx_value *b);

/* onnx_hold.c */

/* A constant of real numbers as an activation: a node that gives it. */
struct onnx_value *lw_onnx_hold(struct onnx_node *node,
				const struct onnx_value *constant);
/* Input @i, of real numbers: an activation, or a constant as one. */
const struct onnx_value *lw_onnx_held(struct onnx_node *node, uint32_t i);

/* onnx_broadcast.c */

/* Dimensions of the result of operands of these; false if they do not fit. */
bool lw_onnx_broadcast(const struct onnx_shape *a, const struct onnx_shape *b,
		       struct onnx_shape *out);

/**
 * struct onnx_pair - two activations, ready for a node that broadcasts
 * @in: they
 * @out: an activation for the result
 */
struct onnx_pair {
	const struct onnx_value *in[2];
	struct onnx_value *out;
};

/* Lays two activations along the same axes, each of which is 1 or equal. */
int lw_onnx_pair(struct onnx_node *node, const struct onnx_value *a,
		 const struct onnx_value *b, struct onnx_pair *pair);

/**
 * struct onnx_channelwise - an activation, and a constant that varies along
 * its channels only
 * @in: the activation
 * @n: channels
 * @at: [n] index of each channel's number in the constant; free()
 */
struct onnx_channelwise {
	struct onnx_value *in;
	uint32_t n;
	uint32_t *at;
};

/*
 * Whether a constant is best applied by channel: it varies along one dimension
 * at most, or only along dimensions that are channels already. Others are
 * activations, see lw_onnx_hold().
 */
bool lw_onnx_is_channelwise(const struct onnx_value *in,
			    const struct onnx_shape *constant);
/* Lays an activation so that a constant's dimensions are channels. */
int lw_onnx_channelwise(struct onnx_node *node, const struct onnx_value *in,
			const struct onnx_shape *constant,
			struct onnx_channelwise *wise);
/* in x factor + offset; each is NULL or has numbers of the shape. */
struct onnx_value *lw_onnx_affine(struct onnx_node *node,
				  const struct onnx_value *in,
				  const struct onnx_shape *shape,
				  const float *factor, const float *offset);

/* onnx_reduce.c */

/* Over the marked dimensions, which stay, of size 1. */
struct onnx_value *lw_onnx_mean(struct onnx_node *node,
				const struct onnx_value *in,
				const bool *over);
struct onnx_value *lw_onnx_sum(struct onnx_node *node,
			       const struct onnx_value *in, const bool *over);
struct onnx_value *lw_onnx_max(struct onnx_node *node,
			       const struct onnx_value *in, const bool *over);

/* A function after which bytes of the same scale are exact: NEG, ABS. */
struct onnx_value *lw_onnx_exact(struct onnx_node *node,
				 const struct onnx_value *in,
				 enum lw_unary_kind kind);

/* onnx_pick.c: parts along dimensions. */

/*
 * The axes of a value's dimensions, if each that is marked has one of its own
 * (other than c, unless @channels); one of size 1 gets one that is free.
 */
bool lw_onnx_own_axes(const struct onnx_value *in, const bool *marked,
		      bool channels, int8_t *axis);
/* Makes a node that works along the marked dimensions, each on its own axis. */
typedef struct onnx_value *(*onnx_along_fn)(struct onnx_node *node,
					    const struct onnx_value *in,
					    const int8_t *axis,
					    const bool *marked,
					    const void *data);
/* One such node, or one for each dimension where they share axes. */
struct onnx_value *lw_onnx_along(struct onnx_node *node,
				 const struct onnx_value *in,
				 const bool *marked, bool channels,
				 onnx_along_fn emit, const void *data);
/* A part of each dimension: start, step above 0, how many. */
struct onnx_value *lw_onnx_slice(struct onnx_node *node,
				 const struct onnx_value *in,
				 const struct onnx_range *range);

/**
 * struct onnx_picks - places along dimensions
 * @at: by dimension: [n] where in the input each is, 0 to its last; between
 *	two, linear; NULL: the dimension stays
 * @n: how many
 * @whole: none is between two
 */
struct onnx_picks {
	float *at[ONNX_MAX_DIMS];
	uint32_t n[ONNX_MAX_DIMS];
	bool whole;
};

struct onnx_value *lw_onnx_pick(struct onnx_node *node,
				const struct onnx_value *in,
				const struct onnx_picks *picks);
/* Room for the places along a dimension; false when memory is short. */
bool lw_onnx_pick_room(struct onnx_node *node, struct onnx_picks *picks,
		       uint32_t dim, uint32_t n);
void lw_onnx_picks_free(struct onnx_picks *picks);

/* onnx_quant.c */

/*
 * Input @i, bytes, as real numbers; its scale and zero point are inputs @scale
 * and @scale + 1, of a constant one for each place along @axis or one for all.
 */
struct onnx_value *lw_onnx_dequantise(struct onnx_node *node, uint32_t i,
				      uint32_t scale, int64_t axis);
/* The bias of a product of two, input @i, in the product of their scales. */
struct onnx_value *lw_onnx_dequantise_bias(struct onnx_node *node, uint32_t i,
					   const struct onnx_value *a,
					   const struct onnx_value *b);
/* Output @i is a value as bytes; see above for @scale. */
int lw_onnx_quantise(struct onnx_node *node, uint32_t i,
		     const struct onnx_value *value, uint32_t scale);

/* onnx_test.c: what an If may depend on. */

/* Whether input @i is a test of this kind. */
bool lw_onnx_is_test(const struct onnx_node *node, uint32_t i,
		     enum onnx_test test);
/* Output @i becomes numbers of TopK, input 0, from one of them on. */
int lw_onnx_test_part(struct onnx_node *node, uint32_t i, int64_t first,
		      const struct onnx_shape *shape);
/* Input 0 less input 1, of which one is a test. */
int lw_onnx_test_margin(struct onnx_node *node);

/* onnx_where.c: conditions of many numbers. */

/*
 * Output 0: where the difference of inputs 0 and 1 has this sign, or is 0;
 * @invert: where not.
 */
int lw_onnx_compare(struct onnx_node *node, float sign, bool invert);
/* Where a number is not 0. */
struct onnx_value *lw_onnx_truth(struct onnx_node *node,
				 const struct onnx_value *in);
/* Output 0: where input 0 is not. */
int lw_onnx_negate(struct onnx_node *node);

/* onnx_window.c: convolution's and pooling's attributes. */

/*
 * An image [1, c, h, w], or lines [n, c, w], laid as h x w x c or n x w x c;
 * anything else is refused.
 */
struct onnx_value *lw_onnx_image(struct onnx_node *node,
				 const struct onnx_value *in);
/*
 * Runs a node whose input 0 is a batch of images once for each, and gives the
 * results together. What @run reads as input 0 is one image.
 */
int lw_onnx_each_image(struct onnx_node *node,
		       int (*run)(struct onnx_node *node));
/*
 * Reads kernel, strides, … of a node on an image; a convolution's kernel is
 * kh x kw, which 0 leaves to the attribute. @size gets the output's h and w.
 */
int lw_onnx_window(struct onnx_node *node, const struct onnx_value *in,
		   uint32_t kh, uint32_t kw, struct lw_window *window,
		   uint32_t size[2]);
/* The same of a transposed convolution: the pads are cut off the output. */
int lw_onnx_transposed_window(struct onnx_node *node,
			      const struct onnx_value *in, uint32_t kh,
			      uint32_t kw, struct lw_window *window,
			      uint32_t size[2]);
/* Axes of [n, c, w] or [1, c, h, w]. */
const int8_t *lw_onnx_image_axes(uint32_t n_dims);
/* A new image with other channels, h and w. */
struct onnx_value *lw_onnx_new_image(struct onnx_node *node,
				     const struct onnx_value *in, uint32_t c,
				     const uint32_t size[2]);

#endif /* LW_ONNX_MAKE_H */
