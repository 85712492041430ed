// SPDX-License-Identifier: MIT
/* The table of ONNX operators. */
#include <stdio.h>
#include <string.h>

#include "onnx_import.h"

static const struct onnx_op ops[] = {
#define ONNX_FUNCS_RUN(ours) lw_onnx_run_##ours, NULL
#define ONNX_FUNCS_FOLD(ours) NULL, lw_onnx_fold_##ours
#define ONNX_FUNCS_BOTH(ours) lw_onnx_run_##ours, lw_onnx_fold_##ours
#define ONNX_FUNCS_CALC(ours) lw_onnx_run_##ours, lw_onnx_evaluate
#define ONNX_OP(what, name, ours, min_in, max_in, max_out, since, limits) \
	{ "", #name, ONNX_FUNCS_##what(ours), min_in, max_in, max_out, since, \
	  limits },
#define MS_OP(what, name, ours, min_in, max_in, max_out, limits) \
	{ "com.microsoft", #name, ONNX_FUNCS_##what(ours), min_in, max_in, \
	  max_out, 1, limits },
#include "onnx_ops.def"
#undef ONNX_OP
#undef MS_OP
};

#define N_OPS (sizeof(ops) / sizeof(*ops))

static const struct onnx_op *find(const Lw__Onnx__NodeProto *proto)
{
	const char *domain = proto->domain ? proto->domain : "";
	size_t i;

	if (!proto->op_type)
		return NULL;
	if (!strcmp(domain, "ai.onnx"))
		domain = "";
	for (i = 0; i < N_OPS; i++)
		if (!strcmp(ops[i].name, proto->op_type) &&
		    !strcmp(ops[i].domain, domain))
			return &ops[i];
	return NULL;
}

/* Why not, where that says more. */
static const struct {
	const char *name, *why;
} unsupported[] = {
	{ "ArgMax", LW_REFUSED_CHOICE },
	{ "ArgMin", LW_REFUSED_CHOICE },
	{ "GRU", LW_REFUSED_RECURRENT },
	{ "LSTM", LW_REFUSED_RECURRENT },
	{ "Loop", LW_REFUSED_LOOP },
	{ "NonMaxSuppression", LW_REFUSED_CHOICE },
	{ "NonZero", LW_REFUSED_CHOICE },
	{ "RNN", LW_REFUSED_RECURRENT },
	{ "Scan", LW_REFUSED_LOOP },
};

static void refuse_unknown(struct onnx_node *node)
{
	const char *name = node->proto->op_type ? node->proto->op_type : "";
	size_t i;

	for (i = 0; i < sizeof(unsupported) / sizeof(*unsupported); i++)
		if (!strcmp(unsupported[i].name, name))
			lw_onnx_refuse(node, "operator is not supported: %s",
				       unsupported[i].why);
	lw_onnx_refuse(node, "operator is not supported");
}

const struct onnx_op *lw_onnx_op(struct onnx_node *node)
{
	const struct onnx_op *op = find(node->proto);

	if (!op)
		refuse_unknown(node);
	else if (node->im->opset < op->since)
		lw_onnx_refuse(node, "operator came with operator set %u, the model's is %lld",
			       op->since, (long long)node->im->opset);
	return node->status ? NULL : op;
}

bool lw_onnx_claim(uint32_t i, struct lw_claim *claim)
{
	if (i >= N_OPS)
		return false;
	*claim = (struct lw_claim){
		.format = "onnx",
		.domain = ops[i].domain,
		.op = ops[i].name,
		.activations = ops[i].run,
		.constants = ops[i].fold,
		.limits = ops[i].limits,
	};
	if (*ops[i].domain)
		snprintf(claim->versions, sizeof(claim->versions), "%u",
			 ops[i].since);
	else
		snprintf(claim->versions, sizeof(claim->versions), "%u-%u",
			 ops[i].since, ONNX_MAX_OPSET);
	return true;
}
