// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a daemon maps of buffers and programs. A dma-buf would be its own for
 * ever, whatever it does: so it gets files whose mappings can be taken away, when
 * it lets a job hang, or gives up the device. Faults go through here; what was
 * faulted in before is looked for in the daemon's address space, the only one
 * that may have any. (Mappings of imported buffers belong to their exporters,
 * among those of others: they cannot be found by the file.)
 */
#include <linux/anon_inodes.h>
#include <linux/dma-buf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <drm/drm_prime.h>

#include "lwnpu_gem.h"
#include "lwnpu_user.h"
#include "lwnpu_view.h"

/**
 * struct lwnpu_view - an open file
 * @views: of which daemon
 * @bo: what it shows
 * @writable: may it be written
 */
struct lwnpu_view {
	struct lwnpu_views *views;
	struct lwnpu_bo *bo;
	bool writable;
};

/**
 * struct lwnpu_view_map - a mapping, and the parts that it is split into
 * @refs: the parts
 * @filp: the file, which holds the module, too
 * @views: of which daemon
 * @inner: operations of who has the memory
 * @ops: those that the mapping has
 */
struct lwnpu_view_map {
	struct kref refs;
	struct file *filp;
	struct lwnpu_views *views;
	const struct vm_operations_struct *inner;
	struct vm_operations_struct ops;
};

/* Held by faults between their look at @revoked and their end. */
DEFINE_STATIC_SRCU(lwnpu_view_srcu);

static struct lwnpu_view_map *to_lwnpu_view_map(struct vm_area_struct *vma)
{
	return container_of(vma->vm_ops, struct lwnpu_view_map, ops);
}

static void lwnpu_view_vm_open(struct vm_area_struct *vma)
{
	struct lwnpu_view_map *map = to_lwnpu_view_map(vma);

	kref_get(&map->refs);
	if (map->inner->open)
		map->inner->open(vma);
}

static void lwnpu_view_map_release(struct kref *refs)
{
	struct lwnpu_view_map *map =
		container_of(refs, struct lwnpu_view_map, refs);

	fput(map->filp);
	kfree(map);
}

static void lwnpu_view_vm_close(struct vm_area_struct *vma)
{
	struct lwnpu_view_map *map = to_lwnpu_view_map(vma);

	if (map->inner->close)
		map->inner->close(vma);
	kref_put(&map->refs, lwnpu_view_map_release);
}

static vm_fault_t lwnpu_view_vm_fault(struct vm_fault *vmf)
{
	struct lwnpu_view_map *map = to_lwnpu_view_map(vmf->vma);
	vm_fault_t ret = VM_FAULT_SIGBUS;
	int idx;

	idx = srcu_read_lock(&lwnpu_view_srcu);
	if (!READ_ONCE(map->views->revoked) && map->inner->fault)
		ret = map->inner->fault(vmf);
	srcu_read_unlock(&lwnpu_view_srcu, idx);
	return ret;
}

static int lwnpu_view_map_inner(struct lwnpu_bo *bo, struct vm_area_struct *vma)
{
	struct drm_gem_object *obj = lwnpu_bo_gem(bo);
	int ret;

	if (drm_gem_is_imported(obj))
		ret = dma_buf_mmap(obj->import_attach->dmabuf, vma, 0);
	else
		ret = drm_gem_prime_mmap(obj, vma);
	if (ret)
		return ret;
	/* Only such mappings have pages that nobody else counts. */
	if (vma->vm_ops && vma->vm_flags & VM_PFNMAP)
		return 0;
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	return -EOPNOTSUPP;
}

static int lwnpu_view_check(const struct lwnpu_view *view,
			    struct vm_area_struct *vma)
{
	u64 size = (u64)vma_pages(vma) << PAGE_SHIFT;

	if (READ_ONCE(view->views->revoked))
		return -ESHUTDOWN;
	if (vma->vm_mm != view->views->mm)
		return -EACCES;
	if (vma->vm_flags & VM_WRITE && !view->writable)
		return -EACCES;
	if (vma->vm_pgoff || !(vma->vm_flags & VM_MAYSHARE) ||
	    size > lwnpu_bo_gem(view->bo)->size)
		return -EINVAL;
	return 0;
}

