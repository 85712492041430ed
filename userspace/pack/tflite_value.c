// SPDX-License-Identifier: MIT
/* From tensors to values: their shape and quantisation. */
#include "tflite_import.h"

bool lw_tflite_same_quanta(const struct lw_value *a, const struct lw_value *b)
{
	if (!a->quantised || !b->quantised)
		return a->quantised == b->quantised;
	return a->scale == b->scale && a->zero_point == b->zero_point &&
	       a->is_signed == b->is_signed;
}

int lw_tflite_same_shape(struct lw_tflite_op *op, const struct lw_value *in,
			 const struct lw_value *out)
{
	if (in->h == out->h && in->w == out->w && in->c == out->c)
		return 0;
	return lw_tflite_refuse(op, "its input '%s' is %ux%ux%u, its output %ux%ux%u; equal shapes expected",
				in->name, in->h, in->w, in->c, out->h, out->w,
				out->c);
}

int lw_tflite_keeps_type(struct lw_tflite_op *op, const struct lw_value *in,
			 const struct lw_value *out)
{
	if (in->quantised == out->quantised)
		return 0;
	return lw_tflite_refuse(op, "it mixes %s input and %s output",
				in->quantised ? "quantised" : "float",
				out->quantised ? "quantised" : "float");
}

int lw_tflite_keeps_quanta(struct lw_tflite_op *op, const struct lw_value *in,
			   const struct lw_value *out)
{
	int ret = lw_tflite_keeps_type(op, in, out);

	if (ret || lw_tflite_same_quanta(in, out))
		return ret;
	return lw_tflite_refuse(op, "its output has scale %g and zero point %d, its input '%s' %g and %d; equal ones expected",
				out->scale, out->zero_point, in->name,
				in->scale, in->zero_point);
}

int lw_tflite_describe_quanta(struct lw_tflite_op *op,
			      const struct lw_tflite_tensor *tensor,
			      struct lw_value *value)
{
	int64_t zero, least;

	value->quantised = tensor->type != LW_TFLITE_FLOAT32;
	if (!value->quantised)
		return 0;
	if (tensor->type != LW_TFLITE_INT8 && tensor->type != LW_TFLITE_UINT8)
		return lw_tflite_refuse(op, "tensor '%s' is %s; FLOAT32, INT8 or UINT8 expected",
					tensor->name,
					lw_tflite_type_name(tensor->type));
	if (tensor->scale.n != 1 || tensor->zero_point.n != 1)
		return lw_tflite_refuse(op, "tensor '%s' has %u scales and %u zero points; one of each expected",
					tensor->name, tensor->scale.n,
					tensor->zero_point.n);
	value->is_signed = tensor->type == LW_TFLITE_INT8;
	value->scale = lw_fb_get_f32(tensor->scale.data);
	if (!isfinite(value->scale) || value->scale <= 0)
		return lw_tflite_refuse(op, "tensor '%s' has scale %g; a number above zero expected",
					tensor->name, value->scale);
	least = value->is_signed ? -128 : 0;
	zero = (int64_t)lw_fb_get_u64(tensor->zero_point.data);
	if (zero < least || zero > least + 255)
		return lw_tflite_refuse(op, "tensor '%s' has zero point %lld; %lld to %lld expected",
					tensor->name, (long long)zero,
					(long long)least,
					(long long)least + 255);
	value->zero_point = (int32_t)(zero - least);
	return 0;
}

/* A batch that is not known is one image. */
int lw_tflite_dims(struct lw_tflite_op *op,
		   const struct lw_tflite_tensor *tensor,
		   struct lw_tflite_dims *dims)
{
	uint32_t i;

	if (tensor->n_dims > LW_TFLITE_MAX_DIMS)
		return lw_tflite_refuse(op, "tensor '%s' has %u dimensions; at most %d expected",
					tensor->name, tensor->n_dims,
					LW_TFLITE_MAX_DIMS);
	*dims = (struct lw_tflite_dims){ .n = tensor->n_dims };
	for (i = 0; i < tensor->n_dims; i++) {
		int32_t size = tensor->dims[i];

		if (!i && tensor->n_dims > 1 && size < 1)
			size = 1;
		if (size < 1 || size > (int32_t)LW_MAX_ELEMENTS)
			return lw_tflite_refuse(op, "dimension %u of tensor '%s' is %d; 1 to %u expected",
						i, tensor->name, size,
						LW_MAX_ELEMENTS);
		dims->d[i] = (uint32_t)size;
	}
	return 0;
}

