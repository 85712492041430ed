/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * lwnpu: /dev/lwnpu-ctl, for the daemon that is the engine of a device.
 *
 * The daemon opens the file, STARTs a device (an accel node appears, or one
 * whose daemon died is taken over), maps two rings, and calls RUN in a loop: one
 * call completes any number of jobs and brings any number of new ones. Buffers
 * and programs are dma-bufs, given for jobs in flight only, and named by
 * numbers that are never used twice, so that the daemon may keep them mapped.
 *
 * Nothing here can stop an application's fence: every job has a deadline in
 * the kernel. When it passes, the job fails and the daemon is cut off: every
 * ioctl gives ESHUTDOWN from then on, and a successor is waited for.
 *
 * The life of a device:
 *   closing the file, or death     jobs in flight are given to the successor
 *                                  again, at most max_attempts times; if none
 *                                  comes within recovery_ms, jobs fail with
 *                                  DRM_LWNPU_JOB_LOST, and new ones are refused
 *                                  with ENODEV until one comes
 *   STOP                           the node goes away, jobs fail with
 *                                  DRM_LWNPU_JOB_LOST
 *
 * Errors:
 *   ENOTTY     no such ioctl
 *   EINVAL     a value is out of range, reserved bytes are not zero, or a ring
 *              index is not one that can be
 *   EBUSY      START: this file has a device, or all devices have daemons and
 *              no more may be made
 *   EAGAIN     START: the daemon of such a device was cut off, and has not closed
 *              its file: it may still write the buffers of its jobs
 *   EPROTONOSUPPORT START: @version is not one that the kernel speaks
 *   ENOTCONN   not STARTed
 *   ESHUTDOWN  cut off, see above: close the file
 *   ENODEV     the device is gone: STOP, or removed by the administrator
 *   ENOENT     no such job in flight, or it has no such buffer
 *   ETIMEDOUT  RUN: no new job by then
 *   EFAULT, ENOMEM, EMFILE, EINTR
 *
 * The driver does not trust the daemon further than this: completions are
 * checked against the jobs in flight, and read once. An ioctl may be called by
 * several threads; the rings are then theirs to share.
 */
