// SPDX-License-Identifier: MIT
/* Batches of images: rows of one image under those of another. */
#include <stdlib.h>

#include "onnx_make.h"

static const int8_t batch_axes[] = { ONNX_H, ONNX_C, ONNX_H, ONNX_W };

static bool is_batch(const struct onnx_value *in)
{
	return in && in->state == ONNX_ACTIVATION && in->shape.n == 4 &&
	       in->shape.dim[0] > 1;
}

static struct onnx_value *take_image(struct onnx_node *node,
				     const struct onnx_value *batch, uint32_t i)
{
	struct onnx_shape shape = batch->shape;
	struct onnx_value *image;
	struct lw_node *made;

	shape.dim[0] = 1;
	image = lw_onnx_new(node, &shape, lw_onnx_image_axes(4));
	made = lw_onnx_emit(node, LW_NODE_SLICE, batch, image);
	if (!made)
		return NULL;
	made->start[LW_AXIS_H] = i * shape.dim[2];
	lw_onnx_same_scale(image, batch);
	return image;
}

/* The result of a node that has run, as an image. */
static const struct onnx_value *take_result(struct onnx_node *node)
{
	const struct onnx_value *out = node->out[0];

	return node->status ? NULL :
	       lw_onnx_lay(node, lw_onnx_view(node, out, &out->shape),
			   lw_onnx_image_axes(4));
}

static struct onnx_value *join(struct onnx_node *node,
			       const struct onnx_value *const *images,
			       uint32_t n)
{
	struct onnx_value *batch;
	struct onnx_shape shape;
	struct lw_node *made;
	bool same = true;
	uint32_t i;

	if (node->status)
		return NULL;
	shape = images[0]->shape;
	shape.dim[0] = n;
	for (i = 0; i < n; i++)
		same = same && lw_onnx_one_scale(images[i], images[0]);
	batch = lw_onnx_new(node, &shape, batch_axes);
	made = lw_onnx_emit_many(node, LW_NODE_CONCAT, images, n, batch);
	if (!made)
		return NULL;
	made->axis = LW_AXIS_H;
	if (same)
		lw_onnx_same_scale(batch, images[0]);
	return batch;
}

int lw_onnx_each_image(struct onnx_node *node,
		       int (*run)(struct onnx_node *node))
{
	struct onnx_value *in = lw_onnx_in(node, 0), *batch;
	const struct onnx_value **images;
	uint32_t i, n;

	if (!is_batch(in) || !node->n_out || !node->out[0])
		return run(node);
	n = in->shape.dim[0];
	images = calloc(n, sizeof(*images));
	if (!images)
		return node->status = -ENOMEM;
	batch = lw_onnx_lay(node, in, batch_axes);
	for (i = 0; i < n && batch && !node->status; i++) {
		node->in[0] = take_image(node, batch, i);
		if (node->in[0])
			run(node);
		images[i] = take_result(node);
	}
	node->in[0] = in;
	batch = batch ? join(node, images, n) : NULL;
	free(images);
	return lw_onnx_result(node, 0, batch);
}
