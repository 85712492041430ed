// SPDX-License-Identifier: MIT
/*
 * Buffers of jobs. A CPU device works on the host's memory in place; other
 * devices, and memory that is not aligned, get copies.
 */
#include <stdlib.h>
#include <string.h>

#include "opencl.h"

#define PAGE 4096

/**
 * struct lw_cl_memory - memory from lw_cl_memory_alloc()
 * @next: the engine's next
 * @data: page-aligned
 * @size: bytes, a multiple of pages
 * @mem: buffer in the same place, NULL if the device cannot use it so
 * @mapped: the host may use it
 */
struct lw_cl_memory {
	struct lw_cl_memory *next;
	void *data;
	size_t size;
	cl_mem mem;
	bool mapped;
};

static cl_mem wrap_memory(struct lw_cl_engine *engine, void *data, size_t size,
			  cl_int *code)
{
	return clCreateBuffer(engine->context,
			      CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, size,
			      data, code);
}

static cl_int map_buffer(struct lw_cl_engine *engine, cl_mem mem, size_t size)
{
	cl_int code;

	clEnqueueMapBuffer(engine->queue, mem, CL_FALSE,
			   CL_MAP_READ | CL_MAP_WRITE, 0, size, 0, NULL, NULL,
			   &code);
	return code;
}

static void release_memory(struct lw_cl_engine *engine,
			   struct lw_cl_memory *memory)
{
	if (memory->mapped)
		clEnqueueUnmapMemObject(engine->queue, memory->mem,
					memory->data, 0, NULL, NULL);
	if (memory->mem) {
		clFinish(engine->queue);
		clReleaseMemObject(memory->mem);
	}
	free(memory->data);
	free(memory);
}

void *lw_cl_memory_alloc(struct lw_cl_engine *engine, size_t size)
{
	struct lw_cl_memory *memory;
	cl_int code = CL_SUCCESS;

	if (lw_add(size ? size : 1, PAGE - 1, &size))
		return NULL;
	size &= ~(size_t)(PAGE - 1);
	memory = calloc(1, sizeof(*memory));
	if (!memory)
		return NULL;
	memory->size = size;
	memory->data = aligned_alloc(PAGE, size);
	if (!memory->data)
		goto fail;
	memset(memory->data, 0, size);
	if (engine->device.is_cpu) {
		memory->mem = wrap_memory(engine, memory->data, size, &code);
		if (code == CL_SUCCESS)
			code = map_buffer(engine, memory->mem, size);
		if (code != CL_SUCCESS || clFinish(engine->queue) != CL_SUCCESS)
			goto fail;
		memory->mapped = true;
	}
	memory->next = engine->memory;
	engine->memory = memory;
	return memory->data;
fail:
	release_memory(engine, memory);
	return NULL;
}

void lw_cl_memory_free(struct lw_cl_engine *engine, void *data)
{
	struct lw_cl_memory **link = &engine->memory;

	while (*link && (*link)->data != data)
		link = &(*link)->next;
	if (*link) {
		struct lw_cl_memory *memory = *link;

		*link = memory->next;
		release_memory(engine, memory);
	}
}

void lw_cl_memory_free_all(struct lw_cl_engine *engine)
{
	while (engine->memory)
		lw_cl_memory_free(engine, engine->memory->data);
}

/* The allocation that can serve as a buffer of @size bytes at @data, if any. */
static struct lw_cl_memory *find_memory(struct lw_cl_engine *engine,
					const void *data, size_t size)
{
	struct lw_cl_memory *memory = engine->memory;

	while (memory && memory->data != data)
		memory = memory->next;
	return memory && memory->mem && memory->size >= size ? memory : NULL;
}

/* Whether @data lies in an allocation: two buffers must not share memory. */
static bool is_inside_memory(const struct lw_cl_engine *engine,
			     const void *data, size_t size)
{
	uintptr_t first = (uintptr_t)data;

	for (const struct lw_cl_memory *memory = engine->memory; memory;
	     memory = memory->next) {
		uintptr_t start = (uintptr_t)memory->data;

		if (first < start + memory->size && start < first + size)
			return true;
	}
	return false;
}

static int begin_in_place(struct lw_cl_engine *engine, struct lw_cl_job *job,
			  unsigned int region, struct lwnpu_error *error)
{
	struct lw_cl_memory *memory = job->owner[region];
	cl_int code;

	job->mem[region] = memory->mem;
	job->data[region] = memory->data;
	if (!memory->mapped)
		return 0;
	code = clEnqueueUnmapMemObject(engine->queue, memory->mem, memory->data,
				       0, NULL, NULL);
	if (code != CL_SUCCESS)
		return lw_cl_fail(error, "clEnqueueUnmapMemObject", code);
	memory->mapped = false;
	return 0;
}

/*
 * Outputs are copied to the device, too: the bytes between their rows are the
 * caller's and come back as they were.
 */
