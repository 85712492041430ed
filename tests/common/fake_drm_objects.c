// SPDX-License-Identifier: MIT
/* A pretended kernel: buffers, programs, queues and jobs. */
#include <stdlib.h>
#include <string.h>

#include "fake_drm.h"
#include "fake_drm_objects.h"

#define MAX_OBJECTS 128
#define MAX_JOBS 65536
#define PAGE 4096

struct buffer {
	uint8_t *data; /* NULL: there is none */
	size_t size;
	bool closed; /* lives on while it is mapped */
	bool mapped;
};

struct program {
	bool alive;
	struct lwnpu_program_info info;
	void *loaded;
};

struct queue {
	bool alive;
	uint64_t submitted;
	struct drm_lwnpu_completion *completions;
};

/* Handles are indices; 0 is none. */
static struct buffer buffers[MAX_OBJECTS];
static struct program programs[MAX_OBJECTS];
static struct queue queues[MAX_OBJECTS];

static struct buffer *find_buffer(uint32_t handle)
{
	struct buffer *buffer = &buffers[handle % MAX_OBJECTS];

	return handle < MAX_OBJECTS && buffer->data && !buffer->closed ?
	       buffer : NULL;
}

static struct program *find_program(uint32_t handle)
{
	return handle < MAX_OBJECTS && programs[handle].alive ?
	       &programs[handle] : NULL;
}

static struct queue *find_queue(uint32_t handle)
{
	return handle < MAX_OBJECTS && queues[handle].alive ?
	       &queues[handle] : NULL;
}

static void free_buffer(struct buffer *buffer)
{
	if (!buffer->closed || buffer->mapped)
		return;
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}

static void close_buffer(struct buffer *buffer)
{
	buffer->closed = true;
	fake_drm.buffers--;
	free_buffer(buffer);
}

static void end_program(struct program *program)
{
	lw_ref_engine.unload(NULL, program->loaded);
	program->alive = false;
	fake_drm.programs--;
}

static void end_queue(struct queue *queue)
{
	free(queue->completions);
	memset(queue, 0, sizeof(*queue));
	fake_drm.queues--;
}

static int get_param(void *data)
{
	struct drm_lwnpu_get_param *args = data;

	if (args->pad || args->value)
		return -EINVAL;
	if (args->param != DRM_LWNPU_PARAM_MAX_QUEUE_JOBS)
		return -EOPNOTSUPP;
	args->value = fake_drm.queue_jobs;
	return 0;
}

static int get_engine(void *data)
{
	struct drm_lwnpu_get_engine *args = data;

	memset(args, 0, sizeof(*args));
	strcpy((char *)args->name, "fake");
	strcpy((char *)args->description, "pretended");
	return 0;
}

static int bo_create(void *data)
{
	struct drm_lwnpu_bo_create *args = data;
	uint32_t handle = 1;

	if (!args->size || args->flags || args->handle)
		return -EINVAL;
	if (args->size > UINT32_MAX)
		return -ENOSPC;
	while (handle < MAX_OBJECTS && buffers[handle].data)
		handle++;
	if (handle == MAX_OBJECTS)
		return -ENOSPC;
	args->size = (args->size + PAGE - 1) / PAGE * PAGE;
	if (posix_memalign((void **)&buffers[handle].data, PAGE, args->size))
		return -ENOMEM;
	memset(buffers[handle].data, 0, args->size);
	buffers[handle].size = args->size;
	fake_drm.buffers++;
	args->handle = handle;
	return 0;
}

static int bo_mmap_offset(void *data)
{
	struct drm_lwnpu_bo_mmap_offset *args = data;

	if (args->flags || args->offset)
		return -EINVAL;
	if (!find_buffer(args->handle))
		return -ENOENT;
	args->offset = (uint64_t)args->handle << 32;
	return 0;
}

static int gem_close(void *data)
{
	const struct drm_gem_close *args = data;
	struct buffer *buffer = find_buffer(args->handle);

	if (!buffer || args->pad)
		return -EINVAL;
	close_buffer(buffer);
	return 0;
}

void *fake_buffer_map(uint64_t offset, size_t size)
{
	struct buffer *buffer = find_buffer(offset >> 32);

	if (!buffer || (uint32_t)offset || size > buffer->size)
		return NULL;
	buffer->mapped = true;
	fake_drm.maps++;
	return buffer->data;
}

