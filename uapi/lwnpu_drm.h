/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * lwnpu: the ioctls of the accel node, for applications.
 *
 * Programs are described by lwnpu_isa.h. Objects (buffers, programs, queues)
 * belong to the file that made them: a handle means nothing in another file,
 * and closing the file ends everything that is not shared by dma-buf.
 *
 * Errors, the same for all ioctls:
 *   ENOTTY      no such ioctl
 *   E2BIG       bytes are set that this kernel knows nothing of: past the end of
 *               an element of a nested array
 *   EINVAL      a value is out of range, reserved bytes or padding are not
 *               zero, or a program is refused by the checker
 *   EOPNOTSUPP  a flag, parameter, priority or operation that this kernel, or
 *               this engine, does not have
 *   ENOENT      no such handle or job
 *   EOVERFLOW   a region does not fit the buffer bound to it
 *   EFAULT      a pointer is bad
 *   ENOSPC      a limit of the file is reached: queues, programs, memory
 *   EAGAIN      the queue is full; wait for a job of it
 *   EACCES      priority above normal without CAP_SYS_NICE; a read-only dma-buf
 *               where the job writes
 *   ECANCELED   the queue is guilty of a hang; make a new one
 *   ENODEV      the device is gone, or its engine is away
 *   ENOMEM, EINTR (the DRM library repeats the call)
 *   ETIMEDOUT   a wait ended without its event; EBUSY if it was told not to
 *               wait
 * An ioctl that fails has changed nothing, and has made nothing.
 *
 * Rules: structures only grow, at the end; what is not given is zero, and zero
 * means what the older interface did. Nested arrays say how long their
 * elements are (struct drm_lwnpu_array). Times are nanoseconds of
 * CLOCK_MONOTONIC; a timeout is the absolute time at which a wait ends, so that
 * a wait interrupted by a signal can be repeated with the same value; one in
 * the past means "do not wait".
 *
 * Minor versions:
 *   1.0  the ioctls below
 *   1.1  DRM_LWNPU_QUEUE_PARALLEL
 *   1.2  drm_lwnpu_completion.gates
 */
#ifndef _UAPI_LWNPU_DRM_H
#define _UAPI_LWNPU_DRM_H

#ifdef __KERNEL__
#include <drm/drm.h>
#else
#include "drm.h"
#endif

