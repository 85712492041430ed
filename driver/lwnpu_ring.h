/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory that a daemon shares with the kernel. */
#ifndef LWNPU_RING_H
#define LWNPU_RING_H

#include <linux/types.h>

#include "lwnpu_ctl.h"

struct lwnpu_views;

/**
 * struct lwnpu_ring - what a daemon maps; it lives as long as the open file
 * @size: entries of each ring, a power of two
 * @head: records written; &lwnpu_device.lock, as @taken
 * @taken: entries that may be reused, as far as was seen
 * @completed: completions processed; &lwnpu_ctl.run_mutex
 * @records: mapped read-only
 * @completions: the daemon writes them at any time
 * @claims: a word for each record; both write them, the daemon at any time
 * @views: what else it maps
 */
struct lwnpu_ring {
	u32 size;
	u32 head[LWNPU_CTL_RINGS];
	u32 taken[LWNPU_CTL_RINGS];
	u32 completed;
	struct lwnpu_ctl_records *records;
	struct lwnpu_ctl_completions *completions;
	u32 *claims;
	struct lwnpu_views *views;
};

/**
 * lwnpu_ring_alloc() - memory for the rings of the current process
 * @ring: filled in
 * @depth: jobs that it is given at once
 *
 * Return: 0 or -ENOMEM.
 */
int lwnpu_ring_alloc(struct lwnpu_ring *ring, u32 depth);
void lwnpu_ring_free(struct lwnpu_ring *ring);

/**
 * lwnpu_ring_next() - the next record to be written, zeroed
 * @ring: the rings
 * @which: of the rings
 *
 * Return: the record, or NULL if the daemon must first take some.
 */
struct lwnpu_ctl_record *lwnpu_ring_next(struct lwnpu_ring *ring, u32 which);

/**
 * lwnpu_ring_push() - show it to the daemon
 * @ring: the rings
 * @which: as lwnpu_ring_next()
 *
 * Return: its number, for the following.
 */
u32 lwnpu_ring_push(struct lwnpu_ring *ring, u32 which);

/**
 * lwnpu_ring_is_taken() - has the daemon claimed a record
 * @ring: the rings
 * @number: of the record
 *
 * Return: what the daemon says.
 */
bool lwnpu_ring_is_taken(const struct lwnpu_ring *ring, u32 number);

/**
 * lwnpu_ring_withdraw() - claim a record before the daemon does
 * @ring: the rings
 * @number: of the record
 *
 * Return: false: too late.
 */
bool lwnpu_ring_withdraw(struct lwnpu_ring *ring, u32 number);

/**
 * lwnpu_ring_look() - see which entries the daemon says may be reused
 * @ring: the rings
 *
 * Return: 0; -EINVAL: that cannot be.
 */
int lwnpu_ring_look(struct lwnpu_ring *ring);

/**
 * lwnpu_ring_has_news() - is there a record for the daemon
 * @ring: the rings
 *
 * Return: also true if the daemon says what cannot be.
 */
bool lwnpu_ring_has_news(const struct lwnpu_ring *ring);

/**
 * lwnpu_ring_read() - copy the next completion out
 * @ring: the rings
 * @said: gets it
 */
void lwnpu_ring_read(struct lwnpu_ring *ring,
		     struct lwnpu_ctl_completion *said);

#endif /* LWNPU_RING_H */
