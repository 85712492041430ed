// SPDX-License-Identifier: MIT
/* Constants of convolutions. */
#include <stdlib.h>

#include "graph.h"

static bool weights_size(uint32_t o, uint32_t kh, uint32_t kw, uint32_t i,
			 size_t *n)
{
	return o && kh && kw && i && !lw_mul(o, kh, n) && !lw_mul(*n, kw, n) &&
	       !lw_mul(*n, i, n) && *n <= LW_MAX_ELEMENTS;
}

struct lw_weights *lw_weights_new(uint32_t o, uint32_t kh, uint32_t kw,
				  uint32_t i, bool bias)
{
	struct lw_weights *weights;
	size_t n;

	if (!weights_size(o, kh, kw, i, &n))
		return NULL;
	weights = calloc(1, sizeof(*weights));
	if (!weights)
		return NULL;
	weights->o = o;
	weights->kh = kh;
	weights->kw = kw;
	weights->i = i;
	weights->real = calloc(n, sizeof(*weights->real));
	if (bias)
		weights->bias = calloc(o, sizeof(*weights->bias));
	if (!weights->real || (bias && !weights->bias)) {
		lw_weights_free(weights);
		return NULL;
	}
	return weights;
}

void lw_weights_free(struct lw_weights *weights)
{
	if (!weights)
		return;
	free(weights->real);
	free(weights->q);
	free(weights->scale);
	free(weights->bias);
	free(weights->bias_q);
	free(weights);
}