static int lwnpu_view_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct lwnpu_view *view = filp->private_data;
	struct lwnpu_view_map *map;
	int ret;

	ret = lwnpu_view_check(view, vma);
	if (ret)
		return ret;
	map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	if (!map)
		return -ENOMEM;
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND);
	if (!view->writable)
		vm_flags_clear(vma, VM_MAYWRITE);
	ret = lwnpu_view_map_inner(view->bo, vma);
	if (ret) {
		kfree(map);
		return ret;
	}
	kref_init(&map->refs);
	map->filp = get_file(filp);
	map->views = view->views;
	map->inner = vma->vm_ops;
	map->ops = *map->inner;
	map->ops.open = lwnpu_view_vm_open;
	map->ops.close = lwnpu_view_vm_close;
	map->ops.fault = lwnpu_view_vm_fault;
	/* Ways around the former. */
	map->ops.huge_fault = NULL;
	map->ops.map_pages = NULL;
	map->ops.access = NULL;
	vma->vm_ops = &map->ops;
	return 0;
}

static int lwnpu_view_release(struct inode *inode, struct file *filp)
{
	struct lwnpu_view *view = filp->private_data;

	lwnpu_bo_put(view->bo);
	lwnpu_views_put(view->views);
	kfree(view);
	return 0;
}

static const struct file_operations lwnpu_view_fops = {
	.owner = THIS_MODULE,
	.mmap = lwnpu_view_mmap,
	.release = lwnpu_view_release,
	.llseek = noop_llseek,
};

struct file *lwnpu_view_create(struct lwnpu_views *views, struct lwnpu_bo *bo,
			       bool writable)
{
	struct lwnpu_view *view = kzalloc(sizeof(*view), GFP_KERNEL_ACCOUNT);
	struct file *filp;

	if (!view)
		return ERR_PTR(-ENOMEM);
	view->views = views;
	view->bo = bo;
	view->writable = writable;
	filp = anon_inode_getfile("[lwnpu-view]", &lwnpu_view_fops, view,
				  writable ? O_RDWR : O_RDONLY);
	if (IS_ERR(filp)) {
		kfree(view);
		return filp;
	}
	kref_get(&views->refs);
	drm_gem_object_get(lwnpu_bo_gem(bo));
	return filp;
}

static void lwnpu_views_zap(struct lwnpu_views *views)
{
	VMA_ITERATOR(vmi, views->mm, 0);
	struct vm_area_struct *vma;

	mmap_read_lock(views->mm);
	for_each_vma(vmi, vma)
		if (vma->vm_ops && vma->vm_ops->close == lwnpu_view_vm_close &&
		    to_lwnpu_view_map(vma)->views == views)
			lwnpu_zap_vma(vma, vma->vm_start,
				      vma->vm_end - vma->vm_start);
	mmap_read_unlock(views->mm);
}

static void lwnpu_views_work(struct work_struct *work)
{
	struct lwnpu_views *views =
		container_of(work, struct lwnpu_views, work);

	synchronize_srcu_expedited(&lwnpu_view_srcu);
	if (mmget_not_zero(views->mm)) {
		lwnpu_views_zap(views);
		mmput(views->mm);
	}
	lwnpu_user_disown(views);
	lwnpu_views_put(views);
}

void lwnpu_views_revoke(struct lwnpu_views *views)
{
	lockdep_assert_held(&views->lwnpu->lock);
	if (views->revoked)
		return;
	WRITE_ONCE(views->revoked, true);
	kref_get(&views->refs);
	queue_work(lwnpu_wq, &views->work);
}

void lwnpu_views_sync(void)
{
	flush_workqueue(lwnpu_wq);
}

struct lwnpu_views *lwnpu_views_create(void)
{
	struct lwnpu_views *views = kzalloc(sizeof(*views), GFP_KERNEL_ACCOUNT);

	if (!views)
		return NULL;
	kref_init(&views->refs);
	INIT_WORK(&views->work, lwnpu_views_work);
	views->mm = current->mm;
	mmgrab(views->mm);
	return views;
}

static void lwnpu_views_release(struct kref *refs)
{
	struct lwnpu_views *views =
		container_of(refs, struct lwnpu_views, refs);

	mmdrop(views->mm);
	if (views->lwnpu)
		drm_dev_put(&views->lwnpu->drm);
	kfree(views);
}

void lwnpu_views_put(struct lwnpu_views *views)
{
	kref_put(&views->refs, lwnpu_views_release);
}