bool fake_buffer_unmap(void *data, size_t size)
{
	for (uint32_t i = 1; i < MAX_OBJECTS; i++) {
		if (!buffers[i].mapped || buffers[i].data != data ||
		    buffers[i].size != size)
			continue;
		buffers[i].mapped = false;
		fake_drm.maps--;
		free_buffer(&buffers[i]);
		return true;
	}
	return false;
}

static int check_program(struct lw_program *program,
			 struct drm_lwnpu_program_create *args)
{
	struct lwnpu_check_error why;

	if (lwnpu_check_program(program->ops, program->n_ops, program->weights,
				program->weights_size, &program->info, &why)) {
		args->error.op = why.op;
		args->error.reason = why.reason;
		args->error.got = why.got;
		args->error.expected = why.expected;
		strcpy((char *)args->error.field, why.field);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < program->n_ops; i++) {
		args->error.op = i;
		if (!(fake_drm.ops >> program->ops[i].opcode & 1))
			return -EOPNOTSUPP;
	}
	return 0;
}

static int program_create(void *data)
{
	struct drm_lwnpu_program_create *args = data;
	struct lw_program program = {
		.ops = (void *)(uintptr_t)args->ops,
		.n_ops = args->n_ops,
		.weights = (void *)(uintptr_t)args->weights,
		.weights_size = args->weights_size,
	};
	uint32_t handle = 1;
	int ret;

	if (args->flags || args->handle)
		return -EINVAL;
	ret = check_program(&program, args);
	if (ret)
		return ret;
	while (handle < MAX_OBJECTS && programs[handle].alive)
		handle++;
	if (handle == MAX_OBJECTS)
		return -ENOSPC;
	ret = lw_ref_engine.load(NULL, &program, &programs[handle].loaded,
				 NULL);
	if (ret)
		return ret;
	programs[handle].alive = true;
	programs[handle].info = program.info;
	fake_drm.programs++;
	args->handle = handle;
	args->n_regions = program.info.n_regions;
	args->arena_size = fake_drm.arena_size;
	return 0;
}

static int program_destroy(void *data)
{
	const struct drm_lwnpu_program_destroy *args = data;
	struct program *program = find_program(args->handle);

	if (!program || args->pad)
		return program ? -EINVAL : -ENOENT;
	end_program(program);
	return 0;
}

static int queue_create(void *data)
{
	struct drm_lwnpu_queue_create *args = data;
	uint32_t handle = 1;

	if (args->flags || args->pad || args->handle ||
	    args->priority != DRM_LWNPU_PRIORITY_NORMAL)
		return -EINVAL;
	while (handle < MAX_OBJECTS && queues[handle].alive)
		handle++;
	if (handle == MAX_OBJECTS)
		return -ENOSPC;
	queues[handle].alive = true;
	queues[handle].completions =
		calloc(MAX_JOBS, sizeof(*queues[handle].completions));
	fake_drm.queues++;
	args->handle = handle;
	return 0;
}

static int queue_destroy(void *data)
{
	const struct drm_lwnpu_queue_destroy *args = data;
	struct queue *queue = find_queue(args->handle);

	if (!queue || args->pad)
		return queue ? -EINVAL : -ENOENT;
	end_queue(queue);
	return 0;
}

/* The arena is checked, and not used: the reference engine has its own. */
static int bind(const struct program *program,
		const struct drm_lwnpu_binding *bound,
		struct lw_binding *bindings)
{
	const struct buffer *buffer = find_buffer(bound->handle);
	size_t size;

	if (bound->region < LWNPU_REGION_ARENA ||
	    bound->region >= program->info.n_regions ||
	    bindings[bound->region].data ||
	    bound->offset % DRM_LWNPU_ALIGNMENT)
		return -EINVAL;
	if (!buffer)
		return -ENOENT;
	size = program->info.region[bound->region].size;
	if (bound->region == LWNPU_REGION_ARENA)
		size = fake_drm.arena_size;
	else if (!program->info.region[bound->region].direction)
		return -EINVAL;
	if (!size)
		return -EINVAL;
	if (bound->offset > buffer->size ||
	    size > buffer->size - bound->offset)
		return -EOVERFLOW;
	bindings[bound->region].data = buffer->data + bound->offset;
	bindings[bound->region].size = size;
	return 0;
}

static int bind_all(const struct program *program,
		    const struct drm_lwnpu_job *job,
		    struct lw_binding *bindings, uint32_t *item)
{
	const struct drm_lwnpu_binding *bound =
		(const void *)(uintptr_t)job->bindings.ptr;
	int ret;

