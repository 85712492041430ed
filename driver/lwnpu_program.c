// SPDX-License-Identifier: GPL-2.0-only
/* Programs: copied, checked once, never changed. */
#include <linux/iosys-map.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "lwnpu_program.h"

/* Bytes copied between looks for a signal. */
#define LWNPU_COPY_STEP SZ_1M

static void lwnpu_program_release(struct kref *refs)
{
	struct lwnpu_program *program =
		container_of(refs, struct lwnpu_program, refs);
	struct lwnpu_bo *bo = program->bo;

	atomic64_sub(lwnpu_bo_gem(bo)->size, &bo->file->program_memory);
	lwnpu_bo_unuse(bo);
	lwnpu_bo_put(bo);
	kfree(program);
}

void lwnpu_program_put(struct lwnpu_program *program)
{
	kref_put(&program->refs, lwnpu_program_release);
}

struct lwnpu_program *lwnpu_program_find(struct lwnpu_file *file, u32 handle)
{
	struct lwnpu_program *program;

	xa_lock(&file->programs);
	program = xa_load(&file->programs, handle);
	if (program)
		kref_get(&program->refs);
	xa_unlock(&file->programs);
	return program;
}

static int lwnpu_program_copy(void *to, u64 from, u64 size)
{
	void __user *user = u64_to_user_ptr(from);
	u64 done = 0;

	while (done < size) {
		size_t step = min_t(u64, size - done, LWNPU_COPY_STEP);

		if (copy_from_user(to + done, user + done, step))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		done += step;
	}
	return 0;
}

static void lwnpu_program_refusal(struct drm_lwnpu_program_error *out,
				  const struct lwnpu_check_error *error)
{
	out->op = error->op;
	out->reason = error->reason;
	out->got = error->got;
	out->expected = error->expected;
	strscpy((char *)out->field, error->field ?: "", sizeof(out->field));
}

static int lwnpu_program_check(struct lwnpu_device *lwnpu,
			       struct lwnpu_program *program,
			       const struct lwnpu_op *ops,
			       struct drm_lwnpu_program_error *out)
{
	const void *weights =
		(const void *)ops + lwnpu_program_weights_offset(program->n_ops);
	struct lwnpu_check_error error = {};
	u32 i;
	int ret;

	ret = lwnpu_check_program(ops, program->n_ops, weights,
				  program->weights_size, &program->info,
				  &error);
	if (ret) {
		lwnpu_program_refusal(out, &error);
		return ret;
	}
	for (i = 0; i < program->n_ops; i++) {
		if (!(lwnpu->config.ops & BIT_ULL(ops[i].opcode))) {
			out->op = i;
			out->got = ops[i].opcode;
			return -EOPNOTSUPP;
		}
	}
	for (i = LWNPU_REGION_IO; i < program->info.n_regions; i++)
		program->n_bindings +=
			program->info.region[i].direction != LWNPU_UNUSED;
	return 0;
}

static int lwnpu_program_fill(struct lwnpu_program *program,
			      struct drm_lwnpu_program_create *args)
{
	struct drm_gem_object *obj = lwnpu_bo_gem(program->bo);
	u64 ops_size = lwnpu_program_weights_offset(program->n_ops);
	struct iosys_map map;
	int ret;

	ret = drm_gem_vmap(obj, &map);
	if (ret)
		return ret;
	ret = lwnpu_program_copy(map.vaddr, args->ops, ops_size);
	if (!ret)
		ret = lwnpu_program_copy(map.vaddr + ops_size, args->weights,
					 program->weights_size);
	if (!ret)
		ret = lwnpu_program_check(to_lwnpu(obj->dev), program,
					  map.vaddr, &args->error);
	drm_gem_vunmap(obj, &map);
	return ret;
}

struct lwnpu_program *lwnpu_program_alloc(struct lwnpu_file *file, u32 n_ops,
					  u64 weights_size)
{
	u64 size = lwnpu_program_weights_offset(n_ops) + weights_size;
	struct lwnpu_program *program;
	int ret;

	program = kzalloc(sizeof(*program), GFP_KERNEL_ACCOUNT);
	if (!program)
		return ERR_PTR(-ENOMEM);
	kref_init(&program->refs);
	program->n_ops = n_ops;
	program->weights_size = weights_size;
	program->bo = lwnpu_bo_create(file, PAGE_ALIGN(size));
	if (IS_ERR(program->bo)) {
		ret = PTR_ERR(program->bo);
		kfree(program);
		return ERR_PTR(ret);
	}
	program->bo->is_program = true;
	lwnpu_bo_use(program->bo);
	atomic64_add(lwnpu_bo_gem(program->bo)->size, &file->program_memory);
	return program;
}

