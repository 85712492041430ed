// SPDX-License-Identifier: MIT
/* The OpenCL engine: lw_opencl_engine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin.h"

/*
 * PoCL's "basic" devices run kernels in the calling thread and do not stand
 * two of them at once, whatever the context.
 */
static pthread_mutex_t basic_lock = PTHREAD_MUTEX_INITIALIZER;

void lw_cl_lock(struct lw_cl_engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	if (lw_cl_is_basic(&engine->device))
		pthread_mutex_lock(&basic_lock);
}

void lw_cl_unlock(struct lw_cl_engine *engine)
{
	if (lw_cl_is_basic(&engine->device))
		pthread_mutex_unlock(&basic_lock);
	pthread_mutex_unlock(&engine->lock);
}

static void fill_info(const struct lw_cl_device *device, int number,
		      struct lwnpu_device_info *info)
{
	memset(info, 0, sizeof(*info));
	snprintf(info->name, sizeof(info->name), "opencl:%d", number);
	snprintf(info->engine, sizeof(info->engine), "opencl");
	snprintf(info->description, sizeof(info->description), "%s, driver %s",
		 device->name, device->driver);
}

static int opencl_list(struct lwnpu_device_info *info, unsigned int max)
{
	struct lw_cl_device *devices;
	int n = lw_cl_find_devices(&devices);

	for (int i = 0; i < n && (unsigned int)i < max; i++)
		fill_info(&devices[i], i, &info[i]);
	free(devices);
	return n;
}

