/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of the daemon: the control file and its rings. Nothing here
 * locks; whoever shares a ring between threads does.
 */
#ifndef LWD_RING_H
#define LWD_RING_H

#include "error.h"
#include "lwnpu_ctl.h"

/**
 * struct lwd_ctl - the control file
 * @fd: its descriptor
 * @ioctl: lwd_ctl_ioctl(), or a test's own kernel; 0 or a negative errno value
 */
struct lwd_ctl {
	int fd;
	int (*ioctl)(int fd, unsigned long request, void *argument);
};

int lwd_ctl_ioctl(int fd, unsigned long request, void *argument);

/**
 * struct lwd_ring - a started device
 * @ctl: its control file; not owned
 * @start: what START was told, and said
 * @records: from the kernel
 * @completions: to the kernel
 * @claims: a word for each record, shared with the kernel
 * @taken: records taken, of each ring
 * @completed: completions put
 * @delivered: of these, how many the kernel has seen
 * @refused: of these, how many it did not want
 */
struct lwd_ring {
	struct lwd_ctl *ctl;
	struct lwnpu_ctl_start start;
	const struct lwnpu_ctl_records *records;
	struct lwnpu_ctl_completions *completions;
	uint32_t *claims;
	uint32_t taken[LWNPU_CTL_RINGS];
	uint32_t completed;
	uint32_t delivered;
	uint64_t refused;
};

/**
 * lwd_ring_open() - become the engine of a device
 * @ring: filled in
 * @ctl: an open control file; must outlive the ring
 * @start: name, description, ops, capacity and depth set
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, what START says, -EPROTO if the kernel's answer makes no sense, or
 * -ENOMEM.
 */
int lwd_ring_open(struct lwd_ring *ring, struct lwd_ctl *ctl,
		  const struct lwnpu_ctl_start *start,
		  struct lwnpu_error *error);

/* lwd_ring_close() - unmap; nothing happens to the control file */
void lwd_ring_close(struct lwd_ring *ring);

/**
 * lwd_ring_first() - the most urgent job that is at hand
 * @ring: an open ring
 *
 * Return: its record, or NULL.
 */
const struct lwnpu_ctl_record *lwd_ring_first(const struct lwd_ring *ring);

/**
 * lwd_ring_take() - take a record: news, or the most urgent job
 * @ring: an open ring
 * @record: gets a copy
 *
 * A job that is taken is begun, for the kernel; one that the kernel has withdrawn
 * is passed over. No system call.
 *
 * Return: false if there is none.
 */
bool lwd_ring_take(struct lwd_ring *ring, struct lwnpu_ctl_record *record);

/**
 * lwd_ring_put() - put a completion, for the next call of RUN
 * @ring: an open ring
 * @completion: copied
 *
 * Return: false if the kernel must first see those put before.
 */
bool lwd_ring_put(struct lwd_ring *ring,
		  const struct lwnpu_ctl_completion *completion);

/**
 * lwd_ring_finish() - note what a call of RUN did
 * @ring: an open ring
 * @completed: lwd_ring.completed before the call
 * @refused: that the call says
 * @result: of the call
 *
 * The call itself may last, and is made without the caller's lock.
 *
 * Return: 0 even if there are no records: after a signal, or at the timeout. Else
 * a negative errno value: the device is lost.
 */
int lwd_ring_finish(struct lwd_ring *ring, uint32_t completed, uint32_t refused,
		    int result);

#endif /* LWD_RING_H */
