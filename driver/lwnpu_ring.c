// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that a daemon shares with the kernel. What the daemon can write is
 * read once, and judged afterwards.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/barrier.h>

#include "lwnpu_ring.h"
#include "lwnpu_view.h"

/* Room for news other than jobs. */
#define LWNPU_RING_MIN 32

void lwnpu_ring_free(struct lwnpu_ring *ring)
{
	vfree(ring->records);
	vfree(ring->completions);
	if (ring->views)
		lwnpu_views_put(ring->views);
	memset(ring, 0, sizeof(*ring));
}

int lwnpu_ring_alloc(struct lwnpu_ring *ring, u32 depth)
{
	ring->size = roundup_pow_of_two(max(depth, LWNPU_RING_MIN));
	ring->records = vmalloc_user(struct_size(ring->records, record,
						 LWNPU_CTL_RINGS * ring->size));
	ring->completions = vmalloc_user(struct_size(ring->completions,
						     completion, ring->size));
	ring->views = lwnpu_views_create();
	if (ring->records && ring->completions && ring->views)
		return 0;
	lwnpu_ring_free(ring);
	return -ENOMEM;
}

struct lwnpu_ctl_record *lwnpu_ring_next(struct lwnpu_ring *ring, u32 which)
{
	u32 index = which * ring->size + (ring->head[which] & (ring->size - 1));
	struct lwnpu_ctl_record *record = &ring->records->record[index];

	if (ring->head[which] - ring->taken[which] >= ring->size)
		lwnpu_ring_look(ring);
	if (ring->head[which] - ring->taken[which] >= ring->size)
		return NULL;
	memset(record, 0, sizeof(*record));
	return record;
}

void lwnpu_ring_push(struct lwnpu_ring *ring, u32 which)
{
	ring->head[which]++;
	/* The daemon sees the record once it sees the head. */
	smp_store_release(&ring->records->head[which], ring->head[which]);
}

int lwnpu_ring_look(struct lwnpu_ring *ring)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < LWNPU_CTL_RINGS; i++) {
		/* What is taken is not read any more. */
		u32 taken = smp_load_acquire(&ring->completions->taken[i]);

		if (taken - ring->taken[i] > ring->head[i] - ring->taken[i])
			ret = -EINVAL;
		else
			ring->taken[i] = taken;
	}
	return ret;
}

bool lwnpu_ring_has_news(const struct lwnpu_ring *ring)
{
	u32 i;

	for (i = 0; i < LWNPU_CTL_RINGS; i++)
		if (READ_ONCE(ring->completions->taken[i]) != ring->head[i])
			return true;
	return false;
}

void lwnpu_ring_read(struct lwnpu_ring *ring, struct lwnpu_ctl_completion *said)
{
	u32 index = ring->completed++ & (ring->size - 1);

	memcpy(said, &ring->completions->completion[index], sizeof(*said));
	/* The copy is what counts from here on. */
	barrier();
}
