// SPDX-License-Identifier: GPL-2.0-only
/* /dev/lwnpu-ctl: how a daemon talks to its device. */
#include <linux/dma-buf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>

#include "lwnpu_user.h"

/* Room for news other than jobs. */
#define LWNPU_RING_MIN 32

/**
 * struct lwnpu_ctl - an open file
 * @start_mutex: one START at a time
 * @run_mutex: one RUN looks at completions at a time
 * @lwnpu: device, set once, with a reference
 * @ring: made with it
 */
struct lwnpu_ctl {
	struct mutex start_mutex;
	struct mutex run_mutex;
	struct lwnpu_device *lwnpu;
	struct lwnpu_ring ring;
};

static void lwnpu_ring_free(struct lwnpu_ring *ring)
{
	vfree(ring->records);
	vfree(ring->completions);
	memset(ring, 0, sizeof(*ring));
}

static int lwnpu_ring_alloc(struct lwnpu_ring *ring, u32 capacity)
{
	ring->size = roundup_pow_of_two(max(2 * capacity, LWNPU_RING_MIN));
	ring->records = vmalloc_user(struct_size(ring->records, record,
						 ring->size));
	ring->completions = vmalloc_user(array_size(ring->size,
						    sizeof(*ring->completions)));
	if (ring->records && ring->completions)
		return 0;
	lwnpu_ring_free(ring);
	return -ENOMEM;
}

static int lwnpu_ctl_open(struct inode *inode, struct file *filp)
{
	struct lwnpu_ctl *ctl = kzalloc(sizeof(*ctl), GFP_KERNEL);

	if (!ctl)
		return -ENOMEM;
	mutex_init(&ctl->start_mutex);
	mutex_init(&ctl->run_mutex);
	filp->private_data = ctl;
	return 0;
}

static int lwnpu_ctl_release(struct inode *inode, struct file *filp)
{
	struct lwnpu_ctl *ctl = filp->private_data;

	if (ctl->lwnpu) {
		lwnpu_user_detach(ctl->lwnpu, &ctl->ring);
		drm_dev_put(&ctl->lwnpu->drm);
	}
	lwnpu_ring_free(&ctl->ring);
	mutex_destroy(&ctl->run_mutex);
	mutex_destroy(&ctl->start_mutex);
	kfree(ctl);
	return 0;
}

static bool lwnpu_is_text(const u8 *text, size_t size)
{
	return text[0] && memchr(text, 0, size);
}

static int lwnpu_ctl_config(const struct lwnpu_ctl_start *args,
			    struct lwnpu_engine_config *config)
{
	if (args->version != LWNPU_CTL_VERSION)
		return -EPROTONOSUPPORT;
	if (args->flags || !args->ops || !args->capacity ||
	    args->capacity > LWNPU_CTL_MAX_CAPACITY ||
	    !lwnpu_is_text(args->name, sizeof(args->name)) ||
	    !lwnpu_is_text(args->description, sizeof(args->description)))
		return -EINVAL;
	memset(config, 0, sizeof(*config));
	config->ops = args->ops;
	config->capacity = args->capacity;
	strscpy(config->name, (const char *)args->name, sizeof(config->name));
	strscpy(config->description, (const char *)args->description,
		sizeof(config->description));
	return 0;
}

static int lwnpu_ctl_start_device(struct lwnpu_ctl *ctl,
				  struct lwnpu_ctl_start *args)
{
	struct lwnpu_engine_config config;
	struct lwnpu_device *lwnpu;
	bool taken_over;
	int ret;

	if (ctl->lwnpu)
		return -EBUSY;
	ret = lwnpu_ctl_config(args, &config);
	if (ret)
		return ret;
	ret = lwnpu_ring_alloc(&ctl->ring, args->capacity);
	if (ret)
		return ret;
	lwnpu = lwnpu_host_acquire(&config, &ctl->ring, &taken_over);
	if (IS_ERR(lwnpu)) {
		lwnpu_ring_free(&ctl->ring);
		return PTR_ERR(lwnpu);
	}
	args->capacity = lwnpu->config.capacity;
	args->ring_size = ctl->ring.size;
	args->minor = lwnpu->drm.accel->index;
	args->taken_over = taken_over;
	/* mmap() and the other ioctls look at it without the mutex. */
	smp_store_release(&ctl->lwnpu, lwnpu);
	return 0;
}

