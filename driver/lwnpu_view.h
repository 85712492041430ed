/* SPDX-License-Identifier: GPL-2.0-only */
/* What a daemon maps of buffers and programs, until it is cut off. */
#ifndef LWNPU_VIEW_H
#define LWNPU_VIEW_H

#include <linux/kref.h>
#include <linux/workqueue.h>

struct file;
struct lwnpu_bo;
struct lwnpu_device;
struct mm_struct;

/**
 * struct lwnpu_views - all that one daemon maps
 * @refs: of its open control file, its files and mappings, and of @work
 * @lwnpu: device, with a reference
 * @mm: of the daemon, with a reference; nobody else maps anything
 * @revoked: nothing can be reached any more
 * @work: takes mappings away that are there
 */
struct lwnpu_views {
	struct kref refs;
	struct lwnpu_device *lwnpu;
	struct mm_struct *mm;
	bool revoked;
	struct work_struct work;
};

/**
 * lwnpu_views_create() - for the current process
 *
 * Return: the views with a reference, without a device yet, or NULL.
 */
struct lwnpu_views *lwnpu_views_create(void);
void lwnpu_views_put(struct lwnpu_views *views);

/**
 * lwnpu_views_revoke() - let nobody reach the buffers through them
 * @views: of a daemon that has no device any more; &lwnpu_device.lock is held
 *
 * Soon afterwards &lwnpu_user.owner is theirs no more. Nothing happens the
 * second time.
 */
void lwnpu_views_revoke(struct lwnpu_views *views);

/**
 * lwnpu_views_sync() - wait for all that are being revoked
 */
void lwnpu_views_sync(void);

/**
 * lwnpu_view_create() - a file that the daemon can map
 * @views: of the daemon
 * @bo: what it shows
 * @writable: or is it only read
 *
 * Return: the file, or an error pointer.
 */
struct file *lwnpu_view_create(struct lwnpu_views *views, struct lwnpu_bo *bo,
			       bool writable);

#endif /* LWNPU_VIEW_H */
