// SPDX-License-Identifier: MIT
/*
 * QuantizeLinear and DequantizeLinear. Of activations they become scales of
 * values: the pair is no work. Of constants they are computed.
 */
#include <math.h>

#include "onnx_make.h"

/* What a QuantizeLinear or DequantizeLinear says. */
struct params {
	int32_t type;
	size_t n;
	const float *scale;
	const int64_t *zero;
	int64_t axis;
};

static void read_zero(struct onnx_node *node, struct params *p)
{
	const struct onnx_value *zero = lw_onnx_in(node, 2);

	if (!zero)
		return;
	if (zero->state != ONNX_CONSTANT || !zero->constant->whole ||
	    zero->constant->n != p->n) {
		lw_onnx_refuse(node, "zero points must be %zu constant integers",
			       p->n);
		return;
	}
	p->type = zero->type;
	p->zero = zero->constant->whole;
}

static int read_params(struct onnx_node *node, struct params *p)
{
	const struct onnx_value *scale = lw_onnx_constant(node, 1);

	*p = (struct params){ .type = ONNX_UINT8 };
	p->axis = lw_onnx_int(node, "axis", 1);
	lw_onnx_int_in(node, "block_size", 0, 0, 0);
	lw_onnx_ignore(node, "saturate");
	lw_onnx_ignore(node, "precision");
	if (!scale)
		return node->status;
	p->n = scale->constant->n;
	p->scale = scale->constant->real;
	if (!p->n)
		return lw_onnx_refuse(node, "no scale");
	read_zero(node, p);
	return node->status;
}

/* QuantizeLinear's type where no zero point tells it. */
static void read_output_type(struct onnx_node *node, struct params *p)
{
	int64_t type = lw_onnx_int(node, "output_dtype", 0);

	if (type && p->zero && type != p->type)
		lw_onnx_refuse(node, "output_dtype is %s, expected %s",
			       lw_onnx_type_name(type & INT32_MAX),
			       lw_onnx_type_name(p->type));
	else if (type)
		p->type = type & INT32_MAX;
}

static int check_scales(struct onnx_node *node, const struct params *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (!isfinite(p->scale[i]) || p->scale[i] <= 0)
			return lw_onnx_refuse(node, "scale %zu is %g, expected a finite number above 0",
					      i, p->scale[i]);
	return 0;
}

/* One scale and zero point, 0…255 as we count, for an activation. */
static int activation_params(struct onnx_node *node, const struct params *p,
			     int32_t *zero)
{
	int64_t z = p->zero ? p->zero[0] : 0;

	if (p->n != 1)
		return lw_onnx_refuse(node, "%zu scales for an activation, expected 1",
				      p->n);
	if (check_scales(node, p))
		return node->status;
	if (p->type != ONNX_UINT8 && p->type != ONNX_INT8)
		return lw_onnx_refuse(node, "type is %s, expected uint8 or int8",
				      lw_onnx_type_name(p->type));
	if (p->type == ONNX_INT8)
		z += 128;
	if (z < 0 || z > 255)
		return lw_onnx_refuse(node, "zero point does not fit its type");
	*zero = z;
	node->im->graph->quantised = true;
	return 0;
}

static void set_scale(struct lw_value *value, const struct params *p,
		      int32_t zero)
{
	value->quantised = true;
	value->is_signed = p->type == ONNX_INT8;
	value->scale = p->scale[0];
	value->zero_point = zero;
}

static bool has_scale(const struct lw_value *value, const struct params *p,
		      int32_t zero)
{
	return value->scale == p->scale[0] && value->zero_point == zero;
}

/* Output 0 is a value as bytes. */
static int result_bytes(struct onnx_node *node, const struct onnx_value *value,
			const struct params *p)
{
	if (lw_onnx_result(node, 0, value))
		return node->status;
	node->out[0]->type = p->type;
	node->out[0]->rounded = false;
	return 0;
}

/* The value is quantised already, in another way. */
static int requantise(struct onnx_node *node, const struct onnx_value *in,
		      const struct params *p, int32_t zero)
{
	struct onnx_value *from = lw_onnx_view(node, in, &in->shape);
	struct onnx_value *out = lw_onnx_new_like(node, in);

	if (from)
		from->rounded = true;
	if (!lw_onnx_emit(node, LW_NODE_REQUANT, from, out))
		return node->status;
	set_scale(out->value, p, zero);
	return result_bytes(node, out, p);
}

