/* SPDX-License-Identifier: MIT */
/* The context coding of a blob; the format is in docs/lwm.md. */
#ifndef LW_CONTEXT_H
#define LW_CONTEXT_H

#include "coding.h"

/* Words in a row of weights: a small file needs little memory. */
#define LW_CONTEXT_MAX_ROW (1u << 20)

/* As in struct lwm_codec. */
int lw_context_encode(const struct lwm_stream *stream, uint8_t *out,
		      size_t room, size_t *coded_size);
int lw_context_split(const struct lwm_piece *whole, struct lwm_pieces *pieces,
		     const char **wrong);
int lw_context_decode(const struct lwm_piece *piece,
		      struct lw_weight_models *models, const char **wrong);

/**
 * lw_context_teaches() - whether blobs after it may go on with its models
 *
 * Return: true if it holds weights, in one slice.
 */
bool lw_context_teaches(const struct lwm_stream *stream);

#endif /* LW_CONTEXT_H */
