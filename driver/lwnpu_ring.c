// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that a daemon shares with the kernel. What the daemon can write is
 * read once, and judged afterwards.
 */
#include <linux/atomic.h>
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
	vfree(ring->claims);
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
	ring->claims = vmalloc_user(array_size(LWNPU_CTL_RINGS * ring->size,
					       sizeof(*ring->claims)));
	ring->views = lwnpu_views_create();
	if (ring->records && ring->completions && ring->claims && ring->views)
		return 0;
	lwnpu_ring_free(ring);
	return -ENOMEM;
}

static u32 lwnpu_ring_number(const struct lwnpu_ring *ring, u32 which)
{
	return which * ring->size + (ring->head[which] & (ring->size - 1));
}

struct lwnpu_ctl_record *lwnpu_ring_next(struct lwnpu_ring *ring, u32 which)
{
	struct lwnpu_ctl_record *record =
		&ring->records->record[lwnpu_ring_number(ring, which)];

	if (ring->head[which] - ring->taken[which] >= ring->size)
		return NULL;
	memset(record, 0, sizeof(*record));
	return record;
}

u32 lwnpu_ring_push(struct lwnpu_ring *ring, u32 which)
{
	u32 number = lwnpu_ring_number(ring, which);

	WRITE_ONCE(ring->claims[number], LWNPU_CTL_OPEN);
	ring->head[which]++;
	/* The daemon sees the record once it sees the head. */
	smp_store_release(&ring->records->head[which], ring->head[which]);
	return number;
}

bool lwnpu_ring_is_taken(const struct lwnpu_ring *ring, u32 number)
{
	return READ_ONCE(ring->claims[number]) != LWNPU_CTL_OPEN;
}

bool lwnpu_ring_withdraw(struct lwnpu_ring *ring, u32 number)
{
	return cmpxchg(&ring->claims[number], LWNPU_CTL_OPEN,
		       LWNPU_CTL_WITHDRAWN) == LWNPU_CTL_OPEN;
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
