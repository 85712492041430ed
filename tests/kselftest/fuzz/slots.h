/* SPDX-License-Identifier: MIT */
/* The control files of a process, and what is mapped of them. */
#ifndef SLOTS_H
#define SLOTS_H

#include "fuzz.h"

#define SLOTS 3

/**
 * struct slot - a control file, of all threads of the process
 * @fd: its number
 * @is_open: as far as is known
 * @minor: of its device, or -1
 * @ring_size: what START said
 * @taken: records read, of each ring
 * @completed: completions written
 * @told: of these, to the kernel
 * @records: memory, of the device if it is mapped
 * @completions: the same
 * @claims: the same
 */
struct slot {
	int fd;
	atomic_bool is_open;
	atomic_int minor;
	atomic_uint ring_size;
	atomic_uint taken[LWNPU_CTL_RINGS];
	atomic_uint completed;
	atomic_uint told;
	struct lwnpu_ctl_records *records;
	struct lwnpu_ctl_completions *completions;
	uint32_t *claims;
};

/** slots_init() - memory for all; the first file has number @fd */
void slots_init(int fd);

/** slots_pick() - one of them */
struct slot *slots_pick(struct fuzz *fuzz);

/** slot_open() - open the control file, closing what was there. 0 or errno */
int slot_open(struct slot *slot);

/** slot_close() - the file, and, if @all, its mappings. 0 or errno */
int slot_close(struct slot *slot, bool all);

/** slot_started() - take note of what START said, and map the rings */
void slot_started(struct slot *slot, const struct lwnpu_ctl_start *start);

/** slot_take() - read and claim a record of a ring. 0 or errno */
int slot_take(struct slot *slot, uint32_t ring,
	      struct lwnpu_ctl_record *record);

/** slot_is_full() - no completion can be written that the kernel will see */
bool slot_is_full(const struct slot *slot);

/** slot_put() - write a completion, for the next call of RUN */
void slot_put(struct slot *slot,
	      const struct lwnpu_ctl_completion *completion);

/** slot_scribble() - write odd numbers where a daemon can */
void slot_scribble(struct slot *slot, struct fuzz *fuzz);

#endif /* SLOTS_H */
