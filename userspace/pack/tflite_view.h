/* SPDX-License-Identifier: MIT */
/*
 * Nodes know h, w and c; a tensor may have more dimensions. Values in other
 * shapes and orders, and nodes that the importer makes up for itself.
 */
#ifndef LW_TFLITE_VIEW_H
#define LW_TFLITE_VIEW_H

#include "tflite_import.h"

/** lw_tflite_reorder() - a REORDER node */
int lw_tflite_reorder(struct lw_tflite_op *op, struct lw_value *in,
		      struct lw_value *out, uint32_t n, const uint32_t *size,
		      const uint32_t *stride);

/** lw_tflite_view() - a value's numbers in another shape, or the value itself */
int lw_tflite_view(struct lw_tflite_op *op, struct lw_value *in,
		   const uint32_t hwc[3], struct lw_value **view);

/**
 * struct lw_tflite_order - a new order of a value's elements
 * @n: dimensions that the result's elements are counted in, the last fastest
 * @size: their sizes
 * @stride: elements of the source from one to the next
 */
struct lw_tflite_order {
	uint32_t n;
	uint32_t size[2 * LW_TFLITE_MAX_DIMS];
	uint32_t stride[2 * LW_TFLITE_MAX_DIMS];
};

/** lw_tflite_arrange() - a value in another order, with dimensions @dims */
int lw_tflite_arrange(struct lw_tflite_op *op, struct lw_value **value,
		      const struct lw_tflite_dims *dims,
		      const struct lw_tflite_order *order);

/** lw_tflite_repeat() - repeat dimensions of 1 to those of @out */
int lw_tflite_repeat(struct lw_tflite_op *op, struct lw_value **value,
		     const struct lw_tflite_dims *dims,
		     const struct lw_tflite_dims *out);

/**
 * lw_tflite_deliver() - let a tensor, an output, stand for a value's numbers
 * In their order; its shape may be another, but not its quantisation.
 */
int lw_tflite_deliver(struct lw_tflite_op *op, struct lw_value *value,
		      struct lw_tflite_tensor *tensor);

/** lw_tflite_axis_in() - which of h, w, c a dimension is; false: none */
bool lw_tflite_axis_in(const struct lw_tflite_dims *dims, uint32_t axis,
		       enum lw_axis *result);

/** lw_tflite_around() - the dimension as w, those before it h, those after c */
void lw_tflite_around(const struct lw_tflite_dims *dims, uint32_t axis,
		      uint32_t hwc[3]);

/** lw_tflite_expose() - a view in which a dimension is one of h, w, c */
int lw_tflite_expose(struct lw_tflite_op *op, struct lw_value *in,
		     const struct lw_tflite_dims *dims, uint32_t axis,
		     struct lw_value **view, enum lw_axis *at);

/**
 * lw_tflite_pick() - elements of a dimension, by their numbers
 * @value: what is read; gets the result
 * @dims: its dimensions, which become the result's
 * @axis: which one
 * @list: [n] each below its size
 */
int lw_tflite_pick(struct lw_tflite_op *op, struct lw_value **value,
		   struct lw_tflite_dims *dims, uint32_t axis,
		   const uint32_t *list, uint32_t n);

/** lw_tflite_pick_run() - the same of @start, @start + @step, … */
int lw_tflite_pick_run(struct lw_tflite_op *op, struct lw_value **value,
		       struct lw_tflite_dims *dims, uint32_t axis,
		       int64_t start, int64_t step, uint32_t n);

/** lw_tflite_resize_node() - a RESIZE node whose positions are 0, 1, … */
int lw_tflite_resize_node(struct lw_tflite_op *op, struct lw_value *in,
			  struct lw_value *out, struct lw_node **node);

/**
 * lw_tflite_pad_dims() - a value padded
 * @value: gets the result
 * @dims: its dimensions, which become the result's
 * @pads: [2 dims.n] before and after each
 */
int lw_tflite_pad_dims(struct lw_tflite_op *op, struct lw_value **value,
		       struct lw_tflite_dims *dims, const int64_t *pads,
		       float fill);

/** lw_tflite_own_weights() - zeros, of scale 1; NULL: no memory */
struct lw_weights *lw_tflite_own_weights(uint32_t o, uint32_t kh, uint32_t kw,
					 uint32_t i);

/**
 * lw_tflite_add_own() - a convolution with such weights, which it takes over
 * @groups: 0: depthwise
 */
int lw_tflite_add_own(struct lw_tflite_op *op, struct lw_value *in,
		      struct lw_value *out, struct lw_weights *weights,
		      uint32_t groups);

/**
 * lw_tflite_sum() - sums over windows, times a factor
 * A window is as much of @in as falls to a row and column of @out, all
 * channels if @out has one, else each channel by itself.
 */
int lw_tflite_sum(struct lw_tflite_op *op, struct lw_value *in,
		  struct lw_value *out, float factor);

/** lw_tflite_select() - channel i of @out is channel @from[i] of @in */
int lw_tflite_select(struct lw_tflite_op *op, struct lw_value *in,
		     struct lw_value *out, const uint32_t *from);

#endif /* LW_TFLITE_VIEW_H */
