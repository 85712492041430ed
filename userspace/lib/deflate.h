/* SPDX-License-Identifier: MIT */
/* DEFLATE, the coding of gzip; the format is in docs/lwm.md. */
#ifndef LW_DEFLATE_H
#define LW_DEFLATE_H

#include "coding.h"

/* As in struct lwm_codec; slices are those of slices.h. */
int lw_deflate_encode(const struct lwm_stream *stream, uint8_t *out,
		      size_t room, size_t *coded_size);
int lw_deflate_decode(const struct lwm_piece *piece,
		      struct lw_weight_models *models, const char **wrong);

#endif /* LW_DEFLATE_H */
