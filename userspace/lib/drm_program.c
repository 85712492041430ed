// SPDX-License-Identifier: MIT
/* Programs: the kernel keeps a copy, and checks it. */
#include <stdlib.h>
#include <string.h>

#include "drm_engine.h"
#include "lwnpu_table.h"

/* The kernel's verdict, in the words of our own checker. */
static int refuse_check(const struct lw_program *program,
			const struct drm_lwnpu_program_error *refusal,
			struct lwnpu_error *error)
{
	char field[DRM_LWNPU_FIELD_SIZE + 1] = "";
	const struct lwnpu_check_error why = {
		.op = refusal->op,
		.reason = refusal->reason,
		.field = field,
		.got = refusal->got,
		.expected = refusal->expected,
	};

	memcpy(field, refusal->field, DRM_LWNPU_FIELD_SIZE);
	return lw_program_refuse(error, program, &why);
}

static int refuse_op(const struct lw_program *program, uint32_t op,
		     struct lwnpu_error *error)
{
	const struct lw_op_desc *desc = NULL;

	if (op < program->n_ops)
		desc = lw_op_describe(program->ops[op].opcode);
	return lw_fail(error, -EOPNOTSUPP,
		       "op %u (%s): the device's engine does not have it", op,
		       desc ? desc->name : "unknown");
}

static int refuse_program(const struct lw_drm_device *device,
			  const struct lw_program *program,
			  const struct drm_lwnpu_program_error *refusal,
			  int code, struct lwnpu_error *error)
{
	if (code == -EINVAL && refusal->reason)
		refuse_check(program, refusal, error);
	else if (code == -EOPNOTSUPP)
		refuse_op(program, refusal->op, error);
	else
		lw_fail(error, code,
			"program of %u operations and %zu bytes of weights: %s",
			program->n_ops, program->weights_size, strerror(-code));
	lw_fail_at(error, device->path);
	return code;
}

static int create_arena(const struct lw_drm_device *device,
			struct lw_drm_buffer *arena, size_t size,
			struct lwnpu_error *error)
{
	int ret = size ? lw_drm_buffer_create(device, arena, size) : 0;

	if (ret)
		return lw_fail(error, ret, "%s: arena of %zu bytes: %s",
			       device->path, size, strerror(-ret));
	return 0;
}

int lw_drm_load(void *engine, const struct lw_program *program, void **loaded,
		struct lwnpu_error *error)
{
	struct lw_drm_device *device = engine;
	struct drm_lwnpu_program_create args = {
		.ops = (uintptr_t)program->ops,
		.weights = (uintptr_t)program->weights,
		.weights_size = program->weights_size,
		.n_ops = program->n_ops,
	};
	struct lw_drm_program *made = calloc(1, sizeof(*made));
	int ret;

	if (!made)
		return lw_fail(error, -ENOMEM, "out of memory for a program");
	ret = lw_drm_call(device->fd, DRM_IOCTL_LWNPU_PROGRAM_CREATE, &args);
	if (ret) {
		free(made);
		return refuse_program(device, program, &args.error, ret, error);
	}
	made->handle = args.handle;
	made->n_ops = program->n_ops;
	made->info = program->info;
	ret = create_arena(device, &made->arena, args.arena_size, error);
	if (ret) {
		lw_drm_unload(device, made);
		return ret;
	}
	*loaded = made;
	return 0;
}

void lw_drm_unload(void *engine, void *loaded)
{
	const struct lw_drm_device *device = engine;
	struct lw_drm_program *program = loaded;
	struct drm_lwnpu_program_destroy args = { .handle = program->handle };

	lw_drm_call(device->fd, DRM_IOCTL_LWNPU_PROGRAM_DESTROY, &args);
	lw_drm_buffer_destroy(device, &program->arena);
	free(program);
}
