// SPDX-License-Identifier: MIT
/* The reference engine as the library sees it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "ref.h"

#define LW_REF_ALIGN 64

/**
 * struct lw_ref_scratch - what a run needs besides its buffers
 * @next: in lw_ref_loaded.scratch
 * @arena: region 1
 * @acc: one accumulator per column of the widest output
 */
struct lw_ref_scratch {
	struct lw_ref_scratch *next;
	uint8_t *arena;
	uint32_t *acc;
};

/**
 * struct lw_ref_loaded - a loaded program
 * @program: a copy
 * @lock: of @scratch
 * @scratch: not in use; as many are made as there are runs at a time
 */
struct lw_ref_loaded {
	struct lw_program program;
	pthread_mutex_t lock;
	struct lw_ref_scratch *scratch;
};

typedef void lw_ref_function(const struct lw_ref_job *job,
			     const struct lwnpu_op *op);

#define LWNPU_OP(name, NAME, number, tensors, doc) [number] = lw_ref_##name,
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
static lw_ref_function *const lw_ref_functions[] = {
#include "lwnpu_ops.def"
};
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END

static void lw_ref_describe(void *engine, struct lwnpu_device_info *info)
{
	(void)engine;
	memset(info, 0, sizeof(*info));
	snprintf(info->name, sizeof(info->name), "ref");
	snprintf(info->engine, sizeof(info->engine), "ref");
	snprintf(info->description, sizeof(info->description),
		 "plain C, the definition of every operation");
}

static int lw_ref_list(struct lwnpu_device_info *info, unsigned int max)
{
	if (max)
		lw_ref_describe(NULL, info);
	return 1;
}

static int lw_ref_open(void **engine, const char *choice,
		       struct lwnpu_error *error)
{
	if (choice && *choice)
		return lw_fail(error, -ENODEV,
			       "ref:%s: no such device, expected ref", choice);
	*engine = NULL;
	return 0;
}

static void lw_ref_close(void *engine)
{
	(void)engine;
}

static void *lw_ref_alloc(void *engine, size_t size)
{
	void *data;

	(void)engine;
	if (lw_add(size, !size, &size) ||
	    posix_memalign(&data, LW_REF_ALIGN, size)) {
		errno = ENOMEM;
		return NULL;
	}
	return memset(data, 0, size);
}

static void lw_ref_free(void *engine, void *data)
{
	(void)engine;
	free(data);
}

static size_t lw_ref_widest(const struct lw_program *program)
{
	size_t widest = 1;
	uint32_t i;

	for (i = 0; i < program->n_ops; i++)
		if (program->ops[i].out.w > widest)
			widest = program->ops[i].out.w;
	return widest;
}

static void lw_ref_scratch_free(struct lw_ref_scratch *scratch)
{
	if (!scratch)
		return;
	free(scratch->arena);
	free(scratch->acc);
	free(scratch);
}

static struct lw_ref_scratch *
lw_ref_scratch_new(const struct lw_program *program)
{
	size_t arena = program->info.region[LWNPU_REGION_ARENA].size;
	struct lw_ref_scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return NULL;
	scratch->arena = lw_ref_alloc(NULL, arena);
	scratch->acc = calloc(lw_ref_widest(program), sizeof(*scratch->acc));
	if (scratch->arena && scratch->acc)
		return scratch;
	lw_ref_scratch_free(scratch);
	return NULL;
}

static struct lw_ref_scratch *lw_ref_scratch_get(struct lw_ref_loaded *ref)
{
	struct lw_ref_scratch *scratch;

	pthread_mutex_lock(&ref->lock);
	scratch = ref->scratch;
	if (scratch)
		ref->scratch = scratch->next;
	pthread_mutex_unlock(&ref->lock);
	return scratch ? scratch : lw_ref_scratch_new(&ref->program);
}

static void lw_ref_scratch_put(struct lw_ref_loaded *ref,
			       struct lw_ref_scratch *scratch)
{
	pthread_mutex_lock(&ref->lock);
	scratch->next = ref->scratch;
	ref->scratch = scratch;
	pthread_mutex_unlock(&ref->lock);
}

static void lw_ref_unload(void *engine, void *loaded)
{
	struct lw_ref_loaded *ref = loaded;
	struct lw_ref_scratch *scratch;

	(void)engine;
	if (!ref)
		return;
	while ((scratch = ref->scratch)) {
		ref->scratch = scratch->next;
		lw_ref_scratch_free(scratch);
	}
	lw_program_release(&ref->program);
	pthread_mutex_destroy(&ref->lock);
	free(ref);
}