static long lwnpu_ctl_ioctl_start(struct lwnpu_ctl *ctl, void *data)
{
	int ret;

	mutex_lock(&ctl->start_mutex);
	ret = lwnpu_ctl_start_device(ctl, data);
	mutex_unlock(&ctl->start_mutex);
	return ret;
}

/* The device of a file that it has not lost; with &lwnpu_device.lock held. */
static struct lwnpu_device *lwnpu_ctl_lock(struct lwnpu_ctl *ctl)
{
	struct lwnpu_device *lwnpu = smp_load_acquire(&ctl->lwnpu);
	struct lwnpu_user *user;
	int ret = 0;

	if (!lwnpu)
		return ERR_PTR(-ENOTCONN);
	user = lwnpu->engine_data;
	spin_lock(&lwnpu->lock);
	if (lwnpu->gone)
		ret = -ENODEV;
	else if (user->ring != &ctl->ring)
		ret = -ESHUTDOWN;
	if (!ret)
		return lwnpu;
	spin_unlock(&lwnpu->lock);
	return ERR_PTR(ret);
}

static long lwnpu_ctl_ioctl_stop(struct lwnpu_ctl *ctl, void *data)
{
	struct lwnpu_device *lwnpu = lwnpu_ctl_lock(ctl);

	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	spin_unlock(&lwnpu->lock);
	lwnpu_host_remove(lwnpu);
	return 0;
}

static void lwnpu_ctl_judge(const struct lwnpu_job *job,
			    const struct lwnpu_ctl_completion *said,
			    struct drm_lwnpu_completion *completion)
{
	u64 given = ktime_to_ns(job->given);
	u64 now = ktime_get_ns();

	completion->start_ns = given;
	completion->end_ns = now;
	if (said->start_ns >= given && said->end_ns >= said->start_ns &&
	    said->end_ns <= now) {
		completion->start_ns = said->start_ns;
		completion->end_ns = said->end_ns;
	}
	completion->cycles = said->cycles;
	completion->op = DRM_LWNPU_NONE;
	completion->status = DRM_LWNPU_JOB_DONE;
	if (!said->error)
		return;
	completion->status = DRM_LWNPU_JOB_FAILED;
	completion->error = said->error;
	if (said->error > 0 || said->error < -MAX_ERRNO)
		completion->error = -EIO;
	if (said->op < job->program->n_ops)
		completion->op = said->op;
}

static int lwnpu_ctl_complete(struct lwnpu_ctl *ctl,
			      const struct lwnpu_ctl_completion *said)
{
	struct drm_lwnpu_completion completion = {};
	struct lwnpu_device *lwnpu;
	struct lwnpu_job *job = NULL;
	bool cookie;

	lwnpu = lwnpu_ctl_lock(ctl);
	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	cookie = dma_fence_begin_signalling();
	if (!memchr_inv(said->reserved, 0, sizeof(said->reserved)))
		job = lwnpu_user_find(lwnpu, said->id);
	if (job) {
		lwnpu_job_claim(job);
		list_del_init(&job->engine_node);
	}
	spin_unlock(&lwnpu->lock);
	if (job) {
		lwnpu_ctl_judge(job, said, &completion);
		lwnpu_job_complete(job, &completion);
	}
	dma_fence_end_signalling(cookie);
	return job ? 0 : -ENOENT;
}

static int lwnpu_ctl_completions(struct lwnpu_ctl *ctl,
				 struct lwnpu_ctl_run *args)
{
	struct lwnpu_ring *ring = &ctl->ring;
	struct lwnpu_ctl_completion said;
	int ret;

	if (args->completed - ring->completed > ring->size)
		return -EINVAL;
	while (ring->completed != args->completed) {
		/* The daemon may write meanwhile: judge a copy. */
		memcpy(&said, &ring->completions[ring->completed &
						 (ring->size - 1)],
		       sizeof(said));
		barrier();
		ret = lwnpu_ctl_complete(ctl, &said);
		if (ret && ret != -ENOENT)
			return ret;
		args->refused += ret == -ENOENT;
		ring->completed++;
	}
	return 0;
}

