/* SPDX-License-Identifier: MIT */
/* Interleaved static rANS coding of bytes; the format is in docs/lwm.md. */
#ifndef LW_RANS_H
#define LW_RANS_H

#include "coding.h"

#define LW_RANS_SYMBOLS 256
/* Frequencies sum to this. */
#define LW_RANS_BITS 12
#define LW_RANS_TOTAL (1u << LW_RANS_BITS)
/* The greatest level: of a symbol that is all there is. */
#define LW_RANS_LEVELS 49
#define LW_RANS_MAX_TABLE 512

/**
 * lw_rans_levels() - levels that cost the least bits, themselves included
 * @count: how often each byte occurs, at least one of them at all
 * @level: gets each byte's level, 0 where it does not occur
 */
void lw_rans_levels(const uint32_t count[LW_RANS_SYMBOLS],
		    uint8_t level[LW_RANS_SYMBOLS]);

/**
 * lw_rans_frequencies() - what levels mean
 * @level: of each byte, at most LW_RANS_LEVELS, at least one of them not 0
 * @frequency: gets each byte's, in all LW_RANS_TOTAL
 */
void lw_rans_frequencies(const uint8_t level[LW_RANS_SYMBOLS],
			 uint16_t frequency[LW_RANS_SYMBOLS]);

/* Returns bytes written, LW_RANS_MAX_TABLE at most. */
size_t lw_rans_put_levels(const uint8_t level[LW_RANS_SYMBOLS], uint8_t *out);

/**
 * lw_rans_get_levels() - read a table
 * @at: where it is; moved behind it
 * @end: nothing is read from there on
 * @level: gets it
 *
 * Return: NULL, or what is wrong.
 */
const char *lw_rans_get_levels(const uint8_t **at, const uint8_t *end,
			       uint8_t level[LW_RANS_SYMBOLS]);

/* As in struct lwm_codec. */
int lw_rans_encode(const struct lwm_stream *stream, uint8_t *out, size_t room,
		   size_t *coded_size);
int lw_rans_decode(const struct lwm_piece *piece,
		   struct lw_weight_models *models, const char **wrong);

#endif /* LW_RANS_H */
