/* SPDX-License-Identifier: MIT */
/* Rows of weights by context; the format is in docs/lwm.md. */
#ifndef LW_CONTEXT_WEIGHTS_H
#define LW_CONTEXT_WEIGHTS_H

#include "context_mix.h"

/* Levels of a mean magnitude, the last one for "no mean yet". */
#define LW_LEVELS 24
/* Magnitudes: node 0 is for zero or not, 1 to 7 a tree of eight lengths. */
#define LW_LENGTH_NODES 8
/* Of three neighbours. */
#define LW_SIGNS 27

/**
 * struct lw_weight_models - what has been learned of weights
 * @by_means: nodes by the means of the weight's row and of its column
 * @by_before: nodes by the weights just before
 * @by_around: nodes by the tap before, and the rows above
 * @leading: bits of a magnitude after its first one, by its length and by the
 *	bits so far
 * @sign_before: signs by those of the weights just before
 * @sign_around: signs by those of the tap before and of the rows above
 * @sign_tap: signs by magnitude and sign of the tap before
 * @word_before: whether a word is there, by the six before it
 * @word_means: the same by the shares of its row and of its column
 * @word_around: the same by eight neighbours
 * @word_column: the same by its column's share and three neighbours
 * @node_mix: mixers of the first three, for each node
 * @sign_mix: mixer of the signs
 * @word_mix: mixer of the words
 *
 * All but the mixers are slots.
 */
struct lw_weight_models {
	uint32_t by_means[LW_LEVELS][LW_LEVELS][LW_LENGTH_NODES];
	uint32_t by_before[LW_LEVELS][LW_LENGTH_NODES];
	uint32_t by_around[LW_LEVELS][LW_LEVELS][LW_LENGTH_NODES];
	uint32_t leading[8][8];
	uint32_t sign_before[LW_SIGNS];
	uint32_t sign_around[LW_SIGNS];
	uint32_t sign_tap[LW_LEVELS][3];
	uint32_t word_before[64];
	uint32_t word_means[16][16];
	uint32_t word_around[256];
	uint32_t word_column[16][8];
	int32_t node_mix[LW_LENGTH_NODES][3];
	int32_t sign_mix[3];
	int32_t word_mix[4];
};

/**
 * struct lw_rows - rows of weights to code
 * @rows: how many
 * @row: words of 4 weights in a row
 * @step: words from one tap of the kernel to the next
 * @lanes: the words' lanes are output channels of their own
 * @mask: bits of the words that are there, from the first row's on; NULL: all
 *	are
 * @weights: of the words that are there
 * @n: words at @weights
 */
struct lw_rows {
	uint32_t rows;
	uint32_t row;
	uint32_t step;
	bool lanes;
	uint8_t *mask;
	uint8_t *weights;
	uint64_t n;
};

/** lw_weight_models_start() - nothing has been learned */
void lw_weight_models_start(struct lw_weight_models *models);

/**
 * lw_code_rows() - code rows of weights
 * @range: the coder
 * @models: go on from what they have learned
 * @rows: encoding: read, and no word is all zero if there is a mask; decoding:
 *	weights and mask are written, the mask's bits are zero before
 * @wrong: set to what is wrong if this fails
 *
 * Return: 0; -EBADMSG if there are not @rows->n words; -ENOMEM.
 */
int lw_code_rows(struct lw_range_coder *range, struct lw_weight_models *models,
		 const struct lw_rows *rows, const char **wrong);

#endif /* LW_CONTEXT_WEIGHTS_H */
