// SPDX-License-Identifier: MIT
/* Reorderings as arithmetic on the digits of an element's number. */
#include "digits.h"

static void append(struct lw_digits *digits, uint32_t size, uint32_t stride)
{
	digits->size[digits->n] = size;
	digits->stride[digits->n++] = stride;
}

/* Drops digits of one value, and makes one of two that count on. */
static void reduce(struct lw_digits *digits)
{
	struct lw_digits d = { 0 };
	uint32_t i, last;

	for (i = 0; i < digits->n; i++) {
		if (digits->size[i] == 1)
			continue;
		last = d.n - 1;
		if (d.n && d.stride[last] == (uint64_t)digits->size[i] *
						     digits->stride[i]) {
			d.size[last] *= digits->size[i];
			d.stride[last] = digits->stride[i];
		} else {
			append(&d, digits->size[i], digits->stride[i]);
		}
	}
	if (!d.n)
		append(&d, 1, 1);
	*digits = d;
}

bool lw_digits_of(const struct lw_node *node, struct lw_digits *digits)
{
	const struct lw_value *in = node->in[0];
	uint32_t i;

	*digits = (struct lw_digits){ 0 };
	switch (node->kind) {
	case LW_NODE_REORDER:
		for (i = 0; i < node->n_sizes; i++)
			append(digits, node->size[i], node->stride[i]);
		break;
	case LW_NODE_FLATTEN:
		if (node->nchw)
			append(digits, in->c, 1);
		append(digits, in->h * in->w, in->c);
		if (!node->nchw)
			append(digits, in->c, 1);
		break;
	default:
		return false;
	}
	reduce(digits);
	return true;
}

bool lw_digits_keep(const struct lw_digits *digits,
		    const struct lw_value *value)
{
	return digits->n == 1 && digits->stride[0] == 1 &&
	       digits->size[0] == lw_value_size(value);
}

/* A number as the digits of a reordering, and how much of each is taken. */
struct places {
	const struct lw_digits *digits;
	uint64_t weight[LW_MAX_DIGITS];
	uint64_t used[LW_MAX_DIGITS];
};

static void find_places(struct places *places, const struct lw_digits *digits)
{
	uint64_t weight = 1;
	uint32_t i;

	*places = (struct places){ .digits = digits };
	for (i = digits->n; i--;) {
		places->weight[i] = weight;
		weight *= digits->size[i];
	}
}

/*
 * One digit of the second reordering, counting in steps of @stride, as digits
 * of the first, the fastest first: each counts within one place there.
 */
static bool split(struct places *places, uint64_t size, uint64_t stride,
		  struct lw_digits *both)
{
	const struct lw_digits *digits = places->digits;
	uint64_t step, part;
	uint32_t i;

	for (i = digits->n; i-- && size > 1;) {
		if (stride >= places->weight[i] * digits->size[i])
			continue;
		if (stride % places->weight[i] || both->n == LW_MAX_DIGITS)
			return false;
		step = stride / places->weight[i];
		part = size;
		if ((size - 1) * step >= digits->size[i]) {
			part = digits->size[i] / step;
			if (digits->size[i] % step || size % part)
				return false;
		}
		places->used[i] += (part - 1) * step;
		append(both, part, step * digits->stride[i]);
		size /= part;
		stride *= part;
	}
	return size == 1;
}

static void reverse(struct lw_digits *digits)
{
	struct lw_digits d = { 0 };

	while (digits->n) {
		digits->n--;
		append(&d, digits->size[digits->n], digits->stride[digits->n]);
	}
	*digits = d;
}

bool lw_digits_chain(const struct lw_digits *first,
		     const struct lw_digits *then, struct lw_digits *both)
{
	struct lw_digits few = *then;
	struct places places;
	uint32_t i;

	reduce(&few);
	find_places(&places, first);
	*both = (struct lw_digits){ 0 };
	for (i = few.n; i--;) {
		if (few.stride[i]) {
			if (!split(&places, few.size[i], few.stride[i], both))
				return false;
		} else if (both->n < LW_MAX_DIGITS) {
			append(both, few.size[i], 0);
		} else {
			return false;
		}
	}
	/* Digits that share a place must not carry into the next. */
	for (i = 0; i < first->n; i++)
		if (places.used[i] >= first->size[i])
			return false;
	reverse(both);
	reduce(both);
	return true;
}
