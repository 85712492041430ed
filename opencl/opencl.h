/* SPDX-License-Identifier: MIT */
/* The OpenCL engine, inside: programs, lowering, buffers. */
#ifndef LW_CL_OPENCL_H
#define LW_CL_OPENCL_H

#include <pthread.h>

#include "cl_device.h"
#include "engine.h"
#include "kernels.h"

typedef cl_uint uint;
#include "params.cl"

/**
 * struct lw_cl_tiles - vectors of pixels in a tile of each convolution kernel
 * @conv: conv_large, conv_small
 * @quad: conv_quad_large, conv_quad_small
 */
struct lw_cl_tiles {
	unsigned int conv[2];
	unsigned int quad[2];
};

/**
 * struct lw_cl_dot - an implementation of dot4()
 * @name: for LWNPU_OPENCL_DOT
 * @macro: selects it in dot.cl
 * @lanes: pixels in a vector
 * @tiles: sizes of tiles
 * @quad_cost: percent: a product in conv_quad compared with one in conv
 * @split_pairs: pairs of weights must not exceed 128, see lw_cl_lists_build()
 * @usable: whether a device has it; a build may still find out it has not
 */
struct lw_cl_dot {
	const char *name;
	const char *macro;
	unsigned int lanes;
	struct lw_cl_tiles tiles;
	unsigned int quad_cost;
	bool split_pairs;
	bool (*usable)(const struct lw_cl_device *device);
};

struct lw_cl_memory;
struct lw_cl_twin;

/**
 * struct lw_cl_engine - an open device
 * @device: the device
 * @context: of the device alone
 * @queue: in order
 * @program: the kernels, each for itself, NULL if nothing has needed them
 * @walk: the kernel that walks programs, NULL if the device has none
 * @dot: how they compute
 * @lock: held while the queue or @memory is used; see lw_cl_lock()
 * @memory: buffers that lw_cl_memory_alloc() made
 * @is_chosen: the user has named the device, or says how it should compute:
 *	all programs run on it
 * @small: where small programs run, NULL as long as there are none
 * @twin: takes part in its walks, or NULL
 */
struct lw_cl_engine {
	struct lw_cl_device device;
	cl_context context;
	cl_command_queue queue;
	cl_program program;
	cl_program walk;
	const struct lw_cl_dot *dot;
	pthread_mutex_t lock;
	struct lw_cl_memory *memory;
	bool is_chosen;
	struct lw_cl_engine *small;
	struct lw_cl_twin *twin;
};

/* In the place of a region: a tensor of region 0, which is among constants. */
#define LW_CL_CONSTANTS LWNPU_REGION_MAX

/**
 * struct lw_cl_launch - a kernel with its arguments, ready to enqueue
 * @kernel: of its own, so that arguments stay set; NULL for a step of a walk
 * @step: what it does; of its buffers, regions below LWNPU_REGION_IO, unused
 *	ones among them, are the arena
 */
struct lw_cl_launch {
	cl_kernel kernel;
	struct lw_step step;
};

/**
 * struct lw_cl_pace - how long jobs take, with the engine's twin and without
 * @ns: smoothed, [0] alone, [1] together; 0 if not known yet
 * @jobs: so far, in streams of them
 */
struct lw_cl_pace {
	int64_t ns[2];
	unsigned int jobs;
};

/**
 * struct lw_cl_walk - all of a program's launches as steps of one, see walk.cl
 * @kernel: NULL if the launches are enqueued one by one
 * @twin: the same for the engine's twin, NULL if it has none
 * @progress: two sets of counters
 * @params: of the next launch
 * @groups: work-groups
 * @pace: of its jobs
 */
struct lw_cl_walk {
	cl_kernel kernel;
	cl_kernel twin;
	cl_mem progress;
	struct lw_walk_params params;
	size_t groups;
	struct lw_cl_pace pace;
};

/* Whether a job binds a launch's argument. */
static inline bool lw_cl_is_bound(uint8_t region)
{
	return region >= LWNPU_REGION_IO && region < LWNPU_REGION_MAX;
}

/**
 * struct lw_cl_gate - a GATE
 * @launch: the one that finds its value
 * @target: the one to go on with if it is taken
 * @threshold: the least value for which it is
 * @invert: it is taken below the threshold
 */
