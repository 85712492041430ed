/* SPDX-License-Identifier: MIT */
/*
 * The daemon's threads, on the reference engine, before a kernel made of files
 * in memory. What goes wrong here ends the test.
 */
#ifndef LWD_RIG_H
#define LWD_RIG_H

#include "../../userspace/lwnpud/work.h"
#include "ctl_kernel.h"

#define LWD_RIG_RING 16
#define LWD_RIG_MEMORY (64 << 20)
#define LWD_LUT_SIZE 256

/**
 * struct lwd_rig - a kernel, and the daemon's threads
 * @kernel: the kernel
 * @ctl: what the daemon has of it
 * @lanes: on ref
 * @n_lanes: how many
 * @work: under test
 */
struct lwd_rig {
	struct ctl_kernel *kernel;
	struct lwd_ctl ctl;
	struct lwd_lane lanes[LWD_MAX_LANES];
	uint32_t n_lanes;
	struct lwd_work work;
};

/* lwd_rig_open() - a kernel, and engines for programs of @memory bytes each */
void lwd_rig_open(struct lwd_rig *rig, uint32_t n_lanes, size_t memory);
void lwd_rig_close(struct lwd_rig *rig);

/* lwd_rig_start() - start a device and the threads */
void lwd_rig_start(struct lwd_rig *rig);
void lwd_rig_stop(struct lwd_rig *rig);

/* lwd_rig_expect() - wait for a job, which ends with @error */
void lwd_rig_expect(struct ctl_kernel *kernel, uint64_t job, int error);

/* lwd_lut_program() - a program that adds @add to LWD_LUT_SIZE bytes */
uint64_t lwd_lut_program(struct ctl_kernel *kernel, uint8_t add);

/* lwd_lut_job() - a job for it */
struct lwnpu_ctl_record lwd_lut_job(uint64_t program, uint64_t in,
				    uint64_t out);

/**
 * struct lwd_lut - a rig with a job that adds 1
 * @rig: open
 * @job: the job
 * @in: its input
 * @out: its output
 */
struct lwd_lut {
	struct lwd_rig rig;
	struct lwnpu_ctl_record job;
	uint8_t *in;
	uint8_t *out;
};

struct lwd_lut *lwd_lut_open(uint32_t n_lanes);
void lwd_lut_close(struct lwd_lut *lut);

/* lwd_lut_expect() - run the job, on 0, 1, 2, …; nothing must be harmed */
void lwd_lut_expect(struct lwd_lut *lut);

#endif /* LWD_RIG_H */