#ifndef _UAPI_LWNPU_CTL_H
#define _UAPI_LWNPU_CTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#if defined(__cplusplus)
extern "C" {
#endif

#define LWNPU_CTL_VERSION 1

/* Offsets for mmap(). Job records are mapped read-only. */
#define LWNPU_CTL_MAP_RECORDS 0x00000000
#define LWNPU_CTL_MAP_COMPLETIONS 0x10000000

#define LWNPU_CTL_MAX_CAPACITY 64
/* Regions that a job can bind: all but weights and arena. */
#define LWNPU_CTL_MAX_BINDINGS 32

/**
 * struct lwnpu_ctl_start - LWNPU_CTL_START: become the engine of a device
 * @version: LWNPU_CTL_VERSION
 * @flags: zero
 * @ops: set of operations: bit n is the one numbered n
 * @capacity: jobs wanted at once, 1…LWNPU_CTL_MAX_CAPACITY; out: what the
 *	device has, which a successor cannot change
 * @ring_size: out: entries of each ring, a power of two
 * @name: kind of engine, "opencl"; terminated
 * @description: the device behind it; terminated
 * @minor: out: N of /dev/accel/accelN
 * @taken_over: out: 1 if the device had a daemon before
 *
 * A device without a daemon is taken over if @name is its name and @ops has
 * all its operations.
 */
struct lwnpu_ctl_start {
	__u32 version;
	__u32 flags;
	__u64 ops;
	__u32 capacity;
	__u32 ring_size;
	__u8 name[32];
	__u8 description[96];
	__u32 minor;
	__u32 taken_over;
};

/**
 * struct lwnpu_ctl_binding - a buffer of a job
 * @buffer: its number, for GET_BUFFER
 * @offset: of the region in it
 * @size: bytes of the region
 * @region: enum lwnpu_region
 * @direction: enum lwnpu_direction: 1 is only read, 2 only written
 */
struct lwnpu_ctl_binding {
	__u64 buffer;
	__u64 offset;
	__u64 size;
	__u32 region;
	__u32 direction;
};

/**
 * enum lwnpu_ctl_record_type - what a record says
 * @LWNPU_CTL_JOB: run a job; all fields are set
 * @LWNPU_CTL_FORGET_BUFFER: applications are done with the buffer that @id
 *	names: once no job in flight uses it, close and unmap it. If it is seen
 *	again, get it again
 * @LWNPU_CTL_FORGET_PROGRAM: the same for the program that @id names
 *
 * Records of other types are to be ignored.
 */
enum lwnpu_ctl_record_type {
	LWNPU_CTL_JOB = 1,
	LWNPU_CTL_FORGET_BUFFER = 2,
	LWNPU_CTL_FORGET_PROGRAM = 3,
};

/**
 * struct lwnpu_ctl_record - an entry of the ring of records
 * @type: enum lwnpu_ctl_record_type
 * @n_bindings: of @binding
 * @id: number of the job, or of what is to be forgotten
 * @program: number, for GET_PROGRAM
 * @queue: number; at most one job of a queue is in flight
 * @priority: enum drm_lwnpu_priority
 * @attempt: 1, 2, … : how often this job was given
 * @deadline_ns: CLOCK_MONOTONIC; start it before, or complete it with -ETIME
 * @reserved: zero
 * @binding: @n_bindings of them
 */
struct lwnpu_ctl_record {
	__u32 type;
	__u32 n_bindings;
	__u64 id;
	__u64 program;
	__u64 queue;
	__u32 priority;
	__u32 attempt;
	__s64 deadline_ns;
	__u64 reserved[2];
	struct lwnpu_ctl_binding binding[LWNPU_CTL_MAX_BINDINGS];
};

/**
 * struct lwnpu_ctl_records - the ring of records, mapped read-only
 * @head: records written so far, modulo 2^32; load it with acquire order
 * @reserved: zero
 * @record: entry n is record[n % ring_size]
 */
struct lwnpu_ctl_records {
	__u32 head;
	__u32 reserved[15];
	struct lwnpu_ctl_record record[];
};

/**
 * struct lwnpu_ctl_completion - an entry of the ring of completions, which
 *	starts at offset 0 of its mapping
 * @id: of the job
 * @error: 0, or a negative errno value
 * @op: index of the operation that failed, or 0xffffffff
 * @start_ns: CLOCK_MONOTONIC; the kernel uses its own if it cannot be true
 * @end_ns: the same
 * @cycles: the engine's own count, or 0
 * @reserved: zero
 */
struct lwnpu_ctl_completion {
	__u64 id;
	__s32 error;
	__u32 op;
	__u64 start_ns;
	__u64 end_ns;
	__u64 cycles;
	__u64 reserved[3];
};

/**
 * struct lwnpu_ctl_run - LWNPU_CTL_RUN: complete jobs, and wait for more
 * @consumed: records read so far, modulo 2^32; their entries may be reused
 * @completed: completions written so far, modulo 2^32
 * @timeout_ns: wait until then while there is no record past @consumed; in the
 *	past: do not wait, and return 0
 * @head: out: records written so far
 * @refused: out: of the completions, how many named no job in flight (it was
 *	cancelled, or it never was) or had reserved bytes set
 *
 * Completions are processed even if the call then fails with ETIMEDOUT or
 * EINTR; it can be repeated unchanged.
 */
struct lwnpu_ctl_run {
	__u32 consumed;
	__u32 completed;
	__s64 timeout_ns;
	__u32 head;
	__u32 refused;
};

/**
 * struct lwnpu_ctl_get_buffer - LWNPU_CTL_GET_BUFFER
 * @job: a job in flight
 * @buffer: one that it binds
 * @size: out: bytes
 * @fd: out: a dma-buf, close-on-exec, that mmap() takes
 * @flags: zero
 *
 * Do not use DMA_BUF_IOCTL_SYNC: it would wait for the job itself.
 */
struct lwnpu_ctl_get_buffer {
	__u64 job;
	__u64 buffer;
	__u64 size;
	__s32 fd;
	__u32 flags;
};

/**
 * struct lwnpu_ctl_get_program - LWNPU_CTL_GET_PROGRAM
 * @job: a job in flight
 * @n_ops: out: struct lwnpu_op at offset 0
 * @flags: zero
 * @weights_offset: out: offset of region 0, a multiple of 64
 * @weights_size: out: its bytes
 * @fd: out: a read-only dma-buf, close-on-exec, that mmap() takes
 * @pad: zero
 *
 * The program was checked by the kernel, and does not change.
 */
struct lwnpu_ctl_get_program {
	__u64 job;
	__u32 n_ops;
	__u32 flags;
	__u64 weights_offset;
	__u64 weights_size;
	__s32 fd;
	__u32 pad;
};

#define LWNPU_CTL_IOCTL 0xbc

#define LWNPU_CTL_START _IOWR(LWNPU_CTL_IOCTL, 0x00, struct lwnpu_ctl_start)
#define LWNPU_CTL_STOP _IO(LWNPU_CTL_IOCTL, 0x01)
#define LWNPU_CTL_RUN _IOWR(LWNPU_CTL_IOCTL, 0x02, struct lwnpu_ctl_run)
#define LWNPU_CTL_GET_BUFFER \
	_IOWR(LWNPU_CTL_IOCTL, 0x03, struct lwnpu_ctl_get_buffer)
#define LWNPU_CTL_GET_PROGRAM \
	_IOWR(LWNPU_CTL_IOCTL, 0x04, struct lwnpu_ctl_get_program)

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_LWNPU_CTL_H */
