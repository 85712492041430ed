/* SPDX-License-Identifier: MIT */
/* The engine behind a device node: what its parts share. */
#ifndef LW_DRM_ENGINE_H
#define LW_DRM_ENGINE_H

#include <pthread.h>
#include <semaphore.h>

#include "drm_io.h"
#include "drm_node.h"
#include "engine.h"
#include "lwnpu_drm.h"

/**
 * struct lw_drm_buffer - a buffer object
 * @next: in lw_drm_device.buffers
 * @handle: GEM handle; 0: there is no buffer
 * @size: bytes
 * @data: its memory, or NULL if it is not mapped
 */
struct lw_drm_buffer {
	struct lw_drm_buffer *next;
	uint32_t handle;
	size_t size;
	uint8_t *data;
};

/**
 * struct lw_drm_queue - a queue of jobs
 * @handle: of the queue
 * @users: runs in progress, and the device while it uses the queue
 */
struct lw_drm_queue {
	uint32_t handle;
	unsigned int users;
};

/**
 * struct lw_drm_device - an open node
 * @fd: of the node
 * @path: its name
 * @version: of its driver
 * @slots: room in the queue
 * @lock: of what follows
 * @queue: where jobs go, or NULL until the next one
 * @buffers: from alloc
 *
 * Models on one device may run in different threads.
 */
struct lw_drm_device {
	int fd;
	char *path;
	struct lw_drm_version version;
	sem_t slots;
	pthread_mutex_t lock;
	struct lw_drm_queue *queue;
	struct lw_drm_buffer *buffers;
};

/**
 * struct lw_drm_program - a loaded program
 * @handle: of the program
 * @n_ops: its operations
 * @info: what it binds
 * @arena: region 1, if the engine has none of its own
 * @staging: per region, for memory that is not the device's; made when it is
 *	first needed
 */
struct lw_drm_program {
	uint32_t handle;
	uint32_t n_ops;
	struct lwnpu_program_info info;
	struct lw_drm_buffer arena;
	struct lw_drm_buffer staging[LWNPU_REGION_MAX];
};

/* drm_buffer.c: buffer objects */

/**
 * lw_drm_buffer_create() - make a buffer, not mapped
 * @device: open
 * @buffer: filled in
 * @size: bytes
 *
 * Return: 0 or a negative errno value; @buffer is untouched then.
 */
int lw_drm_buffer_create(const struct lw_drm_device *device,
			 struct lw_drm_buffer *buffer, size_t size);

/** lw_drm_buffer_map() - give a buffer its data */
int lw_drm_buffer_map(const struct lw_drm_device *device,
		      struct lw_drm_buffer *buffer);

/** lw_drm_buffer_destroy() - unmap and close; nothing if it is all zero */
void lw_drm_buffer_destroy(const struct lw_drm_device *device,
			   struct lw_drm_buffer *buffer);

/** lw_drm_alloc() - lw_engine_ops.alloc */
void *lw_drm_alloc(void *engine, size_t size);

/** lw_drm_free() - lw_engine_ops.free */
void lw_drm_free(void *engine, void *data);

/**
 * lw_drm_buffer_find() - the buffer that holds some memory
 * @device: open
 * @data: first byte
 * @size: how many
 * @binding: handle and offset are filled in
 *
 * Return: false if none from lw_drm_alloc() does, or not where it could be
 * bound.
 */
bool lw_drm_buffer_find(struct lw_drm_device *device, const void *data,
			size_t size, struct drm_lwnpu_binding *binding);

/* drm_queue.c: queues, which do not outlive a hang */

/**
 * lw_drm_queue_get() - the queue for a job
 * @device: open
 * @queue: gets the queue; give it back with lw_drm_queue_put()
 *
 * Return: 0 or a negative errno value.
 */
int lw_drm_queue_get(struct lw_drm_device *device, struct lw_drm_queue **queue);
void lw_drm_queue_put(struct lw_drm_device *device, struct lw_drm_queue *queue);

/** lw_drm_queue_blame() - it takes no more jobs: the next gets a new one */
void lw_drm_queue_blame(struct lw_drm_device *device,
			struct lw_drm_queue *queue);

/* drm_program.c: lw_engine_ops.load and unload */
int lw_drm_load(void *engine, const struct lw_program *program, void **loaded,
		struct lwnpu_error *error);
void lw_drm_unload(void *engine, void *loaded);

/* drm_job.c: lw_engine_ops.run */
int lw_drm_run(void *engine, void *loaded, const struct lw_binding *bindings,
	       struct lwnpu_error *error);

#endif /* LW_DRM_ENGINE_H */
