// SPDX-License-Identifier: MIT
/* Lowering of GATE: a launch finds the value, and the host decides. */
#include "lower.h"

static struct lw_cl_gate *add_gate(struct lw_cl_loaded *loaded,
				   const struct lwnpu_gate *gate)
{
	/* The checker has counted them. */
	struct lw_cl_gate *added = &loaded->gates[loaded->n_gates++];

	added->launch = loaded->n_launches;
	added->threshold = gate->threshold;
	added->invert = gate->invert;
	return added;
}

int lw_cl_gate(struct lw_cl_lowering *lower, const struct lwnpu_op *op)
{
	const struct lwnpu_tensor *in = &op->in[0];
	struct lw_gate_params params = {
		.in = lw_cl_view(in),
		.width = in->w,
		.height = in->h,
		.planes = lw_cl_words(in->c),
		.last_mask = lw_cl_lanes(in->c),
		.margin = op->gate.mode == LWNPU_GATE_MARGIN,
		.value = lower->scratch,
	};
	struct lw_cl_call call = {
		.kernel = LW_CL_gate,
		.params = &params,
		.size = sizeof(params),
		.in = { in->region },
		.out = LWNPU_REGION_ARENA,
		.global = { 1, 1, 1 },
	};
	int ret = lw_cl_scratch(lower, 1);

	if (ret)
		return ret;
	lower->loaded->gate_value = lower->scratch;
	add_gate(lower->loaded, &op->gate);
	lower->gate_end[lower->loaded->n_gates - 1] =
		lower->op + 1 + op->gate.skip;
	return lw_cl_launch(lower, &call);
}

void lw_cl_gate_targets(struct lw_cl_lowering *lower)
{
	struct lw_cl_loaded *loaded = lower->loaded;

	for (size_t i = 0; i < loaded->n_gates; i++)
		if (lower->gate_end[i] == lower->op)
			loaded->gates[i].target = loaded->n_launches;
}
