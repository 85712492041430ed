// SPDX-License-Identifier: MIT
/* Memory planning: buffers with lifetimes to offsets in one arena. */
#include <stdlib.h>
#include <string.h>

#include "lower.h"

/* A cache line, and the widest vector of any engine. */
#define ALIGNMENT 64

/* A smaller arena is searched for in at most this many placements. */
#define MAX_TRIALS 400

static uint64_t round_up(uint64_t x)
{
	return (x + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool live_together(const struct lw_buffer *a, const struct lw_buffer *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* Lowest offset at which b fits between those already placed. */
static uint64_t find_gap(const struct lw_buffer *buffers,
			 const uint32_t *placed, uint32_t n,
			 const struct lw_buffer *b)
{
	uint64_t at = 0;
	bool moved = true;

	while (moved) {
		moved = false;
		for (uint32_t i = 0; i < n; i++) {
			const struct lw_buffer *p = &buffers[placed[i]];
			uint64_t end = p->offset + round_up(p->size);

			if (live_together(p, b) && at < end &&
			    p->offset < at + round_up(b->size)) {
				at = end;
				moved = true;
			}
		}
	}
	return at;
}

static uint64_t place_in_order(struct lw_buffer *buffers,
			       const uint32_t *order, uint32_t n)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct lw_buffer *b = &buffers[order[i]];
		uint64_t end;

		b->offset = find_gap(buffers, order, i, b);
		end = b->offset + round_up(b->size);
		if (end > size)
			size = end;
	}
	return size;
}

/* No placement can be smaller than what is live at one operation. */
static uint64_t lower_bound(const struct lw_buffer *buffers,
			    const uint32_t *order, uint32_t n)
{
	uint64_t bound = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t op = buffers[order[i]].first;
		uint64_t live = 0;

		for (uint32_t j = 0; j < n; j++) {
			const struct lw_buffer *b = &buffers[order[j]];

			if (b->first <= op && op <= b->last)
				live += round_up(b->size);
		}
		if (live > bound)
			bound = live;
	}
	return bound;
}

static void sort_by_size(const struct lw_buffer *buffers, uint32_t *order,
			 uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		uint32_t x = order[i];
		uint32_t j = i;

		for (; j && buffers[order[j - 1]].size < buffers[x].size; j--)
			order[j] = order[j - 1];
		order[j] = x;
	}
}

/* A deterministic shuffle of two places: a plan must not vary by run. */
static void swap_two(uint32_t *order, uint32_t n, uint32_t trial)
{
	uint32_t a = (trial * 2654435761u >> 8) % n;
	uint32_t b = (trial * 2246822519u >> 8) % n;
	uint32_t t = order[a];

	order[a] = order[b];
	order[b] = t;
}

static uint64_t search(struct lw_buffer *buffers, uint32_t *best,
		       uint32_t *trial, uint32_t n)
{
	uint64_t bound = lower_bound(buffers, best, n);
	uint64_t size;

	sort_by_size(buffers, best, n);
	memcpy(trial, best, n * sizeof(*best));
	size = place_in_order(buffers, best, n);
	for (uint32_t k = 1; k < MAX_TRIALS && size > bound; k++) {
		uint64_t now;

		swap_two(trial, n, k);
		now = place_in_order(buffers, trial, n);
		if (now <= size) {
			size = now;
			memcpy(best, trial, n * sizeof(*best));
		} else {
			memcpy(trial, best, n * sizeof(*best));
		}
	}
	return place_in_order(buffers, best, n);
}

int lw_plan(struct lw_buffer *buffers, uint32_t n, uint64_t *size)
{
	uint32_t *order = calloc(2 * (size_t)n + 1, sizeof(*order));
	uint32_t m = 0;

	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		if (buffers[i].region == LWNPU_REGION_ARENA &&
		    buffers[i].first != UINT32_MAX)
			order[m++] = i;
	*size = m ? search(buffers, order, order + n, m) : 0;
	free(order);
	return 0;
}
