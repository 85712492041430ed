/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels differ; LWNPU_HAVE_... come from lwnpu_config.h, which the script
 * "probe" makes by compiling against the headers at hand.
 */
#ifndef LWNPU_COMPAT_H
#define LWNPU_COMPAT_H

#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/gpu_scheduler.h>

#include "lwnpu_config.h"

#ifndef LWNPU_HAVE_SCHED_INIT_ARGS
struct drm_sched_init_args {
	const struct drm_sched_backend_ops *ops;
	struct workqueue_struct *submit_wq;
	struct workqueue_struct *timeout_wq;
	u32 num_rqs;
	u32 credit_limit;
	unsigned int hang_limit;
	long timeout;
	atomic_t *score;
	const char *name;
	struct device *dev;
};

static inline int lwnpu_sched_init(struct drm_gpu_scheduler *sched,
				   const struct drm_sched_init_args *args)
{
	return drm_sched_init(sched, args->ops, args->submit_wq, args->num_rqs,
			      args->credit_limit, args->hang_limit,
			      args->timeout, args->timeout_wq, args->score,
			      args->name, args->dev);
}
#else
#define lwnpu_sched_init drm_sched_init
#endif

#ifdef LWNPU_HAVE_SCHED_CLIENT_ID
#define lwnpu_sched_job_init(job, entity, owner, client_id) \
	drm_sched_job_init(job, entity, 1, owner, client_id)
#else
#define lwnpu_sched_job_init(job, entity, owner, client_id) \
	((void)(client_id), drm_sched_job_init(job, entity, 1, owner))
#endif

#ifndef LWNPU_HAVE_GEM_VMAP
#define drm_gem_vmap drm_gem_vmap_unlocked
#define drm_gem_vunmap drm_gem_vunmap_unlocked
#endif

#ifdef LWNPU_HAVE_ZAP_SPECIAL
#define lwnpu_zap_vma zap_special_vma_range
#else
#define lwnpu_zap_vma zap_vma_ptes
#endif

#ifdef LWNPU_HAVE_IMPORT_NS_IDENTIFIER
#define LWNPU_DMA_BUF_NS DMA_BUF
#else
#define LWNPU_DMA_BUF_NS "DMA_BUF"
#endif

#endif /* LWNPU_COMPAT_H */
