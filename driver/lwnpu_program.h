/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs: copied, checked once, never changed. */
#ifndef LWNPU_PROGRAM_H
#define LWNPU_PROGRAM_H

#include "lwnpu_check.h"
#include "lwnpu_gem.h"

/**
 * struct lwnpu_program - a checked program
 * @refs: of the handle and of jobs
 * @bo: operations, then weights
 * @n_ops: how many operations
 * @n_bindings: regions that a job must bind
 * @weights_size: bytes
 * @info: what each region needs
 */
struct lwnpu_program {
	struct kref refs;
	struct lwnpu_bo *bo;
	u32 n_ops;
	u32 n_bindings;
	u64 weights_size;
	struct lwnpu_program_info info;
};

static inline u64 lwnpu_program_weights_offset(u32 n_ops)
{
	return (u64)n_ops * LWNPU_OP_SIZE;
}

/**
 * lwnpu_program_alloc() - make room for a program
 * @file: whose
 * @n_ops: at most LWNPU_MAX_OPS
 * @weights_size: at most LWNPU_MAX_WEIGHTS_SIZE
 *
 * Return: the program with a reference, not filled, or an error pointer.
 */
struct lwnpu_program *lwnpu_program_alloc(struct lwnpu_file *file, u32 n_ops,
					  u64 weights_size);

/**
 * lwnpu_program_find() - look up a handle
 * @file: whose
 * @handle: any value
 *
 * Return: the program with a reference, or NULL.
 */
struct lwnpu_program *lwnpu_program_find(struct lwnpu_file *file, u32 handle);
void lwnpu_program_put(struct lwnpu_program *program);
void lwnpu_programs_close(struct lwnpu_file *file);

int lwnpu_ioctl_program_create(struct drm_device *drm, void *data,
			       struct drm_file *file_priv);
int lwnpu_ioctl_program_destroy(struct drm_device *drm, void *data,
				struct drm_file *file_priv);

#endif /* LWNPU_PROGRAM_H */
