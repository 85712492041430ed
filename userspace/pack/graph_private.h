/* SPDX-License-Identifier: MIT */
/* What the parts of the graph share. */
#ifndef LW_GRAPH_PRIVATE_H
#define LW_GRAPH_PRIVATE_H

#include "graph.h"

/**
 * lw_array_grow() - make room for one element more
 * @array: of @n elements, which grew one by one
 *
 * Return: 0 or -ENOMEM.
 */
int lw_array_grow(void **array, uint32_t n, size_t size);

/* Copies, to be freed; NULL: no memory. A NULL name is an empty one. */
char *lw_name_copy(const char *name);
void *lw_array_copy(const void *from, size_t n, size_t size);

/* Appends a copy of a node, of the same graph or one whose values have its ids. */
int lw_node_copy(struct lw_graph *to, const struct lw_node *from);

#endif /* LW_GRAPH_PRIVATE_H */
