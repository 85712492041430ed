// SPDX-License-Identifier: MIT
/*
 * Batches of images: operators that take one image run for each. Rows of one
 * image lie under those of another.
 */
#include "tflite_view.h"

#define MAX_IMAGES 64

static bool is_batch(const struct lw_tflite_tensor *tensor)
{
	return tensor && !tensor->data && tensor->n_dims == 4 &&
	       tensor->dims[0] > 1;
}

static int take_image(struct lw_tflite_op *op, struct lw_value *batch,
		      uint32_t h, uint32_t i, struct lw_value **image)
{
	struct lw_node *node;
	int ret = lw_tflite_derive(op, batch, h, batch->w, batch->c, image);

	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_SLICE, &batch, 1, *image,
				     &node);
	if (!ret)
		node->start[LW_AXIS_H] = i * h;
	return ret;
}

/* While it runs, its image and its result are tensors of one image. */
static int run_one(struct lw_tflite_op *op,
		   const struct lw_tflite_builtin *builtin,
		   struct lw_tflite_tensor *in, struct lw_value *image,
		   struct lw_value **result)
{
	struct lw_tflite_tensor *out = lw_tflite_output(op);
	struct lw_value *batch = lw_tflite_known(op, in);
	int32_t n = in->dims[0];
	int ret;

	in->dims[0] = 1;
	out->dims[0] = 1;
	lw_tflite_alias(op, in, image);
	ret = builtin->import(op);
	*result = lw_tflite_known(op, out);
	lw_tflite_alias(op, in, batch);
	lw_tflite_alias(op, out, NULL);
	in->dims[0] = n;
	out->dims[0] = n;
	return ret;
}

static int join(struct lw_tflite_op *op, struct lw_value *const *images,
		uint32_t n)
{
	struct lw_value *batch;
	struct lw_node *node;
	int ret = lw_tflite_output_value(op, &batch);

	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_CONCAT, images, n, batch,
				     &node);
	if (!ret)
		node->axis = LW_AXIS_H;
	return ret;
}

int lw_tflite_each_image(struct lw_tflite_op *op,
			 const struct lw_tflite_builtin *builtin)
{
	struct lw_tflite_tensor *in = builtin->images ?
		lw_tflite_input(op, builtin->images - 1) : NULL;
	struct lw_value *batch, *images[MAX_IMAGES], *image;
	uint32_t i, n;
	int ret;

	if (op->bracket || !is_batch(in) || !is_batch(lw_tflite_output(op)) ||
	    lw_tflite_output(op)->dims[0] != in->dims[0])
		return builtin->import(op);
	n = in->dims[0];
	if (n > MAX_IMAGES)
		return lw_tflite_refuse(op, "tensor '%s' has a batch of %u; at most %u expected",
					in->name, n, MAX_IMAGES);
	if (op->import->graph->n_nodes > LW_MAX_NODES)
		return lw_tflite_refuse(op, "batches take more than %d nodes",
					LW_MAX_NODES);
	ret = lw_tflite_value(op, in, &batch);
	for (i = 0; i < n && !ret; i++) {
		ret = take_image(op, batch, batch->h / n, i, &image);
		if (!ret)
			ret = run_one(op, builtin, in, image, &images[i]);
	}
	return ret ? ret : join(op, images, n);
}
