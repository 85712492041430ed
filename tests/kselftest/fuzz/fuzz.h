/* SPDX-License-Identifier: MIT */
/* Random calls of the device, and of the control file. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdatomic.h>
#include <stdint.h>

#include "../../common/random.h"
#include "../common.h"

#define FUZZ_POOL 24
#define FUZZ_ERRNOS 134
#define FUZZ_MAX_CALLS 48
#define FUZZ_THREADS 8

/* Below are the files that threads share, from here on what calls have made. */
#define FUZZ_FIRST_FD 16

/**
 * struct pool - what calls have made, for other calls
 * @count: of @value
 * @value: handles or file descriptors
 */
struct pool {
	uint32_t count;
	uint32_t value[FUZZ_POOL];
};

/**
 * struct fuzz - a thread that calls
 * @random: its own
 * @fd: the device
 * @areas: memory that ends where the next page is not mapped
 * @next_area: that is used again next
 * @bos: GEM handles
 * @programs: handles
 * @queues: handles
 * @syncobjs: handles
 * @fds: dma-bufs, syncobjs, sync files and events
 */
struct fuzz {
	struct lw_random random;
	int fd;
	uint8_t *areas;
	uint32_t next_area;
	struct pool bos, programs, queues, syncobjs, fds;
};

/**
 * struct call - an ioctl and how to call it, or another act
 * @name: for the report
 * @command: its number
 * @weight: how often, among the others
 * @fill: make an argument of the right size, that may well be accepted
 * @done: look at what came back from a call that succeeded; may be NULL
 * @limit: of the DRM library, which warns when it is asked for the memory of
 *	too many handles, as any DRM device; may be NULL
 * @file: which file to call; NULL: the device
 * @act: what to do instead; returns 0 or an errno value
 */
struct call {
	const char *name;
	unsigned long command;
	uint32_t weight;
	void (*fill)(struct fuzz *fuzz, void *argument);
	void (*done)(struct fuzz *fuzz, const void *argument);
	void (*limit)(void *argument);
	int (*file)(struct fuzz *fuzz);
	int (*act)(struct fuzz *fuzz);
};

/**
 * struct fuzz_report - what all threads have seen; shared memory
 * @calls: so far
 * @odd: of these, with a number that is in no table
 * @results: of the others, by call and errno value
 * @jobs: that were waited for, by status
 * @completed: by random daemons, about
 * @deaths: of processes that killed themselves
 * @failed: a test has
 */
struct fuzz_report {
	atomic_ulong calls;
	atomic_ulong odd;
	atomic_uint results[FUZZ_MAX_CALLS][FUZZ_ERRNOS];
	atomic_uint jobs[DRM_LWNPU_JOB_LOST + 1];
	atomic_ulong completed;
	atomic_uint deaths;
	bool failed;
};

extern struct fuzz_report *fuzz_report;

/* The tables of calls, each ended by one without a name. */
extern const struct call fuzz_lwnpu_calls[];
extern const struct call fuzz_drm_calls[];
extern const struct call fuzz_ctl_calls[];
extern const struct call fuzz_daemon_acts[];

/* Those of this program, ended by NULL; the first has the calls it is about. */
extern const struct call *const *fuzz_tables;

/** fuzz_avoid() - map nothing where odd numbers point */
void fuzz_avoid(void);

/** fuzz_call() - the n-th of all calls, or NULL */
const struct call *fuzz_call(uint32_t n);

/** fuzz_is_own() - the n-th is of the first table */
bool fuzz_is_own(uint32_t n);

/** fuzz_odd() - a number at some edge */
uint64_t fuzz_odd(struct fuzz *fuzz);

/** fuzz_chance() - true once in @n times */
bool fuzz_chance(struct fuzz *fuzz, uint32_t n);

/** fuzz_pick() - one of a pool, or now and then any number */
uint32_t fuzz_pick(struct fuzz *fuzz, const struct pool *pool);

/** fuzz_keep() - put one into a pool; returns what had to leave it, or 0 */
uint32_t fuzz_keep(struct fuzz *fuzz, struct pool *pool, uint32_t value);

/** fuzz_drop() - take one out of a pool, if it is there */
void fuzz_drop(struct pool *pool, uint32_t value);

/** fuzz_keep_fd() - put a file descriptor into the pool */
void fuzz_keep_fd(struct fuzz *fuzz, int fd);

/**
 * fuzz_place() - put bytes where the memory ends after them
 * @fuzz: the thread
 * @data: the bytes
 * @size: how many
 *
 * Return: their address, or now and then a bad one.
 */
uint64_t fuzz_place(struct fuzz *fuzz, const void *data, size_t size);

/** fuzz_area() - the end of @size bytes is the end of the memory */
void *fuzz_area(struct fuzz *fuzz, size_t size);

/** fuzz_timeout() - an absolute time, mostly soon */
int64_t fuzz_timeout(struct fuzz *fuzz);

/**
 * struct fuzz_plan - what a thread is to do
 * @path: of the device, which is closed and opened again now and then, or NULL
 * @fd: the device; other threads of the process may have it, too
 * @seed: of the random numbers
 * @count: of calls, of all threads together
 * @end: when to stop anyway, as in_ms()
 */
struct fuzz_plan {
	const char *path;
	int fd;
	uint64_t seed;
	unsigned long count;
	int64_t end;
};

/**
 * struct fuzz_program - what a program is about
 * @name: of it
 * @tests: that it plans
 * @count: calls of a short run
 * @tables: see fuzz_tables
 * @documented: errors that calls of the first table may give, ended by 0
 * @enter: begin a process: fill in @path and @fd of plans for @n threads
 */
struct fuzz_program {
	const char *name;
	uint32_t tests;
	unsigned long count;
	const struct call *const *tables;
	const int *documented;
	void (*enter)(struct fuzz_plan *plan, uint32_t n);
};

/** fuzz_begin() - read the options, print the plan, or exit */
void fuzz_begin(const struct fuzz_program *program, int argc, char **argv);

/** fuzz_run() - let processes call; prints what came of it, and three tests */
void fuzz_run(void);

/** fuzz_seed() - the seed of this run */
uint64_t fuzz_seed(void);

/** fuzz_test() - print a test */
void fuzz_test(bool good, const char *text);

/** fuzz_end() - the program's status */
int fuzz_end(void);

/** fuzz_do() - one of the calls, chosen by its number */
void fuzz_do(struct fuzz *fuzz, unsigned long command);

/** fuzz_reopen() - another life of the device's file; all else is closed */
void fuzz_reopen(struct fuzz *fuzz, const char *path);

/** fuzz_thread() - call until there were enough; takes a struct fuzz_plan */
void *fuzz_thread(void *plan);

/** fuzz_look() - map what an engine is given, and read it; closes @fd */
void fuzz_look(int fd, uint64_t size);

/**
 * fuzz_serve() - be an engine that mostly does what it should
 * @engine: started
 * @seed: of the random numbers
 * @stop: set when it is to end
 *
 * Return: jobs that it completed.
 */
unsigned long fuzz_serve(struct engine *engine, uint64_t seed,
			 atomic_bool *stop);

#endif /* FUZZ_H */
