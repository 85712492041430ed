// SPDX-License-Identifier: MIT
/*
 * Lowering of gates. What stands if a gate is taken is copied to the merge's
 * result before the gate; the operations that the gate skips write over it.
 */
#include "lower.h"

/* The least byte, or difference of bytes, that reaches a threshold; or 256. */
static int least_byte(const struct lw_node *node)
{
	const struct lw_value *v = node->in[0];
	int zero = node->gate == LW_GATE_MAX ? v->zero_point : 0;
	int q = 0;

	while (q < 256 && v->scale * (float)(q - zero) < node->threshold)
		q++;
	return q;
}

static int copy(struct lw_lowering *lower, const struct lw_value *from,
		const struct lw_value *to)
{
	const struct lw_view *in = lw_lower_view(lower, from);
	const struct lw_view *out = lw_lower_view(lower, to);
	struct lwnpu_op *op;

	if (lw_view_is_same(in, out))
		return 0;
	if (!lw_same_scale(from, to))
		return lw_lower_requantise(lower, in, out, from, to);
	op = lw_lower_op(lower, LWNPU_OP_COPY, in, NULL, out);
	if (!op)
		return -ENOMEM;
	op->copy.stride_h = 1;
	op->copy.stride_w = 1;
	op->copy.channels = to->c;
	return 0;
}

int lw_lower_gate(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_graph *g = lower->graph;
	int least = least_byte(node), ret = 0;
	uint32_t i, end;
	struct lwnpu_op *op;

	if (lower->n_gates == LWNPU_MAX_GATES)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: more than %d gates in each other",
			       node->name, LWNPU_MAX_GATES);
	lw_gate_merges(g, lower->node, &i, &end);
	for (; i < end && !ret; i++)
		ret = copy(lower, g->nodes[i]->in[1], g->nodes[i]->out);
	if (ret)
		return ret;
	lower->gates[lower->n_gates++] = lower->n_ops;
	op = lw_lower_op(lower, LWNPU_OP_GATE,
			 lw_lower_view(lower, node->in[0]), NULL, NULL);
	if (!op)
		return -ENOMEM;
	op->gate.mode = node->gate == LW_GATE_MAX ? LWNPU_GATE_MAX :
						    LWNPU_GATE_MARGIN;
	/* Out of reach is what every byte, 0 or more, is not below. */
	op->gate.invert = node->invert != (least == 256);
	op->gate.threshold = least == 256 ? 0 : least;
	return 0;
}

/* Behind a gate's last merge, what it skips is known. */
static int close_gate(struct lw_lowering *lower, const struct lw_node *node)
{
	uint32_t gate = lower->gates[--lower->n_gates];
	uint32_t skip = lower->n_ops - gate - 1;

	if (skip > UINT16_MAX)
		return lw_fail(lower->error, -EOPNOTSUPP,
			       "%s: its gate skips %u operations, at most %d",
			       node->name, skip, UINT16_MAX);
	lower->ops[gate].gate.skip = skip;
	return 0;
}

int lw_lower_merge(struct lw_lowering *lower, const struct lw_node *node)
{
	const struct lw_graph *g = lower->graph;
	const struct lw_node *next = lower->node + 1 < g->n_nodes ?
					     g->nodes[lower->node + 1] : NULL;
	int ret = copy(lower, node->in[2], node->out);

	if (ret || (next && next->kind == LW_NODE_MERGE &&
		    next->in[0] == node->in[0]))
		return ret;
	return close_gate(lower, node);
}