	for (uint32_t i = 0; i < job->bindings.count; i++) {
		*item = i;
		ret = bind(program, &bound[i], bindings);
		if (ret)
			return ret;
	}
	*item = DRM_LWNPU_NONE;
	if (fake_drm.arena_size && !bindings[LWNPU_REGION_ARENA].data)
		return -EINVAL;
	return 0;
}

static int run(const struct program *program, const struct drm_lwnpu_job *job,
	       struct drm_lwnpu_completion *completion, uint32_t *item)
{
	struct lw_binding bindings[LWNPU_REGION_MAX] = { 0 };
	int ret;

	if (job->flags || job->in_syncs.count || job->out_syncs.count ||
	    job->bindings.stride != sizeof(struct drm_lwnpu_binding))
		return -EINVAL;
	ret = bind_all(program, job, bindings, item);
	if (ret)
		return ret;
	*completion = fake_drm.outcome;
	if (completion->status != DRM_LWNPU_JOB_PENDING)
		return 0;
	completion->status = DRM_LWNPU_JOB_DONE;
	completion->op = DRM_LWNPU_NONE;
	/* Regions that are used and not bound are found here. */
	return lw_ref_engine.run(NULL, program->loaded, bindings, NULL);
}

static int submit(void *data)
{
	struct drm_lwnpu_submit *args = data;
	struct drm_lwnpu_job *job = (void *)(uintptr_t)args->jobs.ptr;
	struct queue *queue = find_queue(args->queue);
	struct drm_lwnpu_completion completion;
	const struct program *program;
	int ret;

	args->error_job = args->error_item = DRM_LWNPU_NONE;
	if (args->flags || args->jobs.count != 1 ||
	    args->jobs.stride != sizeof(*job))
		return -EINVAL;
	if (!queue)
		return -ENOENT;
	if (fake_drm.guilty) {
		fake_drm.guilty--;
		return -ECANCELED;
	}
	if (fake_drm.in_flight == fake_drm.queue_jobs ||
	    queue->submitted == MAX_JOBS - 1)
		return -EAGAIN;
	args->error_job = 0;
	program = find_program(job->program);
	if (!program)
		return -ENOENT;
	ret = run(program, job, &completion, &args->error_item);
	if (ret)
		return ret;
	job->id = ++queue->submitted;
	queue->completions[job->id] = completion;
	fake_drm.submits++;
	if (++fake_drm.in_flight > fake_drm.most_in_flight)
		fake_drm.most_in_flight = fake_drm.in_flight;
	return 0;
}

static int wait_job(void *data)
{
	struct drm_lwnpu_wait_job *args = data;
	const struct queue *queue = find_queue(args->queue);

	if (args->flags || args->timeout_ns <= 0)
		return -EINVAL;
	if (!queue || !args->job || args->job > queue->submitted)
		return -ENOENT;
	args->completion = queue->completions[args->job];
	fake_drm.in_flight--;
	return 0;
}

void fake_objects_release(void)
{
	for (uint32_t i = 1; i < MAX_OBJECTS; i++) {
		if (find_buffer(i))
			close_buffer(&buffers[i]);
		if (programs[i].alive)
			end_program(&programs[i]);
		if (queues[i].alive)
			end_queue(&queues[i]);
	}
}

const struct fake_ioctl fake_ioctls[] = {
	{ DRM_IOCTL_GEM_CLOSE, "gem_close", gem_close },
	{ DRM_IOCTL_LWNPU_GET_PARAM, "get_param", get_param },
	{ DRM_IOCTL_LWNPU_GET_ENGINE, "get_engine", get_engine },
	{ DRM_IOCTL_LWNPU_BO_CREATE, "bo_create", bo_create },
	{ DRM_IOCTL_LWNPU_BO_MMAP_OFFSET, "bo_mmap_offset", bo_mmap_offset },
	{ DRM_IOCTL_LWNPU_PROGRAM_CREATE, "program_create", program_create },
	{ DRM_IOCTL_LWNPU_PROGRAM_DESTROY, "program_destroy",
	  program_destroy },
	{ DRM_IOCTL_LWNPU_QUEUE_CREATE, "queue_create", queue_create },
	{ DRM_IOCTL_LWNPU_QUEUE_DESTROY, "queue_destroy", queue_destroy },
	{ DRM_IOCTL_LWNPU_SUBMIT, "submit", submit },
	{ DRM_IOCTL_LWNPU_WAIT_JOB, "wait_job", wait_job },
	{ 0 }
};
