/* SPDX-License-Identifier: MIT */
/*
 * The kernel's side of /dev/lwnpu-ctl, without a kernel: rings, buffers and
 * programs are files in memory, and lwd_ctl.ioctl is a function of ours.
 */
#ifndef CTL_KERNEL_H
#define CTL_KERNEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lwnpu_ctl.h"
#include "lwnpu_isa.h"

#define CTL_KERNEL_OBJECTS 64
#define CTL_KERNEL_JOBS 1024

/* What a job can be. */
enum ctl_kernel_state { CTL_WAITING, CTL_GIVEN, CTL_COMPLETE, CTL_CANCELED };

/**
 * struct ctl_kernel_job - a job
 * @record: as it is given
 * @number: of the record in the rings
 * @state: enum ctl_kernel_state
 * @order: how many jobs were complete before
 * @completion: once it is complete
 */
struct ctl_kernel_job {
	struct lwnpu_ctl_record record;
	uint32_t number;
	enum ctl_kernel_state state;
	uint32_t order;
	struct lwnpu_ctl_completion completion;
};

/**
 * struct ctl_kernel_object - a buffer or a program
 * @fd: file in memory
 * @data: mapping of it
 * @size: its bytes
 * @get: what GET_PROGRAM says of a program
 */
struct ctl_kernel_object {
	int fd;
	uint8_t *data;
	size_t size;
	struct lwnpu_ctl_get_program get;
};

/**
 * struct ctl_kernel - the kernel; there is one at a time
 * @lock: of all here
 * @fd: what the daemon maps
 * @path: what opens the same
 * @start: of the daemon
 * @ring_size: entries of each ring
 * @records: rings
 * @completions: ring
 * @claims: of records
 * @head: records written, of each ring
 * @completed: completions read
 * @wakes: records that nobody who waits was woken for
 * @lost: if set, what every call returns
 * @stall: GET_BUFFER does not return while this is set
 * @object: buffers and programs; their index is their number
 * @n_objects: how many
 * @job: their index is their number
 * @n_jobs: how many
 * @n_complete: of these
 * @runs: calls of RUN
 * @gets: calls of GET_BUFFER and GET_PROGRAM
 * @starts: calls of START
 * @stops: calls of STOP
 * @refused: completions of no job
 */
struct ctl_kernel {
	pthread_mutex_t lock;
	int fd;
	char path[32];
	struct lwnpu_ctl_start start;
	uint32_t ring_size;
	struct lwnpu_ctl_records *records;
	struct lwnpu_ctl_completions *completions;
	uint32_t *claims;
	uint32_t head[LWNPU_CTL_RINGS];
	uint32_t completed;
	uint32_t wakes;
	int lost;
	bool stall;
	struct ctl_kernel_object object[CTL_KERNEL_OBJECTS];
	uint32_t n_objects;
	struct ctl_kernel_job job[CTL_KERNEL_JOBS];
	uint32_t n_jobs;
	uint32_t n_complete;
	uint32_t runs;
	uint32_t gets;
	uint32_t starts;
	uint32_t stops;
	uint32_t refused;
};

/* ctl_kernel_open() - a kernel with rings of @ring_size entries; or aborts */
struct ctl_kernel *ctl_kernel_open(uint32_t ring_size);
void ctl_kernel_close(struct ctl_kernel *kernel);

/* ctl_kernel_ioctl() - lwd_ctl.ioctl of the kernel that is open */
int ctl_kernel_ioctl(int fd, unsigned long request, void *argument);

/* ctl_kernel_buffer() - make a buffer; gives its number */
uint64_t ctl_kernel_buffer(struct ctl_kernel *kernel, size_t size);

/* ctl_kernel_program() - make a program; gives its number */
uint64_t ctl_kernel_program(struct ctl_kernel *kernel,
			    const struct lwnpu_op *ops, uint32_t n_ops,
			    const void *weights, size_t weights_size);

/**
 * ctl_kernel_submit() - a job is at its turn
 * @kernel: the kernel
 * @record: all but type and id set
 *
 * Return: its number.
 */
uint64_t ctl_kernel_submit(struct ctl_kernel *kernel,
			   const struct lwnpu_ctl_record *record);

/*
 * ctl_kernel_withdraw() - take a job back; false if the daemon has begun it
 */
bool ctl_kernel_withdraw(struct ctl_kernel *kernel, uint64_t job);

/* ctl_kernel_cancel() - the daemon's completion of a job will be refused */
void ctl_kernel_cancel(struct ctl_kernel *kernel, uint64_t job);

/* ctl_kernel_say() - any other record */
void ctl_kernel_say(struct ctl_kernel *kernel, uint32_t type, uint64_t id);

/* ctl_kernel_lose() - every call returns @error; 0: from now on they work */
void ctl_kernel_lose(struct ctl_kernel *kernel, int error);

/* ctl_kernel_stall() - let jobs hang, or go on */
void ctl_kernel_stall(struct ctl_kernel *kernel, bool stall);

/**
 * ctl_kernel_wait() - wait until a job is complete
 * @kernel: the kernel
 * @job: its number
 *
 * Return: its completion, NULL after ten seconds.
 */
const struct lwnpu_ctl_completion *
ctl_kernel_wait(struct ctl_kernel *kernel, uint64_t job);

/* ctl_kernel_wait_refused() - the same for @n completions of no job */
bool ctl_kernel_wait_refused(struct ctl_kernel *kernel, uint32_t n);

#endif /* CTL_KERNEL_H */
