// SPDX-License-Identifier: GPL-2.0-only
/* Queues, and what is known of their jobs. */
#include <linux/capability.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "lwnpu_dispatch.h"
#include "lwnpu_queue.h"

static const enum drm_sched_priority lwnpu_sched_priority[] = {
	[DRM_LWNPU_PRIORITY_LOW] = DRM_SCHED_PRIORITY_LOW,
	[DRM_LWNPU_PRIORITY_NORMAL] = DRM_SCHED_PRIORITY_NORMAL,
	[DRM_LWNPU_PRIORITY_HIGH] = DRM_SCHED_PRIORITY_HIGH,
};

static void lwnpu_queue_release(struct kref *refs)
{
	struct lwnpu_queue *queue =
		container_of(refs, struct lwnpu_queue, refs);

	mutex_destroy(&queue->submit_mutex);
	lwnpu_file_put(queue->file);
	kvfree(queue);
}

void lwnpu_queue_get(struct lwnpu_queue *queue)
{
	kref_get(&queue->refs);
}

void lwnpu_queue_put(struct lwnpu_queue *queue)
{
	kref_put(&queue->refs, lwnpu_queue_release);
}

struct lwnpu_queue *lwnpu_queue_find(struct lwnpu_file *file, u32 handle)
{
	struct lwnpu_queue *queue;

	xa_lock(&file->queues);
	queue = xa_load(&file->queues, handle);
	if (queue)
		kref_get(&queue->refs);
	xa_unlock(&file->queues);
	return queue;
}

static struct lwnpu_record *lwnpu_queue_record(struct lwnpu_queue *queue,
					       u64 id)
{
	return &queue->records[id % LWNPU_MAX_QUEUE_JOBS];
}

u64 lwnpu_queue_expect(struct lwnpu_queue *queue, struct dma_fence *fence)
{
	u64 id = ++queue->submitted;
	struct lwnpu_record *record = lwnpu_queue_record(queue, id);

	spin_lock(&queue->lock);
	memset(record, 0, sizeof(*record));
	record->id = id;
	record->fence = dma_fence_get(fence);
	record->completion.submit_ns = ktime_get_ns();
	spin_unlock(&queue->lock);
	return id;
}

u64 lwnpu_queue_job(struct lwnpu_queue *queue, const struct dma_fence *fence)
{
	/* The scheduler counts in 32 bits. */
	u32 behind = (u32)queue->submitted - (u32)fence->seqno;

	if (fence->context != queue->entity.fence_context + 1)
		return 0;
	return queue->submitted - behind;
}

u64 lwnpu_queue_completed(struct lwnpu_queue *queue)
{
	u64 completed;

	spin_lock(&queue->lock);
	completed = queue->completed;
	spin_unlock(&queue->lock);
	return completed;
}

/* Tell of the next job; &lwnpu_queue.lock is released meanwhile. */
static void lwnpu_queue_complete_next(struct lwnpu_queue *queue,
				      struct lwnpu_record *record)
	__releases(&queue->lock) __acquires(&queue->lock)
{
	const struct drm_lwnpu_completion *completion = &record->completion;

	spin_unlock(&queue->lock);
	if (completion->error)
		dma_fence_set_error(record->fence, completion->error);
	dma_fence_signal(record->fence);
	spin_lock(&queue->lock);
	dma_fence_put(record->fence);
	record->fence = NULL;
	queue->completed++;
	queue->failed += completion->status != DRM_LWNPU_JOB_DONE;
}

static void lwnpu_queue_complete_all(struct lwnpu_queue *queue)
{
	struct lwnpu_record *record;

	queue->completing = true;
	for (;;) {
		record = lwnpu_queue_record(queue, queue->completed + 1);
		if (record->id != queue->completed + 1 ||
		    record->completion.status == DRM_LWNPU_JOB_PENDING)
			break;
		lwnpu_queue_complete_next(queue, record);
	}
	queue->completing = false;
}

void lwnpu_queue_complete(struct lwnpu_queue *queue, u64 id,
			  const struct drm_lwnpu_completion *completion)
{
	struct lwnpu_record *record = lwnpu_queue_record(queue, id);
	u64 submit_ns;

	spin_lock(&queue->lock);
	submit_ns = record->completion.submit_ns;
	record->completion = *completion;
	record->completion.submit_ns = submit_ns;
	if (!queue->completing)
		lwnpu_queue_complete_all(queue);
	spin_unlock(&queue->lock);
	wake_up_all(&queue->wait);
}

