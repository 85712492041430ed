// SPDX-License-Identifier: MIT
/* What each kind of node asks of its tensors, window and constants. */
#include <inttypes.h>

#include "node_check.h"

int lw_node_check_inputs(const struct lw_node *node, uint32_t n,
			 struct lwnpu_error *error)
{
	if (node->n_in == n)
		return 0;
	return lw_fail(error, -EINVAL,
		       NODE_FORMAT "%" PRIu32 " inputs, expected %" PRIu32,
		       NODE_ARGS(node), node->n_in, n);
}

int lw_node_check_shape(const struct lw_node *node, uint64_t h, uint64_t w,
			uint64_t c, struct lwnpu_error *error)
{
	const struct lw_value *out = node->out;

	if (out->h == h && out->w == w && out->c == c)
		return 0;
	return lw_fail(error, -EINVAL,
		       NODE_FORMAT "output is " SHAPE_FORMAT ", expected %"
		       PRIu64 "x%" PRIu64 "x%" PRIu64,
		       NODE_ARGS(node), SHAPE_ARGS(out), h, w, c);
}

/* One input, and the output has its shape. */
int lw_node_check_same(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = lw_node_check_inputs(node, 1, error);

	if (ret)
		return ret;
	return lw_node_check_shape(node, node->in[0]->h, node->in[0]->w,
				   node->in[0]->c, error);
}

int lw_node_check_finite(const struct lw_node *node, const char *what,
			 const float *array, size_t n,
			 struct lwnpu_error *error)
{
	size_t i;

	for (i = 0; array && i < n; i++)
		if (!isfinite(array[i]))
			return lw_fail(error, -EINVAL, NODE_FORMAT
				       "%s[%zu] is %g, expected a finite number",
				       NODE_ARGS(node), what, i, array[i]);
	return 0;
}

/* Each input has a dimension of the output, or 1. */
static int check_broadcast(const struct lw_node *node,
			   struct lwnpu_error *error)
{
	const struct lw_value *a, *b;
	int ret = lw_node_check_inputs(node, 2, error);

	if (ret)
		return ret;
	a = node->in[0];
	b = node->in[1];
	if ((a->h != b->h && a->h != 1 && b->h != 1) ||
	    (a->w != b->w && a->w != 1 && b->w != 1) ||
	    (a->c != b->c && a->c != 1 && b->c != 1))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "inputs are " SHAPE_FORMAT " and " SHAPE_FORMAT
			       ": each dimension must be equal, or 1 in one",
			       NODE_ARGS(node), SHAPE_ARGS(a), SHAPE_ARGS(b));
	return lw_node_check_shape(node, a->h == 1 ? b->h : a->h,
				   a->w == 1 ? b->w : a->w,
				   a->c == 1 ? b->c : a->c, error);
}

int lw_node_check_add(const struct lw_node *node, struct lwnpu_error *error)
{
	return check_broadcast(node, error);
}

int lw_node_check_mul(const struct lw_node *node, struct lwnpu_error *error)
{
	return check_broadcast(node, error);
}

int lw_node_check_matmul(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_value *a, *b;
	int ret = lw_node_check_inputs(node, 2, error);

	if (ret)
		return ret;
	a = node->in[0];
	b = node->in[1];
	if ((a->h != b->h && a->h != 1 && b->h != 1) ||
	    (node->transpose_a ? a->w : a->c) !=
		    (node->transpose_b ? b->c : b->w))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "cannot multiply " SHAPE_FORMAT "%s by "
			       SHAPE_FORMAT "%s", NODE_ARGS(node),
			       SHAPE_ARGS(a),
			       node->transpose_a ? " (transposed)" : "",
			       SHAPE_ARGS(b),
			       node->transpose_b ? " (transposed)" : "");
	return lw_node_check_shape(node, a->h == 1 ? b->h : a->h,
				   node->transpose_a ? a->c : a->w,
				   node->transpose_b ? b->w : b->c, error);
}

static int check_tables(const struct lw_node *node, struct lwnpu_error *error)
{
	if (!node->n_tables && !node->tables)
		return 0;
	if (!node->tables ||
	    (node->n_tables != 1 && node->n_tables != node->out->c))
		return lw_fail(error, -EINVAL, NODE_FORMAT "%" PRIu32
			       " tables of %" PRIu32 " channels",
			       NODE_ARGS(node), node->n_tables, node->out->c);
	if (!node->in[0]->quantised || !node->out->quantised)
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "tables of bytes between real numbers",
			       NODE_ARGS(node));
	return 0;
}

int lw_node_check_unary(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret;

	if ((unsigned int)node->unary >= LW_UNARY_KINDS)
		return lw_fail(error, -EINVAL, NODE_FORMAT "unknown function %d",
			       NODE_ARGS(node), node->unary);
	if (!isfinite(node->alpha) || !isfinite(node->beta))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "slope and offset must be finite",
			       NODE_ARGS(node));
	ret = lw_node_check_same(node, error);
	if (!ret)
		ret = check_tables(node, error);
	if (ret)
		return ret;
	return lw_node_check_finite(node, "slope", node->alphas, node->out->c,
				    error);
}

int lw_node_check_softmax(const struct lw_node *node, struct lwnpu_error *error)
{
	return lw_node_check_same(node, error);
}

int lw_node_check_requant(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = lw_node_check_same(node, error);

	return ret ? ret : check_tables(node, error);
}

int lw_node_check_gate(const struct lw_node *node, struct lwnpu_error *error)
{
	const struct lw_value *in, *out = node->out;
	int ret = lw_node_check_inputs(node, 1, error);

	if (ret)
		return ret;
	in = node->in[0];
	if (node->gate != LW_GATE_MAX && node->gate != LW_GATE_MARGIN)
		return lw_fail(error, -EINVAL, NODE_FORMAT "unknown test %d",
			       NODE_ARGS(node), node->gate);
	if (node->gate == LW_GATE_MARGIN && in->h * in->w * in->c < 2)
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "the margin between two numbers of one",
			       NODE_ARGS(node));
	if (!isfinite(node->threshold))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "threshold must be finite", NODE_ARGS(node));
	if (out->quantised && (out->scale != 1 || out->zero_point))
		return lw_fail(error, -EINVAL, NODE_FORMAT
			       "the flag has scale %g and zero point %" PRId32
			       ", expected 1 and 0", NODE_ARGS(node),
			       out->scale, out->zero_point);
	return lw_node_check_shape(node, 1, 1, 1, error);
}

int lw_node_check_merge(const struct lw_node *node, struct lwnpu_error *error)
{
	int ret = lw_node_check_inputs(node, 3, error);
	uint32_t i;

	for (i = 1; i < node->n_in && !ret; i++)
		ret = lw_node_check_shape(node, node->in[i]->h, node->in[i]->w,
					  node->in[i]->c, error);
	return ret;
}

static int (*const kind_checks[])(const struct lw_node *node,
				  struct lwnpu_error *error) = {
#define LW_NODE_CHECK(name, NAME, text) [LW_NODE_##NAME] = lw_node_check_##name,
	LW_NODES(LW_NODE_CHECK)
#undef LW_NODE_CHECK
};

int lw_node_check(const struct lw_node *node, struct lwnpu_error *error)
{
	return kind_checks[node->kind](node, error);
}
