// SPDX-License-Identifier: GPL-2.0-only
/* Buffers: shmem, shared by dma-buf both ways. */
#include <linux/dma-buf.h>
#include <linux/slab.h>
#include <drm/drm_prime.h>

#include "lwnpu_gem.h"

static void lwnpu_gem_free(struct drm_gem_object *obj)
{
	struct lwnpu_bo *bo = to_lwnpu_bo(obj);
	struct lwnpu_device *lwnpu = to_lwnpu(obj->dev);
	struct lwnpu_file *file = bo->file;
	size_t size = obj->size;

	spin_lock(&lwnpu->lock);
	list_del(&bo->forget);
	spin_unlock(&lwnpu->lock);
	if (bo->populated)
		drm_gem_shmem_unpin(&bo->base);
	drm_gem_shmem_free(&bo->base);
	if (file) {
		atomic64_sub(size, &file->memory);
		lwnpu_file_put(file);
	}
}

static int lwnpu_gem_open(struct drm_gem_object *obj,
			  struct drm_file *file_priv)
{
	lwnpu_bo_use(to_lwnpu_bo(obj));
	return 0;
}

static void lwnpu_gem_close(struct drm_gem_object *obj,
			    struct drm_file *file_priv)
{
	lwnpu_bo_unuse(to_lwnpu_bo(obj));
}

static enum drm_gem_object_status lwnpu_gem_status(struct drm_gem_object *obj)
{
	return to_drm_gem_shmem_obj(obj)->pages ? DRM_GEM_OBJECT_RESIDENT : 0;
}

static const struct drm_gem_object_funcs lwnpu_gem_funcs = {
	.free = lwnpu_gem_free,
	.open = lwnpu_gem_open,
	.close = lwnpu_gem_close,
	.print_info = drm_gem_shmem_object_print_info,
	.pin = drm_gem_shmem_object_pin,
	.unpin = drm_gem_shmem_object_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = drm_gem_shmem_object_mmap,
	.status = lwnpu_gem_status,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

struct drm_gem_object *lwnpu_gem_create_object(struct drm_device *drm,
					       size_t size)
{
	struct lwnpu_bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);

	if (!bo)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&bo->forget);
	bo->number = atomic64_inc_return(&to_lwnpu(drm)->next_number);
	bo->base.base.funcs = &lwnpu_gem_funcs;
	return &bo->base.base;
}

#ifndef LWNPU_HAVE_IMPORT_NO_MAP
/*
 * As drm_gem_prime_import(), without a mapping for DMA, which the importer has
 * no use for, and may not be able to make.
 */
struct drm_gem_object *lwnpu_gem_import(struct drm_device *drm,
					struct dma_buf *dma_buf)
{
	struct dma_buf_attachment *attach;
	struct drm_gem_object *obj;

	if (dma_buf->ops->mmap == drm_gem_dmabuf_mmap) {
		obj = dma_buf->priv;
		if (obj->dev == drm) {
			drm_gem_object_get(obj);
			return obj;
		}
	}

	attach = dma_buf_attach(dma_buf, drm->dev);
	if (IS_ERR(attach))
		return ERR_CAST(attach);
	get_dma_buf(dma_buf);

	obj = drm_gem_shmem_prime_import_sg_table(drm, attach, NULL);
	if (IS_ERR(obj)) {
		dma_buf_detach(dma_buf, attach);
		dma_buf_put(dma_buf);
		return obj;
	}
	obj->import_attach = attach;
	obj->resv = dma_buf->resv;
	return obj;
}
#else
struct drm_gem_object *lwnpu_gem_import(struct drm_device *drm,
					struct dma_buf *dma_buf)
{
	return drm_gem_shmem_prime_import_no_map(drm, dma_buf);
}
#endif

struct lwnpu_bo *lwnpu_bo_create(struct lwnpu_file *file, size_t size)
{
	struct drm_gem_shmem_object *shmem;
	struct lwnpu_bo *bo;
	int ret;

	ret = lwnpu_file_charge(file, size);
	if (ret)
		return ERR_PTR(ret);
	shmem = drm_gem_shmem_create(&file->lwnpu->drm, size);
	if (IS_ERR(shmem)) {
		atomic64_sub(size, &file->memory);
		return ERR_CAST(shmem);
	}
	bo = container_of(shmem, struct lwnpu_bo, base);
	bo->file = lwnpu_file_get(file);
	return bo;
}