u32 lwnpu_queue_room(struct lwnpu_queue *queue)
{
	return LWNPU_MAX_QUEUE_JOBS -
	       (queue->submitted - lwnpu_queue_completed(queue));
}

u32 lwnpu_queue_priorities(void)
{
	u32 set = BIT(DRM_LWNPU_PRIORITY_LOW) | BIT(DRM_LWNPU_PRIORITY_NORMAL);

	if (capable(CAP_SYS_NICE))
		set |= BIT(DRM_LWNPU_PRIORITY_HIGH);
	return set;
}

struct lwnpu_queue *lwnpu_queue_create(struct lwnpu_file *file, u32 priority,
				       u32 flags)
{
	struct drm_gpu_scheduler *sched = &file->lwnpu->sched;
	struct lwnpu_queue *queue;
	int ret;

	queue = kvzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	kref_init(&queue->refs);
	mutex_init(&queue->submit_mutex);
	spin_lock_init(&queue->lock);
	init_waitqueue_head(&queue->wait);
	INIT_LIST_HEAD(&queue->held);
	INIT_LIST_HEAD(&queue->holding);
	queue->priority = priority;
	queue->parallel = flags & DRM_LWNPU_QUEUE_PARALLEL;
	queue->number = atomic64_inc_return(&file->lwnpu->next_number);
	queue->fence_context = dma_fence_context_alloc(1);
	ret = drm_sched_entity_init(&queue->entity,
				    lwnpu_sched_priority[priority], &sched, 1,
				    NULL);
	if (ret) {
		kvfree(queue);
		return ERR_PTR(ret);
	}
	queue->file = lwnpu_file_get(file);
	return queue;
}

/*
 * The scheduler, when it takes a job off an entity, sorts the entity among the
 * others again, removed or not. So none is taken meanwhile. (Seen on 6.12: its
 * tree of entities corrupted, by one that was freed.)
 */
static void lwnpu_queue_remove_entity(struct lwnpu_queue *queue)
{
	struct lwnpu_device *lwnpu = queue->file->lwnpu;
	bool cookie;

	mutex_lock(&lwnpu->sched_mutex);
	drm_sched_wqueue_stop(&lwnpu->sched);
	/* All jobs wait for this. */
	cookie = dma_fence_begin_signalling();
	/* Not drm_sched_entity_destroy(): that waits for all to have started. */
	drm_sched_entity_fini(&queue->entity);
	drm_sched_wqueue_start(&lwnpu->sched);
	dma_fence_end_signalling(cookie);
	mutex_unlock(&lwnpu->sched_mutex);
}

void lwnpu_queue_destroy(struct lwnpu_queue *queue)
{
	struct lwnpu_device *lwnpu = queue->file->lwnpu;
	LIST_HEAD(canceled);

	mutex_lock(&queue->submit_mutex);
	WRITE_ONCE(queue->dead, true);
	mutex_unlock(&queue->submit_mutex);
	lwnpu_queue_remove_entity(queue);
	spin_lock(&lwnpu->lock);
	lwnpu_dispatch_claim_queue(queue, 0, &canceled);
	spin_unlock(&lwnpu->lock);
	lwnpu_job_fail_list(&canceled, DRM_LWNPU_JOB_CANCELED);
	wake_up_all(&queue->wait);
	lwnpu_queue_put(queue);
}

void lwnpu_queues_close(struct lwnpu_file *file)
{
	struct lwnpu_queue *queue;
	unsigned long handle;

	/* So that none waits for the jobs of another. */
	xa_for_each(&file->queues, handle, queue)
		WRITE_ONCE(queue->dead, true);
	xa_for_each(&file->queues, handle, queue)
		lwnpu_queue_destroy(queue);
	xa_destroy(&file->queues);
}

int lwnpu_ioctl_queue_create(struct drm_device *drm, void *data,
			     struct drm_file *file_priv)
{
	struct drm_lwnpu_queue_create *args = data;
	struct lwnpu_file *file = file_priv->driver_priv;
	struct lwnpu_queue *queue;
	u32 priority = args->priority;
	int ret;