struct lw_cl_gate {
	size_t launch;
	size_t target;
	uint8_t threshold;
	bool invert;
};

/**
 * struct lw_cl_loaded - a loaded program
 * @engine: where it runs
 * @n_launches: how many
 * @launches: in order
 * @walk: how they run, if not one by one
 * @n_gates: how many
 * @gates: in order
 * @gate_value: where launches leave a gate's value: word of @arena
 * @constants: weights, biases, scales and tables as the kernels want them, and
 *	region 0 as it is, as far as it holds tensors
 * @arena: the program's arena, then scratch memory of convolutions
 * @staging: per region: the device's copy of a buffer that it cannot reach
 * @info: sizes and directions of the regions
 */
struct lw_cl_loaded {
	struct lw_cl_engine *engine;
	size_t n_launches;
	struct lw_cl_launch *launches;
	struct lw_cl_walk walk;
	size_t n_gates;
	struct lw_cl_gate gates[LWNPU_MAX_GATES];
	size_t gate_value;
	cl_mem constants;
	cl_mem arena;
	cl_mem staging[LWNPU_REGION_MAX];
	struct lwnpu_program_info info;
};

/* engine.c */
void lw_cl_lock(struct lw_cl_engine *engine);
void lw_cl_unlock(struct lw_cl_engine *engine);

/**
 * lw_cl_engine_open() - open a device
 * @result: gets the engine
 * @device: which
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, or as lw_cl_build().
 */
int lw_cl_engine_open(struct lw_cl_engine **result,
		      const struct lw_cl_device *device,
		      struct lwnpu_error *error);

/* lw_cl_engine_close() - the reverse; @engine may be NULL */
void lw_cl_engine_close(struct lw_cl_engine *engine);

/* small.c */

/**
 * lw_cl_small_open() - open where small programs run, if that is another device
 * @engine: not locked
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, or as lw_cl_engine_open().
 */
int lw_cl_small_open(struct lw_cl_engine *engine, struct lwnpu_error *error);

/**
 * lw_cl_small() - where a program should run
 * @engine: not locked
 * @program: the program
 * @result: gets @engine, or another that ends with it
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, or as lw_cl_engine_open().
 */
int lw_cl_small(struct lw_cl_engine *engine, const struct lw_program *program,
		struct lw_cl_engine **result, struct lwnpu_error *error);

/* error.c */

/**
 * lw_cl_fail() - report the error of an OpenCL call
 * @error: as lw_fail()
 * @call: the function's name
 * @code: what it returned
 *
 * Return: -ENOMEM if memory ran out, else -EIO.
 */
int lw_cl_fail(struct lwnpu_error *error, const char *call, cl_int code);

/* dot.c */

/**
 * lw_cl_dot_next() - the implementations to try on a device, best first
 * @device: the device
 * @last: what was tried before, or NULL
 *
 * Return: one that the host believes the device to have, or NULL.
 */
const struct lw_cl_dot *lw_cl_dot_next(const struct lw_cl_device *device,
				       const struct lw_cl_dot *last);

/* lw_cl_dot_find() - the one of that name, or NULL */
const struct lw_cl_dot *lw_cl_dot_find(const char *name);

/* build.c */

/**
 * lw_cl_build() - compile the kernels, or take them from the cache
 * @engine: context, device set; program or walk, and dot are filled in
 * @error: filled in on failure, may be NULL
 *
 * LWNPU_OPENCL_DOT chooses the implementation of dot4(). LWNPU_OPENCL_WALK=0
 * launches each kernel for itself on all devices.
 *
 * Return: 0, -EOPNOTSUPP the device lacks what was asked for, -EINVAL no such
 * implementation, -ENOMEM, -EIO.
 */
int lw_cl_build(struct lw_cl_engine *engine, struct lwnpu_error *error);

/* lw_cl_build_single() - make sure that engine->program is there */
int lw_cl_build_single(struct lw_cl_engine *engine, struct lwnpu_error *error);

/* cache.c: a directory of compiled kernels; failures are not errors. */

/**
 * struct lw_cl_cache - the place of one program
 * @path: file name, "" if there is no cache
 * @key: of the source and everything that it is compiled with
 */
