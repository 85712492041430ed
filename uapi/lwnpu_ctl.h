/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * lwnpu: /dev/lwnpu-ctl, for the daemon that is the engine of a device.
 *
 * The daemon opens the file, STARTs a device (an accel node appears, or one
 * whose daemon died is taken over), and maps three areas: records, written by
 * the kernel, completions, written by the daemon, and claims, by which they agree
 * on who has a record. They are rings in shared memory: a daemon that is busy
 * takes one job after another out of it, and calls RUN to have what it has
 * completed told to applications; one that is idle calls RUN to wait. One call
 * completes any number of jobs and brings any number of new ones. Buffers and
 * programs are files, given for jobs in flight only, and named by numbers that
 * are never used twice, so that the daemon may keep them mapped.
 *
 * Nothing here can stop an application's fence: every job has a deadline in
 * the kernel. When it passes, the job fails and the daemon is cut off: every
 * ioctl gives ESHUTDOWN from then on, what it has mapped is not there any more
 * (SIGBUS), and a successor is waited for. It is the same when it closes the file,
 * or the device goes.
 *
 * The life of a device:
 *   closing the file, or death     jobs in flight are given to the successor
 *                                  again; one that was begun max_attempts times
 *                                  fails with DRM_LWNPU_JOB_LOST. If no
 *                                  successor comes within recovery_ms, all jobs
 *                                  fail so, and new ones are refused with ENODEV
 *                                  until one comes
 *   STOP                           the node goes away, jobs fail with
 *                                  DRM_LWNPU_JOB_LOST
 *
 * Errors:
 *   ENOTTY     no such ioctl
 *   EINVAL     a value is out of range, reserved bytes are not zero, or a ring
 *              index is not one that can be
 *   EBUSY      START: this file has a device, or all devices have daemons and
 *              no more may be made
 *   EPROTONOSUPPORT START: @version is not one that the kernel speaks
 *   ENOTCONN   not STARTed
 *   ESHUTDOWN  cut off, see above: close the file
 *   ENODEV     the device is gone: STOP, or removed by the administrator
 *   ENOENT     no such job in flight, or it has no such buffer
 *   ETIMEDOUT  RUN: no new record by then
 *   EFAULT, ENOMEM, EMFILE, EINTR
 *
 * The driver does not trust the daemon further than this: indices are read once
 * and must be possible, completions are checked against the jobs in flight, and
 * read once. An ioctl may be called by several threads; the rings are then theirs
 * to share.
 */
