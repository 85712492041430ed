// SPDX-License-Identifier: MIT
/* The interpreter's gates. It skips nothing: calibration sees both results. */
#include <string.h>

#include "interpreter.h"

void lw_run_gate(const struct lw_interpreter *interpreter,
		 const struct lw_node *node)
{
	const float *in = lw_interpreter_in(interpreter, node, 0);
	size_t i, n = lw_value_size(node->in[0]);
	float first = -INFINITY, second = -INFINITY;
	bool reached;

	for (i = 0; i < n; i++) {
		second = fmaxf(second, fminf(first, in[i]));
		first = fmaxf(first, in[i]);
	}
	if (node->gate == LW_GATE_MARGIN)
		first -= second;
	reached = first >= node->threshold;
	*lw_interpreter_out(interpreter, node) = reached != node->invert;
}

void lw_run_merge(const struct lw_interpreter *interpreter,
		  const struct lw_node *node)
{
	bool taken = *lw_interpreter_in(interpreter, node, 0) != 0;

	memcpy(lw_interpreter_out(interpreter, node),
	       lw_interpreter_in(interpreter, node, taken ? 1 : 2),
	       lw_value_size(node->out) * sizeof(float));
}
