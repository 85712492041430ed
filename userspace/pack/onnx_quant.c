// SPDX-License-Identifier: MIT
/*
 * QuantizeLinear and DequantizeLinear. Of activations they become scales of
 * values: the pair is no work. Of constants they are computed.
 */
#include <math.h>

#include "onnx_quant.h"

static void read_zero(struct onnx_node *node, uint32_t i,
		      struct onnx_quanta *p)
{
	const struct onnx_value *zero = lw_onnx_in(node, i);

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

int lw_onnx_read_scale(struct onnx_node *node, uint32_t i,
		       struct onnx_quanta *p)
{
	const struct onnx_value *scale = lw_onnx_constant(node, i);

	*p = (struct onnx_quanta){ .type = ONNX_UINT8 };
	if (!scale)
		return node->status;
	p->n = scale->constant->n;
	p->scale = scale->constant->real;
	p->n_dims = scale->shape.n;
	if (!p->n)
		return lw_onnx_refuse(node, "no scale");
	read_zero(node, i + 1, p);
	return node->status;
}

int lw_onnx_read_quanta(struct onnx_node *node, struct onnx_quanta *p)
{
	int ret = lw_onnx_read_scale(node, 1, p);

	p->axis = lw_onnx_int(node, "axis", 1);
	p->block = lw_onnx_int_in(node, "block_size", 0, 0, INT32_MAX);
	lw_onnx_ignore(node, "saturate");
	lw_onnx_ignore(node, "precision");
	return ret ? ret : node->status;
}

void lw_onnx_read_bytes_type(struct onnx_node *node, struct onnx_quanta *p)
{
	int64_t type = lw_onnx_int(node, "output_dtype", 0);

	if (type && p->zero && type != p->type)
		lw_onnx_refuse(node, "output_dtype is %s, expected %s",
			       lw_onnx_type_name(type & INT32_MAX),
			       lw_onnx_type_name(p->type));
	else if (type)
		p->type = type & INT32_MAX;
}

int lw_onnx_check_scales(struct onnx_node *node, const struct onnx_quanta *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (!isfinite(p->scale[i]) || p->scale[i] <= 0)
			return lw_onnx_refuse(node, "scale %zu is %g, expected a finite number above 0",
					      i, p->scale[i]);
	return 0;
}

/* One scale and zero point, 0…255 as we count, for an activation. */
static int activation_params(struct onnx_node *node, const struct onnx_quanta *p,
			     int32_t *zero)
{
	int64_t z = p->zero ? p->zero[0] : 0;

	if (p->n != 1)
		return lw_onnx_refuse(node, "%zu scales for an activation, expected 1",
				      p->n);
	if (lw_onnx_check_scales(node, p))
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

static void set_scale(struct lw_value *value, const struct onnx_quanta *p,
		      int32_t zero)
{
	value->quantised = true;
	value->is_signed = p->type == ONNX_INT8;
	value->scale = p->scale[0];
	value->zero_point = zero;
}

static bool has_scale(const struct lw_value *value, const struct onnx_quanta *p,
		      int32_t zero)
{
	return value->scale == p->scale[0] && value->zero_point == zero;
}

/* Output @i is a value as bytes. */
static int result_bytes(struct onnx_node *node, uint32_t i,
			const struct onnx_value *value,
			const struct onnx_quanta *p)
{
	if (lw_onnx_result(node, i, value))
		return node->status;
	node->out[i]->type = p->type;
	node->out[i]->rounded = false;
	return 0;
}

/* The value is quantised already, in another way. */
static int requantise(struct onnx_node *node, uint32_t i,
		      const struct onnx_value *in, const struct onnx_quanta *p,
		      int32_t zero)
{
	struct onnx_value *from = lw_onnx_view(node, in, &in->shape);
	struct onnx_value *out = lw_onnx_new_like(node, in);
	struct lw_node *made;

	if (from)
		from->rounded = true;
	made = lw_onnx_emit(node, LW_NODE_REQUANT, from, out);
	if (!made)
		return node->status;
	lw_onnx_set_rule(made, LW_RULE_ONNXRUNTIME);
	set_scale(out->value, p, zero);
	return result_bytes(node, i, out, p);
}

static int quantise(struct onnx_node *node, uint32_t i,
		    const struct onnx_value *in, const struct onnx_quanta *p)
{
	int32_t zero;

	if (activation_params(node, p, &zero))
		return node->status;
	if (in->value->quantised && !has_scale(in->value, p, zero))
		return requantise(node, i, in, p, zero);
	if (!in->value->quantised) {
		if (node->im->raw[in->value->id])
			node->im->partly = true;
		set_scale(in->value, p, zero);
	}
	return result_bytes(node, i, in, p);
}

int lw_onnx_run_quantize(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0);
	struct onnx_quanta p;

	if (!in || lw_onnx_read_quanta(node, &p))
		return node->status;
	lw_onnx_read_bytes_type(node, &p);
	return node->status ? node->status : quantise(node, 0, in, &p);
}

int lw_onnx_quantise(struct onnx_node *node, uint32_t i,
		     const struct onnx_value *value, uint32_t scale)
{
	struct onnx_quanta p;

	if (lw_onnx_read_scale(node, scale, &p))
		return node->status;
	return quantise(node, i, value, &p);
}

/* Bytes as real numbers. */
static struct onnx_value *dequantise(struct onnx_node *node,
				     const struct onnx_value *in,
				     struct onnx_quanta *p)
{
	struct onnx_value *out;
	int32_t zero;

