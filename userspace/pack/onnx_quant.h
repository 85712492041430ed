/* SPDX-License-Identifier: MIT */
/* Scales and zero points, as nodes have them. */
#ifndef LW_ONNX_QUANT_H
#define LW_ONNX_QUANT_H

#include "onnx_make.h"

/**
 * struct onnx_quanta - what a node says of bytes
 * @type: of them
 * @n: scales
 * @scale: they
 * @zero: as many zero points, or NULL
 * @axis: dimension to whose places they belong, if they are several
 * @block: places in a row that share one, 0: each has its own
 * @n_dims: of the scales
 */
struct onnx_quanta {
	int32_t type;
	size_t n;
	const float *scale;
	const int64_t *zero;
	int64_t axis;
	int64_t block;
	uint32_t n_dims;
};

/* Input @i and, if it is there, the zero point behind it. */
int lw_onnx_read_scale(struct onnx_node *node, uint32_t i,
		       struct onnx_quanta *p);
/* The same of QuantizeLinear and DequantizeLinear, with their attributes. */
int lw_onnx_read_quanta(struct onnx_node *node, struct onnx_quanta *p);
/* QuantizeLinear's type where no zero point tells it. */
void lw_onnx_read_bytes_type(struct onnx_node *node, struct onnx_quanta *p);
/* Scales are numbers above 0. */
int lw_onnx_check_scales(struct onnx_node *node, const struct onnx_quanta *p);
/* onnx_quant_fold.c: a constant of bytes as real numbers. */
const struct onnx_constant *
lw_onnx_dequantise_constant(struct onnx_node *node,
			    const struct onnx_value *in, struct onnx_quanta *p);

#endif /* LW_ONNX_QUANT_H */
