// SPDX-License-Identifier: MIT
/* The kernels: sources, options, compilation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "opencl.h"

#define MAX_OPTIONS 1024
#define MAX_LOG 16384

/* The text of the #error by which dot.cl refuses a target. */
#define LACKS "lwnpu: the device's compiler does not target"

static const char *const sources[] = {
	lw_kernel_params,
	lw_kernel_dot,
	lw_kernel_kernel,
	lw_kernel_store,
	"#define VECTORS CONV_LARGE\n#define NAME(x) x##_large\n",
	lw_kernel_conv,
	"#undef VECTORS\n#undef NAME\n"
	"#define VECTORS CONV_SMALL\n#define NAME(x) x##_small\n",
	lw_kernel_conv,
	"#undef VECTORS\n#define VECTORS QUAD_SMALL\n",
	lw_kernel_conv_quad,
	lw_kernel_matmul,
	"#undef VECTORS\n#undef NAME\n"
	"#define VECTORS QUAD_LARGE\n#define NAME(x) x##_large\n",
	lw_kernel_conv_quad,
	lw_kernel_matmul,
	lw_kernel_conv_wide,
	lw_kernel_copy,
	lw_kernel_divide,
	lw_kernel_element,
	lw_kernel_gate,
	lw_kernel_gather,
	lw_kernel_matmul_pack,
	lw_kernel_pair,
	lw_kernel_pool,
	lw_kernel_reorder,
	lw_kernel_resize,
	lw_kernel_resize_real,
	lw_kernel_softmax,
	lw_kernel_walk,
};

#define N_SOURCES (sizeof(sources) / sizeof(sources[0]))

static void set_options(const struct lw_cl_engine *engine,
			const struct lw_cl_dot *dot, bool walk,
			char options[MAX_OPTIONS])
{
	const struct lw_cl_device *device = &engine->device;
	const char *divide = "";

	if (device->exact_divide)
		divide = "-cl-fp32-correctly-rounded-divide-sqrt";
	else if (device->has_double)
		divide = "-D DIVIDE_DOUBLE";
	snprintf(options, MAX_OPTIONS,
		 "-D %s -D LANES=%u -D CONV_LARGE=%u -D CONV_SMALL=%u "
		 "-D QUAD_LARGE=%u -D QUAD_SMALL=%u -D CHUNK=%u "
		 "-D MATMUL_ROWS=%u "
		 "-D POOL_MAX=%u -D POOL_AVERAGE=%u -D POOL_REAL=%u "
		 "-D POOL_REDUCE=%u "
		 "-D LWNPU_DIGITS=%u %s",
		 dot->macro, dot->lanes, dot->tiles.conv[0], dot->tiles.conv[1],
		 dot->tiles.quad[0], dot->tiles.quad[1], LW_CL_CHUNK,
		 LW_CL_MATMUL_ROWS,
		 LWNPU_POOL_MAX, LWNPU_POOL_AVERAGE, LWNPU_POOL_REAL,
		 LWNPU_POOL_REDUCE,
		 LWNPU_DIGITS, divide);
	if (walk)
		snprintf(options + strlen(options),
			 MAX_OPTIONS - strlen(options), " -D WALK_PITCH=%u",
			 LW_CL_WALK_PITCH);
}

static void find_in_cache(const struct lw_cl_engine *engine,
			  const char *options, struct lw_cl_cache *cache)
{
	const char *parts[N_SOURCES + 3];

	memcpy(parts, sources, sizeof(sources));
	parts[N_SOURCES] = options;
	parts[N_SOURCES + 1] = engine->device.name;
	parts[N_SOURCES + 2] = engine->device.driver;
	lw_cl_cache_find(cache, parts, N_SOURCES + 3);
}

/* The program from the cache, or NULL. */
static cl_program load_program(const struct lw_cl_engine *engine,
			       const struct lw_cl_cache *cache,
			       const char *options)
{
	const unsigned char *binary;
	cl_program program = NULL;
	cl_int status, code;
	size_t size;
	void *file;

	binary = lw_cl_cache_load(cache, &file, &size);
	if (!binary)
		return NULL;
	program = clCreateProgramWithBinary(engine->context, 1,
					    &engine->device.id, &size, &binary,
					    &status, &code);
	free(file);
	if (code != CL_SUCCESS)
		return NULL;
	if (status == CL_SUCCESS &&
	    clBuildProgram(program, 1, &engine->device.id, options, NULL,
			   NULL) == CL_SUCCESS)
		return program;
	clReleaseProgram(program);
	return NULL;
}

