/* SPDX-License-Identifier: MIT */
/* Jobs that were taken from the kernel and have not begun. */
#ifndef LWD_QUEUE_H
#define LWD_QUEUE_H

#include "error.h"
#include "lwnpu_ctl.h"

/*
 * The kernel gives no more jobs than the device has capacity; there can be more
 * here when it has given some up meanwhile.
 */
#define LWD_QUEUE_SIZE (2 * LWNPU_CTL_MAX_CAPACITY)

/**
 * struct lwd_queue - jobs in the order in which they came
 * @count: how many
 * @record: they
 */
struct lwd_queue {
	uint32_t count;
	struct lwnpu_ctl_record record[LWD_QUEUE_SIZE];
};

/* lwd_queue_push() - add a job; false if there is no room */
bool lwd_queue_push(struct lwd_queue *queue,
		    const struct lwnpu_ctl_record *record);

/* lwd_queue_first() - the oldest of the highest priority, or NULL */
const struct lwnpu_ctl_record *lwd_queue_first(const struct lwd_queue *queue);

/* lwd_queue_pop() - take that one out; false if there is none */
bool lwd_queue_pop(struct lwd_queue *queue, struct lwnpu_ctl_record *record);

#endif /* LWD_QUEUE_H */
