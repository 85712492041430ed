// SPDX-License-Identifier: MIT
/* DepthToSpace and SpaceToDepth: squares of an image become channels, or back. */
#include <string.h>

#include "onnx_make.h"

/**
 * struct blocks - squares of an image that become channels, or back
 * @split: the image's dimensions with the squares' apart
 * @perm: their new order
 * @shape: the result
 */
struct blocks {
	struct onnx_shape split;
	uint32_t perm[6];
	struct onnx_shape shape;
};

static int read_blocks(struct onnx_node *node, const struct onnx_value *in,
		       bool *crd)
{
	int64_t size = lw_onnx_int_in(node, "blocksize", 0, 1, LW_MAX_DIM);

	*crd = lw_onnx_string_is(node, "mode", "DCR", "CRD");
	if (!*crd && !lw_onnx_string_is(node, "mode", "DCR", "DCR"))
		lw_onnx_refuse(node, "mode is neither DCR nor CRD");
	if (in && in->shape.n != 4)
		lw_onnx_refuse(node, "input of %u dimensions, expected 4",
			       in->shape.n);
	return size;
}

static int move_blocks(struct onnx_node *node, const struct onnx_value *in,
		       const struct blocks *b)
{
	struct onnx_value *out = lw_onnx_regroup(node, in, &b->split);

	out = lw_onnx_permute(node, out, b->perm);
	return lw_onnx_result(node, 0, lw_onnx_regroup(node, out, &b->shape));
}

int lw_onnx_run_depth_to_space(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_movable(node, 0);
	struct blocks dcr = { .perm = { 0, 3, 4, 1, 5, 2 } };
	struct blocks crd = { .perm = { 0, 1, 4, 2, 5, 3 } };
	const uint32_t *dim;
	uint32_t size, c;
	bool is_crd;

	size = read_blocks(node, in, &is_crd);
	if (node->status)
		return node->status;
	dim = in->shape.dim;
	c = dim[1] / size / size;
	if ((uint64_t)c * size * size != dim[1])
		return lw_onnx_refuse(node, "%u channels in blocks of %u x %u",
				      dim[1], size, size);
	dcr.split = (struct onnx_shape){
		.n = 6, .dim = { dim[0], size, size, c, dim[2], dim[3] }
	};
	crd.split = (struct onnx_shape){
		.n = 6, .dim = { dim[0], c, size, size, dim[2], dim[3] }
	};
	dcr.shape = crd.shape = (struct onnx_shape){
		.n = 4, .dim = { dim[0], c, dim[2] * size, dim[3] * size }
	};
	return move_blocks(node, in, is_crd ? &crd : &dcr);
}

int lw_onnx_run_space_to_depth(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_movable(node, 0);
	struct blocks b = { .perm = { 0, 3, 5, 1, 2, 4 } };
	static const uint32_t crd[] = { 0, 1, 3, 5, 2, 4 };
	const uint32_t *dim;
	uint32_t size, h, w;
	bool is_crd;

	size = read_blocks(node, in, &is_crd);
	if (node->status)
		return node->status;
	dim = in->shape.dim;
	h = dim[2] / size;
	w = dim[3] / size;
	if (h * size != dim[2] || w * size != dim[3])
		return lw_onnx_refuse(node, "an image of %u x %u in blocks of %u x %u",
				      dim[2], dim[3], size, size);
	b.split = (struct onnx_shape){
		.n = 6, .dim = { dim[0], dim[1], h, size, w, size }
	};
	b.shape = (struct onnx_shape){
		.n = 4, .dim = { dim[0], dim[1] * size * size, h, w }
	};
	if (is_crd)
		memcpy(b.perm, crd, sizeof(crd));
	return move_blocks(node, in, &b);
}
