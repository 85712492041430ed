/* SPDX-License-Identifier: MIT */
/* Random damage to bytes, of the kinds that break parsers. */
#ifndef MUTATION_H
#define MUTATION_H

#include "random.h"

/**
 * struct mutant - bytes under mutation
 * @data: they
 * @size: how many
 * @room: allocated; no mutation makes them more
 */
struct mutant {
	uint8_t *data;
	size_t size;
	size_t room;
};

/**
 * mutate() - change bytes in 1 to 4 places
 * @mutant: to change
 * @random: decides what and where
 * @keep_size: nothing is inserted, deleted or cut off
 */
void mutate(struct mutant *mutant, struct lw_random *random, bool keep_size);

#endif /* MUTATION_H */