#if defined(__cplusplus)
extern "C" {
#endif

#define DRM_LWNPU_DRIVER_NAME "lwnpu"
#define DRM_LWNPU_VERSION_MAJOR 1
#define DRM_LWNPU_VERSION_MINOR 2

#define DRM_LWNPU_GET_PARAM 0x00
#define DRM_LWNPU_GET_ENGINE 0x01
#define DRM_LWNPU_BO_CREATE 0x02
#define DRM_LWNPU_BO_MMAP_OFFSET 0x03
#define DRM_LWNPU_BO_WAIT 0x04
#define DRM_LWNPU_PROGRAM_CREATE 0x05
#define DRM_LWNPU_PROGRAM_DESTROY 0x06
#define DRM_LWNPU_QUEUE_CREATE 0x07
#define DRM_LWNPU_QUEUE_DESTROY 0x08
#define DRM_LWNPU_QUEUE_GET_STATE 0x09
#define DRM_LWNPU_SUBMIT 0x0a
#define DRM_LWNPU_WAIT_JOB 0x0b

/* A buffer is bound at a multiple of this many bytes. */
#define DRM_LWNPU_ALIGNMENT 64

/* A job that is asked for with this deadline has only the driver's own. */
#define DRM_LWNPU_NO_DEADLINE 0

/* The value of an error_... field that names nothing. */
#define DRM_LWNPU_NONE 0xffffffff

/**
 * struct drm_lwnpu_array - elements in the caller's memory
 * @ptr: of the first; ignored if @count is 0
 * @count: how many
 * @stride: bytes from one to the next, at least those of the oldest version
 *	of the element. If it is more than the kernel knows, the rest of each
 *	element must be zero
 */
struct drm_lwnpu_array {
	__u64 ptr;
	__u32 count;
	__u32 stride;
};

/**
 * enum drm_lwnpu_param - what GET_PARAM can tell
 * @DRM_LWNPU_PARAM_OPS: set of operations: bit n is the one numbered n
 * @DRM_LWNPU_PARAM_CAPACITY: jobs that the engine runs at once
 * @DRM_LWNPU_PARAM_MAX_OPS: operations of a program
 * @DRM_LWNPU_PARAM_MAX_REGION_SIZE: bytes of a region that a program may use
 * @DRM_LWNPU_PARAM_MAX_WEIGHTS_SIZE: bytes of a program's weights
 * @DRM_LWNPU_PARAM_MAX_BO_SIZE: bytes of a buffer
 * @DRM_LWNPU_PARAM_MAX_MEMORY: bytes of all buffers and programs of a file
 * @DRM_LWNPU_PARAM_MAX_PROGRAMS: programs of a file
 * @DRM_LWNPU_PARAM_MAX_QUEUES: queues of a file
 * @DRM_LWNPU_PARAM_MAX_QUEUE_JOBS: unfinished jobs of a queue, and how many
 *	completion records it keeps
 * @DRM_LWNPU_PARAM_MAX_SUBMIT_JOBS: jobs of one SUBMIT
 * @DRM_LWNPU_PARAM_MAX_SYNCS: in-syncs, and out-syncs, of a job
 * @DRM_LWNPU_PARAM_PRIORITIES: set of priorities that the caller may use: bit
 *	n is enum drm_lwnpu_priority n
 * @DRM_LWNPU_PARAM_TIMEOUT_NS: how long a job may run before it counts as hung
 */
enum drm_lwnpu_param {
	DRM_LWNPU_PARAM_OPS = 0,
	DRM_LWNPU_PARAM_CAPACITY = 1,
	DRM_LWNPU_PARAM_MAX_OPS = 2,
	DRM_LWNPU_PARAM_MAX_REGION_SIZE = 3,
	DRM_LWNPU_PARAM_MAX_WEIGHTS_SIZE = 4,
	DRM_LWNPU_PARAM_MAX_BO_SIZE = 5,
	DRM_LWNPU_PARAM_MAX_MEMORY = 6,
	DRM_LWNPU_PARAM_MAX_PROGRAMS = 7,
	DRM_LWNPU_PARAM_MAX_QUEUES = 8,
	DRM_LWNPU_PARAM_MAX_QUEUE_JOBS = 9,
	DRM_LWNPU_PARAM_MAX_SUBMIT_JOBS = 10,
	DRM_LWNPU_PARAM_MAX_SYNCS = 11,
	DRM_LWNPU_PARAM_PRIORITIES = 12,
	DRM_LWNPU_PARAM_TIMEOUT_NS = 13,
};

/**
 * struct drm_lwnpu_get_param - DRM_IOCTL_LWNPU_GET_PARAM
 * @param: enum drm_lwnpu_param; EOPNOTSUPP if unknown
 * @pad: zero
 * @value: out
 */
struct drm_lwnpu_get_param {
	__u32 param;
	__u32 pad;
	__u64 value;
};

#define DRM_LWNPU_NAME_SIZE 32
#define DRM_LWNPU_DESCRIPTION_SIZE 96

/**
 * struct drm_lwnpu_get_engine - DRM_IOCTL_LWNPU_GET_ENGINE: names, for people
 * @name: out: the kind of engine, "opencl"; always terminated
 * @description: out: the device behind it; always terminated
 */
struct drm_lwnpu_get_engine {
	__u8 name[DRM_LWNPU_NAME_SIZE];
	__u8 description[DRM_LWNPU_DESCRIPTION_SIZE];
};

/**
 * struct drm_lwnpu_bo_create - DRM_IOCTL_LWNPU_BO_CREATE: make a zeroed buffer
 * @size: bytes, not zero; rounded up to pages, out: the result
 * @flags: zero
 * @handle: out: GEM handle, closed by DRM_IOCTL_GEM_CLOSE
 */
struct drm_lwnpu_bo_create {
	__u64 size;
	__u32 flags;
	__u32 handle;
};

/**
 * struct drm_lwnpu_bo_mmap_offset - DRM_IOCTL_LWNPU_BO_MMAP_OFFSET
 * @handle: GEM handle
 * @flags: zero
 * @offset: out: what to give to mmap() of the node. An imported buffer is
 *	mapped through its own dma-buf: EINVAL
 */
struct drm_lwnpu_bo_mmap_offset {
	__u32 handle;
	__u32 flags;
	__u64 offset;
};

/* Wait until the CPU may write, too: for readers as well as for writers. */
#define DRM_LWNPU_BO_WAIT_WRITE 0x1

/**
 * struct drm_lwnpu_bo_wait - DRM_IOCTL_LWNPU_BO_WAIT: until the CPU may read
 * @handle: GEM handle
 * @flags: DRM_LWNPU_BO_WAIT_WRITE
 * @timeout_ns: when to give up
 *
 * Says that devices are done with the buffer, not that their jobs went well:
 * that is in the completion records, see WAIT_JOB.
 */
struct drm_lwnpu_bo_wait {
	__u32 handle;
	__u32 flags;
	__s64 timeout_ns;
};

#define DRM_LWNPU_FIELD_SIZE 48

/**
 * struct drm_lwnpu_program_error - why a program is refused
 * @op: index of the operation
 * @reason: enum lwnpu_check_reason; 0 if the checker has not refused it
 * @got: the value at fault
 * @expected: the bound that it breaks, where one number says it
 * @field: the field at fault, "in[0].row_pitch"; always terminated
 */
struct drm_lwnpu_program_error {
	__u32 op;
	__u32 reason;
	__u64 got;
	__u64 expected;
	__u8 field[DRM_LWNPU_FIELD_SIZE];
};

/**
 * struct drm_lwnpu_program_create - DRM_IOCTL_LWNPU_PROGRAM_CREATE
 * @ops: pointer to struct lwnpu_op
 * @weights: pointer to region 0; ignored if @weights_size is 0
 * @weights_size: its bytes
 * @n_ops: how many operations
 * @flags: zero
 * @handle: out: handle, closed by PROGRAM_DESTROY
 * @n_regions: out: 1 + the highest region used
 * @arena_size: out: bytes that jobs must bind to region 1; 0 if the engine has
 *	memory of its own, then nothing is bound there
 * @error: out, also when the call fails with EINVAL (refused by the checker)
 *	or EOPNOTSUPP (@op is one that the engine does not have)
 *
 * Operations and weights are copied and checked now, and never change.
 */
struct drm_lwnpu_program_create {
	__u64 ops;
	__u64 weights;
	__u64 weights_size;
	__u32 n_ops;
	__u32 flags;
	__u32 handle;
	__u32 n_regions;
	__u64 arena_size;
	struct drm_lwnpu_program_error error;
};

/**
 * struct drm_lwnpu_program_destroy - DRM_IOCTL_LWNPU_PROGRAM_DESTROY
 * @handle: of the program; jobs already submitted keep it
 * @pad: zero
 */
struct drm_lwnpu_program_destroy {
	__u32 handle;
	__u32 pad;
};

/**
 * enum drm_lwnpu_priority - which queue goes first
 * @DRM_LWNPU_PRIORITY_LOW: when nothing else is to be done
 * @DRM_LWNPU_PRIORITY_NORMAL: for everybody
 * @DRM_LWNPU_PRIORITY_HIGH: needs CAP_SYS_NICE
 */
enum drm_lwnpu_priority {
	DRM_LWNPU_PRIORITY_LOW = 0,
	DRM_LWNPU_PRIORITY_NORMAL = 1,
	DRM_LWNPU_PRIORITY_HIGH = 2,
};

/* Jobs of the queue may run at the same time. */
#define DRM_LWNPU_QUEUE_PARALLEL 0x1

/**
 * struct drm_lwnpu_queue_create - DRM_IOCTL_LWNPU_QUEUE_CREATE
 * @priority: enum drm_lwnpu_priority; EOPNOTSUPP if unknown
 * @flags: DRM_LWNPU_QUEUE_PARALLEL
 * @handle: out
 * @pad: zero
 *
 * The jobs of a queue run one after another, in the order of submission; those
 * of different queues at the same time, as far as the engine can. So do those
 * of a parallel queue, unless one writes a buffer that another uses, or is told
 * by a syncobj to wait for it. In each queue, jobs are complete in the order of
 * submission: what is done early is told when all before it are complete.
 */
struct drm_lwnpu_queue_create {
	__u32 priority;
	__u32 flags;
	__u32 handle;
	__u32 pad;
};

/**
 * struct drm_lwnpu_queue_destroy - DRM_IOCTL_LWNPU_QUEUE_DESTROY
 * @handle: of the queue. Jobs not yet started are cancelled, a running one
 *	goes on
 * @pad: zero
 */
struct drm_lwnpu_queue_destroy {
	__u32 handle;
	__u32 pad;
};

/**
 * enum drm_lwnpu_queue_state - what has happened to a queue
 * @DRM_LWNPU_QUEUE_OK: nothing
 * @DRM_LWNPU_QUEUE_GUILTY: a job of it hung the engine: those behind it are
 *	cancelled, and SUBMIT gives ECANCELED
 * @DRM_LWNPU_QUEUE_INNOCENT: jobs of it were lost by no fault of theirs;
 *	submit them again
 */
enum drm_lwnpu_queue_state {
	DRM_LWNPU_QUEUE_OK = 0,
	DRM_LWNPU_QUEUE_GUILTY = 1,
	DRM_LWNPU_QUEUE_INNOCENT = 2,
};

/**
 * struct drm_lwnpu_queue_get_state - DRM_IOCTL_LWNPU_QUEUE_GET_STATE
 * @handle: of the queue
 * @state: out: enum drm_lwnpu_queue_state
 * @submitted: out: jobs so far; the last one's id
 * @completed: out: of these, how many are complete
 * @failed: out: of the complete, how many not as DRM_LWNPU_JOB_DONE
 */
struct drm_lwnpu_queue_get_state {
	__u32 handle;
	__u32 state;
	__u64 submitted;
	__u64 completed;
	__u64 failed;
};

/**
 * struct drm_lwnpu_binding - a buffer for a region
 * @region: region of the program, see enum lwnpu_region; never the weights
 * @handle: GEM handle
 * @offset: of region's offset 0 in the buffer, a multiple of
 *	DRM_LWNPU_ALIGNMENT
 */
struct drm_lwnpu_binding {
	__u32 region;
	__u32 handle;
	__u64 offset;
};

/* @point is a point of a timeline; without it, it is zero. */
#define DRM_LWNPU_SYNC_TIMELINE 0x1

/**
 * struct drm_lwnpu_sync - a syncobj
 * @handle: of the syncobj
 * @flags: DRM_LWNPU_SYNC_TIMELINE
 * @point: point to wait for, or to signal (then not zero)
 */
struct drm_lwnpu_sync {
	__u32 handle;
	__u32 flags;
	__u64 point;
};

/* Wait for @in_syncs only, not for other users of the buffers. */
#define DRM_LWNPU_JOB_NO_IMPLICIT_SYNC 0x1

/**
 * struct drm_lwnpu_job - one execution of a program
 * @program: handle
 * @flags: DRM_LWNPU_JOB_NO_IMPLICIT_SYNC
 * @bindings: of struct drm_lwnpu_binding: one for each region from 2 on that
 *	the program uses, and for region 1 if the program's arena_size is not
 *	zero. What a job writes overlaps nothing else that it binds
 * @in_syncs: of struct drm_lwnpu_sync: waited for before the job starts. They
 *	are looked up before anything of the call is submitted
 * @out_syncs: of struct drm_lwnpu_sync: signalled when it is complete, with an
 *	error if it failed
 * @deadline_ns: when the job is useless if it has not started: it fails then,
 *	or when its turn comes; 0: never. What has started writes its buffers,
 *	and ends
 * @id: out: 1, 2, … in each queue
 */
struct drm_lwnpu_job {
	__u32 program;
	__u32 flags;
	struct drm_lwnpu_array bindings;
	struct drm_lwnpu_array in_syncs;
	struct drm_lwnpu_array out_syncs;
	__s64 deadline_ns;
	__u64 id;
};

/**
 * struct drm_lwnpu_submit - DRM_IOCTL_LWNPU_SUBMIT: all jobs, or none
 * @queue: handle
 * @flags: zero
 * @jobs: of struct drm_lwnpu_job; at least one
 * @error_job: out: index of the job at fault if the call fails, or
 *	DRM_LWNPU_NONE
 * @error_item: out: index of its binding or sync at fault, or DRM_LWNPU_NONE
 */
struct drm_lwnpu_submit {
	__u32 queue;
	__u32 flags;
	struct drm_lwnpu_array jobs;
	__u32 error_job;
	__u32 error_item;
};

/**
 * enum drm_lwnpu_job_status - how a job ended
 * @DRM_LWNPU_JOB_PENDING: it has not
 * @DRM_LWNPU_JOB_DONE: its outputs are complete; error 0
 * @DRM_LWNPU_JOB_FAILED: the engine reports an error at an operation: that
 *	error, or -EIO
 * @DRM_LWNPU_JOB_HUNG: it ran longer than DRM_LWNPU_PARAM_TIMEOUT_NS; -ETIME
 * @DRM_LWNPU_JOB_LATE: its own deadline passed before it could start; -ETIME
 * @DRM_LWNPU_JOB_CANCELED: queue destroyed, file closed, or a job before it
 *	hung; -ECANCELED
 * @DRM_LWNPU_JOB_LOST: the engine went away, or failed under the job more
 *	often than it is tried; -ENODEV
 *
 * The error is that of the job's fence as well (or -ESRCH, for jobs in a queue
 * when it was destroyed). Unless it is done, what its
 * output buffers hold is undefined.
 */
enum drm_lwnpu_job_status {
	DRM_LWNPU_JOB_PENDING = 0,
	DRM_LWNPU_JOB_DONE = 1,
	DRM_LWNPU_JOB_FAILED = 2,
	DRM_LWNPU_JOB_HUNG = 3,
	DRM_LWNPU_JOB_LATE = 4,
	DRM_LWNPU_JOB_CANCELED = 5,
	DRM_LWNPU_JOB_LOST = 6,
};

/**
 * struct drm_lwnpu_completion - what is known of a complete job
 * @status: enum drm_lwnpu_job_status
 * @error: 0 or a negative errno value
 * @op: FAILED: index of the operation, or DRM_LWNPU_NONE
 * @attempts: how often it was given to the engine
 * @submit_ns: when it was submitted
 * @start_ns: when the engine started it; 0: never
 * @end_ns: when it was complete
 * @cycles: the engine's count, 0 if it has none
 * @gates: DONE: bit i: the program's GATE number i, counted from 0, was taken,
 *	and not itself left out
 */
struct drm_lwnpu_completion {
	__u32 status;
	__s32 error;
	__u32 op;
	__u32 attempts;
	__u64 submit_ns;
	__u64 start_ns;
	__u64 end_ns;
	__u64 cycles;
	__u64 gates;
};

/**
 * struct drm_lwnpu_wait_job - DRM_IOCTL_LWNPU_WAIT_JOB
 * @queue: handle
 * @flags: zero
 * @job: its id. A record is kept until DRM_LWNPU_PARAM_MAX_QUEUE_JOBS more
 *	jobs are submitted: then ENOENT
 * @timeout_ns: when to give up
 * @completion: out
 *
 * Returns 0 once the job is complete, in whatever way.
 */
struct drm_lwnpu_wait_job {
	__u32 queue;
	__u32 flags;
	__u64 job;
	__s64 timeout_ns;
	struct drm_lwnpu_completion completion;
};

#define DRM_IOCTL_LWNPU_GET_PARAM \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LWNPU_GET_PARAM, \
		 struct drm_lwnpu_get_param)
