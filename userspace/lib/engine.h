/* SPDX-License-Identifier: MIT */
/* What an engine is to the library: it loads programs and runs jobs. */
#ifndef LW_ENGINE_H
#define LW_ENGINE_H

#include "error.h"
#include "lwnpu_check.h"

/**
 * struct lw_program - a checked program
 * @ops: the operations
 * @n_ops: how many
 * @weights: region 0, decoded; 64-byte aligned
 * @weights_size: its bytes
 * @info: the checker's result
 */
struct lw_program {
	struct lwnpu_op *ops;
	uint32_t n_ops;
	uint8_t *weights;
	size_t weights_size;
	struct lwnpu_program_info info;
};

/**
 * struct lw_binding - the buffer of one region of a job
 * @data: 64-byte aligned where it comes from lw_engine_ops.alloc
 * @size: bytes, at least the program's region size
 */
struct lw_binding {
	void *data;
	size_t size;
};

struct lw_task_ops;

/**
 * struct lw_run_result - what a run tells beside its outputs
 * @gates: bit i: the program's GATE number i, counted from 0 in the order of
 *	the operations, was taken; not set if that gate was itself left out
 * @has_gates: false: the engine does not say, @gates is 0
 */
struct lw_run_result {
	uint64_t gates;
	bool has_gates;
};

/**
 * struct lw_engine_ops - an engine
 * @name: "ref", "opencl", "lwnpu"
 * @list: as lwnpu_device_list(), for this engine
 * @open: open the device that @choice names (NULL: the default)
 * @prepare: do now what would else be done when a program of another kind is
 *	loaded first, and may take seconds; NULL: there is nothing
 * @close: the reverse of @open
 * @describe: as lwnpu_device_describe()
 * @load: prepare a program; it is copied or re-laid, @program is not needed
 *	afterwards
 * @unload: the reverse
 * @alloc: memory for a job's buffers, zeroed, at least 64-byte aligned, that
 *	the engine reaches without a copy where the device allows; NULL with
 *	errno set
 * @free: the reverse
 * @can_bind: whether @run takes this memory; NULL: it takes any
 * @run: run once and wait; @bindings has info.n_regions entries indexed by
 *	region, those of unused regions, of the weights and of the arena are
 *	ignored (an engine has its own arena); @result is filled in on success,
 *	and may be NULL
 * @max_running: runs at once that are of use; 0: as many as there are
 *	processors
 * @tasks: asynchronous runs, whose runner is the engine; NULL: threads of the
 *	library call @run
 *
 * Several threads may use an engine at once, and what it has loaded.
 */
struct lw_engine_ops {
	const char *name;
	int (*list)(struct lwnpu_device_info *info, unsigned int max);
	int (*open)(void **engine, const char *choice,
		    struct lwnpu_error *error);
	int (*prepare)(void *engine, struct lwnpu_error *error);
	void (*close)(void *engine);
	void (*describe)(void *engine, struct lwnpu_device_info *info);
	int (*load)(void *engine, const struct lw_program *program,
		    void **loaded, struct lwnpu_error *error);
	void (*unload)(void *engine, void *loaded);
	void *(*alloc)(void *engine, size_t size);
	void (*free)(void *engine, void *data);
	bool (*can_bind)(void *engine, const void *data, size_t size);
	int (*run)(void *engine, void *loaded,
		   const struct lw_binding *bindings,
		   struct lw_run_result *result, struct lwnpu_error *error);
	unsigned int max_running;
	const struct lw_task_ops *tasks;
};

extern const struct lw_engine_ops lw_ref_engine;
extern const struct lw_engine_ops lw_opencl_engine;
/* /dev/lwnpu; its choice is the path of a node. */
extern const struct lw_engine_ops lw_drm_engine;

/**
 * lw_program_check() - check a program and say what is wrong as text
 * @program: ops and weights set; info is filled in
 * @error: filled in on failure, may be NULL
 *
 * Return: 0 or -EINVAL.
 */
int lw_program_check(struct lw_program *program, struct lwnpu_error *error);

/**
 * lw_program_refuse() - a checker's verdict as text
 * @error: filled in, may be NULL
 * @program: what was checked
 * @why: the verdict
 *
 * Return: -EINVAL.
 */
int lw_program_refuse(struct lwnpu_error *error,
		      const struct lw_program *program,
		      const struct lwnpu_check_error *why);

/** lw_program_release() - free ops and weights, and clear */
void lw_program_release(struct lw_program *program);

#endif /* LW_ENGINE_H */
