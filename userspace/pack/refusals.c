// SPDX-License-Identifier: MIT
/* Lists of nodes that cannot be packed. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph_private.h"

static void free_refusal(struct lw_refusal *refusal)
{
	free(refusal->node);
	free(refusal->op);
	free(refusal->reason);
}

int lw_refuse(struct lw_refusals *refusals, const char *node, const char *op,
	      const char *format, ...)
{
	struct lw_refusal refusal = { 0 };
	char reason[256];
	va_list args;

	if (lw_array_grow((void **)&refusals->item, refusals->n,
			  sizeof(*refusals->item)))
		return -ENOMEM;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	refusal.reason = lw_name_copy(reason);
	refusal.node = lw_name_copy(node);
	refusal.op = lw_name_copy(op);
	if (!refusal.node || !refusal.op || !refusal.reason) {
		free_refusal(&refusal);
		return -ENOMEM;
	}
	lw_one_line(refusal.reason);
	lw_one_line(refusal.node);
	lw_one_line(refusal.op);
	refusals->item[refusals->n++] = refusal;
	return 0;
}

int lw_refusals_end(struct lw_refusals *refusals, const char *name)
{
	uint32_t i;

	for (i = 0; i < refusals->n_ends; i++)
		if (!strcmp(refusals->ends[i], name))
			return 0;
	if (i == LW_MAX_REFUSAL_ENDS)
		return 0;
	refusals->ends[i] = strdup(name);
	if (!refusals->ends[i])
		return -ENOMEM;
	refusals->n_ends++;
	return 0;
}

void lw_refusals_free(struct lw_refusals *refusals)
{
	uint32_t i;

	for (i = 0; i < refusals->n_ends; i++)
		free(refusals->ends[i]);

	for (i = 0; i < refusals->n; i++)
		free_refusal(&refusals->item[i]);
	free(refusals->item);
	*refusals = (struct lw_refusals){ 0 };
}
