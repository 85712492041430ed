// SPDX-License-Identifier: MIT
/* A pretended kernel: buffers and programs. */
#include <stdlib.h>
#include <string.h>

#include "fake_drm.h"
#include "fake_drm_objects.h"

#define MAX_OBJECTS 512
#define PAGE 4096

struct buffer {
	uint8_t *data; /* NULL: there is none */
	size_t size;
	bool closed; /* lives on while it is mapped */
	bool mapped;
};

/* Handles are indices; 0 is none. */
static struct buffer buffers[MAX_OBJECTS];
static struct fake_program programs[MAX_OBJECTS];

static struct buffer *find_buffer(uint32_t handle)
{
	struct buffer *buffer = &buffers[handle % MAX_OBJECTS];

	return handle < MAX_OBJECTS && buffer->data && !buffer->closed ?
	       buffer : NULL;
}

struct fake_program *fake_find_program(uint32_t handle)
{
	return handle < MAX_OBJECTS && programs[handle].alive ?
	       &programs[handle] : NULL;
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

static void end_program(struct fake_program *program)
{
	lw_ref_engine.unload(NULL, program->loaded);
	program->alive = false;
	fake_drm.programs--;
}

static int get_param(void *data)
{
	struct drm_lwnpu_get_param *args = data;

	if (args->pad || args->value)
		return -EINVAL;
	if (args->param == DRM_LWNPU_PARAM_MAX_QUEUE_JOBS)
		args->value = fake_drm.queue_jobs;
	else if (args->param == DRM_LWNPU_PARAM_MAX_SUBMIT_JOBS)
		args->value = fake_drm.submit_jobs;
	else
		return -EOPNOTSUPP;
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
	struct fake_program *program = fake_find_program(args->handle);

	if (!program || args->pad)
		return program ? -EINVAL : -ENOENT;
	end_program(program);
	return 0;
}

void fake_objects_release(void)
{
	for (uint32_t i = 1; i < MAX_OBJECTS; i++) {
		if (find_buffer(i))
			close_buffer(&buffers[i]);
		if (programs[i].alive)
			end_program(&programs[i]);
	}
	fake_jobs_release();
	fake_sync_release();
}

bool fake_buffer_find(uint32_t handle, uint8_t **data, size_t *size)
{
	const struct buffer *buffer = find_buffer(handle);

	if (!buffer)
		return false;
	*data = buffer->data;
	*size = buffer->size;
	return true;
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
	{ 0 }
};
