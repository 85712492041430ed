/* SPDX-License-Identifier: MIT */
/* Random valid programs, for comparing engines and for mutation. */
#ifndef LW_RANDOM_PROGRAM_H
#define LW_RANDOM_PROGRAM_H

#include "engine.h"

/**
 * lw_random_program() - make a valid program of a few operations
 * @program: filled in and checked; release with lw_program_release()
 * @seed: the same seed gives the same program
 *
 * It has edge shapes, odd offsets, pitches with gaps, views of channel ranges
 * and of parts of images, operations in place, arena memory that is used
 * again, and weights and multipliers at the ends of their ranges. It never
 * reads a byte of the arena that it has not written, so its outputs are
 * determined by its inputs and by what the output buffers held before.
 */
void lw_random_program(struct lw_program *program, uint64_t seed);

#endif /* LW_RANDOM_PROGRAM_H */