uint32_t lw_tflite_product(const struct lw_tflite_dims *dims, uint32_t first,
			   uint32_t end)
{
	uint64_t product = 1;
	uint32_t i;

	for (i = first; i < end; i++) {
		product *= dims->d[i];
		if (product > LW_MAX_ELEMENTS)
			return LW_MAX_ELEMENTS + 1;
	}
	return (uint32_t)product;
}

int lw_tflite_image(struct lw_tflite_op *op,
		    const struct lw_tflite_tensor *tensor)
{
	if (tensor->n_dims == 4 && tensor->dims[0] <= 1)
		return 0;
	if (tensor->n_dims == 4)
		return lw_tflite_refuse(op, "tensor '%s' has a batch of %d; 1 expected",
					tensor->name, tensor->dims[0]);
	return lw_tflite_refuse(op, "tensor '%s' has %u dimensions; 4 expected",
				tensor->name, tensor->n_dims);
}

static int describe_shape(struct lw_tflite_op *op,
			  const struct lw_tflite_tensor *tensor,
			  struct lw_value *value)
{
	struct lw_tflite_dims dims;
	uint32_t hwc[3];
	int ret = lw_tflite_dims(op, tensor, &dims);

	if (ret)
		return ret;
	lw_tflite_hwc(&dims, hwc);
	if (hwc[0] > LW_MAX_DIM || hwc[1] > LW_MAX_DIM || hwc[2] > LW_MAX_DIM)
		return lw_tflite_refuse(op, "tensor '%s' is %ux%ux%u; at most %d each expected",
					tensor->name, hwc[0], hwc[1], hwc[2],
					LW_MAX_DIM);
	value->h = hwc[0];
	value->w = hwc[1];
	value->c = hwc[2];
	if ((uint64_t)value->h * value->w > LW_MAX_ELEMENTS / value->c)
		return lw_tflite_refuse(op, "tensor '%s' of %ux%ux%u has more than %u elements",
					tensor->name, value->h, value->w,
					value->c, LW_MAX_ELEMENTS);
	return 0;
}

int lw_tflite_describe(struct lw_tflite_op *op,
		       const struct lw_tflite_tensor *tensor,
		       struct lw_value *value)
{
	int ret = lw_tflite_describe_quanta(op, tensor, value);

	return ret ? ret : describe_shape(op, tensor, value);
}

int lw_tflite_value(struct lw_tflite_op *op,
		    const struct lw_tflite_tensor *tensor,
		    struct lw_value **result)
{
	struct lw_value **known = &op->import->values[lw_tflite_number(op, tensor)];
	struct lw_value is = { 0 };
	struct lw_value *value;
	int ret;

	if (!*known) {
		ret = lw_tflite_describe(op, tensor, &is);
		if (ret)
			return ret;
		value = lw_graph_value(op->import->graph, tensor->name, is.h,
				       is.w, is.c);
		if (!value)
			return -ENOMEM;
		value->quantised = is.quantised;
		value->is_signed = is.is_signed;
		value->scale = is.scale;
		value->zero_point = is.zero_point;
		*known = value;
	}
	*result = *known;
	return 0;
}

int lw_tflite_derive(struct lw_tflite_op *op, const struct lw_value *like,
		     uint32_t h, uint32_t w, uint32_t c,
		     struct lw_value **value)
{
	struct lw_value *made = lw_graph_value(op->import->graph, like->name,
					       h, w, c);

	if (!made)
		return -ENOMEM;
	made->quantised = like->quantised;
	made->is_signed = like->is_signed;
	made->scale = like->scale;
	made->zero_point = like->zero_point;
	*value = made;
	op->derived = made;
	return 0;
}

/* A function of a value whose bytes stay the same, or change places. */
static int apply(struct lw_tflite_op *op, struct lw_value **value,
		 enum lw_unary_kind kind, float alpha)
{
	struct lw_value *in = *value;
	struct lw_node *node;
	int ret = lw_tflite_derive(op, in, in->h, in->w, in->c, value);

	if (!ret)
		ret = lw_tflite_node(op, LW_NODE_UNARY, &in, 1, *value, &node);
	if (ret)
		return ret;
	node->unary = kind;
	node->alpha = alpha;
	return 0;
}

int lw_tflite_times(struct lw_tflite_op *op, struct lw_value **value,
		    float factor)
{
	int ret = apply(op, value, LW_UNARY_SCALED, factor);

	if (!ret)
		(*value)->scale *= factor;
	return ret;
}

int lw_tflite_negated(struct lw_tflite_op *op, struct lw_value **value)
{
	int ret = apply(op, value, LW_UNARY_NEG, 0);

	if (!ret)
		(*value)->zero_point = 255 - (*value)->zero_point;
	return ret;
}
