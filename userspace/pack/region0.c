// SPDX-License-Identifier: MIT
/* Region 0 of a program as it grows: weight streams, then constants. */
#include <stdlib.h>
#include <string.h>

#include "lower.h"

/* Both parts together stay below what an offset can carry. */
#define MAX_PART (LW_CONSTANT_MARK / 2)

static int append(uint8_t **to, uint32_t *at, const void *data, size_t size)
{
	size_t padded, total;
	uint8_t *grown;

	if (lw_add(size, 3, &padded) || lw_add(*at, padded & ~3ul, &total) ||
	    total > MAX_PART)
		return -EFBIG;
	grown = realloc(*to, total ? total : 1);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + *at, data, size);
	memset(grown + *at + size, 0, total - *at - size);
	*to = grown;
	*at = total;
	return 0;
}

int lw_region0_stream(struct lw_region0 *region, const void *data,
		      size_t size, uint32_t *offset)
{
	uint32_t at = region->stream_size;
	struct lwm_segment *s;
	int ret;

	for (uint32_t i = 0; i < region->n_segments; i++) {
		s = &region->segment[i];
		if (s->size == size &&
		    !memcmp(region->stream + s->offset, data, size)) {
			*offset = s->offset;
			return 0;
		}
	}
	s = realloc(region->segment,
		    (region->n_segments + 1) * sizeof(*region->segment));
	if (!s)
		return -ENOMEM;
	region->segment = s;
	ret = append(&region->stream, &region->stream_size, data, size);
	if (ret)
		return ret;
	s[region->n_segments++] = (struct lwm_segment){
		.offset = at,
		.size = region->stream_size - at,
	};
	*offset = at;
	return 0;
}

int lw_region0_constant(struct lw_region0 *region, const void *data,
			size_t size, uint32_t *offset)
{
	*offset = region->constant_size | LW_CONSTANT_MARK;
	return append(&region->constant, &region->constant_size, data, size);
}

void lw_region0_release(struct lw_region0 *region)
{
	free(region->segment);
	free(region->stream);
	free(region->constant);
	memset(region, 0, sizeof(*region));
}
