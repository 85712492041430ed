/* SPDX-License-Identifier: GPL-2.0-only */
/* What is left of a hang: a device core dump. */
#ifndef LWNPU_DUMP_H
#define LWNPU_DUMP_H

#include <linux/sched.h>
#include <linux/workqueue.h>

struct lwnpu_device;
struct lwnpu_job;
struct lwnpu_program;

/**
 * struct lwnpu_hang - a hang, noted where nothing can be allocated
 * @work: writes it down
 * @program: of the guilty job; NULL when there is nothing to be written
 * @job: number of the guilty job in the device
 * @queue: number of its queue
 * @begun_ns: when the engine began with it
 * @noted_ns: when it was found to hang
 * @attempts: how often the engine got it
 * @running: jobs that the engine had besides
 */
struct lwnpu_hang {
	struct work_struct work;
	struct lwnpu_program *program;
	u64 job;
	u64 queue;
	u64 begun_ns;
	u64 noted_ns;
	u32 attempts;
	u32 running;
};

void lwnpu_dump_init(struct lwnpu_device *lwnpu);

/**
 * lwnpu_dump_note() - remember a hang, and write it down soon
 * @lwnpu: device; &lwnpu_device.lock is held
 * @job: the guilty job
 *
 * A hang before the last was written down is only counted.
 */
void lwnpu_dump_note(struct lwnpu_device *lwnpu, struct lwnpu_job *job);

#endif /* LWNPU_DUMP_H */