static int lw_ref_load(void *engine, const struct lw_program *program,
		       void **loaded, struct lwnpu_error *error)
{
	size_t ops_size = program->n_ops * sizeof(*program->ops);
	struct lw_ref_loaded *ref = calloc(1, sizeof(*ref));

	if (!ref)
		goto no_memory;
	pthread_mutex_init(&ref->lock, NULL);
	ref->program = *program;
	ref->program.ops = malloc(ops_size);
	ref->program.weights = lw_ref_alloc(engine, program->weights_size);
	ref->scratch = lw_ref_scratch_new(program);
	if (!ref->program.ops || !ref->program.weights || !ref->scratch)
		goto no_memory;
	memcpy(ref->program.ops, program->ops, ops_size);
	if (program->weights_size)
		memcpy(ref->program.weights, program->weights,
		       program->weights_size);
	*loaded = ref;
	return 0;

no_memory:
	lw_ref_unload(engine, ref);
	return lw_fail(error, -ENOMEM,
		       "out of memory for a program of %zu weight and %llu arena bytes",
		       program->weights_size,
		       program->info.region[LWNPU_REGION_ARENA].size);
}

/* Lanes past the last channel are written as zero by every operation. */
static void lw_ref_clear_lanes(const struct lw_ref_job *job,
			       const struct lwnpu_tensor *out)
{
	uint32_t used = out->c % LWNPU_LANES;
	uint32_t y, x;

	if (!used)
		return;
	for (y = 0; y < out->h; y++)
		for (x = 0; x < out->w; x++)
			memset(lw_ref_byte(job, out, out->c, y, x), 0,
			       LWNPU_LANES - used);
}

static int lw_ref_bind(struct lw_ref_job *job,
		       const struct lw_ref_loaded *ref,
		       const struct lw_binding *bindings,
		       struct lwnpu_error *error)
{
	const struct lwnpu_program_info *info = &ref->program.info;
	uint32_t r;

	job->region[LWNPU_REGION_WEIGHTS] = ref->program.weights;
	for (r = LWNPU_REGION_IO; r < info->n_regions; r++) {
		if (info->region[r].direction == LWNPU_UNUSED)
			continue;
		if (!bindings[r].data ||
		    bindings[r].size < info->region[r].size)
			return lw_fail(error, -EINVAL,
				       "region %u: buffer of %zu bytes, expected at least %llu",
				       r, bindings[r].size,
				       (unsigned long long)info->region[r].size);
		job->region[r] = bindings[r].data;
	}
	return 0;
}

/* Gives the gates that were taken. */
static uint64_t lw_ref_run_ops(struct lw_ref_job *job,
			       const struct lw_program *program)
{
	uint32_t i, gate = 0, skip = 0;
	uint64_t taken = 0;

	job->skip = &skip;
	for (i = 0; i < program->n_ops; i++) {
		const struct lwnpu_op *op = &program->ops[i];

		if (skip) {
			skip--;
		} else {
			lw_ref_functions[op->opcode](job, op);
			lw_ref_clear_lanes(job, &op->out);
			taken |= (uint64_t)!!skip << gate;
		}
		gate += op->opcode == LWNPU_OP_GATE;
	}
	return taken;
}

static int lw_ref_run(void *engine, void *loaded,
		      const struct lw_binding *bindings,
		      struct lw_run_result *result, struct lwnpu_error *error)
{
	struct lw_ref_loaded *ref = loaded;
	struct lw_ref_job job = { 0 };
	struct lw_ref_scratch *scratch;
	uint64_t gates;
	int err;

	(void)engine;
	err = lw_ref_bind(&job, ref, bindings, error);
	if (err)
		return err;
	scratch = lw_ref_scratch_get(ref);
	if (!scratch)
		return lw_fail(error, -ENOMEM, "out of memory for a run");
	job.region[LWNPU_REGION_ARENA] = scratch->arena;
	job.acc = scratch->acc;
	gates = lw_ref_run_ops(&job, &ref->program);
	lw_ref_scratch_put(ref, scratch);
	if (result)
		*result = (struct lw_run_result) { gates, true };
	return 0;
}

const struct lw_engine_ops lw_ref_engine = {
	.name = "ref",
	.list = lw_ref_list,
	.open = lw_ref_open,
	.close = lw_ref_close,
	.describe = lw_ref_describe,
	.load = lw_ref_load,
	.unload = lw_ref_unload,
	.alloc = lw_ref_alloc,
	.free = lw_ref_free,
	.run = lw_ref_run,
};