	if (!p->zero)
		p->type = in->type;
	if (p->type != in->type)
		lw_onnx_refuse(node, "zero point is %s, expected %s",
			       lw_onnx_type_name(p->type),
			       lw_onnx_type_name(in->type));
	if (node->status || activation_params(node, p, &zero))
		return NULL;
	if (!in->value->quantised)
		set_scale(in->value, p, zero);
	else if (!has_scale(in->value, p, zero))
		lw_onnx_refuse(node, "scale or zero point are not those of its QuantizeLinear");
	out = lw_onnx_view(node, in, &in->shape);
	if (out) {
		out->type = ONNX_FLOAT;
		out->rounded = true;
	}
	return out;
}

int lw_onnx_run_dequantize(struct onnx_node *node)
{
	struct onnx_value *in = node->in[0];
	struct onnx_quanta p;

	if (in->state != ONNX_ACTIVATION || in->type == ONNX_FLOAT)
		return lw_onnx_refuse(node, "input 0 is not quantised");
	if (lw_onnx_read_quanta(node, &p))
		return node->status;
	lw_onnx_int_in(node, "output_dtype", 0, 0, ONNX_FLOAT);
	return lw_onnx_result(node, 0, dequantise(node, in, &p));
}

struct onnx_value *lw_onnx_dequantise(struct onnx_node *node, uint32_t i,
				      uint32_t scale, int64_t axis)
{
	struct onnx_value *in = lw_onnx_in(node, i), *out;
	struct onnx_quanta p;

	if (!in || (in->state != ONNX_ACTIVATION &&
		    in->state != ONNX_CONSTANT) || lw_onnx_is_real(in->type)) {
		lw_onnx_refuse(node, "input %u is not quantised", i);
		return NULL;
	}
	if (lw_onnx_read_scale(node, scale, &p))
		return NULL;
	p.axis = axis;
	if (in->state == ONNX_ACTIVATION)
		return dequantise(node, in, &p);
	out = lw_onnx_view(node, in, &in->shape);
	if (!out)
		return NULL;
	out->type = ONNX_FLOAT;
	out->constant = lw_onnx_dequantise_constant(node, in, &p);
	return node->status ? NULL : out;
}

/* How many scales a factor has, and they. */
static size_t scales_of(const struct onnx_value *in, const float **scale)
{
	if (in->state == ONNX_CONSTANT) {
		*scale = in->constant->scale;
		return in->constant->n_scale;
	}
	*scale = &in->value->scale;
	return 1;
}

struct onnx_value *lw_onnx_dequantise_bias(struct onnx_node *node, uint32_t i,
					   const struct onnx_value *a,
					   const struct onnx_value *b)
{
	const struct onnx_value *in = lw_onnx_in(node, i);
	struct onnx_constant *scale, *bias;
	const float *x, *y;
	struct onnx_value *out;
	size_t k, n, m;

	if (node->status || !a || !b)
		return NULL;
	if (in->state != ONNX_CONSTANT || in->type != ONNX_INT32) {
		lw_onnx_refuse(node, "input %u is not constant int32", i);
		return NULL;
	}
	n = scales_of(b, &y);
	m = scales_of(a, &x);
	scale = lw_onnx_constant_new(node->im, n, true);
	bias = lw_onnx_fold_new(node, &in->shape, true);
	out = lw_onnx_view(node, in, &in->shape);
	if (!scale || !bias || !out || m != 1 ||
	    (n != 1 && n != bias->n)) {
		lw_onnx_refuse(node, "%zu scales for its bias", n * m);
		return NULL;
	}
	for (k = 0; k < n; k++)
		scale->real[k] = *x * y[k];
	bias->q = in->constant->whole;
	bias->scale = scale->real;
	bias->n_scale = n;
	for (k = 0; k < bias->n; k++)
		bias->real[k] = bias->q[k] * scale->real[n == 1 ? 0 : k];
	out->type = ONNX_FLOAT;
	out->constant = bias;
	return out;
}