static int lwnpu_ctl_exchange(struct lwnpu_ctl *ctl,
			      struct lwnpu_ctl_run *args)
{
	struct lwnpu_ring *ring = &ctl->ring;
	struct lwnpu_device *lwnpu;
	int ret;

	ret = lwnpu_ctl_completions(ctl, args);
	if (ret)
		return ret;
	lwnpu = lwnpu_ctl_lock(ctl);
	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	if (args->consumed - ring->consumed > ring->head - ring->consumed)
		ret = -EINVAL;
	else
		ring->consumed = args->consumed;
	lwnpu_user_feed(lwnpu);
	args->head = ring->head;
	spin_unlock(&lwnpu->lock);
	return ret;
}

/* Return: 0: nothing new; 1: there is, or the device is lost. */
static bool lwnpu_ctl_has_news(struct lwnpu_ctl *ctl,
			       struct lwnpu_ctl_run *args)
{
	struct lwnpu_device *lwnpu = lwnpu_ctl_lock(ctl);

	if (IS_ERR(lwnpu))
		return true;
	args->head = ctl->ring.head;
	spin_unlock(&lwnpu->lock);
	return args->head != args->consumed;
}

static long lwnpu_ctl_ioctl_run(struct lwnpu_ctl *ctl, void *data)
{
	struct lwnpu_ctl_run *args = data;
	ktime_t left = lwnpu_timeout(args->timeout_ns);
	struct lwnpu_device *lwnpu;
	struct lwnpu_user *user;
	int ret;

	args->refused = 0;
	if (!smp_load_acquire(&ctl->lwnpu))
		return -ENOTCONN;
	mutex_lock(&ctl->run_mutex);
	ret = lwnpu_ctl_exchange(ctl, args);
	mutex_unlock(&ctl->run_mutex);
	if (ret || args->head != args->consumed || !left)
		return ret;

	user = ctl->lwnpu->engine_data;
	ret = wait_event_interruptible_hrtimeout(user->wait,
			lwnpu_ctl_has_news(ctl, args), left);
	if (ret)
		return ret == -ETIME ? -ETIMEDOUT : ret;
	lwnpu = lwnpu_ctl_lock(ctl);
	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	spin_unlock(&lwnpu->lock);
	return 0;
}

/* A file descriptor of a dma-buf, not installed yet. */
static int lwnpu_ctl_export(struct lwnpu_bo *bo, int flags, struct file **filp)
{
	struct dma_buf *dma_buf = lwnpu_bo_export(bo, flags);
	int fd;

	if (IS_ERR(dma_buf))
		return PTR_ERR(dma_buf);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		dma_buf_put(dma_buf);
	else
		*filp = dma_buf->file;
	return fd;
}

static struct lwnpu_bo *lwnpu_ctl_take(struct lwnpu_bo *bo)
{
	drm_gem_object_get(lwnpu_bo_gem(bo));
	bo->given = true;
	return bo;
}

static struct lwnpu_bo *lwnpu_ctl_find_buffer(struct lwnpu_ctl *ctl,
					      u64 number, u64 buffer)
{
	struct lwnpu_device *lwnpu = lwnpu_ctl_lock(ctl);
	struct lwnpu_bo *bo = NULL;
	struct lwnpu_job *job;
	u32 i;

	if (IS_ERR(lwnpu))
		return ERR_CAST(lwnpu);
	job = lwnpu_user_find(lwnpu, number);
	for (i = 0; job && i < job->n_bindings; i++)
		if (job->binding[i].bo->number == buffer)
			bo = job->binding[i].bo;
	if (bo)
		lwnpu_ctl_take(bo);
	spin_unlock(&lwnpu->lock);
	return bo ?: ERR_PTR(-ENOENT);
}

static int lwnpu_ctl_get_buffer(struct lwnpu_ctl *ctl,
				struct lwnpu_ctl_get_buffer *args,
				struct file **filp)
{
	struct lwnpu_bo *bo;

	if (args->flags)
		return -EINVAL;
	bo = lwnpu_ctl_find_buffer(ctl, args->job, args->buffer);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	args->size = lwnpu_bo_gem(bo)->size;
	args->fd = lwnpu_ctl_export(bo, O_RDWR, filp);
	lwnpu_bo_put(bo);
	return args->fd < 0 ? args->fd : 0;
}

