// SPDX-License-Identifier: GPL-2.0-only
/* GET_BUFFER and GET_PROGRAM: files to map, for jobs in flight. */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/uaccess.h>

#include "lwnpu_ctl_file.h"
#include "lwnpu_view.h"

/* A file descriptor, not installed yet; takes the reference of @bo. */
static int lwnpu_ctl_view(struct lwnpu_ctl *ctl, struct lwnpu_bo *bo,
			  bool writable, struct file **filp)
{
	struct file *view = lwnpu_view_create(ctl->ring.views, bo, writable);
	int fd;

	lwnpu_bo_put(bo);
	if (IS_ERR(view))
		return PTR_ERR(view);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		fput(view);
	else
		*filp = view;
	return fd;
}

/* The daemon has it from now on; &lwnpu_device.lock is held. */
static struct lwnpu_bo *lwnpu_ctl_give(struct lwnpu_bo *bo)
{
	drm_gem_object_get(lwnpu_bo_gem(bo));
	bo->given = true;
	return bo;
}

static struct lwnpu_bo *lwnpu_ctl_find_buffer(struct lwnpu_ctl *ctl,
					      u64 number, u64 buffer,
					      bool *writable)
{
	struct lwnpu_device *lwnpu = ctl->lwnpu;
	struct lwnpu_bo *bo = NULL;
	struct lwnpu_job *job = NULL;
	int ret;
	u32 i;

	*writable = false;
	spin_lock(&lwnpu->lock);
	ret = lwnpu_ctl_check(ctl);
	if (!ret)
		job = lwnpu_user_find(lwnpu, number);
	for (i = 0; job && i < job->n_bindings; i++) {
		const struct lwnpu_job_binding *binding = &job->binding[i];

		if (binding->bo->number != buffer)
			continue;
		bo = bo ?: lwnpu_ctl_give(binding->bo);
		*writable |= binding->direction != LWNPU_IN;
	}
	spin_unlock(&lwnpu->lock);
	if (bo)
		return bo;
	return ERR_PTR(ret ?: -ENOENT);
}

static int lwnpu_ctl_get_buffer(struct lwnpu_ctl *ctl,
				struct lwnpu_ctl_get_buffer *args,
				struct file **filp)
{
	struct lwnpu_bo *bo;
	bool writable;

	if (args->flags)
		return -EINVAL;
	bo = lwnpu_ctl_find_buffer(ctl, args->job, args->buffer, &writable);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	args->size = lwnpu_bo_gem(bo)->size;
	args->fd = lwnpu_ctl_view(ctl, bo, writable, filp);
	return args->fd < 0 ? args->fd : 0;
}

static int lwnpu_ctl_get_program(struct lwnpu_ctl *ctl,
				 struct lwnpu_ctl_get_program *args,
				 struct file **filp)
{
	struct lwnpu_device *lwnpu = ctl->lwnpu;
	struct lwnpu_job *job = NULL;
	struct lwnpu_bo *bo = NULL;
	int ret;

	if (args->flags || args->pad)
		return -EINVAL;
	spin_lock(&lwnpu->lock);
	ret = lwnpu_ctl_check(ctl);
	if (!ret)
		job = lwnpu_user_find(lwnpu, args->job);
	if (job) {
		bo = lwnpu_ctl_give(job->program->bo);
		args->n_ops = job->program->n_ops;
		args->weights_size = job->program->weights_size;
	}
	spin_unlock(&lwnpu->lock);
	if (!bo)
		return ret ?: -ENOENT;
	args->weights_offset = lwnpu_program_weights_offset(args->n_ops);
	args->fd = lwnpu_ctl_view(ctl, bo, false, filp);
	return args->fd < 0 ? args->fd : 0;
}

int lwnpu_ctl_ioctl_get(struct lwnpu_ctl *ctl, unsigned int cmd,
			void __user *user)
{
	struct lwnpu_device *lwnpu = lwnpu_ctl_device(ctl);
	union {
		struct lwnpu_ctl_get_buffer buffer;
		struct lwnpu_ctl_get_program program;
	} args;
	struct file *filp;
	int fd, ret;

	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	if (copy_from_user(&args, user, _IOC_SIZE(cmd)))
		return -EFAULT;
	if (cmd == LWNPU_CTL_GET_BUFFER)
		ret = lwnpu_ctl_get_buffer(ctl, &args.buffer, &filp);
	else
		ret = lwnpu_ctl_get_program(ctl, &args.program, &filp);
	if (ret)
		return ret;
	fd = cmd == LWNPU_CTL_GET_BUFFER ? args.buffer.fd : args.program.fd;
	if (copy_to_user(user, &args, _IOC_SIZE(cmd))) {
		put_unused_fd(fd);
		fput(filp);
		return -EFAULT;
	}
	fd_install(fd, filp);
	return 0;
}
