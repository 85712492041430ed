// SPDX-License-Identifier: MIT
#include <string.h>

#include "queue.h"

bool lwd_queue_push(struct lwd_queue *queue,
		    const struct lwnpu_ctl_record *record)
{
	if (queue->count == LWD_QUEUE_SIZE)
		return false;
	queue->record[queue->count++] = *record;
	return true;
}

const struct lwnpu_ctl_record *lwd_queue_first(const struct lwd_queue *queue)
{
	const struct lwnpu_ctl_record *first = NULL;

	for (uint32_t i = 0; i < queue->count; i++)
		if (!first || queue->record[i].priority > first->priority)
			first = &queue->record[i];
	return first;
}

bool lwd_queue_pop(struct lwd_queue *queue, struct lwnpu_ctl_record *record)
{
	const struct lwnpu_ctl_record *first = lwd_queue_first(queue);
	size_t at;

	if (!first)
		return false;
	at = first - queue->record;
	*record = *first;
	memmove(&queue->record[at], &queue->record[at + 1],
		(--queue->count - at) * sizeof(*record));
	return true;
}
