/* SPDX-License-Identifier: MIT */
/*
 * Programs loaded on one engine. An engine, and so this, belongs to one thread:
 * jobs never wait for each other, and nothing is locked.
 */
#ifndef LWD_PROGRAMS_H
#define LWD_PROGRAMS_H

#include "engine.h"
#include "ring.h"

#define LWD_MAX_PROGRAMS 1024

/**
 * struct lwd_program - a loaded program
 * @next: used before
 * @id: its number
 * @info: the checker's result
 * @loaded: the engine's own
 * @cost: bytes that it takes, about
 * @duration_ns: of the last job
 */
struct lwd_program {
	struct lwd_program *next;
	uint64_t id;
	struct lwnpu_program_info info;
	void *loaded;
	size_t cost;
	uint64_t duration_ns;
};

/**
 * struct lwd_programs - those of an engine
 * @ops: the engine
 * @engine: its state
 * @newest: used last
 * @count: how many
 * @cost: bytes that they take
 * @budget: bytes that they may take; a single program may take more
 */
struct lwd_programs {
	const struct lw_engine_ops *ops;
	void *engine;
	struct lwd_program *newest;
	uint32_t count;
	size_t cost;
	size_t budget;
};

/**
 * lwd_programs_get() - the program of a job, loaded if it is not
 * @programs: the cache
 * @ctl: control file
 * @job: number of a job in flight
 * @id: number of its program
 * @program: gets it; good until the cache is used again
 * @error: filled in on failure, may be NULL
 *
 * The kernel has checked the program; it is checked again.
 *
 * Return: 0, 1 if it was loaded now, or a negative errno value.
 */
int lwd_programs_get(struct lwd_programs *programs, struct lwd_ctl *ctl,
		     uint64_t job, uint64_t id, struct lwd_program **program,
		     struct lwnpu_error *error);

/* lwd_programs_find() - a loaded program, or NULL */
struct lwd_program *lwd_programs_find(const struct lwd_programs *programs,
				      uint64_t id);

/* lwd_programs_forget() - unload it, if it is there */
void lwd_programs_forget(struct lwd_programs *programs, uint64_t id);

/* lwd_programs_clear() - unload all */
void lwd_programs_clear(struct lwd_programs *programs);

#endif /* LWD_PROGRAMS_H */