void lwnpu_bo_put(struct lwnpu_bo *bo)
{
	drm_gem_object_put(lwnpu_bo_gem(bo));
}

void lwnpu_bo_use(struct lwnpu_bo *bo)
{
	atomic_inc(&bo->users);
}

void lwnpu_bo_unuse(struct lwnpu_bo *bo)
{
	struct lwnpu_device *lwnpu = to_lwnpu(lwnpu_bo_gem(bo)->dev);

	if (!atomic_dec_and_test(&bo->users))
		return;
	spin_lock(&lwnpu->lock);
	if (bo->given && !lwnpu->gone)
		lwnpu->engine->forget(lwnpu, bo);
	bo->given = false;
	spin_unlock(&lwnpu->lock);
}

int lwnpu_bo_populate(struct lwnpu_bo *bo)
{
	struct drm_gem_object *obj = lwnpu_bo_gem(bo);
	int ret;

	if (drm_gem_is_imported(obj) || READ_ONCE(bo->populated))
		return 0;
	ret = drm_gem_shmem_pin(&bo->base);
	if (ret)
		return ret;
	/* Somebody else was faster: one pin is enough. */
	if (cmpxchg(&bo->populated, false, true))
		drm_gem_shmem_unpin(&bo->base);
	return 0;
}

bool lwnpu_bo_is_writable(struct lwnpu_bo *bo)
{
	struct drm_gem_object *obj = lwnpu_bo_gem(bo);

	if (!drm_gem_is_imported(obj))
		return true;
	return obj->import_attach->dmabuf->file->f_mode & FMODE_WRITE;
}

int lwnpu_ioctl_bo_create(struct drm_device *drm, void *data,
			  struct drm_file *file_priv)
{
	struct drm_lwnpu_bo_create *args = data;
	struct lwnpu_bo *bo;
	int ret;

	if (args->flags)
		return -EOPNOTSUPP;
	if (!args->size || args->size > LWNPU_MAX_BO_SIZE ||
	    args->size > SIZE_MAX - PAGE_SIZE)
		return -EINVAL;

	bo = lwnpu_bo_create(file_priv->driver_priv, PAGE_ALIGN(args->size));
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file_priv, lwnpu_bo_gem(bo),
				    &args->handle);
	if (!ret)
		args->size = lwnpu_bo_gem(bo)->size;
	lwnpu_bo_put(bo);
	return ret;
}

int lwnpu_ioctl_bo_mmap_offset(struct drm_device *drm, void *data,
			       struct drm_file *file_priv)
{
	struct drm_lwnpu_bo_mmap_offset *args = data;
	struct drm_gem_object *obj;
	int ret = -EINVAL;

	if (args->flags)
		return -EOPNOTSUPP;
	obj = drm_gem_object_lookup(file_priv, args->handle);
	if (!obj)
		return -ENOENT;
	if (!drm_gem_is_imported(obj))
		ret = drm_gem_create_mmap_offset(obj);
	if (!ret)
		args->offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);
	return ret;
}

/* A tick that comes late ends a wait early, by the clock: there is a rest. */
static long lwnpu_bo_wait(struct drm_gem_object *obj, bool write,
			  s64 timeout_ns)
{
	ktime_t left;
	long ret;

	do {
		left = lwnpu_timeout(timeout_ns);
		ret = dma_resv_wait_timeout(obj->resv,
					    dma_resv_usage_rw(write), true,
					    lwnpu_timeout_jiffies(left));
	} while (!ret && left && lwnpu_timeout(timeout_ns));
	return ret;
}

int lwnpu_ioctl_bo_wait(struct drm_device *drm, void *data,
			struct drm_file *file_priv)
{
	struct drm_lwnpu_bo_wait *args = data;
	bool write = args->flags & DRM_LWNPU_BO_WAIT_WRITE;
	ktime_t left = lwnpu_timeout(args->timeout_ns);
	struct drm_gem_object *obj;
	long ret;

	if (args->flags & ~DRM_LWNPU_BO_WAIT_WRITE)
		return -EOPNOTSUPP;
	obj = drm_gem_object_lookup(file_priv, args->handle);
	if (!obj)
		return -ENOENT;
	ret = lwnpu_bo_wait(obj, write, args->timeout_ns);
	drm_gem_object_put(obj);
	if (!ret)
		return left ? -ETIMEDOUT : -EBUSY;
	return ret < 0 ? ret : 0;
}
