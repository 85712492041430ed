// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "budget.h"

/* malloc() rounds up and keeps a word of its own. */
#define OVERHEAD 16

static void *take(void *data, size_t size)
{
	struct lw_budget *budget = data;
	void *pointer;

	if (size > budget->left || budget->left - size < OVERHEAD) {
		budget->exceeded = true;
		return NULL;
	}
	budget->left -= size + OVERHEAD;
	pointer = malloc(size ? size : 1);
	if (!pointer)
		budget->no_memory = true;
	return pointer;
}

static void give(void *data, void *pointer)
{
	(void)data;
	free(pointer);
}

ProtobufCAllocator lw_budget_allocator(struct lw_budget *budget)
{
	return (ProtobufCAllocator){ take, give, budget };
}
