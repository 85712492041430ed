/* SPDX-License-Identifier: MIT */
/*
 * Buffers of applications, mapped when a job first needs them, and kept until
 * the kernel says that they are done with, or too many are mapped.
 *
 * They are read and written without DMA_BUF_IOCTL_SYNC: that waits for all
 * fences of a buffer, and those of the job at hand are among them.
 */
#ifndef LWD_BUFFERS_H
#define LWD_BUFFERS_H

#include <pthread.h>

#include "ring.h"

/* A process can have 65530 mappings, the engine's among them. */
#define LWD_MAX_BUFFERS 8192
#define LWD_BUFFER_BUCKETS 1024

/**
 * struct lwd_buffer - a mapped buffer
 * @chain: next of the bucket
 * @newer: list of buffers by last use
 * @older: the same
 * @id: its number
 * @data: the mapping
 * @size: bytes
 * @writable: mapped for writing, too
 * @is_known: found by its number; if not, it goes with the last user
 * @users: jobs
 */
struct lwd_buffer {
	struct lwd_buffer *chain;
	struct lwd_buffer *newer;
	struct lwd_buffer *older;
	uint64_t id;
	uint8_t *data;
	size_t size;
	bool writable;
	bool is_known;
	uint32_t users;
};

/**
 * struct lwd_buffers - all of them; any thread may use it
 * @lock: of all below
 * @bucket: by number
 * @newest: used last
 * @oldest: first to go
 * @count: how many are known
 * @max: limit of @count
 */
struct lwd_buffers {
	pthread_mutex_t lock;
	struct lwd_buffer *bucket[LWD_BUFFER_BUCKETS];
	struct lwd_buffer *newest;
	struct lwd_buffer *oldest;
	uint32_t count;
	uint32_t max;
};

/**
 * lwd_buffers_init() - an empty cache
 * @buffers: filled in
 * @max: how many to keep mapped, if the jobs at work need no more
 */
void lwd_buffers_init(struct lwd_buffers *buffers, uint32_t max);

/* lwd_buffers_release() - unmap all; none has users */
void lwd_buffers_release(struct lwd_buffers *buffers);

/**
 * lwd_buffers_get() - map a buffer of a job
 * @buffers: the cache
 * @ctl: control file
 * @job: a job in flight that binds it
 * @id: the buffer's number
 * @write: map it for writing, too
 * @buffer: gets it; give it back with lwd_buffers_put()
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, 1 if it was mapped now, or a negative errno value.
 */
int lwd_buffers_get(struct lwd_buffers *buffers, struct lwd_ctl *ctl,
		    uint64_t job, uint64_t id, bool write,
		    struct lwd_buffer **buffer, struct lwnpu_error *error);

/* lwd_buffers_put() - the reverse */
void lwd_buffers_put(struct lwd_buffers *buffers, struct lwd_buffer *buffer);

/* lwd_buffers_forget() - unmap it as soon as it has no users */
void lwd_buffers_forget(struct lwd_buffers *buffers, uint64_t id);

#endif /* LWD_BUFFERS_H */
