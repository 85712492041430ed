/* SPDX-License-Identifier: MIT */
/* Random calls of the device by processes that have no privileges. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdatomic.h>
#include <stdint.h>

#include "../../common/random.h"
#include "../common.h"

#define FUZZ_POOL 24
#define FUZZ_ERRNOS 134
#define FUZZ_MAX_CALLS 48

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
 * struct call - an ioctl, and how to call it
 * @name: for the report
 * @command: its number
 * @weight: how often, among the others
 * @fill: make an argument of the right size, that may well be accepted
 * @done: look at what came back from a call that succeeded; may be NULL
 * @limit: of the DRM library, which warns when it is asked for the memory of
 *	too many handles, as any DRM device; may be NULL
 * @on_fd: called on one of &fuzz.fds, not on the device
 */
struct call {
	const char *name;
	unsigned long command;
	uint32_t weight;
	void (*fill)(struct fuzz *fuzz, void *argument);
	void (*done)(struct fuzz *fuzz, const void *argument);
	void (*limit)(void *argument);
	bool on_fd;
};

/**
 * struct fuzz_report - what all threads have seen; shared memory
 * @calls: so far
 * @odd: of these, with a number that is in no table
 * @results: of the others, by call and errno value
 * @jobs: that were waited for, by status
 */
struct fuzz_report {
	atomic_ulong calls;
	atomic_ulong odd;
	atomic_uint results[FUZZ_MAX_CALLS][FUZZ_ERRNOS];
	atomic_uint jobs[DRM_LWNPU_JOB_LOST + 1];
};

extern struct fuzz_report *fuzz_report;

/* The tables of calls, each ended by one without a name. */
extern const struct call fuzz_lwnpu_calls[];
extern const struct call fuzz_drm_calls[];

/** fuzz_avoid() - map nothing where odd numbers point */
void fuzz_avoid(void);

/** fuzz_call() - the n-th of all calls, or NULL */
const struct call *fuzz_call(uint32_t n);

/** fuzz_is_own() - the n-th is one of the device's own */
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
 * @path: of the device
 * @fd: the device; other threads of the process have it, too
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

/** fuzz_thread() - call until there were enough; takes a struct fuzz_plan */
void *fuzz_thread(void *plan);

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