#ifndef _UAPI_LWNPU_CTL_H
#define _UAPI_LWNPU_CTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#if defined(__cplusplus)
extern "C" {
#endif

#define LWNPU_CTL_VERSION 3

/* Offsets for mmap(). Records are mapped read-only. */
#define LWNPU_CTL_MAP_RECORDS 0x00000000
#define LWNPU_CTL_MAP_COMPLETIONS 0x10000000
#define LWNPU_CTL_MAP_CLAIMS 0x20000000

#define LWNPU_CTL_MAX_CAPACITY 64
#define LWNPU_CTL_MAX_DEPTH 256
/* Regions that a job can bind: all but weights and arena. */
#define LWNPU_CTL_MAX_BINDINGS 32

/**
 * struct lwnpu_ctl_start - LWNPU_CTL_START: become the engine of a device
 * @version: LWNPU_CTL_VERSION
 * @flags: zero
 * @ops: set of operations: bit n is the one numbered n
 * @capacity: jobs that run at once, 1…LWNPU_CTL_MAX_CAPACITY; out: what the
 *	device has, which a successor cannot change
 * @depth: jobs given at once, those at hand included, from @capacity to
 *	LWNPU_CTL_MAX_DEPTH; out: the same
 * @name: kind of engine, "opencl"; terminated
 * @description: the device behind it; terminated
 * @minor: out: N of /dev/accel/accelN
 * @taken_over: out: 1 if the device had a daemon before
 * @ring_size: out: entries of each ring, a power of two
 * @pad: zero
 *
 * A device without a daemon is taken over if @name is its name and @ops has
 * all its operations.
 */
struct lwnpu_ctl_start {
	__u32 version;
	__u32 flags;
	__u64 ops;
	__u32 capacity;
	__u32 depth;
	__u8 name[32];
	__u8 description[96];
	__u32 minor;
	__u32 taken_over;
	__u32 ring_size;
	__u32 pad;
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
 * @queue: number. Jobs in flight do not depend on each other, be they of one
 *	queue or of several
 * @priority: enum drm_lwnpu_priority
 * @attempt: 1, 2, … : 1 + how often this job was begun before
 * @deadline_ns: CLOCK_MONOTONIC; begin it before, or complete it with -ETIME
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

/*
 * Rings of records: the jobs of each priority, and what is not a job. A job is
 * taken when it is begun: the kernel's deadline for it counts from then. Until
 * then more urgent ones may pass it, and the kernel may withdraw it.
 */
#define LWNPU_CTL_RING_NEWS 3
#define LWNPU_CTL_RINGS 4

/**
 * struct lwnpu_ctl_records - the rings of records, mapped read-only
 * @head: of each ring, records written so far, modulo 2^32; load it with acquire
 *	order. Index: enum drm_lwnpu_priority, or LWNPU_CTL_RING_NEWS
 * @reserved: zero
 * @record: entry n of ring r is record[r * ring_size + n % ring_size]
 */
struct lwnpu_ctl_records {
	__u32 head[LWNPU_CTL_RINGS];
	__u32 reserved[12];
	struct lwnpu_ctl_record record[];
};

/**
 * enum lwnpu_ctl_claim - a word for each record, which starts at offset 0 of
 *	its mapping, in the order of lwnpu_ctl_records.record
 * @LWNPU_CTL_OPEN: set by the kernel before the record appears
 * @LWNPU_CTL_TAKEN: set by the daemon, atomically, where it finds OPEN: then
 *	the record is its own
 * @LWNPU_CTL_WITHDRAWN: set by the kernel, in the same way: the daemon passes
 *	over the record
 */
enum lwnpu_ctl_claim {
	LWNPU_CTL_OPEN = 0,
	LWNPU_CTL_TAKEN = 1,
	LWNPU_CTL_WITHDRAWN = 2,
};

/**
 * struct lwnpu_ctl_completion - an entry of the ring of completions
 * @id: of the job
 * @error: 0, or a negative errno value
 * @op: index of the operation that failed, or 0xffffffff
 * @start_ns: CLOCK_MONOTONIC; 0: when the job was given. The kernel moves what
 *	cannot be to the nearest that can
 * @end_ns: the same; 0: when RUN is called
 * @cycles: the engine's own count, or 0
 * @gates: bit i: the program's GATE number i was taken
 * @reserved: zero
 */
struct lwnpu_ctl_completion {
	__u64 id;
	__s32 error;
	__u32 op;
	__u64 start_ns;
	__u64 end_ns;
	__u64 cycles;
	__u64 gates;
	__u64 reserved[2];
};

/**
 * struct lwnpu_ctl_completions - what the daemon writes
 * @taken: of each ring of records, how many are taken or passed over, modulo
 *	2^32: copy the record, claim it, then store this with release order; the
 *	entry may then be reused
 * @completed: completions written so far, modulo 2^32; store it with release
 *	order. The next call of RUN looks at them
 * @reserved: ignored
 * @completion: entry n is completion[n % ring_size]; RUN returns when all entries
 *	may be reused
 */
struct lwnpu_ctl_completions {
	__u32 taken[LWNPU_CTL_RINGS];
	__u32 completed;
	__u32 reserved[11];
	struct lwnpu_ctl_completion completion[];
};

/**
 * struct lwnpu_ctl_run - LWNPU_CTL_RUN: complete jobs, and wait for more
 * @timeout_ns: wait until then while no ring has a record that is not taken; in
 *	the past: do not wait, and return 0
 * @now_ns: out: CLOCK_MONOTONIC when the call returns, also with an error
 * @refused: out: of the completions, how many named no job in flight (it was
 *	cancelled, or it never was) or had reserved bytes set
 * @flags: zero
 *
 * Completions are processed even if the call then fails with ETIMEDOUT or
 * EINTR; it can be repeated unchanged. Of several calls that wait, a record ends
 * one.
 */
struct lwnpu_ctl_run {
	__s64 timeout_ns;
	__s64 now_ns;
	__u32 refused;
	__u32 flags;
};

/**
 * struct lwnpu_ctl_get_buffer - LWNPU_CTL_GET_BUFFER
 * @job: a job in flight
 * @buffer: one that it binds
 * @size: out: bytes
 * @fd: out: a file, close-on-exec, that can be mapped shared, from its begin, by
 *	the process that called START; for writing if the job writes it
 * @flags: zero
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
 * @fd: out: a read-only file, as that of GET_BUFFER
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