struct lw_cl_cache {
	char path[4096];
	uint64_t key[2];
};

/**
 * lw_cl_cache_find() - where a program would be
 * @cache: filled in
 * @parts: texts that the program depends on
 * @n: how many
 */
void lw_cl_cache_find(struct lw_cl_cache *cache, const char *const *parts,
		      size_t n);

/**
 * lw_cl_cache_load() - read a verified binary
 * @cache: its place
 * @file: gets memory that the caller frees, NULL if there is no good binary
 * @size: gets the binary's bytes
 *
 * Return: the binary, inside @file, or NULL.
 */
const unsigned char *lw_cl_cache_load(const struct lw_cl_cache *cache,
				      void **file, size_t *size);

/* lw_cl_cache_store() - write a binary, whole or not at all */
void lw_cl_cache_store(const struct lw_cl_cache *cache,
		       const unsigned char *binary, size_t size);

/* memory.c */

/**
 * lw_cl_memory_alloc() - zeroed memory that the device reaches
 * @engine: locked
 * @size: bytes
 *
 * Return: page-aligned memory, or NULL.
 */
void *lw_cl_memory_alloc(struct lw_cl_engine *engine, size_t size);

/* lw_cl_memory_free() - the reverse; @engine is locked, @data may be NULL */
void lw_cl_memory_free(struct lw_cl_engine *engine, void *data);

/* lw_cl_memory_free_all() - free what the user of the engine has not */
void lw_cl_memory_free_all(struct lw_cl_engine *engine);

/**
 * struct lw_cl_job - the buffers of a job on the device
 * @mem: per region; what the kernels get
 * @data: per region: where the host has it, NULL if the device has a copy
 * @owner: per region: the allocation that it is, if it is one
 * @wrapped: per region: @mem was made for this job
 */
struct lw_cl_job {
	cl_mem mem[LWNPU_REGION_MAX];
	void *data[LWNPU_REGION_MAX];
	struct lw_cl_memory *owner[LWNPU_REGION_MAX];
	bool wrapped[LWNPU_REGION_MAX];
};

/**
 * lw_cl_job_begin() - hand a job's buffers to the device
 * @engine: locked
 * @loaded: the program
 * @bindings: as lw_engine_ops.run
 * @job: filled in, to be ended in any case
 * @error: filled in on failure, may be NULL
 */
int lw_cl_job_begin(struct lw_cl_engine *engine, struct lw_cl_loaded *loaded,
		    const struct lw_binding *bindings, struct lw_cl_job *job,
		    struct lwnpu_error *error);

/**
 * lw_cl_job_end() - wait for a job and hand its buffers back to the host
 * @engine: locked
 * @loaded: the program
 * @bindings: as lw_engine_ops.run
 * @job: of lw_cl_job_begin()
 * @error: filled in on failure, may be NULL
 */
int lw_cl_job_end(struct lw_cl_engine *engine, struct lw_cl_loaded *loaded,
		  const struct lw_binding *bindings, struct lw_cl_job *job,
		  struct lwnpu_error *error);

/* run.c */

/**
 * lw_cl_run_launches() - enqueue the launches of a program
 * @engine: locked
 * @loaded: the program
 * @job: its buffers
 * @gates: gets the gates that were taken, see struct lw_run_result
 * @error: filled in on failure, may be NULL
 *
 * Does not wait but for the values of gates.
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int lw_cl_run_launches(struct lw_cl_engine *engine, struct lw_cl_loaded *loaded,
		       const struct lw_cl_job *job, uint64_t *gates,
		       struct lwnpu_error *error);

/* walk.c */

/* lw_cl_walk_begin() - before the first launch of each job */
void lw_cl_walk_begin(struct lw_cl_walk *walk);

/**
 * lw_cl_walk_enqueue() - enqueue a walk
 * @engine: locked
 * @loaded: a program that has a walk
 * @job: its buffers
 * @from: the first launch
 * @to: the one after the last
 * @error: filled in on failure, may be NULL
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int lw_cl_walk_enqueue(struct lw_cl_engine *engine, struct lw_cl_loaded *loaded,
		       const struct lw_cl_job *job, size_t from, size_t to,
		       struct lwnpu_error *error);

#endif /* LW_CL_OPENCL_H */