static void store_program(const struct lw_cl_cache *cache, cl_program program)
{
	unsigned char *binary;
	size_t size = 0;

	if (!cache->path[0] ||
	    clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(size),
			     &size, NULL) != CL_SUCCESS || !size)
		return;
	binary = malloc(size);
	if (!binary)
		return;
	if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(binary),
			     &binary, NULL) == CL_SUCCESS)
		lw_cl_cache_store(cache, binary, size);
	free(binary);
}

static int fail_build(const struct lw_cl_engine *engine, cl_program program,
		      cl_int code, struct lwnpu_error *error)
{
	static const char call[] = "clBuildProgram";
	char *log = calloc(1, MAX_LOG + 1);
	const char *line;
	int ret;

	if (!log || clGetProgramBuildInfo(program, engine->device.id,
					  CL_PROGRAM_BUILD_LOG, MAX_LOG, log,
					  NULL) != CL_SUCCESS) {
		ret = lw_cl_fail(error, call, code);
	} else if (strstr(log, LACKS)) {
		ret = lw_fail(error, -EOPNOTSUPP,
			      "%s: the device's compiler has no such instructions",
			      engine->device.name);
	} else {
		line = strstr(log, "error");
		line = line ? line : log;
		ret = lw_fail(error, -EIO, "%s: %d: %.*s", call, (int)code,
			      (int)strcspn(line, "\n"), line);
	}
	free(log);
	return ret;
}

/* -EOPNOTSUPP: the device's compiler does not have @dot, or what @walk needs. */
static int build_program(const struct lw_cl_engine *engine,
			 const struct lw_cl_dot *dot, bool walk,
			 cl_program *result, struct lwnpu_error *error)
{
	char options[MAX_OPTIONS];
	int64_t begun = lwnpu_time();
	struct lw_cl_cache cache;
	cl_program program;
	cl_int code;
	int ret;

	set_options(engine, dot, walk, options);
	find_in_cache(engine, options, &cache);
	program = load_program(engine, &cache, options);
	if (program)
		goto done;
	program = clCreateProgramWithSource(engine->context, N_SOURCES,
					    (const char **)sources, NULL,
					    &code);
	if (code != CL_SUCCESS)
		return lw_cl_fail(error, "clCreateProgramWithSource", code);
	code = clBuildProgram(program, 1, &engine->device.id, options, NULL,
			      NULL);
	if (code != CL_SUCCESS) {
		ret = fail_build(engine, program, code, error);
		clReleaseProgram(program);
		return ret;
	}
	store_program(&cache, program);
	lw_log(LWNPU_LOG_DEBUG, "%s: kernels compiled for %s in %.0f ms",
	       engine->device.name, dot->name, (lwnpu_time() - begun) * 1e-6);
done:
	*result = program;
	return 0;
}

/* A GPU wants launches of many work-items, and a CPU few launches. */
static bool prefers_walk(const struct lw_cl_engine *engine)
{
	const char *walk = getenv("LWNPU_OPENCL_WALK");

	return engine->device.is_host && !(walk && !strcmp(walk, "0"));
}

static int build_dot(struct lw_cl_engine *engine, const struct lw_cl_dot *dot,
		     struct lwnpu_error *error)
{
	int ret = -EOPNOTSUPP;

	if (prefers_walk(engine))
		ret = build_program(engine, dot, true, &engine->walk, error);
	if (ret == -EOPNOTSUPP)
		ret = build_program(engine, dot, false, &engine->program,
				    error);
	if (!ret)
		engine->dot = dot;
	return ret;
}

int lw_cl_build_single(struct lw_cl_engine *engine, struct lwnpu_error *error)
{
	if (engine->program)
		return 0;
	return build_program(engine, engine->dot, false, &engine->program,
			     error);
}

int lw_cl_build(struct lw_cl_engine *engine, struct lwnpu_error *error)
{
	const char *name = getenv("LWNPU_OPENCL_DOT");
	const struct lw_cl_dot *dot = NULL;
	int ret = -EOPNOTSUPP;

	if (name && name[0]) {
		dot = lw_cl_dot_find(name);
		if (!dot)
			return lw_fail(error, -EINVAL,
				       "LWNPU_OPENCL_DOT: no implementation \"%.64s\"",
				       name);
		if (!dot->usable(&engine->device))
			return lw_fail(error, -EOPNOTSUPP,
				       "LWNPU_OPENCL_DOT: %s does not have %s",
				       engine->device.name, name);
		return build_dot(engine, dot, error);
	}
	while (ret == -EOPNOTSUPP) {
		dot = lw_cl_dot_next(&engine->device, dot);
		if (!dot)
			break;
		ret = build_dot(engine, dot, error);
		if (ret == -EOPNOTSUPP)
			lw_log(LWNPU_LOG_INFO, "%s: compiler without %s",
			       engine->device.name, dot->name);
	}
	return ret;
}
