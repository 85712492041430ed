// SPDX-License-Identifier: MIT
/* Pad of activations. */
#include <math.h>
#include <string.h>

#include "onnx_make.h"

struct pads {
	int64_t before, after;
};

/* Reads Pad's numbers, for each dimension. */
static int read_pads(struct onnx_node *node, uint32_t n, struct pads *pads)
{
	struct onnx_list list = lw_onnx_list(node, "pads", 1);
	struct onnx_list axes = lw_onnx_list(node, "axes", 3);
	uint32_t i, dim, count = axes.given ? axes.n : n;
	int64_t pad;

	memset(pads, 0, ONNX_MAX_DIMS * sizeof(*pads));
	if (list.n != 2 * (size_t)count || count > n)
		return lw_onnx_refuse(node, "pads has %zu numbers, expected %u",
				      list.n, 2 * count);
	for (i = 0; i < 2 * count && !node->status; i++) {
		dim = lw_onnx_dim(node, axes.given ? axes.at[i % count] :
						     i % count, n);
		pad = list.at[i];
		if (pad < -LW_MAX_DIM || pad > LW_MAX_DIM)
			return lw_onnx_refuse(node, "pads dimension %u with %lld, expected %d to %d",
					      dim, (long long)pad, -LW_MAX_DIM,
					      LW_MAX_DIM);
		if (i < count)
			pads[dim].before = pad;
		else
			pads[dim].after = pad;
	}
	return node->status;
}

/* What negative pads take away; they are zero then. */
static struct onnx_value *crop(struct onnx_node *node,
			       const struct onnx_value *in, struct pads *pads)
{
	struct onnx_range range[ONNX_MAX_DIMS];
	int64_t size;
	uint32_t i;

	for (i = 0; i < in->shape.n; i++) {
		range[i] = (struct onnx_range){ 0, 1, in->shape.dim[i] };
		size = in->shape.dim[i];
		if (pads[i].before < 0) {
			range[i].start = -pads[i].before;
			size += pads[i].before;
			pads[i].before = 0;
		}
		if (pads[i].after < 0) {
			size += pads[i].after;
			pads[i].after = 0;
		}
		if (size < 1) {
			lw_onnx_refuse(node, "nothing is left of dimension %u",
				       i);
			return NULL;
		}
		range[i].n = size;
	}
	return lw_onnx_slice(node, in, range);
}

static void set_pads(struct lw_node *made, const struct pads *pads, int8_t axis)
{
	if (axis == ONNX_H) {
		made->window.pad_top = pads->before;
		made->window.pad_bottom = pads->after;
	} else if (axis == ONNX_W) {
		made->window.pad_left = pads->before;
		made->window.pad_right = pads->after;
	} else {
		made->pad_channels_before = pads->before;
		made->pad_channels_after = pads->after;
	}
}

/* What is filled in, and where. */
struct filling {
	const struct pads *pads;
	float fill;
};

static struct onnx_value *emit_pad(struct onnx_node *node,
				   const struct onnx_value *in,
				   const int8_t *axis, const bool *padded,
				   const void *data)
{
	const struct filling *f = data;
	struct onnx_shape shape = in->shape;
	struct onnx_value *out;
	struct lw_node *made;
	uint32_t i;

	for (i = 0; i < shape.n; i++)
		if (padded[i])
			shape.dim[i] += f->pads[i].before + f->pads[i].after;
	out = lw_onnx_new(node, &shape, axis);
	made = lw_onnx_emit(node, LW_NODE_PAD, in, out);
	if (!made)
		return NULL;
	made->fill = f->fill;
	for (i = 0; i < shape.n; i++)
		if (padded[i])
			set_pads(made, &f->pads[i], axis[i]);
	if (!f->fill || in->type != ONNX_FLOAT)
		lw_onnx_same_scale(out, in);
	return out;
}

static struct onnx_value *pad_constant(struct onnx_node *node,
				       const struct onnx_value *in,
				       const struct pads *pads, float fill)
{
	const struct filling filling = { pads, fill };
	bool padded[ONNX_MAX_DIMS];
	uint32_t i;

	for (i = 0; i < in->shape.n; i++)
		padded[i] = pads[i].before || pads[i].after;
	return lw_onnx_along(node, in, padded, true, emit_pad, &filling);
}

enum mode { MODE_EDGE, MODE_REFLECT, MODE_WRAP };

/* Where place @i of a padded dimension of @size comes from. */
static int64_t source(int64_t i, int64_t size, enum mode mode)
{
	int64_t period = 2 * (size - 1);

	if (mode == MODE_EDGE)
		return i < 0 ? 0 : i < size ? i : size - 1;
	if (mode == MODE_WRAP)
		return ((i % size) + size) % size;
	if (!period)
		return 0;
	i = ((i % period) + period) % period;
	return i < size ? i : period - i;
}

static struct onnx_value *pad_copies(struct onnx_node *node,
				     const struct onnx_value *in,
				     const struct pads *pads, enum mode mode)
{
	struct onnx_picks picks = { .whole = true };
	struct onnx_value *out;
	int64_t size, n, k;
	uint32_t i;

	for (i = 0; i < in->shape.n; i++) {
		if (!pads[i].before && !pads[i].after)
			continue;
		size = in->shape.dim[i];
		n = size + pads[i].before + pads[i].after;
		if (!lw_onnx_pick_room(node, &picks, i, n))
			break;
		for (k = 0; k < n; k++)
			picks.at[i][k] = source(k - pads[i].before, size,
						mode);
	}
	out = lw_onnx_pick(node, in, &picks);
	lw_onnx_picks_free(&picks);
	return out;
}

/* The real number that is filled in, of a byte in the scale of the input. */
static float read_fill(struct onnx_node *node, const struct onnx_value *in)
{
	const struct onnx_value *fill = lw_onnx_in(node, 2);
	int64_t byte;

	if (in->type == ONNX_FLOAT)
		return lw_onnx_scalar(node, "value", 2, 0);
	if (!in->value->quantised || (fill && (fill->state != ONNX_CONSTANT ||
					       !fill->constant->whole ||
					       fill->constant->n != 1))) {
		lw_onnx_refuse(node, "fills quantised numbers with an unknown one");
		return 0;
	}
	byte = fill ? fill->constant->whole[0] : 0;
	byte += in->type == ONNX_INT8 ? 128 : 0;
	return in->value->scale * (byte - in->value->zero_point);
}

static struct onnx_value *pad(struct onnx_node *node,
			      const struct onnx_value *in,
			      const struct pads *pads)
{
	static const char *const modes[] = { "edge", "reflect", "wrap" };
	float fill;
	int i;

	if (lw_onnx_string_is(node, "mode", "constant", "constant")) {
		fill = read_fill(node, in);
		if (!isfinite(fill))
			lw_onnx_refuse(node, "fills with %g", fill);
		return node->status ? NULL :
				      pad_constant(node, in, pads, fill);
	}
	for (i = MODE_EDGE; i <= MODE_WRAP; i++)
		if (lw_onnx_string_is(node, "mode", "constant", modes[i]))
			return pad_copies(node, in, pads, i);
	lw_onnx_refuse(node, "mode is not constant, edge, reflect or wrap");
	return NULL;
}

int lw_onnx_run_pad(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_movable(node, 0), *out;
	struct pads pads[ONNX_MAX_DIMS];

	if (!in || read_pads(node, in->shape.n, pads))
		return node->status;
	out = crop(node, in, pads);
	lw_onnx_ignore(node, "value");
	return lw_onnx_result(node, 0, out ? pad(node, out, pads) : NULL);
}
