// SPDX-License-Identifier: GPL-2.0-only
/* debugfs: what the device is doing. */
#include <linux/seq_file.h>
#include <drm/drm_debugfs.h>

#include "lwnpu_job.h"

static const char * const lwnpu_status_names[] = {
	[DRM_LWNPU_JOB_DONE] = "done",
	[DRM_LWNPU_JOB_FAILED] = "failed",
	[DRM_LWNPU_JOB_HUNG] = "hung",
	[DRM_LWNPU_JOB_LATE] = "late",
	[DRM_LWNPU_JOB_CANCELED] = "canceled",
	[DRM_LWNPU_JOB_LOST] = "lost",
};

static u32 lwnpu_debugfs_ready(struct lwnpu_device *lwnpu)
{
	struct lwnpu_job *job;
	u32 i, n = 0;

	for (i = 0; i < ARRAY_SIZE(lwnpu->ready); i++)
		list_for_each_entry(job, &lwnpu->ready[i], node)
			n++;
	return n;
}

static int lwnpu_debugfs_state(struct seq_file *m, void *unused)
{
	struct drm_debugfs_entry *entry = m->private;
	struct lwnpu_device *lwnpu = to_lwnpu(entry->dev);
	struct lwnpu_job *job;
	u32 i;

	seq_printf(m, "engine: %s, %s\n", lwnpu->config.name,
		   lwnpu->config.description);
	seq_printf(m, "capacity: %u, depth %u\n", lwnpu->config.capacity,
		   lwnpu->config.depth);
	seq_printf(m, "away: %d\n", lwnpu->engine->is_away(lwnpu));
	spin_lock(&lwnpu->lock);
	for (i = DRM_LWNPU_JOB_DONE; i < ARRAY_SIZE(lwnpu_status_names); i++)
		seq_printf(m, "%s: %llu\n", lwnpu_status_names[i],
			   lwnpu->counters.jobs[i]);
	seq_printf(m, "resets: %llu\n", lwnpu->counters.resets);
	seq_printf(m, "ready: %u\n", lwnpu_debugfs_ready(lwnpu));
	list_for_each_entry(job, &lwnpu->running, node)
		seq_printf(m,
			   "job %llu: queue %llu, given %lld, begun %lld, attempts %u\n",
			   job->number, job->queue->number,
			   ktime_to_ns(job->given), ktime_to_ns(job->begun),
			   job->attempts);
	spin_unlock(&lwnpu->lock);
	return 0;
}

void lwnpu_debugfs_init(struct lwnpu_device *lwnpu)
{
	drm_debugfs_add_file(&lwnpu->drm, "state", lwnpu_debugfs_state, NULL);
}
