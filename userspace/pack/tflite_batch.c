// SPDX-License-Identifier: MIT
/*
 * Space to batch and back. A convolution between the two is a dilated one;
 * else pixels are put in another order.
 */
#include "tflite_slice.h"
#include "tflite_view.h"

enum {
	CONV_2D = 3,
	DEPTHWISE_CONV_2D = 4,
	BATCH_TO_SPACE_ND = 37,
	CONV_PADDING = 0,
	CONV_STRIDE_W = 1,
	CONV_STRIDE_H = 2,
	CONV_DILATION_W = 4,
	DEPTHWISE_DILATION_W = 5,
	PADDING_VALID = 1,
};

/* Of the spatial dimensions, which follow the batch; at most two. */
struct blocks {
	uint32_t n;
	int64_t size[2];
	int64_t edges[4]; /* padding or cropping before and after each */
};

static int read_blocks(struct lw_tflite_op *op, struct blocks *blocks)
{
	int64_t list[LW_TFLITE_MAX_DIMS];
	uint32_t i;
	int ret = lw_tflite_list(op, 1, "block shape", list, &blocks->n);

	if (ret)
		return ret;
	if (!blocks->n || blocks->n > 2 ||
	    blocks->n + 2 != lw_tflite_input(op, 0)->n_dims)
		return lw_tflite_refuse(op, "its blocks have %u dimensions, its input %u; 1 of 3 or 2 of 4 expected",
					blocks->n,
					lw_tflite_input(op, 0)->n_dims);
	for (i = 0; i < blocks->n; i++) {
		blocks->size[i] = list[i];
		if (list[i] < 1 || list[i] > 255)
			return lw_tflite_refuse(op, "its block size %u is %lld; 1 to 255 expected",
						i, (long long)list[i]);
	}
	ret = lw_tflite_integers(op, 2, "list of paddings or crops",
				 blocks->edges, 2 * blocks->n);
	for (i = 0; i < 2 * blocks->n && !ret; i++)
		if (blocks->edges[i] < 0 || blocks->edges[i] > LW_MAX_DIM)
			ret = lw_tflite_refuse(op, "its padding or crop %u is %lld; 0 to %d expected",
					       i, (long long)blocks->edges[i],
					       LW_MAX_DIM);
	return ret;
}

/* The one operator that reads a tensor which nothing else needs. */
static bool only_reader(const struct lw_tflite_op *op,
			const struct lw_tflite_tensor *tensor, uint32_t *reader)
{
	const struct lw_tflite_model *model = op->import->model;
	int32_t number = (int32_t)lw_tflite_number(op, tensor);
	uint32_t i;

	if (lw_tflite_readers(op, tensor) != 1)
		return false;
	for (i = 0; i < model->outputs.n; i++)
		if (lw_tflite_index(&model->outputs, i) == number)
			return false;
	for (i = 0; i < model->n_operators; i++)
		if (model->operators[i].inputs.n &&
		    lw_tflite_index(&model->operators[i].inputs, 0) == number) {
			*reader = i;
			return !op->import->done[i];
		}
	return false;
}

/* A convolution as it is in batches: without padding, stride or dilation. */
static bool is_plain_conv(const struct lw_tflite_operator *conv)
{
	const struct lw_fb_table *o = &conv->options;
	uint32_t dilation = conv->code == CONV_2D ? CONV_DILATION_W :
						    DEPTHWISE_DILATION_W;

	return (conv->code == CONV_2D || conv->code == DEPTHWISE_CONV_2D) &&
	       conv->outputs.n == 1 &&
	       lw_fb_u8(o, CONV_PADDING, 0) == PADDING_VALID &&
	       lw_fb_i32(o, CONV_STRIDE_W, 0) == 1 &&
	       lw_fb_i32(o, CONV_STRIDE_H, 0) == 1 &&
	       lw_fb_i32(o, dilation, 1) == 1 &&
	       lw_fb_i32(o, dilation + 1, 1) == 1;
}

/* @n numbers of a constant; false if it is none of so many. */
static bool peek(const struct lw_tflite_tensor *tensor, uint32_t n,
		 int32_t *numbers)
{
	const struct lw_fb_vector list = { tensor ? tensor->data : NULL, n };
	uint32_t i;

	if (!tensor || !tensor->data || tensor->type != LW_TFLITE_INT32 ||
	    tensor->size != 4 * n)
		return false;
	for (i = 0; i < n; i++)
		numbers[i] = lw_tflite_index(&list, i);
	return true;
}

/* Whether @op begins a bracket; else all is done one by one. */
static bool find_bracket(struct lw_tflite_op *op, const struct blocks *blocks,
			 struct lw_tflite_bracket *bracket, uint32_t *conv,
			 uint32_t *back)
{
	const struct lw_tflite_model *model = op->import->model;
	struct lw_tflite_op end = *op;
	int32_t size[2], crops[4];
	uint32_t i;

	if (blocks->n != 2 || lw_tflite_input(op, 0)->dims[0] > 1 ||
	    !only_reader(op, lw_tflite_output(op), conv) ||
	    !is_plain_conv(&model->operators[*conv]))
		return false;
	end.source = &model->operators[*conv];
	if (!only_reader(op, lw_tflite_output(&end), back))
		return false;
	end.source = &model->operators[*back];
	if (end.source->code != BATCH_TO_SPACE_ND ||
	    end.source->outputs.n != 1 ||
	    !peek(lw_tflite_input(&end, 1), 2, size) ||
	    !peek(lw_tflite_input(&end, 2), 4, crops))
		return false;
	bracket->out = lw_tflite_output(&end);
	for (i = 0; i < 2; i++) {
		if (size[i] != blocks->size[i] || crops[2 * i] < 0 ||
		    crops[2 * i] > blocks->edges[2 * i])
			return false;
		bracket->block[i] = (uint32_t)size[i];
		bracket->pad[i] = (uint32_t)(blocks->edges[2 * i] -
					     crops[2 * i]);
	}
	return true;
}

