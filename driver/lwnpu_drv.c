// SPDX-License-Identifier: GPL-2.0-only
/* The module, its drm_driver, and open files. */
#include <linux/module.h>
#include <linux/slab.h>
#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_print.h>

#include "lwnpu_drv.h"
#include "lwnpu_gem.h"
#include "lwnpu_program.h"
#include "lwnpu_queue.h"
#include "lwnpu_submit.h"
#include "lwnpu_user.h"

unsigned int lwnpu_timeout_ms = 10000;
module_param_named(timeout_ms, lwnpu_timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms, "how long a job may run before it counts as hung");

/* What must sleep, and must not keep a fence waiting. */
struct workqueue_struct *lwnpu_wq;

static int lwnpu_open(struct drm_device *drm, struct drm_file *file_priv)
{
	struct lwnpu_file *file = lwnpu_file_create(to_lwnpu(drm));

	if (!file)
		return -ENOMEM;
	file_priv->driver_priv = file;
	return 0;
}

static void lwnpu_postclose(struct drm_device *drm, struct drm_file *file_priv)
{
	lwnpu_file_close(file_priv->driver_priv);
}

static void lwnpu_show_fdinfo(struct drm_printer *p, struct drm_file *file_priv)
{
	struct lwnpu_file *file = file_priv->driver_priv;

	drm_printf(p, "drm-engine-npu:\t%lld ns\n",
		   atomic64_read(&file->engine_ns));
	drm_printf(p, "drm-engine-capacity-npu:\t%u\n",
		   file->lwnpu->config.capacity);
	drm_printf(p, "drm-cycles-npu:\t%lld\n", atomic64_read(&file->cycles));
	drm_printf(p, "drm-total-program:\t%lld KiB\n",
		   atomic64_read(&file->program_memory) >> 10);
	drm_printf(p, "lwnpu-jobs:\t%lld\n", atomic64_read(&file->jobs));
	drm_show_memory_stats(p, file_priv);
}

static const struct file_operations lwnpu_fops = {
	.owner = THIS_MODULE,
	.open = accel_open,
	.release = drm_release,
	.unlocked_ioctl = lwnpu_ioctl,
	.compat_ioctl = lwnpu_compat_ioctl,
	.poll = drm_poll,
	.read = drm_read,
	.llseek = noop_llseek,
	.mmap = drm_gem_mmap,
	.fop_flags = FOP_UNSIGNED_OFFSET,
	.show_fdinfo = drm_show_fdinfo,
};

#define LWNPU_IOCTL(NAME, name) \
	DRM_IOCTL_DEF_DRV(LWNPU_##NAME, lwnpu_ioctl_##name, 0)

static const struct drm_ioctl_desc lwnpu_ioctls[] = {
	LWNPU_IOCTL(GET_PARAM, get_param),
	LWNPU_IOCTL(GET_ENGINE, get_engine),
	LWNPU_IOCTL(BO_CREATE, bo_create),
	LWNPU_IOCTL(BO_MMAP_OFFSET, bo_mmap_offset),
	LWNPU_IOCTL(BO_WAIT, bo_wait),
	LWNPU_IOCTL(PROGRAM_CREATE, program_create),
	LWNPU_IOCTL(PROGRAM_DESTROY, program_destroy),
	LWNPU_IOCTL(QUEUE_CREATE, queue_create),
	LWNPU_IOCTL(QUEUE_DESTROY, queue_destroy),
	LWNPU_IOCTL(QUEUE_GET_STATE, queue_get_state),
	LWNPU_IOCTL(SUBMIT, submit),
	LWNPU_IOCTL(WAIT_JOB, wait_job),
};

const struct drm_driver lwnpu_drm_driver = {
	.driver_features = DRIVER_COMPUTE_ACCEL | DRIVER_GEM | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE,
	.name = DRM_LWNPU_DRIVER_NAME,
	.desc = "Lightweight neural processing units",
#ifdef LWNPU_HAVE_DRIVER_DATE
	.date = "20251123",
#endif
	.major = DRM_LWNPU_VERSION_MAJOR,
	.minor = DRM_LWNPU_VERSION_MINOR,
	.open = lwnpu_open,
	.postclose = lwnpu_postclose,
	.show_fdinfo = lwnpu_show_fdinfo,
	.fops = &lwnpu_fops,
	.ioctls = lwnpu_ioctls,
	.num_ioctls = ARRAY_SIZE(lwnpu_ioctls),
	.gem_create_object = lwnpu_gem_create_object,
	.gem_prime_import = lwnpu_gem_import,
};

static int __init lwnpu_init(void)
{
	int ret;

	lwnpu_wq = alloc_workqueue("lwnpu", WQ_UNBOUND, 0);
	if (!lwnpu_wq)
		return -ENOMEM;
	ret = lwnpu_user_register();
	if (ret)
		destroy_workqueue(lwnpu_wq);
	return ret;
}

static void __exit lwnpu_exit(void)
{
	lwnpu_user_unregister();
	destroy_workqueue(lwnpu_wq);
	/* Fences are freed by RCU, and look at their operations until then. */
	rcu_barrier();
}

module_init(lwnpu_init);
module_exit(lwnpu_exit);

MODULE_DESCRIPTION("Lightweight neural processing units");
MODULE_AUTHOR("The lwnpu authors");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(LWNPU_DMA_BUF_NS);
