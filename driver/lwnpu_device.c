// SPDX-License-Identifier: GPL-2.0-only
/* The device: what all engines have in common. */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>

#include "lwnpu_check.h"
#include "lwnpu_dispatch.h"
#include "lwnpu_dump.h"
#include "lwnpu_job.h"
#include "lwnpu_program.h"
#include "lwnpu_queue.h"
#include "lwnpu_watchdog.h"

static void lwnpu_device_release(struct drm_device *drm, void *unused)
{
	struct lwnpu_device *lwnpu = to_lwnpu(drm);

	/* Each job holds the device by its fence: there is none left. */
	drm_sched_fini(&lwnpu->sched);
	destroy_workqueue(lwnpu->wq);
}

static int lwnpu_device_init_sched(struct lwnpu_device *lwnpu)
{
	const struct drm_sched_init_args args = {
		.ops = &lwnpu_sched_ops,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		/* lwnpu_dispatch_feed() counts */
		.credit_limit = S32_MAX,
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = DRM_LWNPU_DRIVER_NAME,
		.dev = lwnpu->drm.dev,
	};

	return lwnpu_sched_init(&lwnpu->sched, &args);
}

int lwnpu_device_init(struct lwnpu_device *lwnpu)
{
	int ret;

	spin_lock_init(&lwnpu->lock);
	lwnpu_dispatch_init(lwnpu);
	lwnpu->watchdog_due = KTIME_MAX;
	INIT_DELAYED_WORK(&lwnpu->watchdog, lwnpu_watchdog_work);
	lwnpu_dump_init(lwnpu);
	ret = drmm_mutex_init(&lwnpu->drm, &lwnpu->sched_mutex);
	if (ret)
		return ret;
	lwnpu->wq = alloc_ordered_workqueue("lwnpu-watchdog", WQ_MEM_RECLAIM);
	if (!lwnpu->wq)
		return -ENOMEM;
	ret = lwnpu_device_init_sched(lwnpu);
	if (ret) {
		destroy_workqueue(lwnpu->wq);
		return ret;
	}
	ret = drmm_add_action_or_reset(&lwnpu->drm, lwnpu_device_release, NULL);
	if (ret)
		return ret;
	return lwnpu->engine->start(lwnpu);
}

void lwnpu_device_unplug(struct lwnpu_device *lwnpu)
{
	LIST_HEAD(lost);

	drm_dev_unplug(&lwnpu->drm);
	spin_lock(&lwnpu->lock);
	lwnpu->gone = true;
	lwnpu_dispatch_claim_all(lwnpu, &lost);
	spin_unlock(&lwnpu->lock);
	/* There is no job left that it could look at again. */
	cancel_delayed_work_sync(&lwnpu->watchdog);
	lwnpu->engine->stop(lwnpu);
	lwnpu_job_fail_list(&lost, DRM_LWNPU_JOB_LOST);
}

struct lwnpu_file *lwnpu_file_create(struct lwnpu_device *lwnpu)
{
	struct lwnpu_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);

	if (!file)
		return NULL;
	kref_init(&file->refs);
	file->lwnpu = lwnpu;
	xa_init_flags(&file->programs, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	xa_init_flags(&file->queues, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	return file;
}

void lwnpu_file_close(struct lwnpu_file *file)
{
	lwnpu_queues_close(file);
	lwnpu_programs_close(file);
	lwnpu_file_put(file);
}

struct lwnpu_file *lwnpu_file_get(struct lwnpu_file *file)
{
	kref_get(&file->refs);
	return file;
}

static void lwnpu_file_release(struct kref *refs)
{
	kfree(container_of(refs, struct lwnpu_file, refs));
}

void lwnpu_file_put(struct lwnpu_file *file)
{
	kref_put(&file->refs, lwnpu_file_release);
}

u64 lwnpu_file_max_memory(void)
{
	return (u64)totalram_pages() << (PAGE_SHIFT - 1);
}

int lwnpu_file_charge(struct lwnpu_file *file, u64 size)
{
	if (atomic64_add_return(size, &file->memory) > lwnpu_file_max_memory()) {
		atomic64_sub(size, &file->memory);
		return -ENOSPC;
	}
	return 0;
}

ktime_t lwnpu_timeout(s64 timeout_ns)
{
	ktime_t now = ktime_get();

	if (timeout_ns == S64_MAX)
		return KTIME_MAX;
	return timeout_ns > now ? timeout_ns - now : 0;
}

long lwnpu_timeout_jiffies(ktime_t left)
{
	u64 jiffies;

	if (!left)
		return 0;
	jiffies = nsecs_to_jiffies64(left);
	return min_t(u64, jiffies, MAX_SCHEDULE_TIMEOUT - 2) + 1;
}

static int lwnpu_param(struct lwnpu_device *lwnpu, u32 param, u64 *value)
{
	switch (param) {
	case DRM_LWNPU_PARAM_OPS:
		*value = lwnpu->config.ops;
		return 0;
	case DRM_LWNPU_PARAM_CAPACITY:
		*value = lwnpu->config.capacity;
		return 0;
	case DRM_LWNPU_PARAM_MAX_OPS:
		*value = LWNPU_MAX_OPS;
		return 0;
	case DRM_LWNPU_PARAM_MAX_REGION_SIZE:
		*value = LWNPU_MAX_REGION_SIZE;
		return 0;
	case DRM_LWNPU_PARAM_MAX_WEIGHTS_SIZE:
		*value = LWNPU_MAX_WEIGHTS_SIZE;
		return 0;
	case DRM_LWNPU_PARAM_MAX_BO_SIZE:
		*value = LWNPU_MAX_BO_SIZE;
		return 0;
	case DRM_LWNPU_PARAM_MAX_MEMORY:
		*value = lwnpu_file_max_memory();
		return 0;
	case DRM_LWNPU_PARAM_MAX_PROGRAMS:
		*value = LWNPU_MAX_PROGRAMS;
		return 0;
	case DRM_LWNPU_PARAM_MAX_QUEUES:
		*value = LWNPU_MAX_QUEUES;
		return 0;
	case DRM_LWNPU_PARAM_MAX_QUEUE_JOBS:
		*value = LWNPU_MAX_QUEUE_JOBS;
		return 0;
	case DRM_LWNPU_PARAM_MAX_SUBMIT_JOBS:
		*value = LWNPU_MAX_SUBMIT_JOBS;
		return 0;
	case DRM_LWNPU_PARAM_MAX_SYNCS:
		*value = LWNPU_MAX_SYNCS;
		return 0;
	case DRM_LWNPU_PARAM_PRIORITIES:
		*value = lwnpu_queue_priorities();
		return 0;
	case DRM_LWNPU_PARAM_TIMEOUT_NS:
		*value = (u64)lwnpu_timeout_ms * NSEC_PER_MSEC;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

int lwnpu_ioctl_get_param(struct drm_device *drm, void *data,
			  struct drm_file *file_priv)
{
	struct drm_lwnpu_get_param *args = data;

	if (args->pad)
		return -EINVAL;
	return lwnpu_param(to_lwnpu(drm), args->param, &args->value);
}

int lwnpu_ioctl_get_engine(struct drm_device *drm, void *data,
			   struct drm_file *file_priv)
{
	struct drm_lwnpu_get_engine *args = data;
	const struct lwnpu_engine_config *config = &to_lwnpu(drm)->config;

	memcpy(args->name, config->name, sizeof(args->name));
	memcpy(args->description, config->description,
	       sizeof(args->description));
	return 0;
}