static int begin_copy(struct lw_cl_engine *engine, struct lw_cl_loaded *loaded,
		      const struct lw_binding *binding, struct lw_cl_job *job,
		      unsigned int region, struct lwnpu_error *error)
{
	size_t size = loaded->info.region[region].size;
	cl_mem *staging = &loaded->staging[region];
	cl_int code;

	if (!*staging) {
		*staging = clCreateBuffer(engine->context, CL_MEM_READ_WRITE,
					  size, NULL, &code);
		if (code != CL_SUCCESS) {
			*staging = NULL;
			return lw_cl_fail(error, "clCreateBuffer", code);
		}
	}
	job->mem[region] = *staging;
	code = clEnqueueWriteBuffer(engine->queue, *staging, CL_FALSE, 0, size,
				    binding->data, 0, NULL, NULL);
	if (code != CL_SUCCESS)
		return lw_cl_fail(error, "clEnqueueWriteBuffer", code);
	return 0;
}

static int check_binding(const struct lw_cl_loaded *loaded,
			 const struct lw_binding *binding, unsigned int region,
			 struct lwnpu_error *error)
{
	size_t size = loaded->info.region[region].size;

	if (!binding->data || binding->size < size)
		return lw_fail(error, -EINVAL,
			       "region %u: buffer of %zu bytes, expected at least %zu",
			       region, binding->data ? binding->size : 0, size);
	return 0;
}

static int begin_region(struct lw_cl_engine *engine,
			struct lw_cl_loaded *loaded,
			const struct lw_binding *binding, struct lw_cl_job *job,
			unsigned int region, struct lwnpu_error *error)
{
	size_t size = loaded->info.region[region].size;
	cl_int code;
	int ret = check_binding(loaded, binding, region, error);

	if (ret)
		return ret;
	job->owner[region] = find_memory(engine, binding->data, size);
	if (job->owner[region])
		return begin_in_place(engine, job, region, error);
	if (!engine->device.is_cpu ||
	    (uintptr_t)binding->data % engine->device.alignment ||
	    is_inside_memory(engine, binding->data, size))
		return begin_copy(engine, loaded, binding, job, region, error);
	job->mem[region] = wrap_memory(engine, binding->data, size, &code);
	if (code != CL_SUCCESS) {
		job->mem[region] = NULL;
		return lw_cl_fail(error, "clCreateBuffer", code);
	}
	job->data[region] = binding->data;
	job->wrapped[region] = true;
	return 0;
}

int lw_cl_job_begin(struct lw_cl_engine *engine, struct lw_cl_loaded *loaded,
		    const struct lw_binding *bindings, struct lw_cl_job *job,
		    struct lwnpu_error *error)
{
	const struct lwnpu_program_info *info = &loaded->info;
	int ret = 0;

	memset(job, 0, sizeof(*job));
	for (unsigned int i = LWNPU_REGION_IO; i < info->n_regions && !ret; i++)
		if (info->region[i].direction != LWNPU_UNUSED)
			ret = begin_region(engine, loaded, &bindings[i], job, i,
					   error);
	return ret;
}

/* Enqueues what makes the host see a region again. */
static cl_int return_region(struct lw_cl_engine *engine,
			    const struct lw_cl_loaded *loaded,
			    const struct lw_binding *binding,
			    struct lw_cl_job *job, unsigned int region)
{
	struct lw_cl_memory *memory = job->owner[region];
	size_t size = loaded->info.region[region].size;
	cl_int code = CL_SUCCESS;

	if (!job->mem[region])
		return code;
	if (memory) {
		if (!memory->mapped)
			code = map_buffer(engine, memory->mem, memory->size);
		memory->mapped = code == CL_SUCCESS;
	} else if (loaded->info.region[region].direction == LWNPU_OUT) {
		if (job->wrapped[region])
			code = map_buffer(engine, job->mem[region], size);
		else
			code = clEnqueueReadBuffer(engine->queue,
						   job->mem[region], CL_FALSE,
						   0, size, binding->data, 0,
						   NULL, NULL);
	}
	return code;
}

/* A wrapped output was mapped to be seen; a buffer in use must not be freed. */
static void release_region(struct lw_cl_engine *engine,
			   const struct lw_cl_loaded *loaded,
			   const struct lw_binding *binding,
			   struct lw_cl_job *job, unsigned int region)
{
	if (!job->wrapped[region])
		return;
	if (loaded->info.region[region].direction == LWNPU_OUT) {
		clEnqueueUnmapMemObject(engine->queue, job->mem[region],
					binding->data, 0, NULL, NULL);
		clFinish(engine->queue);
	}
	clReleaseMemObject(job->mem[region]);
}

int lw_cl_job_end(struct lw_cl_engine *engine, struct lw_cl_loaded *loaded,
		  const struct lw_binding *bindings, struct lw_cl_job *job,
		  struct lwnpu_error *error)
{
	cl_int code = CL_SUCCESS, finished;
	unsigned int n = loaded->info.n_regions;

	for (unsigned int i = LWNPU_REGION_IO; i < n; i++) {
		cl_int one = return_region(engine, loaded, &bindings[i], job, i);

		if (one != CL_SUCCESS)
			code = one;
	}
	finished = clFinish(engine->queue);
	for (unsigned int i = LWNPU_REGION_IO; i < n; i++)
		release_region(engine, loaded, &bindings[i], job, i);
	if (finished != CL_SUCCESS)
		return lw_cl_fail(error, "clFinish", finished);
	if (code != CL_SUCCESS)
		return lw_cl_fail(error, "returning buffers to the host", code);
	return 0;
}
