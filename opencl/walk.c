// SPDX-License-Identifier: MIT
/* Walks: all of a program's launches as steps of one. */
#include <stdlib.h>
#include <string.h>

#include "twin.h"

/*
 * Of a thread: one that has ended because others kept it waiting is replaced
 * by the next.
 */
#define GROUPS 32
/* A counter of each in each step is cleared by each job. */
#define MAX_SLOTS 16
/* Shares of a thread in a step, so that all end at about the same time. */
#define SHARES 4
/* Items of a share: up to 10 us each, and waiting is for shorter times. */
#define MAX_CHUNK 8

/* Threads that may take part in a walk. */
static unsigned int threads_of(const struct lw_cl_engine *engine)
{
	return engine->twin ? 2 : engine->device.units;
}

int lw_cl_walk_open(struct lw_cl_lowering *lower)
{
	struct lw_cl_walk *walk = &lower->loaded->walk;
	unsigned int threads = threads_of(lower->engine);
	cl_int code;

	if (!lower->engine->walk || lower->program->info.n_regions >
				    LWNPU_REGION_IO + LW_CL_WALK_BUFFERS)
		return lw_cl_build_single(lower->engine, lower->error);
	walk->kernel = clCreateKernel(lower->engine->walk, "walk", &code);
	if (code != CL_SUCCESS) {
		walk->kernel = NULL;
		return lw_cl_fail(lower->error, "clCreateKernel", code);
	}
	walk->groups = threads > 1 ? GROUPS * threads : 1;
	if (lower->engine->twin)
		walk->groups = LW_CL_TWIN_GROUPS;
	walk->params.slots = threads < MAX_SLOTS ? threads : MAX_SLOTS;
	walk->params.clear = 1;
	return 0;
}

int lw_cl_walk_add(struct lw_cl_lowering *lower, const struct lw_cl_call *call,
		   struct lw_step *step)
{
	unsigned int threads = threads_of(lower->engine);
	uint32_t *params;

	params = lw_cl_constants(lower, call->size / 4, &step->params);
	if (!params)
		return -ENOMEM;
	memcpy(params, call->params, call->size);
	for (unsigned int i = 0; i < 3; i++)
		if (step->buffers[i] == LW_CL_CONSTANTS)
			step->buffers[i] = LWNPU_REGION_WEIGHTS;
		else if (!lw_cl_is_bound(step->buffers[i]))
			step->buffers[i] = LWNPU_REGION_ARENA;
	step->chunk = step->items;
	if (threads > 1) {
		step->chunk = step->items / (threads * SHARES) + 1;
		if (step->chunk > MAX_CHUNK)
			step->chunk = MAX_CHUNK;
	}
	return 0;
}

static int create_progress(struct lw_cl_lowering *lower)
{
	struct lw_cl_walk *walk = &lower->loaded->walk;
	size_t pitch = (lower->loaded->n_launches * (walk->params.slots + 1) +
			1) * LW_CL_WALK_PITCH;
	uint32_t *zeros = calloc(pitch, 2 * sizeof(*zeros));
	cl_int code;

	if (!zeros)
		return lw_fail(lower->error, -ENOMEM,
			       "out of memory for a program");
	walk->params.set_pitch = pitch;
	walk->progress = clCreateBuffer(lower->engine->context,
					CL_MEM_READ_WRITE |
					CL_MEM_COPY_HOST_PTR,
					pitch * 2 * sizeof(*zeros), zeros,
					&code);
	free(zeros);
	if (code != CL_SUCCESS) {
		walk->progress = NULL;
		return lw_cl_fail(lower->error, "clCreateBuffer", code);
	}
	return 0;
}

int lw_cl_walk_steps(struct lw_cl_lowering *lower)
{
	struct lw_cl_loaded *loaded = lower->loaded;
	const size_t words = sizeof(struct lw_step) / 4;
	uint32_t *steps;

	if (!loaded->walk.kernel || !loaded->n_launches)
		return 0;
	steps = lw_cl_constants(lower, loaded->n_launches * words,
				&loaded->walk.params.steps);
	if (!steps)
		return -ENOMEM;
	for (size_t i = 0; i < loaded->n_launches; i++)
		memcpy(steps + i * words, &loaded->launches[i].step,
		       sizeof(struct lw_step));
	return create_progress(lower);
}

int lw_cl_walk_buffers(struct lw_cl_lowering *lower)
{
	const struct lw_cl_loaded *loaded = lower->loaded;
	cl_mem mem[LW_CL_WALK_FIRST_BUFFER + LW_CL_WALK_BUFFERS] = {
		NULL, loaded->constants, loaded->walk.progress
	};
	cl_int code = CL_SUCCESS;

	/* Jobs bind those that they have. */
	for (unsigned int i = LW_CL_WALK_FIRST_BUFFER - 1; i < LW_CL_WALK_FIRST_BUFFER +
	     LW_CL_WALK_BUFFERS; i++)
		mem[i] = loaded->arena;
	for (unsigned int i = 1; i < LW_CL_WALK_FIRST_BUFFER + LW_CL_WALK_BUFFERS &&
	     code == CL_SUCCESS; i++)
		code = clSetKernelArg(loaded->walk.kernel, i, sizeof(cl_mem),
				      &mem[i]);
	if (code != CL_SUCCESS)
		return lw_cl_fail(lower->error, "clSetKernelArg", code);
	return 0;
}

void lw_cl_walk_begin(struct lw_cl_walk *walk)
{
	/* The last job's first launch has cleared the other set. */
	if (!walk->params.clear)
		walk->params.set = 1 - walk->params.set;
	walk->params.clear = 1;
}

static int bind_job(struct lw_cl_loaded *loaded, const struct lw_cl_job *job,
		    struct lwnpu_error *error)
{
	struct lw_cl_walk *walk = &loaded->walk;
	cl_int code = clSetKernelArg(walk->kernel, 0, sizeof(walk->params),
				     &walk->params);

	for (unsigned int i = 0; i < LW_CL_WALK_BUFFERS &&
	     code == CL_SUCCESS; i++)
		if (job->mem[LWNPU_REGION_IO + i])
			code = clSetKernelArg(walk->kernel, LW_CL_WALK_FIRST_BUFFER + i,
					      sizeof(cl_mem),
					      &job->mem[LWNPU_REGION_IO + i]);
	if (code != CL_SUCCESS)
		return lw_cl_fail(error, "clSetKernelArg", code);
	return 0;
}

int lw_cl_walk_enqueue(struct lw_cl_engine *engine, struct lw_cl_loaded *loaded,
		       const struct lw_cl_job *job, size_t from, size_t to,
		       struct lwnpu_error *error)
{
	static const size_t one = 1;
	struct lw_cl_walk *walk = &loaded->walk;
	cl_int code;
	int ret;

	if (from == to)
		return 0;
	walk->params.from = from;
	walk->params.to = to;
	ret = bind_job(loaded, job, error);
	if (ret)
		return ret;
	if (engine->twin)
		lw_cl_twin_call(engine->twin, walk, job);
	code = clEnqueueNDRangeKernel(engine->queue, walk->kernel, 1, NULL,
				      &walk->groups, &one, 0, NULL, NULL);
	if (engine->twin) {
		clFinish(engine->queue);
		lw_cl_twin_wait(engine->twin);
	}
	if (code != CL_SUCCESS)
		return lw_cl_fail(error, "clEnqueueNDRangeKernel", code);
	walk->params.clear = 0;
	return 0;
}
