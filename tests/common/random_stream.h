/* SPDX-License-Identifier: MIT */
/* Random bytes to encode: of each layout, and of none. */
#ifndef RANDOM_STREAM_H
#define RANDOM_STREAM_H

#include "coding.h"
#include "random.h"

/**
 * random_stream() - bytes, and how they are laid out
 * @random: where they come from
 * @max: about the most bytes
 *
 * One in ten has a layout that is not its bytes'.
 *
 * Return: a stream whose data is to be freed; NULL data: no memory.
 */
struct lwm_stream random_stream(struct lw_random *random, uint32_t max);

#endif /* RANDOM_STREAM_H */