static struct lwnpu_program *
lwnpu_program_create(struct lwnpu_file *file,
		     struct drm_lwnpu_program_create *args)
{
	struct lwnpu_program *program;
	int ret;

	program = lwnpu_program_alloc(file, args->n_ops, args->weights_size);
	if (IS_ERR(program))
		return program;
	ret = lwnpu_program_fill(program, args);
	if (ret) {
		lwnpu_program_put(program);
		return ERR_PTR(ret);
	}
	return program;
}

static int lwnpu_program_publish(struct lwnpu_file *file,
				 struct lwnpu_program *program, u32 *handle)
{
	int ret;

	if (atomic_inc_return(&file->n_programs) > LWNPU_MAX_PROGRAMS) {
		atomic_dec(&file->n_programs);
		return -ENOSPC;
	}
	ret = xa_alloc(&file->programs, handle, program, LWNPU_HANDLES,
		       GFP_KERNEL);
	if (ret)
		atomic_dec(&file->n_programs);
	return ret;
}

/* What the checker would say, before there is a copy to check. */
static int lwnpu_program_check_sizes(struct drm_lwnpu_program_create *args)
{
	struct lwnpu_check_error error = {
		.reason = LWNPU_CHECK_PROGRAM_SIZE,
	};

	if (!args->n_ops || args->n_ops > LWNPU_MAX_OPS) {
		error.field = "n_ops";
		error.got = args->n_ops;
		error.expected = args->n_ops ? LWNPU_MAX_OPS : 1;
	} else if (args->weights_size > LWNPU_MAX_WEIGHTS_SIZE) {
		error.reason = LWNPU_CHECK_RANGE;
		error.field = "weights_size";
		error.got = args->weights_size;
		error.expected = LWNPU_MAX_WEIGHTS_SIZE;
	} else {
		return 0;
	}
	lwnpu_program_refusal(&args->error, &error);
	return -EINVAL;
}

int lwnpu_ioctl_program_create(struct drm_device *drm, void *data,
			       struct drm_file *file_priv)
{
	struct drm_lwnpu_program_create *args = data;
	struct lwnpu_file *file = file_priv->driver_priv;
	struct lwnpu_program *program;
	u32 n_regions;
	int ret;

	memset(&args->error, 0, sizeof(args->error));
	if (args->flags)
		return -EOPNOTSUPP;
	ret = lwnpu_program_check_sizes(args);
	if (ret)
		return ret;

	program = lwnpu_program_create(file, args);
	if (IS_ERR(program)) {
		ret = PTR_ERR(program);
		drm_dbg(drm, "program refused: %d, op %u, %s: %s\n", ret,
			args->error.op, (char *)args->error.field,
			lwnpu_check_reason_text(args->error.reason));
		return ret;
	}
	n_regions = program->info.n_regions;
	ret = lwnpu_program_publish(file, program, &args->handle);
	if (ret) {
		lwnpu_program_put(program);
		return ret;
	}
	args->n_regions = n_regions;
	args->arena_size = 0;
	return 0;
}

int lwnpu_ioctl_program_destroy(struct drm_device *drm, void *data,
				struct drm_file *file_priv)
{
	struct drm_lwnpu_program_destroy *args = data;
	struct lwnpu_file *file = file_priv->driver_priv;
	struct lwnpu_program *program;

	if (args->pad)
		return -EINVAL;
	program = xa_erase(&file->programs, args->handle);
	if (!program)
		return -ENOENT;
	atomic_dec(&file->n_programs);
	lwnpu_program_put(program);
	return 0;
}

void lwnpu_programs_close(struct lwnpu_file *file)
{
	struct lwnpu_program *program;
	unsigned long handle;

	xa_for_each(&file->programs, handle, program)
		lwnpu_program_put(program);
	xa_destroy(&file->programs);
}
