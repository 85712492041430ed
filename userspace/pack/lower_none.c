// SPDX-License-Identifier: MIT
/* Nodes that no operation runs. */
#include "lower.h"

static int refuse(struct lw_lowering *lower, const struct lw_node *node)
{
	return lw_fail(lower->error, -EOPNOTSUPP,
		       "%s: no operation runs a %s node", node->name,
		       lw_node_kind_name(node->kind));
}

int lw_lower_gate(struct lw_lowering *lower, const struct lw_node *node)
{
	return refuse(lower, node);
}

int lw_lower_merge(struct lw_lowering *lower, const struct lw_node *node)
{
	return refuse(lower, node);
}
