// SPDX-License-Identifier: MIT
/* Lowering of programs: dispatch, constants, launches. */
#include <stdlib.h>
#include <string.h>

#include "twin.h"
#include "lwnpu_table.h"

/* What a vector may read past the end of a tensor in the arena, words. */
#define SLACK 1024
#define CONSTANTS_ALIGN 16

static const char *const kernel_names[] = {
#define LW_CL_NAME(name, type) [LW_CL_##name] = #name,
	LW_CL_KERNELS(LW_CL_NAME)
#undef LW_CL_NAME
};

typedef int lower_op(struct lw_cl_lowering *lower, const struct lwnpu_op *op);

static lower_op *const lower_ops[] = {
#define LWNPU_OP(name, NAME, number, tensors, doc) \
	[LWNPU_OP_##NAME] = lw_cl_##name,
#define LWNPU_FIELD(name, type, field, role, min, max, doc)
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
};

static int fail_memory(struct lw_cl_lowering *lower)
{
	return lw_fail(lower->error, -ENOMEM, "op %u: out of memory",
		       lower->op);
}

static int fail_size(struct lw_cl_lowering *lower, const char *what)
{
	return lw_fail(lower->error, -ENOMEM,
		       "op %u: %s does not fit the device's greatest buffer, %llu bytes",
		       lower->op, what,
		       (unsigned long long)lower->engine->device.max_buffer);
}

uint32_t *lw_cl_constants(struct lw_cl_lowering *lower, size_t words,
			  uint32_t *first)
{
	size_t from = (lower->n_constants + CONSTANTS_ALIGN - 1) &
		      ~(size_t)(CONSTANTS_ALIGN - 1);
	size_t end, max;
	uint32_t *grown;

	if (lw_add(from, words, &end) ||
	    end > lower->engine->device.max_buffer / 4 || end > UINT32_MAX) {
		fail_size(lower, "its weights");
		return NULL;
	}
	if (end > lower->max_constants) {
		max = end + end / 2;
		grown = realloc(lower->constants, max * sizeof(*grown));
		if (!grown) {
			fail_memory(lower);
			return NULL;
		}
		lower->constants = grown;
		lower->max_constants = max;
	}
	memset(lower->constants + lower->n_constants, 0,
	       (end - lower->n_constants) * 4);
	lower->n_constants = end;
	*first = from;
	return lower->constants + from;
}

int lw_cl_scratch(struct lw_cl_lowering *lower, size_t words)
{
	size_t end;

	if (lw_add(lower->scratch + SLACK, words, &end) ||
	    end > lower->engine->device.max_buffer / 4 || end > UINT32_MAX / 4)
		return fail_size(lower, "its padded input");
	if (lower->n_scratch < words)
		lower->n_scratch = words;
	return 0;
}

static int grow_launches(struct lw_cl_lowering *lower)
{
	struct lw_cl_loaded *loaded = lower->loaded;
	size_t max = lower->max_launches ? 2 * lower->max_launches : 64;
	struct lw_cl_launch *grown;

	if (loaded->n_launches < lower->max_launches)
		return 0;
	grown = realloc(loaded->launches, max * sizeof(*grown));
	if (!grown)
		return fail_memory(lower);
	loaded->launches = grown;
	lower->max_launches = max;
	return 0;
}

/* With all that a step has but parameters. */
static int set_step(struct lw_cl_lowering *lower, const struct lw_cl_call *call,
		    struct lw_step *step)
{
	size_t items = 1;

	step->number = call->kernel;
	step->buffers[0] = call->in[0];
	step->buffers[1] = call->in[1];
	step->buffers[2] = call->out;
	for (unsigned int i = 0; i < 3; i++) {
		step->size[i] = call->global[i];
		if (lw_mul(items, call->global[i], &items))
			items = SIZE_MAX;
	}
	/* Counters of items run past the end. */
	if (items > INT32_MAX)
		return fail_size(lower, "its output");
	step->items = items;
	return 0;
}

static int create_kernel(struct lw_cl_lowering *lower,
			 const struct lw_cl_call *call, cl_kernel *kernel)
{
	cl_int code;

	*kernel = clCreateKernel(lower->engine->program,
				 kernel_names[call->kernel], &code);
	if (code != CL_SUCCESS) {
		*kernel = NULL;
		return lw_cl_fail(lower->error, "clCreateKernel", code);
	}
	code = clSetKernelArg(*kernel, 0, call->size, call->params);
	if (code != CL_SUCCESS)
		return lw_cl_fail(lower->error, "clSetKernelArg", code);
	return 0;
}

int lw_cl_check_division(struct lw_cl_lowering *lower, const char *name)
{
	const struct lw_cl_device *device = &lower->engine->device;

	if (device->exact_divide || device->has_double)
		return 0;
	return lw_fail(lower->error, -EOPNOTSUPP,
		       "op %u: %s: %s has no correctly rounded division",
		       lower->op, name, device->name);
}

int lw_cl_launch(struct lw_cl_lowering *lower, const struct lw_cl_call *call)
{
	struct lw_cl_loaded *loaded = lower->loaded;
	struct lw_cl_launch *launch;
	int ret = grow_launches(lower);

	if (ret)
		return ret;
	launch = &loaded->launches[loaded->n_launches++];
	memset(launch, 0, sizeof(*launch));
	ret = set_step(lower, call, &launch->step);
	if (ret)
		return ret;
	if (loaded->walk.kernel)
		return lw_cl_walk_add(lower, call, &launch->step);
	return create_kernel(lower, call, &launch->kernel);
}

static bool is_constant(const struct lwnpu_tensor *tensor)
{
	return tensor->region == LWNPU_REGION_WEIGHTS && tensor->h;
}

/* The part of region 0 that holds tensors is the first of the constants. */
static int take_tensors(struct lw_cl_lowering *lower)
{
	const struct lw_program *program = lower->program;
	uint64_t from = UINT64_MAX, end = 0;
	uint32_t *words, first;

	for (uint32_t i = 0; i < program->n_ops; i++)
		for (unsigned int k = 0; k < 2; k++) {
			const struct lwnpu_tensor *t = &program->ops[i].in[k];

			if (!is_constant(t))
				continue;
			if (t->offset < from)
				from = t->offset;
			if (lw_tensor_end(t) > end)
				end = lw_tensor_end(t);
		}
	if (!end)
		return 0;
	words = lw_cl_constants(lower, (end - from) / 4, &first);
	if (!words)
		return -ENOMEM;
	memcpy(words, program->weights + from, end - from);
	lower->tensors_from = from;
	return 0;
}

/* The operation as kernels see it: constants have a place of their own. */
static struct lwnpu_op place_constants(const struct lw_cl_lowering *lower,
				       const struct lwnpu_op *op)
{
	struct lwnpu_op placed = *op;

	for (unsigned int k = 0; k < 2; k++) {
		struct lwnpu_tensor *t = &placed.in[k];

		if (!is_constant(t))
			continue;
		t->region = LW_CL_CONSTANTS;
		t->offset -= lower->tensors_from;
	}
	return placed;
}

static int create_buffers(struct lw_cl_lowering *lower)
{
	struct lw_cl_loaded *loaded = lower->loaded;
	cl_context context = lower->engine->context;
	size_t arena = lower->scratch + lower->n_scratch + SLACK;
	uint32_t first;
	cl_int code;

	/* A buffer is never empty. */
	if (!lw_cl_constants(lower, 1, &first))
		return -ENOMEM;
	loaded->constants = clCreateBuffer(context, CL_MEM_READ_ONLY |
					   CL_MEM_COPY_HOST_PTR,
					   lower->n_constants * 4,
					   lower->constants, &code);
	if (code != CL_SUCCESS) {
		loaded->constants = NULL;
		return lw_cl_fail(lower->error, "clCreateBuffer", code);
	}
	loaded->arena = clCreateBuffer(context, CL_MEM_READ_WRITE, arena * 4,
				       NULL, &code);
	if (code != CL_SUCCESS) {
		loaded->arena = NULL;
		return lw_cl_fail(lower->error, "clCreateBuffer", code);
	}
	return 0;
}

static int set_walk_buffers(struct lw_cl_lowering *lower)
{
	int ret = lw_cl_walk_buffers(lower);

	return ret ? ret : lw_cl_twin_load(lower);
}

/* Sets all arguments but those that jobs bind. */
static int set_buffers(struct lw_cl_lowering *lower)
{
	struct lw_cl_loaded *loaded = lower->loaded;

	if (loaded->walk.kernel)
		return set_walk_buffers(lower);
	for (size_t i = 0; i < loaded->n_launches; i++) {
		struct lw_cl_launch *launch = &loaded->launches[i];
		cl_int code = clSetKernelArg(launch->kernel, 1, sizeof(cl_mem),
					     &loaded->constants);

		for (unsigned int k = 0; k < 3 && code == CL_SUCCESS; k++)
			if (!lw_cl_is_bound(launch->step.buffers[k]))
				code = clSetKernelArg(
					launch->kernel, LW_CL_FIRST_TENSOR + k,
					sizeof(cl_mem),
					launch->step.buffers[k] == LW_CL_CONSTANTS ?
						&loaded->constants :
						&loaded->arena);
		if (code != CL_SUCCESS)
			return lw_cl_fail(lower->error, "clSetKernelArg", code);
	}
	return 0;
}

int lw_cl_lower(struct lw_cl_engine *engine, const struct lw_program *program,
		struct lw_cl_loaded *loaded, struct lwnpu_error *error)
{
	struct lw_cl_lowering lower = {
		.engine = engine,
		.program = program,
		.loaded = loaded,
		.error = error,
	};
	int ret = 0;

	lower.scratch = program->info.region[LWNPU_REGION_ARENA].size / 4 +
			SLACK;
	ret = lw_cl_walk_open(&lower);
	if (!ret)
		ret = lw_cl_scratch(&lower, 0);
	if (!ret)
		ret = take_tensors(&lower);
	while (lower.op < program->n_ops && !ret) {
		struct lwnpu_op op = place_constants(&lower,
						     &program->ops[lower.op]);

		lw_cl_gate_targets(&lower);
		ret = lower_ops[op.opcode](&lower, &op);
		lower.op++;
	}
	lw_cl_gate_targets(&lower);
	if (!ret)
		ret = lw_cl_walk_steps(&lower);
	if (!ret)
		ret = create_buffers(&lower);
	if (!ret)
		ret = set_buffers(&lower);
	free(lower.constants);
	return ret;
}