static int lwnpu_ctl_get_program(struct lwnpu_ctl *ctl,
				 struct lwnpu_ctl_get_program *args,
				 struct file **filp)
{
	struct lwnpu_device *lwnpu;
	struct lwnpu_bo *bo = NULL;
	struct lwnpu_job *job;

	if (args->flags || args->pad)
		return -EINVAL;
	lwnpu = lwnpu_ctl_lock(ctl);
	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	job = lwnpu_user_find(lwnpu, args->job);
	if (job) {
		bo = lwnpu_ctl_take(job->program->bo);
		args->n_ops = job->program->n_ops;
		args->weights_size = job->program->weights_size;
		args->weights_offset = lwnpu_program_weights_offset(args->n_ops);
	}
	spin_unlock(&lwnpu->lock);
	if (!bo)
		return -ENOENT;
	args->fd = lwnpu_ctl_export(bo, O_RDONLY, filp);
	lwnpu_bo_put(bo);
	return args->fd < 0 ? args->fd : 0;
}

static long lwnpu_ctl_ioctl_get(struct lwnpu_ctl *ctl, unsigned int cmd,
				void __user *user)
{
	union {
		struct lwnpu_ctl_get_buffer buffer;
		struct lwnpu_ctl_get_program program;
	} args;
	struct file *filp;
	int fd, ret;

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

static long lwnpu_ctl_ioctl_copy(struct lwnpu_ctl *ctl, unsigned int cmd,
				 void __user *user)
{
	union {
		struct lwnpu_ctl_start start;
		struct lwnpu_ctl_run run;
	} args;
	long ret;

	if (copy_from_user(&args, user, _IOC_SIZE(cmd)))
		return -EFAULT;
	if (cmd == LWNPU_CTL_START)
		ret = lwnpu_ctl_ioctl_start(ctl, &args.start);
	else
		ret = lwnpu_ctl_ioctl_run(ctl, &args.run);
	if (copy_to_user(user, &args, _IOC_SIZE(cmd)))
		return -EFAULT;
	return ret;
}

static long lwnpu_ctl_ioctl(struct file *filp, unsigned int cmd,
			    unsigned long arg)
{
	struct lwnpu_ctl *ctl = filp->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case LWNPU_CTL_START:
	case LWNPU_CTL_RUN:
		return lwnpu_ctl_ioctl_copy(ctl, cmd, user);
	case LWNPU_CTL_STOP:
		return lwnpu_ctl_ioctl_stop(ctl, NULL);
	case LWNPU_CTL_GET_BUFFER:
	case LWNPU_CTL_GET_PROGRAM:
		return lwnpu_ctl_ioctl_get(ctl, cmd, user);
	default:
		return -ENOTTY;
	}
}

static int lwnpu_ctl_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct lwnpu_ctl *ctl = filp->private_data;
	unsigned long completions = LWNPU_CTL_MAP_COMPLETIONS >> PAGE_SHIFT;

	if (!smp_load_acquire(&ctl->lwnpu))
		return -ENOTCONN;
	/* A child that has the rings would keep the file open. */
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND);
	if (vma->vm_pgoff >= completions)
		return remap_vmalloc_range(vma, ctl->ring.completions,
					   vma->vm_pgoff - completions);
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	vm_flags_clear(vma, VM_MAYWRITE);
	return remap_vmalloc_range(vma, ctl->ring.records, vma->vm_pgoff);
}

static const struct file_operations lwnpu_ctl_fops = {
	.owner = THIS_MODULE,
	.open = lwnpu_ctl_open,
	.release = lwnpu_ctl_release,
	.unlocked_ioctl = lwnpu_ctl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = lwnpu_ctl_mmap,
	.llseek = noop_llseek,
};

static struct miscdevice lwnpu_ctl_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "lwnpu-ctl",
	.fops = &lwnpu_ctl_fops,
	.mode = 0600,
};

int lwnpu_user_register(void)
{
	int ret;

	ret = lwnpu_host_register();
	if (ret)
		return ret;
	ret = misc_register(&lwnpu_ctl_misc);
	if (ret)
		lwnpu_host_unregister();
	return ret;
}

void lwnpu_user_unregister(void)
{
	misc_deregister(&lwnpu_ctl_misc);
	lwnpu_host_unregister();
}
