/* SPDX-License-Identifier: MIT */
/* Bytes in columns by context; the format is in docs/lwm.md. */
#ifndef LW_CONTEXT_BYTES_H
#define LW_CONTEXT_BYTES_H

#include "context_mix.h"

#define LW_BYTES_MAX_STRIDE 4096

/**
 * lw_code_bytes() - code bytes
 * @range: the coder
 * @stride: numbers and records have so many bytes; 1: text, and the like
 * @bytes: encoding: read; decoding: written
 * @n: how many
 *
 * Return: 0 or -ENOMEM.
 */
int lw_code_bytes(struct lw_range_coder *range, uint32_t stride, uint8_t *bytes,
		  size_t n);

#endif /* LW_CONTEXT_BYTES_H */