void lw_cl_engine_close(struct lw_cl_engine *engine)
{
	if (!engine)
		return;
	lw_cl_engine_close(engine->small);
	lw_cl_twin_close(engine->twin);
	lw_cl_memory_free_all(engine);
	if (engine->walk)
		clReleaseProgram(engine->walk);
	if (engine->program)
		clReleaseProgram(engine->program);
	if (engine->queue)
		clReleaseCommandQueue(engine->queue);
	if (engine->context)
		clReleaseContext(engine->context);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

static int open_queue(struct lw_cl_engine *engine, struct lwnpu_error *error)
{
	cl_int code;

	engine->context = clCreateContext(NULL, 1, &engine->device.id, NULL,
					  NULL, &code);
	if (code != CL_SUCCESS) {
		engine->context = NULL;
		return lw_cl_fail(error, "clCreateContext", code);
	}
	engine->queue = clCreateCommandQueue(engine->context, engine->device.id,
					     0, &code);
	if (code != CL_SUCCESS) {
		engine->queue = NULL;
		return lw_cl_fail(error, "clCreateCommandQueue", code);
	}
	return 0;
}

int lw_cl_engine_open(struct lw_cl_engine **result,
		      const struct lw_cl_device *device,
		      struct lwnpu_error *error)
{
	struct lw_cl_engine *engine = calloc(1, sizeof(*engine));
	int ret;

	if (!engine)
		return lw_fail(error, -ENOMEM, "out of memory for a device");
	pthread_mutex_init(&engine->lock, NULL);
	engine->device = *device;
	ret = open_queue(engine, error);
	if (!ret)
		ret = lw_cl_build(engine, error);
	if (ret) {
		lw_cl_engine_close(engine);
		return ret;
	}
	*result = engine;
	return 0;
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && value[0];
}

static int opencl_open(void **opened, const char *choice,
		       struct lwnpu_error *error)
{
	struct lw_cl_engine *engine;
	struct lw_cl_device device;
	int ret;

	if (!choice || !choice[0])
		choice = getenv("LWNPU_OPENCL_DEVICE");
	if (!choice)
		choice = "";
	ret = lw_cl_choose_device(&device, choice, error);
	if (!ret)
		ret = lw_cl_engine_open(&engine, &device, error);
	if (ret)
		return ret;
	engine->is_chosen = choice[0] || is_set("LWNPU_OPENCL_DOT") ||
			    is_set("LWNPU_OPENCL_WALK");
	*opened = engine;
	return 0;
}

static void opencl_close(void *opened)
{
	lw_cl_engine_close(opened);
}

static int opencl_prepare(void *opened, struct lwnpu_error *error)
{
	return lw_cl_small_open(opened, error);
}

static void opencl_describe(void *opened, struct lwnpu_device_info *info)
{
	const struct lw_cl_engine *engine = opened;
	struct lw_cl_device *devices;
	int n = lw_cl_find_devices(&devices);
	int number = 0;

	while (number < n && devices[number].id != engine->device.id)
		number++;
	free(devices);
	fill_info(&engine->device, number, info);
}

static void opencl_unload(void *opened, void *program)
{
	struct lw_cl_loaded *loaded = program;
	struct lw_cl_engine *engine;

	(void)opened;
	if (!loaded)
		return;
	engine = loaded->engine;
	lw_cl_lock(engine);
	for (size_t i = 0; i < loaded->n_launches; i++)
		if (loaded->launches[i].kernel)
			clReleaseKernel(loaded->launches[i].kernel);
	if (loaded->walk.kernel)
		clReleaseKernel(loaded->walk.kernel);
	if (loaded->walk.twin)
		clReleaseKernel(loaded->walk.twin);
	if (loaded->walk.progress)
		clReleaseMemObject(loaded->walk.progress);
	for (unsigned int i = 0; i < LWNPU_REGION_MAX; i++)
		if (loaded->staging[i])
			clReleaseMemObject(loaded->staging[i]);
	if (loaded->arena)
		clReleaseMemObject(loaded->arena);
	if (loaded->constants)
		clReleaseMemObject(loaded->constants);
	lw_cl_unlock(engine);
	free(loaded->launches);
	free(loaded);
}

static int opencl_load(void *opened, const struct lw_program *program,
		       void **result, struct lwnpu_error *error)
{
	struct lw_cl_engine *engine;
	struct lw_cl_loaded *loaded;
	int ret = lw_cl_small(opened, program, &engine, error);

	if (ret)
		return ret;
	loaded = calloc(1, sizeof(*loaded));
	if (!loaded)
		return lw_fail(error, -ENOMEM, "out of memory for a program");
	loaded->engine = engine;
	loaded->info = program->info;
	lw_cl_lock(engine);
	ret = lw_cl_lower(engine, program, loaded, error);
	lw_cl_unlock(engine);
	if (ret) {
		opencl_unload(engine, loaded);
		return ret;
	}
	*result = loaded;
	return 0;
}

static void *opencl_alloc(void *opened, size_t size)
{
	struct lw_cl_engine *engine = opened;
	void *data;

	lw_cl_lock(engine);
	data = lw_cl_memory_alloc(engine, size);
	lw_cl_unlock(engine);
	if (!data)
		errno = ENOMEM;
	return data;
}

static void opencl_free(void *opened, void *data)
{
	struct lw_cl_engine *engine = opened;

	lw_cl_lock(engine);
	lw_cl_memory_free(engine, data);
	lw_cl_unlock(engine);
}

static int opencl_run(void *opened, void *program,
		      const struct lw_binding *bindings,
		      struct lw_run_result *result, struct lwnpu_error *error)
{
	struct lw_cl_loaded *loaded = program;
	struct lw_cl_engine *engine = loaded->engine;
	struct lw_cl_job job;
	uint64_t gates = 0;
	int ret, end;

	(void)opened;
	lw_cl_lock(engine);
	ret = lw_cl_job_begin(engine, loaded, bindings, &job, error);
	if (!ret)
		ret = lw_cl_run_launches(engine, loaded, &job, &gates, error);
	end = lw_cl_job_end(engine, loaded, bindings, &job, ret ? NULL : error);
	lw_cl_unlock(engine);
	if (result && !ret && !end)
		*result = (struct lw_run_result) { gates, true };
	return ret ? ret : end;
}

const struct lw_engine_ops lw_opencl_engine = {
	.name = "opencl",
	.list = opencl_list,
	.open = opencl_open,
	.prepare = opencl_prepare,
	.close = opencl_close,
	.describe = opencl_describe,
	.load = opencl_load,
	.unload = opencl_unload,
	.alloc = opencl_alloc,
	.free = opencl_free,
	.run = opencl_run,
	/* A run holds the lock; the device itself is parallel. */
	.max_running = 1,
};
