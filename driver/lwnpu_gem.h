/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers. */
#ifndef LWNPU_GEM_H
#define LWNPU_GEM_H

#include <drm/drm_gem_shmem_helper.h>

#include "lwnpu_device.h"

/**
 * struct lwnpu_bo - a buffer, or the memory of a program
 * @base: base
 * @file: the file that it is charged to; NULL if imported
 * @number: its name for the engine
 * @users: handles and jobs; for a program: 1 while it lives
 * @populated: its pages are there to stay, charged to who first submitted it
 * @is_program: no application can reach it
 * @given: the engine may keep it mapped; under &lwnpu_device.lock
 * @forget: in the engine's list of those to be forgotten; the same
 */
struct lwnpu_bo {
	struct drm_gem_shmem_object base;
	struct lwnpu_file *file;
	u64 number;
	atomic_t users;
	bool populated;
	bool is_program;
	bool given;
	struct list_head forget;
};

static inline struct lwnpu_bo *to_lwnpu_bo(struct drm_gem_object *obj)
{
	return container_of(to_drm_gem_shmem_obj(obj), struct lwnpu_bo, base);
}

static inline struct drm_gem_object *lwnpu_bo_gem(struct lwnpu_bo *bo)
{
	return &bo->base.base;
}

/**
 * lwnpu_bo_create() - make a buffer
 * @file: who is charged
 * @size: bytes, a multiple of PAGE_SIZE
 *
 * Return: the buffer, with one reference; an error pointer: -ENOSPC, -ENOMEM.
 */
struct lwnpu_bo *lwnpu_bo_create(struct lwnpu_file *file, size_t size);
void lwnpu_bo_put(struct lwnpu_bo *bo);

/**
 * lwnpu_bo_use() - one more handle or job
 * @bo: the buffer
 */
void lwnpu_bo_use(struct lwnpu_bo *bo);

/**
 * lwnpu_bo_unuse() - one fewer; the engine forgets the buffer after the last
 * @bo: the buffer
 */
void lwnpu_bo_unuse(struct lwnpu_bo *bo);

/**
 * lwnpu_bo_populate() - have its pages, on the account of the caller
 * @bo: the buffer
 *
 * Return: 0 or -ENOMEM.
 */
int lwnpu_bo_populate(struct lwnpu_bo *bo);

/**
 * lwnpu_bo_is_writable() - may a job write it
 * @bo: the buffer
 *
 * Return: false for one imported read-only.
 */
bool lwnpu_bo_is_writable(struct lwnpu_bo *bo);

struct drm_gem_object *lwnpu_gem_create_object(struct drm_device *drm,
					       size_t size);
struct drm_gem_object *lwnpu_gem_import(struct drm_device *drm,
					struct dma_buf *dma_buf);

int lwnpu_ioctl_bo_create(struct drm_device *drm, void *data,
			  struct drm_file *file_priv);
int lwnpu_ioctl_bo_mmap_offset(struct drm_device *drm, void *data,
			       struct drm_file *file_priv);
int lwnpu_ioctl_bo_wait(struct drm_device *drm, void *data,
			struct drm_file *file_priv);

#endif /* LWNPU_GEM_H */
