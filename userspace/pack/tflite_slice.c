// SPDX-License-Identifier: MIT
/* Operators that take a part of a tensor. */
#include "tflite_import.h"

enum {
	STRIDED_SLICE_BEGIN_MASK = 0,
	STRIDED_SLICE_END_MASK = 1,
	STRIDED_SLICE_ELLIPSIS_MASK = 2,
	STRIDED_SLICE_NEW_AXIS_MASK = 3,
	STRIDED_SLICE_SHRINK_AXIS_MASK = 4,
	STRIDED_SLICE_OFFSET = 5,
};

/* One dimension: elements start, start + step, … n times, all inside size. */
struct cut {
	int64_t size, start, step, n;
};

static int read_values(struct lw_tflite_op *op, struct lw_value **in,
		       struct lw_value **out, struct cut cuts[4])
{
	const struct lw_tflite_tensor *tensor = lw_tflite_input(op, 0);
	int ret = lw_tflite_input_value(op, 0, in);
	uint32_t i;

	if (!ret)
		ret = lw_tflite_output_value(op, out);
	if (!ret)
		ret = lw_tflite_keeps_quanta(op, *in, *out);
	if (ret)
		return ret;
	/* The value may have got another shape than its tensor's. */
	if (tensor->n_dims != lw_tflite_output(op)->n_dims ||
	    (tensor->n_dims != 2 && tensor->n_dims != 4))
		return lw_tflite_refuse(op, "its input has %u dimensions and its output %u; 2 or 4 of both expected",
					tensor->n_dims,
					lw_tflite_output(op)->n_dims);
	cuts[0].size = 1;
	for (i = 1; i < tensor->n_dims; i++)
		cuts[i].size = tensor->dims[i];
	return 0;
}

static int check_cut(struct lw_tflite_op *op, uint32_t dim,
		     const struct cut *cut)
{
	if (cut->start >= 0 && cut->n > 0 && cut->n <= cut->size &&
	    cut->step > 0 && cut->step <= LW_MAX_DIM &&
	    cut->start + (cut->n - 1) * cut->step < cut->size)
		return 0;
	return lw_tflite_refuse(op, "it takes %lld of dimension %u from %lld on in steps of %lld; there are %lld",
				(long long)cut->n, dim, (long long)cut->start,
				(long long)cut->step, (long long)cut->size);
}

static int add_slice(struct lw_tflite_op *op, struct lw_value *in,
		     struct lw_value *out, const struct cut cuts[4])
{
	const uint32_t sizes[3] = { in->h, in->w, in->c };
	const uint32_t results[3] = { out->h, out->w, out->c };
	uint32_t n_dims = lw_tflite_output(op)->n_dims;
	struct lw_node *node;
	uint32_t i, axis;
	int ret = check_cut(op, 0, &cuts[0]);

	for (i = 1; i < n_dims && !ret; i++) {
		axis = i + 3 - n_dims;
		ret = check_cut(op, i, &cuts[i]);
		if (!ret && (cuts[i].size != sizes[axis] ||
			     cuts[i].n != results[axis]))
			ret = lw_tflite_refuse(op, "it takes %lld of dimension %u; its output has %u",
					       (long long)cuts[i].n, i,
					       results[axis]);
	}
	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_SLICE, &in, 1, out, &node);
	if (ret)
		return ret;
	for (i = 1; i < n_dims; i++) {
		node->start[i + 3 - n_dims] = (uint32_t)cuts[i].start;
		node->step[i + 3 - n_dims] = (uint32_t)cuts[i].step;
	}
	return 0;
}

int lw_tflite_slice(struct lw_tflite_op *op)
{
	uint32_t i, n_dims = lw_tflite_output(op)->n_dims;
	int64_t begin[4], size[4];
	struct cut cuts[4] = { 0 };
	struct lw_value *in, *out;
	int ret = read_values(op, &in, &out, cuts);

	if (!ret)
		ret = lw_tflite_integers(op, 1, "begin", begin, n_dims);
	if (!ret)
		ret = lw_tflite_integers(op, 2, "size", size, n_dims);
	if (ret)
		return ret;
	for (i = 0; i < n_dims; i++) {
		cuts[i].start = begin[i];
		cuts[i].step = 1;
		cuts[i].n = size[i];
		if (size[i] == -1 && begin[i] >= 0 && begin[i] < cuts[i].size)
			cuts[i].n = cuts[i].size - begin[i];
	}
	return add_slice(op, in, out, cuts);
}

/* A bound as Python has them: from the end if negative, and cut to size. */
static int64_t resolve(int64_t bound, bool masked, int64_t size, int64_t open)
{
	if (masked)
		return open;
	if (bound < 0)
		bound += size;
	return bound < 0 ? 0 : bound > size ? size : bound;
}

static int check_masks(struct lw_tflite_op *op)
{
	static const struct {
		unsigned int field;
		const char *name;
	} refused[] = {
		{ STRIDED_SLICE_ELLIPSIS_MASK, "ellipsis" },
		{ STRIDED_SLICE_NEW_AXIS_MASK, "new axis" },
		{ STRIDED_SLICE_SHRINK_AXIS_MASK, "shrink axis" },
	};
	const struct lw_fb_table *options = &op->source->options;
	unsigned int i;

	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		int32_t mask = lw_fb_i32(options, refused[i].field, 0);

		if (mask)
			return lw_tflite_refuse(op, "its %s mask is %d; 0 expected",
						refused[i].name, mask);
	}
	if (lw_fb_u8(options, STRIDED_SLICE_OFFSET, 0))
		return lw_tflite_refuse(op, "its end counts from its begin; absolute ends expected");
	return 0;
}

static int read_bounds(struct lw_tflite_op *op, uint32_t n_dims,
		       struct cut cuts[4])
{
	const struct lw_fb_table *options = &op->source->options;
	uint32_t begin_mask = lw_fb_i32(options, STRIDED_SLICE_BEGIN_MASK, 0);
	uint32_t end_mask = lw_fb_i32(options, STRIDED_SLICE_END_MASK, 0);
	int64_t begin[4], end[4], step[4];
	int ret = lw_tflite_integers(op, 1, "begin", begin, n_dims);
	uint32_t i;

	if (!ret)
		ret = lw_tflite_integers(op, 2, "end", end, n_dims);
	if (!ret)
		ret = lw_tflite_integers(op, 3, "strides", step, n_dims);
	for (i = 0; i < n_dims && !ret; i++) {
		struct cut *cut = &cuts[i];

		cut->step = step[i];
		cut->start = resolve(begin[i], begin_mask >> i & 1, cut->size,
				     0);
		cut->n = resolve(end[i], end_mask >> i & 1, cut->size,
				 cut->size) - cut->start;
		if (cut->n > 0 && cut->step > 0)
			cut->n = (cut->n - 1) / cut->step + 1;
		/* One element is in no need of a step, however large. */
		if (cut->n == 1 && cut->step > 0)
			cut->step = 1;
	}
	return ret;
}

int lw_tflite_strided_slice(struct lw_tflite_op *op)
{
	struct cut cuts[4] = { 0 };
	struct lw_value *in, *out;
	int ret;

	/* Part of a shape. */
	if (lw_tflite_output(op)->type == LW_TFLITE_INT32)
		return lw_tflite_shape(op);
	ret = check_masks(op);
	if (!ret)
		ret = read_values(op, &in, &out, cuts);
	if (!ret)
		ret = read_bounds(op, lw_tflite_output(op)->n_dims, cuts);
	return ret ? ret : add_slice(op, in, out, cuts);
}
