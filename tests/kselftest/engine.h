/* SPDX-License-Identifier: MIT */
/*
 * An engine of the tests' own behind /dev/lwnpu-ctl: it runs programs of LUT
 * operations, or does what a test makes it do.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lwnpu_ctl.h"

#define ENGINE_NAME "selftest"

/**
 * struct engine - the daemon's side of a device
 * @fd: /dev/lwnpu-ctl, or -1
 * @start: what START was told, and said
 * @records: rings of records
 * @completions: what the daemon writes
 * @claims: a word for each record
 * @taken: records read, of each ring
 * @completed: completions written
 * @refused: completions that the kernel refused, of all calls of RUN
 * @thread: runs engine_serve()
 * @serving: set while @thread is to go on
 * @delay_us: how long a served job takes
 * @served: jobs completed by @thread
 */
struct engine {
	int fd;
	struct lwnpu_ctl_start start;
	const struct lwnpu_ctl_records *records;
	struct lwnpu_ctl_completions *completions;
	uint32_t *claims;
	uint32_t taken[LWNPU_CTL_RINGS];
	uint32_t completed;
	uint32_t refused;
	pthread_t thread;
	atomic_bool serving;
	atomic_uint delay_us;
	atomic_uint served;
};

/**
 * engine_open() - open the control file
 * @engine: filled in
 *
 * Ends the test if that fails.
 */
void engine_open(struct engine *engine);

/**
 * engine_try_start() - become the engine of a device
 * @engine: opened
 * @name: of the kind of engine
 * @capacity: jobs at once, none of them at hand
 *
 * Return: 0 or a negative errno value.
 */
int engine_try_start(struct engine *engine, const char *name,
		     uint32_t capacity);

/**
 * engine_start() - open and start, or end the test
 * @engine: filled in
 * @capacity: jobs at once
 */
void engine_start(struct engine *engine, uint32_t capacity);

/**
 * engine_run() - one call of RUN
 * @engine: started
 * @timeout_ms: how long to wait for a record; 0: not
 *
 * Return: 0 or a negative errno value.
 */
int engine_run(struct engine *engine, int timeout_ms);

/**
 * engine_take() - the next record: news, or the most urgent job
 * @engine: started
 * @record: filled in
 *
 * Return: false if there is none.
 */
bool engine_take(struct engine *engine, struct lwnpu_ctl_record *record);

/** engine_take_job() - the same for jobs alone; news stay */
bool engine_take_job(struct engine *engine, struct lwnpu_ctl_record *record);

/**
 * engine_next() - the next job, passing over other records
 * @engine: started
 * @job: filled in
 * @timeout_ms: how long to wait for it
 *
 * Completions written before are given to the kernel.
 *
 * Return: 0 or a negative errno value.
 */
int engine_next(struct engine *engine, struct lwnpu_ctl_record *job,
		int timeout_ms);

/**
 * engine_put() - write a completion, for the next call of RUN
 * @engine: started
 * @id: of the job
 * @error: 0 or a negative errno value
 *
 * Return: the entry, for changes.
 */
struct lwnpu_ctl_completion *engine_put(struct engine *engine, uint64_t id,
					int error);

/**
 * engine_lie() - call RUN with indices that cannot be
 * @engine: started
 * @ring: of records, whose index is wrong, or LWNPU_CTL_RINGS: completions
 * @index: the wrong one
 *
 * Return: what RUN says; the indices are right again afterwards.
 */
int engine_lie(struct engine *engine, uint32_t ring, uint32_t index);

/**
 * engine_complete() - complete a job at once
 * @engine: started
 * @id: of the job
 * @error: 0 or a negative errno value
 */
void engine_complete(struct engine *engine, uint64_t id, int error);

/**
 * engine_peek() - the record of a job that is at hand
 * @engine: started
 * @n: of those of normal priority, counted from 0
 */
const struct lwnpu_ctl_record *engine_peek(const struct engine *engine,
					   uint32_t n);

/**
 * engine_guard() - do what reads buffers, which may be taken away meanwhile
 * @action: what
 * @argument: its argument
 *
 * Return: its result, or -EFAULT if there was no buffer any more.
 */
int engine_guard(int (*action)(void *argument), void *argument);

/**
 * engine_execute() - run a job of LUT operations
 * @engine: started
 * @job: in flight
 *
 * Return: 0 or a negative errno value; -EFAULT as engine_guard().
 */
int engine_execute(struct engine *engine, const struct lwnpu_ctl_record *job);

/**
 * engine_get_buffer() - get a buffer of a job
 * @engine: started
 * @job: number of a job
 * @buffer: number of a buffer
 * @size: filled in with its bytes
 *
 * Return: a file descriptor or a negative errno value.
 */
int engine_get_buffer(struct engine *engine, uint64_t job, uint64_t buffer,
		      uint64_t *size);

/**
 * engine_serve() - run all jobs, in a thread, from now on
 * @engine: started
 */
void engine_serve(struct engine *engine);

/**
 * engine_rest() - end what engine_serve() began
 * @engine: may not be serving
 */
void engine_rest(struct engine *engine);

/**
 * engine_die() - close the file as the end of a process would
 * @engine: may be closed already
 */
void engine_die(struct engine *engine);

/**
 * engine_stop() - take the device away, and close
 * @engine: may be closed already
 */
void engine_stop(struct engine *engine);

#endif /* ENGINE_H */