/* Strides of a tensor's dimensions, in elements. */
static void count_strides(const struct lw_tflite_dims *dims, uint32_t *strides)
{
	uint32_t i;

	for (i = 0; i < dims->n; i++)
		strides[i] = lw_tflite_product(dims, i + 1, dims->n);
}

static void append(struct lw_tflite_order *order, uint32_t size,
		   uint32_t stride)
{
	order->size[order->n] = size;
	order->stride[order->n++] = stride;
}

/* Blocks' pixels become batches; a batch of the input is counted last. */
static int to_batches(struct lw_tflite_op *op, struct lw_value **value,
		      struct lw_tflite_dims *dims, const struct blocks *blocks)
{
	uint32_t strides[LW_TFLITE_MAX_DIMS], i, block;
	struct lw_tflite_order order = { 0 };

	count_strides(dims, strides);
	for (i = 0; i < blocks->n; i++) {
		block = (uint32_t)blocks->size[i];
		if (dims->d[1 + i] % block)
			return lw_tflite_refuse(op, "its block of %u does not divide %u",
						block, dims->d[1 + i]);
		append(&order, block, strides[1 + i]);
	}
	append(&order, dims->d[0], strides[0]);
	for (i = 0; i < blocks->n; i++) {
		block = (uint32_t)blocks->size[i];
		dims->d[0] *= block;
		dims->d[1 + i] /= block;
		append(&order, dims->d[1 + i], block * strides[1 + i]);
	}
	append(&order, dims->d[dims->n - 1], 1);
	return lw_tflite_arrange(op, value, dims, &order);
}

int lw_tflite_space_to_batch(struct lw_tflite_op *op)
{
	int64_t pads[2 * LW_TFLITE_MAX_DIMS] = { 0 };
	struct lw_tflite_bracket bracket = { 0 };
	struct lw_tflite_dims dims;
	struct blocks blocks;
	uint32_t conv, back, i;
	int ret = read_blocks(op, &blocks);

	if (!ret)
		ret = lw_tflite_input_value(op, 0, &bracket.in);
	if (!ret)
		ret = lw_tflite_dims(op, lw_tflite_input(op, 0), &dims);
	if (ret)
		return ret;
	if (find_bracket(op, &blocks, &bracket, &conv, &back)) {
		ret = lw_tflite_import_at(op->import, conv, &bracket);
		return ret ? ret : lw_tflite_import_at(op->import, back,
						       &bracket);
	}
	for (i = 0; i < 2 * blocks.n; i++)
		pads[2 + i] = blocks.edges[i];
	ret = lw_tflite_pad_dims(op, &bracket.in, &dims, pads, 0);
	if (!ret)
		ret = to_batches(op, &bracket.in, &dims, &blocks);
	return ret ? ret : lw_tflite_deliver(op, bracket.in,
					     lw_tflite_output(op));
}

static int from_batches(struct lw_tflite_part *part,
			const struct blocks *blocks)
{
	uint32_t strides[LW_TFLITE_MAX_DIMS], i, of = 1;
	struct lw_tflite_dims *dims = &part->dims;
	struct lw_tflite_order order = { 0 };
	uint32_t batch;

	count_strides(dims, strides);
	for (i = 0; i < blocks->n; i++)
		of *= (uint32_t)blocks->size[i];
	if (dims->d[0] % of)
		return lw_tflite_refuse(part->op, "its blocks of %u do not divide a batch of %u",
					of, dims->d[0]);
	batch = dims->d[0] / of;
	append(&order, batch, strides[0]);
	for (i = 0; i < blocks->n; i++) {
		uint32_t block = (uint32_t)blocks->size[i];

		of /= block;
		append(&order, dims->d[1 + i], strides[1 + i]);
		append(&order, block, of * batch * strides[0]);
		dims->d[1 + i] *= block;
	}
	append(&order, dims->d[dims->n - 1], 1);
	dims->d[0] = batch;
	return lw_tflite_arrange(part->op, &part->value, dims, &order);
}

int lw_tflite_batch_to_space(struct lw_tflite_op *op)
{
	struct lw_tflite_part part;
	struct blocks blocks;
	uint32_t i;
	int ret;

	if (op->bracket)
		return 0;
	ret = read_blocks(op, &blocks);
	if (!ret)
		ret = lw_tflite_whole(op, 0, &part);
	if (!ret)
		ret = from_batches(&part, &blocks);
	if (ret)
		return ret;
	for (i = 0; i < part.dims.n; i++) {
		part.cuts[i].n = part.dims.d[i];
		if (i && i <= blocks.n) {
			part.cuts[i].start = blocks.edges[2 * i - 2];
			part.cuts[i].n -= blocks.edges[2 * i - 2] +
					  blocks.edges[2 * i - 1];
		}
	}
	return lw_tflite_take(&part, lw_tflite_output(op));
}