#define DRM_IOCTL_LWNPU_GET_ENGINE \
	DRM_IOR(DRM_COMMAND_BASE + DRM_LWNPU_GET_ENGINE, \
		struct drm_lwnpu_get_engine)
#define DRM_IOCTL_LWNPU_BO_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LWNPU_BO_CREATE, \
		 struct drm_lwnpu_bo_create)
#define DRM_IOCTL_LWNPU_BO_MMAP_OFFSET \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LWNPU_BO_MMAP_OFFSET, \
		 struct drm_lwnpu_bo_mmap_offset)
#define DRM_IOCTL_LWNPU_BO_WAIT \
	DRM_IOW(DRM_COMMAND_BASE + DRM_LWNPU_BO_WAIT, \
		struct drm_lwnpu_bo_wait)
#define DRM_IOCTL_LWNPU_PROGRAM_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LWNPU_PROGRAM_CREATE, \
		 struct drm_lwnpu_program_create)
#define DRM_IOCTL_LWNPU_PROGRAM_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_LWNPU_PROGRAM_DESTROY, \
		struct drm_lwnpu_program_destroy)
#define DRM_IOCTL_LWNPU_QUEUE_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LWNPU_QUEUE_CREATE, \
		 struct drm_lwnpu_queue_create)
#define DRM_IOCTL_LWNPU_QUEUE_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_LWNPU_QUEUE_DESTROY, \
		struct drm_lwnpu_queue_destroy)
#define DRM_IOCTL_LWNPU_QUEUE_GET_STATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LWNPU_QUEUE_GET_STATE, \
		 struct drm_lwnpu_queue_get_state)
#define DRM_IOCTL_LWNPU_SUBMIT \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LWNPU_SUBMIT, \
		 struct drm_lwnpu_submit)
#define DRM_IOCTL_LWNPU_WAIT_JOB \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LWNPU_WAIT_JOB, \
		 struct drm_lwnpu_wait_job)

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_LWNPU_DRM_H */