	if (args->pad)
		return -EINVAL;
	if (args->flags & ~DRM_LWNPU_QUEUE_PARALLEL ||
	    priority >= ARRAY_SIZE(lwnpu_sched_priority))
		return -EOPNOTSUPP;
	if (!(lwnpu_queue_priorities() & BIT(priority)))
		return -EACCES;
	priority = array_index_nospec(priority,
				      ARRAY_SIZE(lwnpu_sched_priority));
	if (atomic_inc_return(&file->n_queues) > LWNPU_MAX_QUEUES) {
		ret = -ENOSPC;
		goto uncount;
	}

	queue = lwnpu_queue_create(file, priority, args->flags);
	if (IS_ERR(queue)) {
		ret = PTR_ERR(queue);
		goto uncount;
	}
	ret = xa_alloc(&file->queues, &args->handle, queue, LWNPU_HANDLES,
		       GFP_KERNEL);
	if (ret) {
		lwnpu_queue_destroy(queue);
		goto uncount;
	}
	return 0;

uncount:
	atomic_dec(&file->n_queues);
	return ret;
}

int lwnpu_ioctl_queue_destroy(struct drm_device *drm, void *data,
			      struct drm_file *file_priv)
{
	struct drm_lwnpu_queue_destroy *args = data;
	struct lwnpu_file *file = file_priv->driver_priv;
	struct lwnpu_queue *queue;

	if (args->pad)
		return -EINVAL;
	queue = xa_erase(&file->queues, args->handle);
	if (!queue)
		return -ENOENT;
	atomic_dec(&file->n_queues);
	lwnpu_queue_destroy(queue);
	return 0;
}

int lwnpu_ioctl_queue_get_state(struct drm_device *drm, void *data,
				struct drm_file *file_priv)
{
	struct drm_lwnpu_queue_get_state *args = data;
	struct lwnpu_queue *queue;

	queue = lwnpu_queue_find(file_priv->driver_priv, args->handle);
	if (!queue)
		return -ENOENT;
	mutex_lock(&queue->submit_mutex);
	args->submitted = queue->submitted;
	mutex_unlock(&queue->submit_mutex);
	args->state = READ_ONCE(queue->state);
	spin_lock(&queue->lock);
	args->completed = queue->completed;
	args->failed = queue->failed;
	spin_unlock(&queue->lock);
	lwnpu_queue_put(queue);
	return 0;
}

/* Return: 0; -EBUSY: not yet; -ENOENT: there is no record. */
static int lwnpu_queue_read(struct lwnpu_queue *queue, u64 id,
			    struct drm_lwnpu_completion *completion)
{
	struct lwnpu_record *record = lwnpu_queue_record(queue, id);
	int ret = 0;

	spin_lock(&queue->lock);
	if (!id || record->id != id)
		ret = -ENOENT;
	else if (id > queue->completed)
		ret = -EBUSY;
	else
		*completion = record->completion;
	spin_unlock(&queue->lock);
	return ret;
}

int lwnpu_queue_wait(struct lwnpu_queue *queue, u64 id, ktime_t left,
		     struct drm_lwnpu_completion *completion)
{
	int ret = lwnpu_queue_read(queue, id, completion);
	int err;

	if (ret != -EBUSY || !left)
		return ret;
	err = wait_event_interruptible_hrtimeout(queue->wait, ({
			ret = lwnpu_queue_read(queue, id, completion);
			ret != -EBUSY;
		}), left);
	if (ret != -EBUSY)
		return ret;
	return err == -ETIME ? -ETIMEDOUT : err;
}

int lwnpu_ioctl_wait_job(struct drm_device *drm, void *data,
			 struct drm_file *file_priv)
{
	struct drm_lwnpu_wait_job *args = data;
	ktime_t left = lwnpu_timeout(args->timeout_ns);
	struct lwnpu_queue *queue;
	int ret;

	if (args->flags)
		return -EOPNOTSUPP;
	queue = lwnpu_queue_find(file_priv->driver_priv, args->queue);
	if (!queue)
		return -ENOENT;
	ret = lwnpu_queue_wait(queue, args->job, left, &args->completion);
	lwnpu_queue_put(queue);
	return ret;
}
