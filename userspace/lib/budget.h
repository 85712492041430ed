/* SPDX-License-Identifier: MIT */
/* What parsing a stranger's protobuf message may allocate. */
#ifndef LW_BUDGET_H
#define LW_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

/**
 * struct lw_budget - memory that may be allocated
 * @left: bytes
 * @exceeded: more was asked for
 * @no_memory: there was none
 *
 * Two bytes of a message can ask for a structure of a hundred.
 */
struct lw_budget {
	size_t left;
	bool exceeded;
	bool no_memory;
};

/** lw_budget_allocator() - an allocator that keeps to @budget */
ProtobufCAllocator lw_budget_allocator(struct lw_budget *budget);

#endif /* LW_BUDGET_H */
