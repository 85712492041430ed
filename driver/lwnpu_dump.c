// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left of a hang: a device core dump with the guilty job and its
 * program. It holds no weights, and nothing of the buffers.
 */
#include <linux/devcoredump.h>
#include <linux/iosys-map.h>
#include <linux/list.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "lwnpu_dump.h"
#include "lwnpu_job.h"

#define LWNPU_DUMP_OPS 4096
#define LWNPU_DUMP_LINE 256
#define LWNPU_DUMP_HEAD 1024

void lwnpu_dump_note(struct lwnpu_device *lwnpu, struct lwnpu_job *job)
{
	struct lwnpu_hang *hang = &lwnpu->hang;

	lockdep_assert_held(&lwnpu->lock);
	if (hang->program)
		return;
	kref_get(&job->program->refs);
	hang->program = job->program;
	hang->job = job->number;
	hang->queue = job->queue->number;
	hang->begun_ns = ktime_to_ns(job->begun);
	hang->noted_ns = ktime_get_ns();
	hang->attempts = job->attempts;
	hang->running = list_count_nodes(&lwnpu->running);
	drm_dev_get(&lwnpu->drm);
	queue_work(lwnpu_wq, &hang->work);
}

static void lwnpu_dump_ops(struct drm_printer *p, struct lwnpu_program *program,
			   char *line)
{
	struct drm_gem_object *obj = lwnpu_bo_gem(program->bo);
	const struct lwnpu_op *ops;
	struct iosys_map map;
	u32 i;

	if (drm_gem_vmap(obj, &map))
		return;
	ops = map.vaddr;
	for (i = 0; i < min(program->n_ops, LWNPU_DUMP_OPS); i++) {
		lwnpu_disasm_op(&ops[i], line, LWNPU_DUMP_LINE);
		drm_printf(p, "%u: %s\n", i, line);
	}
	drm_gem_vunmap(obj, &map);
}

static void lwnpu_dump_regions(struct drm_printer *p,
			       const struct lwnpu_program *program)
{
	u32 i;

	for (i = 0; i < program->info.n_regions; i++) {
		const struct lwnpu_region_info *region =
			&program->info.region[i];

		if (region->direction != LWNPU_UNUSED)
			drm_printf(p, "region %u: %llu bytes, direction %u\n",
				   i, region->size, region->direction);
	}
}

static void lwnpu_dump_print(struct drm_printer *p, struct lwnpu_device *lwnpu,
			     char *line)
{
	const struct lwnpu_hang *hang = &lwnpu->hang;
	const struct lwnpu_program *program = hang->program;

	drm_printf(p, "lwnpu hang\n");
	drm_printf(p, "engine: %s, %s\n", lwnpu->config.name,
		   lwnpu->config.description);
	drm_printf(p, "job: %llu of queue %llu, attempt %u\n", hang->job,
		   hang->queue, hang->attempts);
	drm_printf(p, "begun: %llu ns, hung: %llu ns\n", hang->begun_ns,
		   hang->noted_ns);
	drm_printf(p, "other jobs of the engine: %u\n", hang->running);
	drm_printf(p, "program: %u operations, %llu bytes of weights\n",
		   program->n_ops, program->weights_size);
	lwnpu_dump_regions(p, program);
	lwnpu_dump_ops(p, hang->program, line);
}

static void lwnpu_dump_write(struct lwnpu_device *lwnpu)
{
	u32 n_ops = min(lwnpu->hang.program->n_ops, LWNPU_DUMP_OPS);
	size_t size = LWNPU_DUMP_HEAD + LWNPU_REGION_MAX * 64 +
		      (size_t)n_ops * LWNPU_DUMP_LINE;
	struct drm_print_iterator iterator = { .remain = size };
	struct drm_printer p;
	char *data, *line;

	/* The last line is where operations are put into words. */
	data = vzalloc(size + LWNPU_DUMP_LINE);
	if (!data)
		return;
	line = data + size;
	iterator.data = data;
	p = drm_coredump_printer(&iterator);
	lwnpu_dump_print(&p, lwnpu, line);
	/* It frees the data. */
	dev_coredumpv(lwnpu->drm.dev, data, size - iterator.remain, GFP_KERNEL);
}

/*
 * As drm_dev_wedged_event(), which not all kernels have, and which looks for the
 * primary node, that an accel device has not.
 */
static void lwnpu_dump_announce(struct lwnpu_device *lwnpu)
{
	char *events[] = { "WEDGED=none", NULL };
	int idx;

	if (!drm_dev_enter(&lwnpu->drm, &idx))
		return;
	kobject_uevent_env(&lwnpu->drm.accel->kdev->kobj, KOBJ_CHANGE, events);
	drm_dev_exit(idx);
}

static void lwnpu_dump_work(struct work_struct *work)
{
	struct lwnpu_device *lwnpu =
		container_of(work, struct lwnpu_device, hang.work);
	struct lwnpu_program *program = lwnpu->hang.program;

	drm_err(&lwnpu->drm, "job %llu hangs, the engine is reset\n",
		lwnpu->hang.job);
	lwnpu_dump_write(lwnpu);
	lwnpu_dump_announce(lwnpu);

	spin_lock(&lwnpu->lock);
	lwnpu->hang.program = NULL;
	spin_unlock(&lwnpu->lock);
	lwnpu_program_put(program);
	drm_dev_put(&lwnpu->drm);
}

void lwnpu_dump_init(struct lwnpu_device *lwnpu)
{
	INIT_WORK(&lwnpu->hang.work, lwnpu_dump_work);
}
