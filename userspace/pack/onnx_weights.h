/* SPDX-License-Identifier: MIT */
/* Constants of convolutions, as ONNX has them. */
#ifndef LW_ONNX_WEIGHTS_H
#define LW_ONNX_WEIGHTS_H

#include "onnx_make.h"

/**
 * struct onnx_layout - where weights lie in their source
 * @o, @kh, @kw, @i: elements from one to the next
 * @per_group: outputs after which @group is to be added, 0: never
 * @group: elements from the first output of a group to that of the next
 * @axis: dimension of the output channels
 */
struct onnx_layout {
	size_t o, kh, kw, i;
	uint32_t per_group;
	size_t group;
	uint32_t axis;
};

/**
 * lw_onnx_take_weights() - fill in the constants of a convolution
 * @weights: o, kh, kw, i are set; @in: what it reads, which says whether it is
 * quantised; @source, @bias: constants, @bias may be NULL. Weights of nine bits
 * are several each, for inputs that are there as often: i is multiplied.
 */
int lw_onnx_take_weights(struct onnx_node *node, struct lw_weights *weights,
			 const struct onnx_value *in,
			 const struct onnx_value *source,
			 const struct onnx_layout *layout,
			 const struct onnx_value *bias);

/*
 * lw_onnx_convolve() - add a convolution; its weights go with it, or are freed
 * Depthwise, if its groups say so. @window NULL: 1 x 1. If the weights are for
 * a multiple of the channels of @in, it is given that.
 */
struct onnx_value *lw_onnx_convolve(struct onnx_node *node,
				    const struct onnx_value *in,
				    struct lw_weights *weights, uint32_t groups,
				    const struct lw_window *window,
				    struct onnx_value *out);

/*
 * lw_onnx_map() - weights [o][i] from the numbers along a dimension to those of
 * the result; they go with it, or are freed
 */
struct onnx_value *lw_onnx_map(struct onnx_node *node,
			       const struct onnx_value *in, uint32_t dim,
			       struct lw_weights *weights);

#endif /* LW_ONNX_WEIGHTS_H */