int lw_onnx_run_quantize(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	struct params p;
	int32_t zero;

	if (!in || read_params(node, &p))
		return node->status;
	read_output_type(node, &p);
	if (activation_params(node, &p, &zero))
		return node->status;
	if (in->value->quantised && !has_scale(in->value, &p, zero))
		return requantise(node, in, &p, zero);
	if (!in->value->quantised) {
		if (node->im->raw[in->value->id])
			return lw_onnx_refuse(node, "'%s' is read without it, too",
					      in->name);
		set_scale(in->value, &p, zero);
	}
	return result_bytes(node, in, &p);
}

int lw_onnx_run_dequantize(struct onnx_node *node)
{
	struct onnx_value *in = node->in[0];
	struct params p;
	int32_t zero;

	if (in->state != ONNX_ACTIVATION || in->type == ONNX_FLOAT)
		return lw_onnx_refuse(node, "input 0 is not quantised");
	if (read_params(node, &p))
		return node->status;
	lw_onnx_int_in(node, "output_dtype", 0, 0, ONNX_FLOAT);
	if (!p.zero)
		p.type = in->type;
	if (p.type != in->type)
		return lw_onnx_refuse(node, "zero point is %s, expected %s",
				      lw_onnx_type_name(p.type),
				      lw_onnx_type_name(in->type));
	if (activation_params(node, &p, &zero))
		return node->status;
	if (!in->value->quantised)
		set_scale(in->value, &p, zero);
	else if (!has_scale(in->value, &p, zero))
		return lw_onnx_refuse(node, "scale or zero point are not those of its QuantizeLinear");
	if (!lw_onnx_result(node, 0, in)) {
		node->out[0]->type = ONNX_FLOAT;
		node->out[0]->rounded = true;
	}
	return node->status;
}

/* Numbers of a constant that share a scale, next to each other. */
static int constant_run(struct onnx_node *node, struct params *p, size_t *run)
{
	const struct onnx_shape *shape = &node->in[0]->shape;
	uint32_t i;

	*run = node->in[0]->constant->n;
	if (p->n == 1)
		return 0;
	p->axis = lw_onnx_dim(node, p->axis, shape->n);
	if (!node->status && shape->dim[p->axis] != p->n)
		return lw_onnx_refuse(node, "%zu scales for %u along axis %lld",
				      p->n, shape->dim[p->axis],
				      (long long)p->axis);
	for (*run = 1, i = p->axis + 1; i < shape->n; i++)
		*run *= shape->dim[i];
	return node->status;
}

int lw_onnx_fold_dequantize(struct onnx_node *node)
{
	const struct onnx_value *in = node->in[0];
	struct onnx_constant *constant;
	struct params p;
	size_t i, s, run;
	int64_t zero;

	if (!in->constant->whole)
		return lw_onnx_refuse(node, "input 0 is not an integer");
	lw_onnx_int_in(node, "output_dtype", 0, 0, ONNX_FLOAT);
	if (read_params(node, &p) || constant_run(node, &p, &run))
		return node->status;
	constant = lw_onnx_fold_new(node, &in->shape, true);
	if (!constant || check_scales(node, &p))
		return node->status;
	constant->q = in->constant->whole;
	constant->scale = p.scale;
	constant->zero = p.zero;
	constant->n_scale = p.n;
	constant->axis = p.axis;
	for (i = 0; i < constant->n; i++) {
		s = i / run % p.n;
		zero = p.zero ? p.zero[s] : 0;
		constant->real[i] = ((float)constant->q[i] - (float)zero) *
				    p.scale[s];
	}
	return lw_onnx_define_constant(node, 0, ONNX_FLOAT, &in->shape, constant);
}

int lw_onnx_fold_quantize(struct onnx_node *node)
{
	const struct onnx_value *in = lw_onnx_constant(node, 0);
	struct onnx_constant *constant;
	float lo, hi, q;
	struct params p;
	size_t i, s, run;

	if (!in || read_params(node, &p) || constant_run(node, &p, &run))
		return node->status;
	read_output_type(node, &p);
	if (p.type != ONNX_UINT8 && p.type != ONNX_INT8)
		return lw_onnx_refuse(node, "type is %s, expected uint8 or int8",
				      lw_onnx_type_name(p.type));
	lo = p.type == ONNX_INT8 ? -128 : 0;
	hi = lo + 255;
	constant = lw_onnx_fold_new(node, &in->shape, false);
	if (!constant || check_scales(node, &p))
		return node->status;
	for (i = 0; i < constant->n; i++) {
		s = i / run % p.n;
		q = rintf(in->constant->real[i] / p.scale[s]) +
		    (p.zero ? (float)p.zero[s] : 0);
		/* What is not a number becomes the least. */
		constant->whole[i] = fminf(fmaxf(q, lo), hi);
	}
	return lw_onnx_define_constant(node, 0, p.type, &in->shape, constant);
}
