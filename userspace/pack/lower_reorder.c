// SPDX-License-Identifier: MIT
/* Lowering of what takes elements in another order. */
#include "digits.h"
#include "lower.h"

/* What a size of the operation holds. */
#define MAX_SIZE UINT16_MAX

/* The greatest divisor that is at most MAX_SIZE. */
static uint32_t divisor(uint32_t size)
{
	uint32_t d = MAX_SIZE;

	while (size % d)
		d--;
	return d;
}

/* Divides a digit that is too large for the operation. */
static void divide(struct lw_digits *digits, uint32_t at)
{
	uint32_t low = divisor(digits->size[at]);
	uint32_t i;

	for (i = digits->n++; i > at; i--) {
		digits->size[i] = digits->size[i - 1];
		digits->stride[i] = digits->stride[i - 1];
	}
	digits->size[at] /= low;
	digits->stride[at] *= low;
	digits->size[at + 1] = low;
}

static int fit(struct lw_lowering *lower, struct lw_digits *digits)
{
	uint32_t i;

	for (i = 0; i < digits->n; i++) {
		if (digits->size[i] <= MAX_SIZE)
			continue;
		if (digits->n < LW_MAX_DIGITS)
			divide(digits, i);
		if (digits->size[i] > MAX_SIZE)
			break;
	}
	if (i == digits->n && i <= LW_MAX_SIZES)
		return 0;
	return lw_fail(lower->error, -EOPNOTSUPP,
		       "%s: a reordering that takes more than %d sizes of at most %d",
		       lower->layer->name, LW_MAX_SIZES, MAX_SIZE);
}

static void set_digits(struct lwnpu_reorder *reorder,
		       const struct lw_digits *digits)
{
	uint32_t first = LW_MAX_SIZES - digits->n;
	uint32_t size[LW_MAX_SIZES] = { 1, 1, 1, 1, 1, 1 };
	uint32_t stride[LW_MAX_SIZES] = { 0 };

	memcpy(size + first, digits->size, digits->n * sizeof(*size));
	memcpy(stride + first, digits->stride, digits->n * sizeof(*stride));
	*reorder = (struct lwnpu_reorder){
		.stride0 = stride[0],
		.stride1 = stride[1],
		.stride2 = stride[2],
		.stride3 = stride[3],
		.stride4 = stride[4],
		.stride5 = stride[5],
		.size0 = size[0],
		.size1 = size[1],
		.size2 = size[2],
		.size3 = size[3],
		.size4 = size[4],
		.size5 = size[5],
	};
}

int lw_lower_digits(struct lw_lowering *lower, const struct lw_view *in,
		    const struct lw_view *out, const struct lw_digits *digits)
{
	struct lw_digits fitted = *digits;
	struct lwnpu_op *op;
	int ret = fit(lower, &fitted);

	if (ret)
		return ret;
	op = lw_lower_op(lower, LWNPU_OP_REORDER, in, NULL, out);
	if (!op)
		return -ENOMEM;
	set_digits(&op->reorder, &fitted);
	return 0;
}

bool lw_lower_keeps_words(const struct lw_node *node)
{
	struct lw_digits digits;

	return lw_digits_of(node, &digits) &&
	       lw_digits_keep(&digits, node->in[0]) &&
	       node->in[0]->c == node->out->c;
}

int lw_lower_reorder(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_view *out = lw_lower_view(lower, node->out);
	const struct lw_value *v = node->in[0];
	struct lw_digits digits;
	struct lw_view in;
	int ret;

	/* Where a table is needed anyway, it moves the words, too. */
	if (!lw_same_scale(v, node->out) && lw_lower_keeps_words(node) &&
	    lw_view_reshape(out, v, &in))
		return lw_lower_requantise(lower, lw_lower_view(lower, v), &in,
					   v, node->out);
	ret = lw_lower_in_scale_of(lower, v, node->out, &in);
	if (ret)
		return ret;
	lw_digits_of(node, &digits);
	return lw_lower_digits(lower, &in, out, &digits);
}

int lw_lower_flatten(struct lw_lowering *lower, const struct lw_node *node)
{
	return lw_lower_reorder(lower, node);
}
