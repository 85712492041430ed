/* SPDX-License-Identifier: MIT */
/* Parts of random_graph(). */
#ifndef RANDOM_NODE_H
#define RANDOM_NODE_H

#include "build_graph.h"

#define MAX_ELEMENTS 1500
#define MAX_SIZE 14
#define MAX_CHANNELS 40

#define MAX_POOL 256

/* A graph in the making: the next node's name, and values that it may read. */
struct making {
	struct lw_graph *graph;
	char name[64];
	struct lw_value *pool[MAX_POOL];
	uint32_t n;
};

bool random_chance(uint32_t one_in);

/* Whether a value of this shape is not too large. */
bool random_fits(uint32_t h, uint32_t w, uint32_t c);

/* A node with one input; NULL if its result would be too large. */
struct lw_node *random_node(struct making *m, enum lw_node_kind kind,
			    struct lw_value *in, uint32_t h, uint32_t w,
			    uint32_t c);

struct lw_value *random_value(struct making *m);

/* The common one, or onnxruntime's. */
enum lw_rule random_rule(void);

/* A node of a kind, its parameters at random, or NULL. */
struct lw_node *random_constant(struct making *m, struct lw_value *like);
struct lw_node *random_concat(struct making *m, struct lw_value *in);
struct lw_node *random_slice(struct making *m, struct lw_value *in);
struct lw_node *random_pad(struct making *m, struct lw_value *in);
struct lw_node *random_flatten(struct making *m, struct lw_value *in);
struct lw_node *random_reorder(struct making *m, struct lw_value *in);
struct lw_node *random_resize(struct making *m, struct lw_value *in);

#endif /* RANDOM_NODE_H */
