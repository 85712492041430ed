// SPDX-License-Identifier: MIT
/*
 * Tests on which an If may depend: the greatest of an activation's numbers, or
 * its margin over the second greatest (TopK and a difference), compared with a
 * constant.
 */
#include <math.h>

#include "onnx_make.h"

bool lw_onnx_is_test(const struct onnx_node *node, uint32_t i,
		     enum onnx_test test)
{
	const struct onnx_value *in = lw_onnx_in(node, i);

	return in && in->state == ONNX_TEST && in->test == test;
}

/* The greatest numbers of all. */
int lw_onnx_run_top_k(struct onnx_node *node)
{
	struct onnx_value *in = lw_onnx_activation(node, 0), top;
	int64_t given = lw_onnx_int(node, "axis", -1);
	struct onnx_list k = { .given = false };
	uint32_t axis;

	lw_onnx_int_in(node, "largest", 1, 1, 1);
	lw_onnx_int_in(node, "sorted", 1, 1, 1);
	if (in)
		k = lw_onnx_list(node, "k", 1);
	if (node->status)
		return node->status;
	axis = lw_onnx_dim(node, given, in->shape.n);
	if (node->status)
		return node->status;
	if (lw_onnx_count(&in->shape) != in->shape.dim[axis])
		return lw_onnx_refuse(node, "more than one list of numbers");
	if (k.n != 1 || k.at[0] < 1 || k.at[0] > in->shape.dim[axis])
		return lw_onnx_refuse(node, "k is not 1 to %u",
				      in->shape.dim[axis]);
	top = *in;
	top.state = ONNX_TEST;
	top.test = ONNX_GREATEST;
	top.first = 0;
	top.shape.dim[axis] = k.at[0];
	top.shape.n_factors = 0;
	return lw_onnx_result(node, 0, &top);
}

/* Part of the numbers of TopK, from @first on, as output @i. */
int lw_onnx_test_part(struct onnx_node *node, uint32_t i, int64_t first,
		      const struct onnx_shape *shape)
{
	struct onnx_value part = *node->in[0];

	part.first += first;
	part.shape = *shape;
	return lw_onnx_result(node, i, &part);
}

/* The difference of the greatest two. */
int lw_onnx_test_margin(struct onnx_node *node)
{
	struct onnx_value margin = *node->in[0];

	if (!lw_onnx_is_test(node, 1, ONNX_GREATEST) ||
	    margin.value != node->in[1]->value || margin.first ||
	    node->in[1]->first != 1 || lw_onnx_count(&margin.shape) != 1 ||
	    lw_onnx_count(&node->in[1]->shape) != 1)
		return lw_onnx_refuse(node, "its inputs are not the greatest and the second greatest of the same numbers");
	margin.test = ONNX_MARGIN;
	return lw_onnx_result(node, 0, &margin);
}

/* What is tested of an input of one number. */
static int read_tested(struct onnx_node *node, uint32_t i,
		       struct onnx_value *test)
{
	const struct onnx_value *in = lw_onnx_in(node, i);

	*test = *in;
	if (lw_onnx_is_test(node, i, ONNX_MARGIN)) {
		test->kind = LW_GATE_MARGIN;
	} else if (lw_onnx_is_test(node, i, ONNX_GREATEST)) {
		test->kind = LW_GATE_MAX;
		if (in->first)
			return lw_onnx_refuse(node, "input %u is not the greatest number",
					      i);
	} else if (lw_onnx_activation(node, i)) {
		test->kind = LW_GATE_MAX;
		if (in->greatest_of)
			test->value = in->greatest_of;
	}
	test->state = ONNX_TEST;
	test->test = ONNX_CONDITION;
	test->type = ONNX_BOOL;
	return node->status;
}

/* Whether a number is compared with a constant one. */
static bool is_single(const struct onnx_node *node)
{
	const struct onnx_value *a = node->in[0], *b = node->in[1];

	return lw_onnx_count(&a->shape) == 1 && lw_onnx_count(&b->shape) == 1 &&
	       (a->state == ONNX_CONSTANT || b->state == ONNX_CONSTANT);
}

/*
 * Whether input 0 is greater than input 1, or equal and @equal; @invert: not
 * so.
 */
static int compare(struct onnx_node *node, bool equal, bool invert)
{
	uint32_t which = node->in[0]->state == ONNX_CONSTANT;
	const struct onnx_value *k;
	struct onnx_value test;
	float threshold;

	if (!is_single(node))
		return lw_onnx_compare(node, equal ? -1 : 1, equal != invert);
	k = lw_onnx_constant(node, !which);
	if (!k || read_tested(node, which, &test))
		return node->status;
	threshold = k->constant->real[0];
	/* k > x is not x >= k. */
	if (which) {
		equal = !equal;
		invert = !invert;
	}
	test.threshold = equal ? threshold : nextafterf(threshold, INFINITY);
	test.invert = invert;
	if (!isfinite(test.threshold))
		return lw_onnx_refuse(node, "compares with %g", threshold);
	return lw_onnx_result(node, 0, &test);
}

int lw_onnx_run_greater(struct onnx_node *node)
{
	return compare(node, false, false);
}

int lw_onnx_run_greater_equal(struct onnx_node *node)
{
	return compare(node, true, false);
}

int lw_onnx_run_less(struct onnx_node *node)
{
	return compare(node, true, true);
}

int lw_onnx_run_less_equal(struct onnx_node *node)
{
	return compare(node, false, true);
}

int lw_onnx_run_not(struct onnx_node *node)
{
	struct onnx_value test = *node->in[0];

	if (!lw_onnx_is_test(node, 0, ONNX_CONDITION))
		return lw_onnx_negate(node);
	test.invert = !test.invert;
	return lw_onnx_result(node, 0, &test);
}
