// SPDX-License-Identifier: MIT
/* Constants as activations, for nodes that take them as such. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_make.h"

/* Whether all bytes that a constant was made from are in @lo … @lo + 255. */
static bool in_range(const struct onnx_constant *k, int64_t lo)
{
	int64_t zero = k->zero ? k->zero[0] : 0;
	size_t i;

	if (zero < lo || zero > lo + 255)
		return false;
	for (i = 0; i < k->n; i++)
		if (k->q[i] < lo || k->q[i] > lo + 255)
			return false;
	return true;
}

/* The scale of what was dequantised. */
static void take_scale(struct onnx_value *to, const struct onnx_constant *k)
{
	bool is_signed;

	if (!k->q || k->n_scale != 1)
		return;
	is_signed = in_range(k, -128);
	if (!is_signed && !in_range(k, 0))
		return;
	to->rounded = true;
	to->value->quantised = true;
	to->value->is_signed = is_signed;
	to->value->scale = k->scale[0];
	to->value->zero_point = (k->zero ? k->zero[0] : 0) + 128 * is_signed;
}

static int emit_constant(struct onnx_node *node, const struct onnx_value *k,
			 struct onnx_value *out)
{
	struct lw_node *made = lw_onnx_emit_many(node, LW_NODE_CONSTANT, NULL,
						 0, out);
	size_t i, n = k->constant->n;

	if (!made)
		return node->status;
	if (lw_onnx_charge(node->im, n * sizeof(*made->constant)))
		return lw_onnx_refuse(node,
				      "the model's constants take more memory than its size explains");
	for (i = 0; i < n; i++)
		if (!isfinite(k->constant->real[i]))
			return lw_onnx_refuse(node, "its constant has a number %g",
					      k->constant->real[i]);
	made->constant = malloc(n * sizeof(*made->constant));
	if (!made->constant)
		return node->status = -ENOMEM;
	memcpy(made->constant, k->constant->real, n * sizeof(*made->constant));
	return 0;
}

struct onnx_value *lw_onnx_hold(struct onnx_node *node,
				const struct onnx_value *k)
{
	int8_t axis[ONNX_MAX_DIMS];
	struct onnx_value *out;

	if (node->status || !k)
		return NULL;
	if (!lw_onnx_count(&k->shape)) {
		lw_onnx_refuse(node, "its constant is empty");
		return NULL;
	}
	lw_onnx_axes_last(&k->shape, axis);
	out = lw_onnx_new(node, &k->shape, axis);
	if (!out || emit_constant(node, k, out))
		return NULL;
	take_scale(out, k->constant);
	return out;
}

const struct onnx_value *lw_onnx_held(struct onnx_node *node, uint32_t i)
{
	const struct onnx_value *in = lw_onnx_in(node, i);

	if (!in || in->state != ONNX_CONSTANT)
		return lw_onnx_activation(node, i);
	return lw_onnx_hold(node, lw_onnx_constant(node, i));
}
