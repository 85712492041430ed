// SPDX-License-Identifier: MIT
/* QuantizeLinear and DequantizeLinear of constants. */
#include <math.h>

#include "onnx_quant.h"

/**
 * struct places - which scale a number has
 * @run: numbers next to each other that differ in no place along the axis
 * @size: places along the axis
 * @block: of them that share a scale
 */
struct places {
	size_t run, size, block;
};

static int find_places(struct onnx_node *node, const struct onnx_value *in,
		       struct onnx_quanta *p, struct places *at)
{
	const struct onnx_shape *shape = &in->shape;
	size_t blocks, others;
	uint32_t i;

	*at = (struct places){ in->constant->n, 1, 1 };
	if (p->n == 1)
		return 0;
	p->axis = lw_onnx_dim(node, p->axis, shape->n);
	if (node->status)
		return node->status;
	at->size = shape->dim[p->axis];
	at->block = p->block ? p->block : 1;
	for (at->run = 1, i = p->axis + 1; i < shape->n; i++)
		at->run *= shape->dim[i];
	blocks = (at->size + at->block - 1) / at->block;
	others = at->size ? in->constant->n / at->size : 0;
	if (p->n != (p->block ? blocks * others : at->size) ||
	    p->n_dims != (p->block ? shape->n : 1))
		return lw_onnx_refuse(node, "%zu scales in %u dimensions for %zu along axis %lld in blocks of %zu",
				      p->n, p->n_dims, at->size,
				      (long long)p->axis, at->block);
	return 0;
}

static size_t scale_at(const struct onnx_quanta *p, const struct places *at,
		       size_t i)
{
	size_t place, outer;

	if (p->n == 1)
		return 0;
	place = i / at->run % at->size;
	if (!p->block)
		return place;
	outer = i / at->run / at->size;
	return (outer * ((at->size + at->block - 1) / at->block) +
		place / at->block) * at->run + i % at->run;
}

const struct onnx_constant *
lw_onnx_dequantise_constant(struct onnx_node *node,
			    const struct onnx_value *in, struct onnx_quanta *p)
{
	struct onnx_constant *constant;
	struct places at;
	int64_t zero;
	size_t i, s;

	if (!in->constant->whole) {
		lw_onnx_refuse(node, "input 0 is not an integer");
		return NULL;
	}
	if (find_places(node, in, p, &at))
		return NULL;
	constant = lw_onnx_fold_new(node, &in->shape, true);
	if (!constant || lw_onnx_check_scales(node, p))
		return NULL;
	/* Weights have a scale for each output, not for blocks. */
	if (!p->block) {
		constant->q = in->constant->whole;
		constant->scale = p->scale;
		constant->zero = p->zero;
		constant->n_scale = p->n;
		constant->axis = p->axis;
	}
	for (i = 0; i < constant->n; i++) {
		s = scale_at(p, &at, i);
		zero = p->zero ? p->zero[s] : 0;
		constant->real[i] = ((float)in->constant->whole[i] -
				     (float)zero) * p->scale[s];
	}
	return constant;
}

int lw_onnx_fold_dequantize(struct onnx_node *node)
{
	const struct onnx_value *in = node->in[0];
	struct onnx_quanta p;

	lw_onnx_int_in(node, "output_dtype", 0, 0, ONNX_FLOAT);
	if (lw_onnx_read_quanta(node, &p))
		return node->status;
	return lw_onnx_define_constant(node, 0, ONNX_FLOAT, &in->shape,
				       lw_onnx_dequantise_constant(node, in,
								   &p));
}

int lw_onnx_fold_quantize(struct onnx_node *node)
{
	const struct onnx_value *in = lw_onnx_constant(node, 0);
	struct onnx_constant *constant;
	struct onnx_quanta p;
	struct places at;
	int64_t lo, hi;
	size_t i, s;
	double q;

	if (!in || lw_onnx_read_quanta(node, &p) ||
	    find_places(node, in, &p, &at))
		return node->status;
	lw_onnx_read_bytes_type(node, &p);
	if (!lw_onnx_type_range(p.type, &lo, &hi))
		return lw_onnx_refuse(node, "type is %s, expected an integer",
				      lw_onnx_type_name(p.type));
	constant = lw_onnx_fold_new(node, &in->shape, false);
	if (!constant || lw_onnx_check_scales(node, &p))
		return node->status;
	for (i = 0; i < constant->n; i++) {
		s = scale_at(&p, &at, i);
		q = rintf(in->constant->real[i] / p.scale[s]) +
		    (p.zero ? (double)p.zero[s] : 0);
		/* What is not a number becomes the least. */
		constant->whole[i] = fmin(fmax(q, lo), hi);
	}
	return lw_onnx_define_constant(node, 0, p.type, &in->shape, constant);
}
