// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffers.h"

static struct lwd_buffer **find_link(struct lwd_buffers *buffers, uint64_t id)
{
	struct lwd_buffer **link = &buffers->bucket[id % LWD_BUFFER_BUCKETS];

	while (*link && (*link)->id != id)
		link = &(*link)->chain;
	return link;
}

static void leave_list(struct lwd_buffers *buffers, struct lwd_buffer *buffer)
{
	*(buffer->newer ? &buffer->newer->older : &buffers->newest) =
		buffer->older;
	*(buffer->older ? &buffer->older->newer : &buffers->oldest) =
		buffer->newer;
}

static void enter_list(struct lwd_buffers *buffers, struct lwd_buffer *buffer)
{
	buffer->newer = NULL;
	buffer->older = buffers->newest;
	*(buffer->older ? &buffer->older->newer : &buffers->oldest) = buffer;
	buffers->newest = buffer;
}

static void unmap(struct lwd_buffer *buffer)
{
	munmap(buffer->data, buffer->size);
	free(buffer);
}

/* Nobody finds it any more. */
static void hide(struct lwd_buffers *buffers, struct lwd_buffer *buffer)
{
	*find_link(buffers, buffer->id) = buffer->chain;
	leave_list(buffers, buffer);
	buffers->count--;
	buffer->is_known = false;
	if (!buffer->users)
		unmap(buffer);
}

static void show(struct lwd_buffers *buffers, struct lwd_buffer *buffer)
{
	struct lwd_buffer **link = find_link(buffers, buffer->id);

	buffer->chain = *link;
	*link = buffer;
	enter_list(buffers, buffer);
	buffers->count++;
	buffer->is_known = true;
}

static void make_room(struct lwd_buffers *buffers)
{
	struct lwd_buffer *buffer = buffers->oldest;

	while (buffer && buffers->count >= buffers->max) {
		struct lwd_buffer *newer = buffer->newer;

		if (!buffer->users)
			hide(buffers, buffer);
		buffer = newer;
	}
}

static int map(struct lwd_buffer *buffer, struct lwd_ctl *ctl, uint64_t job,
	       struct lwnpu_error *error)
{
	struct lwnpu_ctl_get_buffer get = { .job = job, .buffer = buffer->id };
	int ret = ctl->ioctl(ctl->fd, LWNPU_CTL_GET_BUFFER, &get);

	if (ret)
		return lw_fail(error, ret, "buffer %llu: %s",
			       (unsigned long long)buffer->id, strerror(-ret));
	buffer->size = get.size;
	if (buffer->size != get.size) {
		close(get.fd);
		return lw_fail(error, -ENOMEM,
			       "buffer %llu: %llu bytes cannot be mapped",
			       (unsigned long long)buffer->id,
			       (unsigned long long)get.size);
	}
	buffer->data = mmap(NULL, buffer->size,
			    PROT_READ | (buffer->writable ? PROT_WRITE : 0),
			    MAP_SHARED, get.fd, 0);
	ret = -errno;
	/* The mapping holds the buffer. */
	close(get.fd);
	if (buffer->data != MAP_FAILED)
		return 0;
	return lw_fail(error, ret, "buffer %llu: %zu bytes cannot be mapped: %s",
		       (unsigned long long)buffer->id, buffer->size,
		       strerror(-ret));
}

static int get_new(struct lwd_buffers *buffers, struct lwd_ctl *ctl,
		   uint64_t job, uint64_t id, bool write,
		   struct lwd_buffer **buffer, struct lwnpu_error *error)
{
	struct lwd_buffer *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return lw_fail(error, -ENOMEM, "out of memory for a buffer");
	new->id = id;
	new->writable = write;
	make_room(buffers);
	ret = map(new, ctl, job, error);
	if (ret) {
		free(new);
		return ret;
	}
	show(buffers, new);
	*buffer = new;
	return 1;
}

void lwd_buffers_init(struct lwd_buffers *buffers, uint32_t max)
{
	memset(buffers, 0, sizeof(*buffers));
	pthread_mutex_init(&buffers->lock, NULL);
	buffers->max = max;
}

void lwd_buffers_release(struct lwd_buffers *buffers)
{
	while (buffers->oldest)
		hide(buffers, buffers->oldest);
	pthread_mutex_destroy(&buffers->lock);
}

int lwd_buffers_get(struct lwd_buffers *buffers, struct lwd_ctl *ctl,
		    uint64_t job, uint64_t id, bool write,
		    struct lwd_buffer **buffer, struct lwnpu_error *error)
{
	struct lwd_buffer *found;
	int ret = 0;

	pthread_mutex_lock(&buffers->lock);
	found = *find_link(buffers, id);
	/* What was mapped for readers alone is mapped anew for a writer. */
	if (found && write && !found->writable) {
		hide(buffers, found);
		found = NULL;
	}
	if (found) {
		leave_list(buffers, found);
		enter_list(buffers, found);
	} else {
		ret = get_new(buffers, ctl, job, id, write, &found, error);
	}
	if (ret >= 0) {
		found->users++;
		*buffer = found;
	}
	pthread_mutex_unlock(&buffers->lock);
	return ret;
}

void lwd_buffers_put(struct lwd_buffers *buffers, struct lwd_buffer *buffer)
{
	pthread_mutex_lock(&buffers->lock);
	if (!--buffer->users && !buffer->is_known)
		unmap(buffer);
	pthread_mutex_unlock(&buffers->lock);
}

void lwd_buffers_forget(struct lwd_buffers *buffers, uint64_t id)
{
	struct lwd_buffer *buffer;

	pthread_mutex_lock(&buffers->lock);
	buffer = *find_link(buffers, id);
	if (buffer)
		hide(buffers, buffer);
	pthread_mutex_unlock(&buffers->lock);
}
