// SPDX-License-Identifier: GPL-2.0-only
/* /dev/lwnpu-ctl: how a daemon talks to its device. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>

#include "lwnpu_ctl_file.h"
#include "lwnpu_view.h"

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

/* Gives the device up, and all that START made. */
static void lwnpu_ctl_leave(struct lwnpu_ctl *ctl, struct lwnpu_device *lwnpu)
{
	lwnpu_user_detach(lwnpu, &ctl->ring);
	drm_dev_put(&lwnpu->drm);
	lwnpu_ring_free(&ctl->ring);
}

static int lwnpu_ctl_release(struct inode *inode, struct file *filp)
{
	struct lwnpu_ctl *ctl = filp->private_data;

	if (ctl->lwnpu)
		lwnpu_ctl_leave(ctl, ctl->lwnpu);
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
	if (args->flags || args->pad || !args->ops || !args->capacity ||
	    args->capacity > LWNPU_CTL_MAX_CAPACITY ||
	    args->depth < args->capacity || args->depth > LWNPU_CTL_MAX_DEPTH ||
	    !lwnpu_is_text(args->name, sizeof(args->name)) ||
	    !lwnpu_is_text(args->description, sizeof(args->description)))
		return -EINVAL;
	memset(config, 0, sizeof(*config));
	config->ops = args->ops;
	config->capacity = args->capacity;
	config->depth = args->depth;
	strscpy(config->name, (const char *)args->name, sizeof(config->name));
	strscpy(config->description, (const char *)args->description,
		sizeof(config->description));
	return 0;
}

/* A daemon before this one is not waited for: it is deprived of its mappings. */
static struct lwnpu_device *
lwnpu_ctl_acquire(const struct lwnpu_engine_config *config,
		  struct lwnpu_ring *ring, bool *taken_over)
{
	struct lwnpu_device *lwnpu;

	for (;;) {
		lwnpu = lwnpu_host_acquire(config, ring, taken_over);
		if (lwnpu != ERR_PTR(-EAGAIN) || fatal_signal_pending(current))
			return lwnpu;
		lwnpu_views_sync();
	}
}

static int lwnpu_ctl_start_device(struct lwnpu_ctl *ctl,
				  struct lwnpu_ctl_start *args,
				  void __user *user)
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
	ret = lwnpu_ring_alloc(&ctl->ring, args->depth);
	if (ret)
		return ret;
	lwnpu = lwnpu_ctl_acquire(&config, &ctl->ring, &taken_over);
	if (IS_ERR(lwnpu)) {
		lwnpu_ring_free(&ctl->ring);
		return PTR_ERR(lwnpu);
	}
	args->capacity = lwnpu->config.capacity;
	args->depth = lwnpu->config.depth;
	args->ring_size = ctl->ring.size;
	args->minor = lwnpu->drm.accel->index;
	args->taken_over = taken_over;
	if (copy_to_user(user, args, sizeof(*args))) {
		if (!taken_over)
			lwnpu_host_remove(lwnpu);
		lwnpu_ctl_leave(ctl, lwnpu);
		return -EFAULT;
	}
	/* mmap() and the other ioctls look at it without the mutex. */
	smp_store_release(&ctl->lwnpu, lwnpu);
	return 0;
}

static int lwnpu_ctl_ioctl_start(struct lwnpu_ctl *ctl, void __user *user)
{
	struct lwnpu_ctl_start args;
	int ret;

	if (copy_from_user(&args, user, sizeof(args)))
		return -EFAULT;
	mutex_lock(&ctl->start_mutex);
	ret = lwnpu_ctl_start_device(ctl, &args, user);
	mutex_unlock(&ctl->start_mutex);
	return ret;
}

struct lwnpu_device *lwnpu_ctl_device(struct lwnpu_ctl *ctl)
{
	/* Pairs with the end of START: the ring is there, too. */
	return smp_load_acquire(&ctl->lwnpu) ?: ERR_PTR(-ENOTCONN);
}

int lwnpu_ctl_check_unlocked(struct lwnpu_ctl *ctl)
{
	int ret;

	spin_lock(&ctl->lwnpu->lock);
	ret = lwnpu_ctl_check(ctl);
	spin_unlock(&ctl->lwnpu->lock);
	return ret;
}

int lwnpu_ctl_check(struct lwnpu_ctl *ctl)
{
	struct lwnpu_user *user = ctl->lwnpu->engine_data;

	lockdep_assert_held(&ctl->lwnpu->lock);
	if (ctl->lwnpu->gone)
		return -ENODEV;
	return user->ring == &ctl->ring ? 0 : -ESHUTDOWN;
}

static int lwnpu_ctl_ioctl_stop(struct lwnpu_ctl *ctl)
{
	struct lwnpu_device *lwnpu = lwnpu_ctl_device(ctl);
	int ret;

	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	ret = lwnpu_ctl_check_unlocked(ctl);
	if (!ret)
		lwnpu_host_remove(lwnpu);
	return ret;
}

static long lwnpu_ctl_ioctl(struct file *filp, unsigned int cmd,
			    unsigned long arg)
{
	struct lwnpu_ctl *ctl = filp->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case LWNPU_CTL_START:
		return lwnpu_ctl_ioctl_start(ctl, user);
	case LWNPU_CTL_STOP:
		return lwnpu_ctl_ioctl_stop(ctl);
	case LWNPU_CTL_RUN:
		return lwnpu_ctl_ioctl_run(ctl, user);
	case LWNPU_CTL_GET_BUFFER:
	case LWNPU_CTL_GET_PROGRAM:
		return lwnpu_ctl_ioctl_get(ctl, cmd, user);
	default:
		return -ENOTTY;
	}
}

static int lwnpu_ctl_mmap(struct file *filp, struct vm_area_struct *vma)
{
	const unsigned long completions =
		LWNPU_CTL_MAP_COMPLETIONS >> PAGE_SHIFT;
	const unsigned long claims = LWNPU_CTL_MAP_CLAIMS >> PAGE_SHIFT;
	struct lwnpu_ctl *ctl = filp->private_data;

	if (IS_ERR(lwnpu_ctl_device(ctl)))
		return -ENOTCONN;
	/* A child that has the rings would keep the file open. */
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND);
	if (vma->vm_pgoff >= claims)
		return remap_vmalloc_range(vma, ctl->ring.claims,
					   vma->vm_pgoff - claims);
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
